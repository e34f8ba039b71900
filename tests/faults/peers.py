"""Other readers beside ours: which are installed, and what each makes of an input."""

from __future__ import annotations

import json
import multiprocessing
import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
from scipy import ndimage

from medimg.values.problems import PROBLEMS, Stops
from medimg.values.volume import Array
from tests.faults.judgement import Judgement, Verdict
from tests.faults.ours import LIMIT_BYTES, LIMIT_S, peak_bytes
from tests.faults.peer_readers import run_reader
from tests.faults.table import Trial
from tests.faults.truth import Row, Slice, Stack, Truth

_DICOM = ("Series and order", "Pixels", "Geometry", "Files")


@dataclass(frozen=True, slots=True)
class Peer:
    """Another reader.

    Attributes:
        needs: Modules that it is made of; or, for a program, its name.
        sections: Of the table, where it applies.
    """

    needs: tuple[str, ...]
    sections: tuple[str, ...] = _DICOM
    program: str = ""

    @property
    def is_here(self) -> bool:
        """Whether it can be run on this computer."""
        has_program = not self.program or shutil.which(self.program) is not None
        return has_program and all(find_spec(name.split(".")[0]) is not None for name in self.needs)


#: Peers by name, in the order of the table.
PEERS: dict[str, Peer] = {
    "SimpleITK": Peer(("SimpleITK",), (*_DICOM, "Non-DICOM")),
    "MONAI Pydicom": Peer(("monai.transforms", "pydicom")),
    "MONAI ITK": Peer(("monai.transforms", "itk"), (*_DICOM, "Non-DICOM")),
    "MONAI auto": Peer(("monai.transforms",), ("Non-DICOM",)),
    "highdicom": Peer(("highdicom",)),
    "dcm2niix": Peer(("nibabel",), program="dcm2niix"),
    "dicom2nifti": Peer(("dicom2nifti",)),
    "pydicom": Peer(("pydicom",), ("Pixels", "Files")),
    "native": Peer(("nibabel", "nrrd", "PIL"), ("Non-DICOM",)),
}

#: An affine of a smaller determinant, in mm³ a voxel, places nothing.
_FLAT = 1e-9
#: A point this many voxels outside the grid is on it: affines are kept in single precision.
_OUTSIDE = 0.1

#: Exceptions that say nothing to a user unless their words do.
_BARE = {"IndexError", "KeyError", "TypeError", "ZeroDivisionError", "RecursionError",
         "UnboundLocalError", "AssertionError", "AttributeError", "ChildProcessError"}  # fmt: skip
#: What a message may say of a fault, by what the fault stops.
_WORDS = {
    Stops.VOLUME: r"missing|uniform|uneven|spacing|position|orient|inconsist|duplicat|overlap"
    r"|distance|varia|vary|regular|shape|parallel|same",
    Stops.VALUES: r"rescale|slope|intercept|sign|bits|photometric|monochrome|hounsfield",
    Stops.LENGTHS: r"spacing|pixel size|voxel|float|decimal",
    Stops.SIDES: r"orient|flip|left|right",
    Stops.FILE: r"unable|cannot|failed|truncat|corrupt|invalid|unexpected|skip|missing|error",
    Stops.NOTHING: r"invalid|unsupport",
}


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What a peer returned, and what it said."""

    volumes: tuple[tuple[Array, Array | None], ...] = ()
    error: str = ""
    error_name: str = ""
    words: str = ""


def absent() -> list[str]:
    """Peers that are not installed here."""
    return [name for name, peer in PEERS.items() if not peer.is_here]


def judged_by_peers(trial: Trial) -> dict[str, Judgement]:
    """Let every peer that applies and is installed read an input, and judge it."""
    return {
        name: judge_peer(trial.row, trial.truth, run_peer(name, trial.folder))
        for name, peer in PEERS.items()
        if trial.section in peer.sections and peer.is_here
    }


def run_peer(name: str, folder: Path) -> Given | Verdict:
    """Run one peer on a folder in its own process, within 25 s and 3 GB."""
    with tempfile.TemporaryDirectory(prefix="medimg-peer-") as temporary:
        out = Path(temporary)
        child = _started(name, folder, out)
        ended = _wait(child)
        if ended is not None:
            return ended
        if child.exitcode != 0 or not (out / "end.json").exists():
            return Verdict.CRASH
        end = json.loads((out / "end.json").read_text())
        volumes = tuple(_load(out / f"{k}.npz") for k in range(end["count"]))
        error = end["error"] or {"name": "", "text": ""}
        words = (out / "log").read_text(errors="replace")
        return Given(volumes, error["text"], error["name"], words)


def _started(name: str, folder: Path, out: Path) -> BaseProcess:
    """A process of its own: forked, where the system can, from one that has read libraries."""
    child: BaseProcess
    if "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        here = {need for peer in PEERS.values() if peer.is_here for need in peer.needs}
        context.set_forkserver_preload(["tests.faults.peer_readers", *sorted(here)])
        child = context.Process(target=run_reader, args=(name, folder, out))
    else:
        spawned = multiprocessing.get_context("spawn")
        child = spawned.Process(target=run_reader, args=(name, folder, out))
    child.start()
    return child


def _wait(child: BaseProcess) -> Verdict | None:
    """Wait within the limits; past one the child is killed."""
    begin = time.monotonic()
    ended = None
    while child.is_alive() and ended is None:
        child.join(0.05)
        if time.monotonic() - begin > LIMIT_S:
            ended = Verdict.HANG
        elif peak_bytes(child.pid) > LIMIT_BYTES:
            ended = Verdict.MEMORY
    child.kill()
    child.join()
    return ended


def _load(path: Path) -> tuple[Array, Array | None]:
    with np.load(path) as held:
        return held["array"], held["affine"] if held["affine"].ndim else None


def judge_peer(row: Row, truth: Truth, given: Given | Verdict) -> Judgement:
    """Judge a peer: each volume is sampled at known points in the patient."""
    if isinstance(given, Verdict):
        return Judgement(given)
    if given.error_name:
        if given.error_name == "MemoryError":
            return Judgement(Verdict.MEMORY)
        is_bare = given.error_name in _BARE and not _bears(row, given.error)
        return Judgement(Verdict.CRASH if is_bare else Verdict.SAID, (given.error,))
    is_told = _bears(row, given.words)
    is_right = not _lost(truth, given.volumes) and (is_told or not row.owes_word)
    if is_right:
        return Judgement(Verdict.RIGHT)
    return Judgement(Verdict.SAID if is_told else Verdict.SILENT)


def _bears(row: Row, words: str) -> bool:
    """Whether words bear on a row's fault: by what it stops, or by the words of its kind."""
    patterns = [_WORDS[PROBLEMS[kind].stops] for kind in row.kinds]
    patterns += [word for kind in row.kinds if PROBLEMS[kind].stops is Stops.NOTHING
                 for word in kind.split("-") if len(word) > 4]  # fmt: skip
    patterns += [row.bears_on] if row.bears_on else []
    if not patterns:
        return False
    lines = [line for line in words.splitlines() if not re.search(r"^\s*File |DICOM file", line)]
    return bool(re.search("|".join(patterns), "\n".join(lines), re.IGNORECASE))


