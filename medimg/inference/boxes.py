"""Boxes and the cells of a one-stage detector: from one to the other and back.

A box is (left, top, right, bottom) in pixels of the network's image.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medimg.inference.detector_network import BOX_CHANNELS, STRIDE

Floats = NDArray[np.float32]
# Distances are at least this many cells, so that their logarithm stays finite.
LEAST = 0.05


def encode(
    boxes: Floats, classes: NDArray[np.int64], shape: tuple[int, int], num_classes: int
) -> Floats:
    """The cells that a detector should give for an image.

    Args:
        boxes: (m, 4); larger ones are written first, so that small ones keep their cell.
        classes: (m,) class of each.
        shape: (rows, columns) of the image.

    Returns:
        (5 + num_classes, rows / 16, columns / 16): objectness 1 in the cell of each box's middle.
    """
    rows, columns = shape[0] // STRIDE, shape[1] // STRIDE
    cells = np.zeros((BOX_CHANNELS + num_classes, rows, columns), np.float32)
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    for index in np.argsort(-areas, kind="stable"):
        left, top, right, bottom = boxes[index] / STRIDE
        row = int(np.clip((top + bottom) / 2, 0, rows - 1))
        column = int(np.clip((left + right) / 2, 0, columns - 1))
        x, y = column + 0.5, row + 0.5
        sides = np.asarray([x - left, y - top, right - x, bottom - y], np.float32)
        cells[:, row, column] = 0
        cells[0, row, column] = 1
        cells[1:BOX_CHANNELS, row, column] = np.log(np.maximum(sides, LEAST))
        cells[BOX_CHANNELS + int(classes[index]), row, column] = 1
    return cells


def decode(cells: Floats) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Boxes of all cells of one image.

    Args:
        cells: (5 + num_classes, rows, columns) as the network gives them: logits and logarithms.

    Returns:
        (m, 4) boxes, (m,) scores (objectness times class), (m,) classes.
    """
    rows, columns = cells.shape[1:]
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32) + 0.5
    sides = np.exp(np.clip(cells[1:BOX_CHANNELS], -8, 8))
    boxes = np.stack([x - sides[0], y - sides[1], x + sides[2], y + sides[3]], axis=-1) * STRIDE
    chance = 1 / (1 + np.exp(-cells[BOX_CHANNELS:]))
    score = chance.max(axis=0) / (1 + np.exp(-cells[0]))
    kinds = chance.argmax(axis=0)
    return boxes.reshape(-1, 4).astype(np.float32), score.ravel(), kinds.ravel()


def overlap(one: Floats, others: Floats) -> Floats:
    """Intersection over union of a box (4,) with others (m, 4)."""
    low = np.maximum(one[:2], others[:, :2])
    high = np.minimum(one[2:], others[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1)
    whole = (one[2:] - one[:2]).prod() + areas - shared
    found: Floats = (shared / np.maximum(whole, 1e-9)).astype(np.float32)
    return found


def suppress(boxes: Floats, score: Floats, limit: float = 0.45) -> NDArray[np.int64]:
    """Indices of boxes that no better box overlaps by more than `limit`, best first."""
    order = list(np.argsort(-score, kind="stable"))
    kept: list[int] = []
    while order:
        best = int(order.pop(0))
        kept.append(best)
        if order:
            near = overlap(boxes[best], boxes[order])
            order = [index for index, share in zip(order, near, strict=True) if share <= limit]
    return np.asarray(kept, np.int64)
