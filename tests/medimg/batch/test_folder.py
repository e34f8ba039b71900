"""A folder of good and bad files: each tells its own end, and the next call goes on."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from medimg.batch.case import Case
from medimg.batch.folder import INDEX, TABLE, Step, run
from medimg.batch.workers import Request, State
from medimg.engine.client import Child
from medimg.packages.manifest import MANIFEST
from medimg.packages.sealing import seal
from medimg.results.record import load
from medimg.values.errors import NothingRead, OutputFailed, UsageError
from tests import tiny_packages

Children = dict[str, Child]
BRIGHT = Request("tiny-bright", kinds=("json",))


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the batch of this module writes."""
    return tmp_path_factory.mktemp("out")


def by_case(cases: tuple[Case, ...]) -> dict[str, Case]:
    return {case.case: case for case in cases}


def test_cancel_keeps_what_is_done(pictures: Path, out: Path, children: Children) -> None:
    """Stopped after the first analysis: one row, and the overviews of it."""
    steps: list[Step] = []

    def cancelled() -> bool:
        return any(step.done == 1 for step in steps)

    batch = run([pictures], out, BRIGHT, steps.append, cancelled, **children)
    assert batch.is_cancelled
    assert 1 <= len(batch.cases) < 4
    assert (out / TABLE).exists()
    fractions = [step.fraction for step in steps if step.total and step.fraction is not None]
    assert fractions == sorted(fractions)


def test_each_file_ends_in_its_own_way(pictures: Path, out: Path, children: Children) -> None:
    """Two analyses, one refusal; what is torn or no image is told in words; it resumes."""
    batch = run([pictures], out, BRIGHT, **children)
    cases = by_case(batch.cases)
    assert cases["first"].state == cases["=second"].state == State.DONE.value
    assert cases["blank"].state == State.REFUSED.value and "blank" in cases["blank"].reason
    assert batch.resumed >= 1
    told = " ".join([*batch.problems, *(case.reason for case in batch.cases)])
    assert "letter.dcm" in told and "torn.png" in told
    record = load(out / cases["first"].files["h5"])
    assert record.package.id == "tiny-bright"
    assert record.regions[0].area_px == pytest.approx(60 * 60, rel=0.1)


def test_again_does_nothing_twice(pictures: Path, out: Path, children: Children) -> None:
    """A finished batch is found finished; with another request it is made anew."""
    records = {path: path.stat().st_mtime_ns for path in out.rglob("analysis.h5")}
    assert len(records) == 2
    batch = run([pictures], out, BRIGHT, **children)
    assert batch.resumed == batch.count(State.DONE) == 2
    assert {path: path.stat().st_mtime_ns for path in out.rglob("analysis.h5")} == records
    more = run(
        [pictures / "first.png"], out, Request("tiny-bright", kinds=("json", "csv")), **children
    )
    assert more.resumed == 0 and more.count(State.DONE) == 1


def test_a_changed_calibration_was_not_seen_when_a_batch_went_on(
    pictures: Path, tiny: Path, tmp_path: Path, children: Children
) -> None:
    """Only version and weights counted, so rows of an older calibration stayed in the table."""
    request = Request("tiny-recalibrated")
    folder = tiny_packages.classifier(tiny, "tiny-recalibrated").folder
    try:
        first = run([pictures / "first.png"], tmp_path, request, **children)
        manifest = folder / MANIFEST
        text = manifest.read_text()
        assert "intercept = 0.0" in text
        manifest.write_text(text.replace("intercept = 0.0", "intercept = 1.0"))
        seal(folder)
        second = run([pictures / "first.png"], tmp_path, request, **children)
        third = run([pictures / "first.png"], tmp_path, request, **children)
    finally:
        shutil.rmtree(folder)
    assert (first.resumed, second.resumed, third.resumed) == (0, 0, 1)
    before, after = (batch.cases[0].figures[0]["probability"] for batch in (first, second))
    assert after > before


def test_table_and_index(pictures: Path, out: Path, children: Children) -> None:
    """One line a figure; no cell is a formula; the page links files that are there."""
    batch = run([pictures], out, BRIGHT, **children)
    with (out / TABLE).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["case"] for row in rows} >= {"first", "'=second", "blank"}
    found = next(row for row in rows if row["case"] == "first" and row["probability"])
    assert float(found["low"]) <= float(found["probability"]) <= float(found["high"])
    assert found["decision"] == "flagged"
    page = (out / INDEX).read_text()
    assert "Research use only" in page and "<script" not in page and "http" not in page
    for case in batch.cases:
        for name in case.files.values():
            assert name in page and (out / name).is_file()


def test_auto_takes_all_that_fit(pictures: Path, tmp_path: Path, children: Children) -> None:
    """Every fitting package runs; a file that none fits has one row with all reasons."""
    batch = run([pictures], tmp_path / "auto", Request(), **children)
    done = {(case.case, case.package) for case in batch.cases if case.state == "done"}
    assert {("first", "tiny-bright"), ("first", "tiny-classifier")} <= done
    (blank,) = (case for case in batch.cases if case.case == "blank")
    assert "tiny-bright: " in blank.reason and "tiny-classifier: " in blank.reason


def test_nothing_there(tmp_path: Path, children: Children) -> None:
    """A folder without an image, a path that is not there, a package that is not there."""
    (tmp_path / "readme.txt").write_text("nothing")
    with pytest.raises(NothingRead, match="No image was found"):
        run([tmp_path], tmp_path / "out", BRIGHT, **children)
    with pytest.raises(UsageError):
        run([tmp_path], tmp_path / "out", Request("tiny-brigth"), **children)


def test_unwritable_folder_is_one_sentence(
    pictures: Path, tmp_path: Path, children: Children
) -> None:
    """Where nothing can be written the batch ends at once and leaves nothing."""
    out = tmp_path / "file"
    out.write_text("in the way")
    with pytest.raises(OutputFailed, match="choose another folder"):
        run([pictures / "first.png"], out, BRIGHT, **children)
    assert out.read_text() == "in the way"
