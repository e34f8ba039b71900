"""What every test may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, by name, what needs real images that a user's clone does not have."""
    if SHARED_DATA.is_dir():
        return
    absent = pytest.mark.skip(reason="needs the real images of ../shared/data")
    for item in items:
        if item.get_closest_marker("shared_data"):
            item.add_marker(absent)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real images; use together with the marker `shared_data`."""
    return SHARED_DATA
