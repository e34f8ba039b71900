"""The report as its reader gets it: pages, words on each page, no reader's words invented."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from medimg.results import report
from medimg.results.report import film
from medimg.results.report.blocks import checks, most_concerning_first
from medimg.results.report.impression import Impression
from medimg.results.report.people import patient_name, title
from medimg.results.report.sheet import BODY, fitted, text_width, wrapped
from medimg.values.analysis import Analysis
from medimg.values.explanation import Badge, Trust
from medimg.values.findings import Decision
from medimg.values.problems import Problem
from medimg.values.series import Patient, View
from tests.medimg.results.planted import ball, ct, finding, pyramid, renamed
from tests.medimg.results.planted import film as a_film

needs_pdftotext = pytest.mark.skipif(
    not shutil.which("pdftotext"), reason="needs pdftotext (Debian poppler-utils)"
)


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def words(analysis: Analysis, tmp_path: Path, impression: Impression | None = None) -> list[str]:
    """The text of each page, by another program."""
    path = tmp_path / "report.pdf"
    path.write_bytes(report.make(analysis, impression).data)
    done = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True
    )
    return [re.sub(r"\s+", " ", page) for page in done.stdout.split("\f") if page.strip()]


@pytest.mark.parametrize("analysis", [ct(), a_film(), pyramid()], ids=["ct", "film", "stack"])
def test_it_has_two_pages_and_embeds_its_fonts(analysis: Analysis) -> None:
    pdf = report.make(analysis).data
    assert pages_of(pdf) == 2
    assert b"/FontFile2" in pdf and b"/Helvetica-Bold" not in pdf


@needs_pdftotext
def test_every_page_says_whose_it_is_and_what_for(tmp_path: Path) -> None:
    for number, page in enumerate(words(a_film(), tmp_path), start=1):
        assert "DEMO, One" in page and "D-0001" in page and "14 Mar 1968 (58 y), M" in page
        assert "Research use only" in page and "Not for diagnosis" in page
        assert f"page {number} of 2" in page


@needs_pdftotext
def test_an_unread_image_has_no_reader_s_words(tmp_path: Path) -> None:
    first, _ = words(a_film(), tmp_path)
    assert "No impression written yet." in first and "nobody yet" in first
    assert first.index("Impression") < first.index("Model findings")


@needs_pdftotext
def test_a_signed_impression_stands_apart_from_the_model(tmp_path: Path) -> None:
    said = Impression("Opacity in the left lower zone.", "DEMO, Reader", "22 Nov 2026, 10:04")
    first, _ = words(a_film(), tmp_path, said)
    assert "Opacity in the left lower zone." in first
    assert "signed by DEMO, Reader on 22 Nov 2026, 10:04" in first
    assert "No impression" not in first


@needs_pdftotext
def test_figures_are_those_of_the_values(tmp_path: Path) -> None:
    text = " ".join(words(a_film(), tmp_path))
    for figure in (
        "78 (69–85)",
        "flagged",
        "0.22",
        "0.50 (0.44–0.56)",
        "71 %",
        "34 %",
        "AUC 0.88 (0.86–0.90)",
        "0.86 (0.82–0.90), n 276",
        "misses about 14",
        "of 100 such images 32 show lung opacity",
        "5 025 px",
        "5be091d47c22" + "1" * 52,
        "9f31 c07a 44e2",
        "torch 2.13.0",
        "ruling out disease",
        "The header does not say the view (PA or AP).",
        "The image is lossy (JPEG 12:1).",
    ):
        assert re.sub(r"\s+", " ", figure) in text, figure


@needs_pdftotext
@pytest.mark.parametrize("name", ["Ёлкин^Пётр", "Παπαδόπουλος^Γιώργος", "김^철수", "王^小明"])
def test_names_of_other_scripts_are_printed(name: str, tmp_path: Path) -> None:
    first, second = words(renamed(a_film(), name), tmp_path)
    family, given = name.split("^")
    assert all(part in page for part in (family, given) for page in (first, second))


def test_a_name_is_given_in_both_its_scripts() -> None:
    name = "Yamada^Tarou=山田^太郎=やまだ^たろう"
    assert patient_name(Patient(name=name)) == "Yamada, Tarou 山田 太郎"
    assert patient_name(Patient(name="=山田^太郎")) == "山田, 太郎"
    assert patient_name(Patient()) == "not given"


def test_much_to_say_turns_pages_and_never_runs_off() -> None:
    many = tuple(replace(finding(p / 20), label=f"Finding {p}") for p in range(1, 20))
    problems = tuple(
        Problem("lossy", f"Slice {n} of the series is lossy, which no figure was measured on.")
        for n in range(40)
    )
    value = a_film()
    value = replace(value, findings=many, series=replace(value.series, problems=problems))
    assert 3 <= pages_of(report.make(value).data) <= 6


def test_nothing_to_say_still_makes_a_report() -> None:
    value = replace(ct(), findings=(), regions=(), explanations=(), key_images=(), headers=())
    assert pages_of(report.make(value).data) == 2


@needs_pdftotext
def test_a_map_that_is_not_reliable_is_not_drawn(tmp_path: Path) -> None:
    value = a_film()
    unreliable = replace(value.explanations[0], trust=Trust(badge=Badge.NOT_RELIABLE))
    first, _ = words(replace(value, explanations=(unreliable,)), tmp_path)
    assert "not reliable" in first and "the map is not drawn" in first
    assert "evidence 0" not in first


def test_only_measured_checks_are_listed() -> None:
    assert checks(Trust()) == []
    assert checks(Trust(share_inside=0.5, anatomy="lungs")) == [("Inside the lungs", "50 %", "")]


def test_most_concerning_stands_first() -> None:
    low, high = finding(0.9, Decision.NOT_FLAGGED), finding(0.5, Decision.FLAGGED)
    assert most_concerning_first([low, high]) == [high, low]


def test_a_number_stands_in_a_large_region_and_beside_a_small_one() -> None:
    large, small = ball((1, 90, 90), (0, 45, 45), 40)[0], ball((1, 90, 90), (0, 45, 20), 3)[0]
    row, column = film.number_place(large, 6.0)
    assert large[int(row), int(column)]
    row, column = film.number_place(small, 6.0)
    assert row == 45 and column == 29
    at_the_edge = ball((1, 90, 90), (0, 45, 86), 3)[0]
    assert film.number_place(at_the_edge, 6.0)[1] < 83


def test_the_slice_with_most_of_the_finding_comes_first() -> None:
    value = pyramid()
    images = tuple(replace(value.key_images[0], index=i) for i in (0, 2, 4))
    chosen = film.key_image(replace(value, key_images=images, explanations=()))
    assert chosen is not None and chosen.index == 2


def test_pixels_that_are_not_square_are_drawn_in_their_shape() -> None:
    value = pyramid()  # rows 0.9 mm apart, columns 0.7 mm
    frame = film.frame_for(value, value.key_images[0], 0, 0, 100)
    rows, columns = value.key_images[0].grey.shape
    assert frame.height / frame.width == pytest.approx(rows * 0.9 / (columns * 0.7))


@pytest.mark.parametrize(
    "text", ["a long sentence of words " * 9, "1.2.840." * 30, "山田太郎" * 40]
)
def test_wrapped_lines_fit_and_lose_nothing(text: str) -> None:
    lines = wrapped(text, 200)
    assert all(text_width(line) <= 200 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert text_width(fitted(text, 100, BODY)) <= 100


def test_titles_do_not_stammer() -> None:
    series = replace(ct().series, label="PA", body_part="CHEST", view=View.PA)
    assert title(series) == "Chest PA"
    assert title(replace(series, label="Chest PA")) == "Chest PA"
