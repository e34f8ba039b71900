"""What is said of files that cannot be shown."""

from __future__ import annotations

from medimg_workstation.pages.read.state import Refused

from medimg.values.problems import Problem, Severity
from medimg.values.series import Scan


def unused(scan: Scan) -> tuple[Problem, ...]:
    """Files that should have been images and are not; text beside images is no news."""
    return tuple(p for p in scan.problems if p.severity is Severity.PROBLEM)


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
