"""A scan and a read say how far they are and stop when they are told to."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from medimg.reading import read, scan
from medimg.values.errors import Cancelled
from medimg.values.progress import SETTLED_S, TimeLeft
from tests.phantoms import write_stack


def test_each_file_and_each_frame_is_counted(tmp_path: Path) -> None:
    """Eight files, eight frames; a multi-frame file counts frames, not itself."""
    write_stack(tmp_path, count=8)
    files: list[tuple[int, int]] = []
    frames: list[tuple[int, int]] = []
    (series,) = scan(tmp_path, progress=lambda *step: files.append(step)).series
    read(series, progress=lambda *step: frames.append(step))
    assert files[0] == (0, 8) and files[-8:] == [(k, 8) for k in range(1, 9)]
    assert frames == [(k, 8) for k in range(1, 9)]
    (cine,) = scan(str(get_testdata_file("rtdose.dcm"))).series
    frames.clear()
    read(cine, progress=lambda *step: frames.append(step))
    assert frames == [(k, 15) for k in range(1, 16)]


@pytest.mark.parametrize("work", ["scan", "read"])
def test_a_cancelled_one_goes_no_further(tmp_path: Path, work: str) -> None:
    """What the callback raises at the third step comes out, and no fourth is done."""
    write_stack(tmp_path, count=8)
    (series,) = scan(tmp_path).series
    steps: list[int] = []

    def stop(done: int, total: int) -> None:
        steps.append(done)
        if done == 3:
            raise Cancelled("enough")

    with pytest.raises(Cancelled, match="enough"):
        scan(tmp_path, progress=stop) if work == "scan" else read(series, progress=stop)
    assert steps[-1] == 3 and steps.count(3) == 1


def test_time_left_follows_the_pace() -> None:
    """A quarter done in ten seconds leaves thirty; before the pace is known nothing is said."""
    pace = TimeLeft()
    assert pace.left_s(25, 100) is None
    pace.began -= 10.0
    assert pace.left_s(25, 100) == pytest.approx(30.0, abs=SETTLED_S)
    assert pace.left_s(0, 100) is None


def test_progress_is_told_seldom_and_at_the_end() -> None:
    """Of ten thousand quick steps a handful are told, the last among them."""
    pace = TimeLeft()
    told = [step for step in range(1, 10_001) if pace.is_due(step, 10_000)]
    assert len(told) < 20 and told[-1] == 10_000
