"""Dictionary transforms of bundles as the array transforms that they stand for.

A bundle works on dictionaries, since it loads and saves files. Here arrays go in and come out:
each dictionary transform has an array transform of the same arguments, and steps that load, save
or move to a device are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from medimg.inference.allowed import ALLOWED
from medimg.inference.bundles.expressions import ChannelMerge, Device
from medimg.values.errors import PackageRefused

Step = dict[str, Any]

#: Loading, saving and bookkeeping, which arrays do not need.
LEFT_OUT = frozenset(
    (
        *("LoadImage", "SaveImage", "EnsureChannelFirst", "EnsureType", "AddChannel"),
        *("ToTensor", "ToNumpy", "ToDevice", "DeleteItems", "SelectItems", "SqueezeDim"),
    )
)
#: Arguments by which dictionary transforms choose entries, and that array transforms lack.
_KEYS = frozenset(
    (
        *("keys", "allow_missing_keys", "meta_keys", "meta_key_postfix", "image_only"),
        *("source_key", "overwrite", "transform", "orig_keys", "orig_meta_keys"),
        *("nearest_interp", "to_tensor", "device", "track_meta", "wrap_sequence", "data_type"),
    )
)
_TARGET, _OFF, _NOTE = "_target_", "_disabled_", "_desc_"
#: What a bundle needs that this program does not ship.
_FOREIGN = {
    "scripts.": "the bundle's own scripts",
    "monai.apps.detection": "MONAI's detection operators, which need torchvision",
    "monai.apps.": "a MONAI application",
    "TorchVisionFCModel": "torchvision",
    "RetinaNet": "MONAI's detection operators, which need torchvision",
    "Masked": "whole-slide images",
}


@dataclass(frozen=True, slots=True)
class Grid:
    """The network's grid, as the spatial steps of a bundle ask for it.

    Attributes:
        orientation: Where the axes run to, such as "RAS"; empty where the bundle leaves them.
        spacing_mm: None where the bundle leaves the spacing.
    """

    orientation: str = ""
    spacing_mm: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class After:
    """What happens to the network's output.

    Attributes:
        activation: "softmax", "sigmoid" or empty.
        is_inverted_first: Probabilities come back onto the image's grid before the decision.
        steps: The decision and what follows it, as array transforms.
        notes: What was left out, in words.
    """

    activation: str = ""
    is_inverted_first: bool = True
    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)


def name_of(step: Mapping[str, Any]) -> str:
    """The class that a description names, without module and without the mark of a dictionary.

    Raises:
        PackageRefused: It needs something that is not shipped.
    """
    full = str(step.get(_TARGET, ""))
    for start, what in _FOREIGN.items():
        if full.startswith(start) or full.rpartition(".")[2].startswith(start):
            raise PackageRefused(f'The configuration asks for "{full}": it needs {what}.')
    short = full.rpartition(".")[2]
    known = ALLOWED["monai.transforms"].keys() | LEFT_OUT | {"Invert", "Lambda"}
    base = short.removesuffix("d") if short.removesuffix("d") in known else short
    return base.removesuffix("Dict")


def transforms_of(part: Any) -> list[Mapping[str, Any]]:
    """The steps of a Compose, of nested ones too, or of a single transform.

    Raises:
        PackageRefused: The part is not made of transforms.
    """
    if part is None:
        return []
    if isinstance(part, Sequence) and not isinstance(part, str):
        return [step for item in part for step in transforms_of(item)]
    if not isinstance(part, Mapping) or _TARGET not in part:
        raise PackageRefused("A part of the configuration should be a transform, and is not.")
    if part.get(_OFF):
        return []
    if name_of(part) == "Compose":
        return transforms_of(part.get("transforms", []))
    return [part]


def array_step(step: Mapping[str, Any]) -> Step:
    """The array transform of a dictionary transform, with the arguments that both have."""
    arguments = {
        key: value
        for key, value in step.items()
        if key not in (*_KEYS, _TARGET, _OFF, _NOTE) and not isinstance(value, Device)
    }
    return {_TARGET: name_of(step), **{key: _single(value) for key, value in arguments.items()}}


def _single(value: Any) -> Any:
    """One value for one key: `mode: ["bilinear"]` is "bilinear"."""
    is_listed = isinstance(value, list) and len(value) == 1 and isinstance(value[0], str)
    return value[0] if is_listed else value


def before(part: Any) -> tuple[Grid, list[Step]]:
    """Split preprocessing into the network's grid and the steps on its values.

    Raises:
        PackageRefused: A step is not known, or spatial and grey steps are mixed in an order that
            cannot be kept.
    """
    grid = Grid()
    steps: list[Step] = []
    for step in map(dict, transforms_of(part)):
        name = name_of(step)
        if name in LEFT_OUT:
            continue
        if name == "Orientation":
            grid = Grid(str(step.get("axcodes", "")), grid.spacing_mm)
        elif name == "Spacing":
            if steps:
                raise PackageRefused("The bundle changes grey values before the spacing.")
            pixdim = step.get("pixdim", ())
            sides = pixdim if isinstance(pixdim, list) else [pixdim] * 3
            grid = Grid(grid.orientation, tuple(float(side) for side in sides))
        elif name not in ALLOWED["monai.transforms"]:
            raise PackageRefused(
                f'The configuration asks for "{step[_TARGET]}", which is not known.'
            )
        else:
            steps.append(array_step(step))
    return grid, steps


def after(part: Any) -> After:
    """Read postprocessing in the bundle's own order.

    Raises:
        PackageRefused: A step is not known.
    """
    activation, is_first = "", True
    steps: list[Step] = []
    notes: list[str] = []
    for step in map(dict, transforms_of(part)):
        name = name_of(step)
        if name in LEFT_OUT:
            continue
        if name == "Activations":
            activation = next((k for k in ("softmax", "sigmoid") if step.get(k)), activation)
        elif name == "Invert":
            is_first = not steps
        elif name == "Lambda":
            merge = step.get("func")
            if not isinstance(merge, ChannelMerge):
                raise PackageRefused("The bundle's postprocessing is a function of its own.")
            notes.append("Channels stay separate regions and are not merged into one label map.")
        elif name not in ALLOWED["monai.transforms"]:
            raise PackageRefused(
                f'The configuration asks for "{step[_TARGET]}", which is not known.'
            )
        else:
            steps.append(array_step(step))
    return After(activation, is_first, tuple(steps), tuple(notes))


def _unknown(step: Mapping[str, Any]) -> PackageRefused:
    return PackageRefused(
        f'The configuration asks for "{step[_TARGET]}", which is not on the list of allowed names.'
    )
