"""The grey of presentation states: by the formulas of the Standard, and beside dcmtk's own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileDataset

import medimg
from medimg.display.windowing import grey, to_uint8, windows_of
from medimg.values.layers import Layer
from tests.derived_objects import completed, state
from tests.phantoms import radiograph, save

Floats = NDArray[np.float64]
Change = Callable[[Dataset], None]


def _planted(folder: Path, image: Change, change: Change) -> Floats:
    """Write a noisy film of 12 bits and a state of it; returns its stored values."""
    film = radiograph()
    completed(film)
    film.BitsAllocated, film.BitsStored, film.HighBit = 16, 12, 11
    stored = np.random.default_rng(0).integers(0, 4096, (film.Rows, film.Columns))
    film.PixelData = stored.astype("<u2").tobytes()
    for keyword in ("RescaleSlope", "RescaleIntercept", "RescaleType"):
        if keyword in film:
            delattr(film, keyword)
    image(film)
    save(film, folder / "film.dcm")
    made = state([pydicom.dcmread(folder / "film.dcm")])
    for keyword in ("RescaleSlope", "RescaleIntercept", "RescaleType"):
        if keyword in made:
            delattr(made, keyword)
    change(made)
    made.save_as(folder / "pr.dcm")
    return stored.astype(np.float64)


def _drawn(folder: Path) -> tuple[NDArray[np.uint8], Layer]:
    """The film as the window draws it under its state, before shutter and turn."""
    found = medimg.scan(folder)
    (series,) = found.series
    layer = next(one for one in medimg.layers(series, found.objects) if one.presentation)
    shown, volume = layer.presentation, medimg.read(series)
    assert shown is not None
    window = shown.window
    if shown.table is not None:
        volume = replace(volume, voi_tables=(shown.table,))
        window = windows_of(volume)[0]
    levels = to_uint8(grey(volume, window))[0]
    return (255 - levels if shown.is_inverted else levels), layer


def _set(**values: object) -> Change:
    def change(dataset: Dataset) -> None:
        for keyword, value in values.items():
            setattr(dataset, keyword, value)

    return change


def _window(center: float, width: float, function: str = "LINEAR", **more: object) -> Change:
    def change(made: Dataset) -> None:
        item = Dataset()
        item.WindowCenter, item.WindowWidth, item.VOILUTFunction = center, width, function
        made.SoftcopyVOILUTSequence = [item]
        _set(**more)(made)

    return change


def _table(first: int, bits: int, entries: Floats) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(entries), first, bits])
    item.add_new("LUTData", "OW", np.rint(entries).astype("<u2").tobytes())
    return item


def _voi_table(made: Dataset) -> None:
    item = Dataset()
    item.VOILUTSequence = [_table(1500, 12, np.linspace(0, 64, 1024) ** 2 * 4095 / 4096)]
    made.SoftcopyVOILUTSequence = [item]


def _modality_table(made: Dataset) -> None:
    _window(100, 200)(made)
    made.ModalityLUTSequence = [_table(0, 8, np.linspace(0, 255, 4096))]
    made.ModalityLUTSequence[0].ModalityLUTType = "US"


def _last_table(made: Dataset) -> None:
    _window(2000, 1000)(made)
    if "PresentationLUTShape" in made:
        del made.PresentationLUTShape
    made.PresentationLUTSequence = [_table(0, 16, np.linspace(0, 1, 4096) ** 2 * 65535)]


def _as_stored(dataset: Dataset) -> None:
    """Leave an image as it is."""


def _linear(values: Floats, center: float, width: float) -> Floats:
    """PS3.3 C.11.2.1.2.1."""
    return np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1)


_LINE = {"RescaleSlope": 2, "RescaleIntercept": -1000, "RescaleType": "US"}
_CASES: dict[str, tuple[Change, Change, Callable[[Floats], Floats]]] = {
    "no-window-is-the-whole-range": (_as_stored, _as_stored, lambda x: x / 4095),
    "window": (_as_stored, _window(2000, 1000), lambda x: _linear(x, 2000, 1000)),
    "sigmoid": (
        _as_stored,
        _window(2000, 1000, "SIGMOID"),
        lambda x: 1 / (1 + np.exp(-4 * (x - 2000) / 1000)),
    ),
    "inverse": (
        _as_stored,
        _window(2000, 1000, PresentationLUTShape="INVERSE"),
        lambda x: 1 - _linear(x, 2000, 1000),
    ),
    # The polarity of the image is the state's to give, not the image's (PS3.4 N.2).
    "monochrome1": (
        _set(PhotometricInterpretation="MONOCHROME1"),
        _window(2000, 1000),
        lambda x: _linear(x, 2000, 1000),
    ),
    "monochrome1-inverse": (
        _set(PhotometricInterpretation="MONOCHROME1"),
        _window(2000, 1000, PresentationLUTShape="INVERSE"),
        lambda x: 1 - _linear(x, 2000, 1000),
    ),
    "rescale-of-both": (
        _set(**_LINE),
        _window(2000, 1000, **_LINE),
        lambda x: _linear(2 * x - 1000, 2000, 1000),
    ),
    "rescale-of-the-image-alone": (
        _set(**_LINE),
        _window(2000, 1000),
        lambda x: _linear(x, 2000, 1000),
    ),
    "rescale-of-the-state-alone": (
        _as_stored,
        _window(2000, 1000, **_LINE),
        lambda x: _linear(2 * x - 1000, 2000, 1000),
    ),
    "voi-table": (
        _as_stored,
        _voi_table,
        lambda x: (np.clip((x - 1500) / 1023, 0, 1) * 64) ** 2 / 4096,
    ),
    "modality-table": (
        _as_stored,
        _modality_table,
        lambda x: _linear(np.rint(x * 255 / 4095), 100, 200),
    ),
    "presentation-table": (_as_stored, _last_table, lambda x: _linear(x, 2000, 1000) ** 2),
}


@pytest.mark.parametrize("case", _CASES)
def test_grey_is_what_the_standard_makes_of_stored_values(tmp_path: Path, case: str) -> None:
    """A MONOCHROME1 film came out turned, and a state's own modality values were left out."""
    image, change, truth = _CASES[case]
    stored = _planted(tmp_path, image, change)
    drawn, layer = _drawn(tmp_path)
    assert np.abs(drawn - truth(stored) * 255).max() <= 1.0
    assert not layer.problems


