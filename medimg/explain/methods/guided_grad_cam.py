"""Guided Grad-CAM."""

from __future__ import annotations

import torch

from medimg.explain.methods.cells import of_layer, widened
from medimg.explain.methods.grad_cam import cam
from medimg.explain.methods.guided_backprop import guided
from medimg.explain.question import Effort, Evidence, Question, array_of


def guided_grad_cam(question: Question, effort: Effort) -> Evidence:
    """Multiply guided backpropagation by Grad-CAM.

    Selvaraju et al., ICCV 2017. Captum's class does the same product with its own interpolation;
    ours widens the cells as every other map here does, so that both parts lie on the same pixels.

    Raises:
        PackageRefused: A map of this layer would be wrong, or a ReLU is a function.
    """
    cells, first = cam(question, effort)
    parts, second = guided(question, effort)
    mask = torch.from_numpy(widened(cells, question))[None, None].to(parts)
    return Evidence(array_of(parts * mask), of_layer(cells, question), first + second)
