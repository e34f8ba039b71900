"""Figures in words and badges by rules: what is not better than chance is said to be so."""

from __future__ import annotations

from medimg.explain.badges import RULES
from medimg.explain.faithfulness import Faithful, Order
from medimg.explain.trust import Measured, assess
from medimg.values.explanation import Badge, Check, Trust

NEEDS = {"deletion-gain": 0.1, "insertion-gain": 0.1, "lead": 0.0, "share-inside": 0.1}
BAND = ((0.47, 0.30), (0.52, 0.35), (0.57, 0.40))


def _order(deletion: float, insertion: float) -> Order:
    return Order(deletion, insertion, (1.0, 0.1), (0.1, 1.0))


def _faithful(deletion: float = 0.31, insertion: float = 0.60, centre: float = 0.0) -> Faithful:
    random = tuple(_order(*one) for one in BAND)
    return Faithful(
        _order(deletion, insertion),
        random,
        (("centre prior", _order(0.5, 0.5 + centre)),),
        "blurred",
        128,
    )


def _assess(faithful: Faithful | None, is_studied: bool | None = True, **more: object) -> Trust:
    return assess(Measured(faithful, **more), is_studied, NEEDS)  # type: ignore[arg-type]


class TestBadge:
    def test_all_checks_and_the_study_support(self) -> None:
        trust = _assess(_faithful(), shares=(0.71, 0.34), anatomy="lungs")
        assert trust.badge is Badge.SUPPORTED
        assert trust.rule == RULES["all-passed"]
        assert all(check.passed for check in trust.checks if check.needs is not None)
        assert trust.sentence == (
            "Hiding the marked area lowers the score faster than hiding random areas does (0.31 "
            "against 0.52, 0.47 to 0.57). 71 % of the evidence lies in the lungs, which cover "
            "34 % of the image; 29 % lies outside. All checks pass, and the study supports this "
            "method: supported."
        )

    def test_without_a_study_it_is_weak_at_best(self) -> None:
        assert _assess(_faithful(), None).badge is Badge.WEAK

    def test_a_method_that_the_study_rejects_is_not_reliable(self) -> None:
        assert _assess(_faithful(), False).badge is Badge.NOT_RELIABLE

    def test_evidence_outside_the_organ_is_weak(self) -> None:
        trust = _assess(_faithful(), shares=(0.36, 0.34), anatomy="lungs")
        assert trust.badge is Badge.WEAK
        assert "inside the anatomy" in trust.rule

    def test_a_map_that_the_centre_prior_beats_is_weak(self) -> None:
        trust = _assess(_faithful(centre=0.4))
        assert trust.badge is Badge.WEAK
        assert "lead over opponents" in trust.rule

    def test_a_map_no_better_than_random_is_not_reliable(self) -> None:
        assert _assess(_faithful(0.50, 0.36)).badge is Badge.NOT_RELIABLE

    def test_a_map_that_random_weights_give_too_is_not_reliable(self) -> None:
        same = (Check("randomisation", 0.9),)
        trust = assess(Measured(_faithful(), more=same), True, NEEDS | {"randomisation": 0.5})
        assert trust.badge is Badge.NOT_RELIABLE
        assert trust.rule == RULES["random-weights"]

    def test_nothing_marked_is_not_assessed(self) -> None:
        trust = _assess(None)
        assert trust.badge is Badge.NOT_ASSESSED
        assert trust.deletion is None
        assert trust.sentence.startswith("Nothing in this map speaks for the finding.")


class TestFigures:
    def test_each_check_stands_beside_its_opponents(self) -> None:
        trust = _assess(
            _faithful(), shares=(0.71, 0.34), shares_of={"centre prior": 0.4}, anatomy="lungs"
        )
        beside = {check.name: dict(check.opponents) for check in trust.checks}
        assert set(beside["deletion-gain"]) == {"random order", "centre prior"}
        assert round(beside["share-inside"]["centre prior"], 2) == 0.06
        assert (trust.deletion, trust.insertion, trust.share_inside) == (0.31, 0.60, 0.71)
        assert next(c for c in trust.checks if c.name == "deletion-gain").passes == 128

    def test_says_when_hiding_is_no_better_than_chance(self) -> None:
        words = _assess(_faithful(0.55)).sentence
        assert "does not lower the score faster" in words
        assert "does not show what the model used" in words

    def test_says_when_hiding_raises_the_score(self) -> None:
        """Better than random, and still no evidence: the score did not fall."""
        random = tuple(_order(*one) for one in ((1.09, 0.9), (1.3, 0.8)))
        raised = Faithful(_order(1.02, 1.0), random, (), "blurred", 128)
        assert "does not lower the score (1.02" in _assess(raised).sentence

    def test_says_when_some_random_orders_did_as_well(self) -> None:
        assert "some random orders did as well" in _assess(_faithful(0.49)).sentence

    def test_says_when_the_share_is_no_more_than_chance(self) -> None:
        words = _assess(_faithful(), shares=(0.30, 0.34), anatomy="lungs").sentence
        assert "no more than chance" in words
