"""A folder without its patients: consistent, whole, and nothing of the source touched."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from medimg.privacy.blackout import Rectangle
from medimg.privacy.folder import Report, default_log, load_key, run
from medimg.privacy.instance import Request, State
from medimg.privacy.options import Kept
from medimg.privacy.secret import Secret
from medimg.values.errors import NothingRead, OutputFailed, UsageError

SECRET = Secret(bytes(range(32)))
DAYS = ("20230105", "20230212", "20240229")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three visits of one patient, a stranger, and what lies beside DICOM files."""
    folder = tmp_path / "Quuxley Zorblatt"
    folder.mkdir()
    for number, day in enumerate(DAYS):
        dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        dataset.StudyInstanceUID, dataset.SOPInstanceUID = f"1.2.{number}", f"1.2.{number}.1.1"
        dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = day
        reference = pydicom.Dataset()
        reference.ReferencedSOPClassUID = dataset.SOPClassUID
        reference.ReferencedSOPInstanceUID = "1.2.0.1.1"
        dataset.ReferencedImageSequence = [reference]
        dataset.PatientName = "Quuxley^Zorblatt"
        dataset.save_as(folder / f"Quuxley{number}.dcm")
    stranger = pydicom.dcmread(get_testdata_file("MR_small.dcm"))
    stranger.save_as(folder / "other")
    (folder / "report of Quuxley.pdf").write_bytes(b"%PDF Quuxley")
    (folder / "thumbs.db").write_bytes(b"Quuxley")
    return folder


def go(source: Path, out: Path, request: Request | None = None) -> Report:
    return run(source, out, request or Request(SECRET), default_log(out), lambda *_: None)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_only_dicom_files_come_out_and_none_is_named_as_before(
    source: Path, tmp_path: Path
) -> None:
    """PDF and thumbnails stay behind; neither names nor bytes of the output name the patient."""
    before = contents(source)
    report = go(source, tmp_path / "out")
    made = contents(tmp_path / "out")
    assert (report.count(State.WRITTEN), report.other, len(made)) == (4, 2, 4)
    assert not [name for name, data in made.items() if b"Quuxley" in name.encode() + data]
    assert contents(source) == before


def test_log_says_what_changed_and_no_value(source: Path, tmp_path: Path) -> None:
    """Beside the output: attribute, action, file; neither source names nor values."""
    report = go(source, tmp_path / "out")
    text = report.log.read_text("utf-8")
    log = json.loads(text)
    assert report.log.parent == tmp_path
    assert ["StudyDate", "emptied", 1] in log["files"][0]["changes"]
    assert ["StationName", "removed", 1] in log["files"][0]["changes"]
    assert log["counts"]["written"] == 4
    assert "Quuxley" not in text and "1CT1" not in text
    assert all((tmp_path / "out" / entry["file"]).is_file() for entry in log["files"])


