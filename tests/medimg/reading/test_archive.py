"""Zip archives: members become private files, nothing of them is trusted, nothing is left over."""

from __future__ import annotations

import gzip
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from medimg.engine.calls import wait_for
from medimg.engine.client import Child
from medimg.engine.jobs.scan import ScanJob
from medimg.engine.protocol import Role
from medimg.reading import read, scan
from medimg.values.series import Scan
from tests.medimg.reading.truth import kinds, share_wrong
from tests.phantoms import write_stack

#: Nine members' worth of zeros in 1 MB each.
_ZEROS = bytes(1 << 20)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    folder = tmp_path / "stack"
    write_stack(folder, count=3)
    return folder


def _pack(stack: Path, out: Path) -> Path:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(stack.iterdir()):
            archive.write(file, f"patient/series/{file.name}")
    return out


def _only(path: Path, kind: str, words: str) -> None:
    found = scan(path)
    assert [p.kind for p in found.problems] == [kind]
    assert words in found.problems[0].sentence and str(path) in found.problems[0].files


def test_a_series_is_read_out_of_its_archive(stack: Path, tmp_path: Path) -> None:
    found = scan(_pack(stack, tmp_path / "study.zip"))
    (series,) = found.series
    assert not found.problems and found.n_files == 4
    assert share_wrong(read(series)) < 0.002
    (note,) = (p for p in series.problems if p.kind == "from-archive")
    assert "study.zip" in note.sentence and [Path(f).name for f in note.files] == ["study.zip"]
    folder = Path(series.frames[0].file).parents[2]
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    assert scan(tmp_path / "study.zip").series[0].frames == series.frames  # unpacked once


def test_unpacking_that_was_cancelled_can_be_done_again(stack: Path, tmp_path: Path) -> None:
    """The folder of the first attempt was there already, and the archive stayed unreadable."""
    path = _pack(stack, tmp_path / "study.zip")
    seen = 0

    def stop(done: int, total: int) -> None:
        nonlocal seen
        seen += 1
        if seen == 3:  # within the archive
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan(path, progress=stop)
    (series,) = scan(path).series
    assert share_wrong(read(series)) < 0.002


def test_single_files_under_gzip_are_read(stack: Path) -> None:
    """Sets of Canon and Philips hold each file as .dcm.gz."""
    for path in stack.iterdir():
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    found = scan(stack)
    (series,) = found.series
    assert not found.problems
    assert share_wrong(read(series)) < 0.002
    assert [p.kind for p in series.problems] == ["from-archive"]


@pytest.mark.parametrize("ruin", ["bomb", "cut"])
def test_gzip_that_is_a_bomb_or_cut_is_refused(ruin: str, stack: Path, tmp_path: Path) -> None:
    """What opens to 400 MB of zeros is given up after 64 MB, and nothing of it is left."""
    whole = (stack / "000.dcm").read_bytes()
    path = tmp_path / "one.dcm.gz"
    if ruin == "bomb":
        with gzip.open(path, "wb", 1) as out:
            out.write(bytes(128) + b"DICM")
            for _ in range(400):
                out.write(_ZEROS)
    else:
        path.write_bytes(gzip.compress(whole)[:-40])
    _only(path, "too-large" if ruin == "bomb" else "truncated", "one.dcm.gz")


