"""Stacks with and without the finding that may be compared: cut from one patient, equally long.

Where every patient has the finding, a stack without it can only be cut from the slices away from
it. A case's score is the highest of its slices, so it grows with their number: a whole stack
against a short run of clear slices would make any model look specific.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

# Fewer slices without the finding are not a stand-in for a stack without it.
FEWEST = 4
# Slices beside the finding may hold a part of it that was not drawn.
MARGIN = 1

Rows = NDArray[np.int64]


def equal_stacks(present: NDArray[np.bool_]) -> tuple[tuple[Rows, bool], ...]:
    """Slices of each stack to compare, and whether the finding is in it.

    Args:
        present: Per slice, whether the finding was drawn there.

    Returns:
        Both the slices away from the finding and as many neighbouring slices that hold the most of
        it; nothing where too few are clear. A case without the finding is one stack, whole.
    """
    if not present.any():
        return ((np.arange(present.size), False),)
    near = np.convolve(present, np.ones(2 * MARGIN + 1), mode="same") > 0
    clear = np.flatnonzero(~near)
    if clear.size < FEWEST:
        return ()
    held = np.convolve(present, np.ones(clear.size), mode="valid")
    starts = np.flatnonzero(held == held.max())
    start = int(starts[starts.size // 2])
    return ((np.arange(start, start + clear.size), True), (clear, False))


def scored(
    present: NDArray[np.bool_],
    probability: NDArray[np.float32],
    score: Callable[[NDArray[np.float32]], float],
) -> tuple[tuple[float, bool], ...]:
    """Score of each stack of `equal_stacks`, and whether the finding is in it.

    Args:
        probability: [slice, row, column].
    """
    return tuple((score(probability[rows]), truth) for rows, truth in equal_stacks(present))
