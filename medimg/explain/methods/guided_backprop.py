"""Guided backpropagation."""

from __future__ import annotations

import warnings

from captum.attr import GuidedBackprop
from torch import Tensor

from medimg.explain.question import Effort, Evidence, Question, Scored, array_of, differentiable
from medimg.explain.sound_copy import refuse_unseen_relus, sound_copy


def guided_backprop(question: Question, effort: Effort) -> Evidence:
    """Pass back only positive gradients through every ReLU.

    Springenberg et al., "Striving for Simplicity: The All Convolutional Net", ICLR 2015. Nie,
    Zhang and Patel (ICML 2018) show that it mostly rebuilds the image: its badge is to be read.

    Raises:
        PackageRefused: A ReLU is a function that no hook can see.
    """
    parts, passes = guided(question, effort)
    return Evidence(array_of(parts), (), passes)


def guided(question: Question, effort: Effort) -> tuple[Tensor, float]:
    """Guided gradients in the image's shape, and the passes that they took."""
    refuse_unseen_relus(question.model, question.image)
    scored = Scored(question, effort, sound_copy(question.model, question.image))
    with differentiable(question) as image, warnings.catch_warnings():
        # Captum says on each call that it sets hooks, which is what it is called for.
        warnings.simplefilter("ignore", UserWarning)
        parts: Tensor = GuidedBackprop(scored).attribute(image)
    return parts.detach(), 3.0 * scored.images
