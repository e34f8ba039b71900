"""The card of a package that outlines: every figure in it is read from the results."""

from __future__ import annotations

from typing import Any

from medimg.packages.manifest import Package
from medimg.workshop.cards import shown, use
from medimg.workshop.facts import Facts
from medimg.workshop.outcome import Results
from medimg.workshop.outline.recipe import Recipe

NAMES = {
    "dice": "Dice of one click, against the readers' majority",
    "one_reader_dice": "Dice of one reader, against the majority of the others",
    "dice_beyond_one_reader": "difference of the two, where a patient has both",
    "nodules_below_half": "nodules with a mean Dice below 0.5",
    "ends_crossed": "known ends (a slice outside all drawings) that the outline crosses",
    "next_slices_marked": "slices next to the majority's last one that are marked",
    "volume_error_median": "median error of the volume, both ends known",
    "false_accepts": "clicks at least 5 mm outside all outlines that outline something",
    "false_accepts_bright": "the same, only on vessels, wall and other bright structures",
}


def card(package: Package, said: Facts, recipe: Recipe, results: Results, folds: int) -> str:
    """The card, `docs/README.md`; `folds` is how many of them are scored."""

    def rows(heading: str, some: list[tuple[str, Any]]) -> list[str]:
        lines = [f"| {heading} | value [95 %] | n |", "|---|---|---|"]
        return [*lines, *(f"| {name} | {shown(one)} | {one.n} |" for name, one in some), ""]

    schedule, limits = recipe.schedule, package.outline
    assert limits is not None
    scored = f"{folds} of {recipe.data.folds} folds" if folds < recipe.data.folds else "all folds"
    return "\n".join(
        [
            *use(package),
            *("## Data", "", said.card.data.strip(), "", "## Figures", ""),
            f"Out of fold: {recipe.data.folds} folds by patient, each scored by a network that "
            f"never saw its patients; {scored} are scored. Five clicks a nodule in the inner half "
            "of its largest slice, seed 0; voxels that are not known are left out. Intervals: "
            "bootstrap over patients. The shipped network was trained in the same way on all.",
            "",
            *rows("figure", [(NAMES[k], v) for k, v in results.figures.items()]),
            *("### Dice, by subgroup", "", *rows("group", list(results.groups.items()))),
            *("## Interval of the volume", ""),
            "95 % of the readers' volumes lie within the outline's volume divided and multiplied "
            "by a factor, measured on the same rows; the spread of eight walks from jittered "
            "clicks is added as a square.",
            "",
            "| outline below | factor |",
            "|---|---|",
            *(f"| {_size(one.below_mm3)} | {one.factor:.2f} |" for one in limits.spreads),
            *("", "## Shortcuts", "", said.card.shortcuts.strip(), ""),
            *("## Limits", "", said.card.limits.strip(), ""),
            *("## Training", ""),
            f"{results.n_training} nodules of {results.n_patients} people (`folds.csv`). "
            f"{schedule.epochs * schedule.steps} steps of {schedule.batch_size} samples, AdamW "
            f"with a cosine, averaged weights, seed {recipe.seed}; all settings are in "
            "`recipe.toml`, the curves in `curves.csv`, each click in `out_of_fold.csv`, all "
            "figures in `results.json`. The weights are kept in half precision and computed in "
            f"single: the largest change of a logit by that is {results.half_precision:.4f}.",
            "",
            "Again: `python -m medimg.workshop.outline.runs RECIPE --data FOLDER --fold K --out "
            "DIR` for each fold and the final network, `….evaluating` for each fold, "
            "`….packing` at the end.",
            "",
        ]
    )


def _size(mm3: float) -> str:
    return "any" if mm3 > 1e6 else f"{mm3:.0f} mm³"
