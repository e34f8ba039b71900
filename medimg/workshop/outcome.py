"""What a training reached: everything that is measured on cases that were not trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from safetensors.torch import load_file
from torch import nn

from medimg.inference.backends.torch import TorchRunner
from medimg.packages.manifest import Calibration, Figure, Package, Point
from medimg.values.csv_text import Cell, table
from medimg.workshop import evidence, facts, layouts
from medimg.workshop.bootstrap import figure
from medimg.workshop.calibration import apply, calibrate, held_out, operating_points
from medimg.workshop.evaluation import score_all, subgroups
from medimg.workshop.layouts.case import Images
from medimg.workshop.networks import SaysWhere
from medimg.workshop.runs import FINAL, Job, name_of, network
from medimg.workshop.scoring import Scored
from medimg.workshop.tasks import Task, task_of
from medimg.workshop.validation import components

RESULTS = "results.json"
#: Every score behind the calibration, so that its figures can be measured again without training.
OUT_OF_FOLD = "out_of_fold.csv"
Say = Callable[[str], None]


class Combination(msgspec.Struct, frozen=True):
    """How a network that says where weighs its two parts."""

    class_weight: float
    map_weight: float
    bias: float


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """All measured figures of a package.

    Attributes:
        figures: Out of fold, by metric.
        groups: The headline figure within subgroups.
        baselines: The same figures of simpler methods, on the same folds.
        external: By data set, of the final network.
        map_scales: Display scale by method of explanation.
        pointing: How often a map's peak lies in a box, and what that must beat.
        half_precision: Largest change of a logit by keeping the weights in half precision.
        n_training: Cases that the final network was trained on.
        points_held_out: Whether sensitivity, specificity and accuracy were measured in each fold at
            thresholds that the other folds chose, and stacks of equal length were compared.
            Packages before that chose and measured on the same scores, and compared whole stacks
            with short runs of clear slices.
    """

    figures: dict[str, Figure] = {}
    groups: dict[str, Figure] = {}
    baselines: dict[str, Figure] = {}
    external: dict[str, dict[str, Figure]] = {}
    calibration: Calibration | None = None
    operating_points: tuple[Point, ...] = ()
    combination: Combination | None = None
    map_scales: dict[str, float] = {}
    pointing: dict[str, Figure] = {}
    half_precision: float = 0.0
    n_training: int = 0
    n_patients: int = 0
    points_held_out: bool = False


def read_results(out: Path) -> Results:
    """What `measure` wrote; nothing where it has not run."""
    path = out / RESULTS
    return msgspec.json.decode(path.read_bytes(), type=Results) if path.is_file() else Results()


def trained(work: Job, out: Path, fold: int) -> nn.Module:
    """The network of one fold, or the final one."""
    model = network(work.package)
    model.load_state_dict(load_file(out / f"{name_of(fold)}.safetensors"))
    return model.eval()


def combine(model: nn.Module, combination: Combination | None) -> nn.Module:
    """Set how a network that says where weighs its parts; other networks pass."""
    if combination is not None and isinstance(model, SaysWhere):
        for name, value in msgspec.structs.asdict(combination).items():
            getattr(model, name).fill_(value)
    return model


def final_network(work: Job, out: Path, results: Results) -> nn.Module:
    """The network that is shipped."""
    return combine(trained(work, out, FINAL), results.combination)


def _combination(work: Job, models: dict[int, nn.Module]) -> Combination | None:
    """Give both parts of the score the same spread, over the films that were left out."""
    odds, peaks = [], []
    for fold, model in models.items():
        if not isinstance(model, SaysWhere):
            return None
        one, other, _ = components(model, work.samples.images[work.rows(fold)[1]])
        odds.append(one)
        peaks.append(other)
    odd, peak = np.concatenate(odds), np.concatenate(peaks)
    a, b = 1 / float(odd.std()), 1 / float(peak.std())
    return Combination(a, b, -a * float(odd.mean()) - b * float(peak.mean()))


def _out_of_fold(
    work: Job, package: Package, models: dict[int, nn.Module]
) -> dict[int, list[Scored]]:
    images, found = work.recipe.data.images, {}
    for fold, model in models.items():
        cases = [case for case in work.samples.cases if work.fold_of[case.patient] == fold]
        found[fold] = score_all(cases, images, package, TorchRunner(model))[0]
    return found


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A calibration, its operating points, and the figures at the default one, held out.

    Attributes:
        scores: Score, truth, patient and fold of each film or stack that was calibrated on.
    """

    scores: tuple[tuple[float, bool, str, int], ...]
    calibration: Calibration
    points: tuple[Point, ...]
    figures: dict[str, Figure]


