"""The table of a batch as it grows on the disk, read back for the page."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from medimg_workstation.pages.batch.state import Row

from medimg.batch.folder import TABLE
from medimg.display.wording import of_100
from medimg.values.csv_text import original


def rows(folder: Path) -> tuple[Row, ...]:
    """Read the rows that are done so far, newest first; none where there is no table yet."""
    path = folder / TABLE
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = [{k: original(v) for k, v in line.items()} for line in csv.DictReader(file)]
    cases: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for line in lines:
        cases.setdefault((line["case"], line["series_uid"], line["package"]), []).append(line)
    return tuple(_row(group) for group in reversed(list(cases.values())))


def count(made: Iterable[Row], state: str) -> int:
    """How many rows ended so."""
    return sum(row.state == state for row in made)


def _row(lines: list[dict[str, str]]) -> Row:
    first = lines[0]
    findings = [line for line in lines if line["probability"]]
    said = decision = ""
    if findings:
        top = max(findings, key=lambda line: float(line["probability"]))
        numbers = [of_100(float(top[key])) for key in ("probability", "low", "high")]
        said = f"{top['label']} {numbers[0]} ({numbers[1]}–{numbers[2]})"
        decision = top["decision"]
    elif first["label"]:
        said = ", ".join(line["label"] for line in lines)
    return Row(
        case=first["case"],
        package=first["package"],
        state=first["state"],
        said=said,
        decision=decision,
        seconds=float(first["seconds"]) if first["seconds"] else None,
        reason=first["reason"],
    )
