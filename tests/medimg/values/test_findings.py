"""Masks, maps and pixels are checked when built, and cannot be written afterwards."""

from __future__ import annotations

import numpy as np
import pytest

from medimg.values.explanation import Badge, Explanation
from medimg.values.findings import Region, RegionKind
from medimg.values.geometry import Geometry
from medimg.values.masks import Mask
from medimg.values.series import Frame, Series
from medimg.values.verdict import Outcome, Reason, Verdict
from medimg.values.volume import Unit, Volume


def region(mask: np.ndarray) -> Region:
    """A region with this mask; its measures do not matter here."""
    return Region(
        "r",
        "Lungs",
        "lungs",
        RegionKind.ANATOMY,
        Mask.of(mask),
        None,
        1,
        None,
        1.0,
        None,
        (0, 0, 0),
        0,
    )


def series(shape: tuple[int, int, int], photometric: str = "MONOCHROME2") -> Series:
    """Headers of a grid of this shape."""
    frames = tuple(Frame(f"{i}.dcm") for i in range(shape[0]))
    return Series(
        "1", "PA", "dicom", "DX", frames, Geometry(shape), photometric_interpretation=photometric
    )


class TestRegion:
    def test_mask_lies_on_three_axes(self) -> None:
        """A flat mask is refused: one image is one slice."""
        with pytest.raises(ValueError, match="slice, row, column"):
            region(np.ones((4, 4), bool))

    def test_mask_is_read_only(self) -> None:
        """What was reported does not change afterwards."""
        kept = region(np.ones((1, 4, 4), bool))
        with pytest.raises(ValueError, match="read-only"):
            kept.mask.bits[0, 0, 0] = False


class TestExplanation:
    def test_scale_is_positive(self) -> None:
        """A map is drawn on a fixed scale, which cannot be nothing."""
        with pytest.raises(ValueError, match="positive"):
            Explanation("grad-cam", "Lung opacity", np.zeros((1, 4, 4), np.float32), 0.0)

    def test_starts_not_assessed(self) -> None:
        """No map is trusted before it was checked."""
        map_ = np.zeros((1, 4, 4), np.float32)
        assert Explanation("grad-cam", "x", map_, 1.0).trust.badge is Badge.NOT_ASSESSED


class TestVolume:
    def test_pixels_fill_the_grid(self) -> None:
        """Pixels and geometry that disagree never meet in one value."""
        with pytest.raises(ValueError, match="do not fill"):
            Volume(np.zeros((1, 4, 5)), Unit.ARBITRARY, series((1, 4, 4)))

    def test_fourth_axis_is_colour(self) -> None:
        """Three samples a pixel are colour, and colour has three samples a pixel."""
        with pytest.raises(ValueError, match="colour"):
            Volume(np.zeros((1, 4, 4, 3), np.uint8), Unit.ARBITRARY, series((1, 4, 4)))
        with pytest.raises(ValueError, match="colour"):
            Volume(np.zeros((1, 4, 4), np.uint8), Unit.COLOUR, series((1, 4, 4)))

    def test_pixels_are_read_only(self) -> None:
        """The image that was analysed is the image that is shown."""
        volume = Volume(np.zeros((1, 4, 4)), Unit.ARBITRARY, series((1, 4, 4)))
        with pytest.raises(ValueError, match="read-only"):
            volume.array[0, 0, 0] = 1

    def test_polarity_comes_from_the_header(self) -> None:
        """MONOCHROME1 says that low values are white."""
        volume = Volume(np.zeros((1, 4, 4)), Unit.ARBITRARY, series((1, 4, 4), "MONOCHROME1"))
        assert volume.is_inverted


class TestVerdict:
    def test_no_reason_is_run(self) -> None:
        """Nothing against it means that it may run."""
        assert Verdict("p").outcome is Outcome.RUN

    def test_gravest_reason_counts(self) -> None:
        """One refusal outweighs any number of warnings, and is said first."""
        warn = Reason("view", Outcome.WARN, "The view is unknown.")
        refuse = Reason("modality", Outcome.REFUSE, "This is CT.")
        verdict = Verdict("p", (warn, refuse, warn))
        assert verdict.outcome is Outcome.REFUSE
        assert verdict.sentences[0] == "This is CT."
