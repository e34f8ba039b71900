"""Shapes that phantoms are made of: smooth outlines, tubes and random grain, on a plane in mm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import interpolate, ndimage

Floats = NDArray[np.float64]
#: x, y in mm.
Point = Sequence[float]


@dataclass(frozen=True, slots=True)
class Canvas:
    """A plane of pixels: x from the middle to the right, y from the upper edge down, in mm."""

    rows: int
    columns: int
    pixel_mm: float

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.rows, self.columns

    def to_index(self, points: Floats) -> Floats:
        """(n, 2) x, y in mm to (n, 2) row, column, pixel centres."""
        x, y = np.atleast_2d(points).T
        columns = x / self.pixel_mm + (self.columns - 1) / 2
        return np.stack([y / self.pixel_mm - 0.5, columns], axis=1)

    def x(self) -> Floats:
        """(1, columns): mm from the middle."""
        across: Floats = (
            np.arange(self.columns, dtype=np.float64) - (self.columns - 1) / 2
        ) * self.pixel_mm
        return across[None, :]

    def y(self) -> Floats:
        """(rows, 1): mm from the upper edge."""
        down: Floats = (np.arange(self.rows, dtype=np.float64) + 0.5) * self.pixel_mm
        return down[:, None]

    def region(self, outline: Sequence[Point]) -> NDArray[np.bool_]:
        """Fill a closed outline, rounded through its points."""
        index = self.to_index(_rounded(np.asarray(outline, dtype=np.float64)))
        picture = Image.new("1", (self.columns, self.rows))
        ImageDraw.Draw(picture).polygon([(c, r) for r, c in index.tolist()], fill=1)
        return np.asarray(picture, dtype=bool)

    def inflate(self, region: NDArray[np.bool_], depth: float, edge: float) -> Floats:
        """Give a region thickness: 0 at its edge, round, `depth` mm from `edge` mm inwards on."""
        # Padded, so that what is cut off by the image's edge does not thin out there.
        padded = np.pad(region, 1, mode="edge")
        inward = ndimage.distance_transform_edt(padded)[1:-1, 1:-1] * self.pixel_mm
        rise = np.clip(inward / edge, 0.0, 1.0)
        thickness: Floats = depth * np.sqrt(1.0 - (1.0 - rise) ** 2)
        return thickness

    def ellipse(self, center: Point, radii: Point, depth: float) -> Floats:
        """Thickness of an ellipsoid that is `depth` mm thick in its middle."""
        x, y = (self.x() - center[0]) / radii[0], (self.y() - center[1]) / radii[1]
        return depth * np.sqrt(np.clip(1.0 - x**2 - y**2, 0.0, None))

    def add_tube(self, thickness: Floats, path: Sequence[Point] | Floats, radius: float) -> None:
        """Lay a round tube along a smooth path into a map of thicknesses, where it is thicker."""
        points = _smooth(np.asarray(path, dtype=np.float64), self.pixel_mm)
        index = np.round(self.to_index(points)).astype(int)
        reach = int(radius / self.pixel_mm) + 2
        low = np.maximum(index.min(axis=0) - reach, 0)
        high = np.minimum(index.max(axis=0) + reach + 1, self.shape)
        seen = index[((index >= low) & (index < high)).all(axis=1)] - low
        if not len(seen):
            return
        away = np.ones(tuple(high - low), dtype=bool)
        away[seen[:, 0], seen[:, 1]] = False
        distance = ndimage.distance_transform_edt(away) * self.pixel_mm
        chord = 2 * np.sqrt(np.clip(radius**2 - distance**2, 0.0, None))
        part = thickness[low[0] : high[0], low[1] : high[1]]
        np.maximum(part, chord, out=part)

    def tube(self, path: Sequence[Point] | Floats, radius: float) -> Floats:
        """Thickness of one round tube along a smooth path."""
        thickness = np.zeros(self.shape)
        self.add_tube(thickness, path, radius)
        return thickness


def grain(shape: tuple[int, ...], sizes: Sequence[float], rng: np.random.Generator) -> Floats:
    """Smooth random field of mean 0 and spread 1; `sizes` in pixels along each axis."""
    field = ndimage.gaussian_filter(rng.standard_normal(shape), sizes, mode="wrap")
    result: Floats = (field - field.mean()) / field.std()
    return result


def mirrored(path: Sequence[Point]) -> list[Point]:
    """The same points on the other side of the midline."""
    return [(-point[0], *point[1:]) for point in path]


def _rounded(outline: Floats) -> Floats:
    closed = np.concatenate([outline, outline[:1]])
    spline, _ = interpolate.splprep(closed.T, s=0, per=True, k=3)
    return np.stack(interpolate.splev(np.linspace(0, 1, 40 * len(outline)), spline), axis=1)


def _smooth(path: Floats, step: float) -> Floats:
    """Points along a path, closer together than half a step."""
    order = min(3, len(path) - 1)
    spline, _ = interpolate.splprep(path.T, s=0, k=order)
    length = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
    count = max(8, int(4 * length / step))
    return np.stack(interpolate.splev(np.linspace(0, 1, count), spline), axis=1)
