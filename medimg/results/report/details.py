"""The second page: the image without overlays, and all that the first page has in short."""

from __future__ import annotations

from collections.abc import Iterable

from medimg.display import wording
from medimg.results.figures import significant
from medimg.results.report import film
from medimg.results.report.blocks import listed, method_name, most_concerning_first
from medimg.results.report.sheet import (
    BODY,
    HEADING,
    LEFT,
    MUTED,
    RIGHT,
    SMALL,
    TEXT,
    Align,
    Ink,
    Sheet,
    fitted,
    wrapped,
)
from medimg.values.analysis import RESEARCH_NOTICE, Analysis
from medimg.values.findings import Estimate, Finding
from medimg.values.series import Patient

_NAMES = 92.0
_PICTURE = 168.0
_HEAD = Ink(7.8, colour=MUTED)


def pictures(sheet: Sheet, analysis: Analysis) -> None:
    """Draw the first image without overlays, and the other slices with them."""
    first = film.key_image(analysis)
    if first is None:
        return
    others = [image for image in analysis.key_images if image is not first][:2]
    sheet.y += 11
    sheet.text(LEFT, sheet.y, "The image without overlays" if not others else "Images", HEADING)
    top, x, bottom = sheet.y + 8, LEFT, sheet.y
    for image in (first, *others):
        frame = film.frame_for(analysis, image, x, top, _PICTURE)
        if image is first:
            film.draw_plain(sheet, frame, analysis, image)
        else:
            film.draw(sheet, frame, analysis, image, None)
        if analysis.series.geometry.shape[0] > 1:
            word = "without overlays" if image is first else "with regions"
            y = frame.y + frame.height + 10
            sheet.text(x, y, f"Slice {image.index + 1}, {word}", SMALL)
            bottom = max(bottom, y)
        bottom = max(bottom, frame.y + frame.height)
        x += _PICTURE + 8
    if not others:
        _reading(sheet, LEFT + frame.width + 18, top + 7)
    sheet.y = bottom + 24


def _reading(sheet: Sheet, x: float, y: float) -> None:
    """Say beside the image how the first page is to be read."""
    sheet.text(x, y, "How to read this report", HEADING)
    y += 15
    for sentence in _HOW:
        y = sheet.paragraph(x, y, sentence, RIGHT - x, SMALL) + 4


_HOW = (
    "◆ flagged: the probability and its whole interval lie above the operating point. "
    "◈ borderline: the interval crosses it. ○ not flagged: both lie below.",
    "The bar shows 0 to 100 of 100 such images. The upright mark is the probability, the band its "
    "95 % interval (the uncertainty of the calibration, by patient), the dashed line the "
    "operating point.",
    "Numbers in the image are the numbers of the regions in the tables. Letters at the edges "
    "are the "
    "patient's sides: R right, L left, A front, P back, H head, F feet; ? is not known.",
    "The evidence map shows where the score comes from. It has one fixed scale, "
    "which is not adapted to this image. It can be wrong where the finding is right.",
)


def operating_points(sheet: Sheet, analysis: Analysis) -> None:
    """Draw what each threshold reached in validation."""
    if not analysis.findings:
        return
    _section(sheet, "Operating points, as measured in validation", points_height(analysis) - 16)
    columns = (LEFT, LEFT + 150, LEFT + 222, LEFT + 280, LEFT + 392, RIGHT)
    heads = ("Finding", "point", "threshold", "sensitivity", "specificity")
    for x, head in zip(columns, heads, strict=False):
        sheet.text(x, sheet.y, head, _HEAD)
    sheet.text(RIGHT, sheet.y, "score", _HEAD, Align.RIGHT)
    sheet.y += 5.5
    sheet.rule(sheet.y, colour=TEXT)
    for finding in most_concerning_first(analysis.findings):
        _point(sheet, columns, finding)
    sheet.y += 12
    for sentence in expected_errors(analysis.findings):
        sheet.y = sheet.paragraph(LEFT, sheet.y, sentence, RIGHT - LEFT, SMALL)
    sheet.y += 8


def points_height(analysis: Analysis) -> float:
    """Points that the operating points take on a page."""
    count = len(analysis.findings)
    return 60.0 + (15.4 + SMALL.leading) * count if count else 0.0


def expected_errors(findings: Iterable[Finding]) -> list[str]:
    """What to expect of the threshold, in counts: what it misses and what it flags in vain."""
    return [
        f"{f.label}: of 100 images that show it, the point misses about "
        f"{round(100 * (1 - f.operating_point.sensitivity.value))}; of 100 that do not, it flags "
        f"about {round(100 * (1 - f.operating_point.specificity.value))}."
        for f in findings
    ]


