"""Private elements by their creator: a number in a private group means nothing without it."""

from __future__ import annotations

import math

from pydicom.multival import MultiValue

from medimg.reading.dicom.header.attributes import UNREADABLE_VALUE, Layer, plain_texts
from medimg.reading.dicom.header.keywords import BLOCKS
from medimg.reading.dicom.header.limits import TEXT_BYTES


def tag_of(layer: Layer, group: int, creator: str, element: int) -> int | None:
    """The tag of a private element; None where it is absent, or its creator reserved no block.

    Args:
        element: The lower byte of its number.
    """
    for block in BLOCKS:
        reserved = group << 16 | block
        if reserved in layer and _texts_at(layer, reserved, "LO") == (creator,):
            tag = group << 16 | block << 8 | element
            return tag if tag in layer else None
    return None


def texts(layer: Layer, group: int, creator: str, element: int, vr: str) -> tuple[str, ...]:
    """Values of a private element; none where it is absent, not the creator's, or unreadable.

    Args:
        vr: What the creator says that it is, for files that do not.
    """
    tag = tag_of(layer, group, creator, element)
    return () if tag is None else _texts_at(layer, tag, vr)


def _texts_at(layer: Layer, tag: int, vr: str) -> tuple[str, ...]:
    if layer.size_of(tag) > TEXT_BYTES:
        return ()
    plain = layer.plain_texts(tag, vr)
    if plain is not None:
        return plain
    held = layer.dataset.get_item(tag)  # read by pydicom before, or written as unknown
    value = None if held is None else held.value
    if isinstance(value, bytes):  # unknown is always little endian (PS3.5 6.2.2)
        return plain_texts(value, vr, True) or ()
    if value is None or value == "":
        return ()
    return tuple(map(str, value)) if isinstance(value, MultiValue) else (str(value),)


def numbers(
    layer: Layer, group: int, creator: str, element: int, vr: str
) -> tuple[float, ...] | None:
    """Finite numbers of a private element; None where `texts` gives none or one is no number."""
    try:
        found = [float(text) for text in texts(layer, group, creator, element, vr)]
    except ValueError:
        return None
    return tuple(found) if found and all(map(math.isfinite, found)) else None


def raw(layer: Layer, group: int, creator: str, element: int) -> bytes | None:
    """The bytes of a private element; None where it is absent or holds none."""
    tag = tag_of(layer, group, creator, element)
    try:
        value = None if tag is None else layer.dataset[tag].value
    except UNREADABLE_VALUE:
        return None
    return value if isinstance(value, bytes) else None
