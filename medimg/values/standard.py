"""What the Standard says of each class of object: its attributes by type, and names of body parts.

The tables are in `resources/deidentification/standard.json.gz`, written by `make_standard.py`.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple


class Row(NamedTuple):
    """One attribute of a class.

    Attributes:
        path: Keywords of the sequences that it lies in.
        type: "1", "1C", "2", "2C", "3" or "None" (PS3.5 7.4).
        is_mandatory: Whether every object of the class has the module that it is of.
    """

    path: tuple[str, ...]
    keyword: str
    type: str
    is_mandatory: bool


@cache
def _tables() -> dict[str, Any]:
    data = files("medimg_resources").joinpath("deidentification", "standard.json.gz").read_bytes()
    tables: dict[str, Any] = json.loads(gzip.decompress(data))
    return tables


@cache
def _module(name: str) -> tuple[tuple[tuple[str, ...], str, str], ...]:
    words = _tables()["words"]
    return tuple(
        (tuple(words[part] for part in path), words[keyword], str(type_))
        for path, keyword, type_ in _tables()["modules"][name]
    )


def is_known(sop_class_uid: str) -> bool:
    """Whether a SOP class is one of today's Standard (PS3.4 B.5)."""
    return sop_class_uid in _tables()["classes"]


def rows_of(sop_class_uid: str) -> list[Row] | None:
    """All attributes of a class, module after module; None where it is not known."""
    iod = _tables()["classes"].get(sop_class_uid)
    if iod is None:
        return None
    return [
        Row(path, keyword, type_, usage == "M")
        for module, usage in _tables()["iods"][iod]
        for path, keyword, type_ in _module(module)
    ]


@cache
def allows_frames(sop_class_uid: str) -> bool:
    """Whether objects of a class may hold several frames: whether they have NumberOfFrames."""
    rows = rows_of(sop_class_uid) or ()
    return any(row.keyword == "NumberOfFrames" and not row.path for row in rows)


def body_parts() -> dict[str, str]:
    """The meaning of each term of BodyPartExamined (PS3.16 annex L)."""
    return dict(_tables()["regions"])
