"""The gate: each rule lets the right image in, keeps the wrong one out, and says why in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from medimg.packages.admission import admit
from medimg.values.errors import PackageRefused, UsageError
from medimg.values.geometry import Geometry
from medimg.values.problems import Problem
from medimg.values.series import Frame, MRKind, Patient, Series, View
from medimg.values.verdict import Outcome
from medimg.values.volume import Unit, Volume
from tests.medimg.packages.conftest import Make
from tests.tiny_packages import film, stack

NOISE = np.random.default_rng(0).integers(0, 255, (200, 160)).astype(np.uint8)
SLICES = np.random.default_rng(0).random((20, 30, 40), dtype=np.float32)
RUN, WARN, REFUSE = Outcome.RUN, Outcome.WARN, Outcome.REFUSE

MODALITY = 'rule = "modality"\naccept = ["CR", "DX"]'
PART = 'rule = "body-part"\naccept = ["CHEST"]'
VIEW = 'rule = "view"\naccept = ["PA", "AP"]'
AGE = 'rule = "age"\nminimum = 18'

FILMS: list[tuple[str, dict[str, Any], Outcome, str]] = [
    (MODALITY, {"modality": "DX"}, RUN, ""),
    (MODALITY, {"modality": "CT"}, REFUSE, "This is a CT (Modality CT)"),
    (MODALITY, {"modality": ""}, WARN, "does not say what kind of image"),
    (PART, {"body_part": "CHEST"}, RUN, ""),
    (PART, {"body_part": "THORAX"}, RUN, ""),
    (PART, {"body_part": "LEG"}, REFUSE, "This is a leg (BodyPartExamined LEG)"),
    (PART, {"body_part": "ARM"}, REFUSE, "This is an arm"),
    (PART, {"body_part": "PARTIALBODY"}, REFUSE, "This is another part of the body: partialbody"),
    (PART, {"body_part": ""}, WARN, "which part of the body"),
    (PART, {"body_part": "", "description": "W Chest AP"}, RUN, ""),
    (PART, {"body_part": "", "description": "Knee left"}, REFUSE, 'description says "knee"'),
    (VIEW, {"view": View.AP}, RUN, ""),
    (VIEW, {"view": View.LATERAL}, REFUSE, "lateral film"),
    (VIEW, {"view": View.UNKNOWN}, WARN, "does not say the view"),
    (AGE, {"patient": Patient(age_years=18.0)}, RUN, ""),
    (AGE, {"patient": Patient(age_years=17.9)}, REFUSE, "17 years old"),
    (AGE, {"patient": Patient(age_years=0.5)}, REFUSE, "6 months old"),
    (AGE, {"patient": Patient()}, WARN, "age"),
    (AGE, {"patient": Patient(age_years=20.0, animal="Canine")}, REFUSE, "person (Canine)"),
    (AGE, {"patient": Patient(age_years=20.0, is_phantom=True)}, WARN, "quality control"),
    (VIEW, {"view": View.PA, "patient_orientation": ("L", "F")}, RUN, ""),
    (VIEW, {"view": View.PA, "patient_orientation": ("R", "F")}, WARN, "mirrored"),
    (VIEW, {"view": View.PA, "patient_orientation": ("F", "L")}, REFUSE, "turned"),
    (VIEW, {"view": View.PA, "patient_orientation": ("R", "H")}, REFUSE, "turned"),
]


@pytest.mark.parametrize(("rule", "facts", "outcome", "words"), FILMS)
def test_films(ruled: Make, rule: str, facts: dict[str, Any], outcome: Outcome, words: str) -> None:
    """One fact of a film, one rule, one answer; headers alone give the same as pixels."""
    package, volume = ruled(rule), film(NOISE, **facts)
    for image in (volume, volume.series):
        verdict = admit(image, package)
        assert verdict.outcome is outcome
        assert words in " ".join(verdict.sentences)


FLAIR = 'rule = "mr-kind"\naccept = ["FLAIR"]\nunknown = "refuse"'
AXIAL = 'rule = "plane"\naccept = ["axial"]\nreslice_mm = 2.0'


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [(MRKind.FLAIR, RUN), (MRKind.T1, REFUSE), (MRKind.UNKNOWN, REFUSE)],
)
def test_mr_kind(ruled: Make, kind: MRKind, outcome: Outcome) -> None:
    """Unknown is not FLAIR, and the reason of the judgement is passed on."""
    volume = stack(SLICES, mr_kind=kind, mr_kind_reason="TI 2 500 ms")
    verdict = admit(volume, ruled(FLAIR, kind="stack"))
    assert verdict.outcome is outcome
    assert all("TI 2 500 ms" in sentence for sentence in verdict.sentences)


@pytest.mark.parametrize(
    ("plane", "step_mm", "outcome", "words"),
    [
        ("axial", 6.5, RUN, ""),
        ("sagittal", 1.0, WARN, "resliced to axial"),
        ("coronal", 5.0, REFUSE, "5 mm apart"),
    ],
)
def test_plane(ruled: Make, plane: str, step_mm: float, outcome: Outcome, words: str) -> None:
    """Thin stacks of another plane are resliced and said so; thick ones are refused."""
    verdict = admit(stack(SLICES, plane, (step_mm, 1.0, 1.0)), ruled(AXIAL, kind="stack"))
    assert verdict.outcome is outcome
    assert words in " ".join(verdict.sentences)


def test_plane_of_a_stack_with_gaps_comes_from_its_positions(ruled: Make) -> None:
    """Without an affine the way of the slice positions still tells sagittal from axial."""
    places = [(float(x), 0.0, 0.0) for x in (0, 5, 10, 25)]
    frames = tuple(Frame(f"{i}.dcm", position=place) for i, place in enumerate(places))
    series = replace(stack(SLICES[:4]).series, frames=frames, geometry=Geometry((4, 30, 40)))
    verdict = admit(series, ruled(AXIAL, kind="stack"))
    assert verdict.outcome is REFUSE
    assert "sagittal" in verdict.sentences[0]


def test_sizes_are_those_of_the_resliced_stack(ruled: Make) -> None:
    """A sagittal stack of 20 slices has 30 axial ones of 20 by 40 pixels."""
    slices = 'rule = "slices"\nminimum = 25'
    size = 'rule = "size"\nrows = 25\ncolumns = 30'
    package = ruled(AXIAL, slices, size, kind="stack")
    words = " ".join(admit(stack(SLICES, "sagittal", (1.0, 1.0, 1.0)), package).sentences)
    assert "slices;" not in words
    assert "pixels; the package needs at least 25 × 30" in words


@pytest.mark.parametrize(
    ("rule", "outcome", "words"),
    [
        ('rule = "spacing"\nminimum = 0.3\nmaximum = 1.5', RUN, ""),
        ('rule = "spacing"\nminimum = 1.5', REFUSE, "Pixels are 1 × 1 mm"),
        ('rule = "field-of-view"\nminimum = 150', REFUSE, "40 mm wide"),
        ('rule = "slices"\nminimum = 21', REFUSE, "20 slices"),
    ],
)
def test_grid(ruled: Make, rule: str, outcome: Outcome, words: str) -> None:
    """Millimetres and counts of a stack."""
    verdict = admit(stack(SLICES), ruled(rule, kind="stack"))
    assert verdict.outcome is outcome
    assert words in " ".join(verdict.sentences)


def test_unknown_pixel_size_names_what_is_assumed(ruled: Make) -> None:
    """The reader learns of the assumed field of view before anything runs."""
    volume = stack(SLICES)
    series = replace(volume.series, geometry=Geometry((20, 30, 40)))
    rule = 'rule = "spacing"\nminimum = 0.3'
    more = "[preparation]\nassumed_field_of_view_mm = 240.0\n"
    verdict = admit(series, ruled(rule, kind="stack", more=more))
    assert verdict.outcome is WARN
    assert "240 mm is assumed" in verdict.sentences[0]


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("missing-slice", WARN),
        ("uneven-spacing", WARN),
        ("two-patients", REFUSE),
        ("same-sop-instance-differs", REFUSE),
        ("photometric-missing", REFUSE),
        ("rescale-missing", WARN),
        ("qform-sform-differ", WARN),
        ("truncated", REFUSE),
        ("gantry-tilt", RUN),
    ],
)
def test_faults_of_a_stack(ruled: Make, kind: str, outcome: Outcome) -> None:
    """What reading found stops what it must, and its own sentence is the reason."""
    fault = Problem(kind, "Slice 3 is strange.")
    verdict = admit(stack(SLICES, problems=(fault,)), ruled(kind="stack"))
    assert verdict.outcome is outcome
    assert all("Slice 3 is strange." in sentence for sentence in verdict.sentences)


def test_gap_withholds_ml_in_words(ruled: Make) -> None:
    """A per-slice package runs on a stack with a gap and says what it withholds."""
    fault = Problem("missing-slice", "Slice 3 of 20 is missing.")
    package = ruled(kind="stack")
    verdict = admit(stack(SLICES, problems=(fault,)), package)
    assert "Volumes in ml are withheld" in verdict.sentences[0]


def test_whole_volume_needs_a_place_in_the_patient(ruled: Make) -> None:
    """A stack without a grid is no volume, although no fault of it closes 3-D by name."""
    package, volume = ruled(kind="stack"), stack(SLICES)
    whole = structs.replace(package, dimensions="3d")
    placeless = replace(volume.series, geometry=Geometry(volume.series.geometry.shape))
    assert admit(volume.series, whole).outcome is RUN
    assert admit(placeless, package).outcome is RUN
    assert admit(placeless, whole).outcome is REFUSE


def test_film_is_judged_alone(ruled: Make) -> None:
    """Faults of a stack do not concern one film, unless they say whose it is."""
    package = ruled()
    for kind, outcome in (("missing-slice", RUN), ("two-patients", REFUSE)):
        volume = film(NOISE, problems=(Problem(kind, "Said."),))
        assert admit(volume, package).outcome is outcome


def test_stack_is_no_film(ruled: Make) -> None:
    """A package for radiographs takes one image."""
    verdict = admit(stack(SLICES), ruled())
    assert verdict.outcome is REFUSE
    assert "stack of 20 images" in verdict.sentences[0]


PIXELS = {
    "blank": (np.zeros((200, 160), np.uint8), "blank"),
    "nearly blank": (np.where(NOISE > 253, 255, 7).astype(np.uint8), "blank"),
    "text": (np.where(NOISE > 200, 255, 0).astype(np.uint8), "page of text"),
}


@pytest.mark.parametrize("name", PIXELS)
def test_pixels_that_show_nothing(ruled: Make, name: str) -> None:
    """Blank images and pages of text are refused once their pixels are there, and not before."""
    array, words = PIXELS[name]
    volume, package = film(array), ruled()
    assert admit(volume.series, package).outcome is RUN
    verdict = admit(volume, package)
    assert verdict.outcome is REFUSE
    assert words in verdict.sentences[0]


def test_colour_is_refused(ruled: Make) -> None:
    """A colour picture is no radiograph; a grey one stored as RGB was read as grey."""
    array = np.stack([NOISE, NOISE[::-1], NOISE], axis=-1)[None]
    series = Series(
        id="c", label="", format="picture", modality="", frames=(), geometry=Geometry((1, 200, 160))
    )
    verdict = admit(Volume(array, Unit.COLOUR, series), ruled())
    assert verdict.outcome is REFUSE
    assert "colour" in verdict.sentences[0]


def test_unknown_rule_refuses_the_package(ruled: Make) -> None:
    """A rule from the future is not skipped."""
    package = ruled('rule = "phase-of-moon"')
    with pytest.raises(PackageRefused, match="phase-of-moon"):
        admit(film(NOISE), package)


def test_unknown_package_is_answered_with_the_nearest() -> None:
    """A slip of the pen is answered with what was meant."""
    with pytest.raises(UsageError, match='Did you mean "chest-xray-lungs"'):
        admit(film(NOISE), "chest-xray-lung")


def test_another_modality_is_judged_no_further(ruled: Make) -> None:
    """A CT is not told that its MR contrast is unknown or its view is missing."""
    volume = film(NOISE, modality="CT", body_part="LEG", view=View.UNKNOWN)
    (reason,) = admit(volume, ruled(MODALITY, PART, VIEW)).reasons
    assert reason.rule == "modality"


def test_reasons_are_refusals_first(ruled: Make) -> None:
    """The sentence that decides stands first."""
    volume = film(NOISE, view=View.UNKNOWN, body_part="LEG")
    sentences = admit(volume, ruled(VIEW, PART)).sentences
    assert "leg" in sentences[0] and "view" in sentences[1]


HOUNSFIELD = 'rule = "hounsfield"'
CLOSE = 'rule = "slice-distance"\nmaximum = 5.0'


def _ct(values: np.ndarray, unit: Unit = Unit.HU) -> Volume:
    return replace(stack(SLICES, modality="CT"), array=values.reshape(SLICES.shape), unit=unit)


def test_values_that_are_not_hu(ruled: Make) -> None:
    """A scan passes; a screenshot of a window, and stored values without their rescale, do not."""
    rng = np.random.default_rng(1)
    hu = rng.choice([-990, -860, -90, 40, 60, 400], SLICES.size) + rng.integers(
        -20, 20, SLICES.size
    )
    package = ruled(HOUNSFIELD, kind="stack")
    assert admit(_ct(hu), package).outcome is RUN
    told = admit(_ct(hu, Unit.ARBITRARY), package)
    assert told.outcome is WARN and "does not say that its values are HU" in told.sentences[0]
    screenshot = np.clip((hu + 160) / 400 * 255, 0, 255).astype(np.uint8)
    refused = admit(_ct(screenshot), package)
    assert refused.outcome is REFUSE
    assert "The values run from 0 to 255 and hardly any is that of air" in refused.sentences[0]
    assert admit(_ct(hu + 1024), package).outcome is REFUSE
    air = rng.integers(-1000, -900, SLICES.size)
    assert "soft tissue" in admit(_ct(air), package).sentences[0]


@pytest.mark.parametrize(("step_mm", "outcome"), [(1.25, RUN), (5.0, RUN), (10.0, REFUSE)])
def test_slices_far_apart(ruled: Make, step_mm: float, outcome: Outcome) -> None:
    verdict = admit(stack(SLICES, spacing_mm=(step_mm, 1.0, 1.0)), ruled(CLOSE, kind="stack"))
    assert verdict.outcome is outcome
    assert outcome is RUN or "Slices are 10 mm apart" in verdict.sentences[0]
