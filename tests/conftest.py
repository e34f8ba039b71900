"""What every test may ask for."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


def pytest_configure(config: pytest.Config) -> None:
    """Run without a screen unless the caller chose one; before Qt is loaded.

    A shell starts what runs in its background deaf to Ctrl-C, and so would be the children that the
    tests interrupt.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, by name, what needs real images that a user's clone does not have."""
    if SHARED_DATA.is_dir():
        return
    absent = pytest.mark.skip(reason="needs the real images of ../shared/data")
    for item in items:
        if item.get_closest_marker("shared_data"):
            item.add_marker(absent)


@pytest.fixture(autouse=True, scope="session")
def nobody_s_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Settings and packages of whoever runs the tests are neither read nor touched."""
    place = tmp_path_factory.mktemp("home")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        os.environ[name] = str(place / name.lower())


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real images; use together with the marker `shared_data`."""
    return SHARED_DATA
