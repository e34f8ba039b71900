"""A CT of the chest by calculation: what it shows, and how much of it, is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medimg.phantoms.chest_parts import Recipe, airways, bones, lung_shares, vessels
from medimg.phantoms.solids import Field, Space, mix

Mask = NDArray[np.bool_]
#: Stored value 0, as scanners have it.
INTERCEPT = -1024


@dataclass(frozen=True, slots=True, eq=False)
class Nodule:
    """A ball in a lung.

    Attributes:
        center: (x, y, z), LPS mm.
        volume_ml: Of the ball itself, not of voxels.
        mask: [slice, row, column], voxels of which it fills at least half.
    """

    name: str
    center: tuple[float, float, float]
    diameter_mm: float
    volume_ml: float
    mask: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Chest:
    """A series and its planted truth.

    Attributes:
        stored: [slice, row, column] uint16, 12 bits, HU = stored - 1024; slices run to the head.
        right_lung, left_lung: The same grid; vessels and nodules within belong to them.
        airways: Lumen of trachea and main bronchi, outside of the lungs.
        lung_ml: Volume of the right and the left lung, parts of voxels counted.
        lung_hu: Mean of the right and the left lung, from the noise-free image.
        nodules: As the recipe lists them.
        origin: (x, y, z) of the first voxel's centre, LPS mm.
        spacing_mm: (slice, row, column).
        thickness_mm: Of a slice.
    """

    stored: NDArray[np.uint16]
    right_lung: Mask
    left_lung: Mask
    airways: Mask
    lung_ml: tuple[float, float]
    lung_hu: tuple[float, float]
    nodules: tuple[Nodule, ...]
    origin: tuple[float, float, float]
    spacing_mm: tuple[float, float, float]
    thickness_mm: float


def chest(recipe: Recipe) -> Chest:
    """Calculate the series that a recipe describes; the same every time."""
    rng = np.random.default_rng(recipe["seed"])
    grid = recipe["grid"]
    shape = grid["slices"], grid["rows"], grid["columns"]
    space = Space.centred(shape, (grid["slice_mm"], grid["pixel_mm"], grid["pixel_mm"]))
    (right, left), values = _torso(recipe, space)
    lumen = airways(recipe["airways"], space)
    mix(values, lumen.wall, recipe["hu"]["mediastinum"])
    right *= 1.0 - lumen.main_wall
    left *= 1.0 - lumen.main_wall
    _fill_lungs(values, recipe, space, right + left, rng)
    mix(values, lumen.lobar_wall, recipe["hu"]["muscle"])
    mix(values, lumen.lumen, recipe["hu"]["air"])
    nodules = tuple(_plant(values, row, space) for row in recipe["nodules"])
    blur = recipe["image"]["blur_px"]
    seen = ndimage.gaussian_filter(values, (0.0, blur, blur))
    return Chest(
        stored=_stored(seen, recipe["image"]["noise"], rng),
        right_lung=right >= 0.5,
        left_lung=left >= 0.5,
        airways=(lumen.main >= 0.5) & (right + left < 0.5),
        lung_ml=(float(right.sum()) * space.voxel_ml, float(left.sum()) * space.voxel_ml),
        lung_hu=(float(seen[right >= 0.5].mean()), float(seen[left >= 0.5].mean())),
        nodules=nodules,
        origin=space.origin,
        spacing_mm=space.spacing_mm,
        thickness_mm=grid["slice_mm"],
    )


def thick(made: Chest, parts: int) -> Chest:
    """Average every `parts` neighbouring slices, as a scan of thick slices does."""
    count = len(made.stored) // parts

    def averaged(fine: NDArray[Any]) -> NDArray[np.float64]:
        pieces = fine[: count * parts].reshape(count, parts, *fine.shape[1:])
        mean: NDArray[np.float64] = pieces.mean(axis=1)
        return mean

    step, (x, y, z) = made.spacing_mm[0], made.origin
    return replace(
        made,
        stored=np.round(averaged(made.stored)).astype(np.uint16),
        right_lung=averaged(made.right_lung) >= 0.5,
        left_lung=averaged(made.left_lung) >= 0.5,
        airways=averaged(made.airways) >= 0.5,
        nodules=tuple(replace(n, mask=averaged(n.mask) >= 0.5) for n in made.nodules),
        origin=(x, y, z + (parts - 1) / 2 * step),
        spacing_mm=(parts * step, *made.spacing_mm[1:]),
        thickness_mm=parts * step,
    )


def cut(made: Chest, slices: slice = slice(None), columns: slice = slice(None)) -> Chest:
    """Keep a part of the scan, as one that was planned too short or reconstructed too narrow.

    The volumes stay those of whole lungs.
    """
    part = slices, slice(None), columns
    first_slice, first_column = slices.start or 0, columns.start or 0
    x, y, z = made.origin
    return replace(
        made,
        stored=made.stored[part],
        right_lung=made.right_lung[part],
        left_lung=made.left_lung[part],
        airways=made.airways[part],
        nodules=tuple(replace(n, mask=n.mask[part]) for n in made.nodules),
        origin=(x + first_column * made.spacing_mm[2], y, z + first_slice * made.spacing_mm[0]),
    )


def _torso(recipe: Recipe, space: Space) -> tuple[tuple[Field, Field], Field]:
    """Shares of the right and the left lung, and HU of all that lies around them."""
    hu, body = recipe["hu"], recipe["body"]
    values = np.full(space.shape, hu["air"], dtype=np.float32)
    depth = space.superellipsoid(body["center"], body["radii"], body["power"])
    for below, tissue in ((0.0, "skin"), (body["skin_mm"], "fat"), (body["fat_mm"], "muscle")):
        mix(values, space.share(depth - below), hu[tissue])
    mix(values, _table(recipe["table"], space), hu["table"])
    lungs = lung_shares(values, recipe, space)
    bones(values, recipe, space)
    return lungs, values


def _table(table: Recipe, space: Space) -> Field:
    x, y = table["center"]
    away = np.hypot(space.x - x, space.y - y) - table["radius"] - table["thickness"] / 2
    depth = np.minimum(table["thickness"] / 2 - np.abs(away), table["half_width"] - np.abs(space.x))
    return space.share(depth.astype(np.float32))


def _fill_lungs(
    values: Field, recipe: Recipe, space: Space, lungs: Field, rng: np.random.Generator
) -> None:
    """Parenchyma that is denser behind, a patch of emphysema, and the vessels."""
    hu, lung = recipe["hu"], recipe["lung"]
    tissue = lung["grain"] * space.grain(lung["grain_mm"], rng)
    tissue += (hu["lung"] + lung["gravity"] / recipe["cage"]["radii"][1] * space.y).astype("f4")
    patch = space.share(space.superellipsoid(*lung["emphysema"]))
    mix(tissue, patch, hu["emphysema"])
    mix(tissue, vessels(recipe, space, rng), hu["blood"])
    mix(values, lungs, tissue)


def _plant(values: Field, row: Recipe, space: Space) -> Nodule:
    radius = row["diameter"] / 2
    ball = space.ball(row["center"], radius)
    mix(values, ball, row["hu"])
    if "core" in row:
        mix(values, space.ball(row["center"], row["core"] / 2), row["core_hu"])
    x, y, z = row["center"]
    volume_ml = 4 / 3 * np.pi * radius**3 / 1000
    return Nodule(row["name"], (x, y, z), row["diameter"], volume_ml, ball >= 0.5)


def _stored(seen: Field, noise: float, rng: np.random.Generator) -> NDArray[np.uint16]:
    """Noise, and 12 bits."""
    noisy = seen + rng.standard_normal(seen.shape, dtype=np.float32) * np.float32(noise)
    stored: NDArray[np.uint16] = np.round(np.clip(noisy - INTERCEPT, 0, 4095)).astype(np.uint16)
    return stored
