"""A table of devices: what fits by make, model and size."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from medimg.privacy.blackout import Rectangle
from medimg.privacy.devices import Device, Devices, known, load
from medimg.values.errors import UsageError

TABLE = Devices((Device("acme", "Echo", 600, 800, ((0, 0, 800, 48), (0, 560, 100, 40))),))


def picture(maker: str, model: str, rows: int, columns: int) -> Dataset:
    dataset = Dataset()
    dataset.Manufacturer, dataset.ManufacturerModelName = maker, model
    dataset.Rows, dataset.Columns = rows, columns
    return dataset


def test_all_regions_of_a_device_that_fits() -> None:
    """Case and additions to the name do not matter."""
    found = TABLE.regions_of(picture("ACME Medical", "ECHO 3", 600, 800))
    assert found == (Rectangle(0, 0, 800, 48), Rectangle(0, 560, 100, 40))


@pytest.mark.parametrize(
    "other",
    [("Other", "Echo", 600, 800), ("ACME", "Scope", 600, 800), ("ACME", "Echo", 601, 800)],
)
def test_another_device_or_size_has_none(other: tuple[str, str, int, int]) -> None:
    """Regions of another size would cover the wrong place."""
    assert TABLE.regions_of(picture(*other)) == ()


def test_shipped_table() -> None:
    """Every region lies within its picture."""
    rows = known().rows
    assert len(rows) >= 9
    for row in rows:
        for x, y, width, height in row.regions:
            assert 0 <= x < x + width <= row.columns and 0 <= y < y + height <= row.rows


@pytest.mark.parametrize(
    "text",
    [
        "[[device",
        '[[device]]\nmodel = "x"',
        '[[device]]\nmanufacturer = "a"\nmodel = "x"\nrows = "many"\ncolumns = 1\nregions = []',
        '[[devices]]\nmodel = "x"',
    ],
)
def test_a_table_that_is_none_is_said(text: str, tmp_path: Path) -> None:
    """A row that is not understood must not be passed over: text would stay."""
    (tmp_path / "t.toml").write_text(text)
    with pytest.raises(UsageError, match="no table of devices"):
        load(tmp_path / "t.toml")
