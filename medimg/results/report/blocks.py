"""What stands on the first page, block by block; each begins at `sheet.y` and moves it on."""

from __future__ import annotations

from collections.abc import Sequence

from medimg.display import wording
from medimg.explain.table import title
from medimg.results.figures import significant
from medimg.results.fonts import Weight
from medimg.results.report import film, people, shapes
from medimg.results.report.sheet import (
    BODY,
    FOOT,
    HEADING,
    LEFT,
    MUTED,
    RIGHT,
    SMALL,
    STRONG,
    TEXT,
    WIDTH,
    Align,
    Ink,
    Sheet,
    fitted,
    text_width,
    wrapped,
)
from medimg.values.analysis import Analysis, PackageFacts
from medimg.values.explanation import Badge, Explanation, Trust
from medimg.values.findings import Decision, Finding, Region
from medimg.values.geometry import MeasuredAt, PlaneSpacing

#: Left column of image and right column of reasons.
IMAGE_SIZE = 288.0
COLUMN = LEFT + IMAGE_SIZE + 16

_PLAIN = Ink(7.8)
_HALF = WIDTH / 2 + 6
_MORE = " … (page 2)"
_HEAD = Ink(7.8, colour=MUTED)
_MEASURED_AT = {
    MeasuredAt.PATIENT: "",
    MeasuredAt.CALIBRATED: "in mm, calibrated",
    MeasuredAt.CORRECTED: "in mm, corrected for magnification",
    MeasuredAt.DETECTOR: "in mm at the detector",
    MeasuredAt.DOUBTFUL: "in mm, which are in doubt",
    MeasuredAt.UNKNOWN: "in pixels: spacing unknown",
}


def picture_and_reasons(sheet: Sheet, analysis: Analysis) -> None:
    """Draw the image at the left; why and regions at the right."""
    top, image = sheet.y, film.key_image(analysis)
    evidence = shown_evidence(analysis)
    bottom = top
    if image is not None:
        frame = film.frame_for(analysis, image, LEFT, top, IMAGE_SIZE)
        film.draw(sheet, frame, analysis, image, evidence)
        bottom = film.legend(sheet, frame, analysis, image, evidence)
        if analysis.series.geometry.shape[0] > 1:
            count = f"Slice {image.index + 1} of {analysis.series.geometry.shape[0]}"
            sheet.text(LEFT, bottom + 3, count, SMALL)
            bottom += 10
    sheet.y = top + 7
    why(sheet, analysis, COLUMN)
    regions(sheet, analysis, COLUMN)
    measures(sheet, analysis, COLUMN)
    sheet.y = max(bottom, sheet.y) + 17


def shown_evidence(analysis: Analysis) -> Explanation | None:
    """The map over the image: the first, unless its checks say that it is not reliable."""
    for explanation in analysis.explanations:
        if explanation.trust.badge is not Badge.NOT_RELIABLE:
            return explanation
    return None


def method_name(explanation: Explanation) -> str:
    """ "Grad-CAM, layer encoder.head"."""
    name = title(explanation.method)
    return ", ".join([name, *(f"{key} {value}" for key, value in explanation.parameters[:1])])


def why(sheet: Sheet, analysis: Analysis, x: float) -> None:
    """Draw badge, sentence and measured figures of the first map."""
    if not analysis.explanations:
        sheet.text(x, sheet.y, "Why", HEADING)
        text = "This run made no map of evidence."
        sheet.y = sheet.paragraph(x, sheet.y + 14, text, RIGHT - x, BODY) + 8
        return
    first = analysis.explanations[0]
    sheet.text(x, sheet.y, fitted(f"Why: {first.target}", RIGHT - x, HEADING), HEADING)
    sheet.y += 18
    end = shapes.badge(sheet, x, sheet.y, first.trust.badge)
    sheet.text(end + 6, sheet.y, fitted(method_name(first), RIGHT - end - 6, SMALL), SMALL)
    sentence = first.trust.sentence or "No check of this map has been run."
    sheet.y = sheet.paragraph(x, sheet.y + 17, sentence, RIGHT - x, BODY) + 1
    rows = checks(first.trust)
    if rows:
        table(sheet, x, ("Check", "this map", "by chance"), rows, (1.0, 0.66))
    note = (
        "The map shows where the score comes from, not that it is right. "
        f"1 is {significant(first.scale)} {first.scale_unit} on every image of this package."
    )
    if first.trust.badge is Badge.NOT_RELIABLE:
        note = "Its checks failed, so the map is not drawn."
    sheet.y = sheet.paragraph(x, sheet.y + 3, note, RIGHT - x, SMALL) + 9


