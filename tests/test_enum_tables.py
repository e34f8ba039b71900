"""Tables by members of an enumeration: none misses a member unless that is meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.sources import ROOT, python_files

#: Tables that leave members out, with the members and why they are never asked for.
MEANT: dict[tuple[str, str], tuple[set[str], str]] = {
    ("medimg/writing/dicom.py", "_RESCALE_TYPES"): (
        {"COLOUR"},
        "a colour picture has no rescale type",
    ),
    ("medimg/reading/upright.py", "_SEEN"): ({"UNKNOWN"}, "asked for the plane nearest to a stack"),
    ("medimg/display/cuts.py", "SCREEN"): ({"UNKNOWN"}, "cuts are made along the three planes"),
    ("medimg/display/cuts.py", ""): ({"UNKNOWN"}, "cuts are made along the three planes"),
    ("medimg/packages/grids.py", "_NORMAL_AXIS"): (
        {"UNKNOWN"},
        "its one reader returns before that where the plane is unknown",
    ),
}


@dataclass(frozen=True)
class Table:
    """A literal dict whose keys are members of one enumeration of the product."""

    file: str
    line: int
    name: str
    enumeration: str
    members: frozenset[str]
    has_default: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.name or self.line}"


def _enumerations() -> dict[str, list[set[str]]]:
    """Members of each enumeration, by class name; two classes may share a name."""
    found: dict[str, list[set[str]]] = {}
    for file in python_files("medimg", "app"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and any("Enum" in ast.unparse(b) for b in node.bases):
                members = {
                    target.id
                    for line in node.body
                    if isinstance(line, ast.Assign)
                    for target in line.targets
                    if isinstance(target, ast.Name)
                }
                found.setdefault(node.name, []).append(members)
    return found


ENUMERATIONS = _enumerations()


def _tables(file: Path) -> Iterator[Table]:
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            names[id(node.value)] = ast.unparse(target)
    for node in ast.walk(tree):
        keys = node.keys if isinstance(node, ast.Dict) else []
        pairs = [
            (key.value.id, key.attr)
            for key in keys
            if isinstance(key, ast.Attribute) and isinstance(key.value, ast.Name)
        ]
        classes = {name for name, _ in pairs}
        if not keys or len(pairs) != len(keys) or len(classes) != 1:
            continue
        (enumeration,) = classes
        if enumeration in ENUMERATIONS:
            name = names.get(id(node), "")
            yield Table(
                file.relative_to(ROOT).as_posix(),
                node.lineno,
                name,
                enumeration,
                frozenset(member for _, member in pairs),
                # Asked with a default everywhere: a member that is not in it has an answer.
                bool(name) and f"{name}[" not in text and f"{name}.get(" in text,
            )


TABLES = [table for file in python_files("medimg", "app") for table in _tables(file)]


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_no_table_misses_a_member(table: Table) -> None:
    """The unit Gy was missing from the table of units, and the window failed in `paintEvent`."""
    left_out, _ = MEANT.get((table.file, table.name), (set(), ""))
    missing = [members - table.members for members in ENUMERATIONS[table.enumeration]]
    assert table.has_default or left_out in missing, f"{table} lacks {missing}"


def test_tables_are_found() -> None:
    """The search sees the tables that are known to be there, and each exception is needed."""
    assert len(TABLES) > 15
    places = {(table.file, table.name) for table in TABLES}
    assert ("medimg/display/measures.py", "UNIT") in places
    assert set(MEANT) <= places
