"""Rules about faults that reading found: they hold for every package."""

from __future__ import annotations

from medimg.packages.manifest import Rule
from medimg.packages.subject import Subject, refuse, warn
from medimg.values.problems import Problem, Stops
from medimg.values.verdict import Reason

#: Faults of a stack that no package may run on; with the others, slices can be judged singly.
NEVER_A_STACK = {"two-patients", "same-sop-instance-differs", "bad-orientation"}
#: Faults of values that turn an image into its negative; with the others, the scale is unsure.
POLARITY_UNKNOWN = {"photometric-missing", "mixed-photometric", "polarity-contradicts"}


def readable(subject: Subject, rule: Rule) -> Reason | None:
    """No file of the series is unusable."""
    for problem in subject.series.stops(Stops.FILE):
        return refuse(rule, problem.sentence)
    return None


def single_image(subject: Subject, rule: Rule) -> Reason | None:
    """A package for radiographs is given one image."""
    count = subject.series.geometry.shape[0]
    if subject.package.input.kind != "radiograph" or count == 1:
        return None
    return refuse(rule, f"This is a stack of {count} images; the package reads single films.")


def stack(subject: Subject, rule: Rule) -> Reason | None:
    """The slices are one regular volume, or the package judges each slice alone."""
    faults = subject.series.stops(Stops.VOLUME)
    never = [problem for problem in faults if problem.kind in NEVER_A_STACK]
    if subject.package.input.kind == "radiograph":
        return _one_of(rule, never)
    if never:
        return refuse(rule, f"{never[0].sentence} {never[0].todo}")
    if not faults:
        return _placed(subject, rule)
    fault = faults[0]
    if subject.package.dimensions == "3d":
        return refuse(rule, f"{fault.sentence} The package needs a whole volume. {fault.todo}")
    return warn(
        rule,
        f"{fault.sentence} The package assesses each slice "
        "separately, so it runs. Volumes in ml are withheld.",
    )


def _placed(subject: Subject, rule: Rule) -> Reason | None:
    """A whole volume needs a grid in the patient; a stack may lack it without another fault."""
    if subject.package.dimensions == "2d" or subject.series.geometry.affine is not None:
        return None
    return refuse(
        rule,
        "The position of the slices in the patient is unknown. The package needs a whole volume.",
    )


def _one_of(rule: Rule, faults: list[Problem]) -> Reason | None:
    """An image that is judged alone: only whose it is may be in doubt."""
    if not faults:
        return None
    word = refuse if faults[0].kind == "two-patients" else warn
    return word(rule, f"{faults[0].sentence} {faults[0].todo}")


def values(subject: Subject, rule: Rule) -> Reason | None:
    """The pixel values mean what they should."""
    for problem in subject.series.stops(Stops.VALUES):
        if problem.kind in POLARITY_UNKNOWN:
            return refuse(
                rule, f"{problem.sentence} Black and white may be swapped. {problem.todo}"
            )
        return warn(rule, f"{problem.sentence} The values may not be what the package expects.")
    return None


def sides(subject: Subject, rule: Rule) -> Reason | None:
    """Left and right of a stack are not in doubt."""
    for problem in subject.series.stops(Stops.SIDES):
        if subject.package.input.kind == "stack":
            return warn(rule, f"{problem.sentence} Left and right are not certain.")
    return None
