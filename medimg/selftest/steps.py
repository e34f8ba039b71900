"""Prove an installation: libraries, decoders, packages, and a whole run of each on a phantom.

All work is done where the product does it, in its children, so what passes here is what a user
gets, frozen or not. Nothing is left behind.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

import numpy as np

from medimg.batch.workers import Request, Result, State, Workers, run_series
from medimg.engine.calls import error_of, wait_for
from medimg.engine.client import Child
from medimg.engine.jobs.prove import Proof, ProveJob
from medimg.engine.protocol import Role
from medimg.packages.catalogue import survey, verify
from medimg.packages.manifest import Package
from medimg.phantoms.compressed import CODECS, picture
from medimg.phantoms.writing import recipe, write_chest_ct, write_flair, write_radiograph
from medimg.reading.dicom.header.syntaxes import syntax
from medimg.results import EXPORTS
from medimg.results.record import load
from medimg.values.errors import MedimgError, NothingRead, OutputFailed, PackageRefused
from medimg.values.prompt import Prompt

#: What this process and its reader need; the engine's own are proven by running packages.
LIBRARIES = (
    *("numpy", "scipy.ndimage", "skimage.measure", "PIL.Image", "msgspec", "h5py"),
    *("pydicom", "gdcm", "openjpeg", "rle", "jpeg_ls", "SimpleITK", "nibabel"),
    *("highdicom", "reportlab.pdfgen", "PySide6.QtWidgets"),
)
#: Calculated image of each modality.
PHANTOMS: dict[str, Callable[[Path], object]] = {
    "DX": write_radiograph,
    "CT": write_chest_ct,
    "MR": write_flair,
}
EXPLAIN = ("grad-cam",)
_LARGEST_12 = 4095
_LARGEST_8 = 255


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried, and what was found, in words."""

    name: str
    passed: bool
    sentence: str
    seconds: float = 0.0


Watch = Callable[[str], None]


def run_steps(watch: Watch = lambda _: None) -> Iterator[Step]:
    """Try everything, one step after another; a failed step stops no other.

    Args:
        watch: Told what is being tried.
    """
    with (
        tempfile.TemporaryDirectory(prefix="medimg-self-test-") as folder,
        closing(Child(Role.READER)) as reader,
        closing(Child(Role.ENGINE)) as engine,
    ):
        engine.warm()
        root, workers = Path(folder), Workers(reader=reader, engine=engine)
        catalogue = survey()
        trials: dict[str, Callable[[], str]] = {"libraries": _libraries}
        for uid in CODECS:
            trials[f"decode {syntax(uid).name}"] = partial(_decode, uid, root, workers)
        trials["packages"] = partial(_whole, [d.sentence for d in catalogue.damaged])
        for package in catalogue.packages.values():
            if package.runner.rule:
                trials[f"hashes of {package.name}"] = partial(_hashes, package)
            else:
                trials[f"vectors of {package.name}"] = partial(_vectors, package, engine)
            trials[f"phantom through {package.name}"] = partial(_run, package, root, workers)
        for name, trial in trials.items():
            watch(name)
            yield _step(name, trial)


def _step(name: str, trial: Callable[[], str]) -> Step:
    begin = time.monotonic()
    try:
        sentence, passed = trial(), True
    except (MedimgError, ImportError, OSError) as error:
        sentence, passed = str(error), False
    return Step(name, passed, sentence, round(time.monotonic() - begin, 2))


def _libraries() -> str:
    for name in LIBRARIES:
        import_module(name)
    return f"{len(LIBRARIES)} load"


def _decode(uid: str, root: Path, workers: Workers) -> str:
    """Write a picture in a transfer syntax and read it back, pixel by pixel."""
    path = root / f"{uid}.dcm"
    tolerance = CODECS[uid](path)
    scan = workers.scan([path], lambda _: None)
    if not scan.series:
        raise NothingRead(" ".join(problem.sentence for problem in scan.problems))
    volume = workers.read(scan.series[0], lambda _: None)
    expected = picture(_LARGEST_8 if tolerance else _LARGEST_12)
    off = int(np.abs(volume.array[0].astype(np.int64) - expected).max())
    if off > tolerance:
        raise NothingRead(f"Pixels were changed by up to {off}. Install the program again.")
    return f"by {syntax(uid).codec}, {volume.array.size} pixels, off by {off} at most"


def _whole(damaged: list[str]) -> str:
    if damaged:
        raise PackageRefused(" ".join(damaged))
    count = len(survey().packages)
    if not count:
        raise PackageRefused("No package is installed. Install the program again.")
    return f"{count} installed, none damaged"


def _hashes(package: Package) -> str:
    verify(package)
    return f"hashes whole; computed by the rule {package.runner.rule}"


def _vectors(package: Package, engine: Child) -> str:
    """Check hashes and test vectors in the process that will run the package."""
    outcome = wait_for(engine, ProveJob(package.id))
    if outcome.failure:
        raise error_of(outcome.failure)
    proof = outcome.value
    assert isinstance(proof, Proof)
    figures = f"{proof.worst:.4f}, {proof.tolerance:g} allowed"
    if not proof.vectors:
        raise PackageRefused(f"{package.id} has no test vectors.")
    if not proof.is_good:
        raise PackageRefused(
            f"{package.id} gives different results on this computer. The difference is {figures}."
        )
    return f"hashes whole, {proof.vectors} repeated, off by {figures}"


def _run(package: Package, root: Path, workers: Workers) -> str:
    """Run a package on a phantom, explain, write every export, and read the record back."""
    phantom = _phantom_for(package)
    source = root / phantom
    if not source.exists():
        PHANTOMS[phantom](source)
    scan = workers.scan([source], lambda _: None)
    request = Request(package.id, EXPLAIN, tuple(EXPORTS), _prompt_for(package))
    out = root / "out" / package.id
    (result,) = run_series(
        workers, scan.series[0], request, [package], lambda *_: out, lambda *_: None
    )
    return _judged(result)


def _phantom_for(package: Package) -> str:
    """The phantom whose modality a package accepts."""
    accepted = {w for rule in package.input.rules if rule.rule == "modality" for w in rule.accept}
    return next((name for name in PHANTOMS if name in accepted), "MR")


def _prompt_for(package: Package) -> Prompt | None:
    """A click on the first nodule of the calculated CT, for a package that must be pointed."""
    if not package.prompt:
        return None
    x, y, z = recipe("chest_ct")["nodules"][0]["center"]
    return Prompt(clicks=((x, y, z),))


def _judged(result: Result) -> str:
    if result.state is not State.DONE or result.analysis is None:
        raise PackageRefused(result.reason)
    empty = [kind for kind, path in result.files.items() if not Path(path).stat().st_size]
    missing = {"h5", "json", "csv", "png", "pdf", "sr"} - set(result.files)
    if empty or missing:
        raise OutputFailed(
            f"Exports are missing or empty: {', '.join(sorted([*empty, *missing]))}."
        )
    again = load(result.files["h5"])
    if len(again.regions) != len(result.analysis.regions):
        raise OutputFailed("The record read back differs from the one that was written.")
    found = len(again.findings), len(again.regions), len(again.explanations)
    counts = "{} findings, {} regions, {} maps".format(*found)
    return f"{counts}, {len(result.files)} files written and the record read back"