def test_nothing_is_left_when_the_program_ends(stack: Path, tmp_path: Path) -> None:
    """Neither after an orderly end nor, at the next start, after a kill."""
    path = _pack(stack, tmp_path / "study.zip")
    code = (
        "import sys, os, medimg; s = medimg.scan(sys.argv[1]).series[0];"
        "print(s.frames[0].file, flush=True);{end}"
    )
    for end in ("", "os.kill(os.getpid(), 9)"):
        done = subprocess.run(
            [sys.executable, "-c", code.format(end=end), str(path)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        file = Path(done.stdout.strip())
        assert file.name == "000.dcm" and file.exists() == bool(end)
    subprocess.run([sys.executable, "-c", code.format(end=""), str(path)], check=True)
    assert not file.exists()


def test_a_child_unpacks_into_the_folder_of_the_run(stack: Path, tmp_path: Path) -> None:
    """So that the members outlive a child that crashed, and not the run."""
    path = _pack(stack, tmp_path / "study.zip")
    with Child(Role.READER) as child:
        found = wait_for(child, ScanJob((str(path),))).value
        assert isinstance(found, Scan)
        file = Path(found.series[0].frames[0].file)
        assert child.folder is not None and file.is_relative_to(child.folder)
        assert share_wrong(read(found.series[0])) < 0.002
    assert not file.exists()


@pytest.mark.parametrize(
    "name", ["../evil.dcm", "/evil.dcm", "a/../../evil.dcm", "..\\evil.dcm", "C:/evil.dcm"]
)
def test_a_path_that_leads_out_is_left(stack: Path, tmp_path: Path, name: str) -> None:
    path = _pack(stack, tmp_path / "study.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, (stack / "000.dcm").read_bytes())
    _only(path, "member-outside", "out of the archive")
    home = Path(scan(path).series[0].frames[0].file).parents[2]
    assert not list(home.parent.rglob("evil*")) and not list(tmp_path.rglob("evil*"))


def test_a_link_is_left(stack: Path, tmp_path: Path) -> None:
    path = _pack(stack, tmp_path / "study.zip")
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link.dcm")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    _only(path, "member-outside", "a link")


def test_a_bomb_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(9):
            with archive.open(f"{number}.dcm", "w") as member:
                for _ in range(128):
                    member.write(_ZEROS)
    _only(path, "too-large", "200 times")


def test_a_member_that_lies_about_its_size(stack: Path, tmp_path: Path) -> None:
    path = _pack(stack, tmp_path / "study.zip")
    raw = bytearray(path.read_bytes())
    place = raw.index(b"PK\x01\x02")
    raw[place + 24 : place + 28] = (100).to_bytes(4, "little")
    path.write_bytes(bytes(raw))
    _only(path, "truncated", "000.dcm in study.zip")


def test_damage_costs_one_member(stack: Path, tmp_path: Path) -> None:
    path = _pack(stack, tmp_path / "study.zip")
    raw = bytearray(path.read_bytes())
    raw[600:640] = bytes(40)
    path.write_bytes(bytes(raw))
    found = scan(path)
    assert kinds(found) >= {"truncated"} and sum(len(s.frames) for s in found.series) == 2


def test_a_cut_archive(stack: Path, tmp_path: Path) -> None:
    path = _pack(stack, tmp_path / "study.zip")
    path.write_bytes(path.read_bytes()[:-200])
    _only(path, "truncated", "cut or damaged")


def test_encrypted_members_are_named(stack: Path, tmp_path: Path) -> None:
    path = _pack(stack, tmp_path / "study.zip")
    raw = bytearray(path.read_bytes())
    place = raw.index(b"PK\x01\x02")
    raw[place + 8] |= 1
    path.write_bytes(bytes(raw))
    _only(path, "encrypted", "000.dcm in study.zip")


def test_two_members_of_one_name(stack: Path, tmp_path: Path) -> None:
    path = _pack(stack, tmp_path / "study.zip")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("patient/series/000.dcm", b"another")
    _only(path, "duplicate-member", "the same name")


def test_archives_inside_archives_stay_closed(stack: Path, tmp_path: Path) -> None:
    inner = _pack(stack, tmp_path / "inner.zip")
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(inner, "inner.zip")
    found = scan(tmp_path / "outer.zip")
    assert [p.kind for p in found.problems] == ["zip"] and not found.series


def test_a_document_is_no_archive_of_images(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "letter.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<xml/>")
    _only(tmp_path / "letter.docx", "ignored", "document")


def test_a_full_disk_is_told(stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage(tmp_path))(10**6, 10**6, 10)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    _only(_pack(stack, tmp_path / "study.zip"), "no-room", "are free")


def test_temporary_files_are_where_they_are_looked_for() -> None:
    """The system's folder: what the next run sweeps."""
    assert Path(tempfile.gettempdir()).is_dir()
