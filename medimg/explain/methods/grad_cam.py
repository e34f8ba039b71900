"""Grad-CAM."""

from __future__ import annotations

from captum.attr import LayerGradCam
from torch import Tensor

from medimg.explain.layer_check import layer_of
from medimg.explain.methods.cells import of_layer, widened
from medimg.explain.question import Effort, Evidence, Question, Scored, differentiable
from medimg.explain.sound_copy import sound_copy


def grad_cam(question: Question, effort: Effort) -> Evidence:
    """Weigh a layer's channels by their mean gradient and add them up.

    Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
    Localization", ICCV 2017; for a segmentation, with the logits of a region as the score:
    Vinogradova et al., "Towards Interpretable Semantic Segmentation via Gradient-weighted Class
    Activation Mapping", AAAI 2020. The ReLU is kept as published: below zero a cell has no fixed
    meaning (it carries its share of the classifier's constant).

    Raises:
        PackageRefused: A map of this layer would be wrong.
    """
    cells, passes = cam(question, effort)
    return Evidence(widened(cells, question), of_layer(cells, question), passes)


def cam(question: Question, effort: Effort) -> tuple[Tensor, float]:
    """(1, 1, …) cells of the layer, and the passes that they took."""
    model = sound_copy(question.model, question.image)
    chosen = layer_of(model, question.layer, question.image)
    scored = Scored(question, effort, model)
    with differentiable(question) as image:
        cells: Tensor = LayerGradCam(scored, chosen).attribute(
            image, attribute_to_layer_input=False, relu_attributions=True
        )
    # The graph begins at the layer: the backward pass crosses only what follows it.
    return cells.detach(), 1.1 * scored.images
