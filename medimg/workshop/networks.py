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
        inputs, outputs: Its arguments for channels in and out.
        side: Name of its argument for the image's rows and columns; empty where any size fits.
        multiple: Rows and columns must be a multiple of this.
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
        if side % self.multiple:
            raise InputRefused(
                f"{self.target} needs rows and columns that are a multiple of {self.multiple}, "
                f"not {side}. Change the size in the preparation."
            )
        found: Definition = {"_target_": self.target, **self.arguments}
        found |= {self.inputs: channels, self.outputs: outputs}
        return {**found, self.side: [side, side]} if self.side else found


_OURS = "medimg.inference.networks"
_LITE_BODY = ("encoder.stem", *(f"encoder.stages.{stage}" for stage in range(7)), "head")
_IMAGENET = "lite0-imagenet"
_LITE = "Tan and Le, EfficientNet, ICML 2019 (Lite0)"

NETWORKS: dict[str, Network] = {
    "efficientnet-lite0": Network(
        "classify",
        f"{_OURS}.EfficientNetLite0",
        _LITE_BODY,
        "head",
        _LITE,
        multiple=32,
        weights=_IMAGENET,
    ),
    "lite-opacity": Network(
        "classify",
        f"{_OURS}.LiteOpacityNet",
        _LITE_BODY,
        "head",
        _LITE,
        multiple=32,
        outputs="",
        weights=_IMAGENET,
    ),
    "lite-unet": Network(
        "segment",
        f"{_OURS}.LiteUNet",
        _LITE_BODY[:-1],
        "decoder.2.mix",
        f"{_LITE}; Ronneberger and others, U-Net, MICCAI 2015",
        outputs="out_channels",
        multiple=32,
        weights=_IMAGENET,
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
