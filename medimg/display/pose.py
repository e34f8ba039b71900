"""Where an image lies on the screen: fit, zoom, pan, turns and flips as one affine map.

Image coordinates are (column, row) with pixel *edges* at whole numbers, so that the centre of
pixel [0, 0] is (0.5, 0.5); screen coordinates are (x, y) in logical pixels, y downwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Point = tuple[float, float]

ZOOM_LIMITS = (0.02, 64.0)


@dataclass(frozen=True, slots=True)
class Pose:
    """How an image is held up to the viewer.

    Attributes:
        zoom: Screen pixels per image column before turning; None means fitted to the viewport.
        pan: Shift of the image's centre from the viewport's centre, in screen pixels.
        quarter_turns: Clockwise, 0 to 3; flips happen before turns.
        is_flipped_h, is_flipped_v: Mirrored left to right, top to bottom.
    """

    zoom: float | None = None
    pan: Point = (0.0, 0.0)
    quarter_turns: int = 0
    is_flipped_h: bool = False
    is_flipped_v: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """An image's size and the viewport's: all that a pose needs to become a map.

    Attributes:
        shape: (rows, columns) of the image.
        aspect: Height over width of one pixel.
        size: (width, height) of the viewport in logical pixels.
    """

    shape: tuple[int, int]
    aspect: float
    size: Point


def linear(pose: Pose) -> Floats:
    """(2, 2) turn and flip of a pose, from image (column, row) to screen (x, y) directions."""
    flip = np.diag([-1.0 if pose.is_flipped_h else 1.0, -1.0 if pose.is_flipped_v else 1.0])
    turn = np.linalg.matrix_power(np.array([[0.0, -1.0], [1.0, 0.0]]), pose.quarter_turns % 4)
    result: Floats = turn @ flip
    return result


def fit_zoom(frame: Frame, quarter_turns: int = 0) -> float:
    """Zoom at which the whole image just fills the viewport."""
    rows, columns = frame.shape
    width, height = columns * 1.0, rows * frame.aspect
    if quarter_turns % 2:
        width, height = height, width
    return min(frame.size[0] / width, frame.size[1] / height)


def zoom_of(pose: Pose, frame: Frame) -> float:
    """The zoom in force: the pose's own or the fitted one."""
    return fit_zoom(frame, pose.quarter_turns) if pose.zoom is None else pose.zoom


def to_screen(pose: Pose, frame: Frame) -> Floats:
    """(3, 3) homogeneous map from image (column, row) edges to screen (x, y)."""
    zoom = zoom_of(pose, frame)
    scale = np.diag([zoom, zoom * frame.aspect])
    turn = linear(pose) @ scale
    rows, columns = frame.shape
    centre = np.array([columns / 2.0, rows / 2.0])
    middle = np.array([frame.size[0] / 2.0 + pose.pan[0], frame.size[1] / 2.0 + pose.pan[1]])
    matrix = np.eye(3)
    matrix[:2, :2] = turn
    matrix[:2, 2] = middle - turn @ centre
    return matrix


def apply(matrix: Floats, point: Point) -> Point:
    """One point through a (3, 3) map."""
    x, y, _ = matrix @ np.array([point[0], point[1], 1.0])
    return float(x), float(y)


def to_image(pose: Pose, frame: Frame, point: Point) -> Point:
    """The image (column, row) under a screen point; whole numbers are pixel edges."""
    back = np.linalg.inv(to_screen(pose, frame)).astype(np.float64)
    return apply(back, point)


def zoomed(pose: Pose, frame: Frame, factor: float, at: Point) -> Pose:
    """Zoom by a factor so that the image point under `at` stays there."""
    before = zoom_of(pose, frame)
    after = float(np.clip(before * factor, *ZOOM_LIMITS))
    ratio = after / before
    middle = (frame.size[0] / 2.0, frame.size[1] / 2.0)
    pan = tuple((at[i] - middle[i]) * (1 - ratio) + pose.pan[i] * ratio for i in (0, 1))
    return replace(pose, zoom=after, pan=(pan[0], pan[1]))


def panned(pose: Pose, frame: Frame, dx: float, dy: float) -> Pose:
    """Shift by screen pixels; a fitted image keeps its present zoom from here on."""
    return replace(pose, zoom=zoom_of(pose, frame), pan=(pose.pan[0] + dx, pose.pan[1] + dy))


def turned(pose: Pose, quarters: int) -> Pose:
    """Turn clockwise by quarters about the viewport's centre."""
    return replace(pose, quarter_turns=(pose.quarter_turns + quarters) % 4)


def mirrored(pose: Pose, *, across: str) -> Pose:
    """Flip what is *seen*: `across="h"` swaps left and right of the screen, `"v"` top and bottom.

    A pose flips before it turns, so a quarter turn swaps which of its flips does that.
    """
    swap_columns = (across == "h") != bool(pose.quarter_turns % 2)
    if swap_columns:
        return replace(pose, is_flipped_h=not pose.is_flipped_h)
    return replace(pose, is_flipped_v=not pose.is_flipped_v)
