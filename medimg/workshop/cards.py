"""The card of a package: every figure in it is read from the results, none is typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from medimg.packages.manifest import Figure, Package
from medimg.values.analysis import RESEARCH_NOTICE
from medimg.workshop.facts import Facts
from medimg.workshop.outcome import Results
from medimg.workshop.recipe import Recipe
from medimg.workshop.tasks import task_of

NAMES: dict[str, str] = {
    "auc": "AUC",
    "auc_slice": "AUC, slice by slice",
    "accuracy": "accuracy",
    "sensitivity": "sensitivity, balanced point",
    "specificity": "specificity, balanced point",
    "ece": "expected calibration error",
    "dice_mean": "Dice, mean over patients",
    "dice_median": "Dice, median over patients",
    "false_positive_slices": "slices without the finding that are marked",
    "found_slices": "slices with the finding that are marked",
}
# Where slices are judged, these two count slices.
SLICE_NAMES = {"auc": "AUC, slice by slice", "accuracy": "accuracy, slice by slice"}


def shown(figure: Figure) -> str:
    """A figure with its interval: `0.881 [0.857, 0.904]`."""
    if figure.low == figure.high:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def _table(heading: str, rows: Iterable[tuple[str, Figure]]) -> list[str]:
    lines = [f"| {heading} | value [95 %] | n |", "|---|---|---|"]
    return [*lines, *(f"| {name} | {shown(one)} | {one.n} |" for name, one in rows), ""]


def _named(figures: Mapping[str, Figure], package: Package) -> list[tuple[str, Figure]]:
    names = NAMES if package.input.kind == "radiograph" else {**NAMES, **SLICE_NAMES}
    return [(names.get(name, name), one) for name, one in figures.items()]


def _figures(package: Package, recipe: Recipe, results: Results) -> list[str]:
    if not results.figures:
        return ["## Figures", "", "Not measured yet.", ""]
    lines = [
        "## Figures",
        "",
        f"Out of fold: {recipe.data.folds} folds by patient, each scored by a network that never "
        "saw its patients. Intervals: bootstrap over patients. The shipped network was trained "
        "in the same way on all of them; the figures describe the way, not that one network.",
        "",
        *_table("figure", _named(results.figures, package)),
    ]
    if results.groups:
        name = task_of(package.task).HEADLINE_NAME
        lines += [f"### {name}, by subgroup", "", *_table("group", results.groups.items())]
    return lines


def _baselines(package: Package, results: Results) -> list[str]:
    if not results.baselines:
        return []
    name = task_of(package.task).SIMPLER_NAME
    return [
        "### What simpler methods reach on the same folds",
        "",
        *_table(f"method ({name})", results.baselines.items()),
    ]


def _external(package: Package, results: Results) -> list[str]:
    lines: list[str] = []
    for name, figures in results.external.items():
        lines += [f"### {name}: never trained on", "", *_table("figure", _named(figures, package))]
    return lines


def _compared(package: Package, results: Results) -> str:
    """What sensitivity and specificity were measured on."""
    if results.points_held_out:
        chosen = (
            "The thresholds were chosen on all out-of-fold scores. Sensitivity and specificity "
            "were measured in each fold at the thresholds that the other folds chose."
        )
        stacks = (
            " The stacks with and without the finding were cut from the same patients and have "
            "equally many slices. A whole series has more slices, so its specificity is lower."
        )
    else:
        chosen = (
            "The thresholds were chosen and measured on the same out-of-fold scores. Sensitivity "
            "and specificity on new cases will be a little lower."
        )
        stacks = (
            " The stacks with the finding are whole series. Those without it are runs of four or "
            "more tumour-free slices of the same patients. A score is the highest of its slices, "
            "so fewer slices score lower: the specificity of a whole series without a tumour was "
            "not measured and is lower than the table says."
        )
    return chosen if package.input.kind == "radiograph" else chosen + stacks


def _thresholds(package: Package, results: Results) -> list[str]:
    calibration = results.calibration
    if calibration is None:
        return []
    unit = "films" if package.input.kind == "radiograph" else "stacks"
    lines = [
        "## Probability and operating points",
        "",
        f"Platt scaling of the out-of-fold scores; the probability assumes that "
        f"{100 * calibration.prevalence:.0f} % of the {unit} have the finding. Its interval "
        f"comes from {len(calibration.bootstrap)} refits on patients drawn with replacement.",
        "",
    ]
    if calibration.ece:
        lines += [f"Expected calibration error, cross-fitted: {shown(calibration.ece)}.", ""]
    lines += [_compared(package, results), ""]
    lines += ["| point | probability | sensitivity | specificity |", "|---|---|---|---|"]
    for point in results.operating_points:
        default = " (default)" if point.default else ""
        lines.append(
            f"| {point.name}{default} | {point.threshold:.3f} | {shown(point.sensitivity)} | "
            f"{shown(point.specificity)} |"
        )
    return [*lines, ""]


def _evidence(results: Results) -> list[str]:
    if not results.pointing:
        return []
    return [
        "## Where the evidence points",
        "",
        "Share of opacity films whose map has its peak inside a radiologist's box. A map that "
        "does not beat the best single point of all films, chosen with hindsight, has shown "
        "nothing about the single film.",
        "",
        *_table("map", results.pointing.items()),
    ]


def _training(recipe: Recipe, results: Results) -> list[str]:
    schedule = recipe.schedule
    return [
        "## Training",
        "",
        f"{results.n_training} cases of {results.n_patients} patients (`folds.csv`). "
        f"{schedule.epochs} epochs of batches of {schedule.batch_size}, AdamW with a cosine, "
        f"averaged weights, seed {recipe.seed}; all settings are in `recipe.toml`, the curves in "
        "`curves.csv`, all figures in `results.json`. Initial weights: EfficientNet-Lite0, "
        "ImageNet. The weights are kept in half precision and computed in single: the largest "
        f"change of a logit by that is {results.half_precision:.4f}.",
        "",
        f"Again: `medimg train {recipe.package} --data FOLDER`.",
        "",
    ]


def use(package: Package) -> list[str]:
    """What the package is, is for and is not for, as the card begins."""
    return [
        f"# {package.title}",
        "",
        f"`{package.id}` {package.version}. **{RESEARCH_NOTICE}.**",
        "",
        package.summary,
        "",
        f"For: {package.intended_use}",
        "",
        "Not for:",
        "",
        *(f"- {sentence}" for sentence in package.not_for),
        "",
        package.licence.sentence,
        "",
    ]


def card(package: Package, said: Facts, recipe: Recipe, results: Results) -> str:
    """The card, `docs/README.md`, as Markdown."""
    lines = [
        *use(package),
        *("## Data", "", said.card.data.strip(), ""),
        *_figures(package, recipe, results),
        *_baselines(package, results),
        *_external(package, results),
        *_thresholds(package, results),
        *_evidence(results),
        *("## Shortcuts", "", said.card.shortcuts.strip(), ""),
        *("## Limits", "", said.card.limits.strip(), ""),
        *_training(recipe, results),
    ]
    return "\n".join(lines)
