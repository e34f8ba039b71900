"""Integrated gradients with as many steps as the sum needs."""

from __future__ import annotations

import torch
from captum.attr import IntegratedGradients
from torch import Tensor

from medimg.explain.baselines import BASELINES, words
from medimg.explain.question import Effort, Evidence, Question, Scored, array_of, differentiable

#: Points of the first path; each further path has twice as many, and takes over the former ones.
FIRST_STEPS = 8
#: Gradients that the two ends of the path take.
ENDS = 4


def integrated_gradients(
    question: Question, effort: Effort, *, baseline: str, most_steps: int, tolerance: float
) -> Evidence:
    """Add up the gradients on the straight way from an empty image to this one.

    Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks", ICML 2017. The sum of
    the map is the score's change (completeness). Paths of 8, 16, 32 … steps are tried until the
    sum is that near; what it still misses stands among the parameters. The rule is the
    trapezoid's: of a path with twice the steps only the middles are new, so that no gradient is
    computed twice.

    Args:
        baseline: Key of `BASELINES`.
        most_steps: Steps of the longest path.
        tolerance: Gap that ends the search, as a share of the score's change.
    """
    scored = Scored(question, effort)
    empty = BASELINES[baseline](question)
    with torch.inference_mode(False), torch.no_grad():
        ends = scored(torch.cat([empty, question.image]))
    change = float(ends[1] - ends[0])
    most = effort.within(most_steps + ENDS, 3.0, FIRST_STEPS + ENDS) - ENDS

    def sums(rule: str, steps: int) -> Tensor:
        return _sums(question, effort, scored, empty, rule, steps)

    def gap(parts: Tensor) -> float:
        return abs(float(parts.sum()) - change) / max(abs(change), _TINY)

    steps = FIRST_STEPS
    # Captum wants two steps at least; of two, the rules share the middle.
    ends_apart = 2 * (sums("riemann_right", 2) - sums("riemann_left", 2))
    parts = sums("riemann_left", steps) + ends_apart / (2 * steps)
    while gap(parts) > tolerance and 2 * steps <= most:
        parts = (parts + sums("riemann_middle", steps)) / 2
        steps *= 2
    return Evidence(
        array_of(parts),
        (
            ("steps", str(steps)),
            ("baseline", words(baseline, empty)),
            ("score against the baseline", f"{change:+.3f}"),
            ("completeness error", f"{100 * gap(parts):.1f} %"),
        ),
        3.0 * (steps + ENDS) + 2.0,
        gap(parts),
    )


_TINY = float(torch.finfo(torch.float32).tiny)


def _sums(
    question: Question, effort: Effort, scored: Scored, empty: Tensor, rule: str, steps: int
) -> Tensor:
    """Captum's map by one Riemann rule."""
    with differentiable(question) as image:
        parts: Tensor = IntegratedGradients(scored).attribute(
            image,
            baselines=empty,
            n_steps=steps,
            method=rule,
            # Bounds the memory (captum issues 245, 538, 632, 1350).
            internal_batch_size=min(effort.batch, steps),
        )
    return parts.detach()
