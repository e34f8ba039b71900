"""What the explanations are worth on cases that were not trained on, and how they are scaled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medimg.explain.methods import run
from medimg.explain.pointing import Pointing, peak_in_boxes
from medimg.explain.question import Effort, Question
from medimg.explain.scales import display_scale
from medimg.explain.targets import class_logit, region_logit
from medimg.packages.manifest import Figure, Map, Package
from medimg.workshop.bootstrap import figure
from medimg.workshop.runs import Job
from medimg.workshop.volumes import volume_of

# Enough cases for a display scale; each costs a fraction of a second, a path method seconds.
CASES = {"grad-cam": 40, "integrated-gradients": 12}
FEW = 12
SEED = 0
#: Methods that are quick enough to point on every film, by the name of their figure.
POINTING = {"grad-cam": "grad-cam", "own-map": "the network's own map"}


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


def _map(work: Job, model: nn.Module, row: int, one: Map) -> NDArray[np.float32]:
    image = _image(work, row)
    with torch.inference_mode():
        output = model(image)
    score = class_logit(0) if output.ndim == 2 else region_logit(0, output[0, 0] > 0)
    return run(one.method, Question(model, image, score, one.layer), Effort(), one.parameters).map


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
        if one.scale > 0.0:
            continue
        chosen = _chosen(work, models, CASES.get(one.method, FEW))
        maps = [_map(work, models[fold], row, one) for fold, row in chosen]
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
    pointing = [one for one in package.maps if one.method in POINTING]
    maps: dict[str, list[NDArray[np.float32]]] = {POINTING[one.method]: [] for one in pointing}
    boxes: list[NDArray[np.float64]] = []
    patients: list[str] = []
    for fold, model in models.items():
        for row in work.rows(fold)[1].tolist():
            case = work.samples.cases[work.samples.case[row]]
            if not case.boxes:
                continue
            for one in pointing:
                maps[POINTING[one.method]].append(_map(work, model, row, one))
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
