"""Tiny networks of MONAI in two and three dimensions, and a plain Captum call for each method."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from captum import attr
from monai.networks.nets.densenet import DenseNet
from monai.networks.nets.efficientnet import EfficientNetBN
from monai.networks.nets.resnet import ResNet
from monai.networks.nets.swin_unetr import SwinUNETR
from monai.networks.nets.unet import UNet
from monai.networks.nets.vit import ViT
from torch import Tensor, nn

from medimg.explain.baselines import BASELINES
from medimg.explain.methods import run
from medimg.explain.methods.feature_ablation import superpixels
from medimg.explain.question import Effort, Question, Scored
from medimg.explain.sound_copy import sound_copy
from medimg.explain.table import METHODS, Need, Value
from medimg.explain.targets import class_logit, region_logit
from medimg.values.errors import PackageRefused

SEGMENTS = 40
IN_PLACE = ("relu", {"inplace": True})


class First(nn.Module):
    """A network without the hidden states that it returns beside its logits."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        return self.network(images)[0]


@dataclass(frozen=True)
class Row:
    """A network, the side of its image, a layer for maps, and whether it gives an outline.

    SwinUNETR in 3-D needs 64 voxels a side, which takes minutes: it is left to its 2-D form.
    """

    make: Callable[[int], nn.Module]
    layer: str
    side: dict[int, int]
    outlines: bool = False


NETWORKS = {
    "DenseNet": Row(
        lambda d: DenseNet(
            d, 1, 2, init_features=8, growth_rate=4, block_config=(2, 2), act=IN_PLACE
        ),
        "features.norm5",
        {2: 64, 3: 32},
    ),
    "ResNet": Row(
        lambda d: ResNet(
            "basic", [1, 1, 1, 1], [4, 8, 8, 8], spatial_dims=d, n_input_channels=1, num_classes=2
        ),
        "layer4",
        {2: 64, 3: 32},
    ),
    "EfficientNet": Row(
        lambda d: EfficientNetBN(
            "efficientnet-b0", pretrained=False, spatial_dims=d, in_channels=1, num_classes=2
        ),
        "_conv_head",
        {2: 64, 3: 32},
    ),
    "ViT": Row(
        lambda d: First(
            ViT(
                1,
                (64,) * d if d == 2 else (32,) * d,
                (16,) * d,
                hidden_size=24,
                mlp_dim=48,
                num_layers=2,
                num_heads=2,
                classification=True,
                num_classes=2,
                post_activation="",
                spatial_dims=d,
            )
        ),
        "",
        {2: 64, 3: 32},
    ),
    "UNet": Row(
        lambda d: UNet(d, 1, 1, channels=(4, 8, 16), strides=(2, 2), act=IN_PLACE, num_res_units=1),
        "model.1.submodule.1.submodule",
        {2: 64, 3: 32},
        outlines=True,
    ),
    "SwinUNETR": Row(
        lambda d: SwinUNETR(
            1, 1, feature_size=12, spatial_dims=d, depths=(1, 1, 1, 1), num_heads=(1, 1, 1, 1)
        ),
        "encoder4",
        {2: 64},
        outlines=True,
    ),
}


