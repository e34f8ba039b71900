"""Pixels: stored values become the modality's unit, each by its own header."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit

from medimg.reading import headers, read, scan
from medimg.values.volume import Unit
from tests.medimg.reading.truth import share_wrong
from tests.phantoms import (
    PIXEL_MM,
    SAGITTAL,
    SIZE,
    axial,
    enhanced,
    fill,
    instance,
    save,
    write_stack,
)

CORNER = -PIXEL_MM * SIZE / 2


def _stored(dataset: FileDataset) -> np.ndarray:
    return np.frombuffer(dataset.PixelData, "<u2").reshape(SIZE, SIZE).astype(int)


def test_each_slice_by_its_own_slope(tmp_path: Path) -> None:
    def double(dataset: FileDataset, k: int) -> None:
        if k % 2:
            dataset.RescaleSlope = 0.5
            fill(dataset, _stored(dataset) * 2)

    write_stack(tmp_path, double, count=6)
    volume = read(scan(tmp_path).series[0])
    assert volume.array.dtype == np.float32
    assert share_wrong(volume) < 0.002


def test_fractional_slope_is_not_rounded(tmp_path: Path) -> None:
    dataset = axial(20)
    dataset.RescaleSlope, dataset.RescaleIntercept = 0.37, -1000.5
    save(dataset, tmp_path / "x")
    value = read(scan(tmp_path).series[0]).array[0, 0, 0]
    assert value == pytest.approx(24 * 0.37 - 1000.5, abs=1e-4)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("rescale-missing", lambda d, k: [d.__delattr__(w) for w in
                                          ("RescaleSlope", "RescaleIntercept")]),
        ("slope-zero", lambda d, k: setattr(d, "RescaleSlope", 0)),
    ],
)  # fmt: skip
def test_without_a_rescale_values_are_not_hu(tmp_path: Path, kind: str, change: object) -> None:
    write_stack(tmp_path, change, count=3)  # type: ignore[arg-type]
    (series,) = scan(tmp_path).series
    assert [p.kind for p in series.problems] == [kind]
    volume = read(series)
    assert volume.unit is Unit.ARBITRARY
    assert share_wrong(volume, offset=1024) < 0.002


def test_signed_data_under_an_unsigned_header(tmp_path: Path) -> None:
    def lie(dataset: FileDataset, k: int) -> None:
        dataset.PixelData = (_stored(dataset) - 1024).astype("<i2").tobytes()
        dataset.RescaleIntercept = 0

    write_stack(tmp_path, lie, count=3)
    volume = read(scan(tmp_path).series[0])
    assert [p.kind for p in volume.problems] == ["values-out-of-range"]
    assert "64536 HU" in volume.problems[0].sentence
    assert volume.unit is Unit.ARBITRARY


def _upper_bits(dataset: FileDataset, k: int) -> None:
    dataset.PixelData = (_stored(dataset) << 4).astype("<u2").tobytes()
    dataset.BitsStored, dataset.HighBit = 12, 15


def _garbage(dataset: FileDataset, k: int) -> None:
    dataset.PixelData = (_stored(dataset) | 0xA000).astype("<u2").tobytes()
    dataset.BitsStored, dataset.HighBit = 12, 11


def _sign_not_extended(dataset: FileDataset, k: int) -> None:
    dataset.PixelData = ((_stored(dataset) - 1024) & 0xFFF).astype("<u2").tobytes()
    dataset.BitsStored, dataset.HighBit = 12, 11
    dataset.PixelRepresentation, dataset.RescaleIntercept = 1, 0


@pytest.mark.parametrize("change", [_upper_bits, _garbage, _sign_not_extended])
def test_bits_are_taken_where_the_header_has_them(tmp_path: Path, change: object) -> None:
    write_stack(tmp_path, change, count=3)  # type: ignore[arg-type]
    assert share_wrong(read(scan(tmp_path).series[0])) < 0.002


def test_unsigned_above_32767_stays_positive(tmp_path: Path) -> None:
    dataset = instance("MR")
    fill(dataset, np.array([[40000, 42000], [0, 1]]))
    save(dataset, tmp_path / "x")
    volume = read(scan(tmp_path).series[0])
    assert volume.array.tolist() == [[[40000, 42000], [0, 1]]]
    assert volume.array.dtype == np.uint16


def test_padding_is_outside_the_image(tmp_path: Path) -> None:
    def pad(dataset: FileDataset, k: int) -> None:
        stored = _stored(dataset) - 1024
        stored[:8] = -2000
        dataset.PixelRepresentation, dataset.RescaleIntercept = 1, 0
        dataset.PixelPaddingValue = -2000
        dataset["PixelPaddingValue"].VR = "SS"
        fill(dataset, stored)

    write_stack(tmp_path, pad, count=3)
    padding = read(scan(tmp_path).series[0]).padding
    assert padding is not None
    assert padding[:, :8].all() and not padding[:, 8:].any()


def test_one_inverted_slice_is_named(tmp_path: Path) -> None:
    def invert(dataset: FileDataset, k: int) -> None:
        if k == 1:
            dataset.PhotometricInterpretation = "MONOCHROME1"

    write_stack(tmp_path, invert, count=4)
    (problem,) = scan(tmp_path).series[0].problems
    assert (problem.kind, problem.files) == (
        "mixed-photometric",
        (str(tmp_path / "001.dcm"),),
    )


def test_missing_polarity_is_assumed_and_said(tmp_path: Path) -> None:
    write_stack(tmp_path, lambda d, k: d.__delattr__("PhotometricInterpretation"), count=3)
    (series,) = scan(tmp_path).series
    assert [p.kind for p in series.problems] == ["photometric-missing"]
    assert share_wrong(read(series)) < 0.002


def test_jpeg_colours_by_its_own_markers(tmp_path: Path) -> None:
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[:16], picture[16:] = (200, 30, 60), (20, 180, 90)
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=95, subsampling=0)
    dataset = instance("CR")
    dataset.SOPClassUID, dataset.Modality = "1.2.840.10008.5.1.4.1.1.7", "XC"
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "RGB"
    dataset.PlanarConfiguration, dataset.Rows, dataset.Columns = 0, 32, 32
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelData = 7, encapsulate([stream.getvalue()])
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    save(dataset, tmp_path / "x")
    volume = read(scan(tmp_path).series[0])
    # Baseline JPEG is lossy, which this header does not say.
    assert [p.kind for p in volume.problems] == ["lossy", "photometric-label-wrong"]
    assert np.abs(volume.array[0].astype(int) - picture).max() <= 3  # JPEG at quality 95


def test_signs_that_header_and_codestream_disagree_on(tmp_path: Path) -> None:
    stored = np.full((SIZE, SIZE), 100)
    stored[10:20] = 40100
    dataset = instance("MR")
    fill(dataset, stored)
    dataset.compress(JPEG2000Lossless)
    dataset.PixelRepresentation = 1
    save(dataset, tmp_path / "x")
    problems = {p.kind: p for p in read(scan(tmp_path).series[0]).problems}
    assert "-25436 may be 40100" in problems["signedness-differs"].sentence


def test_frames_of_a_secondary_capture_have_no_place(tmp_path: Path) -> None:
    dataset = instance("CT")
    dataset.SOPClassUID, dataset.NumberOfFrames = "1.2.840.10008.5.1.4.1.1.7.3", 10
    fill(dataset, np.zeros((10, 8, 8), np.uint16))
    save(dataset, tmp_path / "x")
    (series,) = scan(tmp_path).series
    assert [p.kind for p in series.problems] == ["no-position"]
    assert read(series).array.shape == (10, 8, 8)


class TestEnhanced:
    """Frames of one object are ordered, split and scaled by their own groups."""

    @staticmethod
    def places(count: int = 12) -> list[tuple[float, float, float]]:
        return [(CORNER, CORNER, 2.5 * (k - 6)) for k in range(count)]

    def test_frames_stored_out_of_order(self, tmp_path: Path) -> None:
        order = np.random.default_rng(5).permutation(12)
        frames = [(self.places()[k], lambda group, number: None) for k in order]
        save(enhanced(frames), tmp_path / "x")
        (series,) = scan(tmp_path).series
        assert series.problems == ()
        assert share_wrong(read(series), offset=2000) < 0.002

    def test_two_stacks(self, tmp_path: Path) -> None:
        def stack(group: Dataset, number: int) -> None:
            group.FrameContentSequence[0].StackID = "1" if number < 6 else "2"
            if number >= 6:
                group.PlaneOrientationSequence[0].ImageOrientationPatient = list(SAGITTAL)

        sagittal = [(-7.5 + 2.5 * k, CORNER, 25.0) for k in range(6)]
        frames = [(place, stack) for place in self.places(6) + sagittal]
        save(enhanced(frames), tmp_path / "x")
        found = scan(tmp_path).series
        assert [s.geometry.plane.value for s in found] == ["axial", "sagittal"]
        assert all(share_wrong(read(s), offset=2000) < 0.002 for s in found)

    def test_times_are_volumes(self, tmp_path: Path) -> None:
        def time(group: Dataset, number: int) -> None:
            group.FrameContentSequence[0].TemporalPositionIndex = number % 3 + 1

        save(enhanced([(self.places()[k // 3], time) for k in range(12)]), tmp_path / "x")
        found = scan(tmp_path).series
        assert [s.label for s in found] == ["MR, time 1", "MR, time 2", "MR, time 3"]
        assert all(share_wrong(read(s), offset=2000) < 0.002 for s in found)

    def test_each_frame_by_its_own_slope(self, tmp_path: Path) -> None:
        def slope(group: Dataset, number: int) -> None:
            item = Dataset()
            item.RescaleSlope, item.RescaleIntercept = number + 1, -number
            group.PixelValueTransformationSequence = [item]

        save(enhanced([(place, slope) for place in self.places(4)]), tmp_path / "x")
        array = read(scan(tmp_path).series[0]).array
        assert array[:, 0, 0].tolist() == [1000 * (k + 1) - k for k in range(4)]

    def test_concatenated_objects_are_one_volume(self, tmp_path: Path) -> None:
        for part in range(2):
            places = self.places()[6 * part : 6 * part + 6]
            dataset = enhanced([(place, lambda group, number: None) for place in places])
            dataset.ConcatenationUID, dataset.InConcatenationNumber = "1.2.7", part + 1
            save(dataset, tmp_path / str(part))
        (series,) = scan(tmp_path).series
        assert share_wrong(read(series), offset=2000) < 0.002


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("in_groups", [False, True])
def test_a_voi_table_that_begins_below_zero(tmp_path: Path, signed: bool, in_groups: bool) -> None:
    """What the table is looked up by is HU, so 64512 is -1024, whatever the pixels' sign."""
    table = Dataset()
    table.LUTDescriptor, table.LUTData = [4, 64512, 16], [0, 1, 2, 3]
    table["LUTDescriptor"].VR = table["LUTData"].VR = "US"
    dataset = axial(20)
    dataset.PixelRepresentation = int(signed)
    if in_groups:
        macro, group = Dataset(), Dataset()
        macro.VOILUTSequence, group.FrameVOILUTSequence = [table], [macro]
        dataset.SharedFunctionalGroupsSequence = [group]
    else:
        dataset.VOILUTSequence = [table]
    save(dataset, tmp_path / "x")
    (read_table,) = read(scan(tmp_path).series[0]).voi_tables
    assert (read_table.first, read_table.entries.tolist()) == (-1024.0, [0, 1, 2, 3])


