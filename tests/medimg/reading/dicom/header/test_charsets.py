"""Texts in every character set of the Standard; the examples are those of its annexes."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

from medimg.reading import scan
from medimg.reading.dicom.header.charsets import decoded
from tests.phantoms import axial, save

#: Bytes, character sets, the name: PS3.5 annexes H (Japanese), I (Korean), J, K (Chinese).
NAMES = [
    (b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
     ["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    (b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J",
     ["ISO 2022 IR 13", "ISO 2022 IR 87"], "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎"),
    (b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
     ["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
    (b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=", ["", "ISO 2022 IR 58"],
     "Zhang^XiaoDong=张^小东="),
    (b"Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1=", ["ISO_IR 192"],
     "Wang^XiaoDong=王^小東="),
    (b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=", ["GB18030"], "Wang^XiaoDong=王^小东="),
    (b"\xe7^\x1b$)C\xa4\xba^\xe7", ["ISO 2022 IR 100", "ISO 2022 IR 149"], "ç^ㅊ^ç"),
    (b"Buc^J\xe9r\xf4me", ["ISO_IR 100"], "Buc^Jérôme"),
    (b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", ["ISO_IR 126"], "Διονυσιος"),
    (b"\xbb\xee\xda\x63\x65\xdc", ["ISO_IR 144"], "Люкceм"),
    (b"Dionysios=\x1b-F\xc4\xe9^\xe9", ["ISO 2022 IR 100", "ISO 2022 IR 126"], "Dionysios=Δι^é"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "charsets", "name"), NAMES)
def test_names_of_the_standard_are_decoded(raw: bytes, charsets: list[str], name: str) -> None:
    """GB 2312 and Korean kept their escapes, and a delimiter did not set back to Latin-1."""
    assert decoded(raw, charsets, "PN") == (name, False)


@pytest.mark.parametrize(
    ("raw", "name"),
    [(b"M\xc3\xbcller^J\xc3\xb6rg", "Müller^Jörg"), (b"M\xfcller^J\xf6rg", "Müller^Jörg")],
)
def test_a_name_without_a_character_set_is_said(raw: bytes, name: str, tmp_path: Path) -> None:
    """No byte above 7F is allowed then; the name was shown as mojibake, unsaid."""
    dataset = axial(0)
    tag = Tag("PatientName")
    dataset.pop("SpecificCharacterSet", None)
    with pydicom.config.disable_value_validation():
        padded = raw + b" " * (len(raw) % 2)
        dataset[tag] = RawDataElement(tag, "PN", len(padded), padded, 0, False, True)
        save(dataset, tmp_path / "x.dcm")
    (series,) = scan(tmp_path).series
    assert series.patient.name == name
    assert "charset-wrong" in [problem.kind for problem in series.problems]


def test_what_a_set_does_not_have_is_marked() -> None:
    assert decoded(b"A\xff^B", ["ISO_IR 166"], "PN") == ("A\ufffd^B", False)
    assert decoded(b"A\xc3", ["ISO_IR 192"], "PN") == ("A\ufffd", False)
