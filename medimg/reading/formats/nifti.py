"""NIfTI-1 and -2, plain and gzipped, read lazily by nibabel; RAS is left at the door."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.openers import Opener
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from medimg.reading.dicom.mr_kind import kind_from_words
from medimg.reading.found import Found
from medimg.reading.narrowing import rescale, smallest
from medimg.reading.ras import affine_from_ras, array_from_ijk
from medimg.reading.upright import Turn, upright
from medimg.values.errors import InputRefused
from medimg.values.geometry import Geometry, MeasuredAt, PlaneSpacing
from medimg.values.problems import Problem
from medimg.values.progress import Tick
from medimg.values.series import Frame, MRKind, Series
from medimg.values.volume import Array, Unit, Volume

SUFFIXES = (".nii", ".nii.gz")

#: What nibabel raises on headers and data that are not whole.
BROKEN = (ImageFileError, HeaderDataError, OSError, EOFError, ValueError, zlib.error)

#: mm a spatial unit (xyzt_units); unknown counts as mm, as all readers have it.
_MM = {"meter": 1000.0, "mm": 1.0, "micron": 0.001, "unknown": 1.0}
#: sform and qform differ where a corner of the image moves by more than this.
FORMS_DIFFER_MM = 0.5
#: Most bytes that an image may open to.
PIXEL_LIMIT = 8 << 30
#: Bytes that gzip can open to a byte at most.
GZIP_RATIO = 1032

_MARKS_1 = (b"n+1\0", b"ni1\0")
_MARKS_2 = (b"n+2\0", b"ni2\0")
_NOT_WORDS = re.compile(r"[^a-z0-9*]+")


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """Place of an image: its affine in LPS (None where unknown), spacing, how it is turned."""

    shape: tuple[int, int, int]
    affine: NDArray[np.float64] | None
    spacing: PlaneSpacing
    turn: Turn
    problems: tuple[Problem, ...]


def recognises(head: bytes) -> bool:
    """Whether a file, opened where it is gzipped, has a NIfTI mark."""
    if head[:2] == b"\x1f\x8b":
        try:
            head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, 600)
        except zlib.error:
            return False
    return head[344:348] in _MARKS_1 or head[4:8] in _MARKS_2


def scan(paths: Sequence[Path], tick: Tick) -> Found:
    """Read headers; an image of several times gives a stack each."""
    series: list[Series] = []
    problems: list[Problem] = []
    for path in paths:
        tick()
        try:
            image = nibabel.load(path)
            problem = _unusable(path, image)
            if problem is None:
                series += _series(path, image)
        except BROKEN as error:
            problem = Problem("truncated", f"{path.name} cannot be read: {error}.", (path.name,))
        if problem is not None:
            problems.append(problem)
    return Found(tuple(series), tuple(problems))


def read(series: Series, tick: Tick) -> Volume:
    """Read one time of an image.

    Raises:
        InputRefused: The data are cut or cannot be read.
    """
    path = Path(series.frames[0].file)
    try:
        image = nibabel.load(path)
        values, problems = _values(image, series.frames[0].number // len(series.frames), path)
    except BROKEN as error:
        raise InputRefused(
            f"The voxels of {path.name} cannot be read: {error}. Ask the sender for a whole copy."
        ) from error
    turned = _grid(path, image).turn.array(array_from_ijk(values) if values.ndim == 3 else values)
    told = replace(series, problems=(*series.problems, *problems))
    unit = Unit.COLOUR if turned.ndim == 4 else Unit.ARBITRARY
    for _ in series.frames:
        tick()
    return Volume(np.ascontiguousarray(turned), unit, told)


def _unusable(path: Path, image: Any) -> Problem | None:
    """Why an image is not read, by its header and the size of its file."""
    name, shape = path.name, image.shape
    if not 2 <= len(shape) <= 4 or min(shape) < 1:
        sentence = f"{name} has {len(shape)} dimensions ({shape}); 2 to 4 are read."
        return Problem("unsupported", sentence, (name,))
    dtype = image.get_data_dtype()
    if dtype.kind not in "iuf":
        return Problem("unsupported", f"{name} holds voxels of type {dtype}.", (name,))
    declared = int(np.prod([int(n) for n in shape], dtype=object)) * dtype.itemsize
    held = path.stat().st_size
    is_packed = path.suffix.lower() == ".gz"
    if declared > PIXEL_LIMIT or declared > held * (GZIP_RATIO if is_packed else 100) + 4096:
        sentence = f"{name} declares {declared / 1e9:.3g} GB of voxels and holds {held} bytes."
        return Problem("too-large", sentence, (name,))
    offset = int(image.dataobj.offset)
    if not is_packed and held - offset < declared:
        sentence = f"{name} breaks off: it has {held - offset} of {declared} bytes."
        return Problem("truncated", sentence, (name,))
    return None


def _series(path: Path, image: Any) -> list[Series]:
    """One series a time."""
    grid = _grid(path, image)
    times = image.shape[3] if len(image.shape) == 4 else 1
    slices = grid.shape[0]
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    words = _NOT_WORDS.sub(" ", stem.lower())
    kind = kind_from_words(words)
    problems = list(grid.problems)
    if times > 1:
        sentence = f"{path.name} holds {times} volumes; each is a series of its own."
        problems.append(Problem("several-volumes", sentence, (path.name,)))
    common = Series(
        id=str(path),
        label=kind.value if kind is not MRKind.UNKNOWN else stem,
        format="nifti",
        modality="MR" if kind is not MRKind.UNKNOWN else ("CT" if "ct" in words.split() else ""),
        frames=(),
        geometry=Geometry(grid.shape, grid.spacing, grid.affine),
        description=stem,
        mr_kind=kind,
        mr_kind_reason="by the file's name alone" if kind is not MRKind.UNKNOWN else "",
        problems=tuple(problems),
    )
    return [
        replace(
            common,
            id=f"{path}#{time + 1}" if time else str(path),
            label=f"{common.label}, time {time + 1}" if times > 1 else common.label,
            frames=tuple(Frame(str(path), time * slices + k) for k in range(slices)),
        )
        for time in range(times)
    ]


def _grid(path: Path, image: Any) -> _Grid:
    """Place an image by its sform, else its qform; without either its sides are unknown."""
    header, name = image.header, path.name
    shape = tuple(int(n) for n in (*image.shape[:3], 1)[:3])
    ras, problems = _world(header, name, shape)
    ijk = (shape[2], shape[1], shape[0])
    if ras is None:
        zooms = [float(z) * _unit_mm(header) for z in header.get_zooms()[:2]]
        # Without a code and without a unit, 1 x 1 is what a writer puts that knows no size.
        is_unsaid = header.get_xyzt_units()[0] == "unknown" and zooms == [1.0, 1.0]
        is_known = len(zooms) == 2 and min(zooms) > 0 and not is_unsaid
        spacing = (
            PlaneSpacing(MeasuredAt.PATIENT, zooms[1], zooms[0]) if is_known else PlaneSpacing()
        )
        if not is_known:
            sentence = f"{name} does not say how large a pixel is; lengths are in pixels."
            problems.append(Problem("spacing-unknown", sentence, (name,)))
        return _Grid(ijk, None, spacing, Turn((0, 1, 2), (False, False, False)), tuple(problems))
    affine = affine_from_ras(ras)
    turn = upright(affine)
    turned = turn.affine(affine, ijk)
    steps = np.linalg.norm(turned[:3, :3], axis=0)
    spacing = PlaneSpacing(MeasuredAt.PATIENT, float(steps[1]), float(steps[2]))
    return _Grid(turn.shape(ijk), turned, spacing, turn, tuple(problems))


def _unit_mm(header: Any) -> float:
    return _MM.get(header.get_xyzt_units()[0], 1.0)


def _world(
    header: Any, name: str, shape: tuple[int, ...]
) -> tuple[NDArray[np.float64] | None, list[Problem]]:
    """The RAS affine of an image in mm, and what is wrong with it."""
    problems: list[Problem] = []
    sform = header.get_sform(coded=True)[0]
    qform = _qform(header)
    if sform is not None and abs(np.linalg.det(sform[:3, :3])) < 1e-9:
        sentence = f"The sform of {name} is singular and is not used."
        problems.append(Problem("sform-singular", sentence, (name,)))
        sform = None
    if sform is not None and qform is not None:
        far = _apart_mm(sform, qform, shape)
        if far > FORMS_DIFFER_MM:
            sentence = f"The sform and the qform of {name} place it {far:.1f} mm apart."
            return None, [Problem("qform-sform-differ", sentence, (name,))]
    ras = qform if sform is None else sform
    if ras is None:
        sentence = f"{name} does not say how it is turned (sform and qform are not set)."
        return None, [*problems, Problem("no-orientation", sentence, (name,))]
    ras = np.array(ras, dtype=np.float64)
    ras[:3] *= _unit_mm(header)
    problems += _form_notes(ras, header, name)
    return ras, problems


def _qform(header: Any) -> NDArray[np.float64] | None:
    try:
        qform = header.get_qform(coded=True)[0]
    except (HeaderDataError, ValueError):
        return None
    if qform is None or abs(np.linalg.det(qform[:3, :3])) < 1e-9:
        return None
    result: NDArray[np.float64] = np.asarray(qform, dtype=np.float64)
    return result


def _apart_mm(a: NDArray[np.float64], b: NDArray[np.float64], shape: tuple[int, ...]) -> float:
    """How far two affines place the corners of an image apart."""
    ends = [(0, n - 1) for n in shape]
    corners = np.array([(x, y, z, 1) for x in ends[0] for y in ends[1] for z in ends[2]])
    return float(np.linalg.norm((corners @ (a - b).T)[:, :3], axis=1).max())


def _form_notes(ras: NDArray[np.float64], header: Any, name: str) -> list[Problem]:
    """Notes on a sheared sform, and on pixdim that says other steps."""
    problems = []
    steps = np.linalg.norm(ras[:3, :3], axis=0)
    units = ras[:3, :3] / steps
    if np.abs(units.T @ units - np.eye(3)).max() > 0.01:
        problems.append(Problem("sheared", f"The grid of {name} is sheared; it is kept.", (name,)))
    zooms = np.array([float(z) for z in (*header.get_zooms(), 1, 1)[:3]]) * _unit_mm(header)
    if len(header.get_zooms()) >= 3 and np.abs(zooms - steps).max() > 0.01 * steps.max():
        found = " x ".join(f"{z:.3g}" for z in zooms)
        used = " x ".join(f"{s:.3g}" for s in steps)
        sentence = f"pixdim of {name} says {found} mm, its sform {used} mm, which is used."
        problems.append(Problem("pixdim-differs", sentence, (name,)))
    return problems


def _slope(path: Path, image: Any) -> tuple[float, float]:
    """Slope and intercept as stored; nibabel's loaded header no longer has them."""
    with Opener(str(path)) as file:
        header = image.header_class.from_fileobj(file, check=False)
    return float(header["scl_slope"]), float(header["scl_inter"])


def _values(image: Any, time: int, path: Path) -> tuple[Array, list[Problem]]:
    """The voxels [i, j, k] of one time, scaled; notes on their scaling and finiteness."""
    stored = image.dataobj.get_unscaled()
    array = np.asarray(stored[..., time] if len(image.shape) == 4 else stored)
    array = array[:, :, None] if array.ndim == 2 else array
    slope, inter = _slope(path, image)
    problems = []
    name = path.name
    if (not np.isfinite(slope) and not np.isnan(slope)) or (np.isnan(slope) != np.isnan(inter)):
        sentence = f"The slope of {name} is {slope:g}; values are as stored."
        problems.append(Problem("slope-not-a-number", sentence, (name,)))
    elif slope != 0.0 and np.isfinite(slope) and np.isfinite(inter):
        array = rescale(array, slope, inter)
    if array.dtype.kind == "f":
        bad = int((~np.isfinite(array)).sum())
        if bad:
            sentence = f"{bad} of {array.size} voxels of {name} are not numbers and are left out."
            problems.append(Problem("non-finite", sentence, (name,)))
    return array.astype(smallest([array]), copy=False), problems
