"""The image of the report: slice, evidence, outlines as vectors, letters, legend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from reportlab.lib.colors import Color
from reportlab.lib.utils import ImageReader

from medimg.display.contours import outlines
from medimg.display.orientation import Edges, edges
from medimg.display.overlays import EvidenceStyle, colours, is_signed, legend_rgb
from medimg.display.picture import evidence_on, picture
from medimg.results.fonts import Weight
from medimg.results.report.shapes import swatch
from medimg.results.report.sheet import (
    BLACK,
    HEIGHT,
    SMALL,
    WHITE,
    Align,
    Ink,
    Sheet,
    fitted,
    text_width,
)
from medimg.values.analysis import Analysis, KeyImage
from medimg.values.explanation import Badge, Explanation
from medimg.values.findings import Region, RegionKind

#: Pixels on the longer side above which an image is made smaller: 300 dpi on this page.
_MOST_PIXELS = 1200
#: Points that a number on its plate takes, with some air.
_ROOM = 11.0
_LETTER = Ink(7.4, Weight.BOLD, WHITE)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where an image stands on the page: top left corner and size in points."""

    x: float
    y: float
    width: float
    height: float


def key_image(analysis: Analysis) -> KeyImage | None:
    """Return the slice to show first: with most of the findings' regions, then most evidence."""

    def weight(image: KeyImage) -> tuple[int, float]:
        found = [r for r in analysis.regions if r.kind is RegionKind.FINDING]
        area = sum(int(r.mask.areas[image.index]) for r in found)
        evidence = sum(float(np.abs(e.map[image.index]).sum()) for e in analysis.explanations[:1])
        return area, evidence

    return max(analysis.key_images, key=weight, default=None)


def frame_for(analysis: Analysis, image: KeyImage, x: float, y: float, size: float) -> Frame:
    """Fit an image into a square of `size` points, with the shape its pixels have."""
    rows, columns = image.grey.shape
    height = rows * analysis.series.geometry.plane_spacing.aspect
    scale = size / max(height, columns)
    return Frame(x, y, columns * scale, height * scale)


def draw(
    sheet: Sheet, frame: Frame, analysis: Analysis, image: KeyImage, evidence: Explanation | None
) -> None:
    """Draw a slice with evidence, regions and letters; without overlays where there are none."""
    _raster(sheet, frame, image.grey, image.index, evidence)
    shades = colours(analysis.regions)
    for count, (region, shade) in enumerate(zip(analysis.regions, shades, strict=True), start=1):
        _region(sheet, frame, region, image, Color(*(c / 255 for c in shade)), count)
    _letters(sheet, frame, edges(analysis.series))


def draw_plain(sheet: Sheet, frame: Frame, analysis: Analysis, image: KeyImage) -> None:
    """Draw a slice as the reader sees it before any overlay."""
    _raster(sheet, frame, image.grey, image.index, None)
    _letters(sheet, frame, edges(analysis.series))


def _raster(
    sheet: Sheet,
    frame: Frame,
    grey: NDArray[np.uint8],
    index: int,
    evidence: Explanation | None,
) -> None:
    over = None
    if evidence is not None:
        hatched = evidence.trust.badge is Badge.NOT_RELIABLE
        over = evidence_on(evidence, index, EvidenceStyle(is_hatched=hatched))
    pixels = Image.fromarray(grey if over is None else picture(grey, (), over))
    pixels.thumbnail((_MOST_PIXELS, _MOST_PIXELS), Image.Resampling.LANCZOS)
    sheet.fill(frame.x, frame.y, frame.width, frame.height, BLACK)
    bottom = HEIGHT - frame.y - frame.height
    sheet.canvas.drawImage(ImageReader(pixels), frame.x, bottom, frame.width, frame.height)


def _region(
    sheet: Sheet, frame: Frame, region: Region, image: KeyImage, colour: Color, count: int
) -> None:
    """Draw one region's outline on this slice, and its number where it is widest."""
    if not region.mask.touches(image.index):
        return
    mask = region.mask.on(image.index)
    rows, columns = mask.shape
    canvas = sheet.canvas
    canvas.saveState()
    canvas.setStrokeColor(colour)
    canvas.setLineWidth(1.1)
    canvas.setLineJoin(1)
    path = canvas.beginPath()
    for outline in outlines(mask):
        points = outline * (frame.width / columns, frame.height / rows) + (frame.x, frame.y)
        path.moveTo(float(points[0, 0]), HEIGHT - float(points[0, 1]))
        for x, y in points[1:]:
            path.lineTo(float(x), HEIGHT - float(y))
        path.close()
    canvas.drawPath(path)
    canvas.restoreState()
    row, column = number_place(mask, _ROOM / frame.width * columns)
    x = frame.x + (column + 0.5) * frame.width / columns
    y = frame.y + (row + 0.5) * frame.height / rows
    _plate(sheet, x, y, str(count))


