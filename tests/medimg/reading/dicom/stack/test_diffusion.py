"""Diffusion by makers' private elements: read under their creator, and under no other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import ImplicitVRLittleEndian

from medimg.reading import scan
from medimg.reading.dicom.header.source import parse
from medimg.reading.dicom.picture import Picture, pictures
from medimg.reading.dicom.stack.diffusion import MAKERS, b_value, direction
from medimg.values.series import MRKind
from tests.faults import private_diffusion as made
from tests.phantoms import save, section, write_stack

WEIGHTS: dict[str, made.Weight] = {
    "GE": made.ge,
    "Philips": made.philips,
    "Siemens": made.siemens,
    "United Imaging": made.united_imaging,
}


def _picture(folder: Path, change: Callable[[FileDataset], object]) -> Picture:
    dataset = section((0.0, 0.0, 0.0), modality="MR")
    change(dataset)
    (picture,) = pictures(parse(save(dataset, folder / "x")))
    return picture


def _text(value: object) -> bytes:
    return (str(value) if isinstance(value, int) else "\\".join(map(str, value))).encode()  # type: ignore[call-overload]


def _single(value: float) -> bytes:
    return np.float32(value).tobytes()


def _double(value: float) -> bytes:
    return np.float64(value).tobytes()


def test_every_maker_is_tried() -> None:
    assert WEIGHTS.keys() == MAKERS.keys()


@pytest.mark.parametrize("maker", WEIGHTS)
@pytest.mark.parametrize("way", ["explicit", "implicit", "unknown", "moved"])
def test_b_value_however_the_file_writes_it(tmp_path: Path, maker: str, way: str) -> None:
    """By its VR, without one, as UN after an archive, or in the second block of its group."""

    def change(dataset: FileDataset) -> None:
        WEIGHTS[maker](dataset, 800)
        if way == "implicit":
            dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
            dataset["PixelData"].VR = "OW"
        private = [element for element in dataset if element.tag.is_private]
        for element in private if way == "moved" else ():
            del dataset[element.tag]
            is_creator = element.tag.elem < 0x100
            shift = 1 if is_creator else 0x100
            dataset.add_new(int(element.tag) + shift, element.VR, element.value)
        for element in private if way == "unknown" else ():
            if element.tag.elem >= 0x100:
                raw = {"IS": _text, "FL": _single, "FD": _double}[element.VR](element.value)
                dataset.add_new(element.tag, "UN", raw + b" " * (len(raw) % 2))

    assert b_value(_picture(tmp_path, change)) == 800


@pytest.mark.parametrize("maker", WEIGHTS)
def test_number_of_another_creator_means_nothing(tmp_path: Path, maker: str) -> None:
    def change(dataset: FileDataset) -> None:
        WEIGHTS[maker](dataset, 800)
        for element in dataset:
            if element.tag.is_private and element.tag.elem < 0x100:
                element.value = "SOMEBODY ELSE"

    assert b_value(_picture(tmp_path, change)) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda d: (made.ge(d, 700), setattr(d, "ScanningSequence", ["EP", "GR"])),
        lambda d: (made.ge(d, 700), setattr(d, "Modality", "CT")),
        lambda d: made.philips(d, -1),
        lambda d: made.philips(d, 10_000_000),
        lambda d: made.united_imaging(d, 2_000_000),
    ],
)
def test_what_cannot_be_a_b_value_is_none(
    tmp_path: Path, change: Callable[[FileDataset], object]
) -> None:
    """A slot that another sequence uses otherwise; a number that no gradient gives."""
    assert b_value(_picture(tmp_path, change)) is None


def test_the_standard_comes_first(tmp_path: Path) -> None:
    def change(dataset: FileDataset, _: int) -> None:
        made.philips(dataset, 800)
        dataset.DiffusionBValue = 600

    write_stack(tmp_path, change, count=3, modality="MR")
    (series,) = scan(tmp_path).series
    assert series.mr_kind is MRKind.DWI and ("b", "600 s/mm²") in series.acquisition


def _towards(dataset: Dataset, vector: tuple[float, ...]) -> None:
    made.philips(dataset, 1000 if any(vector) else 0)
    dataset.add_new(0x20050010, "LO", "Philips MR Imaging DD 001")
    for number, part in enumerate(vector):
        dataset.add_new(0x200510B0 + number, "FL", part)


def test_direction_of_the_gradient(tmp_path: Path) -> None:
    vector = (0.0, 0.6, -0.8)
    found = direction(_picture(tmp_path, lambda d: _towards(d, vector)))
    assert found == pytest.approx(vector, abs=1e-6)
    assert direction(_picture(tmp_path, lambda d: _towards(d, (0.0, 0.0, 0.0)))) is None


def test_private_directions_are_one_item(tmp_path: Path) -> None:
    """A tensor of Philips without the Standard's attributes: b 0, and one item of directions."""
    for number, vector in enumerate([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]):
        write_stack(
            tmp_path / str(number),
            lambda d, k, vector=vector: _towards(d, tuple(map(float, vector))),  # type: ignore[misc]
            count=4,
            modality="MR",
        )
    found = scan(tmp_path).series
    assert [s.label for s in found] == [
        "DWI, b 0", *(f"DWI, b 1000, direction {n} of 3" for n in (1, 2, 3))
    ]  # fmt: skip
    assert [s.part.axis for s in found if s.part] == ["direction"] * 3
