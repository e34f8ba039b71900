"""A handed phantom in all 48 orientations through every way out: `python -m tests.orientations`.

Axis orders (6) times directions (8) of [slice, row, column], then oblique and sheared stacks. In
the patient stands an L in a field that rises differently along x, y and z, so that no mirror,
turn or swap goes unseen. A way is right where each voxel that it gives has the value of its place
in the patient. highdicom and dcm2niix are judged on the same folders; absent ones are named.
"""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from io import BytesIO
from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray

import medimg
from medimg.display.orientation import edges
from medimg.results.seg import make
from medimg.values.errors import InputRefused
from medimg.values.series import Series, Window
from medimg.values.volume import Volume
from medimg.writing.converting import convert
from medimg.writing.stack import Stack
from tests.medimg.results.planted import analysis, region
from tests.phantoms import fill, instance, save

Floats = NDArray[np.float64]
#: Voxels [slice, row, column], and affines of that index to LPS mm.
Read = tuple[NDArray[Any], Floats]

SHAPE, STEPS_MM = (6, 14, 11), (2.5, 0.8, 1.2)
LOW, HIGH = -400, 1000
#: Letters of the Standard (PS3.3 C.7.6.1.1.1) by axis, growing and falling.
LETTERS = ("LR", "PA", "HF")
_LPS_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


class End(Enum):
    """How one way ended for one orientation."""

    RIGHT = "right"
    REFUSED = "refused"
    SAID = "wrong and said"
    WRONG = "WRONG"


def in_the_l(points: Floats) -> NDArray[np.bool_]:
    """Whether LPS points (n, 3) lie in the L: a bar along z, a foot to the left."""
    x, y, z = points.T
    bar = (np.abs(x) < 1.83) & (z > -3.57) & (z < 3.57)
    foot = (x >= 1.83) & (x < 3.93) & (z > -3.57) & (z < -0.77)
    return (bar | foot) & (y > -1.37) & (y < 3.33)


def value_at(points: Floats) -> NDArray[np.int64]:
    """The value of LPS points (n, 3)."""
    field = np.rint(points @ [7.0, 11.0, 13.0]).astype(np.int64)
    return field + 500 * in_the_l(points)


@dataclass(frozen=True)
class Case:
    """One orientation: its name, and the true affine of [slice, row, column] to LPS mm."""

    name: str
    group: str
    affine: Floats
    folder: Path

    @property
    def places(self) -> Floats:
        """LPS mm of all voxels, (slices, rows, columns, 3)."""
        index = np.moveaxis(np.indices(SHAPE), 0, -1)
        places: Floats = index @ self.affine[:3, :3].T + self.affine[:3, 3]
        return places

    def write(self) -> None:
        """Write it as a CT series, instance numbers along the slice axis."""
        self.folder.mkdir(parents=True)
        units = self.affine[:3, :3] / STEPS_MM
        values = value_at(self.places.reshape(-1, 3)).reshape(SHAPE)
        for k in range(SHAPE[0]):
            dataset = instance("CT")
            dataset.InstanceNumber = k + 1
            dataset.ImagePositionPatient = [round(float(x), 6) for x in self.places[k, 0, 0]]
            cosines = [*units[:, 2], *units[:, 1]]
            dataset.ImageOrientationPatient = [round(float(x), 9) for x in cosines]
            dataset.PixelSpacing, dataset.SliceThickness = list(STEPS_MM[1:]), STEPS_MM[0]
            dataset.RescaleSlope, dataset.RescaleIntercept = 1, -1024
            fill(dataset, values[k] + 1024)
            save(dataset, self.folder / f"{k}.dcm")

    @cached_property
    def series(self) -> Series:
        """As we find it."""
        (series,) = medimg.scan(self.folder).series
        return series

    @cached_property
    def volume(self) -> Volume:
        """As we read it."""
        return medimg.read(self.series)


def cases(folder: Path) -> Iterator[Case]:
    """All orientations: 48 along the axes, 8 oblique, 4 sheared."""
    turned = _turn(20, 15, 10)
    for order in permutations(range(3)):
        for signs in product((1, -1), repeat=3):
            matrix = np.zeros((3, 3))
            matrix[order, range(3)] = signs
            name = "".join(LETTERS[a][s < 0] for a, s in zip(order, signs, strict=True))
            yield _case(folder / name, "along axes", matrix)
            if order in ((2, 1, 0), (0, 2, 1)) and signs[1] == signs[2]:
                yield _case(folder / f"{name}-oblique", "oblique", turned @ matrix)
    for name, matrix, lean in (
        ("tilt-15", np.eye(3)[:, [2, 1, 0]], (0, math.tan(math.radians(15)), 0)),
        ("tilt-15-feet-first", np.diag([-1.0, 1, 1])[:, [2, 1, 0]], (0, math.tan(0.26), 0)),
        ("shear-in-x", np.eye(3)[:, [2, 1, 0]], (-0.16, 0, 0)),
        ("sagittal-shear", np.eye(3), (0, 0.1, 0.2)),
    ):
        sheared = matrix.copy()
        sheared[:, 0] += lean
        yield _case(folder / name, "sheared", sheared)