def number_place(mask: NDArray[np.bool_], room: float) -> tuple[float, float]:
    """Return where a region's number goes: within a large one, beside a small one.

    Args:
        room: Pixels that a number with some air takes; a region narrower than three of them is
            small, and its number must not hide it.

    Returns:
        (row, column), index 0 the first pixel's centre.
    """
    row, column = inside(mask)
    filled = np.flatnonzero(mask.any(axis=0))
    left, right = int(filled[0]), int(filled[-1])
    if right - left >= 3 * room:
        return row, column
    is_room_right = right + 2 * room < mask.shape[1]
    return row, right + room if is_room_right else left - room


def inside(mask: NDArray[np.bool_]) -> tuple[int, int]:
    """Return a pixel well within a mask: the middle of the longest stretch of its middle row."""
    filled = np.flatnonzero(mask.any(axis=1))
    row = int(filled[len(filled) // 2])
    steps = np.flatnonzero(np.diff(np.pad(mask[row], 1).astype(np.int8)))
    starts, ends = steps[::2], steps[1::2]
    longest = int(np.argmax(ends - starts))
    return row, int((starts[longest] + ends[longest] - 1) // 2)


def _letters(sheet: Sheet, frame: Frame, letters: Edges) -> None:
    """Draw the letters at the edges, within the image, on plates."""
    middle_x, middle_y = frame.x + frame.width / 2, frame.y + frame.height / 2
    for x, y, letter in (
        (frame.x + 9, middle_y, letters.left),
        (frame.x + frame.width - 9, middle_y, letters.right),
        (middle_x, frame.y + 9, letters.top),
        (middle_x, frame.y + frame.height - 9, letters.bottom),
    ):
        _plate(sheet, x, y, letter)


def _plate(sheet: Sheet, x: float, y: float, text: str) -> None:
    """Draw a word on a dark plate centred at (x, y)."""
    width = max(9.5, text_width(text, _LETTER) + 5)
    canvas = sheet.canvas
    canvas.saveState()
    canvas.setFillColor(BLACK, alpha=0.64)
    canvas.roundRect(x - width / 2, HEIGHT - y - 5, width, 10, 1.5, stroke=0, fill=1)
    canvas.restoreState()
    sheet.text(x, y + 2.7, text, _LETTER, Align.CENTRE)


def legend(
    sheet: Sheet, frame: Frame, analysis: Analysis, image: KeyImage, evidence: Explanation | None
) -> float:
    """Draw the legend below an image; return where the next thing may begin."""
    y = frame.y + frame.height + 12
    x = frame.x
    bar_width = 118 if evidence is not None else 0
    shades = colours(analysis.regions)
    for count, (region, shade) in enumerate(zip(analysis.regions, shades, strict=True), start=1):
        if not region.mask.touches(image.index):
            continue
        label = fitted(region.label, 110, SMALL)
        if x > frame.x and x + text_width(label, SMALL) + 14 > frame.x + frame.width - bar_width:
            x, y, bar_width = frame.x, y + 12, 0
        swatch(sheet, x, y, Color(*(c / 255 for c in shade)), count)
        x += 13 + sheet.text(x + 13, y, label, SMALL) + 9
    if evidence is not None:
        _evidence_bar(sheet, frame.x + frame.width, frame.y + frame.height + 12, evidence)
    return y + 8


def _evidence_bar(sheet: Sheet, right: float, y: float, evidence: Explanation) -> None:
    """Draw the map's scale with its ends; the right end of it is `right`."""
    signed = is_signed(evidence)
    strip = np.ascontiguousarray(np.repeat(legend_rgb(128, signed=signed)[None], 8, axis=0))
    x = right - text_width("1", SMALL)
    sheet.text(x, y, "1", SMALL)
    sheet.canvas.drawImage(ImageReader(Image.fromarray(strip)), x - 44, HEIGHT - y - 0.6, 40, 6.4)
    sheet.text(x - 48, y, f"evidence {'−1' if signed else '0'}", SMALL, Align.RIGHT)
