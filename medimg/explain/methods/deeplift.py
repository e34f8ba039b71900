"""DeepLIFT."""

from __future__ import annotations

import warnings

import torch
from captum.attr import DeepLift
from captum.attr._core import deep_lift

from medimg.explain.baselines import BASELINES, words
from medimg.explain.question import Effort, Evidence, Question, Scored, array_of, differentiable
from medimg.explain.sound_copy import ClippedReLU, refuse_unseen_relus, sound_copy

# Captum lacks a rule for ReLU6, and would pass a gradient of 0 on where it is clipped.
deep_lift.SUPPORTED_NON_LINEAR[ClippedReLU] = deep_lift.nonlinear


def deeplift(question: Question, effort: Effort, *, baseline: str) -> Evidence:
    """Spread the score's difference from an empty image over the pixels (rescale rule).

    Shrikumar, Greenside and Kundaje, "Learning Important Features Through Propagating Activation
    Differences", ICML 2017. Activations that Captum has no rule for pass their gradient on; what
    the sum misses by that is measured.

    Raises:
        PackageRefused: A ReLU is a function that no hook can see.
    """
    refuse_unseen_relus(question.model, question.image)
    scored = Scored(question, effort, sound_copy(question.model, question.image))
    empty = BASELINES[baseline](question)
    with differentiable(question) as image, warnings.catch_warnings():
        # Captum says on each call that it sets hooks, which is what it is called for.
        warnings.simplefilter("ignore", UserWarning)
        parts, missing = DeepLift(scored).attribute(
            image, baselines=empty, return_convergence_delta=True
        )
    change = float(parts.detach().sum() - missing.detach().sum())
    gap = abs(float(missing.detach().sum())) / max(abs(change), torch.finfo(torch.float32).tiny)
    facts = (
        ("baseline", words(baseline, empty)),
        ("score against the baseline", f"{change:+.3f}"),
        ("completeness error", f"{100 * gap:.1f} %"),
    )
    return Evidence(array_of(parts), facts, 6.0, gap)
