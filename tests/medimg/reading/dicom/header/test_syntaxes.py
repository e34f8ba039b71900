"""Every transfer syntax: one codec, and the same pixels as pydicom and as a second decoder."""

from __future__ import annotations

import warnings
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pydicom.data
import pytest
import SimpleITK
from pydicom.data import get_testdata_file
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut
from pydicom.uid import UID

from medimg.reading import read, scan
from medimg.reading.dicom.header.syntaxes import SYNTAXES, is_compressed, syntax
from medimg.values.volume import Unit, Volume
from tests.phantoms import fill, instance, save

SHIPPED = Path(pydicom.data.__file__).parent / "test_files"
#: Bytes of pixels above which a file of pydicom's is a trap and not a picture.
_TRAP = 1 << 30


def test_what_pydicom_ships_is_equal(capsys: pytest.CaptureFixture[str]) -> None:
    counts, unequal = _against_pydicom(SHIPPED)
    with capsys.disabled():
        print(_table("pydicom's own files", counts))
    assert not unequal
    assert sum(counts.values()) >= 85
    assert len(counts) >= 11


@pytest.mark.shared_data
def test_what_hospitals_made_is_equal(
    shared_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts, unequal = _against_pydicom(shared_data / "dicom")
    with capsys.disabled():
        print(_table("shared files", counts))
    assert not unequal
    assert sum(counts.values()) >= 600
    assert len(counts) >= 15


@pytest.mark.shared_data
def test_a_second_decoder_agrees(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """SimpleITK reads the stored values by GDCM and its own codecs, one file each."""
    same = Counter[str]()
    unequal = []
    for folder in ("transfer-syntax-ct", "transfer-syntax-misc", "pet-misc", "vendor-private"):
        for path in sorted((shared_data / "dicom" / folder).iterdir()):
            ours, theirs = _only_grey(path), _by_simpleitk(path)
            if ours is None or theirs is None or theirs.shape != ours.array.shape:
                continue
            theirs = theirs[[f.number for f in ours.series.frames]]  # ours lie in order of place
            if np.allclose(ours.array, theirs, rtol=1e-6, atol=_tolerance(path)):
                same[str(_uid(path))] += 1
            else:
                unequal.append(path.name)
    with capsys.disabled():
        print(_table("equal to SimpleITK", same))
    assert not unequal
    assert sum(same.values()) >= 30
    assert len(same) >= 12


def test_a_syntax_without_a_codec_is_said(tmp_path: Path) -> None:
    """Also one that nobody knows, which pydicom takes for no transfer syntax at all."""
    for uid, word in (
        ("1.2.840.10008.1.2.4.102", "MPEG-4 video"),
        ("1.2.840.10008.1.2.4.93", "JPEG 2000 part 2"),
        ("1.2.840.113619.5.2", "1.2.840.113619.5.2"),
    ):
        dataset = instance("MR")
        fill(dataset, np.zeros((4, 4), np.uint16))
        dataset.PixelData = encapsulate([b"\0" * 32])
        dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
        dataset.file_meta.TransferSyntaxUID = UID(uid)
        _save_unknown(dataset, tmp_path / "x")
        (problem,) = scan(tmp_path / "x").problems
        assert problem.kind == "no-codec"
        assert word in problem.sentence and Path(problem.files[0]).name == "x"


def test_implicit_elements_under_a_jpeg_syntax() -> None:
    """pydicom ships such a file; its pixels were not found by the letters of a VR."""
    volume = read(scan(get_testdata_file("SC_rgb_jpeg.dcm")).series[0])
    assert volume.array.shape == (1, 256, 256, 3)


def test_a_sign_that_is_not_told_is_assumed_and_said(tmp_path: Path) -> None:
    dataset = instance("MR")
    fill(dataset, np.array([[40000, 1], [2, 3]]))
    del dataset.PixelRepresentation
    save(dataset, tmp_path / "x")
    (series,) = scan(tmp_path).series
    assert "sign-missing" in [p.kind for p in series.problems]
    assert read(series).array.tolist() == [[[40000, 1], [2, 3]]]


def test_a_number_of_frames_that_is_none() -> None:
    """A count of '1A' is told and counts as one; the picture opens."""
    volume = read(scan(get_testdata_file("badVR.dcm")).series[0])
    assert volume.array.shape[0] == 1
    assert "bad-value" in [p.kind for p in volume.problems]


@pytest.mark.parametrize("allocated", [8, 16, 32])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("spare", [0, 2, 4])
@pytest.mark.parametrize("shift", [0, 2])
def test_bits_of_every_width(
    tmp_path: Path, allocated: int, signed: bool, spare: int, shift: int
) -> None:
    """Values lie where HighBit says; what lies beside them is not theirs."""
    stored = allocated - spare
    if shift > spare:
        return
    low, high = (-(1 << stored - 1), (1 << stored - 1) - 1) if signed else (0, (1 << stored) - 1)
    values = np.linspace(low, high, 16).astype(np.int64).reshape(4, 4)
    words = (values & ((1 << stored) - 1)) << shift
    rest = ~(((1 << stored) - 1) << shift) & ((1 << allocated) - 1)
    words |= rest & 0x5A5A5A5A
    dataset = instance("MR")
    fill(dataset, words)
    dataset.PixelData = words.astype(f"<u{allocated // 8}").tobytes()
    dataset.BitsAllocated, dataset.BitsStored = allocated, stored
    dataset.HighBit, dataset.PixelRepresentation = stored - 1 + shift, int(signed)
    save(dataset, tmp_path / "x")
    assert (read(scan(tmp_path).series[0]).array[0] == values).all()


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2.5", "1.2.840.10008.1.2.8.1"])
def test_packed_bits_in_fragments(tmp_path: Path, uid: str) -> None:
    """One bit a pixel is packed before it is coded; 63 x 47 ends inside a byte."""
    bits = (np.random.default_rng(3).random((2, 63, 47)) > 0.5).astype(np.uint8)
    coded = [_coded(np.packbits(frame, bitorder="little").tobytes(), uid) for frame in bits]
    dataset = instance("CT")
    dataset.SOPClassUID, dataset.NumberOfFrames = "1.2.840.10008.5.1.4.1.1.7.1", 2
    dataset.Rows, dataset.Columns = bits.shape[1:]
    dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit, dataset.PixelData = 0, encapsulate(coded)
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    standing_in = "1.2.840.10008.1.2.1.98"  # pydicom does not write deflated frames
    dataset.file_meta.TransferSyntaxUID = UID(standing_in)
    save(dataset, tmp_path / "x")
    named = uid.encode().ljust(len(standing_in), b"\0")
    written = (tmp_path / "x").read_bytes().replace(standing_in.encode(), named)
    (tmp_path / "x").write_bytes(written)
    assert (read(scan(tmp_path).series[0]).array == bits).all()


@pytest.mark.parametrize("told", ["YBR_PARTIAL_422", "ARGB", "HSV", "CMYK"])
def test_a_retired_colour_is_refused_by_name(tmp_path: Path, told: str) -> None:
    dataset = instance("CR")
    dataset.SOPClassUID, dataset.Modality = "1.2.840.10008.5.1.4.1.1.7", "XC"
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, told
    dataset.PlanarConfiguration, dataset.Rows, dataset.Columns = 0, 4, 4
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelData = 7, bytes(64)
    dataset["PixelData"].VR = "OB"
    save(dataset, tmp_path / "x")
    (problem,) = scan(tmp_path).problems
    assert problem.kind == "unsupported" and told in problem.sentence


def _coded(packed: bytes, uid: str) -> bytes:
    if uid == "1.2.840.10008.1.2.8.1":
        deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return deflater.compress(packed) + deflater.flush()
    header = np.zeros(16, "<u4")
    header[:2] = 1, 64
    runs = b"".join(
        bytes([len(part) - 1]) + part
        for part in (packed[i : i + 128] for i in range(0, len(packed), 128))
    )
    return header.tobytes() + runs


def _save_unknown(dataset: FileDataset, path: Path) -> None:
    """Write a syntax that pydicom does not know as one: explicit little endian, as all are."""
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(path, implicit_vr=False, little_endian=True, enforce_file_format=False)


def _uid(path: Path) -> UID | None:
    meta = pydicom.dcmread(path, stop_before_pixels=True, force=True).file_meta
    return meta.get("TransferSyntaxUID")


def _table(title: str, counts: Counter[str]) -> str:
    rows = [f"{counts[uid]:5d}  {syntax(uid).name:45s} {syntax(uid).codec}" for uid in SYNTAXES
            if counts[uid]]  # fmt: skip
    return "\n".join([f"\n{title}: {sum(counts.values())} files", *rows])


def _against_pydicom(folder: Path) -> tuple[Counter[str], list[str]]:
    """Count files whose every frame is equal, by syntax; name those with one that is not."""
    counts, unequal = Counter[str](), []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        theirs = _by_pydicom(path)
        found = scan(path)
        if theirs is None or not found.series or found.series[0].format != "dicom":
            continue
        dataset, frames = theirs
        if all(_is_same(read(series), dataset, frames) for series in found.series):
            counts[str(dataset.file_meta.TransferSyntaxUID)] += 1
        else:
            unequal.append(path.name)
    return counts, unequal


def _by_pydicom(path: Path) -> tuple[FileDataset, np.ndarray] | None:
    """The frames as pydicom decodes them; None where it does not."""
    with warnings.catch_warnings(action="ignore"):
        try:
            dataset = pydicom.dcmread(path, force=True)
            if not dataset.file_meta.get("TransferSyntaxUID"):
                implicit = dataset.original_encoding[0]
                plain = "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1"
                dataset.file_meta.TransferSyntaxUID = UID(plain)
            if dataset.Rows * dataset.Columns * int(dataset.get("NumberOfFrames") or 1) > _TRAP:
                return None
            if "MOSAIC" in dataset.get("ImageType", ()):
                return None  # cut into slices by us alone; compared in test_mosaic
            frames = dataset.pixel_array
        except Exception:  # noqa: BLE001  # whatever pydicom cannot do is not compared
            return None
    return dataset, frames if dataset.get("NumberOfFrames", 1) not in (None, 1) else frames[None]


def _is_same(volume: Volume, dataset: FileDataset, frames: np.ndarray) -> bool:
    slopes = list(_slopes(dataset, len(frames)))
    for frame, ours in zip(volume.series.frames, volume.array, strict=True):
        stored = frames[frame.number]
        if volume.unit is Unit.COLOUR:
            if dataset.PhotometricInterpretation == "PALETTE COLOR":
                stored = apply_color_lut(stored, dataset)
            expected = stored if stored.dtype == np.uint8 else (stored >> 8).astype(np.uint8)
            is_equal = bool((ours == expected).all())
        elif volume.unit is Unit.SUVBW:
            is_equal = True  # tested by its own factors
        else:
            slope, intercept = slopes[frame.number]
            if "ModalityLUTSequence" in dataset:
                expected = apply_modality_lut(stored, dataset)
            else:
                expected = stored * float(slope) + float(intercept)
            is_equal = np.allclose(ours, expected, rtol=1e-6, atol=1e-3, equal_nan=True)
        if not is_equal:
            return False
    return True


def _slopes(dataset: FileDataset, count: int) -> Iterator[tuple[float, float]]:
    """Slope and intercept of each frame, read a second time and plainly."""
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [None])[0]
    own = dataset.get("PerFrameFunctionalGroupsSequence") or []
    for number in range(count):
        for place in (own[number] if number < len(own) else None, shared):
            item = place.get("PixelValueTransformationSequence") if place is not None else None
            if item:
                yield item[0].RescaleSlope, item[0].RescaleIntercept
                break
        else:
            slope = dataset.get("DoseGridScaling") or dataset.get("RescaleSlope") or 1
            yield slope, dataset.get("RescaleIntercept") or 0


def _only_grey(path: Path) -> Volume | None:
    found = scan(path).series
    if len(found) != 1 or found[0].format != "dicom":
        return None
    volume = read(found[0])
    return None if volume.unit in (Unit.COLOUR, Unit.SUVBW) else volume


def _by_simpleitk(path: Path) -> np.ndarray | None:
    try:
        return SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))
    except RuntimeError:
        return None


def _tolerance(path: Path) -> float:
    """Two decoders of one lossy JPEG may round apart by a grey of the file."""
    uid = str(_uid(path))
    return 1.0 if is_compressed(uid) and uid[-2:] in ("50", "51", "53", "55", "91", "81") else 1e-3