@pytest.mark.parametrize("first", [-2048, 0, 100])
@pytest.mark.parametrize("bits", [8, 16])
def test_modality_tables_of_every_kind(tmp_path: Path, first: int, bits: int) -> None:
    """Signed and unsigned beginning, 8 and 16-bit entries; beyond the ends the ends hold."""
    entries = np.arange(5, dtype=np.int64) * 20 + 10
    item = Dataset()
    item.LUTDescriptor = [5, first, bits]
    item.ModalityLUTType = "HU"
    item.LUTData = entries.astype("<u2").tobytes()
    item["LUTDescriptor"].VR, item["LUTData"].VR = "SS", "OW"
    dataset = axial(20)
    del dataset.RescaleSlope, dataset.RescaleIntercept
    dataset.PixelRepresentation = 1
    dataset.ModalityLUTSequence = [item]
    fill(dataset, np.array([[first - 1, first], [first + 4, first + 9]]))
    save(dataset, tmp_path / "x")
    volume = read(scan(tmp_path).series[0])
    assert volume.unit is Unit.HU
    assert volume.array[0].tolist() == [[10, 10], [90, 90]]


@pytest.mark.parametrize(
    ("name", "corner", "centre"),
    [
        ("CT_small.dcm", [-849, -844, -858], [999, 904, 840]),
        ("MR_small.dcm", [905, 1019, 1227], [206, 182, 202]),
        ("MR_small_jpeg_ls_lossless.dcm", [905, 1019, 1227], [206, 182, 202]),
        ("JPEG2000.dcm", [0, 0, 0], [7, 7, 7]),
        ("JPEG-lossy.dcm", [1, 1, 1], [13, 14, 13]),  # 12 bits
        ("examples_palette.dcm", [[37, 62, 94]] * 3, [[1, 1, 1]] * 3),
        ("examples_ybr_color.dcm", [[3, 0, 5], [15, 9, 19], [5, 2, 13]],
         [[6, 6, 6], [7, 7, 7], [7, 7, 7]]),
        ("SC_ybr_full_422_uncompressed.dcm", [[254, 0, 0]] * 3, [[125, 130, 255]] * 3),
    ],
)  # fmt: skip
def test_literal_pixels(name: str, corner: list[int], centre: list[int]) -> None:
    """Files that pydicom ships; the values are SimpleITK's, read independently."""
    array = read(scan(get_testdata_file(name)).series[0]).array
    row, column = array.shape[1] // 2, array.shape[2] // 2
    assert array[0, 0, :3].tolist() == corner
    assert array[0, row, column - 1 : column + 2].tolist() == centre


def test_headers_are_json_without_pixels() -> None:
    (text,) = headers(scan(get_testdata_file("CT_small.dcm")).series[0])
    dataset = Dataset.from_json(text)
    assert dataset.Rows == 128 and dataset.PatientID == "1CT1"
    assert "PixelData" not in dataset
