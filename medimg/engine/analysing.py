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
from medimg.engine.desk import Desk
from medimg.engine.protocol import AnalyseJob
from medimg.inference.backends import choose
from medimg.inference.conclude import Conclusion, conclude
from medimg.inference.postprocessing import masks
from medimg.inference.predict import Prediction, predict
from medimg.inference.preprocessing import Prepared, prepare
from medimg.packages.admission import admit
from medimg.packages.catalogue import find, verify
from medimg.packages.manifest import Package
from medimg.values.analysis import Analysis, KeyImage
from medimg.values.errors import InputRefused, MedimgError, PackageRefused
from medimg.values.explanation import Explanation
from medimg.values.verdict import Outcome, Verdict
from medimg.values.volume import Volume

Mask = NDArray[np.bool_]


@dataclass(slots=True)
class _Course:
    """How far the whole analysis is, and how long each stage took."""

    desk: Desk
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
            self.desk.report(done, name, left)

        progress(0.0)
        yield progress
        self.seconds[name] = round(time.monotonic() - begun, 3)


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """A package's answer before it is put into words."""

    prepared: Prepared
    prediction: Prediction
    masks: Mask | None


def analyse(job: AnalyseJob, desk: Desk) -> Analysis:
    """Run a package on a volume.

    Raises:
        InputRefused: The gate refuses the image.
        PackageRefused: The package is damaged or not made for this program.
        UsageError: There is no such package or method.
        Cancelled: The parent wants it stopped.
    """
    volume, package, course = job.volume, find(job.package_id), _Course(desk)
    predicted = 0.5 if job.explain else 0.95
    with course.stage("Checking", 0.0, 0.02):
        verify(package)
        verdict = _admitted(volume, package)
    with course.stage("Loading the network", 0.02, 0.05):
        choose().load(package)
    with course.stage("Running", 0.05, predicted) as progress:
        run = _run(volume, package, progress, desk)
        conclusion = conclude(volume, package, run.prediction, run.masks)
    explanations: tuple[Explanation, ...] = ()
    notes = [*run.prepared.notes, *conclusion.notes]
    if job.explain:
        with course.stage("Explaining", predicted, 0.95) as progress:
            explanations, said = _explained(job, package, run, progress, desk)
            notes += said
    headers, said = _headers(volume)
    notes += said
    desk.report(0.95, "Keeping the record")
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


def _admitted(volume: Volume, package: Package) -> Verdict:
    verdict = admit(volume, package)
    if verdict.outcome is Outcome.REFUSE:
        refusals = [r.sentence for r in verdict.reasons if r.outcome is Outcome.REFUSE]
        raise InputRefused(" ".join(refusals))
    return verdict


def _run(volume: Volume, package: Package, progress: Callable[..., None], desk: Desk) -> _Run:
    prepared = prepare(volume, package)
    desk.check()
    prediction = predict(prepared, choose().load(package), progress, desk.is_cancelled)
    found = masks(prepared, prediction.probability) if package.task == "segmentation" else None
    return _Run(prepared, prediction, found)


def _explained(
    job: AnalyseJob, package: Package, run: _Run, progress: Callable[..., None], desk: Desk
) -> tuple[tuple[Explanation, ...], list[str]]:
    """The maps that were asked for; a package that provides for none loses only them."""
    # Captum costs a second to load, and many runs ask for no explanation.
    from medimg.explain import explain

    anatomy, note = _anatomy(job.volume, package, desk)
    try:
        maps = explain(
            job.volume,
            package,
            run.prepared,
            choose().load(package),
            run.prediction,
            job.explain,
            anatomy_mask=anatomy,
            progress=progress,
            cancelled=desk.is_cancelled,
        )
    except PackageRefused as error:
        return (), [f"There is no map of evidence: {error}"]
    return maps, [note] if maps and note else []


def _anatomy(volume: Volume, package: Package, desk: Desk) -> tuple[Mask | None, str]:
    """Where the organ lies, by the package that the manifest names for it; and if not, why not."""
    if not package.anatomy:
        return None, ""
    try:
        organ = find(package.anatomy)
        verify(organ)
        _admitted(volume, organ)
        found = _run(volume, organ, lambda *_: desk.check(), desk).masks
    except MedimgError as error:
        desk.check()
        return None, f"The share of the map inside the organ was not measured: {error}"
    if found is None or not found.any():
        return None, f"{organ.title}: nothing was found, so no share inside it is given."
    anatomy = np.asarray(found.any(axis=0))
    return anatomy, f"The share of the map inside the organ is measured by {organ.name}."


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
