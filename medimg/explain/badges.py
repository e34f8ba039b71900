"""The rules of the badge; readable without torch.

The thresholds come from the study and lie in `resources/trust/study.json`. They were fixed on
some folds of the data and scored on the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from medimg.explain.figures import FIGURES, title
from medimg.explain.study_results import study
from medimg.values.explanation import Badge, Check

#: Figures that must all pass where they were measured. The first three always are.
NEEDED = ("deletion-gain", "insertion-gain", "lead", "share-inside", "randomisation", "stability")
#: Without these a map shows nothing of the model.
VITAL = frozenset({"deletion-gain", "insertion-gain"})

#: The rules in words, in the order in which they are tried.
RULES = {
    "nothing": "The map marks nothing: not assessed.",
    "study-failed": "The study found this method no better than a fixed point: not reliable.",
    "vital-failed": "Neither hiding nor showing the marked parts beats chance: not reliable.",
    "random-weights": "The map is the same with random weights: not reliable.",
    "some-failed": "Not all checks pass: weak.",
    "no-study": "All checks pass, and no study has compared this package's maps: weak.",
    "all-passed": "All checks pass, and the study supports this method: supported.",
}


def judged(
    checks: tuple[Check, ...], needs: Mapping[str, float] | None = None
) -> tuple[Check, ...]:
    """Give each check what it needs, and whether it passes.

    Args:
        needs: Thresholds by the figure's name; the study's if None.
    """
    known = study().thresholds if needs is None else needs
    return tuple(
        replace(one, needs=known[one.name], passed=_passes(one, known[one.name]))
        if one.name in NEEDED and one.name in known
        else one
        for one in checks
    )


def _passes(check: Check, needs: float) -> bool:
    if FIGURES[check.name].higher_is_better:
        return check.value >= needs
    return check.value <= needs


def badge_of(checks: tuple[Check, ...], is_studied: bool | None) -> tuple[Badge, str]:
    """The badge of a map, and the rule that gave it.

    Args:
        checks: As `judged` returned them.
        is_studied: Whether the study supports the method on the package; None without a study.
    """
    passed = {one.name: one.passed for one in checks if one.passed is not None}
    if not passed:
        return Badge.NOT_ASSESSED, RULES["nothing"]
    if is_studied is False:
        return Badge.NOT_RELIABLE, RULES["study-failed"]
    if not any(passed.get(name) for name in VITAL):
        return Badge.NOT_RELIABLE, RULES["vital-failed"]
    if passed.get("randomisation") is False:
        return Badge.NOT_RELIABLE, RULES["random-weights"]
    if not all(passed.values()):
        failed = ", ".join(title(name).lower() for name, ok in passed.items() if not ok)
        return Badge.WEAK, f"{RULES['some-failed']} ({failed})"
    if is_studied is None:
        return Badge.WEAK, RULES["no-study"]
    return Badge.SUPPORTED, RULES["all-passed"]
