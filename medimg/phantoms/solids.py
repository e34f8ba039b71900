"""Solids with soft edges in a volume: depth below their surface in mm, and shares of voxels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Field = NDArray[np.float32]
Index = tuple[slice, slice, slice]
#: x, y, z and the radius there, mm.
Way = Sequence[Sequence[float]]
#: Depths are cut off here: no edge is as wide.
_FAR_MM = 50.0


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """A grid [slice, row, column] along the axes of LPS: x (1, 1, n), y (1, n, 1), z (n, 1, 1).

    A depth is the distance in mm from a surface, above 0 inside; a share is the part of each voxel
    that a solid fills, which a depth gives to within the curvature of the surface.
    """

    x: Field
    y: Field
    z: Field
    spacing_mm: tuple[float, float, float]

    @classmethod
    def centred(cls, shape: tuple[int, int, int], spacing_mm: tuple[float, float, float]) -> Space:
        """Lay a grid around the origin."""
        z, y, x = (
            ((np.arange(count) - (count - 1) / 2) * step).astype(np.float32)
            for count, step in zip(shape, spacing_mm, strict=True)
        )
        return cls(x[None, None, :], y[None, :, None], z[:, None, None], spacing_mm)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(slices, rows, columns)."""
        return self.z.size, self.y.size, self.x.size

    @property
    def origin(self) -> tuple[float, float, float]:
        """(x, y, z) of the first voxel's centre."""
        return float(self.x.flat[0]), float(self.y.flat[0]), float(self.z.flat[0])

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel."""
        return float(np.prod(self.spacing_mm)) / 1000.0

    def share(self, depth: Field) -> Field:
        """Turn a depth into the share of each voxel that is filled, 0 to 1."""
        share: Field = depth / np.float32(np.mean(self.spacing_mm))
        share += np.float32(0.5)
        return np.clip(share, 0.0, 1.0, out=share)

    def superellipsoid(
        self, center: Sequence[float], radii: Sequence[float], power: float = 2.0
    ) -> Field:
        """Depth below |x/a|^p + |y/b|^p (+ |z/c|^p) = 1; two numbers make a cylinder along z.

        Near the surface alone, to first order of the gradient; far away it is only known to be far.
        """
        if len(radii) == 2:
            return self._superellipsoid(center, radii, power)
        margin = 2.0 * max(self.spacing_mm)
        low = [m - r - margin for m, r in zip(center, radii, strict=True)]
        high = [m + r + margin for m, r in zip(center, radii, strict=True)]
        here, near = self.within(low, high)
        depth = np.full(self.shape, -_FAR_MM, dtype=np.float32)
        if min(near.shape):
            depth[here] = near._superellipsoid(center, radii, power)
        return depth

    def _superellipsoid(
        self, center: Sequence[float], radii: Sequence[float], power: float
    ) -> Field:
        axes = (self.x, self.y, self.z)[: len(radii)]
        units = [np.abs(a - m) / r for a, m, r in zip(axes, center, radii, strict=True)]
        slopes = [((u ** (power - 1) / r) ** 2) for u, r in zip(units, radii, strict=True)]
        level = sum((u**power for u in units[1:]), units[0] ** power)
        slope = sum(slopes[1:], slopes[0] + np.float32(1e-12))
        depth: Field = (1.0 - level) / np.sqrt(slope)
        depth /= np.float32(power)
        return np.clip(depth, -_FAR_MM, _FAR_MM, out=depth)

    def within(self, low: Sequence[float], high: Sequence[float]) -> tuple[Index, Space]:
        """The part of the grid between two corners (x, y, z): its index, and its own space."""
        here = self.box(low, high)
        part = Space(self.x[:, :, here[2]], self.y[:, here[1]], self.z[here[0]], self.spacing_mm)
        return here, part

    def box(self, low: Sequence[float], high: Sequence[float]) -> Index:
        """The part of the grid between two corners (x, y, z), as an index."""
        parts = []
        for axis, first, last in zip((self.x, self.y, self.z), low, high, strict=True):
            places = axis.ravel()
            begin, end = np.searchsorted(places, [first, last])
            parts.append(slice(int(begin), int(end)))
        return parts[2], parts[1], parts[0]

    def ball(self, center: Sequence[float], radius: float) -> Field:
        """Share of each voxel that a ball fills."""
        whole = np.zeros(self.shape, dtype=np.float32)
        self.add_tubes(whole, [[(*center, radius), (*center, radius)]])
        return whole

    def tubes(self, ways: Iterable[Way], wider_mm: float = 0.0) -> Field:
        """Share of each voxel that round tubes fill, each `wider_mm` thicker than its way says."""
        whole = np.zeros(self.shape, dtype=np.float32)
        wider = [[(*point[:3], point[3] + wider_mm) for point in way] for way in ways]
        self.add_tubes(whole, wider)
        return whole

    def add_tubes(self, share: Field, ways: Iterable[Way]) -> None:
        """Lay round tubes with round ends into a map of shares, where they fill more."""
        for way in ways:
            for first, last in pairwise(way):
                self._add_piece(share, np.array(first, float), np.array(last, float))

    def _add_piece(
        self, share: Field, first: NDArray[np.float64], last: NDArray[np.float64]
    ) -> None:
        reach = max(first[3], last[3]) + max(self.spacing_mm)
        low, high = np.minimum(first, last)[:3] - reach, np.maximum(first, last)[:3] + reach
        here, near = self.within(low.tolist(), high.tolist())
        if not min(near.shape):
            return
        x, y, z = near.x, near.y, near.z
        along = last[:3] - first[:3]
        squared = float(along @ along) or 1.0
        dx, dy, dz = x - first[0], y - first[1], z - first[2]
        part = np.clip((dx * along[0] + dy * along[1] + dz * along[2]) / squared, 0.0, 1.0)
        away = (dx - part * along[0]) ** 2 + (dy - part * along[1]) ** 2
        away = np.sqrt(away + (dz - part * along[2]) ** 2)
        depth = first[3] + part * (last[3] - first[3]) - away
        np.maximum(share[here], self.share(depth.astype(np.float32)), out=share[here])

    def grain(self, size_mm: float, rng: np.random.Generator) -> Field:
        """Smooth random field, mean 0 and spread 1, of structures about `size_mm` large."""
        sizes = [0.5 * size_mm / step for step in self.spacing_mm]
        field: Field = rng.standard_normal(self.shape, dtype=np.float32)
        ndimage.gaussian_filter(field, sizes, output=field, mode="wrap", truncate=3.0)
        field -= field.mean()
        field /= np.float32(np.sqrt(np.mean(np.square(field))))
        return field


def mix(values: Field, share: Field, hu: float | Field) -> None:
    """Fill a share of each voxel with another material, in place."""
    change = hu - values
    change *= share
    values += change
