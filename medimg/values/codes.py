"""Coded names of everything that a package may report: one table, read by packages and exports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A coded concept: value, scheme designator and meaning (PS3.3, 8.8)."""

    value: str
    scheme: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Label:
    """What a label is called in DICOM: category and type of a segment, code of a finding."""

    category: Code
    type: Code


#: Private designator (PS3.16, 8.2: "99" first) where no public code says exactly what is meant.
OWN_SCHEME = "99MEDIMG"

_ANATOMY = Code("123037004", "SCT", "Anatomical Structure")
_ABNORMAL = Code("49755003", "SCT", "Morphologically Abnormal Structure")

#: By id, as `package.toml` names them.
CODES: dict[str, Label] = {
    "lungs": Label(_ANATOMY, Code("39607008", "SCT", "Lung")),
    "right-lung": Label(_ANATOMY, Code("3341006", "SCT", "Right lung")),
    "left-lung": Label(_ANATOMY, Code("44029006", "SCT", "Left lung")),
    "lung-opacity": Label(_ABNORMAL, Code("lung-opacity", OWN_SCHEME, "Lung opacity")),
    "lung-nodule": Label(_ABNORMAL, Code("427359005", "SCT", "Solitary nodule of lung")),
    "flair-change": Label(
        _ABNORMAL, Code("flair-change", OWN_SCHEME, "FLAIR signal change resembling glioma")
    ),
}
