"""A window on tiny real packages, with real children."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from medimg_workstation.pages.read.ready import ReadState
from medimg_workstation.settings import Settings
from medimg_workstation.theme import Theme
from medimg_workstation.window import MainWindow
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from medimg.packages import catalogue
from medimg.phantoms import dicom
from tests import tiny_packages

#: Children start Python and load libraries; on a busy computer that takes its time.
LONG_MS = 120_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the offscreen platform say that it has no window manager to send sizes to."""
    for item in items:
        item.add_marker(pytest.mark.qt_log_ignore("propagateSizeHints"))


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    """The dark theme, in force."""
    qapp.setStyle("Fusion")
    made = Theme()
    made.apply()
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of nobody."""
    return Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of tiny packages: one that marks what is bright, one that takes long."""
    root = tmp_path_factory.mktemp("packages")
    tiny_packages.bright(root)
    tiny_packages.bright(root, "tiny-stack", kind="stack")
    tiny_packages.many_calls(root)
    return root


@pytest.fixture
def window(
    qtbot: QtBot,
    theme: Theme,
    settings: Settings,
    packages: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[MainWindow]:
    """The real window; its catalogue holds the tiny packages alone."""
    monkeypatch.setenv(catalogue.EXTRA_FOLDERS, str(packages))
    made = MainWindow(theme, settings)
    qtbot.addWidget(made)
    made.resize(1600, 900)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()


@pytest.fixture
def wait_for(qtbot: QtBot, window: MainWindow) -> Callable[[Callable[[ReadState], bool]], None]:
    """Wait until the reading page's state is as wished."""

    def wait(is_so: Callable[[ReadState], bool]) -> None:
        qtbot.waitUntil(lambda: is_so(window.reading.state), timeout=LONG_MS)

    return wait


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small chest film with a bright disc, as DICOM."""
    rows, columns = np.mgrid[:160, :128]
    disc = (rows - 80) ** 2 + (columns - 40) ** 2 < 20**2
    # The gate takes an image of few greys for a drawing.
    noise = np.random.default_rng(0).integers(0, 150, disc.shape)
    stored = (np.where(disc, 3900, 300) + noise).astype(np.uint16)
    folder = tmp_path_factory.mktemp("film")
    dicom.save(dicom.radiograph(stored, 0.4, (2048.0, 4096.0), inverted=False), folder / "a.dcm")
    return folder


#: [slice, row, column] of the planted block in `stack`.
BLOCK = (slice(2, 5), slice(16, 40), slice(8, 32))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A FLAIR series of eight slices with a planted block, one file a slice."""
    stored = np.zeros((8, 64, 64), dtype=np.uint16)
    stored[BLOCK] = np.random.default_rng(0).integers(1500, 2500, stored[BLOCK].shape)
    folder = tmp_path_factory.mktemp("stack")
    made = dicom.flair(stored, (-60.0, -60.0, 0.0), (5.0, 2.0, 2.0), (1000.0, 2000.0))
    for i, dataset in enumerate(made):
        dicom.save(dataset, folder / f"{i}.dcm")
    return folder
