"""Write the phantoms into a folder: a chest film three times over, a FLAIR series, a chest CT."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medimg.phantoms import dicom
from medimg.phantoms.chest_ct import INTERCEPT, Chest
from medimg.phantoms.chest_ct import chest as calculated_chest
from medimg.phantoms.dicom import Scan
from medimg.phantoms.flair import head
from medimg.phantoms.radiograph import film

#: Lung window first, then soft tissue.
CHEST_SCAN = Scan(windows=((-600.0, 1500.0), (40.0, 400.0)))


@dataclass(frozen=True, slots=True, eq=False)
class FilmFiles:
    """One film as three files that must look, and be judged, the same.

    Attributes:
        monochrome2: 12-bit DICOM.
        monochrome1: The same with turned values.
        png: 8 bits, after the window.
        lungs, opacity: (rows, columns) bool, the planted truth.
    """

    monochrome2: Path
    monochrome1: Path
    png: Path
    lungs: NDArray[np.bool_]
    opacity: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class SeriesFiles:
    """A series of one file a slice.

    Attributes:
        folder: Where the files lie.
        lesion: [slice, row, column] bool, the planted truth.
        voxel_ml: Volume of one voxel.
    """

    folder: Path
    lesion: NDArray[np.bool_]
    voxel_ml: float


@dataclass(frozen=True, slots=True, eq=False)
class ChestFiles:
    """A chest CT of one file a slice.

    Attributes:
        folder: Where the files lie.
        chest: The planted truth.
    """

    folder: Path
    chest: Chest


def recipe(name: str) -> dict[str, Any]:
    """Read a phantom's recipe: "radiograph", "flair" or "chest_ct"."""
    text = files("medimg_resources").joinpath("phantoms", f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


def write_radiograph(folder: Path) -> FilmFiles:
    """Write the chest film as MONOCHROME2 and MONOCHROME1 DICOM and as an 8-bit PNG.

    Args:
        folder: Created if it is not there.
    """
    plan = recipe("radiograph")
    made = film(plan)
    pixel_mm = plan["detector"]["pixel_mm"]
    window = plan["display"]["center"], plan["display"]["width"]
    plain, turned = folder / "monochrome2.dcm", folder / "monochrome1.dcm"
    png = folder / "picture.png"
    folder.mkdir(parents=True, exist_ok=True)
    for path, inverted in ((plain, False), (turned, True)):
        dicom.save(dicom.radiograph(made.stored, pixel_mm, window, inverted=inverted), path)
    Image.fromarray(_eight_bits(made.stored, *window)).save(png)
    return FilmFiles(plain, turned, png, made.lungs, made.opacity)


def write_flair(folder: Path) -> SeriesFiles:
    """Write the FLAIR series, one DICOM file a slice.

    Args:
        folder: Created if it is not there.
    """
    plan = recipe("flair")
    made = head(plan)
    window = plan["image"]["center"], plan["image"]["width"]
    folder.mkdir(parents=True, exist_ok=True)
    for dataset in dicom.flair(made.stored, made.origin, made.spacing_mm, window):
        dicom.save(dataset, folder / f"slice-{dataset.InstanceNumber:03d}.dcm")
    return SeriesFiles(folder, made.lesion, float(np.prod(made.spacing_mm)) / 1000.0)


def write_chest_ct(
    folder: Path, made: Chest | None = None, scan: Scan = CHEST_SCAN, without: Sequence[int] = ()
) -> ChestFiles:
    """Write the chest CT, one DICOM file a slice.

    Args:
        folder: Created if it is not there.
        made: The whole chest of the recipe unless it is given.
        scan: What its headers say.
        without: Slices whose files are left out.
    """
    chest = made or calculated_chest(recipe("chest_ct"))
    folder.mkdir(parents=True, exist_ok=True)
    datasets = dicom.chest_ct(chest.stored, INTERCEPT, chest.origin, chest.spacing_mm, scan)
    for index, dataset in enumerate(datasets):
        if index not in without:
            dicom.save(dataset, folder / f"slice-{dataset.InstanceNumber:03d}.dcm")
    return ChestFiles(folder, chest)


def _eight_bits(stored: NDArray[np.uint16], center: float, width: float) -> NDArray[np.uint8]:
    """The window of PS3.3 C.11.2.1.2.1, on purpose a second implementation of it."""
    grey = (stored.astype(np.float64) - (center - 0.5)) / (width - 1.0) + 0.5
    return np.round(255.0 * np.clip(grey, 0.0, 1.0)).astype(np.uint8)
