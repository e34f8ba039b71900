"""Outline what was clicked in a CT, slice by slice, from the click outward.

The network sees one slice with two neighbours on each side, the outline of the slice before, and
the clicks. Eight walks start at the click and close beside it, one for each orientation of the
square; the outline is their mean, and their spread says how sure it is. Numpy and SciPy alone: the
network comes as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medimg.inference.outlining.inputs import (
    ORIENTATIONS,
    Plane,
    from_patch,
    in_patch,
    turned,
    turned_back,
)
from medimg.inference.outlining.window import (
    PATCHES,
    Clicks,
    Index,
    Mask,
    Stack,
    Walk,
    Window,
    cut_out,
    inputs_of,
    left_out,
)

#: Logits (n, size, size) of inputs (n, CHANNELS, size, size).
Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]

#: How far walks begin from the click.
JITTER_MM = 0.8
#: Walks go on through parts from this probability on, chosen on a third of the first fold: a half
#: gives outlines 5 % too small.
PART = 0.45
#: One click alone is answered from this score on, chosen on two folds: it refuses 0.2 % of the
#: clicks on nodules and two fifths of the false outlines.
ACCEPTED = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """What was outlined.

    Attributes:
        offset: Index of the first voxel of `probability` in the scan.
        probability: [slice, row, column], mean of the walks.
        walks: The same of each walk, thresholded: (walks, slice, row, column).
        score: Highest probability within 1.5 mm of the first click; a single click of a low
            score outlines nothing.
        is_large: The outline reaches the edge of what the network sees.
        is_cut: The outline reaches the first or last slice of the scan.
    """

    offset: tuple[int, int, int]
    probability: Stack
    walks: Mask
    score: float
    is_large: bool = False
    is_cut: bool = False

    @property
    def spread(self) -> float:
        """Standard deviation of the logarithm of the walks' volumes."""
        return float(np.std(np.log(self.walks.sum(axis=(1, 2, 3)) + 1.0)))

    @property
    def mask(self) -> Mask:
        """Voxels that belong to the outline."""
        return self.probability >= PART


def _probabilities(
    window: Window, walks: Sequence[Walk], inputs: Sequence[Plane], network: Network
) -> list[Plane]:
    """Each walk's probabilities on the window's slice."""
    shown = [turned(x, walk.orientation) for x, walk in zip(inputs, walks, strict=True)]
    logits = network(np.ascontiguousarray(np.stack(shown)))
    _, rows, columns = window.hu.shape
    planes = []
    for walk, logit in zip(walks, logits, strict=True):
        patch = 1 / (1 + np.exp(-turned_back(logit, walk.orientation)))
        down = from_patch(rows, walk.centre[0], window.spacing_mm[1], window.patch)
        across = from_patch(columns, walk.centre[1], window.spacing_mm[2], window.patch).T
        planes.append((down @ patch @ across).astype(np.float32))
    return planes


def _reaches_edge(plane: Plane, walk: Walk, window: Window) -> bool:
    """Whether an outline ends at the edge of the patch, within a pixel, and not at its own."""
    rows, columns = np.nonzero(plane >= PART)
    if not rows.size:
        return False
    limit = (window.patch - 1) / 2 - 1
    places = (rows.astype(np.float64), columns.astype(np.float64))
    return any(
        float(np.abs(in_patch(place, centre, mm, 1)).max()) >= limit
        for place, centre, mm in zip(places, walk.centre, window.spacing_mm[1:], strict=True)
    )


def _joined(plane: Plane, touching: Mask) -> Plane:
    """The parts of the outline that touch a mask, with their soft edge."""
    parts, _ = ndimage.label(plane >= PART, structure=np.ones((3, 3)))
    kept = np.setdiff1d(parts[touching], [0])
    if not kept.size:
        return np.zeros_like(plane)
    edge = ndimage.binary_dilation(np.isin(parts, kept), iterations=2)
    other = (parts > 0) & ~np.isin(parts, kept)
    return np.where(edge & ~other, plane, 0).astype(np.float32)


def _middle(plane: Plane) -> tuple[float, float]:
    rows, columns = ndimage.center_of_mass(plane >= PART)
    return float(rows), float(columns)


def _begin(window: Window, seed: Index, network: Network) -> tuple[list[Walk], float]:
    """Outline the slice of the click by all walks; the score is their mean at the click."""
    at = round(seed[0])
    empty = np.zeros(window.hu.shape[1:], np.float32)
    walks, firsts = [], []
    for orientation in range(ORIENTATIONS):
        angle = 2 * np.pi * orientation / (ORIENTATIONS - 1)
        shift = JITTER_MM if orientation else 0.0
        first = (
            seed[0],
            seed[1] + shift * np.sin(angle) / window.spacing_mm[1],
            seed[2] + shift * np.cos(angle) / window.spacing_mm[2],
        )
        firsts.append(first)
        walks.append(Walk(orientation, (first[1], first[2]), empty))
    inputs = [
        inputs_of(window, walk, at, 1 if walk.orientation % 2 else -1, first)
        for walk, first in zip(walks, firsts, strict=True)
    ]
    planes = _probabilities(window, walks, inputs, network)
    near = window.near(seed)
    score = float(np.mean(planes, axis=0)[near].max())
    for walk, plane in zip(walks, planes, strict=True):
        walk.found[at] = _joined(plane, near)
        walk.is_large |= _reaches_edge(walk.found[at], walk, window)
    return walks, score


