"""The methods that ask a model why: one function each, all with one signature, in one table.

Integrated gradients are signed: zero means that a pixel changed nothing. Grad-CAM keeps its ReLU,
as published: below zero it has no fixed meaning (each cell carries its share of the classifier's
constant), and drawn with its sign it paints the whole of a film without the finding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerGradCam
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from medimg.explain.layer_check import layer_of

#: Turns what the network gives for n images into the n numbers that are explained.
Score = Callable[[Tensor], Tensor]

#: Points of the path of integrated gradients; the next is tried when the sum does not add up.
STEPS = (25, 50)
#: Images a pass along that path: bounds the memory (captum issues 245, 538, 632, 1350).
PATH_BATCH = 8
#: Largest gap between the map's sum and the score's change, as a share of that change.
COMPLETENESS_TOLERANCE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What one method says of one image.

    Attributes:
        map: (rows, columns) float32 on the network's input grid, positive where the image speaks
            for the finding.
        parameters: (name, value) pairs that say how it was made.
    """

    map: NDArray[np.float32]
    parameters: tuple[tuple[str, str], ...]


#: `method(model, image, score, layer)`; image (1, channels, rows, columns).
Method = Callable[[nn.Module, Tensor, Score, str], Evidence]


class _Scored(nn.Module):
    """A model and the number to be explained as one network, as Captum wants it."""

    def __init__(self, model: nn.Module, score: Score) -> None:
        super().__init__()
        self.model = model
        self.score = score

    def forward(self, images: Tensor) -> Tensor:
        """(n,) scores of (n, channels, rows, columns) images."""
        return self.score(self.model(images))


def grad_cam(model: nn.Module, image: Tensor, score: Score, layer: str) -> Evidence:
    """Weigh a layer's channels by their mean gradient and add them up.

    Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
    Localization", ICCV 2017; for a segmentation, with the logits of a region as the score:
    Vinogradova et al., "Towards Interpretable Semantic Segmentation via Gradient-weighted Class
    Activation Mapping", AAAI 2020.

    Args:
        layer: Dotted name of the layer; its grid is widened to the image's linearly.

    Raises:
        PackageRefused: A map of this layer would be wrong.
    """
    image = image.detach().clone()
    chosen = layer_of(model, layer, image)
    with torch.inference_mode(False), torch.enable_grad():
        coarse = LayerGradCam(_Scored(model, score), chosen).attribute(
            image, attribute_to_layer_input=False, relu_attributions=True
        )
    # align_corners=False: cells and pixels are areas, and keep their centres.
    wide = functional.interpolate(
        coarse.detach(), size=image.shape[2:], mode="bilinear", align_corners=False
    )
    rows, columns = coarse.shape[2:]
    return Evidence(
        wide[0, 0].numpy(force=True).astype(np.float32),
        (("layer", layer), ("cells", f"{rows} × {columns}")),
    )


def integrated_gradients(
    model: nn.Module, image: Tensor, score: Score, layer: str = ""
) -> Evidence:
    """Add up the gradients on the straight way from an empty image to this one.

    Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks", ICML 2017. The sum of
    the map is the score's change (completeness); how well that holds is kept in the parameters.
    The empty image is one grey, the mean of this image: from black, all that is dark in the image
    (a lung) could never count.

    Args:
        layer: Not used; the evidence lies on the image itself.
    """
    image = image.detach().clone()
    scored = _Scored(model, score)
    empty = torch.full_like(image, float(image.mean()))
    for steps in STEPS:
        with torch.inference_mode(False), torch.enable_grad():
            parts, gap = IntegratedGradients(scored).attribute(
                image,
                baselines=empty,
                n_steps=steps,
                internal_batch_size=PATH_BATCH,
                return_convergence_delta=True,
            )
        change = float(parts.sum() - gap.sum())
        error = abs(float(gap.sum())) / max(abs(change), torch.finfo(torch.float32).tiny)
        if error <= COMPLETENESS_TOLERANCE:
            break
    return Evidence(
        parts.detach().sum(dim=1)[0].numpy(force=True).astype(np.float32),
        (
            ("steps", str(steps)),
            ("baseline", f"one grey, the image's mean ({float(image.mean()):.3f})"),
            ("score against the baseline", f"{change:+.3f}"),
            ("completeness error", f"{100 * error:.1f} %"),
        ),
    )


#: In the order in which they are offered.
METHODS: dict[str, Method] = {
    "grad-cam": grad_cam,
    "integrated-gradients": integrated_gradients,
}