def calibrated(task: Task, by_fold: dict[int, list[Scored]]) -> Calibrated | None:
    """Calibrate what the task says is calibrated; nothing for anatomy."""
    rows = [
        (score, truth, one.patient, fold)
        for fold, scored in by_fold.items()
        for one in scored
        for score, truth in task.calibration_rows(one)
    ]
    if not rows:
        return None
    score = np.asarray([row[0] for row in rows])
    truth = np.asarray([row[1] for row in rows], bool)
    patients = [row[2] for row in rows]
    folds = np.asarray([row[3] for row in rows])
    fitted = calibrate(score, truth, patients, folds)
    flagged = held_out(score, truth, folds)
    probability = apply(score, fitted.slope, fitted.intercept)
    points = operating_points(probability, truth, patients, flagged)
    default = next(point for point in points if point.default)
    right = flagged[default.name] == truth
    return Calibrated(
        tuple(rows),
        fitted,
        points,
        {
            "accuracy": figure(lambda chosen: float(right[chosen].mean()), patients),
            "sensitivity": default.sensitivity,
            "specificity": default.specificity,
            # Each fold by a calibration fitted on the others.
            "ece": fitted.ece or Figure(value=float("nan"), low=0.0, high=1.0),
        },
    )


def _external(
    said: facts.Facts, package: Package, model: nn.Module, data: Path, images: Images
) -> dict[str, dict[str, Figure]]:
    found = {}
    task = task_of(package.task)
    for one in said.external:
        folder = data / one.folder
        if not folder.is_dir():
            continue
        listed = layouts.cases(folder, one.where)
        cases = [case for case in listed if task.usable(case, images)]
        scored, _ = score_all(cases, images, package, TorchRunner(model))
        found[one.name] = task.figures_of(scored, package)
    return found


def measure(work: Job, out: Path, data: Path, say: Say) -> Results:
    """Measure a finished training and write `results.json` into its folder.

    Args:
        work: Recipe, data and folds.
        out: Where the trainings of all folds and the final one lie.
        data: Folder of data sets, for the external ones.
        say: Told what is being done.
    """
    said = facts.load(work.package)
    package = facts.draft(work.package, said)
    models = {fold: trained(work, out, fold) for fold in range(work.recipe.data.folds)}
    combination = _combination(work, models)
    models = {fold: combine(model, combination) for fold, model in models.items()}
    say("scoring the cases left out")
    by_fold = _out_of_fold(work, package, models)
    scored = [one for part in by_fold.values() for one in part]
    fitted = calibrated(work.task, by_fold)
    if fitted is not None:
        package = msgspec.structs.replace(
            package, calibration=fitted.calibration, operating_points=fitted.points
        )
        (out / OUT_OF_FOLD).write_text(_scores_text(fitted), "utf-8")
    say("simpler methods on the same folds")
    simpler = work.task.simpler(work)
    say("maps of evidence")
    seen = evidence.measure(work, package, models)
    results = Results(
        figures=_figures(scored, work.task, package, fitted),
        groups=subgroups(scored, package),
        baselines=simpler,
        calibration=package.calibration,
        operating_points=package.operating_points,
        combination=combination,
        map_scales=seen.scales,
        pointing=seen.pointing,
        n_training=len(work.samples.cases),
        n_patients=len(work.fold_of),
        points_held_out=True,
    )
    say("other data sets")
    final = final_network(work, out, results)
    results = msgspec.structs.replace(
        results, external=_external(said, package, final, data, work.recipe.data.images)
    )
    (out / RESULTS).write_bytes(msgspec.json.encode(results))
    return results


def _scores_text(fitted: Calibrated) -> str:
    rows: list[dict[str, Cell]] = [
        {"patient": patient, "fold": fold, "score": round(score, 5), "truth": int(truth)}
        for score, truth, patient, fold in fitted.scores
    ]
    return table(("patient", "fold", "score", "truth"), rows)


def _figures(
    scored: Sequence[Scored], task: Task, package: Package, fitted: Calibrated | None
) -> dict[str, Figure]:
    found = task.figures_of(list(scored), package)
    # Scores that were calibrated case by case have figures that no threshold of theirs flatters.
    if fitted is None or any(one.stacks for one in scored):
        return found
    return found | fitted.figures
