"""Say how likely each finding is on the whole image: one logit per label."""

from __future__ import annotations

from medimg.inference.conclude import Conclusion, findings
from medimg.inference.predict import Prediction, predict
from medimg.inference.preprocessing import prepare
from medimg.inference.runner import Runner
from medimg.inference.tasks.task import Answer, Question, Task, of_whole_image
from medimg.packages.manifest import Label, Package
from medimg.values.volume import Volume


def answer(question: Question, runner: Runner) -> Answer:
    """Run the network; its output is (labels,) logits."""
    prepared = prepare(question.volume, question.package)
    prediction = predict(prepared, runner, question.progress, question.cancelled)
    return Answer(question.package, prepared=prepared, prediction=prediction, notes=prepared.notes)


def score(package: Package, label: Label, prediction: Prediction) -> float:
    """The label's own logit."""
    return float(prediction.output[label.channel])


def conclude(volume: Volume, answer: Answer) -> Conclusion:
    """Findings by their calibrated probability."""
    return Conclusion(findings(answer.package, answer.prediction, score))


TASK = Task(
    marks=False, merit="AUC", answer=answer, conclude=conclude, score=score, logits=of_whole_image
)