@pytest.mark.skipif(not shutil.which("dcmp2pgm"), reason="needs dcmp2pgm (Debian dcmtk)")
@pytest.mark.parametrize("case", [case for case in _CASES if case != "sigmoid"])
def test_grey_is_what_another_program_draws(tmp_path: Path, case: str) -> None:
    """dcmtk knows no sigmoid in a state, and steps in its presentation table."""
    image, change, _ = _CASES[case]
    _planted(tmp_path, image, change)
    command = ["dcmp2pgm", "-p", "pr.dcm", "film.dcm", "out.pgm"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    theirs = np.array(Image.open(tmp_path / "out.pgm")).astype(int)
    assert np.abs(_drawn(tmp_path)[0] - theirs).max() <= (3 if case == "presentation-table" else 1)


def test_a_state_of_pet_does_not_window_suv_by_other_units(tmp_path: Path) -> None:
    _planted(tmp_path, _set(Modality="PT"), _window(2000, 1000))
    found = medimg.scan(tmp_path)
    layer = medimg.layers(found.series[0], found.objects)[0]
    assert layer.presentation is not None and layer.presentation.window is None
    assert "is applied without its grey, which is not given in SUV." in layer.problems[0].sentence


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_set(ICCProfile=b"acsp"), "its colour profile"),
        (_set(MaskSubtractionSequence=[Dataset()]), "the subtraction of a mask"),
    ],
)
def test_what_of_a_state_is_left_out_is_said(tmp_path: Path, change: Change, words: str) -> None:
    _planted(tmp_path, _as_stored, change)
    (problem,) = _drawn(tmp_path)[1].problems
    assert problem.kind == "state-in-part" and f"without {words}." in problem.sentence


def test_a_state_that_shows_a_part_of_the_image_says_so(tmp_path: Path) -> None:
    def cut(made: Dataset) -> None:
        made.DisplayedAreaSelectionSequence[0].DisplayedAreaTopLeftHandCorner = [11, 21]

    _planted(tmp_path, _as_stored, cut)
    (problem,) = _drawn(tmp_path)[1].problems
    assert "the whole image is shown" in problem.sentence


def test_a_bitmap_shutter_shuts_its_ones_and_is_no_drawing(tmp_path: Path) -> None:
    plane = np.zeros((64, 48), dtype=np.uint8)
    plane[10:30, 5:25] = 1

    def shut(made: Dataset) -> None:
        made.ShutterShape, made.ShutterOverlayGroup = "BITMAP", 0x6002
        made.ShutterPresentationValue = 0x8000
        for element, vr, value in (
            (0x10, "US", 64), (0x11, "US", 48), (0x40, "CS", "G"), (0x50, "SS", [1, 1]),
            (0x100, "US", 1), (0x102, "US", 0),
            (0x3000, "OW", np.packbits(plane, bitorder="little").tobytes()),
        ):  # fmt: skip
            made.add_new((0x6002, element), vr, value)

    _planted(tmp_path, _as_stored, shut)
    found = medimg.scan(tmp_path)
    (layer,) = medimg.layers(found.series[0], found.objects)
    assert layer.presentation is not None and layer.presentation.shutter is not None
    assert (layer.presentation.shutter == (plane == 0)).all()
    assert layer.presentation.shutter_grey == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize("number", ["4", "8"])
def test_blending_is_listed_and_said_not_to_be_drawn(tmp_path: Path, number: str) -> None:
    def blend(made: Dataset) -> None:
        made.SOPClassUID = f"1.2.840.10008.5.1.4.1.1.11.{number}"
        if isinstance(made, FileDataset):
            made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID

    _planted(tmp_path, _as_stored, blend)
    found = medimg.scan(tmp_path)
    (layer,) = medimg.layers(found.series[0], found.objects)
    assert layer.presentation is None
    assert "lays images over one another in colours, which is not drawn" in (
        layer.problems[0].sentence
    )
