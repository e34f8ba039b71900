"""Make a package of a finished training: weights, vectors, card, manifest, hashes."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from medimg.packages.manifest import MANIFEST, WEIGHTS, Merit, Package, load
from medimg.packages.sealing import seal
from medimg.packages.toml_text import document
from medimg.values.csv_text import table
from medimg.workshop import cards, facts, recipe, vectors
from medimg.workshop.outcome import OUT_OF_FOLD, Results, final_network, read_results
from medimg.workshop.runs import Job

# safetensors writes for the owner alone; a package is for everybody.
READABLE = 0o644
# Not part of the manifest's text: added by sealing, or known from the folder.
BUNDLE_SCHEMA = (
    "https://github.com/Project-MONAI/MONAI-extra-test-data/releases/download/0.8.1/"
    "meta_schema_20240725.json"
)
RECIPE = "recipe.toml"
_LEFT_OUT = ("folder", "origin", "files", "seal")


def _halved(model: nn.Module, package: Path, samples: torch.Tensor) -> float:
    """Write the weights in half precision and load them back into the network.

    Returns:
        Largest change of a logit on some prepared images, from full to half precision.
    """
    images = samples.float() / 255
    with torch.inference_mode():
        before = model(images)
    state = {
        name: value.half() if value.is_floating_point() else value
        for name, value in model.state_dict().items()
    }
    path = package / WEIGHTS
    path.parent.mkdir(exist_ok=True)
    save_file({name: value.contiguous() for name, value in state.items()}, path)
    path.chmod(READABLE)
    model.load_state_dict({n: v.float() if v.is_floating_point() else v for n, v in state.items()})
    with torch.inference_mode():
        return float((model(images) - before).abs().max())


def _some(work: Job) -> torch.Tensor:
    """A few prepared images, as the network is given them."""
    rows = np.arange(min(32, len(work.samples.images)))
    return work.samples.stacked(rows, work.recipe.data.neighbours)


def write_curves(out: Path, package: Path) -> None:
    """Write the curves of all trainings of `out` as one table."""
    rows: list[dict[str, float | str]] = []
    for path in sorted(out.glob("fold*.json")) + sorted(out.glob("final.json")):
        for row in json.loads(path.read_text("utf-8")):
            name = "final" if path.stem == "final" else str(int(row["fold"]))
            rows.append({**row, "fold": name})
    columns = list(dict.fromkeys(key for row in rows for key in row))
    short = (
        {k: float(f"{v:.5g}") if isinstance(v, float) else v for k, v in row.items()}
        for row in rows
    )
    (package / "curves.csv").write_text(table(columns, short), "utf-8")


def completed(draft: Package, said: facts.Facts, results: Results) -> Package:
    """The manifest with what was measured."""
    figure = results.figures.get(said.merit.metric)
    merit = None
    if figure is not None:
        merit = Merit(
            name=said.merit.name,
            value=figure.value,
            low=figure.low,
            high=figure.high,
            n=figure.n,
            note=said.merit.note,
        )
    maps = tuple(
        msgspec.structs.replace(one, scale=one.scale or results.map_scales[one.method])
        for one in draft.maps
    )
    return msgspec.structs.replace(
        draft,
        merit=merit,
        calibration=results.calibration,
        operating_points=results.operating_points,
        maps=maps,
    )


def manifest_text(package: Package) -> str:
    """`package.toml` without hashes; what has its default value is left out."""
    whole: dict[str, Any] = {}
    for field in msgspec.structs.fields(package):
        value = getattr(package, field.name)
        if field.name in _LEFT_OUT or value is None or value == field.default:
            continue
        whole[field.name] = _without_defaults(value)
    return document(whole)


def _without_defaults(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        kept = {}
        for field in msgspec.structs.fields(value):
            part = getattr(value, field.name)
            if part is not None and part != field.default:
                kept[field.name] = _without_defaults(part)
        return kept
    if isinstance(value, tuple):
        return [_without_defaults(part) for part in value]
    return value


def _modality(package: Package) -> str:
    """The first modality that the gate accepts, as MONAI calls it."""
    accepted = [
        word for one in package.input.rules if one.rule == "modality" for word in one.accept
    ]
    return "XR" if package.input.kind == "radiograph" or not accepted else accepted[0]


def _metadata(package: Package, results: Results, side: int) -> dict[str, Any]:
    """`metadata.json` as MONAI bundles have it."""
    image = {
        "type": "image",
        "format": "magnitude",
        "modality": _modality(package),
        "num_channels": 2 * package.neighbours + 1,
        "spatial_shape": [side, side],
        "dtype": "float32",
        "value_range": [0, 1],
        "is_patch_data": False,
        "channel_def": {str(one): "image" for one in range(2 * package.neighbours + 1)},
    }
    logits = {
        "type": "probabilities",
        "format": "logits",
        "num_channels": len(package.labels),
        "dtype": "float32",
        "value_range": [],
        "channel_def": {str(label.channel): label.name for label in package.labels},
    }
    return {
        "schema": BUNDLE_SCHEMA,
        "version": package.version,
        "changelog": {package.version: "first release"},
        "monai_version": version("monai"),
        "pytorch_version": version("torch").partition("+")[0],
        "required_packages_version": {"safetensors": version("safetensors")},
        "name": package.title,
        "task": package.task,
        "description": package.summary,
        "authors": "MedImg Workstation contributors",
        "copyright": package.licence.sentence,
        "intended_use": package.intended_use,
        "eval_metrics": {name: round(one.value, 4) for name, one in results.figures.items()},
        "network_data_format": {"inputs": {"image": image}, "outputs": {"pred": logits}},
    }


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")


def write_card(folder: Path) -> Package:
    """Write a package's card anew from its own facts, recipe and results, and seal it."""
    results = read_results(folder)
    text = cards.card(load(folder), facts.load(folder), recipe.load(folder / RECIPE), results)
    _write(folder / "docs" / "README.md", text)
    return seal(folder)


def pack(work: Job, out: Path) -> Package:
    """Write everything of a package that a training makes, and seal it."""
    folder = work.package
    said = facts.load(folder)
    results = read_results(out)
    package = completed(facts.draft(folder, said), said, results)
    model = final_network(work, out, results)
    results = msgspec.structs.replace(results, half_precision=_halved(model, folder, _some(work)))
    write_curves(out, folder)
    if (out / OUT_OF_FOLD).is_file():
        _write(folder / OUT_OF_FOLD, (out / OUT_OF_FOLD).read_text("utf-8"))
    vectors.write(package, model)
    side = work.samples.images.shape[-1]
    metadata = json.dumps(_metadata(package, results, side), indent=2, ensure_ascii=False)
    measured = msgspec.json.format(msgspec.json.encode(results), indent=1).decode()
    _write(folder / "configs" / "metadata.json", metadata + "\n")
    _write(folder / "results.json", measured + "\n")
    _write(folder / "docs" / "README.md", cards.card(package, said, work.recipe, results))
    _write(folder / MANIFEST, manifest_text(package))
    return seal(folder)
