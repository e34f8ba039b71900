"""Headers as vendors write them: nothing copied wrong, nothing fatal, what is emptied listed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medimg.results import export
from medimg.results.fitting import fit
from medimg.results.source import sources
from medimg.values.errors import InputRefused
from tests.medimg.results.planted import ct, header, json_of, multiframe, picture_analysis, pyramid

MADE = {"StudyInstanceUID": "2.25.1", "SeriesInstanceUID": "2.25.2"}


def model(**changes: Any) -> dict[str, Any]:
    """The header of a real CT slice, with some elements put in its place (tag: JSON element)."""
    return json.loads(json_of(header("CT_small.dcm"))) | {
        key.lstrip("t"): value for key, value in changes.items()
    }


def element(vr: str, *values: Any) -> dict[str, Any]:
    return {"vr": vr, "Value": list(values)}


@pytest.mark.parametrize(
    ("tag", "keyword", "bad"),
    [
        ("t00100040", "PatientSex", element("CS", "unknown")),
        ("t00100040", "PatientSex", element("CS", "W")),
        ("t00100030", "PatientBirthDate", element("DA", "1968.03.14")),
        ("t00100030", "PatientBirthDate", element("DA", "19681399")),
        ("t00080030", "StudyTime", element("TM", "9:41")),
        ("t00200010", "StudyID", element("SH", "longer than sixteen characters")),
        ("t00080050", "AccessionNumber", element("SH", "A\u0007B")),
        ("t00100020", "PatientID", element("LO", "one", "two")),
        ("t00101010", "PatientAge", element("AS", "58")),
        ("t00280030", "PixelSpacing", element("DS", 0.7)),
        ("t00280030", "PixelSpacing", element("DS", "a", "b")),
        ("t00200032", "ImagePositionPatient", element("DS", 1.0, 2.0, float("nan"))),
        ("t00200052", "FrameOfReferenceUID", element("UI", "1.2.03.4")),
    ],
)
def test_a_forbidden_value_is_emptied_and_listed(tag: str, keyword: str, bad: Any) -> None:
    dataset, notes = fit(model(**{tag: bad}), MADE)
    assert not dataset.get(keyword)
    assert [note for note in notes if note.startswith(keyword)]


def test_notes_hold_no_value_of_the_patient() -> None:
    _, notes = fit(model(t00100020=element("LO", "SECRET\u0001")), MADE)
    assert notes and "SECRET" not in " ".join(notes)


def test_absent_type_2_attributes_are_filled_empty_and_the_source_is_left_alone() -> None:
    source = model()
    for tag in ("00100010", "00080090", "00100040", "00200010"):
        source.pop(tag, None)
    before = json.dumps(source)
    dataset, notes = fit(source, MADE)
    for keyword in ("PatientName", "ReferringPhysicianName", "PatientSex", "StudyID"):
        assert keyword in dataset and not dataset[keyword].value
    assert notes == () and json.dumps(source) == before


@pytest.mark.parametrize(
    "name",
    [
        {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"},
        {"Alphabetic": "Ёлкин^Пётр"},
        {"Alphabetic": "محمد^علي"},
    ],
)
def test_names_of_any_script_are_carried_whole(name: dict[str, str]) -> None:
    dataset, notes = fit(model(t00100010=element("PN", name)), MADE)
    assert str(dataset.PatientName) == "=".join(name.values())
    assert dataset.SpecificCharacterSet == "ISO_IR 192" and notes == ()


def test_private_and_foreign_content_stays_behind() -> None:
    dataset, _ = fit(model(t00091001=element("LO", "private")), MADE)
    assert not any(e.tag.is_private for e in dataset)
    assert "Manufacturer" not in dataset


def test_uids_in_the_meta_information_stand_in() -> None:
    source = model(t00080016={"vr": "UI"}, t00080018={"vr": "UI"})
    source["00020002"] = element("UI", "1.2.840.10008.5.1.4.1.1.2")
    source["00020003"] = element("UI", "1.2.3.4")
    dataset, _ = fit(source, MADE)
    assert dataset.SOPInstanceUID == "1.2.3.4"
    with pytest.raises(InputRefused, match="no valid SOPClassUID"):
        fit(model(t00080016={"vr": "UI"}), MADE)


def test_an_absent_study_uid_is_made_and_said() -> None:
    dataset, notes = fit(model(t0020000D={"vr": "UI"}), MADE)
    assert dataset.StudyInstanceUID == "2.25.1"
    assert any("no valid StudyInstanceUID" in note for note in notes)


@pytest.mark.parametrize(
    ("uid", "why"),
    [
        ("1.2.840.10008.5.1.4.1.1.6", "not an image of the current standard"),  # retired ultrasound
        ("1.2.276.0.19.55.1.5.1.1.1", "not an image of the current standard"),  # private
        ("1.2.840.10008.5.1.4.1.1.2", "which its class"),  # frames in a class of single images
    ],
)
def test_classes_that_nothing_may_refer_to_are_refused(uid: str, why: str) -> None:
    source = model(t00080016=element("UI", uid), t00280008=element("IS", 4))
    with pytest.raises(InputRefused, match=why):
        fit(source, MADE)


def test_slices_find_their_headers_in_any_order() -> None:
    value = pyramid()
    places = sources(replace(value, headers=value.headers[::-1])).places
    assert [str(p.instance.SOPInstanceUID) for p in places] == [
        frame.sop_instance_uid for frame in value.series.frames
    ]


def test_frames_of_one_instance_count_from_one() -> None:
    origin = sources(multiframe(frames=(3, 2, 1)))
    assert [place.frame_number for place in origin.places] == [4, 3, 2]
    assert origin.is_multiframe and len(origin.instances) == 1


def test_without_headers_nothing_can_be_referred_to() -> None:
    with pytest.raises(InputRefused, match="is picture, not DICOM"):
        sources(picture_analysis())
    assert sources(ct()).notes == ()


def test_no_name_is_printed_into_a_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    value = ct()
    single = value.headers[0].replace("CompressedSamples^CT1", "UNUSUAL")
    assert single != value.headers[0]
    export(replace(value, headers=(single,)), tmp_path, ["seg", "sr"])
    said = "".join(capfd.readouterr()) + "".join(str(w.message) for w in recwarn)
    assert "UNUSUAL" not in said
