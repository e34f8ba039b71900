"""What the explanations are worth on cases that were not trained on, and how they are scaled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medimg.explain.methods import METHODS
from medimg.explain.pointing import Pointing, peak_in_boxes
from medimg.explain.scales import display_scale
from medimg.explain.targets import class_logit, region_logit
from medimg.packages.manifest import Figure, Package
from medimg.workshop.bootstrap import figure
from medimg.workshop.networks import SaysWhere
from medimg.workshop.runs import Job
from medimg.workshop.validation import components
from medimg.workshop.volumes import volume_of

# Enough cases for a display scale; each costs a fraction of a second, a path method seconds.
CASES = {"grad-cam": 40, "integrated-gradients": 12}
SEED = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """Display scale by method, and the pointing game beside what it must beat."""

    scales: dict[str, float]
    pointing: dict[str, Figure]


def _image(work: Job, row: int) -> Tensor:
    return work.samples.images[row : row + 1].float() / 255


def _flagged(work: Job, model: nn.Module, rows: NDArray[np.int64]) -> list[int]:
    """Rows with the finding that the model marks: only those are explained to a reader."""
    kept = []
    with torch.inference_mode():
        for row in rows.tolist():
            if bool((model(_image(work, row)) > 0).any()):
                kept.append(row)
    return kept


def _map(work: Job, model: nn.Module, row: int, method: str, layer: str) -> NDArray[np.float32]:
    image = _image(work, row)
    with torch.inference_mode():
        output = model(image)
    score = class_logit(0) if output.ndim == 2 else region_logit(0, output[0, 0] > 0)
    return METHODS[method](model, image, score, layer).map


def _chosen(work: Job, models: dict[int, nn.Module], count: int) -> list[tuple[int, int]]:
    """(fold, row) of cases with the finding, the same number from each fold."""
    generator = np.random.default_rng(SEED)
    chosen: list[tuple[int, int]] = []
    for fold, model in models.items():
        out = work.rows(fold)[1]
        rows = generator.permutation(out[work.samples.classes[out].numpy() == 0])
        share = -(-count // len(models))
        chosen += [(fold, row) for row in _flagged(work, model, rows[: 2 * share])[:share]]
    return chosen


def _scales(work: Job, package: Package, models: dict[int, nn.Module]) -> dict[str, float]:
    scales = {}
    for one in package.maps:
        chosen = _chosen(work, models, CASES[one.method])
        maps = [_map(work, models[fold], row, one.method, one.layer) for fold, row in chosen]
        scales[one.method] = display_scale(maps)
    return scales


def _shares(work: Job, row: int) -> NDArray[np.float64]:
    """Boxes of a film as (top, left, bottom, right) shares."""
    case = work.samples.cases[work.samples.case[row]]
    _, height, width = volume_of(case, work.recipe.data.images).series.geometry.shape
    return np.asarray(
        [(b.y / height, b.x / width, (b.y + b.h) / height, (b.x + b.w) / width) for b in case.boxes]
    )


def _pointing(work: Job, package: Package, models: dict[int, nn.Module]) -> dict[str, Figure]:
    maps: dict[str, list[NDArray[np.float32]]] = {"grad-cam": [], "the network's own map": []}
    boxes: list[NDArray[np.float64]] = []
    patients: list[str] = []
    layer = next(one.layer for one in package.maps if one.method == "grad-cam")
    for fold, model in models.items():
        assert isinstance(model, SaysWhere)
        for row in work.rows(fold)[1].tolist():
            case = work.samples.cases[work.samples.case[row]]
            if not case.boxes:
                continue
            maps["grad-cam"].append(_map(work, model, row, "grad-cam", layer))
            maps["the network's own map"].append(
                components(model, work.samples.images[[row]])[2][0]
            )
            boxes.append(_shares(work, row))
            patients.append(case.patient)
    found = {}
    for name, each in maps.items():
        game = peak_in_boxes(each, boxes)
        found[name] = _share(game, patients)
    found["chance"] = Figure(value=game.chance, low=game.chance, high=game.chance, n=len(boxes))
    fixed = game.fixed_point
    found["best fixed point"] = Figure(value=fixed, low=fixed, high=fixed, n=len(boxes))
    return found


def _share(game: Pointing, patients: list[str]) -> Figure:
    return figure(lambda rows: float(game.hits[rows].mean()), patients)


def measure(work: Job, package: Package, models: dict[int, nn.Module]) -> Seen:
    """Scale each method and, where there are boxes, let the maps point.

    Args:
        work: Samples and folds.
        package: Names the methods and their layers.
        models: By the fold they have not seen.
    """
    scales = _scales(work, package, models)
    has_boxes = any(case.boxes for case in work.samples.cases)
    return Seen(scales, _pointing(work, package, models) if has_boxes else {})
