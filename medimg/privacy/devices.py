"""A table of devices and where they write: the regions to black out, by header alone."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import msgspec
from pydicom.dataset import Dataset

from medimg.privacy.blackout import Rectangle
from medimg.reading.dicom.header.attributes import attributes_of
from medimg.values.errors import UsageError

#: The word for the table that ships.
KNOWN = "known"


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row: a make and model at one size of its pictures, and where it writes.

    Attributes:
        manufacturer, model: Parts of the values, in any case.
        rows, columns: Of the picture; regions are of no use at another size.
        regions: (X, Y, W, H) each.
    """

    manufacturer: str
    model: str
    rows: int
    columns: int
    regions: tuple[tuple[int, int, int, int], ...]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    device: tuple[Device, ...] = ()


@dataclass(frozen=True, slots=True)
class Devices:
    """A table of devices."""

    rows: tuple[Device, ...] = ()

    def regions_of(self, dataset: Dataset) -> tuple[Rectangle, ...]:
        """All regions of all rows that fit; several rows may describe one device."""
        facts = attributes_of(dataset)
        maker = facts.text("Manufacturer").casefold()
        model = facts.text("ManufacturerModelName").casefold()
        size = (facts.whole("Rows"), facts.whole("Columns"))
        return tuple(
            Rectangle(*region)
            for device in self.rows
            if device.manufacturer.casefold() in maker
            and device.model.casefold() in model
            and (device.rows, device.columns) == size
            for region in device.regions
        )


def known() -> Devices:
    """The table that ships with the program, in devices.toml."""
    text = files("medimg_resources").joinpath("deidentification", "devices.toml").read_text("utf-8")
    return Devices(msgspec.convert(tomllib.loads(text), _Table).device)


def load(path: Path) -> Devices:
    """Read a site's table, a TOML of `[[device]]` rows.

    Raises:
        UsageError: It cannot be read, or a row is not what it should be.
    """
    try:
        plain = tomllib.loads(path.read_text("utf-8"))
        return Devices(msgspec.convert(plain, _Table).device)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise UsageError(f"{path} is no table of devices: {error}.") from error