def question(name: str, dimensions: int) -> Question:
    """A seeded network and a seeded image with a bright block, and what is asked about it."""
    row, side = NETWORKS[name], NETWORKS[name].side[dimensions]
    torch.manual_seed(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = row.make(dimensions).eval()
    image = 0.2 + 0.1 * torch.rand(1, 1, *(side,) * dimensions)
    image[(..., *(slice(side // 4, side // 2),) * dimensions)] += 0.5
    _settle(network, image + 0.2 * torch.rand(8, 1, *image.shape[2:]))
    region = torch.zeros((side,) * dimensions, dtype=torch.bool)
    region[(slice(side // 4, side // 2),) * dimensions] = True
    score = region_logit(0, region) if row.outlines else class_logit(1)
    return Question(network, image, score, row.layer)


def _settle(network: nn.Module, images: Tensor) -> None:
    """Give batch norms the statistics of some images, else a fresh network passes nothing on."""
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.momentum = None
        norm.reset_running_stats()
        norm.train()
    with torch.no_grad():
        network(images)
    for norm in norms:
        # Of maps of 2 x 2 cells some channels hardly vary; divided by that, others explode.
        norm.running_var.clamp_(min=0.1)
    network.eval()


def plain_captum(method: str, asked: Question, facts: dict[str, str]) -> np.ndarray:
    """The same map by one call of Captum on a network without in-place or re-used activations.

    Args:
        facts: Parameters of our map: steps and stride are taken from it.
    """
    model = Scored(
        Question(sound_copy(asked.model, asked.image), asked.image, asked.score), Effort()
    )
    empty = BASELINES["grey"](asked)
    image = asked.image.clone()
    layer = model.model.get_submodule(asked.layer) if asked.layer else None
    torch.manual_seed(Effort().seed)
    np.random.seed(Effort().seed)
    spread = float(image.max() - image.min())

    def gradcam() -> Tensor:
        cells = attr.LayerGradCam(model, layer).attribute(image, relu_attributions=True)
        return attr.LayerAttribution.interpolate(
            cells, asked.spatial, "bilinear" if image.ndim == 4 else "trilinear"
        )

    def layers() -> Tensor:
        parts = attr.LayerGradientXActivation(model, layer).attribute(image)
        return attr.LayerAttribution.interpolate(
            parts.sum(1, keepdim=True),
            asked.spatial,
            "bilinear" if image.ndim == 4 else "trilinear",
        )

    def path() -> Tensor:
        """The trapezoid rule, of the left one and the two ends."""

        def riemann(rule: str, steps: int) -> Tensor:
            return attr.IntegratedGradients(model).attribute(
                image, baselines=empty, n_steps=steps, method=rule
            )

        steps = int(facts["steps"])
        ends = 2 * (riemann("riemann_right", 2) - riemann("riemann_left", 2))
        return riemann("riemann_left", steps) + ends / (2 * steps)

    def ablation() -> Tensor:
        labels = torch.from_numpy(superpixels(asked, SEGMENTS))
        areas = torch.bincount(labels.ravel())[labels]
        return (
            attr.FeatureAblation(model).attribute(
                image, baselines=empty, feature_mask=labels[None, None]
            )
            / areas
        )

    stride = int(facts.get("stride", "1 px").split()[0])
    calls: dict[str, Callable[[], Tensor]] = {
        "grad-cam": gradcam,
        "layer-attribution": layers,
        "guided-backprop": lambda: attr.GuidedBackprop(model).attribute(image),
        "guided-grad-cam": lambda: attr.GuidedBackprop(model).attribute(image) * gradcam(),
        "integrated-gradients": path,
        "gradient-shap": lambda: (
            sum(
                attr.GradientShap(model).attribute(
                    image, baselines=empty, n_samples=8, stdevs=0.05 * spread
                )
                for _ in range(2)
            )
            / 2
        ),
        "deeplift": lambda: attr.DeepLift(model).attribute(image, baselines=empty),
        "saliency": lambda: attr.NoiseTunnel(attr.Saliency(model)).attribute(
            image, nt_type="smoothgrad", nt_samples=16, nt_samples_batch_size=8, stdevs=0.1 * spread
        ),
        "occlusion": lambda: attr.Occlusion(model).attribute(
            image,
            (1, *(2 * stride,) * len(asked.spatial)),
            strides=(1, *(stride,) * len(asked.spatial)),
            baselines=empty,
            perturbations_per_eval=8,
        ),
        "feature-ablation": ablation,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return calls[method]().detach().sum(dim=1)[0].numpy()


#: What keeps the comparison short; Captum is asked for the same.
SHORT: dict[str, dict[str, Value]] = {
    "integrated-gradients": {"most_steps": 16},
    "occlusion": {"cells": 6},
    "feature-ablation": {"segments": SEGMENTS},
}


@dataclass(frozen=True)
class Compared:
    """One method on one network: cost, completeness, and the largest difference to plain Captum.

    Attributes:
        reason: Why the method refuses the network; empty where it works.
        difference: As a share of the map's largest value; None where Captum has no such method.
    """

    reason: str = ""
    passes: float = 0.0
    gap: float | None = None
    difference: float | None = None


def compare(network: str, dimensions: int, method: str) -> Compared:
    """Run a method on a network and beside plain Captum."""
    asked = question(network, dimensions)
    needs_layer = METHODS[method].needs & {Need.LAYER, Need.OWN_MAP}
    if needs_layer and not asked.layer:
        return Compared("it has no layer of cells")
    if Need.OWN_MAP in METHODS[method].needs:
        return Compared("it has no map of its own")
    try:
        evidence = run(method, asked, Effort(), SHORT.get(method, {}))
    except PackageRefused as error:
        return Compared(str(error))
    difference = None
    if method != "attention-rollout":
        plain = plain_captum(method, asked, dict(evidence.parameters))
        difference = float(np.abs(plain - evidence.map).max() / max(np.abs(plain).max(), 1e-6))
    return Compared("", evidence.passes, evidence.gap, difference)
