"""What the reader looks at goes first, and what is superseded does not run."""

from __future__ import annotations

from dataclasses import dataclass

from medimg.engine.waiting import Priority, Waiting


@dataclass(eq=False)
class Task:
    id: int
    priority: Priority = Priority.WAITED_FOR
    supersedes: str = ""


def taken(waiting: Waiting[Task]) -> list[int]:
    ids = []
    while waiting:
        ids.append(waiting.take().id)
    return ids


def test_jobs_go_by_priority_and_then_in_their_order() -> None:
    waiting: Waiting[Task] = Waiting()
    for task in (Task(1, Priority.BACKGROUND), Task(2), Task(3), Task(4, Priority.LOOKED_AT)):
        assert waiting.add(task) == []
    assert taken(waiting) == [4, 2, 3, 1]


def test_a_waiting_job_that_the_reader_looks_at_now_goes_first() -> None:
    waiting: Waiting[Task] = Waiting()
    for number in (1, 2, 3):
        waiting.add(Task(number))
    waiting.prefer(3, Priority.LOOKED_AT)
    waiting.prefer(99, Priority.LOOKED_AT)  # it runs already
    assert taken(waiting) == [3, 1, 2]


def test_a_newer_job_drops_those_that_it_supersedes() -> None:
    waiting: Waiting[Task] = Waiting()
    old, other = Task(1, supersedes="read"), Task(2, supersedes="thumbnail")
    waiting.add(old)
    waiting.add(other)
    waiting.add(Task(3))
    assert waiting.add(Task(4, supersedes="read")) == [old]
    assert waiting.add(Task(5)) == []
    assert taken(waiting) == [2, 3, 4, 5]


def test_a_job_that_is_taken_back_does_not_run() -> None:
    waiting: Waiting[Task] = Waiting()
    waiting.add(Task(1))
    found = waiting.remove(1)
    assert found is not None and found.id == 1
    assert waiting.remove(1) is None and not waiting
