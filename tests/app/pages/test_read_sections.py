"""Sections of the model's column: what they say of values, what the hand makes of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from medimg_workstation.pages.read import preparing
from medimg_workstation.pages.read.findings import FindingsSection
from medimg_workstation.pages.read.fits import FitsSection
from medimg_workstation.pages.read.regions import RegionsSection
from medimg_workstation.pages.read.report import refused_kinds
from medimg_workstation.pages.read.state import Done, Fit, NotRun, Running, Stopped
from medimg_workstation.pages.read.why import WhySection
from medimg_workstation.theme import Theme
from medimg_workstation.widgets.painted import Chip
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from medimg.values.analysis import Analysis, Backend, PackageFacts
from medimg.values.explanation import Badge, Explanation, Trust
from medimg.values.failure import Failure, FailureKind
from medimg.values.findings import (
    Decision,
    Estimate,
    Finding,
    Measure,
    OperatingPoint,
    Region,
    RegionKind,
)
from medimg.values.geometry import Geometry, MeasuredAt, PlaneSpacing
from medimg.values.masks import Mask
from medimg.values.series import Frame, Series
from medimg.values.verdict import Outcome, Reason, Verdict

pytestmark = pytest.mark.gui
LEFT = Qt.MouseButton.LeftButton

POINT = OperatingPoint("balanced", 0.4, Estimate(0.8, 0.7, 0.9), Estimate(0.8, 0.7, 0.9))
FLAGGED = Finding(
    "f", "Lung opacity", "lung-opacity", 1.2, 0.78, 0.69, 0.85, POINT, Decision.FLAGGED, 0.3
)
CLEAR = replace(
    FLAGGED, label="Effusion", code="lungs", probability=0.12, decision=Decision.NOT_FLAGGED
)


def analysis(**facts: object) -> Analysis:
    series = Series("s", "PA", "dicom", "DX", (Frame("f"),), Geometry((4, 10, 10)))
    mask = np.zeros((4, 10, 10), dtype=bool)
    mask[2, 3:6, 3:6] = True
    region = Region(
        "r", "Left lung", "left-lung", RegionKind.ANATOMY, Mask.of(mask),
        None, 9, None, 4.2, None, (2, 4, 4), 2, "Spacing is unknown.",
    )  # fmt: skip
    made = Analysis(
        "id", "now", PackageFacts("p", "1", "P", ""), series, "hash", Verdict("p"),
        (CLEAR, FLAGGED), (region,), (), (), Backend("torch", "cpu"),
    )  # fmt: skip
    return replace(made, **facts)  # type: ignore[arg-type]


def texts(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel)]


def chips(widget: QWidget) -> list[str]:
    return [chip.text for chip in widget.findChildren(Chip)]


def test_findings_are_most_concerning_first_and_warnings_stand_above(
    qtbot: QtBot, theme: Theme
) -> None:
    section = FindingsSection(theme)
    qtbot.addWidget(section)
    warn = Reason("lossy", Outcome.WARN, "The image is lossy (12:1).")
    section.show_result(preparing.result([analysis(verdict=Verdict("p", (warn,)))]))
    said = texts(section)
    assert said.index("The image is lossy (12:1).") < said.index("Lung opacity")
    assert said.index("Lung opacity") < said.index("Effusion")
    assert chips(section) == ["flagged", "not flagged"]
    figure = next(text for text in said if "78 of 100" in text)
    assert "such images" in figure and "(69–85)" in figure


def fit(outcome: Outcome, **facts: object) -> Fit:
    reasons = () if outcome is Outcome.RUN else (Reason("age", outcome, "The patient is 9."),)
    made = Fit(f"p-{outcome.value}", outcome.value, "what it is for", Verdict("p", reasons))
    return replace(made, **facts)  # type: ignore[arg-type]


@pytest.fixture
def fits(qtbot: QtBot, theme: Theme) -> FitsSection:
    section = FitsSection(theme)
    qtbot.addWidget(section)
    section.resize(360, 600)
    section.show()
    return section


def test_a_fitting_package_can_be_run_and_a_refused_one_says_why(
    fits: FitsSection, qtbot: QtBot
) -> None:
    merit = ("AUC", "0.87", "(0.84–0.90)", "on 876 films")
    fits.show_fits((fit(Outcome.RUN, merit=merit), fit(Outcome.REFUSE)))
    assert {"AUC", "0.87", "(0.84–0.90)"} <= set(texts(fits))
    assert "The patient is 9." in texts(fits)
    assert chips(fits) == ["refused"]
    run = fits.findChild(QPushButton, "run-p-run")
    with qtbot.waitSignal(fits.run_wanted) as told:
        qtbot.mouseClick(run, LEFT)
    assert told.args == ["p-run"]
    assert fits.findChild(QPushButton, "run-p-refuse") is None


def test_a_running_package_shows_stage_and_time_and_can_be_stopped(
    fits: FitsSection, qtbot: QtBot
) -> None:
    one = fit(Outcome.RUN)
    fits.show_fits((replace(one, run=Running("slice 3 of 8", 0.4, 22.0)),))
    assert {"slice 3 of 8", "22 s left"} <= set(texts(fits))
    with qtbot.waitSignal(fits.stop_wanted):
        qtbot.mouseClick(fits.findChild(QPushButton, "run-p-run"), LEFT)
    fits.show_fits((replace(one, run=Running("slice 4 of 8", 0.5, 9.0)),))
    assert "slice 4 of 8" in texts(fits)


@pytest.mark.parametrize(
    ("run", "note"), [(Done(1.4), "✓ done in 1.4 s"), (NotRun(), ""), (Running(), "1 running")]
)
def test_the_head_says_how_it_went(fits: FitsSection, run: object, note: str) -> None:
    fits.show_fits((fit(Outcome.RUN, run=run),))
    assert fits.note.text() == note


def test_a_failure_says_what_happened_and_what_to_do(fits: FitsSection) -> None:
    failure = Failure(FailureKind.CRASHED, "The engine stopped.", "Start it again.")
    fits.show_fits((fit(Outcome.RUN, run=Stopped(failure)),))
    assert {"The engine stopped.", "Start it again."} <= set(texts(fits))


def explained(badge: Badge, method: str = "grad-cam") -> Explanation:
    maps = np.zeros((4, 10, 10), dtype=np.float32)
    maps[2, 4, 4] = 0.3
    return Explanation(method, "lung-opacity", maps, 0.41, trust=Trust(badge, sentence="Measured."))


@pytest.fixture
def why(qtbot: QtBot, theme: Theme) -> WhySection:
    section = WhySection(theme)
    qtbot.addWidget(section)
    return section


def test_a_map_comes_with_its_badge_and_sentence(why: WhySection, qtbot: QtBot) -> None:
    made = preparing.result([analysis(explanations=(explained(Badge.SUPPORTED),))])
    with qtbot.waitSignal(why.map_chosen) as told:
        why.show_result(made, ())
    assert told.args[0] is made.maps[0]
    assert chips(why) == ["supported"]
    assert "Measured." in texts(why) and "Why: Lung opacity" in texts(why)
    assert why.findChild(QAbstractButton, "map-switch").isChecked()


def test_a_map_not_to_be_trusted_is_hatched_and_starts_hidden(why: WhySection) -> None:
    why.show_result(preparing.result([analysis(explanations=(explained(Badge.NOT_RELIABLE),))]), ())
    assert why.style_of_map.is_hatched
    assert not why.findChild(QAbstractButton, "map-switch").isChecked()


def test_a_method_that_is_not_there_yet_is_asked_for(why: WhySection, qtbot: QtBot) -> None:
    made = preparing.result([analysis(explanations=(explained(Badge.SUPPORTED),))])
    offer = replace(fit(Outcome.RUN), package_id="p", maps=("grad-cam", "integrated-gradients"))
    why.show_result(made, (offer,))
    box = why.findChild(QComboBox, "method-box")
    assert [box.itemText(i) for i in range(2)] == ["Grad-CAM", "Integrated gradients …"]
    with qtbot.waitSignal(why.more_wanted) as told:
        box.activated.emit(1)
    assert told.args == ["p", "integrated-gradients"]


def test_a_region_s_click_asks_for_its_best_slice_and_its_eye_hides_it(
    qtbot: QtBot, theme: Theme
) -> None:
    section = RegionsSection(theme)
    qtbot.addWidget(section)
    section.show_result(preparing.result([analysis()]))
    section.resize(336, 160)
    section.show()
    row = section.findChild(QAbstractButton, "region-left-lung")
    assert row.accessibleName() == "Left lung, 9 px, 4 px"
    assert "Spacing is unknown." in texts(section)
    with qtbot.waitSignal(section.region_chosen) as told:
        qtbot.mouseClick(row, LEFT)
    assert told.args == ["r", 2]
    with qtbot.waitSignal(section.hidden_changed) as told:
        qtbot.mouseClick(row.findChild(QAbstractButton), LEFT)
    assert told.args == ["r", True]


def test_measures_stand_below_their_regions(qtbot: QtBot, theme: Theme) -> None:
    """A figure with its unit, and why another is withheld, each under the region's name."""
    code, why = analysis().regions[0].code, "Share below -950 HU withheld: slices are 3 mm thick."
    measures = (
        Measure("m/mean", "Mean density", -839.7, "HU", region=code),
        Measure("m/low", "Share below -950 HU", None, "%", why, code),
    )
    section = RegionsSection(theme)
    qtbot.addWidget(section)
    section.show_result(preparing.result([replace(analysis(), measures=measures)]))
    owner = analysis().regions[0].label
    assert f"{owner}, mean density: −840 HU" in texts(section)
    assert f"{owner}: {why}" in texts(section)


def test_spacing_in_doubt_reaches_the_image() -> None:
    """What an answer doubts is what rulers on the image use."""
    doubtful = PlaneSpacing(MeasuredAt.DOUBTFUL, 0.17, 0.17)
    made = analysis()
    geometry = replace(made.series.geometry, plane_spacing=doubtful)
    other = replace(made, series=replace(made.series, geometry=geometry))
    assert preparing.result([made]).doubted_spacing is None
    assert preparing.result([made, other]).doubted_spacing == doubtful


def test_kinds_that_cannot_be_written_say_why() -> None:
    picture = analysis()
    assert set(refused_kinds((picture,))) == {"seg", "sr"}
    film = replace(picture, headers=("{}",))
    assert refused_kinds((film,)) == {"seg": "the image has no frame of reference"}


def test_merging_keeps_maps_that_the_new_answer_did_not_make() -> None:
    old = analysis(explanations=(explained(Badge.SUPPORTED),))
    new = analysis(explanations=(explained(Badge.WEAK, "integrated-gradients"),))
    methods = [e.method for e in preparing.merged(old, new).explanations]
    assert methods == ["integrated-gradients", "grad-cam"]
    other = replace(new, pixels_sha256="another image")
    assert len(preparing.merged(old, other).explanations) == 1
