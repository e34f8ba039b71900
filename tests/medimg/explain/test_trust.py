"""Figures in words: what is not better than chance is said to be so."""

from __future__ import annotations

from medimg.explain.faithfulness import Deletion
from medimg.explain.trust import assess, nothing_for_it
from medimg.values.explanation import Badge


def _deletion(area: float) -> Deletion:
    return Deletion(area, (0.52, 0.47, 0.58), (1.0, 0.1))


class TestAssess:
    def test_says_figures_and_that_nothing_is_assessed(self) -> None:
        trust = assess(_deletion(0.31), (0.71, 0.34), "lungs")
        assert trust.sentence == (
            "Hiding the marked area lowers the score faster than hiding random areas does (0.31 "
            "against 0.52, 0.47 to 0.58). 71 % of the evidence lies in the lungs, which cover "
            "34 % of the image. Not assessed: there are no rules for this package's maps yet."
        )
        assert trust.badge is Badge.NOT_ASSESSED
        assert (trust.deletion, trust.share_inside, trust.anatomy) == (0.31, 0.71, "lungs")
        assert trust.deletion_random == (0.52, 0.47, 0.58)

    def test_says_when_hiding_is_no_better_than_chance(self) -> None:
        words = assess(_deletion(0.55), None).sentence
        assert "does not lower the score faster" in words
        assert "does not show what the model used" in words

    def test_says_when_hiding_raises_the_score(self) -> None:
        """Better than random, and still no evidence: the score did not fall."""
        raised = Deletion(1.02, (1.2, 1.09, 1.3), (1.0, 1.1))
        assert "does not lower the score (1.02" in assess(raised, None).sentence

    def test_says_when_nothing_speaks_for_the_finding(self) -> None:
        trust = nothing_for_it()
        assert trust.deletion is None
        assert "Nothing in this map" in trust.sentence

    def test_says_when_some_random_orders_did_as_well(self) -> None:
        assert "some random orders did as well" in assess(_deletion(0.49), None).sentence

    def test_says_when_the_share_is_no_more_than_chance(self) -> None:
        words = assess(None, (0.30, 0.34), "lungs").sentence
        assert "no more than chance" in words

    def test_gives_no_figure_that_was_not_measured(self) -> None:
        trust = assess(None, None, "lungs")
        assert (trust.deletion, trust.share_inside, trust.anatomy) == (None, None, "")
        assert trust.sentence.startswith("Not assessed")
