"""However much a folder holds, the window answers within 50 ms while it is opened and read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from medimg_workstation.pages.read.ready import ReadState, Ready
from medimg_workstation.pages.read.series_list import SeriesCard
from medimg_workstation.pages.read.state import LISTED, Loading, Shown
from medimg_workstation.window import MainWindow
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.app.stalls import BUSY_MS, PROMISED_MS, measured
from tests.phantoms import save, section

pytestmark = pytest.mark.gui
#: What the copies of a file differ in; each of them as long in every copy.
INSTANCE, SERIES, NUMBER, HEIGHT = "1.2.3.4.1000000", "1.2.3.5.1000000", 1000000, "1000.0"


def write_many(folder: Path, counts: Sequence[int]) -> None:
    """Write series of `counts` slices of 16 x 16: one file, with other words in its place."""
    template = section((0.0, 0.0, float(HEIGHT)), number=NUMBER, shape=(16, 16))
    template.SOPInstanceUID, template.SeriesInstanceUID = INSTANCE, SERIES
    whole = save(template, folder / "template").read_bytes()
    (folder / "template").unlink()
    for series, count in enumerate(counts):
        place = folder / f"{series:05d}"
        place.mkdir()
        own = whole.replace(SERIES.encode(), f"1.2.3.5.{1000001 + series}".encode())
        for k in range(count):
            copy = own.replace(
                INSTANCE.encode(), f"1.2.3.4.{sum(counts[:series]) + k + 1000001}".encode()
            )
            copy = copy.replace(str(NUMBER).encode(), str(NUMBER + 1 + k).encode())
            copy = copy.replace(HEIGHT.encode(), f"{float(HEIGHT) + 2.5 * k:.1f}".encode())
            (place / f"{k:05d}").write_bytes(copy)


def is_shown(state: ReadState) -> bool:
    return isinstance(state, Ready) and isinstance(state.image, Shown)


def opened(
    window: MainWindow, qtbot: QtBot, folder: Path, most_ms: float, limit_s: int = 300
) -> Ready:
    """Open a folder, hold every stall to a length, and return what is shown."""
    stages: list[Loading] = []
    with measured() as stalls:
        window.open_paths((str(folder),))

        def is_ready() -> bool:
            state = window.reading.state
            if isinstance(state, Loading):
                stages.append(state)
            return is_shown(state)

        qtbot.waitUntil(is_ready, timeout=limit_s * 1000)
        window.reading.step_series(1)
        qtbot.waitUntil(lambda: is_shown(window.reading.state), timeout=limit_s * 1000)
        qtbot.wait(300)
    print(f"longest stall {stalls.longest_ms:.1f} ms of {len(stalls.all_ms)} beats")
    assert any(one.fraction is not None for one in stages)
    assert 0 < stalls.longest_ms < most_ms
    state = window.reading.state
    assert isinstance(state, Ready)
    return state


def test_1200_files_do_not_stall_the_window(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    write_many(tmp_path, (600, 600))
    state = opened(window, qtbot, tmp_path, BUSY_MS)
    assert [len(series.frames) for series in state.scan.series] == [600, 600]


@pytest.mark.slow
def test_20_000_files_do_not_stall_the_window(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    counts = (2000, *[500] * 34, *[1] * 1000)
    write_many(tmp_path, counts)
    state = opened(window, qtbot, tmp_path, PROMISED_MS)
    assert sum(len(series.frames) for series in state.scan.series) == 20_000


def test_more_series_than_cards_are_listed_when_asked_for(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    write_many(tmp_path, [1] * (2 * LISTED + 5))
    window.open_paths((str(tmp_path),))
    qtbot.waitUntil(lambda: is_shown(window.reading.state), timeout=120_000)
    listing = window.read_page.series_list

    def cards() -> int:
        return len(listing.findChildren(SeriesCard))

    assert cards() == LISTED
    more = listing.findChild(QPushButton, "more-series")
    assert more is not None and more.text() == f"{LISTED + 5} more"
    with measured() as stalls:
        qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: cards() == 2 * LISTED)
    assert stalls.longest_ms < BUSY_MS
    window.reading.step_series(2 * LISTED + 2)
    assert cards() == 2 * LISTED + 5
    assert not [b for b in listing.findChildren(QPushButton, "more-series") if b.isVisible()]
