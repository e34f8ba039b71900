"""What corner text says of the technique."""

from __future__ import annotations

import pytest
from pydicom import config
from pydicom.dataset import Dataset

from medimg.reading.dicom.header.attributes import attributes_of
from medimg.reading.dicom.stack.describe import acquisition, patient


@pytest.mark.parametrize(
    ("stored", "shown"),
    [(1.5, "1.5 T"), (7, "7 T"), (15000, "1.5 T (said in gauss)")],
)
def test_a_field_in_gauss_is_never_called_tesla(stored: float, shown: str) -> None:
    """A breast MR of 1991 says 15000; drawn as 15 000 T it would be no magnet of this world."""
    dataset = Dataset()
    dataset.MagneticFieldStrength = stored
    assert ("Field", shown) in acquisition(attributes_of(dataset), "MR")


def _patient(**facts: object) -> Dataset:
    dataset = Dataset()
    dataset.StudyDate = "20200101"
    with config.disable_value_validation():
        for keyword, value in facts.items():
            setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize(
    ("age", "birth", "years"),
    [
        ("050Y", "19700601", 50.0),
        ("049Y", "19700601", 49.0),
        ("050Y", "", 50.0),
        ("050Y", "20150101", None),
        ("006M", "20190701", 0.5),
        ("006M", "20100101", None),
        ("999Y", "", None),
        ("999Y", "19700101", 50.0),
        ("050Y", "18500101", 50.0),
    ],
)
def test_an_age_that_contradicts_the_birth_date_is_not_used(
    age: str, birth: str, years: float | None
) -> None:
    """050Y of a child of five let packages for adults run; 999Y is a placeholder."""
    facts = attributes_of(_patient(PatientAge=age, PatientBirthDate=birth))
    person, problems = patient(facts, "x.dcm")
    assert person.age_years == (years if years is None else pytest.approx(years, abs=0.1))
    is_odd = years is None or age == "999Y"
    assert [problem.kind for problem in problems] == (["bad-value"] if is_odd else [])


@pytest.mark.parametrize(
    ("facts", "animal"),
    [
        ({}, ""),
        ({"PatientSpeciesDescription": "Homo sapiens"}, ""),
        ({"PatientSpeciesDescription": "Canine"}, "Canine"),
        ({"PatientBreedDescription": "Beagle"}, "animal"),
        ({"StrainDescription": "C57BL/6"}, "animal"),
        ({"AnatomicalOrientationType": "QUADRUPED"}, "quadruped"),
        ({"AnatomicalOrientationType": "BIPED"}, ""),
        ({"ResponsiblePersonRole": "OWNER"}, "animal"),
        ({"ResponsiblePersonRole": "PARENT"}, ""),
    ],
)
def test_an_animal_is_told_from_a_person(facts: dict[str, str], animal: str) -> None:
    """Any of the attributes of veterinary medicine says it (PS3.3 C.7.1.1)."""
    assert patient(attributes_of(_patient(**facts)), "x.dcm")[0].animal == animal


def test_a_species_given_by_its_code_alone_is_read() -> None:
    species = Dataset()
    species.CodeValue, species.CodingSchemeDesignator = "448771007", "SCT"
    species.CodeMeaning = "Canis lupus familiaris"
    facts = _patient(PatientSpeciesCodeSequence=[species])
    assert patient(attributes_of(facts), "x.dcm")[0].animal == "Canis lupus familiaris"
    species.CodeValue, species.CodeMeaning = "337915000", "homo sapiens"
    assert patient(attributes_of(facts), "x.dcm")[0].animal == ""
