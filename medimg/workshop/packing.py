"""Make a package of a finished training: weights, vectors, card, manifest, hashes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import msgspec
import torch
from safetensors.torch import save_file
from torch import nn

from medimg.packages.manifest import WEIGHTS, Merit, Package
from medimg.packages.sealing import seal
from medimg.workshop import cards, facts, vectors
from medimg.workshop.outcome import Results, final_network, read_results
from medimg.workshop.runs import Job
from medimg.workshop.toml_text import document

# safetensors writes for the owner alone; a package is for everybody.
READABLE = 0o644
# Not part of the manifest's text: added by sealing, or known from the folder.
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


def _curves(out: Path, package: Path) -> None:
    rows: list[dict[str, float]] = []
    for path in sorted(out.glob("fold*.json")) + sorted(out.glob("final.json")):
        for row in json.loads(path.read_text("utf-8")):
            name = "final" if path.stem == "final" else str(int(row["fold"]))
            rows.append({**row, "fold": name})
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", restval="")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: f"{v:.5g}" if isinstance(v, float) else v for k, v in row.items()})
    (package / "curves.csv").write_text(text.getvalue(), "utf-8")


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
        msgspec.structs.replace(one, scale=results.map_scales.get(one.method, one.scale))
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


def _metadata(package: Package, results: Results) -> dict[str, Any]:
    """`metadata.json` as MONAI bundles have it."""
    side = {"chest-xray-lungs": 224, "chest-xray-opacity": 224}.get(package.id, 192)
    shape = {
        "type": "image",
        "format": "magnitude",
        "num_channels": 1,
        "spatial_shape": [side, side],
    }
    return {
        "schema": "https://github.com/Project-MONAI/MONAI-extra-test-data/releases/download/0.8.1/meta_schema_20240725.json",
        "version": package.version,
        "changelog": {package.version: "first release"},
        "monai_version": "1.6.1",
        "pytorch_version": torch.__version__.split("+")[0],
        "required_packages_version": {"safetensors": "0.8.0"},
        "name": package.title,
        "task": package.task,
        "description": package.summary,
        "authors": "MedImg Workstation contributors",
        "copyright": package.licence.sentence,
        "intended_use": package.intended_use,
        "eval_metrics": {name: round(one.value, 4) for name, one in results.figures.items()},
        "network_data_format": {
            "inputs": {
                "image": {
                    **shape,
                    "modality": "MR" if side == 192 else "XR",
                    "dtype": "float32",
                    "value_range": [0, 1],
                    "is_patch_data": False,
                    "channel_def": {"0": "image"},
                }
            },
            "outputs": {
                "pred": {
                    "type": "probabilities",
                    "format": "logits",
                    "num_channels": 1,
                    "dtype": "float32",
                    "value_range": [],
                    "channel_def": {"0": package.labels[0].name},
                }
            },
        },
    }


def pack(work: Job, out: Path) -> Package:
    """Write everything of a package that a training makes, and seal it."""
    folder = work.package
    said = facts.load(folder)
    results = read_results(out)
    package = completed(facts.draft(folder, said), said, results)
    model = final_network(work, out, results)
    results = msgspec.structs.replace(
        results, half_precision=_halved(model, folder, work.samples.images[:32])
    )
    _curves(out, folder)
    vectors.write(package, model)
    metadata = json.dumps(_metadata(package, results), indent=2, ensure_ascii=False)
    (folder / "configs" / "metadata.json").write_text(metadata + "\n", "utf-8")
    text = msgspec.json.format(msgspec.json.encode(results), indent=1)
    (folder / "results.json").write_bytes(text + b"\n")
    (folder / "docs").mkdir(exist_ok=True)
    (folder / "docs" / "README.md").write_text(
        cards.card(package, said, work.recipe, results), "utf-8"
    )
    (folder / "package.toml").write_text(manifest_text(package), "utf-8")
    return seal(folder)
