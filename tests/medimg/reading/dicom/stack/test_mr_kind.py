"""MR kinds are judged from sequence parameters, with the reason; words are the last resort."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.dataset import Dataset

from medimg.reading.dicom.header.attributes import attributes_of
from medimg.reading.dicom.stack.mr_kind import has_contrast, kind_of
from medimg.values.series import MRKind

SE: dict[str, Any] = {"ScanningSequence": "SE"}
IR: dict[str, Any] = {"ScanningSequence": ["SE", "IR"]}
GR: dict[str, Any] = {"ScanningSequence": "GR"}


def _judge(is_diffusion_series: bool = False, **values: Any) -> tuple[MRKind, str]:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return kind_of(
        attributes_of(dataset),
        b=values.get("DiffusionBValue"),
        is_diffusion_series=is_diffusion_series,
    )


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (MRKind.T1, {**SE, "RepetitionTime": 500, "EchoTime": 9.5}),
        (MRKind.T2, {**SE, "RepetitionTime": 4000, "EchoTime": 100}),
        (MRKind.PD, {**SE, "RepetitionTime": 2300, "EchoTime": 22}),
        (MRKind.FLAIR, {**IR, "RepetitionTime": 9000, "EchoTime": 90, "InversionTime": 2500}),
        (MRKind.FLAIR, {**IR, "RepetitionTime": 5000, "EchoTime": 390, "InversionTime": 1800}),
        (MRKind.T2, {**IR, "RepetitionTime": 4000, "EchoTime": 60, "InversionTime": 150}),
        (MRKind.T1, {"ScanningSequence": ["GR", "IR"], "RepetitionTime": 1800, "EchoTime": 2.4,
                     "InversionTime": 900}),
        (MRKind.T1, {**GR, "RepetitionTime": 8, "EchoTime": 3}),
        (MRKind.T2_STAR, {**GR, "RepetitionTime": 600, "EchoTime": 20}),
        (MRKind.DWI, {"ScanningSequence": "EP", "DiffusionBValue": 1000.0}),
        (MRKind.ADC, {"ImageType": ["DERIVED", "SECONDARY", "ADC"]}),
        (MRKind.FLAIR, {"AcquisitionContrast": "FLUID_ATTENUATED"}),
    ],
)  # fmt: skip
def test_by_parameters(kind: MRKind, values: dict[str, Any]) -> None:
    found, reason = _judge(**values)
    assert found is kind
    assert reason and "description" not in reason


def test_contrast_agent_makes_t1_after_contrast() -> None:
    kind, reason = _judge(
        **SE, RepetitionTime=500, EchoTime=10, ContrastBolusAgent="10ml multihance"
    )
    assert kind is MRKind.T1_CONTRAST and "contrast agent recorded" in reason


@pytest.mark.parametrize("agent", ["NONE", "NO", ""])
def test_no_agent_is_no_contrast(agent: str) -> None:
    kind, _ = _judge(**SE, RepetitionTime=500, EchoTime=10, ContrastBolusAgent=agent)
    assert kind is MRKind.T1


def test_b_zero_is_diffusion_only_beside_a_higher_b() -> None:
    values = {**SE, "RepetitionTime": 4000, "EchoTime": 70, "DiffusionBValue": 0.0}
    assert _judge(is_diffusion_series=True, **values)[0] is MRKind.DWI
    assert _judge(**values)[0] is MRKind.T2


def test_words_decide_only_where_parameters_are_silent() -> None:
    assert _judge(SeriesDescription="Ax FLAIR") == (MRKind.FLAIR, "by its description alone")
    kind, _ = _judge(**SE, RepetitionTime=500, EchoTime=10, SeriesDescription="Ax FLAIR")
    assert kind is MRKind.T1


@pytest.mark.parametrize("words", ["patient19 lesions", "localiser", "motion1 map"])
def test_words_inside_words_name_nothing(words: str) -> None:
    assert _judge(SeriesDescription=words)[0] is MRKind.UNKNOWN


def test_between_two_kinds_stays_unknown() -> None:
    kind, reason = _judge(**SE, RepetitionTime=1350, EchoTime=45)
    assert kind is MRKind.UNKNOWN and reason


def test_contrast_is_unknown_where_the_header_is_silent() -> None:
    assert has_contrast(attributes_of(Dataset())) is None
