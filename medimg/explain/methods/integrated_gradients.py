"""Integrated gradients with as many steps as the sum needs."""

from __future__ import annotations

import torch
from captum.attr import IntegratedGradients
from torch import Tensor

from medimg.explain.baselines import BASELINES, words
from medimg.explain.question import Effort, Evidence, Question, Scored, array_of, differentiable

#: Points of the first path; each further path has twice as many.
FIRST_STEPS = 8


def integrated_gradients(
    question: Question, effort: Effort, *, baseline: str, most_steps: int, tolerance: float
) -> Evidence:
    """Add up the gradients on the straight way from an empty image to this one.

    Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks", ICML 2017. The sum of
    the map is the score's change (completeness). Paths of 8, 16, 32 … points are tried until the
    sum is that near; what it still misses stands among the parameters.

    Args:
        baseline: Key of `BASELINES`.
        most_steps: Points of the longest path.
        tolerance: Gap that ends the search, as a share of the score's change.
    """
    scored = Scored(question, effort)
    empty = BASELINES[baseline](question)
    with torch.inference_mode(False), torch.no_grad():
        ends = scored(torch.cat([empty, question.image]))
    change = float(ends[1] - ends[0])
    most, steps, done = effort.within(most_steps, 3.0), 0, 0
    gap = float("inf")
    # A path that was tried counts against the budget like the one that is kept.
    while gap > tolerance and steps < most:
        steps = min(2 * steps or FIRST_STEPS, most)
        parts = _path(question, effort, scored, empty, steps)
        done += steps
        gap = abs(float(parts.sum()) - change) / max(abs(change), torch.finfo(torch.float32).tiny)
        if effort.budget is not None and 3.0 * (done + 2 * steps) > effort.budget:
            break
    return Evidence(
        array_of(parts),
        (
            ("steps", str(steps)),
            ("baseline", words(baseline, empty)),
            ("score against the baseline", f"{change:+.3f}"),
            ("completeness error", f"{100 * gap:.1f} %"),
        ),
        3.0 * done + 2.0,
        gap,
    )


def _path(question: Question, effort: Effort, scored: Scored, empty: Tensor, steps: int) -> Tensor:
    with differentiable(question) as image:
        parts: Tensor = IntegratedGradients(scored).attribute(
            image,
            baselines=empty,
            n_steps=steps,
            # Bounds the memory (captum issues 245, 538, 632, 1350).
            internal_batch_size=min(effort.batch, steps),
        )
    return parts.detach()
