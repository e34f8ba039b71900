"""The report for print: A4, first page at one glance, second page with the details."""

from __future__ import annotations

from medimg import __version__
from medimg.display import wording
from medimg.results.exported import Exported
from medimg.results.fonts import Weight
from medimg.results.report import blocks, details, people
from medimg.results.report.impression import Impression, draw
from medimg.results.report.sheet import (
    FOOT,
    LEFT,
    LINE,
    RIGHT,
    SMALL,
    TEXT,
    TITLE,
    Align,
    Ink,
    Sheet,
    fitted,
    text_width,
)
from medimg.results.uids import PRODUCT
from medimg.values.analysis import Analysis

_STRONG = Ink(9.2, Weight.BOLD)


def make(analysis: Analysis, impression: Impression | None = None) -> Exported:
    """Turn an analysis into a PDF report.

    Args:
        impression: The reader's words; None prints that there are none yet.
    """
    sheet = Sheet(
        lambda sheet: _head(sheet, analysis, impression),
        lambda sheet: _foot(sheet, analysis),
        f"{people.title(analysis.series)}: model findings and report",
    )
    draw(sheet, impression)
    blocks.picture_and_reasons(sheet, analysis)
    blocks.findings(sheet, analysis)
    blocks.cautions(sheet, analysis)
    room = FOOT - blocks.package_height(analysis) - sheet.y
    has_room = details.points_height(analysis) < room
    if has_room:
        details.operating_points(sheet, analysis)
    blocks.package_and_origin(sheet, analysis)
    sheet.turn()
    details.pictures(sheet, analysis)
    if not has_room:
        details.operating_points(sheet, analysis)
    details.use(sheet, analysis)
    details.input_check(sheet, analysis)
    details.provenance(sheet, analysis)
    return Exported(sheet.finish())


def _head(sheet: Sheet, analysis: Analysis, impression: Impression | None) -> float:
    """Draw title, notice and patient box; return where the page's content begins."""
    title = people.title(analysis.series)
    room = RIGHT - LEFT - 96
    if sheet.page == 1:
        title = f"{title}: model findings and report"
        sheet.text(LEFT, 46, fitted(title, room, TITLE), TITLE)
    else:
        ink = Ink(12.5, Weight.BOLD)
        sheet.text(LEFT, 45, fitted(f"{title}: details", room, ink), ink)
    study = fitted(people.study_line(analysis.series), room, Ink(8.8, colour=SMALL.colour))
    sheet.text(LEFT, 60, study, Ink(8.8, colour=SMALL.colour))
    sheet.box(RIGHT - 78, 31, 78, 28)
    notice = Ink(7.4, Weight.BOLD)
    sheet.text(RIGHT - 39, 43, "Research use only", notice, Align.CENTRE)
    sheet.text(RIGHT - 39, 53, "Not for diagnosis", notice, Align.CENTRE)
    return _patient_box(sheet, 72, analysis, impression) + 12


def _patient_box(
    sheet: Sheet, top: float, analysis: Analysis, impression: Impression | None
) -> float:
    patient = analysis.series.patient
    cells = (
        (0.0, "Patient", people.patient_name(patient)),
        (0.36, "ID", patient.id or people.NOT_GIVEN),
        (0.56, "Born, sex", people.born_and_sex(patient)),
        (0.80, "Read by", impression.reader if impression else "nobody yet"),
    )
    height, width = 32.0, RIGHT - LEFT
    sheet.box(LEFT, top, width, height)
    ends = [cell[0] for cell in cells[1:]] + [1.0]
    for (share, name, value), end in zip(cells, ends, strict=True):
        x = LEFT + share * width
        if share:
            sheet.canvas.setStrokeColor(LINE)
            bottom = sheet.canvas._pagesize[1] - top
            sheet.canvas.line(x, bottom, x, bottom - height)
        sheet.text(x + 8, top + 12, name, SMALL)
        sheet.text(x + 8, top + 25, fitted(value, (end - share) * width - 12, _STRONG), _STRONG)
    return top + height


def _foot(sheet: Sheet, analysis: Analysis) -> None:
    """Draw program and package at the left; patient and page at the right."""
    sheet.rule(FOOT + 10)
    y = FOOT + 23
    package, patient = analysis.package, analysis.series.patient
    left = wording.joined(f"{PRODUCT} {__version__}", f"{package.id} {package.version}")
    sheet.text(LEFT, y, left, SMALL)
    sheet.total(RIGHT - text_width("9", SMALL), y)
    page = f"{patient.id or people.NOT_GIVEN} · page {sheet.page} of"
    right = RIGHT - 7
    width = sheet.text(right, y, fitted(page, 170, SMALL), SMALL, Align.RIGHT)
    ink = Ink(7.8, colour=TEXT)
    name = fitted(people.patient_name(patient), 170, ink)
    sheet.text(right - width - 8, y, name, ink, Align.RIGHT)
