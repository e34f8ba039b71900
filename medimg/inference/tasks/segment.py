"""Mark every voxel of each label: one channel of probabilities per label."""

from __future__ import annotations

from medimg.inference import slab_answer
from medimg.inference.conclude import SCORES, Conclusion, findings, regions
from medimg.inference.postprocessing import masks
from medimg.inference.predict import Prediction, predict
from medimg.inference.preprocessing import prepare
from medimg.inference.runner import Runner
from medimg.inference.tasks.task import Answer, Question, Task, of_whole_image
from medimg.packages.manifest import Label, Package
from medimg.values.errors import PackageRefused
from medimg.values.volume import Volume


def answer(question: Question, runner: Runner) -> Answer:
    """Run the network; its output is (channels, *grid).

    Raises:
        PackageRefused: A label names a channel that the network does not have.
    """
    package = question.package
    if slab_answer.is_for(package):
        marked, notes = slab_answer.answer(
            question.volume, question.others, package, runner, question.progress, question.cancelled
        )
        return Answer(package, marked, notes=notes)
    prepared = prepare(question.volume, package)
    prediction = predict(prepared, runner, question.progress, question.cancelled)
    found = masks(prepared, prediction.probability)
    for label in package.labels:
        if label.channel >= len(found):
            raise PackageRefused(
                f'The label "{label.name}" of {package.id} is channel {label.channel}, and the '
                f"network gives {len(found)}."
            )
    marked = {label.name: found[label.channel] for label in package.labels}
    return Answer(package, marked, prepared=prepared, prediction=prediction, notes=prepared.notes)


def score(package: Package, label: Label, prediction: Prediction) -> float:
    """What `[finding]` of the manifest makes of the label's map.

    Raises:
        PackageRefused: It names no known score.
    """
    name = package.finding.score if package.finding else ""
    if name not in SCORES:
        raise PackageRefused(f'{package.id} makes its score by "{name}", which is not known here.')
    return SCORES[name](prediction.probability[label.channel])


def conclude(volume: Volume, answer: Answer) -> Conclusion:
    """Regions with their measures, and findings where the package is calibrated."""
    found, notes = regions(volume, answer.package, answer.masks, answer.withheld)
    return Conclusion(findings(answer.package, answer.prediction, score), found, notes)


TASK = Task(
    marks=True, merit="Dice", answer=answer, conclude=conclude, score=score, logits=of_whole_image
)
