"""Run one package on one volume, from the gate to the record."""

from __future__ import annotations

import hashlib
import platform
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from medimg import reading
from medimg.display.windowing import grey, to_uint8
from medimg.engine.context import JobContext
from medimg.packages.catalogue import find, verify
from medimg.packages.manifest import Package
from medimg.values.analysis import Analysis, Backend, KeyImage
from medimg.values.errors import MedimgError, PackageRefused
from medimg.values.explanation import Explanation
from medimg.values.findings import Region
from medimg.values.prompt import Prompt
from medimg.values.volume import Volume

if TYPE_CHECKING:
    from medimg.engine.package_run import Organ
    from medimg.inference.tasks.task import Answer


@dataclass(frozen=True, slots=True, eq=False)
class AnalyseJob:
    """Run one package on one volume; `explain` names methods of `medimg.explain`.

    Attributes:
        others: Further inputs of a package that wants several, on the volume's grid, in the order
            of its manifest.
    """

    volume: Volume
    package_id: str
    explain: tuple[str, ...] = ()
    prompt: Prompt | None = None
    others: tuple[Volume, ...] = ()


@dataclass(slots=True)
class _Course:
    """How far the whole analysis is, and how long each stage took."""

    context: JobContext
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, start: float, end: float) -> Iterator[Callable[..., None]]:
        """Run a stage that takes the whole from `start` to `end`; yields its own progress."""
        begun = time.monotonic()

        def progress(fraction: float | None = None, *_: object) -> None:
            done = start + (end - start) * (fraction or 0.0)
            # What is left goes at this stage's pace: loading libraries says nothing of running.
            pace = (time.monotonic() - begun) / (done - start) if fraction else None
            left = None if pace is None else pace * (1.0 - done)
            self.context.report(done, name, left)

        progress(0.0)
        yield progress
        self.seconds[name] = round(time.monotonic() - begun, 3)


def run(job: AnalyseJob, context: JobContext) -> Analysis:
    """Run a package on a volume.

    Raises:
        InputRefused: The gate refuses the image, or nothing says that it is one for the package.
        PackageRefused: The package is damaged or not made for this program.
        UsageError: There is no such package or method.
        Cancelled: The parent wants it stopped.
    """
    # Parents import this file for its job, and load no library of networks.
    from medimg.engine import package_run
    from medimg.inference import tasks

    volume, package, course = job.volume, find(job.package_id), _Course(context)
    predicted = 0.5 if job.explain else 0.95
    with course.stage("Checking", 0.0, 0.02):
        verify(package)
        verdict = package_run.admitted(volume, package)
    with course.stage("Loading the network", 0.02, 0.05):
        _computed_by(package)
    with course.stage("Running", 0.05, predicted) as progress:
        answer = package_run.run(volume, package, progress, context, job.prompt, job.others)
        organ = package_run.find_organ(volume, answer, context)
        verdict = package_run.confirmed(verdict, organ, package, volume)
        verdict, volume = package_run.sized(verdict, organ, volume)
        conclusion = tasks.conclude(volume, answer)
    explanations: tuple[Explanation, ...] = ()
    notes = [*answer.notes, *conclusion.notes]
    if job.explain:
        with course.stage("Explaining", predicted, 0.95) as progress:
            explanations, said = _explained(job, answer, organ, progress, context)
            notes += said
    headers, said = _headers(volume)
    notes += said
    context.report(0.95, "Keeping the record")
    return Analysis(
        id=str(uuid.uuid4()),
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
        package=package.facts,
        series=volume.series,
        pixels_sha256=hashlib.sha256(np.ascontiguousarray(volume.array).data).hexdigest(),
        verdict=verdict,
        findings=conclusion.findings,
        regions=conclusion.regions,
        explanations=explanations,
        key_images=_key_images(volume, conclusion.regions, explanations),
        backend=_computed_by(package),
        headers=headers,
        notes=tuple(dict.fromkeys(notes)),
        seconds=tuple(course.seconds.items()),
        measures=answer.measures,
        prompt=job.prompt,
    )


def _computed_by(package: Package) -> Backend:
    """What computes a package: a rule, or a network, which is open from then on."""
    from medimg.inference.backends import open_runner

    if package.runner.rule:
        versions = tuple((library, version(library)) for library in ("numpy", "scipy"))
        return Backend(f"rule {package.runner.rule}", f"cpu ({platform.machine()})", versions)
    return open_runner(package).describe()


def _explained(
    job: AnalyseJob,
    answer: Answer,
    organ: Organ,
    progress: Callable[..., None],
    context: JobContext,
) -> tuple[tuple[Explanation, ...], list[str]]:
    """The maps that were asked for; a package that provides for none loses only them."""
    if answer.prepared is None or answer.prediction is None:
        return (), ["There is no map of evidence: a written rule explains itself."]
    # Captum costs a second to load, and many runs ask for no explanation.
    from medimg.explain.explaining import explain
    from medimg.inference.backends import open_differentiable

    try:
        maps = explain(
            job.volume,
            answer.package,
            answer.prepared,
            open_differentiable(answer.package).module,
            answer.prediction,
            job.explain,
            anatomy_mask=organ.mask.whole() if organ.mask else None,
            progress=progress,
            cancelled=context.is_cancelled,
        )
    except PackageRefused as error:
        return (), [f"There is no map of evidence: {error}"]
    return maps, [organ.note] if maps and organ.note else []


def _key_images(
    volume: Volume, regions: tuple[Region, ...], explanations: tuple[Explanation, ...]
) -> tuple[KeyImage, ...]:
    """The slices that a report shows: each region's best, each map's strongest, or the middle."""
    wanted = [region.best_slice for region in regions]
    for explanation in explanations:
        strength = np.abs(explanation.map).max(axis=(1, 2))
        wanted += [int(strength.argmax())] if strength.max() > 0 else []
    indices = sorted(set(wanted or [volume.array.shape[0] // 2]))
    return tuple(KeyImage(i, to_uint8(grey(volume, index=i))[0]) for i in indices)


def _headers(volume: Volume) -> tuple[tuple[str, ...], list[str]]:
    """Headers of the source, which the DICOM exports need; a note where the files are gone."""
    try:
        return reading.headers(volume.series), []
    except MedimgError as error:
        return (), [f"Without the source's headers there are no DICOM exports: {error}"]
