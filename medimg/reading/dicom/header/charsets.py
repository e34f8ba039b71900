"""Texts in the character sets of DICOM (PS3.5 6.1), code extensions of ISO 2022 included.

pydicom decodes a text with escapes by Python's codecs, which know neither the escapes of KS X 1001
and GB 2312 nor that delimiters set back to the first character set; so texts are decoded here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Set:
    """A designated character set: bytes a character, Python's codec, and what its bytes become.

    Attributes:
        lead: Bytes put before each character for the codec.
        is_high: Whether the codec has the characters of seven bits at the upper half.
    """

    codec: str
    width: int = 1
    lead: bytes = b""
    is_high: bool = False


_ASCII = Set("ascii")
#: Sets by escape sequence, of the lower half (G0) and of the upper half (G1); PS3.3 C.12.1.1.2.
_LOWER = {
    b"(B": _ASCII,
    b"(J": Set("shift_jis"),
    b"$B": Set("euc_jp", 2, is_high=True),
    b"$@": Set("euc_jp", 2, is_high=True),
    b"$(D": Set("euc_jp", 2, b"\x8f", is_high=True),
}
_UPPER = {
    b"-A": Set("latin_1"),
    b"-B": Set("iso8859_2"),
    b"-C": Set("iso8859_3"),
    b"-D": Set("iso8859_4"),
    b"-F": Set("iso8859_7"),
    b"-G": Set("iso8859_6"),
    b"-H": Set("iso8859_8"),
    b"-L": Set("iso8859_5"),
    b"-M": Set("iso8859_9"),
    b"-T": Set("tis_620"),
    b"-b": Set("iso8859_15"),
    b")I": Set("shift_jis"),
    b"$)C": Set("euc_kr", 2),
    b"$)A": Set("gb2312", 2),
}
#: By number of ISO IR: the upper half that is there from the beginning.
_FIRST_UPPER = {
    "100": b"-A", "101": b"-B", "109": b"-C", "110": b"-D", "126": b"-F", "127": b"-G",
    "138": b"-H", "144": b"-L", "148": b"-M", "166": b"-T", "203": b"-b", "13": b")I",
}  # fmt: skip
#: Sets without code extensions, which stand alone.
_WHOLE = {"ISO_IR 192": "utf_8", "GB18030": "gb18030", "GBK": "gbk"}
_ESCAPE = re.compile(rb"\x1b(\$[()][A-Z]|\$[B@]|[()-][A-Za-z])")
#: Characters behind which the first sets hold again; of names ^ and = too (PS3.5 6.1.2.5.3).
_RESET, _RESET_IN_NAMES = b"\t\n\f\r\\", b"\t\n\f\r\\^="


def decoded(raw: bytes, charsets: Sequence[str], vr: str) -> tuple[str, bool]:
    """Decode the bytes of a text.

    Args:
        charsets: Values of SpecificCharacterSet, none where it is absent.

    Returns:
        The text, with U+FFFD for what its set does not have; and whether no set is named that
        could hold its bytes, so that it was read as UTF-8 or Latin-1.
    """
    first = charsets[0].strip() if charsets else ""
    if first in _WHOLE and len(charsets) == 1:
        return raw.decode(_WHOLE[first], "replace"), False
    number = first.rpartition(" ")[2]
    upper = _FIRST_UPPER.get(number)
    is_extended = len(charsets) > 1 or first.startswith("ISO 2022")
    if not is_extended and upper is None and not raw.isascii():
        return _undeclared(raw), True
    lower = _LOWER[b"(J"] if number == "13" else _ASCII
    ends = _RESET_IN_NAMES if vr == "PN" else _RESET
    return _in_sets(raw, lower, None if upper is None else _UPPER[upper], ends), False


def _undeclared(raw: bytes) -> str:
    """A text of bytes that no set was named for."""
    try:
        return raw.decode("utf_8")
    except UnicodeDecodeError:
        return raw.decode("latin_1")


def _in_sets(raw: bytes, lower: Set, upper: Set | None, ends: bytes) -> str:
    first = lower, upper
    text: list[str] = []
    place = 0
    while place < len(raw):
        byte = raw[place]
        escape = _ESCAPE.match(raw, place) if byte == 0x1B else None
        if escape is not None:
            lower = _LOWER.get(escape[1], lower)
            upper = _UPPER.get(escape[1], upper)
            place = escape.end()
        elif byte in ends and (lower.width == 1 or byte < 0x20):
            lower, upper = first
            text.append(chr(byte))
            place += 1
        elif byte <= 0x20 or byte == 0x7F:
            text.append(chr(byte))
            place += 1
        else:
            own = lower if byte < 0x80 else upper
            width = 1 if own is None else own.width
            text.append("\ufffd" if own is None else _character(raw[place : place + width], own))
            place += width
    return "".join(text)


def _character(raw: bytes, own: Set) -> str:
    if own.is_high:
        raw = bytes(byte | 0x80 for byte in raw)
    try:
        return (own.lead + raw).decode(own.codec)
    except UnicodeDecodeError:
        return "\ufffd"
