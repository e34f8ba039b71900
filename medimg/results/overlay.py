"""One picture with overlays, letters and legend, for slides and folders.

Everything that is words stands in margins, nothing over the image but the overlays themselves.
No name of the patient: a picture is passed on more easily than a report.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from medimg.display import wording
from medimg.display.orientation import Edges, edges
from medimg.display.overlays import EvidenceStyle, colours, is_signed, legend_rgb
from medimg.display.picture import evidence_on, marked, picture
from medimg.display.show import best_slice
from medimg.results.exported import Exported
from medimg.results.figures import significant
from medimg.results.fonts import Weight, data, runs
from medimg.values.analysis import RESEARCH_NOTICE, Analysis, KeyImage
from medimg.values.errors import InputRefused
from medimg.values.explanation import Badge, Explanation

#: Longest side of the image in pixels, and the width of the margins for letters.
_SIDE, _MARGIN, _LINE = 1000, 44, 26
_TEXT, _MUTED, _BLACK = (232, 237, 244), (154, 168, 186), (0, 0, 0)


def make(analysis: Analysis) -> Exported:
    """Draw the slice that shows most of the result.

    Raises:
        InputRefused: The record keeps no slice to draw.
    """
    if not analysis.key_images:
        raise InputRefused("The record contains no picture of the image, so none can be drawn.")
    wanted = best_slice(analysis, analysis.series.geometry.shape[0])
    image = min(analysis.key_images, key=lambda kept: abs(kept.index - wanted))
    evidence = _evidence(analysis)
    slice_ = _slice(analysis, image, evidence)
    lines = _legend(analysis, image, evidence)
    width = max(slice_.width + 2 * _MARGIN, 640)
    sheet = Image.new(
        "RGB", (width, slice_.height + 2 * _MARGIN + _LINE * (len(lines) + 2)), _BLACK
    )
    left = (width - slice_.width) // 2
    sheet.paste(slice_, (left, _MARGIN))
    _letters(sheet, left, slice_.size, edges(analysis.series))
    y = slice_.height + 2 * _MARGIN
    for swatch, words in lines:
        _line(sheet, left, y, swatch, words)
        y += _LINE
    _write(sheet, (left, y), _origin(analysis, image), _MUTED)
    _write(sheet, (left, y + _LINE), RESEARCH_NOTICE, _TEXT, Weight.BOLD)
    memory = BytesIO()
    sheet.save(memory, "PNG")
    return Exported(memory.getvalue())


def _evidence(analysis: Analysis) -> Explanation | None:
    """The first map that its checks do not call unreliable."""
    maps = (e for e in analysis.explanations if e.trust.badge is not Badge.NOT_RELIABLE)
    return next(maps, None)


def _slice(analysis: Analysis, image: KeyImage, evidence: Explanation | None) -> Image.Image:
    """The slice with square pixels, large enough that outlines are smooth."""
    over = evidence_on(evidence, image.index, EvidenceStyle()) if evidence is not None else None
    drawn = Image.fromarray(picture(image.grey, marked(analysis.regions, image.index), over))
    height = drawn.height * analysis.series.geometry.plane_spacing.aspect
    scale = _SIDE / max(height, drawn.width)
    size = (max(1, round(drawn.width * scale)), max(1, round(height * scale)))
    return drawn.resize(size, Image.Resampling.LANCZOS)


def _legend(
    analysis: Analysis, image: KeyImage, evidence: Explanation | None
) -> list[tuple[np.ndarray | tuple[int, int, int], str]]:
    """Swatch and words of each line: a colour for a region, a strip of colours for a map."""
    lines: list[tuple[np.ndarray | tuple[int, int, int], str]] = [
        (shade, f"{region.label}: {wording.region_size(region)}")
        for region, shade in zip(analysis.regions, colours(analysis.regions), strict=True)
        if region.mask.touches(image.index)
    ]
    if evidence is not None:
        scale = f"{significant(evidence.scale)} {evidence.scale_unit}"
        low = f"−{scale}" if is_signed(evidence) else "0"
        lines.append(
            (
                legend_rgb(120, signed=is_signed(evidence)),
                f"evidence for {evidence.target} ({evidence.method}), {low} to {scale}; "
                f"{evidence.trust.badge.value}",
            )
        )
    lines += [
        (_BLACK, f"{finding.label}: {wording.sentence_of(finding)}, {finding.decision.value}")
        for finding in analysis.findings
    ]
    return lines


def _origin(analysis: Analysis, image: KeyImage) -> str:
    slices = analysis.series.geometry.shape[0]
    return wording.joined(
        analysis.series.label,
        f"slice {image.index + 1} of {slices}" if slices > 1 else "",
        f"{analysis.package.id} {analysis.package.version}",
    )


def _letters(sheet: Image.Image, left: int, size: tuple[int, int], letters: Edges) -> None:
    """Write the letters into the margins around the image."""
    width, height = size
    middle_x, middle_y = left + width // 2, _MARGIN + height // 2
    for x, y, letter in (
        (max(2, left - _MARGIN // 2 - 6), middle_y - 10, letters.left),
        (left + width + _MARGIN // 2 - 6, middle_y - 10, letters.right),
        (middle_x - 6, _MARGIN // 2 - 12, letters.top),
        (middle_x - 6, _MARGIN + height + _MARGIN // 2 - 12, letters.bottom),
    ):
        _write(sheet, (x, y), letter, _TEXT, Weight.BOLD)


def _line(
    sheet: Image.Image,
    left: int,
    y: int,
    swatch: np.ndarray | tuple[int, int, int],
    words: str,
) -> None:
    """Write one line of the legend after its swatch."""
    if isinstance(swatch, np.ndarray):
        strip = np.ascontiguousarray(np.repeat(swatch[None], 12, axis=0))
        sheet.paste(Image.fromarray(strip), (left, y + 5))
        _write(sheet, (left + len(swatch) + 10, y), words, _TEXT)
        return
    if swatch != _BLACK:
        ImageDraw.Draw(sheet).rectangle(
            (left + 1, y + 5, left + 13, y + 17), outline=swatch, width=3
        )
    _write(sheet, (left + (22 if swatch != _BLACK else 0), y), words, _TEXT)


def _write(
    sheet: Image.Image,
    at: tuple[int, int],
    text: str,
    colour: tuple[int, int, int],
    weight: Weight = Weight.REGULAR,
) -> None:
    """Write a line of any script, its top left corner at (x, y)."""
    draw, x = ImageDraw.Draw(sheet), float(at[0])
    for run in runs(text, weight):
        font = _font(run.face)
        draw.text((x, at[1] + 18), run.text, colour, font, anchor="ls")
        x += font.getlength(run.text)


@cache
def _font(face: str) -> ImageFont.FreeTypeFont:
    """A face for drawing; lines are in visual order already, so Pillow must not turn them again."""
    return ImageFont.truetype(BytesIO(data(face)), 16, layout_engine=ImageFont.Layout.BASIC)