def _case(folder: Path, group: str, directions: Floats) -> Case:
    affine = np.eye(4)
    affine[:3, :3] = directions * STEPS_MM
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(SHAPE) - 1) / 2)
    return Case(folder.name, group, affine, folder)


def _turn(*degrees: float) -> Floats:
    whole = np.eye(3)
    for axis, angle in enumerate(degrees):
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        one = np.eye(3)
        a, b = [k for k in range(3) if k != axis]
        one[a, a] = one[b, b] = c
        one[a, b], one[b, a] = -s, s
        whole = one @ whole
    return whole


def judged(array: NDArray[Any], affine: Floats, true: Callable[[Floats], NDArray[Any]]) -> End:
    """Whether every voxel has the value of its place; 1 for rounding of the field."""
    if sorted(array.shape) != sorted(SHAPE):
        return End.WRONG
    index = np.moveaxis(np.indices(array.shape), 0, -1).reshape(-1, 3)
    points = index @ affine[:3, :3].T + affine[:3, 3]
    off = np.abs(true(points).astype(float) - array.reshape(-1))
    return End.RIGHT if off.max() <= 1 else End.WRONG


def of_volume(volume: Volume) -> Read:
    """A volume of ours, as any reader's."""
    affine = volume.series.geometry.affine
    return (volume.array, affine) if affine is not None else (volume.array, np.eye(4))


def letters(case: Case) -> End:
    """Letters at the edges against the directions that were planted; of oblique ones the first."""
    seen = edges(case.series)
    right, bottom = (_letter(case.affine[:3, axis]) for axis in (2, 1))
    left, top = (_letter(-case.affine[:3, axis]) for axis in (2, 1))
    found = [seen.right[0], seen.bottom[0], seen.left[0], seen.top[0]]
    return End.RIGHT if found == [right, bottom, left, top] else End.WRONG


def _letter(direction: Floats) -> str:
    axis = int(np.abs(direction).argmax())
    return LETTERS[axis][int(direction[axis] < 0)]


def picture(case: Case) -> End:
    """`medimg.show` of each slice: every pixel's grey is the value of its place by the file."""
    from PIL import Image

    window = Window((LOW + HIGH) / 2, HIGH - LOW, function="LINEAR_EXACT")
    for k, frame in enumerate(case.series.frames):
        drawn = np.asarray(Image.open(BytesIO(medimg.show(case.volume, index=k, window=window))))
        header = pydicom.dcmread(frame.file, stop_before_pixels=True)
        place = np.array(header.ImagePositionPatient, dtype=float)
        along, down = np.array(header.ImageOrientationPatient, dtype=float).reshape(2, 3)
        rows = np.rint((np.arange(drawn.shape[0]) + 0.5) * SHAPE[1] / drawn.shape[0] - 0.5)
        points = (
            place
            + rows[:, None, None] * STEPS_MM[1] * down
            + np.arange(SHAPE[2])[None, :, None] * STEPS_MM[2] * along
        )
        true = (value_at(points.reshape(-1, 3)) - LOW) / (HIGH - LOW) * 255
        off = np.abs(drawn[..., 0].reshape(-1) - true)
        # Rows are stretched to square pixels: smooth along the edge of the L, sharp elsewhere.
        if drawn.shape[1] != SHAPE[2] or np.median(off) > 2:
            return End.WRONG
    return End.RIGHT


def seg(case: Case) -> End:
    """The L as a segmentation, read back by highdicom."""
    import highdicom

    places = np.array([case.volume.series.geometry.to_mm(np.indices(SHAPE).reshape(3, -1).T)])
    mask = in_the_l(places.reshape(-1, 3)).reshape(SHAPE)
    files = [pydicom.dcmread(f.file, stop_before_pixels=True) for f in case.series.frames]
    planted = analysis(
        files,
        shape=SHAPE,
        regions=(region(mask, "L", "flair-change"),),
        geometry=case.series.geometry,
        frames=case.series.frames,
    )
    written = highdicom.seg.segread(BytesIO(make(planted).data))
    volume = written.get_volume(segment_numbers=[1])
    array = np.asarray(volume.array)[..., 0]
    if int(array.sum()) != int(mask.sum()):
        return End.WRONG
    index = np.argwhere(array)
    points = index @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    return End.RIGHT if in_the_l(points).all() else End.WRONG


def written(suffix: str, read: Callable[[Path], Read]) -> Callable[[Case], End]:
    """Convert to a format and judge what a reader finds in it."""

    def way(case: Case) -> End:
        out = case.folder.parent / f"{case.name}-out{suffix}"
        if not out.exists():
            convert(Stack((case.volume,)), out)
        return judged(*read(out), value_at)

    return way


def ours(path: Path) -> Read:
    """Read by this program."""
    return of_volume(medimg.read(medimg.scan(path).series[0]))


def by_nibabel(path: Path) -> Read:
    """Read by nibabel."""
    import nibabel

    image: Any = nibabel.load(path)
    return np.asarray(image.dataobj).copy(), _LPS_RAS @ image.affine


