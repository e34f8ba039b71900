"""HDF5 as `medimg convert` writes it (`medimg/writing/hdf5.py` has the layout).

Nothing in such a file is run, and no link out of it is followed, so that one from a stranger can
be opened without harm.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from medimg.reading.found import Found, Unusable
from medimg.reading.hdf5_sizes import declared_bytes
from medimg.reading.stacks import check_count
from medimg.values.errors import InputRefused
from medimg.values.geometry import Geometry, MeasuredAt, PlaneSpacing
from medimg.values.problems import PROBLEMS, Problem
from medimg.values.progress import Tick
from medimg.values.series import Frame, MRKind, Patient, Series, Study, View, Window
from medimg.values.volume import Unit, Volume

if TYPE_CHECKING:
    import h5py

#: What h5py and our own checks raise on files that are damaged or not of this layout.
BROKEN = (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError,
          OverflowError, IndexError)  # fmt: skip

#: What the attributes `format` and `version` of a file of this layout hold.
FORMAT = "medimg-volume"
VERSION = 1
#: Most bytes that an image may open to.
PIXEL_LIMIT = 8 << 30
_MARK = b"\x89HDF\r\n\x1a\n"
_AXES = (["slice", "row", "column"], ["frame", "row", "column"])


class _Unlike(ValueError):
    """The file is not what its layout says; the words say how."""


def recognises(head: bytes) -> bool:
    """Whether a file is HDF5."""
    return head.startswith(_MARK)


def scan(paths: Sequence[Path], tick: Tick) -> Found:
    """Read what is said of the arrays; of several volumes each is a series."""
    import h5py

    series: list[Series] = []
    problems: list[Problem] = []
    for path in paths:
        tick()
        name = path.name
        try:
            with h5py.File(path, "r") as file:
                kind = file.attrs.get("format")
                if kind == FORMAT:
                    series += _series(path, file)
                    continue
            what = (
                "a record of an analysis" if kind == "medimg-analysis" else "HDF5 of another kind"
            )
            problems.append(Problem("not-an-image", f"{name} is {what} and not an image.", (name,)))
        except Unusable as refused:
            problems.append(refused.problem.at(path))
        except BROKEN as error:
            sentence = f"{name} cannot be read as an image in HDF5: {error}."
            problems.append(Problem("unreadable", sentence, (name,)))
    return Found(tuple(series), tuple(problems))


def read(series: Series, tick: Tick) -> Volume:
    """Read one volume.

    Raises:
        InputRefused: The array cannot be read.
    """
    import h5py

    path = Path(series.frames[0].file)
    try:
        with h5py.File(path, "r") as file:
            array = _dataset(file, "array")
            place = _place(series, array)
            pixels = array[place]
            unit = Unit(array.attrs["unit"])
            padding = _dataset(file, "padding")[place] != 0 if "padding" in file else None
    except BROKEN as error:
        sentence = f"The array of {path.name} cannot be read: {error}."
        raise InputRefused(f"{sentence} {PROBLEMS['truncated'].todo}") from error
    for _ in series.frames:
        tick()
    return Volume(np.asarray(pixels), unit, series, padding)


def headers(series: Series) -> tuple[str, ...]:
    """The DICOM headers that the file keeps; none where it was written without identity."""
    import h5py

    try:
        with h5py.File(series.frames[0].file, "r") as file:
            link = file.get("headers", getlink=True)
            return tuple(file["headers"].asstr()[()]) if isinstance(link, h5py.HardLink) else ()
    except BROKEN:
        return ()


def _place(series: Series, array: h5py.Dataset) -> Any:
    """Where in the array the series' volume lies."""
    slices = series.geometry.shape[0]
    return series.frames[0].number // slices if "volume" in list(array.attrs["axes"]) else ...


