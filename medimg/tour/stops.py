"""The tour of `medimg demo`: images through the five public calls, and what came of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import medimg
from medimg.batch.case_folders import case_folder
from medimg.display.wording import SHAPES, measure_line, number, sentence_of
from medimg.packages.catalogue import packages
from medimg.packages.manifest import Package
from medimg.results import EXPORTS
from medimg.tour.sources import Mask, Source
from medimg.values.analysis import Analysis
from medimg.values.errors import MedimgError, OutputFailed
from medimg.values.series import Series
from medimg.values.verdict import Outcome, Verdict
from medimg.values.volume import Volume
from medimg.values.whole_files import write_whole

KINDS = tuple(EXPORTS)
PICTURE = "image.png"
PICTURE_SIDE = 720
#: Labels whose regions together are what the truth calls lungs.
_PARTS = {"lungs": ("lungs", "right-lung", "left-lung")}


@dataclass(frozen=True, slots=True)
class PackageRun:
    """What one package said of one image.

    Attributes:
        state: "ran", "refused" or "failed".
        lines: Findings, regions, figures or reasons, in words.
        files: What was written, by kind of export.
    """

    package: Package
    state: str
    lines: tuple[str, ...]
    files: dict[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stop:
    """One image of the tour.

    Attributes:
        name: What it is called in lists.
        problems: What is wrong with it, in words.
        picture: The image as it is read, where it could be drawn.
    """

    group: str
    title: str
    name: str
    problems: tuple[str, ...] = ()
    picture: Path | None = None
    told: tuple[PackageRun, ...] = ()


#: Called with what is being done.
Say = Callable[[str], None]


def visit(source: Source, out: Path, say: Say) -> Iterator[Stop]:
    """Read everything of a source, ask every package, run those that fit.

    Args:
        out: A folder a series and package is made in it.
        say: Called with what is being done.

    Raises:
        OutputFailed: Nothing can be written.
    """
    if source.path is None:
        yield Stop(source.group, source.title, "", (source.title,))
        return
    say(f"{source.title}: reading")
    scan = medimg.scan(source.path)
    for series in scan.series:
        yield _stop(source, series, out, say)
    if not scan.series:
        problems = tuple(problem.sentence for problem in scan.problems)
        yield Stop(source.group, source.title, source.path.name, problems)


def _stop(source: Source, series: Series, out: Path, say: Say) -> Stop:
    folder = out / case_folder(series)
    problems = [problem.sentence for problem in series.problems]
    picture, told = None, _refused(series)
    try:
        volume = medimg.read(series)
        picture = folder / PICTURE
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(picture, medimg.show(volume, size=PICTURE_SIDE))
        told = [_ask(package, volume, source, folder, say) for package in packages().values()]
    except OutputFailed:
        raise
    except MedimgError as error:
        problems.append(str(error))
    name = f"{series.modality} · {series.label} · {source.path.name if source.path else ''}"
    return Stop(source.group, source.title, name, tuple(problems), picture, tuple(told))


def _refused(series: Series) -> list[PackageRun]:
    """What the gate says by the headers alone, where pixels cannot be read."""
    verdicts = [(package, medimg.admit(series, package)) for package in packages().values()]
    return [
        PackageRun(package, "refused", _refusals(verdict))
        for package, verdict in verdicts
        if verdict.outcome is Outcome.REFUSE
    ]


def _refusals(verdict: Verdict) -> tuple[str, ...]:
    """Why not; what would only have been warned of is left out."""
    return tuple(r.sentence for r in verdict.reasons if r.outcome is Outcome.REFUSE)


def _ask(package: Package, volume: Volume, source: Source, folder: Path, say: Say) -> PackageRun:
    """Admit, analyse, explain and export."""
    verdict = medimg.admit(volume, package)
    if verdict.outcome is Outcome.REFUSE:
        return PackageRun(package, "refused", _refusals(verdict))
    say(f"{source.title}: {package.title}")
    methods = [row.method for row in package.maps if row.method == "grad-cam"]
    try:
        analysis = medimg.analyse(volume, package.id, explain=methods)
        files = medimg.export(analysis, folder / package.id, KINDS)
    except OutputFailed:
        raise
    except MedimgError as error:
        return PackageRun(package, "failed", (str(error),))
    lines = (*verdict.sentences, *in_words(analysis), *against_truth(analysis, source.truth))
    return PackageRun(package, "ran", lines, files)


def in_words(analysis: Analysis) -> list[str]:
    """An analysis in words: findings, regions with their measures, how far maps may be trusted."""
    lines = [
        f"{SHAPES[f.decision]} {f.label}: {f.decision.value}, {sentence_of(f)}"
        for f in analysis.findings
    ]
    at_most = "" if analysis.series.geometry.shape[0] == 1 else " at most on one image"
    for region in analysis.regions:
        if region.volume_ml is not None:
            size = f"{number(region.volume_ml, 1)} ml"
        elif region.area_mm2 is not None:
            size = f"{number(region.area_mm2 / 100)} cm²{at_most}"
        else:
            size = f"{number(region.area_px)} px{at_most}"
        lines.append(f"{region.label}: {size}")
    lines += [measure_line(one, analysis.regions) for one in analysis.measures]
    lines += [f"{e.method}: {e.trust.sentence}" for e in analysis.explanations]
    return [*lines, *analysis.notes]


def against_truth(analysis: Analysis, truth: dict[str, Mask]) -> list[str]:
    """Hold an answer against what is known to be in the image; printed as it is.

    Regions by their Dice with the truth, a finding without a region by the peak of its map.
    """
    lines = []
    for code, known in truth.items():
        codes = _PARTS.get(code, (code,))
        masks = [region.mask.whole() for region in analysis.regions if region.code in codes]
        if masks:
            marked = np.logical_or.reduce(masks)
            dice = 2 * float((marked & known).sum()) / float(marked.sum() + known.sum())
            lines.append(f"Compared with the planted truth: Dice {dice:.2f}.")
        elif any(finding.code == code for finding in analysis.findings):
            lines += [_pointing(one.method, one.map, known) for one in analysis.explanations]
    return lines


def _pointing(method: str, evidence: np.ndarray, known: Mask) -> str:
    if not (evidence > 0).any():
        return f"Compared with the planted truth: {method} marks nothing."
    peak = np.unravel_index(int(evidence.argmax()), evidence.shape)
    where = "inside" if known[peak] else "outside"
    return (
        f"Compared with the planted truth: the peak of {method} lies {where} it; by chance it "
        f"would be "
        f"inside in {100 * known.mean():.0f} of 100."
    )