def test_two_runs_agree(source: Path, tmp_path: Path) -> None:
    """The same key gives the same files, byte for byte; another key other names."""
    go(source, tmp_path / "one")
    go(source, tmp_path / "two")
    go(source, tmp_path / "three", Request(Secret(bytes(32))))
    one, two, three = (contents(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two
    assert not one.keys() & three.keys()


def test_intervals_between_visits_stay(source: Path, tmp_path: Path) -> None:
    """Shifted dates move by one number of days a patient, backwards."""
    report = go(source, tmp_path / "out", Request(SECRET, Kept(frozenset({"shifted-dates"}))))
    places = [told.place for told in report.files[:3] if told.place]
    moved = [pydicom.dcmread(report.out / place).StudyDate for place in places]

    def days(texts: list[str] | tuple[str, ...]) -> list[int]:
        return [date.fromisoformat(text).toordinal() for text in texts]

    shifts = {new - old for new, old in zip(days(moved), days(DAYS), strict=True)}
    assert len(shifts) == 1 and shifts.pop() < 0


def test_references_lead_where_they_led(source: Path, tmp_path: Path) -> None:
    """A reference to an instance of the folder bears the instance's new UID."""
    report = go(source, tmp_path / "out")
    first, second = (pydicom.dcmread(report.out / str(t.place)) for t in report.files[:2])
    assert second.ReferencedImageSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID


def test_references_follow_a_blacked_out_picture(source: Path, tmp_path: Path) -> None:
    """Blacked out, an instance gets a new UID even where UIDs are kept, and so do references."""
    request = Request(SECRET, Kept(frozenset({"uids"})), regions=(Rectangle(0, 0, 8, 8),))
    report = go(source, tmp_path / "out", request)
    first, second = (pydicom.dcmread(report.out / str(t.place)) for t in report.files[:2])
    assert first.SOPInstanceUID not in ("1.2.0.1.1", SECRET.uid("1.2.0.1.1"))
    assert second.ReferencedImageSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert first.StudyInstanceUID == "1.2.0"


def test_two_files_of_one_instance_are_both_kept(source: Path, tmp_path: Path) -> None:
    """Files that wrongly share a SOP Instance UID do not overwrite each other."""
    twin = pydicom.dcmread(source / "Quuxley0.dcm")
    twin.PixelData = bytes(len(twin.PixelData))
    twin.save_as(source / "twin.dcm")
    report = go(source, tmp_path / "out")
    assert report.count(State.WRITTEN) == len(contents(tmp_path / "out")) == 5


class TestPlaces:
    """Input, output, log and key must not meet."""

    @pytest.mark.parametrize("where", [".", "inside", ".."])
    def test_output_and_input_in_one_another(self, where: str, source: Path) -> None:
        """Nothing is written into the input, and no input is taken from the output."""
        before = contents(source)
        with pytest.raises(UsageError, match="in one another"):
            go(source, source / where)
        assert contents(source) == before

    def test_log_in_the_input(self, source: Path, tmp_path: Path) -> None:
        """The input is only read."""
        with pytest.raises(UsageError, match="log"):
            run(source, tmp_path / "out", Request(SECRET), source / "log.json", lambda *_: None)

    def test_nothing_to_do(self, tmp_path: Path) -> None:
        """A folder without DICOM is said to be one."""
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a.txt").write_text("text")
        with pytest.raises(NothingRead, match="no DICOM file"):
            go(tmp_path / "in", tmp_path / "out")

    def test_file_in_the_way(self, source: Path, tmp_path: Path) -> None:
        """An output that cannot be a folder is one sentence, and the log tells how far it came."""
        (tmp_path / "out").write_text("in the way")
        with pytest.raises(OutputFailed, match="choose another folder"):
            go(source, tmp_path / "out")

    @pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
    def test_full_disk(self, source: Path, tmp_path: Path) -> None:
        """A disk with room for little: one sentence, and no half file."""
        code = (
            "import resource, signal, sys\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
            "from medimg.cli.main import main\n"
            "sys.exit(main(sys.argv[1:]))"
        )
        key = tmp_path / "key"
        load_key(key, tmp_path / "out")
        words = ["deidentify", str(source), str(tmp_path / "out"), "--key", str(key)]
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
        assert done.returncode == 1
        assert "could not be written" in done.stderr and "Traceback" not in done.stderr
        assert not contents(tmp_path / "out")


class TestKey:
    """The secret is made once, for one user alone, and never lies in what is given away."""

    def test_is_made_if_absent(self, tmp_path: Path) -> None:
        """32 bytes, readable by this user only, the same the next time."""
        key = load_key(tmp_path / "a" / "key", tmp_path / "out")
        assert len(key) == 32 and key == load_key(tmp_path / "a" / "key", tmp_path / "out")
        if os.name == "posix":
            assert (tmp_path / "a" / "key").stat().st_mode & 0o777 == 0o600

    @pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
    def test_is_refused_where_others_may_read_it(self, tmp_path: Path) -> None:
        """As ssh does."""
        load_key(tmp_path / "key", tmp_path / "out")
        (tmp_path / "key").chmod(0o644)
        with pytest.raises(UsageError, match="chmod 600"):
            load_key(tmp_path / "key", tmp_path / "out")

    def test_is_refused_in_the_output(self, tmp_path: Path) -> None:
        """It would be given away with the files that it guards."""
        with pytest.raises(UsageError, match="given away"):
            load_key(tmp_path / "out" / "key", tmp_path / "out")

    def test_is_refused_where_it_is_none(self, tmp_path: Path) -> None:
        """A wrong file would make other pseudonyms without a word."""
        for text in ("hello", "00ff"):
            (tmp_path / "key").write_text(text)
            (tmp_path / "key").chmod(0o600)
            with pytest.raises(UsageError, match="is no key"):
                load_key(tmp_path / "key", tmp_path / "out")


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_leaves_whole_files(source: Path, tmp_path: Path) -> None:
    """Stopped in the middle: exit 130, whole files only, and a log of them."""
    for number in range(400):
        dataset = pydicom.dcmread(source / "Quuxley0.dcm")
        dataset.SOPInstanceUID = f"1.2.3.{number}"
        dataset.save_as(source / f"{number}.dcm")
    out, words = tmp_path / "out", [sys.executable, "-m", "medimg", "deidentify"]
    process = subprocess.Popen(
        [*words, str(source), str(out), "--key", str(tmp_path / "key")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    end = time.monotonic() + 60
    while not list(out.rglob("*.dcm")) and time.monotonic() < end:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    made = contents(out)
    assert process.returncode == 130
    assert 0 < len(made) < 404
    assert all(name.endswith(".dcm") and not Path(name).name.startswith(".") for name in made)
    assert all(pydicom.dcmread(out / name).PatientIdentityRemoved == "YES" for name in made)
    log = json.loads(default_log(out).read_text("utf-8"))
    assert log["cancelled"] and len(log["files"]) == len(made)


def test_source_is_only_read(source: Path, tmp_path: Path) -> None:
    """Bytes and times of the input are as they were."""
    marks = {p: (p.stat().st_mtime_ns, hashlib.sha256(p.read_bytes())) for p in source.iterdir()}
    go(source, tmp_path / "out")
    for path, (time_ns, digest) in marks.items():
        assert path.stat().st_mtime_ns == time_ns
        assert hashlib.sha256(path.read_bytes()).digest() == digest.digest()
