"""Pages of a TIFF file: what they declare, weighed before anything is decoded."""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tifffile import TiffFile, TiffFileError, TiffPage

from medimg.reading.colours import few_bits
from medimg.reading.found import Unusable, malformed
from medimg.values.problems import Problem

#: What the two libraries raise on files that are cut or malformed.
BROKEN = (TiffFileError, OSError, EOFError, ValueError, TypeError, KeyError, IndexError,
          AttributeError, SyntaxError, struct.error, zlib.error, RuntimeError)  # fmt: skip
#: Pages of a file that are looked at.
MOST_PAGES = 20_000

#: Compressions by their number, as tag 259 has them.
_NONE = 1
_BY_TIFFFILE = {1: "none", 8: "deflate", 32946: "deflate", 32773: "PackBits"}
_BY_PILLOW = {2: "CCITT", 3: "CCITT fax 3", 4: "CCITT fax 4", 5: "LZW", 7: "JPEG"}
_JPEG = 7
#: Photometric interpretations, as tag 262 has them.
_WHITE_LOW, _BLACK_LOW, RGB, PALETTE, CMYK, YBR = 0, 1, 2, 3, 5, 6
_INCH, _CENTIMETRE = 2, 3
#: By tag 274: whether rows and columns are swapped, then which of them run backwards.
TURNS = {1: (False, False, False), 2: (False, False, True), 3: (False, True, True),
          4: (False, True, False), 5: (True, False, False), 6: (True, False, True),
          7: (True, True, True), 8: (True, True, False)}  # fmt: skip

