"""The tour: images that cannot be read, answers held against a known truth, and its page."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from medimg.inference.measuring import region_of
from medimg.packages.catalogue import packages
from medimg.tour.page import write_page
from medimg.tour.sources import OWN, Source, beside, shipped
from medimg.tour.stops import PackageRun, Stop, against_truth, in_words, visit
from medimg.values.analysis import Analysis, Backend, PackageFacts
from medimg.values.explanation import Explanation, Trust
from medimg.values.findings import Decision, Estimate, Finding, OperatingPoint, RegionKind
from medimg.values.masks import Mask
from medimg.values.verdict import Verdict
from tests import tiny_packages as tiny

HALF = Estimate(0.5, 0.4, 0.6, 10)


@pytest.fixture
def square() -> np.ndarray:
    mask = np.zeros((1, 40, 40), bool)
    mask[0, 10:20, 10:20] = True
    return mask


@pytest.fixture
def analysis(square: np.ndarray) -> Analysis:
    volume = tiny.film(np.zeros((40, 40)))
    point = OperatingPoint("balanced", 0.5, HALF, HALF)
    finding = Finding(
        *("f", "Lung opacity", "lung-opacity", 1.2, 0.78, 0.69, 0.85), point, Decision.FLAGGED, 0.3
    )
    region = region_of("r", "Right lung", "right-lung", RegionKind.ANATOMY, Mask.of(square), volume)
    evidence = np.zeros((1, 40, 40), np.float32)
    evidence[0, 12, 12] = 1.0
    return Analysis(
        id="0",
        created="2026-01-01T12:00:00+00:00",
        package=PackageFacts("p", "1", "P", ""),
        series=volume.series,
        pixels_sha256="",
        verdict=Verdict("p"),
        findings=(finding,),
        regions=(region,),
        explanations=(Explanation("grad-cam", "Lung opacity", evidence, 1.0, trust=Trust()),),
        key_images=(),
        backend=Backend("torch", "cpu"),
        notes=("A note.",),
    )


class TestVisit:
    def test_says_why_a_file_is_no_image(self, tmp_path: Path) -> None:
        path = Path(str(get_testdata_file("rtplan.dcm", download=False)))
        (stop,) = visit(Source(OWN, "a plan", path), tmp_path, lambda _: None)
        assert stop.picture is None
        assert "rtplan.dcm" in stop.problems[0]

    def test_shows_and_refuses_what_no_package_is_for(self, tmp_path: Path) -> None:
        path = Path(str(get_testdata_file("CT_small.dcm", download=False)))
        (stop,) = visit(Source(OWN, "a CT", path), tmp_path, lambda _: None)
        assert stop.picture is not None
        assert stop.picture.read_bytes().startswith(b"\x89PNG")
        assert {told.package.id for told in stop.told} == set(packages())
        assert {told.state for told in stop.told} == {"refused"}

    def test_says_what_could_not_be_fetched(self, tmp_path: Path) -> None:
        (stop,) = visit(Source(OWN, "RG1 could not be downloaded.", None), tmp_path, print)
        assert stop.problems == ("RG1 could not be downloaded.",)


class TestSaid:
    def test_names_finding_region_and_note(self, analysis: Analysis) -> None:
        words = in_words(analysis)
        assert words[0] == "◆ Lung opacity: flagged, 78 of 100 such images (69–85)"
        assert any(line.startswith("Right lung: ") for line in words)
        assert words[-1] == "A note."


class TestAgainstTruth:
    def test_regions_by_dice(self, analysis: Analysis, square: np.ndarray) -> None:
        half = square.copy()
        half[0, 15:] = False
        (line,) = against_truth(analysis, {"lungs": half})
        assert line == "Compared with the planted truth: Dice 0.67."

    def test_a_finding_by_the_peak_of_its_map(self, analysis: Analysis, square: np.ndarray) -> None:
        (inside,) = against_truth(analysis, {"lung-opacity": square})
        (outside,) = against_truth(analysis, {"lung-opacity": ~square})
        assert "lies inside it; by chance it would be inside in 6 of 100" in inside
        assert "lies outside it" in outside

    def test_an_empty_map_is_no_hit(self, analysis: Analysis, square: np.ndarray) -> None:
        empty = replace(analysis.explanations[0], map=np.zeros((1, 40, 40), np.float32))
        (line,) = against_truth(replace(analysis, explanations=(empty,)), {"lung-opacity": square})
        assert line.endswith("grad-cam marks nothing.")

    def test_what_is_not_in_question_is_left_out(
        self, analysis: Analysis, square: np.ndarray
    ) -> None:
        assert against_truth(analysis, {"flair-change": square}) == []


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("href", "src")]


class TestPage:
    def test_links_lead_to_files_and_words_are_escaped(self, tmp_path: Path) -> None:
        picture = tmp_path / "case" / "image.png"
        picture.parent.mkdir()
        picture.write_bytes(b"")
        package = tiny.bright(tmp_path / "packages")
        told = PackageRun(package, "ran", ("a < b & c",), {"png": picture, "pdf": picture})
        stop = Stop("Group", "<script>", "CT · x", ("<b>",), picture, (told,))

        write_page(tmp_path / "index.html", [stop, replace(stop, told=(), picture=None)])

        text = (tmp_path / "index.html").read_text()
        assert "<script>" not in text
        assert "a &lt; b &amp; c" in text
        assert "Research use only" in text
        assert "nothing to draw" in text
        links = _Links()
        links.feed(text)
        assert links.found
        assert all((tmp_path / link).is_file() for link in links.found)


class TestSources:
    def test_pydicom_ships_them_all(self) -> None:
        assert len(shipped()) == 8

    def test_without_studies_beside_there_are_none(self, tmp_path: Path) -> None:
        assert beside(tmp_path / "repository") == []
