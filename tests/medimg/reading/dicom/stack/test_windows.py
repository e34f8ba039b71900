"""The window of a stack whose slices bring their own: one for all, and whose it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medimg.display.windowing import default_window, windows_of
from medimg.reading import read, scan
from medimg.reading.dicom.stack.windows import TOGETHER
from medimg.values.series import Series
from tests.phantoms import write_stack


def _series(folder: Path, windows: list[tuple[float, float] | None]) -> Series:
    def own(dataset: object, k: int) -> None:
        if (pair := windows[k]) is not None:
            dataset.WindowCenter, dataset.WindowWidth = pair  # type: ignore[attr-defined]

    write_stack(folder, own, count=len(windows), modality="MR")
    (series,) = scan(folder).series
    return series


def test_one_window_for_all_is_the_file_s(tmp_path: Path) -> None:
    series = _series(tmp_path, [(2000, 400)] * 5)
    assert [w.name for w in series.windows] == ["file window"] and series.problems == ()


def test_windows_that_differ_a_little_say_whose_they_are(tmp_path: Path) -> None:
    """As nearly every MR has them: no badge, but the name tells."""
    series = _series(tmp_path, [(2000 + k, 400 + 2 * k) for k in range(5)])
    assert [(w.name, w.center, w.width) for w in series.windows] == [
        ("file window of slice 3", 2002, 404)
    ]
    assert series.problems == ()


def test_windows_that_differ_much_are_told_and_one_shows_all(tmp_path: Path) -> None:
    series = _series(tmp_path, [(500, 100), (1000, 1000), (2000, 400), (2000, 4000), (2000, 400)])
    assert [p.kind for p in series.problems] == ["windows-differ"]
    assert "100 to 4000 wide" in series.problems[0].sentence
    assert "slice 3 of 5, 400 wide about 2000" in series.problems[0].sentence
    volume = read(series)
    first = default_window(volume)
    assert first is not None and first.name == "file window of slice 3"
    (together,) = [w for w in windows_of(volume) if w.name == TOGETHER]
    ends = [(c - w / 2, c + w / 2) for c, w in ((500, 100), (1000, 1000), (2000, 4000))]
    low, high = np.min(ends), np.max(ends)
    assert (together.center - together.width / 2, together.center + together.width / 2) == (
        pytest.approx(low), pytest.approx(high)
    )  # fmt: skip


def test_a_middle_slice_without_a_window_takes_its_neighbour_s(tmp_path: Path) -> None:
    series = _series(tmp_path, [(2000, 400), (2000, 400), None, None, (2000, 400)])
    assert [w.name for w in series.windows] == ["file window of slice 2"]
