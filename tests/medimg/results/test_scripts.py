"""Lines in visual order, and faces for their characters, against known examples."""

from __future__ import annotations

import unicodedata

import pytest

from medimg.results.fonts import BOLD, FACES, Weight, data, face_of, runs
from medimg.results.scripts import visual


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("DEMO, One", "DEMO, One"),
        ("אבג", "גבא"),
        # Hebrew with a number: the number keeps its order (Unicode Annex 9, rule L2).
        ("אבג 123", "123 גבא"),
        ("אבג (12)", "(12) גבא"),
        # A Latin line with a Hebrew word: only the word is turned.
        ("Name אבג end", "Name גבא end"),
        # meem, hah, meem, dal: initial, medial, medial, final; drawn from the right.
        ("محمد", "\ufeaa\ufee4\ufea4\ufee3"),
        # lam and alef are one letter.
        ("لا", "\ufefb"),
        # dal joins only to its right, so what follows begins anew.
        ("دب", "\ufe8f\ufea9"),
        ("a\u200bb", "ab"),
    ],
)
def test_a_line_is_drawn_in_visual_order(text: str, drawn: str) -> None:
    assert visual(text) == drawn


def test_decomposed_letters_are_composed_so_that_faces_have_them() -> None:
    assert visual(unicodedata.normalize("NFD", "Nguyễn")) == "Nguyễn"


@pytest.mark.parametrize(
    ("text", "face"),
    [
        ("Šťastný Ñandú", "WorkstationSans-Regular"),
        ("Παπαδόπουλος", "WorkstationSans-Regular"),
        ("Ёлкин", "WorkstationSans-Regular"),
        ("כהן", "ReportHebrew-Regular"),
        ("محمد", "ReportArabic-Regular"),
        ("สมชาย", "ReportThai-Regular"),
        ("山田太郎", "ReportHan-Regular"),
        ("王小明", "ReportHan-Regular"),
        ("김철수", "ReportHangul-Regular"),
        ("−≥→◆", "ReportSymbols-Regular"),
    ],
)
def test_each_script_has_a_face(text: str, face: str) -> None:
    assert {run.face for run in runs(text) if run.text.strip()} <= {face, "WorkstationSans-Regular"}
    assert face in {run.face for run in runs(text)}
    assert all(face_of(char, Weight.REGULAR) for char in visual(text))


def test_what_no_face_has_is_boxed_and_spelled() -> None:
    line = "".join(run.text for run in runs("दीपक"))
    assert line == "□□□□ (Devanagari: da ii pa ka)"


def test_mixed_lines_lose_nothing() -> None:
    text = "Yamada 山田 김 Ё 12 − 3"
    assert "".join(run.text for run in runs(text)) == text


def test_all_faces_ship_with_their_licences_within_six_megabytes() -> None:
    faces = [*FACES, BOLD]
    assert sum(len(data(face)) for face in faces) < 6_000_000
    assert all(data(face)[:4] == b"\0\1\0\0" for face in faces)
