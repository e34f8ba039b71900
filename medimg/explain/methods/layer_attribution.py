"""Gradient times activation at a layer."""

from __future__ import annotations

from captum.attr import LayerGradientXActivation

from medimg.explain.layer_check import layer_of
from medimg.explain.methods.cells import of_layer, widened
from medimg.explain.question import Effort, Evidence, Question, Scored, differentiable
from medimg.explain.sound_copy import sound_copy


def layer_attribution(question: Question, effort: Effort) -> Evidence:
    """Multiply a layer's output by its gradient and add the channels up.

    Shrikumar et al., "Not Just a Black Box: Learning Important Features Through Propagating
    Activation Differences", 2016. Under a mean and a linear layer this is the class activation
    map (Zhou et al., CVPR 2016), and its sum is the logit without its constant.

    Raises:
        PackageRefused: A map of this layer would be wrong.
    """
    model = sound_copy(question.model, question.image)
    chosen = layer_of(model, question.layer, question.image)
    scored = Scored(question, effort, model)
    with differentiable(question) as image:
        parts = LayerGradientXActivation(scored, chosen).attribute(image)
    cells = parts.detach().sum(dim=1, keepdim=True)
    return Evidence(widened(cells, question), of_layer(cells, question), 1.1 * scored.images)
