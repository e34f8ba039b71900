"""The gate's answer: may this package run on this image."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """`WARN` runs and says why to be careful; `REFUSE` does not run."""

    RUN = "run"
    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule's word: its name in the manifest, how it ended, one sentence."""

    rule: str
    outcome: Outcome
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's answer for one package and one image, with every reason that is not `RUN`."""

    package_id: str
    reasons: tuple[Reason, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The gravest of the reasons; `RUN` where there are none."""
        outcomes = {reason.outcome for reason in self.reasons}
        for outcome in (Outcome.REFUSE, Outcome.WARN):
            if outcome in outcomes:
                return outcome
        return Outcome.RUN

    @property
    def sentences(self) -> tuple[str, ...]:
        """The reasons in words, refusals first."""
        order = {Outcome.REFUSE: 0, Outcome.WARN: 1, Outcome.RUN: 2}
        return tuple(r.sentence for r in sorted(self.reasons, key=lambda r: order[r.outcome]))