def _lost(truth: Truth, volumes: Sequence[tuple[Array, Array | None]]) -> bool:
    """Whether a stack did not come back, or something came back that is in none."""
    if volumes and all(affine is None for _, affine in volumes):
        return not _same_values([array for array, _ in volumes], truth)
    left = list(volumes)
    for stack in truth:
        hit = next((one for one in left if _holds(stack, *one)), None)
        if hit is None:
            return True
        left = [one for one in left if one is not hit]
    return bool(left)


def _same_values(arrays: Sequence[Array], truth: Truth) -> bool:
    """Whether pictures without a place hold, all together, the values that they should."""
    true = [one.values.ravel() for stack in truth for one in stack.slices]
    found = [array.ravel() for array in arrays]
    if not true or sum(map(len, true)) != sum(map(len, found)):
        return False
    off = np.sort(np.concatenate(found).astype(float)) - np.sort(np.concatenate(true).astype(float))
    return bool(np.abs(off).max() <= max(1e-3, *(stack.tolerance for stack in truth)))


def _holds(stack: Stack, array: Array, affine: Array | None) -> bool:
    """Whether a volume holds a stack: its values at their places, and nothing besides."""
    true = np.stack([one.values for one in stack.slices])
    if array.size != true.size:
        return False
    is_placed = all(one.is_placed for one in stack.slices)
    if affine is None or not is_placed or true.ndim == 4 or array.ndim != 3:
        worst = np.abs(np.sort(array, axis=None).astype(float) - np.sort(true, axis=None)).max()
        return bool(worst <= max(stack.tolerance, 1e-3))
    if not np.isfinite(affine).all() or abs(np.linalg.det(affine)) < _FLAT:
        return False
    inverse = np.linalg.inv(affine)
    wrong = count = 0
    for one in stack.slices:
        index, values = _samples(one)
        points = one.points(index)
        at = points @ inverse[:3, :3].T + inverse[:3, 3]
        inside = np.clip(at, 0.0, np.array(array.shape) - 1.0)
        found = ndimage.map_coordinates(array.astype(float), inside.T, order=1)
        found[np.abs(inside - at).max(axis=1) > _OUTSIDE] = np.nan
        is_right = np.abs(found - values) <= 1.5 + stack.tolerance
        wrong, count = wrong + int((~is_right).sum()), count + len(values)
    return wrong <= 0.01 * count


def _samples(one: Slice) -> tuple[Array, Array]:
    """Pixels (n, 2) in whose neighbourhood nothing changes, of every value; and their values."""
    values = np.asarray(one.values, dtype=np.float64)
    flat = ndimage.maximum_filter(values, 3) == ndimage.minimum_filter(values, 3)
    flat[[0, -1]], flat[:, [0, -1]] = False, False
    random = np.random.default_rng(7)
    picked = []
    for value in np.unique(values[flat]):
        places = np.argwhere(flat & (values == value))
        picked.append(places[random.permutation(len(places))[:12]])
    index = np.concatenate(picked) if picked else np.argwhere(values == values)[:12]
    return index, values[index[:, 0], index[:, 1]]
