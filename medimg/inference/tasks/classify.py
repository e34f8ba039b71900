"""Say how likely each finding is on the whole image: a logit per label, or per label and slice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medimg.inference.conclude import SLICE_SCORES, Conclusion, findings
from medimg.inference.predict import Prediction, predict
from medimg.inference.preprocessing import Prepared, prepare
from medimg.inference.runner import Runner
from medimg.inference.tasks.task import Answer, Question, Task, of_whole_image
from medimg.packages.manifest import Label, Package
from medimg.values.errors import PackageRefused
from medimg.values.volume import Volume

#: Slices that are named where each is judged.
NAMED = 3


def answer(question: Question, runner: Runner) -> Answer:
    """Run the network; its output is (labels,) or (labels, slices) logits.

    Raises:
        PackageRefused: A label names a channel that the network does not have.
    """
    package = question.package
    prepared = prepare(question.volume, package)
    prediction = predict(prepared, runner, question.progress, question.cancelled)
    for label in package.labels:
        if label.channel >= len(prediction.output):
            raise PackageRefused(
                f'The label "{label.name}" of {package.id} is channel {label.channel}, and the '
                f"network gives {len(prediction.output)}."
            )
    return Answer(package, prepared=prepared, prediction=prediction, notes=prepared.notes)


def score(package: Package, label: Label, prediction: Prediction) -> float:
    """The label's own logit, or what `[finding]` of the manifest makes of those of its slices.

    Raises:
        PackageRefused: Slices are judged, and the manifest names no known score of a stack.
    """
    each = prediction.output[label.channel]
    if each.ndim == 0:
        return float(each)
    name = package.finding.score if package.finding else ""
    if name not in SLICE_SCORES:
        raise PackageRefused(f'{package.id} makes its score by "{name}", which is not known here.')
    return SLICE_SCORES[name](each)


def conclude(volume: Volume, answer: Answer) -> Conclusion:
    """Findings by their calibrated probability; of a stack, its highest slices and details."""
    found = findings(answer.package, answer.prediction, score)
    prediction, prepared = answer.prediction, answer.prepared
    if prediction is None or prepared is None or prediction.output.ndim < 2:
        return Conclusion(found)
    return Conclusion(found, notes=(*_highest(answer.package, prediction, prepared),))


def _highest(package: Package, prediction: Prediction, prepared: Prepared) -> list[str]:
    """The slices that a finding's score comes from, and the finding's details, in words."""
    places = slice_numbers(prepared)
    notes = []
    for label in package.labels:
        if label.kind == "finding":
            top = np.argsort(prediction.output[label.channel])[-NAMED:]
            named = ", ".join(str(one) for one in sorted(places[top].tolist()))
            notes.append(f"{label.name}: highest in the slices {named} of {prepared.shape[0]}.")
    details = [
        (1 / (1 + np.exp(-score(package, label, prediction))), label.name)
        for label in package.labels
        if label.kind == "detail"
    ]
    if details:
        words = ", ".join(f"{name} {share:.2f}" for share, name in sorted(details, reverse=True))
        notes.append(f"Outputs for kinds, not calibrated: {words}.")
    return notes


def slice_numbers(prepared: Prepared) -> NDArray[np.int64]:
    """For each slice of the network's grid the number of the volume's slice, counted from 1."""
    count = prepared.array.shape[1]
    marks = np.arange(1, count + 1, dtype=np.float32)[:, None, None]
    whole = np.broadcast_to(marks, tuple(prepared.array.shape[1:]))
    back = prepared.restore(np.array(whole)).max(axis=(1, 2))
    return np.asarray([int(np.abs(back - mark).argmin()) + 1 for mark in marks[:, 0, 0]])


TASK = Task(
    marks=False, merit="AUC", answer=answer, conclude=conclude, score=score, logits=of_whole_image
)
