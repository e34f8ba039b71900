"""Each file once, whatever leads to it."""

from __future__ import annotations

from pathlib import Path

from medimg.reading.files import RealPaths, walk


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
