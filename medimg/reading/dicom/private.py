"""Private elements by their creator: a number in a private group means nothing without it."""

from __future__ import annotations

from medimg.reading.dicom.attributes import UNREADABLE_VALUE, Layer

#: Blocks of a private group in which creators are looked for (PS3.5 7.8.1). Makers use the first;
#: archives that add elements of their own to a group move them by one or two.
BLOCKS = range(0x10, 0x14)


def tag_of(layer: Layer, group: int, creator: str, element: int) -> int | None:
    """The tag of a private element; None where it is absent, or its creator reserved no block.

    Args:
        element: The lower byte of its number.
    """
    for block in BLOCKS:
        reserved = group << 16 | block
        if reserved in layer and layer.plain_texts(reserved, "LO") == (creator,):
            tag = group << 16 | block << 8 | element
            return tag if tag in layer else None
    return None


def texts(layer: Layer, group: int, creator: str, element: int, vr: str) -> tuple[str, ...]:
    """Values of a private element; none where it is absent, not the creator's, or unreadable.

    Args:
        vr: What the creator says that it is, for files that do not.
    """
    tag = tag_of(layer, group, creator, element)
    if tag is None:
        return ()
    plain = layer.plain_texts(tag, vr)
    if plain is not None:
        return plain
    try:  # written as unknown by an archive: pydicom knows what the common ones are
        value = layer.dataset[tag].value
    except UNREADABLE_VALUE:
        return ()
    if value is None or isinstance(value, bytes):
        return ()
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def raw(layer: Layer, group: int, creator: str, element: int) -> bytes | None:
    """The bytes of a private element; None where it is absent or holds none."""
    tag = tag_of(layer, group, creator, element)
    try:
        value = None if tag is None else layer.dataset[tag].value
    except UNREADABLE_VALUE:
        return None
    return value if isinstance(value, bytes) else None
