"""Tiny real packages, written into a folder at test time: real MONAI networks, sealed for real.

`bright` marks what is brighter than half of the display grey: one 1 x 1 convolution whose truth
can be computed by hand. The others are seeded.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from medimg.inference.configuration import build
from medimg.packages.manifest import INFERENCE, MANIFEST, WEIGHTS, Package
from medimg.packages.sealing import seal
from medimg.values.geometry import Geometry, MeasuredAt, PlaneSpacing, affine_from
from medimg.values.problems import Problem
from medimg.values.series import Frame, MRKind, Patient, Series, View
from medimg.values.volume import Unit, Volume

HEAD = """schema = 2
id = "{id}"
version = "0.0.1"
title = "Tiny {id}"
task = "{task}"
summary = "Exported by a test."
intended_use = "Tests."
[licence]
weights = "Apache-2.0"
data = "none"
[[labels]]
name = "{label}"
code = "{code}"
kind = "{kind}"
[[inputs]]
kind = "{input}"
subject = "test images"
"""
FINDING = """
[calibration]
method = "platt"
slope = 1.0
intercept = 0.0
prevalence = 0.5
bootstrap = [[0.9, -0.1], [1.0, 0.0], [1.1, 0.1]]
[[operating_points]]
name = "balanced"
threshold = 0.5
default = true
sensitivity = {value = 0.9, low = 0.8, high = 0.95, n = 100}
specificity = {value = 0.8, low = 0.7, high = 0.9, n = 100}
"""
SCORE = '[finding]\nscore = "largest-part"\n'
CONV_1X1 = {"_target_": "torch.nn.Conv2d", "in_channels": 1, "out_channels": 1, "kernel_size": 1}
THRESHOLD = [
    {"_target_": "Activations", "sigmoid": True},
    {"_target_": "AsDiscrete", "threshold": 0.5},
]
SLICES = {"_target_": "SliceInferer", "roi_size": [32, 32], "sw_batch_size": 1, "spatial_dim": 0}


def compose(*steps: dict[str, Any]) -> dict[str, Any]:
    """A MONAI Compose as a configuration."""
    return {"_target_": "Compose", "transforms": list(steps)}


def write(
    root: Path,
    name: str,
    config: dict[str, Any],
    *,
    task: str = "segment",
    label: tuple[str, str, str] = ("FLAIR change", "flair-change", "finding"),
    kind: str = "radiograph",
    state: dict[str, torch.Tensor] | None = None,
    more: str = "",
) -> Package:
    """Write and seal one package; weights are seeded unless given."""
    folder = root / name
    for part in ("configs", "models"):
        (folder / part).mkdir(parents=True)
    (folder / INFERENCE).write_text(json.dumps(config))
    if state is None:
        torch.manual_seed(0)
        state = build(config["network_def"], config).state_dict()
    save_file({key: value.contiguous() for key, value in state.items()}, folder / WEIGHTS)
    text = HEAD.format(id=name, task=task, label=label[0], code=label[1], kind=label[2], input=kind)
    (folder / MANIFEST).write_text(text + more)
    return seal(folder)


def bright(
    root: Path, name: str = "tiny-bright", *, kind: str = "radiograph", **kw: Any
) -> Package:
    """Marks greys above 0.5 (a stack: values above 0.5), pixel by pixel, on a 32 x 32 grid."""
    size = [32, 32] if kind == "radiograph" else [-1, 32, 32]
    config = {
        "network_def": CONV_1X1,
        "preprocessing": compose({"_target_": "Resize", "spatial_size": size}),
        "inferer": {"_target_": "SimpleInferer"} if kind == "radiograph" else SLICES,
        "postprocessing": compose(*THRESHOLD),
    }
    state = {"weight": torch.full((1, 1, 1, 1), 40.0), "bias": torch.tensor([-20.0])}
    kw.setdefault("more", FINDING + SCORE)
    return write(root, name, config, kind=kind, state=state, **kw)


def classifier(root: Path, name: str = "tiny-classifier", more: str = FINDING) -> Package:
    """One logit for a film, by a small seeded MONAI classifier."""
    config = {
        "network_def": {
            "_target_": "Classifier",
            **{"in_shape": [1, 32, 32], "classes": 1, "channels": [4], "strides": [2]},
        },
        "preprocessing": compose({"_target_": "Resize", "spatial_size": [32, 32]}),
    }
    label = ("Lung opacity", "lung-opacity", "finding")
    return write(root, name, config, task="classify", label=label, more=more)


def many_calls(root: Path, name: str = "tiny-many-calls") -> Package:
    """Some 0.1 s a slice: long enough to be cancelled between calls."""
    config = {
        "network_def": {
            "_target_": "UNet",
            **{"spatial_dims": 2, "in_channels": 1, "out_channels": 1},
            **{"channels": [24, 48, 96], "strides": [2, 2]},
        },
        "preprocessing": compose({"_target_": "Resize", "spatial_size": [-1, 256, 256]}),
        "inferer": {**SLICES, "roi_size": [256, 256]},
        "postprocessing": compose(*THRESHOLD),
    }
    return write(root, name, config, kind="stack", more=FINDING + SCORE)


def one_long_call(root: Path, name: str = "tiny-long-call") -> Package:
    """One forward pass of seconds, which nothing but a kill can stop."""
    config = {
        "network_def": {
            "_target_": "torch.nn.Conv3d",
            **{"in_channels": 1, "out_channels": 12, "kernel_size": 9, "padding": 4},
        },
        "preprocessing": compose({"_target_": "Resize", "spatial_size": [48, 256, 256]}),
        "postprocessing": compose(*THRESHOLD),
    }
    return write(root, name, config, kind="stack", more=FINDING + SCORE)


def greedy(root: Path, name: str = "tiny-greedy") -> Package:
    """Asks for more memory than a process can address."""
    config = {
        "network_def": CONV_1X1,
        "preprocessing": compose({"_target_": "Resize", "spatial_size": [10000, 60000, 60000]}),
        "postprocessing": compose(*THRESHOLD),
    }
    return write(root, name, config, kind="stack", more=FINDING + SCORE)


def film(array: np.ndarray, **facts: Any) -> Volume:
    """A film of 8-bit greys (rows, columns), adult PA chest unless told otherwise."""
    spacing = PlaneSpacing(MeasuredAt.DETECTOR, 0.5, 0.5)
    geometry = Geometry((1, *array.shape), spacing)
    known = {
        **{"modality": "DX", "view": View.PA, "body_part": "CHEST"},
        **{"patient": Patient(age_years=50.0), "label": "PA"},
    }
    series = Series(
        id="film", format="picture", frames=(Frame("film.png"),), geometry=geometry, **known | facts
    )
    return Volume(array[None].astype(np.uint8), Unit.ARBITRARY, series)


#: Columns: LPS direction of slice, row and column index.
PLANES = {
    "axial": np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]], dtype=float),
    "sagittal": np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], dtype=float),
    "coronal": np.array([[0, 0, 1], [1, 0, 0], [0, -1, 0]], dtype=float),
}


def stack(
    array: np.ndarray,
    plane: str = "axial",
    spacing_mm: tuple[float, float, float] = (2.0, 1.0, 1.0),
    problems: tuple[Problem, ...] = (),
    **facts: Any,
) -> Volume:
    """A FLAIR stack [slice, row, column] in one of three planes."""
    affine = affine_from(np.array([-20.0, 30.0, 40.0]), PLANES[plane], spacing_mm)
    measured = PlaneSpacing(MeasuredAt.PATIENT, spacing_mm[1], spacing_mm[2])
    geometry = Geometry(array.shape, measured, affine, "1.2.3")
    known = {"modality": "MR", "mr_kind": MRKind.FLAIR, "body_part": "HEAD", "label": "FLAIR"}
    frames = tuple(Frame(f"{i}.dcm") for i in range(array.shape[0]))
    series = Series(
        id="stack",
        format="nifti",
        frames=frames,
        geometry=geometry,
        problems=problems,
        **known | facts,
    )
    return Volume(array.astype(np.float32), Unit.ARBITRARY, series)
