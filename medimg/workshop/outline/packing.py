"""Make the package of an outline network: weights, figures, card, vector, manifest, hashes.

`python -m medimg.workshop.outline.packing RECIPE --data DIR --out DIR`
"""

from __future__ import annotations

import argparse
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from medimg.inference.outlining.inputs import CHANNELS
from medimg.inference.outlining.network import OutlineNet
from medimg.inference.outlining.window import PATCHES, Clicks, Walk, cut_out, inputs_of
from medimg.packages.manifest import MANIFEST, WEIGHTS, Merit, Package
from medimg.packages.sealing import seal
from medimg.values.csv_text import table
from medimg.workshop import facts
from medimg.workshop.outcome import RESULTS, Results
from medimg.workshop.outline import figures, nodules
from medimg.workshop.outline.card import card
from medimg.workshop.outline.recipe import load
from medimg.workshop.packing import BUNDLE_SCHEMA, READABLE, manifest_text, write_curves
from medimg.workshop.vectors import TOLERANCE

OUT_OF_FOLD = "out_of_fold.csv"


def sphere_inputs() -> Tensor:
    """(CHANNELS, 48, 48) inputs of a click on a sphere of 8 mm in noisy lung, from formulas."""
    spacing = (1.25, 0.7, 0.7)
    places = np.meshgrid(*(np.arange(size) for size in (21, 90, 90)), indexing="ij")
    middle = (10, 45, 45)
    steps = [((axis - at) * mm) ** 2 for axis, at, mm in zip(places, middle, spacing, strict=True)]
    away = np.sum(steps, axis=0)
    hu = np.where(away <= 16, 30, -850) + np.random.default_rng(5).normal(0, 25, away.shape)
    click = (10.0, 45.0, 45.0)
    window, _ = cut_out(hu.astype(np.float32), spacing, Clicks((click,)))
    empty = np.zeros(window.hu.shape[1:], np.float32)
    inside = window.clicks.plus[0]
    walk = Walk(0, (inside[1], inside[2]), empty)
    return torch.from_numpy(inputs_of(window, walk, round(inside[0]), 1, inside))


def _weights(state: dict[str, Tensor], folder: Path) -> float:
    """Write weights in half precision and the test vector; the largest change of a logit."""
    inputs, model = sphere_inputs()[None], OutlineNet().eval()
    model.load_state_dict(state)
    with torch.inference_mode():
        before = model(inputs)
    halved = {k: v.half() if v.is_floating_point() else v for k, v in state.items()}
    model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in halved.items()})
    with torch.inference_mode():
        after = model(inputs)
    vector = {"image": inputs[0].half(), "logits": after[0].half()}
    notes = {"tolerance": str(TOLERANCE), "origin": "drawn from formulas"}
    for path, tensors, said in (
        (folder / WEIGHTS, halved, None),
        (folder / "vectors" / "phantom.safetensors", vector, notes),
    ):
        path.parent.mkdir(exist_ok=True)
        save_file({k: v.contiguous() for k, v in tensors.items()}, path, said)
        path.chmod(READABLE)
    return float((after - before).abs().max())


def _metadata(package: Package, results: Results) -> dict[str, Any]:
    """`metadata.json` as MONAI bundles have it."""
    side = [PATCHES[0], PATCHES[0]]
    image = {
        "type": "image",
        "format": "hounsfield",
        "modality": "CT",
        "num_channels": CHANNELS,
        "spatial_shape": side,
        "dtype": "float32",
        "value_range": [0, 1],
        "is_patch_data": True,
        "channel_def": {str(at): "see medimg.inference.outlining" for at in range(CHANNELS)},
    }
    logits = {
        "type": "probabilities",
        "format": "logits",
        "num_channels": 1,
        "dtype": "float32",
        "value_range": [],
        "channel_def": {"0": package.labels[0].name},
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


def pack(recipe_file: Path, data: Path, out: Path) -> Package:
    """Write everything of the package that a training makes, and seal it."""
    recipe, folder = load(recipe_file), recipe_file.parent
    said = facts.load(folder)
    everyone = nodules.read_all(data / recipe.data.folder)
    files = sorted(out.glob("rows-fold*.json"))
    rows = figures.gathered(files)
    results = Results(
        figures=figures.figures(rows),
        groups=figures.groups(rows["clicks"], everyone),
        half_precision=_weights(load_file(out / "final.safetensors"), folder),
        n_training=len(everyone),
        n_patients=len({nodule.patient for nodule in everyone}),
    )
    draft = facts.draft(folder, said)
    assert draft.outline is not None
    dice = results.figures[said.merit.metric]
    package = msgspec.structs.replace(
        draft,
        outline=msgspec.structs.replace(
            draft.outline, spreads=figures.spreads(rows["clicks"], everyone)
        ),
        merit=Merit(
            name=said.merit.name,
            note=said.merit.note,
            **{name: getattr(dice, name) for name in ("value", "low", "high", "n")},
        ),
    )
    write_curves(out, folder)
    clicks = [{k: _short(v) for k, v in row.items()} for row in rows["clicks"]]
    texts = {
        OUT_OF_FOLD: table(list(clicks[0]), clicks),
        RESULTS: msgspec.json.format(msgspec.json.encode(results), indent=1).decode() + "\n",
        "configs/metadata.json": json.dumps(
            _metadata(package, results), indent=2, ensure_ascii=False
        )
        + "\n",
        "docs/README.md": card(package, said, recipe, results, len(files)),
        MANIFEST: manifest_text(package),
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return seal(folder)


def _short(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def main() -> None:
    """Pack from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    print(pack(given.recipe, given.data, given.out).name)


if __name__ == "__main__":
    main()
