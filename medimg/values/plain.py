"""Values as plain JSON with their arrays beside it: how they cross a pipe and enter a file.

The one place of this floor that uses msgspec: it turns frozen dataclasses into builtins and
back, checked by their annotations. Arrays are handed out under names, so that the caller keeps
them as it likes: memory-mapped for a pipe, data sets in HDF5 for a record.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
import numpy as np

Value = TypeVar("Value")
_ARRAY = "array:"


def to_json(value: object, keep: Callable[[str, np.ndarray], None]) -> bytes:
    """Encode a value as JSON; `keep(name, array)` is called once for each array in it."""
    count = 0

    def hook(item: Any) -> Any:
        nonlocal count
        if isinstance(item, np.ndarray):
            name = f"{_ARRAY}{count}"
            count += 1
            keep(name, item)
            return name
        if isinstance(item, np.generic):
            return item.item()
        raise NotImplementedError(f"cannot encode {type(item)}")

    return msgspec.json.encode(value, enc_hook=hook)


def from_json(kind: type[Value], data: bytes, fetch: Callable[[str], np.ndarray]) -> Value:
    """Decode what `to_json` wrote; `fetch(name)` returns each array.

    Raises:
        msgspec.ValidationError: The data are not a value of this kind.
    """
    return reader(kind, fetch)(data)


def reader(
    kind: type[Value], fetch: Callable[[str], np.ndarray]
) -> Callable[[bytes | msgspec.Raw], Value]:
    """`from_json` for many values of one kind: its annotations are looked through once."""

    def hook(_: type, item: Any) -> Any:
        if isinstance(item, str) and item.startswith(_ARRAY):
            return fetch(item)
        raise msgspec.ValidationError("an array is missing")

    return msgspec.json.Decoder(kind, dec_hook=hook).decode
