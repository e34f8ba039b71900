"""CONTRIBUTING's table of where things go, tried: a dummy member is one file and one row."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

import medimg
from medimg.cli.main import VERBS, main, overview
from medimg.engine.dialog_filter import dialog_filter
from medimg.inference import backends
from medimg.reading.formats import FORMATS, Format
from medimg.results import EXPORTS, Row, export
from tests import tiny_packages
from tests.medimg.results.planted import ct
from tests.sources import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.fixture
def new_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a module may be written that can be imported by its bare name until the test ends."""
    folder = tmp_path / "modules"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    known = set(sys.modules)
    yield folder  # type: ignore[misc]
    for name in set(sys.modules) - known:
        if name.startswith("dummy_"):
            del sys.modules[name]


def test_a_format_is_a_module_and_a_row(
    new_module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scanned, read and offered by the window's dialog without another edit."""
    (new_module / "dummy_format.py").write_text(
        dedent("""
        import numpy as np
        from medimg.reading.found import Found
        from medimg.values.geometry import Geometry
        from medimg.values.series import Frame, Series
        from medimg.values.volume import Unit, Volume

        def recognises(head):
            return head.startswith(b"DUMMY")

        def scan(paths, tick):
            return Found(tuple(
                Series(str(p), p.stem, "dummy", "OT", (Frame(str(p)),), Geometry((1, 2, 3)))
                for p in paths))

        def read(series, tick):
            return Volume(np.full((1, 2, 3), 7.0), Unit.ARBITRARY, series)
        """)
    )
    monkeypatch.setitem(FORMATS, "dummy", Format("Dummy", (".dummy",), "dummy_format"))
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "one.dummy").write_bytes(b"DUMMY")
    (series,) = medimg.scan(tmp_path / "images").series
    assert np.all(medimg.read(series).array == 7.0)
    assert "*.dummy" in dialog_filter()


def test_an_export_is_a_module_and_a_row(
    new_module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (new_module / "dummy_export.py").write_text(
        "from medimg.results.exported import Exported\n"
        "def make(analysis):\n    return Exported(analysis.id.encode())\n"
    )
    monkeypatch.setitem(EXPORTS, "dummy", Row("dummy.txt", "dummy_export:make", "dummy"))
    path = export(ct(), tmp_path, ["dummy"])["dummy"]
    assert path.name == "dummy.txt" and path.read_text() == ct().id


def test_a_backend_is_a_module_and_a_row(
    new_module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first in the table whose libraries are installed is chosen."""
    (new_module / "dummy_backend.py").write_text(
        "NEEDS = ()\ndef available():\n    return True\n"
        "def open(package, device):\n    return package, device\n"
    )
    monkeypatch.setattr(backends, "BACKENDS", {"dummy": "dummy_backend", **backends.BACKENDS})
    package = tiny_packages.bright(tmp_path)
    assert backends.open_runner(package, "cpu") == (package, "cpu")


def test_a_verb_is_a_module_and_a_row(
    new_module: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (new_module / "dummy_verb.py").write_text(
        "def arguments(parser):\n    parser.add_argument('word')\n"
        "def run(args):\n    print(args.word)\n    return 0\n"
    )
    monkeypatch.setitem(VERBS, "dummy", ("dummy_verb", "say a word"))
    assert main(["dummy", "hello"]) == 0
    assert capsys.readouterr().out == "hello\n"
    assert re.search(r"^ +dummy +say a word$", overview(), re.MULTILINE)


def _rows() -> list[tuple[str, str, str]]:
    """What is added, the file of its table, and the table's name there."""
    found = []
    for line in CONTRIBUTING.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 5:
            for file, names in re.findall(r"`([\w/.]+\.py)`: ((?:`\w+`(?:, )?)+)", cells[3]):
                found += [(cells[1], file, name) for name in re.findall(r"`(\w+)`", names)]
    return found


@pytest.mark.parametrize(("what", "file", "table"), _rows(), ids=lambda cell: str(cell))
def test_each_table_is_where_the_page_says(what: str, file: str, table: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    names = {
        ast.unparse(target)
        for node in tree.body
        for target in (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
    }
    assert table in names, f"{what}: {file} has no table {table}"


def test_the_page_has_rows() -> None:
    """The pattern above finds the table that a reader sees."""
    assert len(_rows()) >= 10


@pytest.mark.parametrize("top", ["medimg", "app"])
def test_folders_of_tests_are_folders_of_the_code(top: str) -> None:
    """What "tests mirror the code" promises: the folder, not one test file a module."""
    for folder in (ROOT / "tests" / top).rglob("*"):
        if folder.is_dir() and folder.name != "__pycache__":
            assert (ROOT / top / folder.relative_to(ROOT / "tests" / top)).is_dir(), folder
