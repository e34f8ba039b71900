"""Rendered characters in a picture: small sharp shapes of one ink, in a row, on one base line.

A classical detector, without a network. What a font draws differs from what a body shows in
four ways that can be counted: strokes stand out from what is around them, all in the same value,
several of one size stand side by side, and their feet stand on exactly one row.
It finds printed text of 6 to 320 pixels' height, upright or turned by quarters; handwriting,
single letters, slanted text and text in the grey of its ground it does not find.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Grey = NDArray[np.float32]

#: A glyph's height and width in pixels.
HEIGHT, WIDTH = (6, 40), (1, 40)
#: Larger characters are looked for in pictures made smaller by these, in which they have that
#: height.
REDUCTIONS = (1, 2, 4, 8)
#: Strokes are thinner than this.
STROKE = 9
#: How far a stroke stands out, as a share of the picture's range.
CONTRAST = 0.22
#: Share of a picture's pixels that are not few.
COMMON = 0.999
#: Glyphs in a row, at least; of turned text one more, for three more ways to look at noise would
#: find three times as many rows in it.
LEAST, LEAST_TURNED = 5, 6
#: Share of a row's glyphs that stand on one line, within a pixel.
FEET = 0.7
#: Spread of the ink within a row of glyphs, as a share of the picture's range.
INK = 0.09


@dataclass(frozen=True, slots=True)
class Box:
    """A row of characters: first column and row, width and height, in pixels."""

    x: int
    y: int
    width: int
    height: int

    def times(self, factor: int) -> Box:
        """The box in a picture that is larger by a factor."""
        return Box(*(factor * part for part in (self.x, self.y, self.width, self.height)))

    def turned_back(self, quarters: int) -> Box:
        """The box in the picture before its glyphs were turned by some quarters."""
        box = self
        for _ in range(quarters):
            box = Box(-box.y - box.height, box.x, box.height, box.width)
        return box


def lettering(image: NDArray[Any]) -> tuple[Box, ...]:
    """Find rows of rendered characters.

    Args:
        image: (rows, columns) of any unit, or (rows, columns, 3) colours.

    Returns:
        Boxes around rows of at least `LEAST` characters, or `LEAST_TURNED`.
    """
    found: list[Box] = []
    for grey in _greys(image):
        for reduction in REDUCTIONS:
            smaller = _reduced(grey, reduction)
            if min(smaller.shape) < HEIGHT[0] * 2:
                break
            for picture in (smaller, 1.0 - smaller):
                strokes = ndimage.white_tophat(picture, size=(STROKE, STROKE)) > CONTRAST
                found += [box.times(reduction) for box in _rows_all_ways(_glyphs(strokes, picture))]
    return tuple(found)


def _greys(image: NDArray[Any]) -> Iterator[Grey]:
    """The picture as 0 to 1 over its own range, each colour that differs for itself."""
    values = np.asarray(image, dtype=np.float32)
    if values.ndim == 2:
        channels = [values]
    else:
        # Ink and ground may differ in one colour alone.
        channels = [values[..., n] for n in range(values.shape[2])]
        if all(np.array_equal(channels[0], other) for other in channels[1:]):
            channels = channels[:1]
    for channel in channels:
        grey = _scaled(channel)
        if grey is None:
            continue
        yield grey
        most = float(np.quantile(grey, COMMON))
        if 0 < most < 0.5:
            # A few far brighter pixels (metal, a marker) make everything else one dark grey.
            yield np.minimum(grey / np.float32(most), np.float32(1.0))


def _scaled(values: Grey) -> Grey | None:
    """0 to 1 over the picture's own range; None for one that is too small or empty."""
    if min(values.shape) < HEIGHT[0] * 2:
        return None
    grey: Grey = np.nan_to_num(values)
    low, high = float(grey.min()), float(grey.max())
    return None if high <= low else (grey - np.float32(low)) / np.float32(high - low)


