"""A sliding window that keeps one slab of output in memory, whatever the number of classes.

The windows, their weights and the result are those of MONAI's `sliding_window_inference`. The
difference is the order: windows are taken along one axis, planes that no later window reaches are
handed out at once, and their memory is used again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, prod

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Triple = tuple[int, int, int]
#: Start and stop of a box along each of three axes.
Box = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
#: Gives (channel, *box) of the network's input; the box lies inside the padded grid.
Source = Callable[[Box], Floats]
#: (batch, channel, *roi) to (batch, class, *roi).
Network = Callable[[Floats], Floats]

#: Smallest weight of a window's edge, as MONAI has it.
LEAST_WEIGHT = 1e-3
#: Most bytes of one slab of output; a larger one is cut into tiles of the plane.
SLAB_BYTES = 1 << 30
#: Final planes of a slab are handed out in about so many pieces.
PIECES = 8


@dataclass(frozen=True, slots=True)
class Windows:
    """Where windows stand on a grid.

    Attributes:
        shape: Size of the image.
        grid: The same, padded to the window where the image is smaller.
        padding: Voxels added before the image along each axis.
        size: Size of a window.
        starts: First index of the windows along each axis.
    """

    shape: Triple
    grid: Triple
    padding: Triple
    size: Triple
    starts: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]

    @property
    def count(self) -> int:
        """Windows in all."""
        return prod(len(axis) for axis in self.starts)

    @property
    def axis(self) -> int:
        """The axis along which slabs are smallest."""
        planes = [prod(self.grid) // self.grid[axis] * self.size[axis] for axis in range(3)]
        return int(np.argmin(planes))


@dataclass(frozen=True, slots=True, eq=False)
class Slab:
    """Planes that are final.

    Attributes:
        box: Where they lie on the image, padding taken off.
        values: (class, *box), weighted mean of the windows.
    """

    box: Box
    values: Floats


def windows(shape: Sequence[int], roi: Sequence[int], overlap: float | Sequence[float]) -> Windows:
    """Place windows as MONAI does.

    Args:
        shape: Of the image on the network's grid.
        roi: Size of a window; 0 or less takes the image's own.
        overlap: Share of a window that the next one covers again, for each axis or for all.
    """
    shares = [overlap] * 3 if isinstance(overlap, int | float) else list(overlap)
    size = [side if side > 0 else whole for side, whole in zip(roi, shape, strict=True)]
    grid = [max(whole, side) for whole, side in zip(shape, size, strict=True)]
    padding = [(full - whole) // 2 for full, whole in zip(grid, shape, strict=True)]
    starts = [_starts(*axis) for axis in zip(grid, size, shares, strict=True)]
    sizes = (_triple(shape), _triple(grid), _triple(padding), _triple(size))
    return Windows(*sizes, (starts[0], starts[1], starts[2]))


def _triple(values: Sequence[int]) -> Triple:
    return (int(values[0]), int(values[1]), int(values[2]))


def _starts(grid: int, side: int, share: float) -> tuple[int, ...]:
    step = side if side == grid else max(int(side * (1 - share)), 1)
    count = ceil((grid - side) / step) + 1
    return tuple(min(i * step, grid - side) for i in range(count))


def importance(size: Sequence[int], mode: str, sigma_scale: float = 0.125) -> Floats:
    """Weights of a window's voxels.

    Args:
        mode: "constant", or "gaussian" for less weight at the edges.
        sigma_scale: Standard deviation as a share of the window's side.

    Raises:
        ValueError: Another mode.
    """
    if mode not in ("constant", "gaussian"):
        raise ValueError('mode is "constant" or "gaussian"')
    weight = np.ones(tuple(size), np.float32)
    if mode == "gaussian":
        for axis, side in enumerate(size):
            place = np.arange(side, dtype=np.float32) - (side - 1) / 2.0
            curve = np.exp(place**2 / (-2 * (side * sigma_scale) ** 2)).astype(np.float32)
            weight *= curve.reshape([-1 if i == axis else 1 for i in range(3)])
    return np.maximum(weight, max(float(weight.min()), LEAST_WEIGHT), dtype=np.float32)


def tiles(plan: Windows, classes: int, halo: int, limit: int = SLAB_BYTES) -> list[Box]:
    """Cut the plane across the slab's axis so that a slab of output stays below a limit.

    Args:
        halo: Planes beyond a tile that its edge needs for interpolation.

    Returns:
        Boxes of the padded grid, whole along the slab's axis; they share `halo` planes.
    """
    axis = plan.axis
    others = [i for i in range(3) if i != axis]
    cuts = [1, 1]
    # Weights of the windows take one channel more.
    while _tile_bytes(plan, classes + 1, others, cuts, halo) > limit:
        longer = max((0, 1), key=lambda i: plan.grid[others[i]] / cuts[i])
        if plan.grid[others[longer]] // cuts[longer] <= 1:
            break
        cuts[longer] += 1
    edges = [
        [(a, min(b + halo, plan.grid[axis_])) for a, b in _split(plan.grid[axis_], cut)]
        for axis_, cut in zip(others, cuts, strict=True)
    ]
    boxes = []
    for first in edges[0]:
        for second in edges[1]:
            box = [(0, plan.grid[axis])] * 3
            box[others[0]], box[others[1]] = first, second
            boxes.append((box[0], box[1], box[2]))
    return boxes


def _tile_bytes(
    plan: Windows, channels: int, others: Sequence[int], cuts: Sequence[int], halo: int
) -> int:
    sides = [ceil(plan.grid[a] / cut) + halo for a, cut in zip(others, cuts, strict=True)]
    return channels * plan.size[plan.axis] * prod(sides) * 4


def _split(length: int, parts: int) -> list[tuple[int, int]]:
    edges = [length * i // parts for i in range(parts + 1)]
    return list(pairwise(edges))


def slabs(
    source: Source,
    network: Network,
    plan: Windows,
    weight: Floats,
    tile: Box,
    batch: int = 1,
) -> Iterator[Slab]:
    """Run a network over a tile and hand out planes as soon as they are final.

    Args:
        source: The network's input; asked for one window at a time.
        network: What it raises ends the run.
        plan: From `windows`.
        weight: From `importance`.
        tile: Part of the padded grid that is wanted; from `tiles`.
        batch: Windows of one call.
    """
    axis = plan.axis
    held: Floats | None = None
    total = np.zeros(_sides(tile, axis, plan.size[axis]), np.float32)
    for at, start in enumerate(plan.starts[axis]):
        for box, values in _answers(source, network, plan, start, tile, batch):
            if held is None:
                held = np.zeros((values.shape[0], *total.shape), np.float32)
            _add(held, total, values, weight, box, tile, start, axis)
        assert held is not None
        rest = plan.starts[axis][at + 1 :]
        step = rest[0] - start if rest else plan.size[axis]
        # In pieces, so that what follows holds a part of the slab a second time and not all of it.
        for first in range(0, step, max(1, plan.size[axis] // PIECES)):
            done = _planes(axis, first, min(first + max(1, plan.size[axis] // PIECES), step))
            values = held[(slice(None), *done)] / total[done]
            yield from _unpadded(plan, values, tile, start + first, axis)
        if rest:
            _move_up(held, total, step, axis)


def _sides(tile: Box, axis: int, depth: int) -> Triple:
    sides = [stop - start for start, stop in tile]
    sides[axis] = depth
    return _triple(sides)


def _planes(axis: int, start: int, stop: int | None) -> tuple[slice, slice, slice]:
    index = [slice(None)] * 3
    index[axis] = slice(start, stop)
    return (index[0], index[1], index[2])


def _answers(
    source: Source, network: Network, plan: Windows, start: int, tile: Box, batch: int
) -> Iterator[tuple[Box, Floats]]:
    """The network's output for each window at one place of the slab's axis that meets the tile."""
    boxes = [box for box in _boxes(plan, start) if _meets(box, tile)]
    for first in range(0, len(boxes), batch):
        group = boxes[first : first + batch]
        output = network(np.stack([source(box) for box in group]))
        yield from zip(group, output, strict=True)


def _boxes(plan: Windows, start: int) -> Iterator[Box]:
    axes = [(start,) if axis == plan.axis else plan.starts[axis] for axis in range(3)]
    a, b, c = plan.size
    for x in axes[0]:
        for y in axes[1]:
            for z in axes[2]:
                yield ((x, x + a), (y, y + b), (z, z + c))


def _meets(box: Box, tile: Box) -> bool:
    return all(a < d and c < b for (a, b), (c, d) in zip(box, tile, strict=True))


def _add(
    held: Floats,
    total: Floats,
    values: Floats,
    weight: Floats,
    box: Box,
    tile: Box,
    start: int,
    axis: int,
) -> None:
    """Add one window's weighted output to the slab."""
    inside, target = [], []
    for i, ((a, b), (c, d)) in enumerate(zip(box, tile, strict=True)):
        low, high = (a, b) if i == axis else (max(a, c), min(b, d))
        base = start if i == axis else c
        inside.append(slice(low - a, high - a))
        target.append(slice(low - base, high - base))
    part = weight[tuple(inside)]
    held[(slice(None), *target)] += values[(slice(None), *inside)] * part
    total[tuple(target)] += part


def _unpadded(plan: Windows, values: Floats, tile: Box, start: int, axis: int) -> Iterator[Slab]:
    """The slab without what was padded, in indices of the image."""
    box, inside = [], []
    for i in range(3):
        low = start if i == axis else tile[i][0]
        high = low + values.shape[1 + i]
        first, last = plan.padding[i], plan.padding[i] + plan.shape[i]
        a, b = max(low, first), min(high, last)
        box.append((a - first, b - first))
        inside.append(slice(a - low, b - low))
    if all(b > a for a, b in box):
        yield Slab((box[0], box[1], box[2]), values[(slice(None), *inside)])


def _move_up(held: Floats, total: Floats, step: int, axis: int) -> None:
    """Bring the planes that later windows reach to the front, and empty the others."""
    keep = total.shape[axis] - step
    front, back = _planes(axis, 0, keep), _planes(axis, step, None)
    if keep > 0:
        for channel in held:
            channel[front] = channel[back].copy()
        total[front] = total[back].copy()
    rest = _planes(axis, max(keep, 0), None)
    held[(slice(None), *rest)] = 0
    total[rest] = 0
