"""Small drawings of the report: decision shapes, badge, probability bar, swatches, ticks.

All are drawn as vectors and differ in form, so that they are told apart in grey.
"""

from __future__ import annotations

from reportlab.lib.colors import Color
from reportlab.pdfgen.pathobject import PDFPathObject

from medimg.results.fonts import Weight
from medimg.results.report.sheet import (
    DANGER,
    HEIGHT,
    MUTED,
    OK,
    TEXT,
    TRACK,
    WARN,
    WHITE,
    Align,
    Ink,
    Sheet,
    text_width,
)
from medimg.values.explanation import Badge
from medimg.values.findings import Decision, Finding

DECISION_COLOURS: dict[Decision, Color] = {
    Decision.FLAGGED: DANGER,
    Decision.BORDERLINE: WARN,
    Decision.NOT_FLAGGED: MUTED,
}
BADGE_COLOURS: dict[Badge, Color] = {
    Badge.SUPPORTED: OK,
    Badge.WEAK: WARN,
    Badge.NOT_RELIABLE: DANGER,
    Badge.NOT_ASSESSED: MUTED,
}


def decision(sheet: Sheet, x: float, y: float, value: Decision) -> None:
    """Draw a decision's shape and word; (x, y) is the left end of the word's baseline."""
    colour = DECISION_COLOURS[value]
    _decision_shape(sheet, x + 4, HEIGHT - y + 2.9, value, colour)
    sheet.text(x + 11.5, y, value.value, Ink(8.8, Weight.BOLD, colour))


def _decision_shape(sheet: Sheet, x: float, y: float, value: Decision, colour: Color) -> None:
    """Full diamond, diamond within a diamond, empty circle; (x, y) is the centre in PDF points."""
    canvas = sheet.canvas
    canvas.setStrokeColor(colour)
    canvas.setFillColor(colour)
    canvas.setLineWidth(1.1)
    if value is Decision.NOT_FLAGGED:
        canvas.circle(x, y, 3.0, stroke=1, fill=0)
        return
    canvas.drawPath(_diamond(sheet, x, y, 4.0), stroke=1, fill=int(value is Decision.FLAGGED))
    if value is Decision.BORDERLINE:
        canvas.drawPath(_diamond(sheet, x, y, 1.9), stroke=0, fill=1)


def _diamond(sheet: Sheet, x: float, y: float, reach: float) -> PDFPathObject:
    path = sheet.canvas.beginPath()
    path.moveTo(x, y + reach)
    path.lineTo(x + reach, y)
    path.lineTo(x, y - reach)
    path.lineTo(x - reach, y)
    path.close()
    return path


def probability_bar(sheet: Sheet, x: float, y: float, width: float, finding: Finding) -> None:
    """Draw 0 to 1 with the interval, the probability and the operating point; y is its middle."""
    canvas, middle = sheet.canvas, HEIGHT - y
    colour = DECISION_COLOURS[finding.decision]
    canvas.setFillColor(TRACK)
    canvas.roundRect(x, middle - 1.45, width, 2.9, 1.45, stroke=0, fill=1)
    canvas.saveState()
    canvas.setFillColor(colour, alpha=0.5)
    low, high = x + width * finding.low, x + width * finding.high
    canvas.rect(low, middle - 1.45, high - low, 2.9, stroke=0, fill=1)
    canvas.restoreState()
    canvas.setFillColor(colour)
    canvas.rect(x + width * finding.probability - 1, middle - 3.4, 2, 6.8, stroke=0, fill=1)
    operating_point(sheet, x + width * finding.operating_point.threshold, y)


def operating_point(sheet: Sheet, x: float, y: float) -> None:
    """Draw the dashed line with a triangle on top that marks a threshold."""
    canvas, middle = sheet.canvas, HEIGHT - y
    canvas.saveState()
    canvas.setStrokeColor(TEXT)
    canvas.setFillColor(TEXT)
    canvas.setLineWidth(0.8)
    canvas.setDash(1.4, 1.0)
    canvas.line(x, middle - 4.6, x, middle + 3.4)
    canvas.setDash()
    path = canvas.beginPath()
    path.moveTo(x - 2, middle + 5.4)
    path.lineTo(x + 2, middle + 5.4)
    path.lineTo(x, middle + 3)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.restoreState()


def badge(sheet: Sheet, x: float, y: float, value: Badge) -> float:
    """Draw a map's badge as a pill with a shield; y is the baseline; return its right end."""
    ink = Ink(8.2, Weight.BOLD, BADGE_COLOURS[value])
    width = text_width(value.value, ink) + 24
    canvas = sheet.canvas
    canvas.setStrokeColor(ink.colour)
    canvas.setLineWidth(0.7)
    canvas.roundRect(x, HEIGHT - y - 3.9, width, 13, 6.5)
    _shield(sheet, x + 10, HEIGHT - y + 2.7, value, ink.colour)
    sheet.text(x + 17, y, value.value, ink)
    return x + width


def _shield(sheet: Sheet, x: float, y: float, value: Badge, colour: Color) -> None:
    """Shield with tick, dash or cross; dashed where nothing was assessed."""
    canvas = sheet.canvas
    canvas.saveState()
    canvas.setStrokeColor(colour)
    canvas.setLineWidth(0.8)
    if value is Badge.NOT_ASSESSED:
        canvas.setDash(1.2, 0.9)
    path = canvas.beginPath()
    path.moveTo(x, y + 4.2)
    path.lineTo(x + 3.4, y + 2.9)
    path.curveTo(x + 3.4, y - 1, x + 2, y - 3, x, y - 4.2)
    path.curveTo(x - 2, y - 3, x - 3.4, y - 1, x - 3.4, y + 2.9)
    path.close()
    canvas.drawPath(path)
    canvas.setDash()
    strokes: dict[Badge, list[tuple[float, float, float, float]]] = {
        Badge.SUPPORTED: [(-1.5, 0, -0.4, -1.2), (-0.4, -1.2, 1.7, 1.3)],
        Badge.WEAK: [(-1.5, 0, 1.5, 0)],
        Badge.NOT_RELIABLE: [(-1.2, 1.2, 1.2, -1.2), (-1.2, -1.2, 1.2, 1.2)],
        Badge.NOT_ASSESSED: [],
    }
    for x0, y0, x1, y1 in strokes[value]:
        canvas.line(x + x0, y + y0, x + x1, y + y1)
    canvas.restoreState()


def swatch(sheet: Sheet, x: float, y: float, colour: Color, number: int) -> None:
    """Draw a region's colour as an open square with its number; y is the baseline beside it."""
    canvas = sheet.canvas
    canvas.setFillColor(WHITE)
    canvas.setStrokeColor(colour)
    canvas.setLineWidth(1.5)
    canvas.rect(x + 0.8, HEIGHT - y - 1.2, 8, 8, stroke=1, fill=1)
    sheet.text(x + 4.8, y + 0.1, str(number), Ink(6.2, Weight.BOLD, TEXT), Align.CENTRE)
