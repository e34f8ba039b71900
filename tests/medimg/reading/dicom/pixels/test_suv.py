"""SUV by hand-computed factors; what is not stated is refused by name, never guessed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
from pydicom.dataset import Dataset, FileDataset

from medimg.reading import read, scan
from medimg.reading.dicom.pixels.nuclides import nuclide_of
from medimg.values.problems import Stops
from medimg.values.volume import Unit, Volume
from tests.phantoms import fill, instance, save

PET_IMAGE = "1.2.840.10008.5.1.4.1.1.128"
#: 70 kg, 370 MBq, one half-life of 110 min: 185 MBq are left, so 1 Bq/ml is 70 000 / 185e6.
FACTOR = 70_000 / 185e6

Change = Callable[[FileDataset], object]


def _slice(k: int, change: Change = lambda dataset: None) -> FileDataset:
    dataset = instance("MR")
    dataset.SOPClassUID, dataset.Modality = PET_IMAGE, "PT"
    dataset.ImagePositionPatient, dataset.InstanceNumber = [0, 0, 3 * k], k + 1
    dataset.ImageOrientationPatient, dataset.PixelSpacing = [1, 0, 0, 0, 1, 0], [4, 4]
    dataset.Units, dataset.DecayCorrection = "BQML", "START"
    dataset.CorrectedImage, dataset.PatientWeight = ["ATTN", "DECY", "SCAT"], 70
    dataset.SeriesDate = dataset.AcquisitionDate = "20260101"
    dataset.SeriesTime, dataset.AcquisitionTime = "115000", f"115{k % 6}00"
    dataset.RescaleSlope, dataset.RescaleIntercept = 2.0 + k, 0
    dataset.WindowCenter, dataset.WindowWidth = 5000, 10001
    tracer = Dataset()
    tracer.RadiopharmaceuticalStartTime = "100000"
    tracer.RadionuclideTotalDose, tracer.RadionuclideHalfLife = 370e6, 6600
    dataset.RadiopharmaceuticalInformationSequence = [tracer]
    fill(dataset, np.array([[0, 1000], [2000, 4000]]))
    change(dataset)
    return dataset


def _read(folder: Path, change: Change = lambda dataset: None) -> Volume:
    for k in range(3):
        save(_slice(k, change), folder / f"{k}")
    (series,) = scan(folder).series
    return read(series)


def _tracer(dataset: FileDataset) -> Dataset:
    return dataset.RadiopharmaceuticalInformationSequence[0]


def test_each_slice_by_its_own_slope_and_one_factor(tmp_path: Path) -> None:
    volume = _read(tmp_path)
    assert volume.unit is Unit.SUVBW
    for k in range(3):
        assert volume.array[k, 1, 1] == pytest.approx(4000 * (2 + k) * FACTOR, rel=1e-6)
    assert ("SUVbw", "70 kg, 370 MBq, 110 min at a half-life of 110 min") in (
        volume.series.acquisition
    )


def test_windows_follow_the_values(tmp_path: Path) -> None:
    (window,) = _read(tmp_path).series.windows
    assert (window.center, window.width) == pytest.approx((4999.5 * FACTOR, 10_000 * FACTOR))


def test_corrected_to_the_injection(tmp_path: Path) -> None:
    volume = _read(tmp_path, lambda d: setattr(d, "DecayCorrection", "ADMIN"))
    assert volume.array[0, 1, 1] == pytest.approx(8000 * 70_000 / 370e6, rel=1e-6)


def test_a_date_carries_over_midnight(tmp_path: Path) -> None:
    def late(dataset: FileDataset) -> None:
        dataset.SeriesTime, dataset.AcquisitionTime = "004000", "004000"
        _tracer(dataset).RadiopharmaceuticalStartTime = "225000"
        _tracer(dataset).RadiopharmaceuticalStartDateTime = "20251231225000.00"

    assert _read(tmp_path, late).array[0, 1, 1] == pytest.approx(8000 * FACTOR, rel=1e-6)


def test_injection_and_scan_in_two_time_zones(tmp_path: Path) -> None:
    """The injection's clock names UTC, the file's own is two hours ahead (PS3.3 C.12.1.1.8)."""

    def zoned(dataset: FileDataset) -> None:
        dataset.TimezoneOffsetFromUTC = "+0200"
        _tracer(dataset).RadiopharmaceuticalStartDateTime = "20260101080000.00+0000"

    assert _read(tmp_path, zoned).array[0, 1, 1] == pytest.approx(8000 * FACTOR, rel=1e-6)


@pytest.mark.parametrize("words", ["^18^Fluorine", "F-18", "18F", "Fluorine F^18^", "[18F]FDG"])
def test_nuclide_is_known_by_its_names(words: str, tmp_path: Path) -> None:
    assert nuclide_of(words) == "F-18"
    right = _read(tmp_path, lambda d: setattr(_tracer(d), "Radiopharmaceutical", words))
    assert right.unit is Unit.SUVBW


def test_a_series_made_afterwards_is_told_by_its_decay_factor(tmp_path: Path) -> None:
    """SeriesTime is later than the scan; the first frame was corrected to its own start."""

    def derived(dataset: FileDataset) -> None:
        dataset.SeriesTime, dataset.DecayFactor = "170000", 1.01

    assert _read(tmp_path, derived).array[0, 1, 1] == pytest.approx(8000 * FACTOR, rel=1e-6)


def test_stored_as_suv(tmp_path: Path) -> None:
    volume = _read(tmp_path, lambda d: setattr(d, "Units", "GML"))
    assert volume.unit is Unit.SUVBW and volume.array[0, 1, 1] == 8000


def test_counts_with_the_makers_factor(tmp_path: Path) -> None:
    def philips(dataset: FileDataset) -> None:
        dataset.Units = "CNTS"
        dataset.add_new(0x70530010, "LO", "Philips PET Private Group")
        dataset.add_new(0x70531000, "DS", "0.0005")

    assert _read(tmp_path, philips).array[0, 1, 1] == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda d: setattr(d, "Units", "CNTS"), "counts"),
        (lambda d: setattr(d, "Units", "PROPCPS"), "PROPCPS"),
        (lambda d: delattr(d, "Units"), "no stated unit"),
        (lambda d: setattr(d, "PatientWeight", 0), "the patient's weight"),
        (lambda d: setattr(d, "CorrectedImage", ["DECY"]), "attenuation"),
        (lambda d: setattr(d, "CorrectedImage", ["ATTN"]), "decay"),
        (lambda d: setattr(d, "DecayCorrection", "NONE"), "NONE"),
        (lambda d: delattr(d, "RadiopharmaceuticalInformationSequence"), "what was injected"),
        (lambda d: delattr(_tracer(d), "RadionuclideTotalDose"), "the injected dose"),
        (lambda d: setattr(_tracer(d), "RadionuclideTotalDose", 370), "370 Bq"),
        (lambda d: delattr(_tracer(d), "RadionuclideHalfLife"), "half-life"),
        (lambda d: delattr(_tracer(d), "RadiopharmaceuticalStartTime"), "when the tracer"),
        (lambda d: setattr(_tracer(d), "RadiopharmaceuticalStartTime", "235000"), "later in the"),
        (lambda d: setattr(_tracer(d), "RadionuclideHalfLife", 282_276), "which day"),
        (lambda d: setattr(_tracer(d), "RadiopharmaceuticalStartDateTime", "20251129100000"),
         "793.8 h"),
        (lambda d: setattr(d, "SeriesTime", "170000"), "SeriesTime after the scan"),
        (lambda d: delattr(d, "AcquisitionTime"), "when it was acquired"),
        (lambda d: setattr(d, "PatientWeight", 70_000), "70000 kg"),
        (lambda d: setattr(d, "PatientWeight", 0.07), "0.07 kg"),
        (lambda d: setattr(d, "PatientWeight", 7), "7 kg"),
        (lambda d: setattr(_tracer(d), "RadionuclideTotalDose", 370e3), "370000 Bq"),
        (lambda d: setattr(_tracer(d), "RadionuclideTotalDose", 370e9), "3.7e+11 Bq"),
        (lambda d: setattr(_tracer(d), "Radiopharmaceutical", "FDG")
         or setattr(_tracer(d), "RadionuclideHalfLife", 109.8), "F-18 has 6586.2 s"),
        (lambda d: d.RadiopharmaceuticalInformationSequence.append(_tracer(d)), "2 injections"),
        (lambda d: setattr(_tracer(d), "RadiopharmaceuticalStartDateTime", "20260101091000"),
         "two times of injection"),
        (lambda d: setattr(d, "SeriesTime", "103000") or setattr(d, "DecayFactor", 1.0),
         "corrected for decay by 1 in its first frame"),
        (lambda d: setattr(_tracer(d), "RadiopharmaceuticalStartDateTime", "20260101100000+0100"),
         "does not say the zone"),
    ],
)  # fmt: skip
def test_what_lacks_is_named(tmp_path: Path, change: Change, word: str) -> None:
    volume = _read(tmp_path, change)
    assert volume.unit is Unit.ARBITRARY
    (problem,) = [p for p in volume.problems if p.kind == "no-suv"]
    assert word in problem.sentence and problem.stops is Stops.VALUES
    assert volume.array[0, 1, 1] == 8000


@pytest.mark.shared_data
def test_a_sarcoma_as_its_source_gives_it(shared_data: Path) -> None:
    """STS_002 is also there as NIfTI in SUV, cropped alike."""
    (series,) = scan(shared_data / "dicom" / "ct-pet-sarcoma" / "PET" / "image").series
    volume = read(series)
    path = shared_data / "volumes" / "ct-pet-mr-sarcoma" / "STS_002" / "PET_image.nii.gz"
    image = nibabel.load(path)
    theirs = np.asarray(image.dataobj).transpose(2, 1, 0)
    assert volume.unit is Unit.SUVBW
    assert np.corrcoef(volume.array.ravel(), theirs.ravel())[0, 1] > 0.999
    assert volume.array.max() == pytest.approx(theirs.max(), rel=1e-3)
