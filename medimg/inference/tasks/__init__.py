"""What a package can be made for: one row a task, each in its own file."""

from __future__ import annotations

from dataclasses import replace

from medimg.inference.backends import open_runner
from medimg.inference.conclude import Conclusion
from medimg.inference.rules import RULES
from medimg.inference.tasks import classify, outline, segment
from medimg.inference.tasks.task import Answer, Question, Task
from medimg.packages.manifest import Package
from medimg.values.errors import PackageRefused
from medimg.values.volume import Volume

#: By the word that a manifest uses.
TASKS: dict[str, Task] = {
    "classify": classify.TASK,
    "segment": segment.TASK,
    "outline": outline.TASK,
}


def task_of(package: Package) -> Task:
    """The row of a package.

    Raises:
        PackageRefused: It is not in the table.
    """
    if package.task not in TASKS:
        raise PackageRefused(f'{package.id} is made to "{package.task}", which is not known here.')
    return TASKS[package.task]


def answer(question: Question) -> Answer:
    """Ask a package: its rule where it has one, else its network on the first backend there is.

    Raises:
        PackageRefused: Its rule or its task is not known here, or its network cannot be built.
        Cancelled: `question.cancelled` said so.
    """
    package = question.package
    if package.runner.rule:
        return _by_rule(question)
    return task_of(package).answer(question, open_runner(package))


def conclude(volume: Volume, answer: Answer) -> Conclusion:
    """Say what an answer means for an image: findings and regions."""
    return task_of(answer.package).conclude(volume, answer)


def _by_rule(question: Question) -> Answer:
    package, name = question.package, question.package.runner.rule
    if name not in RULES:
        raise PackageRefused(f'The rule "{name}" of {package.id} is not known here.')
    ruled = RULES[name](question.volume, question.progress, question.cancelled)
    marked = {x.name: ruled.masks[x.code] for x in package.labels if x.code in ruled.masks}
    withheld = {x.name: ruled.withheld[x.code] for x in package.labels if x.code in ruled.withheld}
    measures = tuple(replace(one, id=f"{package.name}/measure/{one.id}") for one in ruled.measures)
    return Answer(package, marked, measures=measures, notes=ruled.notes, withheld=withheld)
