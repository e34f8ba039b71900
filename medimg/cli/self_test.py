"""`medimg self-test`: check that this installation works; one line a step."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from medimg.cli.answers import answer, json_option, show_progress
from medimg.selftest.steps import Step, run_steps

_NAME = 44


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Try everything; 1 if anything fails."""
    steps: list[Step] = []
    for step in run_steps(lambda name: show_progress(None, name)):
        steps.append(step)
        if not args.json:
            _clear()
            print(line(step), flush=True)
    failed = [step for step in steps if not step.passed]
    if args.json:
        answer({"passed": not failed, "steps": [asdict(step) for step in steps]})
    else:
        print(summary(steps))
    return 1 if failed else 0


def line(step: Step) -> str:
    """One step for a person."""
    mark = "ok  " if step.passed else "FAIL"
    return f"{mark} {step.name:<{_NAME}} {step.sentence} ({step.seconds:.1f} s)"


def summary(steps: list[Step]) -> str:
    """All steps in one sentence."""
    failed = [step.name for step in steps if not step.passed]
    seconds = sum(step.seconds for step in steps)
    if failed:
        return f"{len(failed)} of {len(steps)} failed: {', '.join(failed)}."
    return f"All {len(steps)} steps passed in {seconds:.0f} s."


def _clear() -> None:
    """Take the line of progress away before a line of text."""
    show_progress(None, "")