def checks(trust: Trust) -> list[tuple[str, str, str]]:
    """Rows (check, this map, by chance) of what was measured, and nothing else."""
    rows: list[tuple[str, str, str]] = []
    if trust.deletion is not None:
        chance = ""
        if trust.deletion_random is not None:
            mean, low, high = trust.deletion_random
            chance = f"{mean:.2f} ({low:.2f}–{high:.2f})"
        rows.append(("Hiding it, lower is better", f"{trust.deletion:.2f}", chance))
    if trust.insertion is not None:
        rows.append(("Showing it, higher is better", f"{trust.insertion:.2f}", ""))
    if trust.randomisation is not None:
        rows.append(("Similarity, random weights", f"{trust.randomisation:.2f}", ""))
    if trust.agreement is not None:
        rows.append(("Agreement with other methods", f"{trust.agreement:.2f}", ""))
    if trust.share_inside is not None:
        chance = "" if trust.share_by_area is None else f"{100 * trust.share_by_area:.0f} %"
        where = f"Inside the {trust.anatomy}" if trust.anatomy else "Inside the anatomy"
        rows.append((where, f"{100 * trust.share_inside:.0f} %", chance))
    return rows


def regions(sheet: Sheet, analysis: Analysis, x: float) -> None:
    """Draw the regions with their measures."""
    if not analysis.regions:
        return
    width = sheet.text(x, sheet.y, "Regions", HEADING)
    sheet.text(x + width + 5, sheet.y, unit_words(analysis.series.geometry.plane_spacing), SMALL)
    sheet.y += 3
    has_ml = any(region.volume_ml is not None for region in analysis.regions)
    rows = [
        (f"{count}  {region.label}", wording.region_size(region), wording.region_longest(region))
        for count, region in enumerate(analysis.regions, start=1)
    ]
    table(sheet, x, ("Region", "volume" if has_ml else "area", "longest"), rows, (0.76, 1.0))
    for region in analysis.regions:
        if region.withheld:
            sheet.y = sheet.paragraph(x, sheet.y + 3, region.withheld, RIGHT - x, SMALL)
            break


def measures(sheet: Sheet, analysis: Analysis, x: float) -> None:
    """Draw the further figures, those of a region under its number; why some are withheld."""
    if not analysis.measures:
        return
    sheet.y += 14
    sheet.text(x, sheet.y, "Measures", HEADING)
    sheet.y += 3
    numbers = {region.code: f"{n}  " for n, region in enumerate(analysis.regions, start=1)}
    rows = [
        (f"{numbers.get(one.region, '')}{one.name}", wording.measured(one), "")
        for one in analysis.measures
    ]
    table(sheet, x, ("Measure", "", ""), rows, (1.0, 1.0))
    for reason in dict.fromkeys(one.withheld for one in analysis.measures if one.withheld):
        sheet.y = sheet.paragraph(x, sheet.y + 3, reason, RIGHT - x, SMALL)


def unit_words(spacing: PlaneSpacing) -> str:
    """What the lengths of this image are measured in and at."""
    return _MEASURED_AT[spacing.measured_at]


def region_words(region: Region) -> str:
    """One region in a line, for the details."""
    return f"{wording.region_size(region)}, longest {wording.region_longest(region)}"


