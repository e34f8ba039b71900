"""Which face prints which character: the fonts that ship, tried in a fixed order."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from medimg.results.scripts import visual

#: Faces in the order in which they are asked, each with the blocks it is asked for; the first two
#: are asked for everything. Large faces come last and load only when a text needs them.
FACES: dict[str, tuple[tuple[int, int], ...]] = {
    "WorkstationSans-Regular": ((0x20, 0x10FFFF),),
    "ReportSymbols-Regular": ((0x20, 0x10FFFF),),
    "ReportArabic-Regular": ((0x600, 0x77F), (0xFB50, 0xFDFF), (0xFE70, 0xFEFF)),
    "ReportHebrew-Regular": ((0x590, 0x5FF), (0xFB1D, 0xFB4F)),
    "ReportThai-Regular": ((0xE00, 0xE7F),),
    "ReportHangul-Regular": ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7A3)),
    "ReportHan-Regular": ((0x2E80, 0x9FFF), (0xF900, 0xFAFF), (0xFF00, 0xFFEF)),
}
BOLD = "WorkstationSans-SemiBold"
BOX = "□"

#: Spelling a name that cannot be printed stops here.
_MOST_SPELLED = 24


class Weight(Enum):
    """The two weights; scripts other than Latin, Greek and Cyrillic have the first alone."""

    REGULAR = "regular"
    BOLD = "bold"


@dataclass(frozen=True, slots=True)
class Run:
    """Characters in a row that one face prints."""

    face: str
    text: str


@cache
def load(face: str) -> TTFont:
    """Register a face of `medimg_resources/fonts` with reportlab, once."""
    font = TTFont(face, BytesIO(data(face)))
    pdfmetrics.registerFont(font)
    return font


def data(face: str) -> bytes:
    """Return the bytes of a face's file."""
    return files("medimg_resources").joinpath("fonts", f"{face}.ttf").read_bytes()


@cache
def face_of(char: str, weight: Weight) -> str | None:
    """Return the first face that has a glyph for a character, or None."""
    code = ord(char)
    for face, blocks in FACES.items():
        if any(low <= code <= high for low, high in blocks):
            asked = BOLD if weight is Weight.BOLD and face == "WorkstationSans-Regular" else face
            if code in load(asked).face.charToGlyph:
                return asked
    return None


@lru_cache(maxsize=4096)
def runs(text: str, weight: Weight = Weight.REGULAR) -> tuple[Run, ...]:
    """Split one line into runs by face, in drawing order.

    A character that no face has is drawn as a box, and spelled in Latin letters at the end: it is
    never dropped silently.
    """
    line = visual(" ".join(text.split("\n")))
    missing = [c for c in line if not c.isspace() and face_of(c, weight) is None]
    for char in set(missing):
        line = line.replace(char, BOX)
    if missing:
        line = f"{line} ({spelled(missing)})"
    out: list[Run] = []
    for char in line:
        face = face_of(" " if char.isspace() and face_of(char, weight) is None else char, weight)
        face = face or (BOLD if weight is Weight.BOLD else next(iter(FACES)))
        if out and out[-1].face == face:
            out[-1] = Run(out[-1].face, out[-1].text + char)
        else:
            out.append(Run(face, char))
    return tuple(out)


def spelled(chars: list[str]) -> str:
    """Spell characters by the last word of their Unicode names: "Devanagari: da ii pa ka"."""
    names = [unicodedata.name(c, f"U+{ord(c):04X}") for c in chars[:_MOST_SPELLED]]
    words = " ".join(n if n.startswith("U+") else n.split()[-1].lower() for n in names)
    script = names[0].split()[0].capitalize()
    more = " …" if len(chars) > _MOST_SPELLED else ""
    return f"{words}{more}" if names[0].startswith("U+") else f"{script}: {words}{more}"
