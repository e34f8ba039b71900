"""`python -m tests.bench`: every answer is compared, and what is not there is named."""

from __future__ import annotations

import json
import subprocess
from functools import partial
from pathlib import Path

import pytest

from tests.bench import inputs, measure
from tests.bench.__main__ import main
from tests.bench.measure import Race, Variant


def test_areas_measure_and_agree(capsys: pytest.CaptureFixture[str]) -> None:
    """A scan of a small folder: ours and pydicom give the same index, with times and peaks."""
    assert main(["scan", "--files", "12", "--rounds", "1", "--json"]) == 0
    (race,) = json.loads(capsys.readouterr().out)["races"]
    rows = {row["name"]: row for row in race["variants"]}
    for name in ("pydicom specific_tags", "medimg.scan, series and all", "gdcm.Scanner"):
        assert rows[name]["fault"] is None and rows[name]["median_s"] > 0, rows[name]
        assert len(rows[name]["ratios"]) == 1
    assert rows["medimg.scan, series and all"]["peak_mb"] > 20


def test_reading_agrees_in_every_syntax(tmp_path: Path) -> None:
    """Ours beside pydicom's loop, on stacks of two slices."""
    from tests.bench import reading
    from tests.bench.sizes import Sizes

    for race in reading.races(tmp_path, Sizes(slices=2)):
        ours = [v for v in race.variants if v.name.startswith(("pydicom", "medimg"))]
        small = Race(**{f: getattr(race, f) for f in race.__slots__} | {"variants": tuple(ours)})
        rows = measure.run(small, 1, with_peak=False)
        assert [row.fault for row in rows] == [""] * len(ours) and len(ours) >= 3


def test_a_wrong_answer_has_no_time(tmp_path: Path) -> None:
    """A quick program that is wrong, one that fails, one that is absent."""
    files = inputs.write_folder(tmp_path / "in", 3)
    right = Variant("right", lambda folder: 1, lambda got: got)
    race = Race(
        title="t",
        area="scan",
        name="folder",
        folder=tmp_path / "in",
        count=3,
        unit="files",
        variants=(
            right,
            Variant("wrong", lambda folder: 2, lambda got: got),
            Variant("fails", lambda folder: int("x"), lambda got: got),
            Variant("exits", lambda folder: subprocess.run(["false"], check=True), lambda got: got),
            Variant("absent", lambda folder: 1, lambda got: got, ("no-such-program",)),
        ),
        renew=partial(inputs.renew, files),
    )
    rows = {row.variant: row for row in measure.run(race, 2, with_peak=False)}
    assert rows["right"].fault == "" and len(rows["right"].ratios) == 2
    assert rows["wrong"].fault == "its answer differs"
    assert rows["fails"].fault.startswith("does not read it")
    assert rows["exits"].fault.startswith("does not read it")
    assert rows["absent"].fault == "no-such-program is not installed"
    told = "\n".join(measure.lines(race, list(rows.values())))
    assert "its answer differs" in told and "2*" in told


def test_no_call_meets_bytes_that_it_has_seen(tmp_path: Path) -> None:
    """Each round gives every file another UID and another first pixel."""
    pydicom = pytest.importorskip("pydicom")
    (path,) = inputs.write_folder(tmp_path / "in", 1)
    seen = set()
    for number in range(3):
        inputs.renew([path], number)
        dataset = pydicom.dcmread(path)
        assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
        assert dataset.pixel_array[0, 0] == number
        seen.add(dataset.SOPInstanceUID)
    assert len(seen) == 3
