"""The private header that Siemens puts into images of MR ("CSA"): named values, read bounded.

No standard describes it. It begins with SV10, four bytes, and the number of elements; each has a
name, a number of items, and the items with their lengths (the layout is in nibabel's notes on the
format, whose reader the tests compare with this one).
"""

from __future__ import annotations

from collections.abc import Collection
from struct import Struct

_MAGIC = b"SV10"
_ELEMENT = Struct("<64s i 4s i i i")
_NAME = 64
_ITEM = Struct("<4i")
_COUNT = Struct("<I")
#: Real headers have about 100 elements of six items, once 42.
_MOST_ELEMENTS, _MOST_ITEMS = 1000, 1000


def values(header: bytes, wanted: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Texts of the elements that are asked for, by name; empty items are left out.

    Raises:
        ValueError: The bytes are no such header, or it breaks off.
    """
    if header[:4] != _MAGIC:
        raise ValueError("it does not begin as such a header does")
    found: dict[str, tuple[str, ...]] = {}
    count, at = _whole(_COUNT, header, 8)[0], 16
    if count > _MOST_ELEMENTS:
        raise ValueError(f"it declares {count} elements")
    for _ in range(count):
        name = header[at : at + _NAME]
        items = _whole(_ELEMENT, header, at)[4]
        at += _ELEMENT.size
        if not 0 <= items <= _MOST_ITEMS:
            raise ValueError(f"it declares {items} items")
        texts = []
        for _ in range(items):
            length = _whole(_ITEM, header, at)[1]
            at += _ITEM.size
            if not 0 <= length <= len(header) - at:
                raise ValueError("an item is longer than the header")
            texts.append(_text(header[at : at + length]))
            at += -(-length // 4) * 4
        key = _text(name)
        if key in wanted:
            found[key] = tuple(text for text in texts if text)
    return found


def _whole(layout: Struct, header: bytes, at: int) -> tuple[int, ...]:
    if at + layout.size > len(header):
        raise ValueError("it breaks off")
    return layout.unpack_from(header, at)


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("latin-1").strip()
