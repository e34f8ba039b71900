"""Networks that can be trained: one table of what each needs and how its parts are called.

A row describes; the classes themselves are MONAI's, torch's or, where neither has one without a
download, `medimg.inference.networks`'. What a package runs is the `network_def` made here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn

from medimg.values.errors import InputRefused

Definition = dict[str, Any]


@runtime_checkable
class SaysWhere(Protocol):
    """A classifier that also gives a coarse map, and scores with both."""

    class_weight: Tensor
    map_weight: Tensor
    bias: Tensor

    def parts(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Class logits (n, k) and map logits (n, 1, r, c)."""
        ...

    def components(self, logits: Tensor, cells: Tensor) -> tuple[Tensor, Tensor]:
        """Class log-odds (n,) and mean of the highest map cells (n,)."""
        ...


@dataclass(frozen=True, slots=True)
class Network:
    """What is known of one network.

    Attributes:
        task: Key of `tasks.TASKS`.
        target: Name of its class, as a package's configuration gives it.
        body: Names of its parts from the input on, that may keep their weights (`frozen`) and
            have a rate of their own; the rest is new for each task.
        layer: Module that Grad-CAM looks at.
        arguments: Fixed arguments of the class.
        inputs, outputs: Its arguments for channels in and out; empty where the number is fixed.
        side: Name of its argument for the image's rows and columns; empty where any size fits.
        multiple: Rows and columns must be a multiple of this.
        smallest: Fewest rows and columns.
        weights: Key of `initial.WEIGHTS`; empty where a training begins at random.
        source: The paper.
    """

    task: str
    target: str
    body: tuple[str, ...]
    layer: str
    source: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    inputs: str = "in_channels"
    outputs: str = "num_classes"
    side: str = ""
    multiple: int = 1
    smallest: int = 1
    weights: str = ""

    def definition(self, channels: int, outputs: int, side: int) -> Definition:
        """The `network_def` of a package.

        Args:
            channels: Of the input.
            outputs: Logits or maps.
            side: Rows and columns of the input.

        Raises:
            InputRefused: The side does not fit.
        """
        if side % self.multiple or side < self.smallest:
            raise InputRefused(
                f"{self.target} needs rows and columns that are a multiple of {self.multiple} and "
                f"at least {self.smallest}, not {side}. Change the size in the preparation."
            )
        found: Definition = {"_target_": self.target, **self.arguments, self.inputs: channels}
        if self.outputs:
            found[self.outputs] = outputs
        return {**found, self.side: [side, side]} if self.side else found


_OURS, _MONAI = "medimg.inference", "monai.networks.nets"
_IMAGENET = "lite0-imagenet"
_LITE_BODY = ("encoder.stem", *(f"encoder.stages.{stage}" for stage in range(7)), "head")
_LITE = "Tan and Le, EfficientNet, ICML 2019 (Lite0)"
_RESIDUAL = "He and others, Deep Residual Learning, CVPR 2016"
_VIT = "Dosovitskiy and others, An Image is Worth 16x16 Words, ICLR 2021"
_PLANES = {"spatial_dims": 2}


def _vgg(depth: int) -> Network:
    body = tuple(f"stages.{stage}" for stage in range(5))
    source = "Simonyan and Zisserman, VGG, ICLR 2015, with batch norms"
    target = f"{_OURS}.classic_networks.VGG"
    return Network("classify", target, body, "stages.4", source, {"depth": depth}, smallest=32)


def _resnet(block: str, layers: list[int]) -> Network:
    arguments = {
        **_PLANES,
        "block": block,
        "layers": layers,
        "block_inplanes": [64, 128, 256, 512],
        "conv1_t_stride": 2,
    }
    body = ("conv1", "bn1", "layer1", "layer2", "layer3", "layer4")
    target = f"{_MONAI}.ResNet"
    return Network(
        "classify", target, body, "layer4", _RESIDUAL, arguments, inputs="n_input_channels"
    )


def _vit(hidden: int, heads: int) -> Network:
    arguments = {
        "patch_size": 16,
        "hidden_size": hidden,
        "mlp_dim": 4 * hidden,
        "num_layers": 12,
        "num_heads": heads,
    }
    target = f"{_OURS}.attention_networks.VisionTransformer"
    body = ("patch_embedding", *(f"blocks.{block}" for block in range(12)), "norm")
    # The first convolution is the last place where cells still are an image.
    layer = "patch_embedding.patch_embeddings"
    return Network("classify", target, body, layer, _VIT, arguments, side="img_size", multiple=16)


def _segmenter(name: str, source: str, layer: str, multiple: int, **arguments: Any) -> Network:
    fixed = {**_PLANES, **arguments}
    return Network(
        "segment",
        f"{_MONAI}.{name}",
        (),
        layer,
        source,
        fixed,
        outputs="out_channels",
        multiple=multiple,
    )