def table(
    sheet: Sheet,
    x: float,
    head: tuple[str, str, str],
    rows: Sequence[tuple[str, str, str]],
    ends: tuple[float, float],
) -> None:
    """Draw a table of a text and two figures.

    Args:
        ends: Where the two columns of figures end, as shares of the width; 1.0 is bold-free.
    """
    width = RIGHT - x
    first, second = sorted(ends)
    sheet.y += 12
    sheet.text(x, sheet.y, head[0], _HEAD)
    sheet.text(x + width * first, sheet.y, head[1], _HEAD, Align.RIGHT)
    sheet.text(x + width * second, sheet.y, head[2], _HEAD, Align.RIGHT)
    sheet.y += 5.5
    sheet.rule(sheet.y, x, RIGHT, TEXT)
    for name, figure, other in rows:
        room = width * first - text_width(figure, STRONG) - 8
        lines = wrapped(name, room, BODY)
        for line in lines:
            sheet.y += 10.4
            sheet.text(x, sheet.y, line, BODY)
        sheet.text(x + width * first, sheet.y, figure, STRONG, Align.RIGHT)
        sheet.text(x + width * second, sheet.y, other, BODY, Align.RIGHT)
        sheet.y += 4.6
        sheet.rule(sheet.y, x, RIGHT)
    sheet.y += 7


_COLUMNS = (LEFT, LEFT + 124, LEFT + 206, RIGHT - 132, RIGHT)


def findings(sheet: Sheet, analysis: Analysis) -> None:
    """Draw the model's findings, most concerning first."""
    sheet.need(70)
    sheet.text(LEFT, sheet.y, "Model findings", HEADING)
    sheet.y += 15
    if not analysis.findings:
        text = "This package marks regions; it gives no probability of a finding."
        sheet.y = sheet.paragraph(LEFT, sheet.y, text, RIGHT - LEFT, BODY) + 6
        return
    heads = ("Finding", "Of 100 such images", "Probability, 95 % interval, operating point")
    for x, head in zip(_COLUMNS, (*heads, "Decision"), strict=False):
        sheet.text(x, sheet.y, head, _HEAD)
    sheet.text(RIGHT, sheet.y, "Reader", _HEAD, Align.RIGHT)
    sheet.y += 5.5
    sheet.rule(sheet.y, colour=TEXT)
    for finding in most_concerning_first(analysis.findings):
        sheet.need(18)
        _finding(sheet, finding)
    sheet.y += 12


def most_concerning_first(findings: Sequence[Finding]) -> list[Finding]:
    """Flagged before borderline before not flagged, then by probability."""
    order = list(Decision)
    return sorted(findings, key=lambda f: (order.index(f.decision), -f.probability))


def _finding(sheet: Sheet, finding: Finding) -> None:
    sheet.y += 12.8
    y = sheet.y
    ink = Ink(8.8, Weight.BOLD)
    sheet.text(LEFT, y, fitted(finding.label, _COLUMNS[1] - LEFT - 6, ink), ink)
    count, _, interval = wording.such_images(finding)
    used = sheet.text(_COLUMNS[1], y, count.split()[0], ink)
    sheet.text(_COLUMNS[1] + used + 4, y, interval, Ink(8.8, colour=MUTED))
    shapes.probability_bar(sheet, _COLUMNS[2], y - 3, 150, finding)
    shapes.decision(sheet, _COLUMNS[3], y, finding.decision)
    sheet.text(RIGHT, y, "not read yet", SMALL, Align.RIGHT)
    sheet.y += 6.8
    sheet.rule(sheet.y)


def cautions(sheet: Sheet, analysis: Analysis) -> None:
    """Draw what the gate warned of, the image's problems and the prevalence assumed."""
    sentences = [*analysis.verdict.sentences, *(p.sentence for p in analysis.series.problems)]
    sentences += analysis.notes
    sentences += prevalences(analysis)
    text = " ".join(dict.fromkeys(s for s in sentences if s))
    if not text:
        return
    width = RIGHT - LEFT
    lines = shortened(wrapped(f"Caution: {text}", width, SMALL), 6, width, SMALL)
    sheet.need(len(lines) * SMALL.leading)
    for line in lines:
        sheet.text(LEFT, sheet.y, line, SMALL)
        sheet.y += SMALL.leading
    sheet.y += 10


def prevalences(analysis: Analysis) -> list[str]:
    """ "Probabilities assume that of 100 such images 32 show lung opacity." """
    shares = ", ".join(
        f"{wording.of_100(finding.prevalence)} show {in_a_sentence(finding.label)}"
        for finding in analysis.findings
    )
    return [f"Probabilities assume that of 100 such images {shares}."] if shares else []


