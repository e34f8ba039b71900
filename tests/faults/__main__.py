"""`python -m tests.faults`: inputs with planted faults, and what ours and other readers say."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from medimg.cli.answers import answer, json_option, show_progress
from tests.faults.judgement import Judgement, Verdict
from tests.faults.peers import PEERS, absent, judged_by_peers
from tests.faults.table import Trial, chosen, trials

_ID = 34
_WIDTH = 14


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--only", nargs="+", default=(), metavar="ID", help="these rows alone")
    parser.add_argument("--section", default="", metavar="S", help="a section, or part of its name")
    parser.add_argument("--peers", action="store_true", help="other readers beside ours; minutes")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the inputs there")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Make, read and judge every row; 1 where one of ours is not as it must be."""
    rows = chosen(args.only, args.section)
    done: list[tuple[Trial, dict[str, Judgement]]] = []
    with tempfile.TemporaryDirectory(prefix="medimg-faults-") as temporary:
        root = args.keep or Path(temporary)
        if not args.json:
            print(heading(args.peers))
        for trial in trials(rows, root):
            show_progress(len(done) / len(rows), trial.row.id)
            beside = judged_by_peers(trial) if args.peers else {}
            done.append((trial, beside))
            if not args.json:
                print(line(trial, beside), flush=True)
    show_progress(1, f"{len(done)} inputs")
    if args.json:
        answer(as_plain(done))
    else:
        print("\n".join(summary(done)))
    return 0 if all(trial.passed for trial, _ in done) else 1


def heading(with_peers: bool) -> str:
    """The names over the columns."""
    names = [name for name in PEERS if name not in absent()] if with_peers else []
    return f"  {'input':<{_ID}} {'ours':<8} " + "".join(f"{n:<{_WIDTH}}" for n in names) + "told"


def line(trial: Trial, beside: Mapping[str, Judgement]) -> str:
    """One row for a person; what is not as it must be stands below it."""
    mark = "  " if trial.passed else "! "
    others = "".join(
        f"{beside[name].verdict.value if name in beside else '–':<{_WIDTH}}"
        for name in PEERS
        if beside and name not in absent()
    )
    first = f"{mark}{trial.row.id:<{_ID}} {trial.judgement.verdict.value:<8} {others}"
    kinds = ", ".join(dict.fromkeys(problem.kind for problem in trial.answer.problems))
    return "\n".join([f"{first}{kinds}".rstrip(), *(f"      {f}" for f in trial.judgement.faults)])


def summary(done: Sequence[tuple[Trial, Mapping[str, Judgement]]]) -> list[str]:
    """How often each reader came to each verdict."""
    by_reader: dict[str, Counter[str]] = {"ours": Counter()}
    for trial, beside in done:
        by_reader["ours"][trial.judgement.verdict.value] += 1
        for name, judgement in beside.items():
            by_reader.setdefault(name, Counter())[judgement.verdict.value] += 1
    lines = [""]
    for name, counts in by_reader.items():
        lines.append(f"{name}: {tally(counts)} of {counts.total()}")
    if len(by_reader) > 1 and (lacking := absent()):
        lines.append(f"Not installed here: {', '.join(lacking)}.")
    failed = [trial.row.id for trial, _ in done if not trial.passed]
    lines.append(
        f"{len(done) - len(failed)} of {len(done)} rows are as they must be"
        + (f"; not so: {', '.join(failed)}." if failed else ".")
    )
    return lines


def tally(counts: Counter[str]) -> str:
    """How a reader did: what ended it otherwise than by a word counts as crashed."""
    right, said, silent = (counts[v.value] for v in (Verdict.RIGHT, Verdict.SAID, Verdict.SILENT))
    crashed = counts.total() - right - said - silent
    return f"{right} right, {said} said, {silent} silent, {crashed} crashed"


def as_plain(done: Sequence[tuple[Trial, Mapping[str, Judgement]]]) -> dict[str, object]:
    """The table as one JSON object."""
    return {
        "passed": all(trial.passed for trial, _ in done),
        "readers": ["ours", *(PEERS if any(beside for _, beside in done) else ())],
        "rows": [_plain_row(trial, beside) for trial, beside in done],
    }


def _plain_row(trial: Trial, beside: Mapping[str, Judgement]) -> dict[str, object]:
    return {
        "id": trial.row.id,
        "section": trial.section,
        "input": trial.row.input,
        "must": trial.row.must,
        "passed": trial.passed,
        "faults": list(trial.judgement.faults),
        "seconds": round(trial.answer.seconds, 3),
        "verdicts": {
            "ours": trial.judgement.verdict.value,
            **{name: judgement.verdict.value for name, judgement in beside.items()},
        },
        "problems": [
            {"kind": p.kind, "severity": p.severity.value, "sentence": p.sentence,
             "files": [Path(file).name for file in p.files]}
            for p in trial.answer.problems
        ],
    }  # fmt: skip


def main(words: Sequence[str] | None = None) -> int:
    """Parse the words of the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    arguments(parser)
    return run(parser.parse_args(words))


if __name__ == "__main__":
    sys.exit(main())
