"""Gradient SHAP."""

from __future__ import annotations

import torch
from captum.attr import GradientShap

from medimg.explain.baselines import BASELINES, words
from medimg.explain.question import (
    Effort,
    Evidence,
    Question,
    Scored,
    array_of,
    differentiable,
    drawn,
)


def gradient_shap(
    question: Question, effort: Effort, *, baseline: str, samples: int, noise: float
) -> Evidence:
    """Average gradients at random points between an empty image and noisy copies of this one.

    Lundberg and Lee, "A Unified Approach to Interpreting Model Predictions", NeurIPS 2017
    (expected gradients). The random points are the seed's.

    Args:
        samples: Random points; the budget may lower it.
        noise: Standard deviation on the image, as a share of its range.
    """
    scored = Scored(question, effort)
    empty = BASELINES[baseline](question)
    count = effort.within(samples, 3.0)
    spread = noise * float(question.image.max() - question.image.min())
    total = torch.zeros_like(question.image)
    with drawn(effort), differentiable(question) as image:
        for begin in range(0, count, effort.batch):
            part = min(effort.batch, count - begin)
            found = GradientShap(scored).attribute(
                image, baselines=empty, n_samples=part, stdevs=spread
            )
            total += found.detach() * (part / count)
    facts = (("samples", str(count)), ("baseline", words(baseline, empty)))
    return Evidence(array_of(total), facts, 3.0 * scored.images)