NETWORKS: dict[str, Network] = {
    "lenet-5": Network(
        "classify",
        f"{_OURS}.classic_networks.LeNet5",
        ("features",),
        "features.4",
        "LeCun and others, Gradient-Based Learning, Proc. IEEE 1998",
        smallest=16,
    ),
    "alexnet": Network(
        "classify",
        f"{_OURS}.classic_networks.AlexNet",
        ("features",),
        "features.11",
        "Krizhevsky and others, NeurIPS 2012",
        smallest=64,
    ),
    "vgg-11": _vgg(11),
    "vgg-16": _vgg(16),
    "resnet-18": _resnet("basic", [2, 2, 2, 2]),
    "resnet-50": _resnet("bottleneck", [3, 4, 6, 3]),
    "densenet-121": Network(
        "classify",
        f"{_MONAI}.DenseNet121",
        ("features",),
        "features.norm5",
        "Huang and others, Densely Connected Networks, CVPR 2017",
        _PLANES,
        outputs="out_channels",
        smallest=32,
    ),
    "efficientnet-b0": Network(
        "classify",
        f"{_MONAI}.EfficientNetBN",
        ("_conv_stem", "_blocks", "_conv_head"),
        "_conv_head",
        "Tan and Le, EfficientNet, ICML 2019",
        {**_PLANES, "model_name": "efficientnet-b0"},
    ),
    "mobilenetv3-small": Network(
        "classify",
        f"{_OURS}.mobile_network.MobileNetV3Small",
        ("stem", "blocks", "last"),
        "last",
        "Howard and others, Searching for MobileNetV3, ICCV 2019",
    ),
    "efficientnet-lite0": Network(
        "classify",
        f"{_OURS}.networks.EfficientNetLite0",
        _LITE_BODY,
        "head",
        _LITE,
        multiple=32,
        weights=_IMAGENET,
    ),
    "lite-opacity": Network(
        "classify",
        f"{_OURS}.networks.LiteOpacityNet",
        _LITE_BODY,
        "head",
        _LITE,
        outputs="",
        multiple=32,
        weights=_IMAGENET,
    ),
    "vit-tiny": _vit(192, 3),
    "vit-small": _vit(384, 6),
    "convolutional-transformer": Network(
        "classify",
        f"{_OURS}.attention_networks.ConvolutionalTransformer",
        ("stem", "blocks"),
        "stem",
        "Xiao and others, Early Convolutions Help Transformers See Better, NeurIPS 2021",
        multiple=16,
    ),
    "lite-unet": Network(
        "segment",
        f"{_OURS}.networks.LiteUNet",
        _LITE_BODY[:-1],
        "decoder.2.mix",
        f"{_LITE}; Ronneberger and others, U-Net, MICCAI 2015",
        outputs="out_channels",
        multiple=32,
        weights=_IMAGENET,
    ),
    "unet": _segmenter(
        "UNet",
        "Ronneberger and others, U-Net, MICCAI 2015; Kerfoot and others, STACOM 2018",
        "model.1.submodule.1.submodule.1.submodule",
        8,
        channels=[16, 32, 64, 128],
        strides=[2, 2, 2],
        num_res_units=2,
    ),
    "segresnet": _segmenter(
        "SegResNet", "Myronenko, BrainLes 2018", "down_layers.3", 8, init_filters=16
    ),
    "swin-unetr": _segmenter(
        "SwinUNETR",
        "Hatamizadeh and others, Swin UNETR, BrainLes 2021",
        "decoder1",
        32,
        feature_size=12,
    ),
    "dynunet": _segmenter(
        "DynUNet",
        "Isensee and others, nnU-Net, Nature Methods 2021",
        "bottleneck",
        8,
        kernel_size=[3, 3, 3, 3],
        strides=[1, 2, 2, 2],
        upsample_kernel_size=[2, 2, 2],
        filters=[16, 32, 64, 128],
    ),
    "light-detector": Network(
        "detect",
        f"{_OURS}.detector_network.LightDetector",
        ("features",),
        "features.14",
        "Redmon and Farhadi, YOLO9000, CVPR 2017; Tian and others, FCOS, ICCV 2019",
        multiple=16,
    ),
}


def row_of(definition: Mapping[str, Any]) -> Network | None:
    """The row of a package's `network_def`; None for a network that is not in the table."""
    fitting = [
        row
        for row in NETWORKS.values()
        if row.target.rpartition(".")[2] == str(definition.get("_target_", "")).rpartition(".")[2]
        and all(definition.get(name) == value for name, value in row.arguments.items())
    ]
    return fitting[0] if fitting else None


def body_of(model: nn.Module, network: Network | None) -> list[tuple[str, nn.Module]]:
    """The named parts of a network's body, from the input on."""
    return [(name, model.get_submodule(name)) for name in (network.body if network else ())]


def state_of(model: nn.Module) -> dict[str, Tensor]:
    """A network's weights as they can be saved: a copy of each, since some share their memory."""
    return {name: value.detach().clone().contiguous() for name, value in model.state_dict().items()}