def _go(window: Window, walks: Sequence[Walk], begin: int, way: int, network: Network) -> None:
    """Take walks outward until each finds nothing, or the scan ends."""
    at = begin
    under_way = [walk for walk in walks if (walk.found[begin] >= PART).any()]
    for walk in under_way:
        walk.earlier = walk.found[begin]
        walk.centre = _middle(walk.earlier)
    while under_way:
        at += way * window.stride
        if not 0 <= at < len(window.hu):
            return
        inputs = [inputs_of(window, walk, at, way, None) for walk in under_way]
        planes = _probabilities(window, under_way, inputs, network)
        going = []
        for walk, plane in zip(under_way, planes, strict=True):
            touching = ndimage.binary_dilation(walk.earlier >= PART, iterations=2)
            kept = _joined(plane, touching)
            walk.found[at] = kept
            walk.is_large |= _reaches_edge(kept, walk, window)
            if (kept >= PART).any():
                walk.earlier, walk.centre = kept, _middle(kept)
                going.append(walk)
        under_way = going


def _between(found: dict[int, Plane], stride: int, shape: tuple[int, ...]) -> Stack:
    """Probabilities in every slice; between two that were outlined, a mean of both."""
    out = np.zeros(shape, np.float32)
    for at, plane in found.items():
        out[at] = plane
        for step in range(1, stride):
            for way in (-1, 1):
                if 0 <= at + way * step < len(out):
                    out[at + way * step] += plane * (1 - step / stride)
    return out


def _walked(window: Window, seed: Index, network: Network) -> tuple[list[Stack], float, bool]:
    """All walks from one seed, the score there, and whether most reach the edge of a patch."""
    for size in PATCHES:
        window = replace(window, patch=size)
        walks, score = _begin(window, seed, network)
        for way in (-1, 1):
            _go(window, walks, round(seed[0]), way, network)
        large = sum(walk.is_large for walk in walks) > len(walks) / 2
        if not large:
            break
    stacks = [_between(walk.found, window.stride, window.hu.shape) for walk in walks]
    return stacks, score, large


def _of_seeds(probability: Stack, window: Window, seeds: Sequence[Index]) -> Stack:
    """The connected parts that hold a seed."""
    parts, _ = ndimage.label(probability >= PART, structure=np.ones((3, 3, 3)))
    kept: set[int] = set()
    for seed in seeds:
        kept |= set(np.unique(parts[round(seed[0])][window.near(seed)]).tolist())
    away = (parts > 0) & ~np.isin(parts, list(kept - {0}))
    return np.where(away, 0, probability).astype(np.float32)


def outline(
    hu: NDArray[np.float32],
    spacing_mm: tuple[float, float, float],
    clicks: Clicks,
    network: Network,
) -> Outline:
    """Outline what clicks point at.

    Args:
        hu: [slice, row, column] in HU.
        spacing_mm: Step along each axis.
        clicks: At least one plus click or a box, inside the scan.
        network: Logits of batches of inputs.

    Returns:
        The outline in every slice; empty where there is nothing to outline at the click.

    Raises:
        ValueError: There is neither a plus click nor a box.
    """
    if not clicks.seeds():
        raise ValueError("an outline begins with a click or a box")
    window, offset = cut_out(hu, spacing_mm, clicks)
    ruled_out = left_out(window)
    seeds = window.clicks.seeds()
    stacks, score, large = _walked(window, seeds[0], network)
    for seed in seeds[1:]:
        if np.mean([s[round(seed[0])][window.near(seed)].max() for s in stacks]) < PART:
            more, _, more_large = _walked(window, seed, network)
            stacks = [np.maximum(a, b) for a, b in zip(stacks, more, strict=True)]
            large |= more_large
    is_refused = len(seeds) == 1 and score < ACCEPTED
    walks = np.where(ruled_out | is_refused, 0, np.stack(stacks)).astype(np.float32)
    mean = _of_seeds(walks.mean(axis=0), window, seeds)
    slices = np.flatnonzero((mean >= PART).any(axis=(1, 2))) + offset[0]
    cut = bool(slices.size and (slices[0] == 0 or slices[-1] == len(hu) - 1))
    return Outline(offset, mean, walks >= PART, score, large, cut)