def _point(sheet: Sheet, columns: tuple[float, ...], finding: Finding) -> None:
    point = finding.operating_point
    sheet.y += 10.6
    values = (
        fitted(finding.label, 140, BODY),
        point.name,
        f"{point.threshold:.2f}",
        _figure(point.sensitivity),
        _figure(point.specificity),
    )
    for x, value in zip(columns, values, strict=False):
        sheet.text(x, sheet.y, value, BODY)
    sheet.text(RIGHT, sheet.y, wording.number(finding.score, 2), BODY, Align.RIGHT)
    sheet.y += 4.8
    sheet.rule(sheet.y)


def _figure(figure: Estimate) -> str:
    return f"{wording.estimate(figure)}{f', n {wording.number(figure.n)}' if figure.n else ''}"


def use(sheet: Sheet, analysis: Analysis) -> None:
    """Draw what the package is for, what it is not for, its figure and its licences."""
    package = analysis.package
    merit = ""
    if package.merit is not None:
        merit = f"{package.merit_name} {_figure(package.merit)}; {package.merit_note}".rstrip("; ")
    rows = [
        ("Package", f"{package.title}, {package.id} {package.version}"),
        ("Says", package.summary),
        ("For", package.intended_use),
        ("Not for", listed(package.not_for) if package.not_for else ""),
        ("Measured", merit),
        ("Licences", package.licence),
        ("Notice", f"{RESEARCH_NOTICE}. Computed. Not verified by a person unless signed above."),
    ]
    _rows(sheet, "Intended use of the package", rows)


def input_check(sheet: Sheet, analysis: Analysis) -> None:
    """Draw what the gate and the reader of files said of the image."""
    rows = [("Gate", f"{analysis.verdict.outcome.value}")]
    rows += [(reason.rule, reason.sentence) for reason in analysis.verdict.reasons]
    rows += [(p.title, f"{p.sentence} {p.todo}".strip()) for p in analysis.series.problems]
    rows += [("Processing", note) for note in analysis.notes]
    rows += [(r.label, r.withheld) for r in analysis.regions if r.withheld]
    _rows(sheet, "Check of the image", rows)


def provenance(sheet: Sheet, analysis: Analysis) -> None:
    """Draw identifiers, hashes, versions and times in full."""
    series, backend = analysis.series, analysis.backend
    single = series.frames[0].sop_instance_uid if len(series.frames) == 1 else ""
    rows = [
        ("Name", names(series.patient)),
        ("Analysis", analysis.id),
        ("Study", series.study.uid),
        ("Series", series.uid),
        ("Image", single),
        ("Pixels sha256", analysis.pixels_sha256),
        ("Weights sha256", analysis.package.weights_sha256),
        ("Computed by", f"{backend.name} on {backend.device}"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in backend.versions)),
        ("Time", ", ".join(f"{stage} {wording.duration(s)}" for stage, s in analysis.seconds)),
        ("Maps", "; ".join(_map(analysis, i) for i in range(len(analysis.explanations)))),
    ]
    _rows(sheet, "Provenance", rows)


def names(patient: Patient) -> str:
    """All groups of a name that has more than its page's head shows."""
    groups = [group for group in patient.name.split("=") if group.strip("^ ")]
    return " = ".join(wording.person_name(group) for group in groups) if len(groups) > 2 else ""


def _map(analysis: Analysis, index: int) -> str:
    explanation = analysis.explanations[index]
    return (
        f"{method_name(explanation)} for {explanation.target}, full strength "
        f"{significant(explanation.scale)} {explanation.scale_unit}, "
        f"{explanation.trust.badge.value}"
    )


def _section(sheet: Sheet, title: str, height: float) -> None:
    sheet.need(height + 16)
    sheet.text(LEFT, sheet.y, title, HEADING)
    sheet.y += 14


def _rows(sheet: Sheet, title: str, rows: Iterable[tuple[str, str]]) -> None:
    """Draw names and values under a title; what is empty is left out."""
    kept = [(name, value) for name, value in rows if value]
    _section(sheet, title, 24)
    for name, value in kept:
        lines = wrapped(value, RIGHT - LEFT - _NAMES, Ink(8.0))
        sheet.need(len(lines) * 10.9)
        sheet.text(LEFT, sheet.y, fitted(name, _NAMES - 6, SMALL), SMALL)
        for line in lines:
            sheet.text(LEFT + _NAMES, sheet.y, line, Ink(8.0))
            sheet.y += 10.9
    sheet.y += 8
