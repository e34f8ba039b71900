"""Colours and strengths: zero is transparent, alpha follows, the finding stays visible."""

from __future__ import annotations

import numpy as np
import pytest

from medimg.display.overlays import (
    EvidenceStyle,
    colours,
    evidence_levels,
    evidence_rgba,
    legend_rgb,
)
from medimg.values.findings import Region, RegionKind
from medimg.values.masks import Mask

STYLE = EvidenceStyle(opacity=0.6, show_from=0.0)


def rgba(values: list[float], *, signed: bool, style: EvidenceStyle = STYLE) -> np.ndarray:
    levels = evidence_levels(np.array([values]), 0.5, signed=signed)
    return evidence_rgba(levels, style, signed=signed)[0]


@pytest.mark.parametrize("signed", [True, False])
def test_zero_evidence_is_fully_transparent(signed: bool) -> None:
    assert rgba([0.0], signed=signed)[0, 3] == 0


def test_alpha_follows_strength_and_stops_at_the_opacity() -> None:
    alpha = rgba([0.1, 0.25, 0.5, 5.0], signed=False)[:, 3].astype(int)
    assert (np.diff(alpha[:3]) > 0).all()
    assert alpha[2] == alpha[3] == round(0.6 * 255)
    assert alpha[1] == pytest.approx(alpha[2] / 2, abs=1)


def test_evidence_against_is_blue_and_for_is_orange() -> None:
    against, for_ = rgba([-0.5, 0.5], signed=True)
    assert against[2] > against[0] and for_[0] > for_[2]
    assert against[3] == for_[3]


def test_evidence_against_is_nothing_on_a_map_of_positive_evidence() -> None:
    assert rgba([-0.5], signed=False)[0, 3] == 0


def test_show_from_hides_what_is_weaker() -> None:
    style = EvidenceStyle(opacity=1.0, show_from=0.4)
    assert (rgba([0.15, 0.25], signed=False, style=style)[:, 3] > 0).tolist() == [False, True]


def test_a_map_not_to_be_trusted_is_hatched() -> None:
    levels = np.full((80, 80), 255, dtype=np.uint8)
    plain = evidence_rgba(levels, STYLE, signed=False)[..., 3]
    hatched = evidence_rgba(levels, EvidenceStyle(0.6, 0.0, True), signed=False)[..., 3]
    assert (plain > 0).all()
    assert 0.4 < (hatched > 0).mean() < 0.6


def test_the_legend_grows_lighter() -> None:
    bar = legend_rgb(32, signed=False).astype(int).sum(axis=1)
    assert (np.diff(bar) >= 0).all() and bar[-1] > bar[0]


def region(kind: RegionKind) -> Region:
    mask = np.ones((1, 1, 1), dtype=bool)
    return Region("r", "r", "lungs", kind, Mask.of(mask), None, 1, None, 1.0, None, (0, 0, 0), 0)


def test_a_finding_never_has_the_colour_of_anatomy() -> None:
    kinds = [RegionKind.FINDING, RegionKind.ANATOMY, RegionKind.ANATOMY, RegionKind.FINDING]
    made = colours([region(kind) for kind in kinds])
    assert made[0] == (230, 159, 0) and made[1] == (86, 180, 233)
    assert len(set(made)) == 4