def _reduced(grey: Grey, by: int) -> Grey:
    """Means of squares of pixels; a rest at the edges is left out."""
    if by == 1:
        return grey
    rows, columns = grey.shape[0] // by, grey.shape[1] // by
    squares = grey[: rows * by, : columns * by].reshape(rows, by, columns, by)
    reduced: Grey = squares.mean(axis=(1, 3), dtype=np.float32)
    return reduced


@dataclass(frozen=True, slots=True)
class _Glyph:
    left: int
    top: int
    right: int
    bottom: int
    ink: float

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    def turned(self) -> _Glyph:
        """The glyph in the picture turned by a quarter: (x, y) becomes (y, -x)."""
        return _Glyph(self.top, -self.right, self.bottom, -self.left, self.ink)


def _glyphs(strokes: NDArray[np.bool_], picture: Grey) -> list[_Glyph]:
    """Connected strokes that have the size of a character."""
    labels, count = ndimage.label(strokes, structure=np.ones((3, 3)))
    if not count:
        return []
    glyphs = []
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        rows, columns = place
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if not HEIGHT[0] <= max(height, width) <= HEIGHT[1]:
            continue
        mask = labels[place] == number
        if not 0.12 <= mask.mean() <= 1.0:
            continue
        ink = float(np.percentile(picture[place][mask], 75))
        glyphs.append(_Glyph(columns.start, rows.start, columns.stop, rows.stop, ink))
    return glyphs


def _rows_all_ways(glyphs: list[_Glyph]) -> list[Box]:
    """Rows of glyphs in a picture that is looked at from its four sides."""
    boxes: list[Box] = []
    for quarters in range(4):
        upright = [
            glyph
            for glyph in glyphs
            if HEIGHT[0] <= glyph.height <= HEIGHT[1] and WIDTH[0] <= glyph.width <= WIDTH[1]
        ]
        least = LEAST_TURNED if quarters else LEAST
        boxes += [box.turned_back(quarters) for box in _rows(upright, least)]
        glyphs = [glyph.turned() for glyph in glyphs]
    return boxes


def _rows(glyphs: list[_Glyph], least: int) -> list[Box]:
    """Chain glyphs to their right neighbours; keep the chains that look printed."""
    order = sorted(glyphs, key=lambda glyph: glyph.left)
    taken: set[int] = set()
    boxes = []
    for place in range(len(order)):
        if place in taken:
            continue
        chain = [place]
        for other in range(place + 1, len(order)):
            last = order[chain[-1]]
            if order[other].left - last.right > 1.6 * last.height:
                break
            if other not in taken and _beside(last, order[other]):
                chain.append(other)
        row = [order[index] for index in chain]
        if len(row) >= least and _is_printed(row):
            taken.update(chain)
            boxes.append(_box(row))
    return boxes


def _beside(left: _Glyph, right: _Glyph) -> bool:
    gap = right.left - left.right
    alike = 0.55 <= right.height / left.height <= 1.8
    level = abs(right.bottom - left.bottom) <= 0.35 * max(left.height, right.height)
    return alike and level and -1 <= gap <= 1.6 * max(left.height, right.height)


def _is_printed(row: list[_Glyph]) -> bool:
    feet = np.array([glyph.bottom for glyph in row])
    heights = np.array([glyph.height for glyph in row])
    inks = np.array([glyph.ink for glyph in row])
    share = max(float((abs(feet - foot) <= 1).mean()) for foot in feet)
    tall = float((abs(heights - np.median(heights)) <= 1).mean())
    return bool(
        share >= FEET and tall >= 0.5 and np.percentile(inks, 80) - np.percentile(inks, 20) <= INK
    )


def _box(row: list[_Glyph]) -> Box:
    left, top = min(g.left for g in row), min(g.top for g in row)
    right, bottom = max(g.right for g in row), max(g.bottom for g in row)
    return Box(left, top, right - left, bottom - top)
