"""The jobs that wait for a child: what the reader looks at goes first."""

from __future__ import annotations

from enum import IntEnum
from typing import Generic, Protocol, TypeVar


class Priority(IntEnum):
    """In which order jobs are taken; jobs of one priority in the order of their arrival."""

    LOOKED_AT = 0
    WAITED_FOR = 1
    BACKGROUND = 2


class Waits(Protocol):
    """What a waiting job has.

    Attributes:
        supersedes: Jobs of the same word are dropped when a newer one arrives; none if empty.
    """

    id: int
    priority: Priority
    supersedes: str


Task = TypeVar("Task", bound=Waits)


class Waiting(Generic[Task]):
    """Waiting jobs; the caller holds a lock over them."""

    def __init__(self) -> None:
        self._tasks: list[Task] = []

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def add(self, task: Task) -> list[Task]:
        """Let a job wait.

        Returns:
            The jobs that it supersedes; they do not wait any more.
        """
        dropped = [x for x in self._tasks if task.supersedes and x.supersedes == task.supersedes]
        self._tasks = [x for x in self._tasks if x not in dropped]
        self._tasks.append(task)
        return dropped

    def take(self) -> Task:
        """The job whose turn it is; it does not wait any more."""
        first = min(self._tasks, key=lambda task: (task.priority, task.id))
        self._tasks.remove(first)
        return first

    def remove(self, job_id: int) -> Task | None:
        """A job by its id, which does not wait any more; None if it does not wait."""
        found = next((task for task in self._tasks if task.id == job_id), None)
        if found is not None:
            self._tasks.remove(found)
        return found

    def prefer(self, job_id: int, priority: Priority) -> None:
        """Change the turn of a job; nothing happens if it does not wait."""
        for task in self._tasks:
            if task.id == job_id:
                task.priority = priority

    def clear(self) -> list[Task]:
        """All jobs, none of which waits any more."""
        tasks, self._tasks = self._tasks, []
        return tasks
