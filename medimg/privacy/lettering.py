"""Rendered characters in a picture: small sharp shapes of one ink, in a row, on one base line.

A classical detector, without a network. What a font draws differs from what a body shows in
four ways that can be counted: strokes stand out from what is around them, all in the same value,
several of one size stand side by side, and their feet stand on exactly one row.
It finds printed text of 6 to 40 pixels' height; handwriting, single letters, slanted text and
text in the grey of its ground it does not find.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Grey = NDArray[np.float32]

#: A glyph's height and width in pixels.
HEIGHT, WIDTH = (6, 40), (1, 40)
#: Strokes are thinner than this.
STROKE = 9
#: How far a stroke stands out, as a share of the picture's range.
CONTRAST = 0.22
#: Glyphs in a row, at least.
LEAST = 5
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


def lettering(image: NDArray[Any]) -> tuple[Box, ...]:
    """Find rows of rendered characters.

    Args:
        image: (rows, columns) of any unit, or (rows, columns, 3) colours.

    Returns:
        Boxes around rows of at least `LEAST` characters.
    """
    grey = _scaled(image)
    if grey is None:
        return ()
    found: list[Box] = []
    for picture in (grey, 1.0 - grey):
        strokes = ndimage.white_tophat(picture, size=(STROKE, STROKE)) > CONTRAST
        found += _rows(_glyphs(strokes, picture))
    return tuple(found)


def _scaled(image: NDArray[Any]) -> Grey | None:
    """0 to 1 over the picture's own range; None for one that is too small or empty."""
    grey: Grey = np.asarray(image, dtype=np.float32)
    if grey.ndim == 3:
        grey = grey.max(axis=2)
    if min(grey.shape) < HEIGHT[0] * 2:
        return None
    grey = np.nan_to_num(grey)
    low, high = float(grey.min()), float(grey.max())
    return None if high <= low else (grey - np.float32(low)) / np.float32(high - low)


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


def _glyphs(strokes: NDArray[np.bool_], picture: Grey) -> list[_Glyph]:
    """Connected strokes that have the size of a character."""
    labels, count = ndimage.label(strokes, structure=np.ones((3, 3)))
    if not count:
        return []
    glyphs = []
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        rows, columns = place
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if not (HEIGHT[0] <= height <= HEIGHT[1] and WIDTH[0] <= width <= WIDTH[1]):
            continue
        mask = labels[place] == number
        if not 0.12 <= mask.mean() <= 1.0:
            continue
        ink = float(np.percentile(picture[place][mask], 75))
        glyphs.append(_Glyph(columns.start, rows.start, columns.stop, rows.stop, ink))
    return glyphs


def _rows(glyphs: list[_Glyph]) -> list[Box]:
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
        if _is_printed(row):
            taken.update(chain)
            boxes.append(_box(row))
    return boxes


def _beside(left: _Glyph, right: _Glyph) -> bool:
    gap = right.left - left.right
    alike = 0.55 <= right.height / left.height <= 1.8
    level = abs(right.bottom - left.bottom) <= 0.35 * max(left.height, right.height)
    return alike and level and -1 <= gap <= 1.6 * max(left.height, right.height)


def _is_printed(row: list[_Glyph]) -> bool:
    if len(row) < LEAST:
        return False
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