def _dataset(file: h5py.File, name: str) -> h5py.Dataset:
    """A data set of numbers that lies in this very file and is of a believable size."""
    import h5py

    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        raise _Unlike(f"{name} is missing or lies in another file")
    found = file[name]
    if not isinstance(found, h5py.Dataset) or found.is_virtual or found.external:
        raise _Unlike(f"{name} does not lie in this file")
    if found.dtype.kind not in "iuf" or not 0 < declared_bytes(found) <= PIXEL_LIMIT:
        raise _Unlike(f"{name} declares {found.nbytes} bytes of {found.dtype}")
    return found


def _series(path: Path, file: h5py.File) -> list[Series]:
    if int(file.attrs["version"]) != VERSION:
        raise _Unlike(f"it is of version {file.attrs['version']}, version {VERSION} is read")
    array = _dataset(file, "array")
    axes, shape = [str(name) for name in array.attrs["axes"]], array.shape
    count = shape[0] if axes[0] == "volume" else 1
    inner = axes[1:] if axes[0] == "volume" else axes
    if inner[:3] not in _AXES or inner[3:] not in ([], ["rgb"]) or len(axes) != len(shape):
        raise _Unlike(f"its axes are {', '.join(axes)} for an array of {shape}")
    grid = shape[1:4] if axes[0] == "volume" else shape[:3]
    common = _described(path, array, Geometry((int(grid[0]), int(grid[1]), int(grid[2]))))
    check_count(path, count, int(grid[0]))
    names = [str(name) for name in array.attrs.get("volumes", [])] or [""] * count
    return [
        replace(
            common,
            id=f"{path}#{k + 1}" if k else str(path),
            label=f"{common.label}, {names[k]}" if count > 1 else common.label,
            frames=tuple(Frame(str(path), k * grid[0] + n) for n in range(grid[0])),
        )
        for k in range(count)
    ]


def _described(path: Path, array: h5py.Dataset, grid: Geometry) -> Series:
    """The series of an array, without its frames."""
    facts = json.loads(array.attrs["facts"])
    identity = json.loads(array.attrs.get("identity", "{}"))
    affine = array.attrs.get("affine_lps")
    row, column = array.attrs.get("pixel_spacing_mm", (None, None))
    spacing = PlaneSpacing(
        MeasuredAt(array.attrs["pixel_measured_at"]),
        None if row is None else float(row),
        None if column is None else float(column),
        float(facts["pixel_aspect"]),
        facts["magnification"],
    )
    kind = MRKind(facts["mr_kind"])
    geometry = replace(
        grid,
        plane_spacing=spacing,
        affine=affine,
        frame_of_reference_uid=identity.get("frame_of_reference_uid", ""),
    )
    right, bottom = facts["patient_orientation"]
    return Series(
        id=str(path),
        label=identity.get("label") or (kind.value if kind is not MRKind.UNKNOWN else path.stem),
        format="hdf5",
        modality=facts["modality"],
        frames=(),
        geometry=geometry,
        uid=identity.get("series_uid", ""),
        number=identity.get("series_number"),
        description=identity.get("description", path.stem),
        patient=Patient(**identity.get("patient", {})),
        study=Study(**identity.get("study", {})),
        body_part=facts["body_part"],
        view=View(facts["view"]),
        mr_kind=kind,
        mr_kind_reason="as the file says" if kind is not MRKind.UNKNOWN else "",
        contrast=facts["contrast"],
        patient_orientation=(right, bottom),
        photometric_interpretation=facts["photometric_interpretation"],
        windows=tuple(Window(c, w, "", function) for c, w, function in facts["windows"]),
        slice_thickness_mm=facts["slice_thickness_mm"],
        lossy_ratio=facts["lossy_ratio"],
        acquisition=tuple((name, value) for name, value in facts["acquisition"]),
        problems=_problems(path, facts["problems"]),
    )


def _problems(path: Path, kinds: Sequence[str]) -> tuple[Problem, ...]:
    """What was wrong with the source, by its title: its sentences name files of another place."""
    name = path.name
    return tuple(
        Problem(kind, f"The source of {name} was marked: {PROBLEMS[kind].title}.", (name,))
        for kind in kinds
        if kind in PROBLEMS
    )
