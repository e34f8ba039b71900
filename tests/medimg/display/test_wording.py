"""Figures as words: the same on screen and paper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medimg.display import wording
from medimg.values.findings import (
    Decision,
    Estimate,
    Finding,
    OperatingPoint,
    Region,
    RegionKind,
)
from medimg.values.masks import Mask
from medimg.values.series import Patient

POINT = OperatingPoint("balanced", 0.4, Estimate(0.8, 0.7, 0.9), Estimate(0.8, 0.7, 0.9))
FINDING = Finding(
    "f", "Lung opacity", "lung-opacity", 1.2, 0.78, 0.69, 0.85, POINT, Decision.FLAGGED, 0.3
)


def test_a_probability_is_a_count_of_such_images() -> None:
    assert wording.sentence_of(FINDING) == "78 of 100 such images (69–85)"


@pytest.mark.parametrize(("probability", "count"), [(0.0, 1), (1.0, 99), (0.004, 1), (0.5, 50)])
def test_no_probability_promises_never_or_always(probability: float, count: int) -> None:
    assert wording.of_100(probability) == count


def test_numbers_have_thin_spaces_and_a_true_minus() -> None:
    assert wording.number(135063) == "135\u2009063"
    assert wording.number(-600) == "−600"
    assert wording.number(-0.04, 1) == "0.0"
    assert wording.estimate(Estimate(0.8712, 0.843, 0.9, 100)) == "0.87 (0.84–0.90)"


@pytest.mark.parametrize(
    ("dicom", "text"), [("20261112", "12 Nov 2026"), ("", ""), ("2026.11.12", "2026.11.12")]
)
def test_dates_are_read_or_left_alone(dicom: str, text: str) -> None:
    assert wording.date(dicom) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DEMO^One", "DEMO, One"),
        ("Yamada^Tarou=山田^太郎", "Yamada, Tarou"),
        ("=山田^太郎", "山田, 太郎"),
        ("", ""),
        ("^^^", ""),
    ],
)
def test_names_are_family_first(name: str, text: str) -> None:
    assert wording.person_name(name) == text


def test_an_infant_s_age_is_in_months() -> None:
    assert wording.age(Patient(age_years=0.5)) == "6 months"
    assert wording.age(Patient(age_years=58.9)) == "58 y"
    assert wording.age(Patient()) == ""


def test_a_region_s_size_falls_back_from_ml_to_area_to_pixels() -> None:
    mask = np.ones((1, 2, 2), dtype=bool)
    region = Region(
        "a",
        "A",
        "lungs",
        RegionKind.ANATOMY,
        Mask.of(mask),
        25.43,
        4,
        810.0,
        3.0,
        46.2,
        (0, 0, 0),
        0,
    )
    assert (wording.region_size(region), wording.region_longest(region)) == ("25.4 ml", "46 mm")
    region = replace(region, volume_ml=None)
    assert wording.region_size(region) == "8.1 cm²"
    region = replace(region, area_mm2=None, longest_mm=None)
    assert (wording.region_size(region), wording.region_longest(region)) == ("4 px", "3 px")


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (0.2, "1 s left"), (22.4, "22 s left"), (720, "12 min left")]
)
def test_time_left_is_rough(seconds: float | None, text: str) -> None:
    assert wording.left(seconds) == text
