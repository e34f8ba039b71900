"""Speed of drawing: a new slice, a new cut, a slab, beside numpy, scipy and SimpleITK."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from medimg.display.cuts import Cut, CutStack, Projection, Slab, patient_plane, through
from medimg.display.levels import Levels, levels, on_cut, table, windowed
from medimg.values.geometry import Geometry, MeasuredAt, Plane, PlaneSpacing
from medimg.values.series import Frame, Series, Window
from medimg.values.volume import Unit, Volume
from tests.bench.measure import Race, Variant
from tests.bench.sizes import Sizes

SIDE, STEPS_MM = 512, (1.5, 0.7, 0.7)
WINDOW = Window(40.0, 400.0)
#: The slice that a round draws; another one in each.
_round = [0]
ANGLE = 0.35


@dataclass(frozen=True, eq=False)
class Close:
    """Grey levels that are equal but for one step of rounding in one pixel of 500."""

    grey: np.ndarray

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Close) or other.grey.shape != self.grey.shape:
            return False
        off = np.abs(self.grey.astype(int) - other.grey.astype(int))
        return bool((off <= 1).mean() > 0.998)


@lru_cache(maxsize=1)
def stack(count: int) -> Levels:
    """Smooth values and noise, `count` x 512 x 512."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 30, (SIDE, SIDE))
    z, y, x = (np.linspace(-1, 1, n) for n in (count, SIDE, SIDE))
    array = np.empty((count, SIDE, SIDE), dtype=np.int16)
    for k in range(count):
        plane = 300 * np.cos(3 * z[k]) * np.cos(4 * y)[:, None] * np.cos(5 * x)[None, :]
        array[k] = np.rint(plane + np.roll(noise, k, axis=0))
    affine = np.diag([*STEPS_MM, 1.0])[[2, 1, 0, 3]]
    geometry = Geometry(array.shape, PlaneSpacing(MeasuredAt.PATIENT, 0.7, 0.7), affine)
    series = Series("s", "s", "dicom", "CT", (Frame("f"),), geometry)
    return levels(Volume(array, Unit.HU, series))


def races(root: Path, sizes: Sizes) -> Iterator[Race]:
    """A race for each kind of cut, and one for a drag of the window."""
    prepared = stack(sizes.slices)
    geometry = prepared.volume.series.geometry
    c, s = float(np.cos(ANGLE)), float(np.sin(ANGLE))
    stacks = {
        "axial": patient_plane(geometry, Plane.AXIAL),
        "coronal": patient_plane(geometry, Plane.CORONAL),
        "sagittal": patient_plane(geometry, Plane.SAGITTAL),
        "oblique": through(geometry, (c, s, 0.0), (0.0, 0.0, -1.0), (-s, c, 0.0)),
    }
    for name, cuts in stacks.items():
        yield _race(root, sizes, f"new {name} cut", cuts, Slab())
    for name in ("axial", "coronal", "sagittal"):
        yield _race(root, sizes, f"{name}, 10 mm MIP", stacks[name], Slab(10.0, Projection.MAXIMUM))


def _race(root: Path, sizes: Sizes, title: str, cuts: CutStack, slab: Slab) -> Race:
    prepare: Callable[[Path], Any] = lambda _: (stack(sizes.slices), cuts, slab)  # noqa: E731
    rows, columns = cuts.first.shape
    variants = [
        Variant("SimpleITK, numpy", _by_itk, Close, ("SimpleITK",), prepare),
        Variant("scipy, numpy", _by_scipy, Close, ("scipy",), prepare),
        Variant("this program", _ours, Close, (), prepare),
        Variant("copy of the bytes", _copied, None, (), prepare),
    ]
    full = f"{title} of {sizes.slices} x {SIDE} x {SIDE}: {columns} x {rows}"
    return Race(full, "view", title, root, 1, "frames", tuple(variants), _renew)


def _renew(number: int) -> None:
    _round[0] = number


def _cut_now(cuts: CutStack) -> Cut:
    return cuts.cut(cuts.count // 3 + _round[0] % (cuts.count // 3))


def _ours(given: tuple[Levels, CutStack, Slab]) -> np.ndarray:
    prepared, cuts, slab = given
    return windowed(prepared, on_cut(prepared, _cut_now(cuts), slab), WINDOW, _lookup(prepared))


@lru_cache(maxsize=1)
def _lookup(prepared: Levels) -> np.ndarray | None:
    return table(prepared, WINDOW)


def _planes(cut: Cut, slab: Slab) -> np.ndarray:
    """Offsets of the planes of a slab across a cut, a voxel apart."""
    step = STEPS_MM[0] if abs(cut.normal[2]) > 0.9 else STEPS_MM[1]
    half = max(0, round((slab.thickness_mm / step - 1) / 2))
    return np.arange(-half, half + 1) * step


def _by_scipy(given: tuple[Levels, CutStack, Slab]) -> np.ndarray:
    from scipy.ndimage import map_coordinates

    prepared, cuts, slab = given
    cut, array = _cut_now(cuts), prepared.volume.array
    rows, columns = np.mgrid[: cut.shape[0], : cut.shape[1]] + 0.5
    pixels = np.stack([columns.ravel(), rows.ravel(), np.ones(rows.size)])
    parts = []
    for offset in _planes(cut, slab):
        places = cut.matrix @ pixels + offset * cut.normal[:, None]
        index = places[::-1] / np.array(STEPS_MM)[:, None]
        inside = ((index > -0.501) & (index < np.array(array.shape)[:, None] - 0.499)).all(axis=0)
        values = map_coordinates(array, index, np.float32, order=1, mode="nearest")
        parts.append(np.where(inside, np.rint(values), -32768))
    return _grey(np.max(parts, axis=0).reshape(cut.shape))


def _by_itk(given: tuple[Levels, CutStack, Slab]) -> np.ndarray:
    import SimpleITK

    prepared, cuts, slab = given
    cut, image = _cut_now(cuts), _itk_image(prepared)
    parts = []
    for offset in _planes(cut, slab):
        resample = SimpleITK.ResampleImageFilter()
        resample.SetSize((cut.shape[1], cut.shape[0], 1))
        resample.SetOutputSpacing((cut.spacing_mm[1], cut.spacing_mm[0], 1.0))
        resample.SetOutputOrigin(tuple(np.array(cut.origin) + offset * cut.normal))
        axes = np.stack([cut.right, cut.down, cut.normal], axis=1)
        resample.SetOutputDirection(axes.ravel())
        resample.SetInterpolator(SimpleITK.sitkLinear)
        resample.SetDefaultPixelValue(-32768)
        parts.append(SimpleITK.GetArrayFromImage(resample.Execute(image))[0])
    return _grey(np.max(parts, axis=0))


@lru_cache(maxsize=1)
def _itk_image(prepared: Levels) -> Any:
    import SimpleITK

    image = SimpleITK.GetImageFromArray(prepared.volume.array)
    image.SetSpacing(STEPS_MM[::-1])
    return image


def _grey(values: np.ndarray) -> np.ndarray:
    """PS3.3 C.11.2.1.2 in float64, as a straightforward program does it."""
    center, width = WINDOW.center - 0.5, WINDOW.width - 1.0
    share = (values.astype(np.float64) - center) / width + 0.5
    grey: np.ndarray = np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)
    return grey


def _copied(given: tuple[Levels, CutStack, Slab]) -> np.ndarray:
    """The least that any program does: so many bytes from one place to another."""
    prepared, cuts, _ = given
    pixels = cuts.first.shape[0] * cuts.first.shape[1]
    return prepared.volume.array.reshape(-1)[:pixels].copy()