def in_a_sentence(label: str) -> str:
    """A label within a sentence: "lung opacity", but "FLAIR signal change"."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def listed(sentences: Sequence[str]) -> str:
    """Sentences one after another, or words as a list: "children; lateral films"."""
    are_sentences = all(sentence.endswith(".") for sentence in sentences)
    return " ".join(sentences) if are_sentences else f"{'; '.join(sentences)}."


def package_and_origin(sheet: Sheet, analysis: Analysis) -> None:
    """Draw what made the result, and from what, side by side at the foot of the page."""
    half, lines, sources = _HALF, _package_lines(analysis.package), origin(analysis)
    height = package_height(analysis)
    sheet.need(height)
    sheet.y = FOOT - height  # at the foot of the page, whatever stands above
    sheet.rule(sheet.y, colour=TEXT)
    sheet.y += 14
    sheet.text(LEFT, sheet.y, "Package", HEADING)
    sheet.text(half, sheet.y, "Provenance", HEADING)
    sheet.y += 14
    for row, (line, ink) in enumerate(lines):
        sheet.text(LEFT, sheet.y + row * SMALL.leading, line, ink)
    for row, (name, value) in enumerate(sources):
        y = sheet.y + row * SMALL.leading
        sheet.text(half, y, name, SMALL)
        sheet.text(half + 38, y, fitted(value, RIGHT - half - 38, _PLAIN), _PLAIN)
    sheet.y = FOOT


def package_height(analysis: Analysis) -> float:
    """Points that the foot of the first page takes."""
    rows = max(len(_package_lines(analysis.package)), len(origin(analysis)))
    return 30 + rows * SMALL.leading


def _package_lines(package: PackageFacts) -> list[tuple[str, Ink]]:
    """What is said of the package, line by line, no point of it longer than three."""
    width = _HALF - LEFT - 16
    return [
        (line, ink)
        for text, ink in _package(package)
        for line in shortened(wrapped(text, width, ink), 3, width, ink)
    ]


def _package(package: PackageFacts) -> list[tuple[str, Ink]]:
    """What is said of the package at the foot of the first page."""
    said = [(f"{package.title} {package.version}", Ink(7.8, Weight.BOLD))]
    if package.merit is not None:
        count = f", n {wording.number(package.merit.n)}" if package.merit.n else ""
        note = f"; {package.merit_note}" if package.merit_note else ""
        figure = f"{package.merit_name} {wording.estimate(package.merit)}{count}{note}"
        said.append((figure, _PLAIN))
    if package.not_for:
        said.append((f"Not for: {listed(package.not_for)}", SMALL))
    if package.licence:
        said.append((f"Licence: {package.licence}", SMALL))
    return said


def shortened(lines: list[str], most: int, width: float, ink: Ink) -> list[str]:
    """Keep the first lines, and say where the rest is."""
    if len(lines) <= most:
        return lines
    last = fitted(lines[most - 1], width - text_width(_MORE, ink), ink).rstrip("… ")
    return [*lines[: most - 1], f"{last}{_MORE}"]


def origin(analysis: Analysis) -> list[tuple[str, str]]:
    """Name and value of what the result can be traced by, short."""
    series = analysis.series
    first = series.frames[0].sop_instance_uid if series.frames else ""
    image = first if len(series.frames) == 1 else series.uid
    return [
        ("Image" if len(series.frames) == 1 else "Series", image or "no UID"),
        ("Pixels", f"sha256 {_groups(analysis.pixels_sha256)}"),
        ("Weights", f"sha256 {_groups(analysis.package.weights_sha256)}"),
        (
            "Run",
            f"{people.moment(analysis.created)}, {analysis.backend.name} on "
            f"{analysis.backend.device}, {people.seconds(analysis)}",
        ),
    ]


def _groups(digest: str) -> str:
    """The first sixteen digits in fours."""
    return " ".join(digest[i : i + 4] for i in range(0, 16, 4)) + " …" if digest else "unknown"
