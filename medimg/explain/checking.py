"""Measure all figures of trust of the maps of one picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from medimg.explain.blocks import likeness
from medimg.explain.faithfulness import Faithful, faithfulness
from medimg.explain.opponents import CENTRE, opponents
from medimg.explain.pictures import Picture
from medimg.explain.question import Effort, Evidence, Question
from medimg.explain.sensitivity import (
    COPIES,
    HIDINGS,
    Floats,
    infidelity,
    max_sensitivity,
    randomisation,
    stability,
)
from medimg.explain.table import Wish
from medimg.explain.trust import Measured
from medimg.values.explanation import Check


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """The maps of all pictures by one method.

    Attributes:
        make: Makes the same map of another question.
        answers: Question and evidence of each picture.
    """

    wish: Wish
    effort: Effort
    make: Callable[[Question], Evidence]
    answers: list[tuple[Question, Evidence]]

    @property
    def passes(self) -> float:
        """Forward passes that all of them took."""
        return sum(one.passes for _, one in self.answers)

    @property
    def first(self) -> Floats:
        """The map of the picture with the largest part."""
        return self.answers[0][1].map


def figures_of(
    picture: Picture,
    maps: list[Map],
    fixed_point: tuple[float, ...] | None,
    stop: Callable[[], None],
) -> list[Measured]:
    """Measure the maps of the picture with the largest part; the anatomy is added later.

    Hiding parts in all slices of a stack would take minutes. A map that is nowhere positive marks
    nothing that could be hidden.
    """
    marking = [one for one in maps if (one.first > 0).any()]
    others = opponents(tuple(picture.image.shape[2:]), fixed_point)
    seed = maps[0].effort.seed
    hidden = faithfulness(
        picture.probability,
        picture.image,
        [one.first for one in marking],
        others,
        seed=seed,
        stop=stop,
    )
    faithful = {id(one): found for one, found in zip(marking, hidden, strict=True)}
    return [_measured(picture, one, maps, others, faithful.get(id(one))) for one in maps]


def _measured(
    picture: Picture,
    own: Map,
    maps: list[Map],
    others: dict[str, Floats],
    faithful: Faithful | None,
) -> Measured:
    if faithful is None:
        return Measured(None)
    peers = [one.first for one in maps if one is not own]
    agreement = agreement_of = None
    if peers:
        agreement = _mean_likeness(own.first, peers)
        agreement_of = {CENTRE: _mean_likeness(others[CENTRE], peers)}
    more = _on_demand(picture, own, others) if own.wish.all_checks else ()
    return Measured(
        faithful,
        gap=own.answers[0][1].gap,
        agreement=agreement,
        agreement_of=agreement_of,
        more=more,
    )


def _mean_likeness(own: Floats, peers: list[Floats]) -> float:
    return float(np.mean([likeness(own, peer) for peer in peers]))


def _on_demand(picture: Picture, own: Map, others: dict[str, Floats]) -> tuple[Check, ...]:
    """The figures that need the network or the method again."""
    question, evidence = own.answers[0]
    effort = own.effort

    def again(asked: Question) -> Floats:
        return own.make(asked).map

    (confirmed,) = faithfulness(
        picture.probability,
        picture.image,
        [own.first],
        others,
        fill="grey",
        seed=effort.seed,
        stop=effort.stop,
    )
    missed = infidelity(question, effort, [own.first, *others.values()])
    stages = randomisation(question, effort, own.first, again)
    each = evidence.passes
    return (
        Check(
            "confirmed-gain",
            confirmed.deletion_gain + confirmed.insertion_gain,
            passes=confirmed.passes,
        ),
        Check("infidelity", missed[0], tuple(zip(others, missed[1:], strict=True)), passes=HIDINGS),
        Check(
            "max-sensitivity",
            max_sensitivity(question, effort, own.first, again),
            passes=COPIES * each,
        ),
        Check("stability", stability(question, effort, own.first, again), passes=COPIES * each),
        Check(
            "randomisation",
            stages[-1].likeness,
            tuple((one.name, one.likeness) for one in stages[:-1]),
            passes=len(stages) * each,
        ),
    )
