"""Graphics as reports and presentation states give them: points and lines of (column, row)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
#: A line or point (n, d), and whether it is closed.
Piece = tuple[Points, bool]

#: Corners of the polygon that stands for a circle or an ellipse: off it by 0.03 % of its radius.
CORNERS = 128


def pieces(kind: str, data: Sequence[float], dimensions: int = 2) -> tuple[Piece, ...]:
    """Turn a graphic type and its data into lines and points.

    Args:
        kind: GraphicType of PS3.3 C.18.6.1.2, C.18.9.1.2 or C.10.5.2.
        data: Coordinates one after the other.
        dimensions: Numbers a point: 2 in an image, 3 in space.

    Raises:
        KeyError: A kind that is none of a plane.
        ValueError: The data do not make whole points.
    """
    points = np.array([float(x) for x in data], dtype=np.float64).reshape(-1, dimensions)
    if not len(points) or not np.isfinite(points).all():
        raise ValueError("a graphic without points")
    return _KINDS[kind.upper()](points)


def _points(points: Points) -> tuple[Piece, ...]:
    return tuple((point[None], False) for point in points)


def _line(points: Points) -> tuple[Piece, ...]:
    """A line; one that returns to its first point is closed."""
    is_closed = len(points) > 2 and bool(np.allclose(points[0], points[-1], atol=1e-4))
    return ((points[:-1] if is_closed else points, is_closed),)


def _polygon(points: Points) -> tuple[Piece, ...]:
    return ((points, True),)


def _circle(points: Points) -> tuple[Piece, ...]:
    """Centre, and a point of the perimeter."""
    if len(points) != 2 or points.shape[1] != 2:
        raise ValueError("a circle is a centre and a point")
    radius = points[1] - points[0]
    return _around(points[0], radius, np.array([-radius[1], radius[0]]))


def _ellipse(points: Points) -> tuple[Piece, ...]:
    """Ends of the long axis, and ends of the short one."""
    if len(points) != 4:
        raise ValueError("an ellipse is the ends of two axes")
    long, short = (points[1] - points[0]) / 2, (points[3] - points[2]) / 2
    return _around((points[0] + points[1]) / 2, long, short)


def _around(centre: Points, one: Points, other: Points) -> tuple[Piece, ...]:
    angles = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)[:, None]
    return ((centre + np.cos(angles) * one + np.sin(angles) * other, True),)


_KINDS: dict[str, Callable[[Points], tuple[Piece, ...]]] = {
    "POINT": _points,
    "MULTIPOINT": _points,
    "POLYLINE": _line,
    "POLYGON": _polygon,
    "INTERPOLATED": _line,
    "CIRCLE": _circle,
    "ELLIPSE": _ellipse,
}
