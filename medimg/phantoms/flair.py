"""An axial FLAIR series of a head by calculation: tissues by depth, folds by smooth noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medimg.phantoms.shapes import Floats, grain, mirrored

#: The recipe as TOML gives it; the file says what each number means.
Recipe = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A series and its planted truth.

    Attributes:
        stored: [slice, row, column] uint16, 12 bits; slices run to the head.
        lesion: The same grid, what was planted (at least half of the voxel).
        origin: (x, y, z) of the first voxel's centre, LPS mm.
        spacing_mm: (slice, row, column).
    """

    stored: NDArray[np.uint16]
    lesion: NDArray[np.bool_]
    origin: tuple[float, float, float]
    spacing_mm: tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """Coordinates of the fine grid, LPS mm, ready to broadcast: z (n, 1, 1), y, x."""

    x: Floats
    y: Floats
    z: Floats
    steps: tuple[float, float, float]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(fine slices, rows, columns)."""
        return self.z.size, self.y.size, self.x.size

    def ellipsoid(self, center: Sequence[float], radii: Sequence[float]) -> Floats:
        """Squared distance from a centre in units of the radii: below 1 inside."""
        x, y, z = center
        a, b, c = radii
        squared: Floats = (
            ((self.x - x) / a) ** 2 + ((self.y - y) / b) ** 2 + ((self.z - z) / c) ** 2
        )
        return squared

    def grain(self, size_mm: float, rng: np.random.Generator) -> Floats:
        """Smooth random field, spread 1, of structures about `size_mm` large."""
        sizes = [0.5 * size_mm / step for step in self.steps]
        return grain(self.shape, sizes, rng)

    def fill(
        self, mask: NDArray[np.bool_], center: Sequence[float], radii: Sequence[float]
    ) -> None:
        """Mark an ellipsoid in a mask of this grid, looking at its neighbourhood only."""
        window = []
        axes = ((self.z, 2), (self.y, 1), (self.x, 0))
        for values, axis in axes:
            near = np.flatnonzero(np.abs(values.ravel() - center[axis]) < radii[axis])
            if not len(near):
                return
            window.append(slice(near[0], near[-1] + 1))
        z, y, x = (
            (values.ravel()[part] - center[axis]) / radii[axis]
            for (values, axis), part in zip(axes, window, strict=True)
        )
        squared = z[:, None, None] ** 2 + y[None, :, None] ** 2 + x[None, None, :] ** 2
        mask[tuple(window)] |= squared < 1.0

    def fill_tube(self, mask: NDArray[np.bool_], path: Sequence[Sequence[float]]) -> None:
        """Mark a tube through (x, y, z, radius) points."""
        for first, second in pairwise(path):
            for share in np.linspace(0, 1, 9):
                x, y, z, radius = (1 - share) * np.array(first) + share * np.array(second)
                self.fill(mask, (x, y, z), (radius,) * 3)


def head(recipe: Recipe) -> Head:
    """Calculate the series that a recipe describes; the same every time."""
    rng = np.random.default_rng(recipe["seed"])
    grid = _grid(recipe["grid"])
    signal, lesion = _tissues(recipe, grid, rng)
    parts = recipe["grid"]["parts"]
    thick, share = _average(signal, parts), _average(lesion.astype(np.float64), parts)
    spacing = recipe["grid"]["slice_mm"], recipe["grid"]["pixel_mm"], recipe["grid"]["pixel_mm"]
    origin = float(grid.x.flat[0]), float(grid.y.flat[0]), recipe["grid"]["first_z"]
    return Head(_acquire(thick, recipe["image"], rng), share >= 0.5, origin, spacing)


def _grid(recipe: Recipe) -> _Grid:
    parts, step = recipe["parts"], recipe["slice_mm"] / recipe["parts"]
    fine = (np.arange(recipe["slices"] * parts) - (parts - 1) / 2) * step
    rows = (np.arange(recipe["rows"]) - (recipe["rows"] - 1) / 2) * recipe["pixel_mm"]
    columns = (np.arange(recipe["columns"]) - (recipe["columns"] - 1) / 2) * recipe["pixel_mm"]
    return _Grid(
        columns[None, None, :],
        rows[None, :, None],
        (recipe["first_z"] + fine)[:, None, None],
        (step, recipe["pixel_mm"], recipe["pixel_mm"]),
    )


def _tissues(
    recipe: Recipe, grid: _Grid, rng: np.random.Generator
) -> tuple[Floats, NDArray[np.bool_]]:
    """Signal of each fine voxel, from outside inwards, and where the lesion is."""
    signal, shell = recipe["signal"], recipe["head"]
    depth = _depth(shell, grid)
    values = np.full(grid.shape, signal["air"])
    values[depth > 0] = signal["skin"]
    values[depth > shell["skin"]] = signal["fat"]
    values[depth > shell["scalp"]] = signal["skull"]
    low, high = shell["marrow"]
    values[(depth > low) & (depth < high)] = signal["marrow"]
    values[depth > shell["skull"]] = signal["fluid"]
    _brain(values, depth, recipe, grid, rng)
    fluid = _ventricles(recipe["ventricles"], grid) & (depth > shell["fluid"])
    values[fluid] = signal["fluid"]
    lesion, shade = _lesion(recipe["lesion"], depth - shell["fluid"], grid, rng)
    values += shade * (signal["lesion"] - values) * ~fluid
    return values, lesion & ~fluid


def _depth(shell: Recipe, grid: _Grid) -> Floats:
    """Mm below the skin, near enough for thin shells."""
    a, b, c = shell["radii"]
    power = shell["power"]
    radius = (
        np.abs(grid.x / a) ** power + np.abs(grid.y / b) ** power + np.abs(grid.z / c) ** power
    ) ** (1 / power)
    depth: Floats = (1.0 - radius) * (a + b + c) / 3
    return depth


def _brain(
    values: Floats, depth: Floats, recipe: Recipe, grid: _Grid, rng: np.random.Generator
) -> None:
    """Fill in white matter, folded cortex, nuclei and cerebellum."""
    signal, folds = recipe["signal"], recipe["folds"]
    below = depth - recipe["head"]["fluid"]
    brain = below > 0
    pattern = np.abs(grid.grain(folds["grain_mm"], rng))
    # Folds fade with depth: a sulcus narrows to its floor.
    fade = np.clip(1.0 - below / folds["reach_mm"], 0.0, 1.0)
    middle = np.abs(grid.x) + 0 * depth
    upper = grid.z > folds["above"]
    cortex = (below < folds["cortex_mm"]) | (pattern < folds["ribbon"] * fade)
    cortex |= (middle < folds["fissure_cortex_mm"]) & (fade > 0.05)
    values[brain] = signal["white"]
    values[brain & cortex] = signal["grey"]
    for nucleus in recipe["nuclei"]:
        here = np.zeros(grid.shape, dtype=bool)
        for center in (nucleus["center"], mirrored([nucleus["center"]])[0]):
            grid.fill(here, center, nucleus["radii"])
        values[here & brain] = signal["nuclei"]
    sulcus = (pattern < folds["sulcus"] * fade) | ((middle < folds["fissure_mm"]) & (fade > 0.3))
    values[brain & sulcus & upper] = signal["fluid"]
    _cerebellum(values, brain, recipe, grid, rng)


def _cerebellum(
    values: Floats, brain: NDArray[np.bool_], recipe: Recipe, grid: _Grid, rng: np.random.Generator
) -> None:
    """Leaves of grey and white in the back below, and a little fluid around."""
    cerebellum, signal = recipe["cerebellum"], recipe["signal"]
    radius = np.sqrt(grid.ellipsoid(cerebellum["center"], cerebellum["radii"]))
    waves = radius * float(np.mean(cerebellum["radii"])) / cerebellum["leaf_mm"]
    waves += cerebellum["unrest"] * grid.grain(12.0, rng)
    leaves = np.sin(2 * np.pi * waves) > -0.2
    values[brain & (radius < 1.04)] = signal["fluid"]
    here = brain & (radius < 1.0)
    values[here] = np.where(leaves, signal["grey"], signal["white"])[here]


def _ventricles(recipe: Recipe, grid: _Grid) -> NDArray[np.bool_]:
    inside = np.zeros(grid.shape, dtype=bool)
    for path in (recipe["lateral"], recipe["temporal"]):
        for side in (path, mirrored(path)):
            grid.fill_tube(inside, side)
    for x, y, z, *radii in (recipe["third"], recipe["fourth"]):
        grid.fill(inside, (x, y, z), radii)
    return inside


def _lesion(
    recipe: Recipe, below: Floats, grid: _Grid, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], Floats]:
    """Where the lesion is, and how far (0 to 1) it replaces the signal: an uneven, soft edge."""
    rough = recipe["roughness"] * grid.grain(recipe["grain_mm"], rng)
    reach = 1.0 - np.sqrt(grid.ellipsoid(recipe["center"], recipe["radii"])) + rough
    inward = reach * float(np.mean(recipe["radii"]))
    shade = np.clip(0.5 + inward / (2 * recipe["edge_mm"]), 0.0, 1.0) * (below > 0)
    # Not even inside: the brightest parts are the edges of what swells.
    uneven = 0.86 + 0.10 * grid.grain(recipe["grain_mm"], rng)
    return shade >= 0.5, shade * np.clip(uneven, 0.6, 1.0)


def _average(fine: Floats, parts: int) -> Floats:
    thick: Floats = fine.reshape(-1, parts, *fine.shape[1:]).mean(axis=1)
    return thick


def _acquire(values: Floats, image: Recipe, rng: np.random.Generator) -> NDArray[np.uint16]:
    """Blur within the slice, an uneven coil, Rician noise, 12 bits."""
    sharp = ndimage.gaussian_filter(values, (0.0, image["blur_px"], image["blur_px"]))
    slices, rows, columns = values.shape
    z = np.linspace(-1, 1, slices)[:, None, None]
    y = np.linspace(-1, 1, rows)[None, :, None]
    x = np.linspace(-1, 1, columns)[None, None, :]
    along_y, along_x, along_z = image["field"]
    sharp *= 1.0 + along_y * y + along_x * x + along_z * z - 0.08 * (x**2 + y**2)
    real = sharp + rng.normal(0.0, image["noise"], values.shape)
    imaginary = rng.normal(0.0, image["noise"], values.shape)
    magnitude: Floats = np.hypot(real, imaginary)
    return np.round(np.clip(magnitude, 0, 4095)).astype(np.uint16)
