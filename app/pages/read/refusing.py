"""What is said of files that cannot be shown."""

from __future__ import annotations

from medimg_workstation.pages.read.state import Refused

from medimg.display.wording import number
from medimg.values.problems import Problem, Severity
from medimg.values.series import Scan

#: Files that are named one by one.
TOLD = 3


def unused(scan: Scan) -> tuple[Problem, ...]:
    """Files that should have been images and are not; text beside images is no news."""
    return tuple(p for p in scan.problems if p.severity is Severity.PROBLEM)


def left_out(scan: Scan) -> tuple[str, ...]:
    """Sentences on files that could not be used: the first few, then how many more."""
    problems = unused(scan)
    told = [f"{p.sentence} {p.todo}".strip() for p in problems[:TOLD]]
    if len(problems) > TOLD:
        count = len(problems) - TOLD
        files = "file" if count == 1 else "files"
        told.append(f"{number(count)} more {files} could not be used; see the list.")
    return tuple(told)


def refusal(scan: Scan) -> Refused:
    """Why a scan without images shows nothing: the first reason, and the others."""
    if scan.objects:
        object_ = scan.objects[0]
        sentence = f"{object_.title}: the images that it speaks of are not here."
        todo = "Open the folder that holds both."
        return Refused(Problem("series-absent", sentence, (), todo), scan.problems)
    if not scan.problems:
        nothing = Problem("not-found", "There is no image here.", (), "Choose another folder.")
        return Refused(nothing)
    first, *others = scan.problems
    return Refused(first, tuple(others))
