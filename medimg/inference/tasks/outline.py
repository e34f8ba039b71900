"""Outline what the reader pointed at: a click, more clicks inside and outside, or a box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from medimg.inference.conclude import Conclusion, regions
from medimg.inference.outlining import nodule
from medimg.inference.outlining.walks import ACCEPTED, Outline, outline
from medimg.inference.outlining.window import Clicks, Index
from medimg.inference.predict import Prediction
from medimg.inference.runner import Floats, Runner
from medimg.inference.tasks.task import Answer, Question, Task
from medimg.packages.manifest import Label, Outlining, Package
from medimg.values.errors import Cancelled, InputRefused, PackageRefused
from medimg.values.findings import Measure
from medimg.values.geometry import Geometry
from medimg.values.masks import Mask
from medimg.values.prompt import Point, Prompt
from medimg.values.volume import Volume

Measuring = Callable[
    [Volume, Mask, Outline, Outlining], tuple[tuple[Measure, ...], tuple[str, ...]]
]
#: What is said of an outline, by the code of its label.
MEASURES: dict[str, Measuring] = {"lung-nodule": nodule.measure}


def answer(question: Question, runner: Runner) -> Answer:
    """Outline in every slice, and measure.

    Raises:
        InputRefused: Nothing was pointed at, a click lies outside the scan, or what was clicked is
            larger than the network sees.
        PackageRefused: The manifest does not say what the package was trained on.
        Cancelled: `question.cancelled` said so.
    """
    package, volume = question.package, question.volume
    label, limits = package.labels[0], package.outline
    if limits is None:
        raise PackageRefused(f'{package.id} outlines, and its manifest has no "[outline]".')
    clicks = clicks_of(question.prompt, volume.series.geometry)
    steps = volume.series.geometry.spacing_mm
    assert steps is not None
    found = outline(volume.array, steps, clicks, _network(question, runner))
    if found.is_large:
        raise InputRefused(
            "What was clicked reaches beyond the 6 cm that the network sees. It was trained on "
            f"structures up to {limits.largest_mm:.0f} mm, so no outline is given."
        )
    mask = Mask.of(found.mask, found.offset, volume.series.geometry.shape)
    if mask.is_empty:
        return Answer(package, {label.name: mask}, notes=(_nothing(label, found),))
    measures, notes = MEASURES[label.code](volume, mask, found, limits)
    named = tuple(_of_package(one, package) for one in measures)
    cut = (_CUT,) if found.is_cut else ()
    return Answer(package, {label.name: mask}, measures=named, notes=(*cut, *notes))


_CUT = (
    "The outline reaches the first or last slice of the scan, so a part of the nodule may be "
    "missing: volume and axes are those of the part that was scanned."
)


def _nothing(label: Label, found: Outline) -> str:
    return (
        f"No {label.name.lower()} is outlined at the click: the network gives it a score of "
        f"{found.score:.2f}, and {ACCEPTED:g} is needed. A vessel, the chest wall and the heart "
        "are answered so, and so is what is far larger than the network was trained on. If a "
        f"{label.name.lower()} is there, a second click inside it outlines it nevertheless."
    )


def _of_package(one: Measure, package: Package) -> Measure:
    return replace(one, id=f"{package.name}/measure/{one.id}", region=package.labels[0].code)


def _network(
    question: Question, runner: Runner
) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    def run(inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        if question.cancelled and question.cancelled():
            raise Cancelled("The run was cancelled.")
        return runner.run(inputs)[:, 0]

    return run


def clicks_of(prompt: Prompt | None, geometry: Geometry) -> Clicks:
    """The reader's points as indices of the grid.

    Raises:
        InputRefused: There are none, the grid has no place in the patient, or one is outside.
    """
    if prompt is None:
        raise InputRefused("This package outlines what is pointed at. Give it a click or a box.")
    if geometry.affine is None:
        raise InputRefused("Points in mm have no place in these slices: their positions differ.")
    inside = tuple(_index(point, geometry) for point in prompt.clicks)
    outside = tuple(_index(point, geometry) for point in prompt.not_clicks)
    box = None
    if prompt.box:
        box = (_index(prompt.box[0], geometry), _index(prompt.box[1], geometry))
    return Clicks(inside, outside, box)


def _index(point: Point, geometry: Geometry) -> Index:
    place = geometry.to_index(np.array([point]))[0]
    if not all(-0.5 <= at <= size - 0.5 for at, size in zip(place, geometry.shape, strict=True)):
        words = ", ".join(f"{value:g}" for value in point)
        raise InputRefused(f"The point {words} (LPS, mm) lies outside the scan.")
    slice_, row, column = (
        float(min(max(at, 0.0), size - 1.0)) for at, size in zip(place, geometry.shape, strict=True)
    )
    return slice_, row, column


def conclude(volume: Volume, answer: Answer) -> Conclusion:
    """The outline as a region; an empty one has been spoken of already."""
    marked = {name: mask for name, mask in answer.masks.items() if not mask.is_empty}
    if not marked:
        return Conclusion()
    found, notes = regions(volume, answer.package, marked)
    return Conclusion((), found, notes)


def score(package: Package, label: Label, prediction: Prediction) -> float:
    """An outline has no score of a whole case.

    Raises:
        PackageRefused: Always.
    """
    raise PackageRefused(f"{package.id} outlines from a click; a whole case has no score.")


def logits(package: Package, runner: Runner, image: Floats) -> Floats:
    """The output on (channels, rows, columns) as `outlining.window.inputs_of` makes them."""
    return np.asarray(runner.run(image[None])[0])


TASK = Task(marks=True, merit="Dice", answer=answer, conclude=conclude, score=score, logits=logits)
