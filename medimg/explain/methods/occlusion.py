"""Occlusion."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from medimg.explain.baselines import BASELINES, words
from medimg.explain.methods.hiding import scores_without
from medimg.explain.question import Effort, Evidence, Question


def occlusion(
    question: Question, effort: Effort, *, baseline: str, cells: int, window: int
) -> Evidence:
    """Hide a window at each place in turn; a pixel's evidence is the mean fall of the score.

    Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014. The same
    map as Captum's `Occlusion`, by another way: each window's mask is made once, nothing is kept
    for a backward pass, and the passes may go through the package's fastest runner.

    Args:
        cells: Places along the longest side, in a volume half as many; the budget may lower it.
        window: Side of the hidden part, in places.
    """
    if len(question.spatial) == 3:
        cells = -(-cells // 2)
    stride = _stride(question.spatial, effort, cells, window)
    size = tuple(min(window * stride, side) for side in question.spatial)
    begins = [_begins(n, w, stride) for n, w in zip(question.spatial, size, strict=True)]
    windows = [
        tuple(slice(b, b + w) for b, w in zip(place, size, strict=True))
        for place in product(*begins)
    ]
    fill = BASELINES[baseline](question)
    whole, without = scores_without(
        question, effort, fill, [_mask(question.spatial, one) for one in windows]
    )
    total, count = np.zeros(question.spatial), np.zeros(question.spatial)
    for at, value in zip(windows, without, strict=True):
        total[at] += whole - value
        count[at] += 1
    facts = (
        ("window", f"{' × '.join(map(str, size))} px"),
        ("stride", f"{stride} px"),
        ("baseline", words(baseline, fill)),
    )
    return Evidence((total / count).astype(np.float32), facts, len(windows) + 1)


def _stride(sides: tuple[int, ...], effort: Effort, cells: int, window: int) -> int:
    """Pixels between two places: as many places as are wanted, or as the budget allows."""
    stride = max(1, -(-max(sides) // cells))
    while effort.budget is not None and stride < max(sides):
        if _count(sides, window * stride, stride) + 1 <= effort.budget:
            break
        stride += 1
    effort.within(_count(sides, window * stride, stride) + 1, 1.0, least=2)
    return stride


def _count(sides: tuple[int, ...], size: int, stride: int) -> int:
    return int(np.prod([len(_begins(side, min(size, side), stride)) for side in sides]))


def _begins(side: int, size: int, stride: int) -> list[int]:
    """Where windows begin along one side: every stride; the last one may be cut by the edge."""
    return [stride * place for place in range(-(-(side - size) // stride) + 1)]


def _mask(sides: tuple[int, ...], at: tuple[slice, ...]) -> NDArray[np.bool_]:
    mask = np.zeros(sides, bool)
    mask[at] = True
    return mask