def by_itk(path: Path) -> Read:
    """Read by SimpleITK: a file, or a folder of DICOM."""
    import SimpleITK

    reader = SimpleITK.ImageSeriesReader
    one = SimpleITK.ReadImage(
        reader.GetGDCMSeriesFileNames(str(path)) if path.is_dir() else str(path)
    )
    affine = np.eye(4)
    affine[:3, :3] = np.array(one.GetDirection()).reshape(3, 3) * one.GetSpacing()
    affine[:3, 3] = one.GetOrigin()
    return SimpleITK.GetArrayFromImage(one), affine[:, [2, 1, 0, 3]]


def by_highdicom(folder: Path) -> Read:
    """Read by highdicom."""
    import highdicom

    found = highdicom.get_volume_from_series([pydicom.dcmread(p) for p in sorted(folder.iterdir())])
    return np.asarray(found.array), np.asarray(found.affine)


def highdicom_alone(case: Case) -> End:
    """highdicom's own volume of the source."""
    return judged(*by_highdicom(case.folder), value_at)


def dcm2niix_alone(case: Case) -> End:
    """dcm2niix's NIfTI of the source, read by nibabel; it warns of a tilt that it straightens."""
    with tempfile.TemporaryDirectory() as out:
        call = ["dcm2niix", "-z", "n", "-f", "x", "-o", out, str(case.folder)]
        said = subprocess.run(call, capture_output=True, text=True, check=False).stdout
        end = judged(*by_nibabel(Path(out, "x.nii")), value_at)
    return End.SAID if end is End.WRONG and "gantry tilt" in said else end


def seen_upright(case: Case) -> End:
    """A NIfTI of ours is turned as radiologists look: from the feet, the front or the left."""
    out = case.folder.parent / f"{case.name}-out.nii"
    (series,) = medimg.scan(out).series
    seen = edges(series)
    conventions = {"axial": "LP", "coronal": "LF", "sagittal": "PF"}
    expected = conventions[series.geometry.plane.value]
    return End.RIGHT if seen.right[0] + seen.bottom[0] == expected else End.WRONG


#: Ways of ours, in the order of the table.
WAYS: dict[str, Callable[[Case], End]] = {
    "series, read": lambda case: judged(*of_volume(case.volume), value_at),
    "letters at the edges": letters,
    "picture (show)": picture,
    "NIfTI, read by nibabel": written(".nii", by_nibabel),
    "NIfTI, read by us": written(".nii", ours),
    "NIfTI, seen upright": seen_upright,
    "NRRD, read by SimpleITK": written(".nrrd", by_itk),
    "MetaImage, read by SimpleITK": written(".mha", by_itk),
    "HDF5, read by us": written(".h5", ours),
    "new DICOM, read by highdicom": written("", by_highdicom),
    "new DICOM, read by us": written("", ours),
    "SEG, read by highdicom": seg,
}
#: Other readers on the same folders.
PEERS = {"highdicom": highdicom_alone, "dcm2niix": dcm2niix_alone}


def run(way: Callable[[Case], End], case: Case) -> End:
    """Run one way on one case; what is refused in words is refused."""
    try:
        return way(case)
    except (InputRefused, ValueError, RuntimeError) as error:
        print(f"{case.name}: {str(error).splitlines()[0]}", file=sys.stderr)
        return End.REFUSED


def is_error(case: Case, end: End) -> bool:
    """Only a sheared stack may be refused, by a format or a reader that cannot hold it."""
    return end is End.WRONG or (end is End.REFUSED and case.group != "sheared")


def main() -> int:
    """Print the table; 1 where a way of ours is wrong."""
    rows = {**WAYS, **{f"beside: {name}": way for name, way in PEERS.items() if _is_here(name)}}
    with tempfile.TemporaryDirectory() as folder:
        all_cases = list(cases(Path(folder)))
        groups = {group: [c for c in all_cases if c.group == group] for group in
                  ("along axes", "oblique", "sheared")}  # fmt: skip
        for case in all_cases:
            case.write()
        print(f"{'':32}" + "".join(f"{f'{g} ({len(c)})':<30}" for g, c in groups.items()))
        errors = 0
        for name, way in rows.items():
            cells = []
            for members in groups.values():
                ends = [run(way, case) for case in members]
                count = {end: ends.count(end) for end in End if ends.count(end)}
                cells.append(", ".join(f"{n} {end.value}" for end, n in count.items()))
                if name in WAYS:
                    errors += sum(map(is_error, members, ends))
            print(f"{name:32}" + "".join(f"{cell:<30}" for cell in cells))
    absent = [name for name in PEERS if not _is_here(name)]
    print(f"\n{errors} errors of ours in {len(all_cases) * len(WAYS)} ways.")
    if absent:
        print(f"Not installed: {', '.join(absent)}.")
    return int(errors > 0)


def _is_here(name: str) -> bool:
    return name != "dcm2niix" or shutil.which(name) is not None


if __name__ == "__main__":
    sys.exit(main())
