"""Each file once, whatever leads to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from medimg.engine.calls import wait_for
from medimg.engine.client import Child
from medimg.engine.jobs.scan import ScanJob
from medimg.engine.protocol import Role
from medimg.reading import read, scan
from medimg.reading.files import RealPaths, walk
from medimg.values.series import Scan
from tests.medimg.reading.truth import share_wrong
from tests.phantoms import write_stack


def test_links_lead_to_one_file(tmp_path: Path) -> None:
    """A linked file, a linked folder and the file itself are one."""
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "a.dcm").write_bytes(b"x")
    (folder / "b.dcm").symlink_to(folder / "a.dcm")
    (tmp_path / "other").symlink_to(folder)
    files, problems = walk([tmp_path])
    assert len(files) == 1 and not problems


def test_real_paths_are_those_of_the_system(tmp_path: Path) -> None:
    """As `Path.resolve` says, through links of files and of folders."""
    inner = tmp_path / "one" / "two"
    inner.mkdir(parents=True)
    (inner / "a").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "one")
    (tmp_path / "b").symlink_to(inner / "a")
    real = RealPaths()
    for path in (inner / "a", tmp_path / "link" / "two" / "a", tmp_path / "b"):
        assert real.of(path) == str(path.resolve())


def test_files_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    """Part by part, whether asked for by one folder or by several files; real paths are told."""
    for name in ("b/2", "b/10", "a-b/1", "a/z/9", "a/b", "c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "a" / "circle").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "itself").symlink_to(tmp_path / "a" / "itself")
    truth = sorted((p for p in tmp_path.rglob("*") if p.is_file()), key=lambda path: path.parts)
    assert len(truth) == 6
    files, _ = walk([tmp_path])
    assert list(files.values()) == truth
    assert list(files) == [str(path.resolve()) for path in truth]
    some, _ = walk([tmp_path / "c", tmp_path / "b"])
    assert [path.name for path in some.values()] == ["10", "2", "c"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every path is text")
def test_paths_that_are_no_utf_8_are_read_and_can_be_written_down(tmp_path: Path) -> None:
    """A Latin-1 byte of an old share made analyse wait for ever, and JSON unreadable."""
    write_stack(tmp_path / "plain", count=3)
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/M\xfcller")
    (tmp_path / "plain").rename(odd)
    Path(odd, "000.dcm").rename(os.fsdecode(os.fsencode(odd) + b"/sch\xf6n.dcm"))
    for given in (tmp_path, Path(odd)):
        (series,) = scan(given).series
        assert share_wrong(read(series)) < 0.002
        assert all(frame.file.isprintable() for frame in series.frames)
        assert {Path(frame.file).name for frame in series.frames} >= {"001.dcm", "sch%F6n.dcm"}
    with Child(Role.READER) as child:
        found = wait_for(child, ScanJob((odd,))).value
    assert isinstance(found, Scan) and len(found.series) == 1
    command = [sys.executable, "-m", "medimg", "scan", str(tmp_path), "--json"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert len(json.loads(done.stdout.decode("utf-8"))["series"]) == 1