# Its words on odd tags would go to the terminal; what bears on the image is a `Problem`.
logging.getLogger("tifffile").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Page:
    """What a page declares.

    Attributes:
        bits: Of one sample.
        sample_format: 1 unsigned, 2 signed, 3 float (tag 339).
        orientation: Tag 274.
        is_reduced: A smaller copy of another page, or a mask.
        has_resolution: Whether it gives dots per inch or centimetre.
    """

    number: int
    rows: int
    columns: int
    samples: int
    bits: int
    sample_format: int
    photometric: int
    compression: int
    predictor: int
    orientation: int
    n_extra: int
    is_reduced: bool
    has_resolution: bool

    @property
    def kind(self) -> tuple[int, ...]:
        """What pages of one stack have in common beside their size."""
        return self.samples, self.bits, self.sample_format, self.photometric, self.orientation

    @property
    def declared(self) -> int:
        """Bytes of its pixels when opened, before a palette is applied."""
        return self.rows * ((self.columns * self.samples * self.bits + 7) // 8)

    @property
    def is_compressed(self) -> bool:
        return self.compression != _NONE

    @property
    def is_lossy(self) -> bool:
        return self.compression == _JPEG

    @property
    def is_white_low(self) -> bool:
        """Whether low values are white."""
        return self.photometric == _WHITE_LOW

    @property
    def upright_shape(self) -> tuple[int, int]:
        """(rows, columns) once turned as the page says."""
        swapped = TURNS.get(self.orientation, TURNS[1])[0]
        return (self.columns, self.rows) if swapped else (self.rows, self.columns)

    @property
    def is_by_tifffile(self) -> bool:
        """Whether tifffile decodes it."""
        plain = self.compression in _BY_TIFFFILE and self.predictor in (1, 2)
        return plain and self.bits in (1, 8, 16, 32, 64) and self.photometric not in (CMYK, YBR)

    def unsupported(self) -> str | None:
        """Why neither library decodes it, in words."""
        if self.photometric not in (_WHITE_LOW, _BLACK_LOW, RGB, PALETTE, CMYK, YBR):
            return f"its colours are of kind {self.photometric}"
        if self.sample_format not in (1, 2, 3) or (self.sample_format == 3 and self.bits < 32):
            return f"its samples are of {self.bits} bits in format {self.sample_format}"
        if self.photometric in (_WHITE_LOW, _BLACK_LOW, PALETTE) and self.samples > 2:
            return f"its pixels have {self.samples} samples and no colours"
        if self.photometric == RGB and self.samples < 3:
            return f"its colours have {self.samples} samples"
        if self.is_by_tifffile:
            return None
        name = (_BY_TIFFFILE | _BY_PILLOW).get(self.compression)
        if name is None:
            return f"its compression {self.compression} is not opened here"
        is_whole = self.sample_format == 1
        is_deep = self.bits > (16 if is_whole else 32) or (self.bits > 8 and self.samples > 1)
        if is_deep or (self.photometric == YBR and self.compression != _JPEG):
            return f"{self.samples} samples of {self.bits} bits in {name} are not opened here"
        return None

    def problems(self, name: str) -> list[Problem]:
        """What is to be known of it."""
        files, told = (name,), []
        if self.is_white_low:
            sentence = f"{name} says that low values are white, and is shown so."
            told.append(Problem("min-is-white", sentence, files))
        if self.has_resolution:
            sentence = f"{name} gives dots per inch or cm, which is a print size; mm are unknown."
            told.append(Problem("dpi-ignored", sentence, files))
        if self.n_extra:
            told.append(Problem("alpha-ignored", f"The transparency of {name} is ignored.", files))
        if self.orientation in TURNS and self.orientation != 1:
            told.append(Problem("exif-rotated", f"{name} was turned upright as it says.", files))
        if self.is_lossy:
            sentence = f"{name} is JPEG inside, compressed with loss by an unknown ratio."
            told.append(Problem("lossy", sentence, files))
        if self.bits < 8 and self.photometric != PALETTE:
            told.append(few_bits(name, self.bits))
        return told


def pages(path: Path) -> list[Page]:
    """The pages of a file, their pixels weighed and not read.

    Raises:
        Unusable: It is cut, malformed, or holds what is not decoded.
    """
    try:
        count = _count(path)
        if not count:
            raise malformed(path, "it has no page")
        with TiffFile(path) as tiff:
            held = path.stat().st_size
            found = []
            for number, held_page in enumerate(tiff.pages):
                if number >= MOST_PAGES:
                    raise malformed(path, f"it has more than {MOST_PAGES} pages", "too-large")
                raw = held_page.aspage()
                page = described(number, raw)
                _weigh(path, page, raw, held)
                found.append(page)
            _weigh_hidden(path, tiff, found)
    except BROKEN as error:
        if isinstance(error, Unusable):
            raise
        raise Unusable(_broken(path, error)) from error
    if len(found) < count:
        raise malformed(path, f"only {len(found)} of its {count} pages can be understood")
    return found


def _count(path: Path) -> int:
    """How many directories the file chains; tifffile stops without a word where one is cut.

    Raises:
        Unusable: The chain leads out of the file, or round in a circle.
    """
    with path.open("rb") as file:
        mark = file.read(16)
        order = "<" if mark[:2] == b"II" else ">"
        is_big = mark[2:4] in (b"+\0", b"\0+")
        how_many, entry, offset = ("Q", 20, "Q") if is_big else ("H", 12, "L")
        (place,) = struct.unpack_from(order + offset, mark, 8 if is_big else 4)
        seen: set[int] = set()
        while place and len(seen) <= MOST_PAGES:
            if place in seen:
                raise malformed(path, f"page {len(seen)} leads back to an earlier one")
            seen.add(place)
            file.seek(place)
            head = file.read(struct.calcsize(order + how_many))
            if len(head) < struct.calcsize(order + how_many):
                raise _cut(path, len(seen))
            (count,) = struct.unpack(order + how_many, head)
            file.seek(place + len(head) + count * entry)
            tail = file.read(struct.calcsize(order + offset))
            if len(tail) < struct.calcsize(order + offset):
                raise _cut(path, len(seen))
            (place,) = struct.unpack(order + offset, tail)
    return len(seen)


def _cut(path: Path, page: int) -> Unusable:
    sentence = f"{path.name} breaks off before page {page}."
    return Unusable(Problem("truncated", sentence, (path.name,)))


def _broken(path: Path, error: Exception) -> Problem:
    is_short = isinstance(error, EOFError | struct.error | IndexError) or "corrupt" in str(error)
    what = "breaks off inside its directory" if is_short else f"cannot be read: {error}"
    kind = "truncated" if is_short else "decode-failed"
    return Problem(kind, f"{path.name} {what}.", (path.name,))


def described(number: int, page: TiffPage) -> Page:
    """What the tags of a page declare."""

    def tag(code: int, default: int) -> int:
        value = page.tags.valueof(code, default)
        return int(value[0] if isinstance(value, tuple) else value)

    bits = page.tags.valueof(258, 1)
    if isinstance(bits, tuple) and len(set(bits)) > 1:
        raise ValueError(f"its samples have {bits} bits")
    extra = page.tags.valueof(338, ())
    subfile = tag(254, 0)
    return Page(
        number,
        rows=tag(257, 0),
        columns=tag(256, 0),
        samples=tag(277, 1),
        bits=tag(258, 1),
        sample_format=tag(339, 1),
        photometric=tag(262, -1),
        compression=tag(259, 1),
        predictor=tag(317, 1),
        orientation=tag(274, 1),
        n_extra=len(extra) if isinstance(extra, tuple) else 1,
        is_reduced=bool(subfile & 5),
        has_resolution=282 in page.tags and tag(296, _INCH) in (_INCH, _CENTIMETRE),
    )


def _weigh(path: Path, page: Page, raw: TiffPage, held: int) -> None:
    """Hold what a page declares against the file.

    Raises:
        Unusable: It is cut, or not decoded here.
    """
    if page.rows < 1 or page.columns < 1 or page.samples < 1 or page.bits < 1:
        raise malformed(path, f"page {page.number + 1} has no size")
    why = None if page.is_reduced else page.unsupported()
    if why:
        raise malformed(path, why, "unsupported")
    ends = [a + n for a, n in zip(raw.dataoffsets, raw.databytecounts, strict=False)]
    stored = sum(raw.databytecounts)
    wanted = page.declared if not page.is_compressed and page.photometric != YBR else 1
    if max(ends, default=0) <= held and stored >= wanted:
        return
    there = sum(max(0, min(n, held - a)) for a, n in
                zip(raw.dataoffsets, raw.databytecounts, strict=False))  # fmt: skip
    declared = max(wanted, stored)
    if declared > 100 * held + 4096:
        sentence = f"{path.name} declares {declared / 1e9:.3g} GB of pixels and holds {held} bytes."
        raise Unusable(Problem("too-large", sentence, (path.name,)))
    sentence = f"{path.name} breaks off: page {page.number + 1} has {there} of {declared} bytes."
    raise Unusable(Problem("truncated", sentence, (path.name,)))


def _weigh_hidden(path: Path, tiff: TiffFile, found: Sequence[Page]) -> None:
    """Refuse a file whose one page stands for many: ImageJ and tifffile can write such.

    Raises:
        Unusable: It says that it holds more images than pages.
    """
    images = 1
    if tiff.is_imagej and tiff.imagej_metadata:
        images = int(tiff.imagej_metadata.get("images", 1))
    elif tiff.is_shaped and len(found) == 1 and tiff.shaped_metadata:
        declared = np.prod([int(n) for n in tiff.shaped_metadata[0]["shape"]], dtype=object)
        images = int(declared) // (found[0].rows * found[0].columns * found[0].samples)
    if images > len(found):
        why = f"it keeps {images} images behind {len(found)} page{'s' * (len(found) > 1)}"
        raise malformed(path, why, "unsupported")
