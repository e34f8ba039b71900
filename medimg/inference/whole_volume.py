"""Labels of a whole volume, slab by slab: preprocessing, network, decision.

The volume stays in its own number type; only what one window needs is converted. Probabilities
are brought back onto the image's grid class by class before the decision, so that a hundred
classes need no more memory than one slab of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from medimg.inference.regrid import GridMap, at_image, sample
from medimg.inference.sliding import (
    SLAB_BYTES,
    Box,
    Floats,
    Network,
    Slab,
    Windows,
    importance,
    slabs,
    tiles,
    windows,
)

#: Changes the values of one window, (channel, *box), in place or not.
Greys = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Sliding:
    """How a window slides.

    Attributes:
        roi: Size of the window on the network's grid.
        overlap: Share of a window that the next one covers again.
        mode: "constant" or "gaussian" weights.
        batch: Windows of one call.
        padding_value: Value outside an image that is smaller than the window.
    """

    roi: tuple[int, int, int]
    overlap: float = 0.25
    mode: str = "constant"
    batch: int = 1
    padding_value: float = 0.0


class Decision(Protocol):
    """Takes probabilities class by class and keeps what is decided."""

    def begin(self, box: Sequence[tuple[int, int]]) -> None:
        """Start a box of the image."""

    def take(self, number: int, values: Floats) -> None:
        """Take one class's probabilities in the box."""


@dataclass(slots=True, eq=False)
class Argmax:
    """The most probable class of each voxel; the first of equals.

    Attributes:
        labels: [slice, row, column] uint8 of the whole image.
    """

    labels: NDArray[np.uint8]
    _box: tuple[slice, ...] = ()
    _best: Floats = field(default_factory=lambda: np.empty(0, np.float32))

    def begin(self, box: Sequence[tuple[int, int]]) -> None:
        """Start a box of the image."""
        self._box = tuple(slice(*side) for side in box)

    def take(self, number: int, values: Floats) -> None:
        """Keep the class where it is more probable than all before it."""
        if number == 0:
            self._best = values.copy()
            return
        is_better = values > self._best
        self.labels[self._box][is_better] = number
        np.maximum(self._best, values, out=self._best)


@dataclass(slots=True, eq=False)
class Threshold:
    """Classes that may overlap: each voxel whose probability exceeds the threshold.

    Attributes:
        masks: [class, slice, row, column] bool of the whole image.
    """

    masks: NDArray[np.bool_]
    threshold: float = 0.5
    _box: tuple[slice, ...] = ()

    def begin(self, box: Sequence[tuple[int, int]]) -> None:
        """Start a box of the image."""
        self._box = tuple(slice(*side) for side in box)

    def take(self, number: int, values: Floats) -> None:
        """Decide one class."""
        np.greater(values, self.threshold, out=self.masks[number][self._box])


def softmax(values: Floats) -> Floats:
    """Probabilities over the first axis, in place."""
    values -= values.max(axis=0)
    np.exp(values, out=values)
    values /= values.sum(axis=0)
    return values


def sigmoid(values: Floats) -> Floats:
    """Probabilities of each class alone, in place."""
    np.negative(values, out=values)
    np.exp(values, out=values)
    values += 1
    np.reciprocal(values, out=values)
    return values


def run(
    images: Sequence[NDArray[np.generic]],
    grid: GridMap,
    network: Network,
    sliding: Sliding,
    decision: Decision,
    classes: int,
    greys: Greys = lambda window: window,
    activation: Greys = softmax,
    limit: int = SLAB_BYTES,
    *,
    decides_on_image: bool = True,
) -> None:
    """Decide every voxel of an image.

    Args:
        images: One [slice, row, column] array for each channel of the network, on one grid.
        grid: The network's grid beside the image's.
        network: (batch, channel, *roi) to (batch, class, *roi).
        decision: Told the probabilities on the image's grid, class by class.
        classes: Output channels of the network.
        greys: Changes grey values of a window; must work voxel by voxel.
        activation: Turns a slab's output into probabilities.
        limit: Most bytes of a slab of output.
        decides_on_image: Probabilities come back onto the image's grid before the decision;
            otherwise the decision is made on the network's grid, in its axes.
    """
    plan = windows(grid.shape, sliding.roi, sliding.overlap)
    weight = importance(plan.size, sliding.mode)

    def source(box: Box) -> Floats:
        return _window(images, grid, plan, box, greys, sliding.padding_value)

    for tile in tiles(plan, classes, 1, limit):
        found = slabs(source, network, plan, weight, tile, sliding.batch)
        if not decides_on_image:
            _decide_there(found, decision, activation)
            continue
        for part, image_box in _deciding(found, grid, plan, tile, activation):
            decision.begin(image_box)
            for number in range(classes):
                start = [low for low, _ in part.box]
                decision.take(number, at_image(part.values[number], grid, start, image_box))


