"""What every task has: how a package is asked, what it answers, and what that means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from medimg.inference.conclude import Conclusion
from medimg.inference.predict import Prediction, Progress, forward
from medimg.inference.preprocessing import Prepared, prepared_array
from medimg.inference.runner import Floats, Runner
from medimg.packages.manifest import Label, Package
from medimg.values.findings import Measure
from medimg.values.masks import Mask
from medimg.values.prompt import Prompt
from medimg.values.volume import Volume

Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """An image that was admitted, and what the reader pointed at.

    Attributes:
        others: Further inputs of a package that wants several, in the order of its manifest.
    """

    volume: Volume
    package: Package
    prompt: Prompt | None = None
    progress: Progress | None = None
    cancelled: Cancelled | None = None
    others: tuple[Volume, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A package's answer before it is put into words.

    Attributes:
        masks: By the name of the label, on the volume's grid; empty for a task that marks nothing.
        prepared, prediction: None where a rule computed it and not a network.
        measures: Further figures, of regions or of the image as a whole.
        notes: What was assumed or changed on the way, in words.
        withheld: Why a label's volume must not be given, by its name.
    """

    package: Package
    masks: Mapping[str, Mask] = field(default_factory=dict)
    prepared: Prepared | None = None
    prediction: Prediction | None = None
    measures: tuple[Measure, ...] = ()
    notes: tuple[str, ...] = ()
    withheld: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One row of the table of tasks.

    Attributes:
        marks: Whether its answer is masks.
        merit: The figure of merit that a card gives first.
        answer: Runs a network on an image.
        conclude: Says what an answer means for this image.
        score: One label's score of a case, of which its probability is calibrated.
        logits: The network's output on the image of a test vector.
    """

    marks: bool
    merit: str
    answer: Callable[[Question, Runner], Answer]
    conclude: Callable[[Volume, Answer], Conclusion]
    score: Callable[[Package, Label, Prediction], float]
    logits: Callable[[Package, Runner, Floats], Floats]


def of_whole_image(package: Package, runner: Runner, image: Floats) -> Floats:
    """The output on an image, (rows, columns) or (slices, rows, columns), once it is prepared."""
    prepared, _ = prepared_array(package, image)
    given, _ = forward(package, runner, prepared.values)
    return given
