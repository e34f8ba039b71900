"""The job of the engine child: one package on one volume, from the gate to the record."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from medimg import reading
from medimg.display.windowing import grey, to_uint8
from medimg.engine import package_run
from medimg.engine.context import JobContext
from medimg.engine.package_run import Organ, Run
from medimg.engine.protocol import AnalyseJob
from medimg.inference.backends import choose
from medimg.inference.conclude import Conclusion, conclude
from medimg.packages.catalogue import find, verify
from medimg.values.analysis import Analysis, KeyImage
from medimg.values.errors import MedimgError, PackageRefused
from medimg.values.explanation import Explanation
from medimg.values.volume import Volume

Mask = NDArray[np.bool_]


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


def analyse(job: AnalyseJob, context: JobContext) -> Analysis:
    """Run a package on a volume.

    Raises:
        InputRefused: The gate refuses the image, or nothing says that it is one for the package.
        PackageRefused: The package is damaged or not made for this program.
        UsageError: There is no such package or method.
        Cancelled: The parent wants it stopped.
    """
    volume, package, course = job.volume, find(job.package_id), _Course(context)
    predicted = 0.5 if job.explain else 0.95
    with course.stage("Checking", 0.0, 0.02):
        verify(package)
        verdict = package_run.admitted(volume, package)
    with course.stage("Loading the network", 0.02, 0.05):
        choose().load(package)
    with course.stage("Running", 0.05, predicted) as progress:
        run = package_run.run(volume, package, progress, context)
        organ = package_run.find_organ(volume, run, context)
        verdict = package_run.confirmed(verdict, organ, package, volume)
        conclusion = conclude(volume, package, run.prediction, run.masks)
    explanations: tuple[Explanation, ...] = ()
    notes = [*run.prepared.notes, *conclusion.notes]
    if job.explain:
        with course.stage("Explaining", predicted, 0.95) as progress:
            explanations, said = _explained(job, run, organ, progress, context)
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
        key_images=_key_images(volume, conclusion, explanations),
        backend=choose().describe(),
        headers=headers,
        notes=tuple(dict.fromkeys(notes)),
        seconds=tuple(course.seconds.items()),
    )


def _explained(
    job: AnalyseJob, run: Run, organ: Organ, progress: Callable[..., None], context: JobContext
) -> tuple[tuple[Explanation, ...], list[str]]:
    """The maps that were asked for; a package that provides for none loses only them."""
    # Captum costs a second to load, and many runs ask for no explanation.
    from medimg.explain.explaining import explain

    try:
        maps = explain(
            job.volume,
            run.package,
            run.prepared,
            choose().load(run.package),
            run.prediction,
            job.explain,
            anatomy_mask=organ.mask,
            progress=progress,
            cancelled=context.is_cancelled,
        )
    except PackageRefused as error:
        return (), [f"There is no map of evidence: {error}"]
    return maps, [organ.note] if maps and organ.note else []


def _key_images(
    volume: Volume, conclusion: Conclusion, explanations: tuple[Explanation, ...]
) -> tuple[KeyImage, ...]:
    """The slices that a report shows: each region's best, each map's strongest, or the middle."""
    wanted = [region.best_slice for region in conclusion.regions]
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
