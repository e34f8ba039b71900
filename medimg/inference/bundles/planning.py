"""What a bundle asks for in this program's terms, or why this program cannot run it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medimg.inference.allowed import ALLOWED
from medimg.inference.bundles.reading import Bundle, read
from medimg.inference.bundles.twins import After, Grid, Step, after, before, name_of
from medimg.inference.greys import STEPS
from medimg.values.errors import PackageRefused

#: Output of a bundle: task of this program.
_TASKS = {
    "segmentation": "segment",
    "labels": "segment",
    "classification": "classify",
    "probabilities": "classify",
}
_MODALITIES = {"CT": ("CT",), "MR": ("MR",), "MRI": ("MR",)}
#: Words for an MR contrast in the descriptions of input channels.
_ROLES = {
    **dict.fromkeys(("T1C", "T1CE", "T1GD", "T1 POST"), "T1ce"),
    **dict.fromkeys(("FLAIR", "T2 FLAIR"), "FLAIR"),
    "T1": "T1",
    "T2": "T2",
}
#: Arguments of older versions of MONAI that its networks no longer have and that change nothing.
_OUTLIVED = {"SwinUNETR": ("img_size",)}
_INFERERS = ("SimpleInferer", "SlidingWindowInferer", "SliceInferer")


@dataclass(frozen=True, slots=True)
class Plan:
    """A bundle that this program understands whole.

    Attributes:
        task: Key of the table of tasks.
        network: The network's description; its names and arguments are on the list of allowed
            ones.
        roles: One for each input channel; ("image",) for a single one.
        labels: Name by output channel, the background left out.
        steps: Grey-value steps on the network's grid.
        inferer: The inferer's description.
        notes: What was left out or assumed, in words.
    """

    bundle: Bundle
    task: str
    dimensions: str
    modality: tuple[str, ...]
    network: Step
    roles: tuple[str, ...]
    labels: Mapping[int, str]
    grid: Grid
    steps: tuple[Step, ...]
    inferer: Step
    after: After
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """One bundle's row in a table of bundles.

    Attributes:
        plan: None where the bundle cannot be run.
        reason: Why not, or what is still missing; empty where it runs.
    """

    id: str
    title: str
    plan: Plan | None
    reason: str = ""

    @property
    def is_runnable(self) -> bool:
        """Whether it runs as it is."""
        return self.plan is not None and not self.reason


def assess(folder: Path) -> Assessment:
    """Say of a bundle whether it runs here, and if not, why."""
    try:
        bundle = read(folder)
    except PackageRefused as error:
        return Assessment(folder.name, folder.name, None, str(error))
    try:
        plan = plan_of(bundle)
    except PackageRefused as error:
        return Assessment(bundle.id, bundle.title, None, str(error))
    missing = "" if bundle.weights() else "The weights are missing: models/model.pt."
    return Assessment(bundle.id, bundle.title, plan, missing)


def plan_of(bundle: Bundle) -> Plan:
    """Understand a bundle, without loading anything of it.

    Raises:
        PackageRefused: A part of it is not known here; the sentence names the part.
    """
    formats = bundle.metadata.get("network_data_format") or {}
    inputs, outputs = formats.get("inputs") or {}, formats.get("outputs") or {}
    if "image" not in inputs or "pred" not in outputs:
        raise PackageRefused("The bundle's metadata do not describe one image and one prediction.")
    network = _network(bundle)
    task = _task(outputs["pred"], network)
    grid, steps = before(bundle.part("preprocessing"))
    is_flat = int(network.get("spatial_dims", 3)) == 2
    if not is_flat and (odd := [s for s in steps if s["_target_"] not in STEPS]):
        raise PackageRefused(f"{odd[0]['_target_']} cannot be applied to a volume in parts.")
    roles, notes = _roles(inputs["image"], network)
    post = after(bundle.part("postprocessing"))
    return Plan(
        bundle,
        task,
        "2d" if is_flat else "3d",
        _modality(inputs["image"]),
        network,
        roles,
        _labels(outputs["pred"]),
        grid,
        tuple(steps),
        _inferer(bundle),
        post,
        (*notes, *post.notes),
    )


def _network(bundle: Bundle) -> Step:
    part = next((p for key in ("network_def", "network") if (p := bundle.part(key))), None)
    if not isinstance(part, Mapping) or "_target_" not in part:
        raise PackageRefused("The configuration does not describe a network.")
    name = name_of(part)
    if name not in ALLOWED["monai.networks.nets"]:
        raise PackageRefused(
            f'The network "{part["_target_"]}" is not on the list of allowed names.'
        )
    kept = {key: value for key, value in part.items() if key not in _OUTLIVED.get(name, ())}
    return {**kept, "_target_": name}


def _task(output: Mapping[str, Any], network: Mapping[str, Any]) -> str:
    kind = str(output.get("format", ""))
    task = _TASKS.get(kind)
    if output.get("type") == "probability":
        task = "classify"
    if task is None:
        raise PackageRefused(f'The bundle gives "{kind}"; masks and classes are what is run here.')
    return task


def _modality(image: Mapping[str, Any]) -> tuple[str, ...]:
    word = str(image.get("modality", ""))
    if image.get("format") == "RGB" or word not in _MODALITIES:
        raise PackageRefused(
            f'The bundle is for images of the modality "{word or "not stated"}"; this program '
            "reads CT and MR for bundles."
        )
    return _MODALITIES[word]


def _roles(
    image: Mapping[str, Any], network: Mapping[str, Any]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    channels = int(network.get("in_channels", image.get("num_channels", 1)))
    if channels == 1:
        return ("image",), ()
    words = image.get("channel_def") or {}
    names = [str(words.get(str(i), "")).upper().replace("-", " ") for i in range(channels)]
    unknown = [name or f"channel {i}" for i, name in enumerate(names) if name not in _ROLES]
    if unknown:
        raise PackageRefused(f'Which image is the input "{unknown[0]}" is not known here.')
    return tuple(_ROLES[name] for name in names), ()


def _labels(output: Mapping[str, Any]) -> dict[int, str]:
    words = output.get("channel_def") or {}
    found = {
        int(key): " ".join(re.split(r"[_\s]+", str(name).strip()))
        for key, name in words.items()
        if str(key).isdigit() and str(name).strip().lower() != "background"
    }
    if not found:
        raise PackageRefused("The bundle's metadata do not name what its channels mean.")
    return {key: name[:1].upper() + name[1:] for key, name in sorted(found.items())}


def _inferer(bundle: Bundle) -> Step:
    part = bundle.part("inferer") or {"_target_": "SimpleInferer"}
    name = name_of(part) if isinstance(part, Mapping) else ""
    if name not in _INFERERS:
        raise PackageRefused(f'The inferer "{name}" is not on the list of allowed names.')
    allowed = ALLOWED["monai.inferers"][name]
    return {"_target_": name, **{key: part[key] for key in allowed if key in part}}