def _decide_there(found: Iterator[Slab], decision: Decision, activation: Greys) -> None:
    for slab in found:
        decision.begin(slab.box)
        for number, values in enumerate(activation(slab.values)):
            decision.take(number, values)


def nearest(labels: NDArray[np.uint8], grid: GridMap) -> NDArray[np.uint8]:
    """Bring a label map of the network's grid onto the image's, each voxel from its nearest."""
    for i, axis in enumerate(grid.axes):
        index = np.arange(axis.image_length, dtype=np.float64)
        place = np.clip(np.rint(axis.from_image(index)), 0, axis.length - 1)
        labels = labels.take(place.astype(np.int64), i)
    return np.ascontiguousarray(labels.transpose(np.argsort(grid.order)))


def blocks(images: Sequence[NDArray[np.generic]], grid: GridMap) -> Iterator[Floats]:
    """The whole of the network's grid in parts (channel, *box), for figures of the whole."""
    step = max(1, (64 << 20) // (4 * grid.shape[1] * grid.shape[2]))
    for first in range(0, grid.shape[0], step):
        box = [(first, min(first + step, grid.shape[0])), (0, grid.shape[1]), (0, grid.shape[2])]
        yield np.stack([sample(image, grid, box) for image in images])


def _window(
    images: Sequence[NDArray[np.generic]],
    grid: GridMap,
    plan: Windows,
    box: Box,
    greys: Greys,
    padding_value: float,
) -> Floats:
    """One window of the network's input; what lies outside the image has one value."""
    inside, target = [], []
    for (low, high), before, length in zip(box, plan.padding, plan.shape, strict=True):
        first, last = max(low - before, 0), min(high - before, length)
        inside.append((first, last))
        target.append(slice(first + before - low, last + before - low))
    part = greys(np.stack([sample(image, grid, inside) for image in images]))
    if part.shape[1:] == plan.size:
        return part
    whole = np.full((part.shape[0], *plan.size), padding_value, np.float32)
    whole[(slice(None), *target)] = part
    return whole


def _deciding(
    found: Iterator[Slab], grid: GridMap, plan: Windows, tile: Box, activation: Greys
) -> Iterator[tuple[Slab, list[tuple[int, int]]]]:
    """Slabs of probabilities, each with the box of the image that it decides.

    An image plane lies between two planes of the network's grid, so the last plane of a slab is
    kept for the next one.
    """
    axis = plan.axis
    kept: Slab | None = None
    for slab in found:
        values = activation(slab.values)
        box = slab.box
        if kept is not None:
            values = np.concatenate([kept.values, values], axis=1 + axis)
            box = _with(box, axis, (kept.box[axis][0], box[axis][1]))
        whole = Slab(box, values)
        image_box = _image_box(grid, plan, tile, box)
        if all(high > low for low, high in image_box):
            yield whole, image_box
        last = values.shape[1 + axis] - 1
        index = tuple(slice(last, None) if i == axis else slice(None) for i in range(3))
        edge = (box[axis][1] - 1, box[axis][1])
        kept = Slab(_with(box, axis, edge), values[(slice(None), *index)].copy())


def _with(box: Box, axis: int, side: tuple[int, int]) -> Box:
    sides = [side if i == axis else box[i] for i in range(3)]
    return (sides[0], sides[1], sides[2])


def _image_box(grid: GridMap, plan: Windows, tile: Box, box: Box) -> list[tuple[int, int]]:
    """The image's voxels that a part of the network's grid decides.

    Along each axis these are the voxels from its first plane to before its last one; the last
    plane itself belongs to the next part, except at the end of the grid.
    """
    sides = [(0, 0)] * 3
    for i, axis in enumerate(grid.axes):
        low, high = box[i]
        place = np.clip(
            axis.from_image(np.arange(axis.image_length, dtype=np.float64)), 0, axis.length - 1
        )
        is_last = high >= axis.length
        chosen = (place >= low) & ((place <= high - 1) if is_last else (place < high - 1))
        index = np.flatnonzero(chosen)
        sides[axis.image_axis] = (int(index[0]), int(index[-1]) + 1) if index.size else (0, 0)
    return sides
