"""What the gate's rules share: the image that is judged, and how a reason is worded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from medimg.packages.manifest import Package, Rule
from medimg.values.series import Series
from medimg.values.verdict import Outcome, Reason
from medimg.values.volume import Volume


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What a rule looks at: headers always, pixels where they have been read."""

    package: Package
    series: Series
    volume: Volume | None = None

    @property
    def purpose(self) -> str:
        """Half a sentence: what the package is for."""
        package = self.package
        return f'"{package.title}" is for {package.input.subject or package.id}'


Check = Callable[[Subject, Rule], Reason | None]


def refuse(rule: Rule, sentence: str) -> Reason:
    """The rule's word against running."""
    return Reason(rule.rule, Outcome.REFUSE, sentence)


def warn(rule: Rule, sentence: str) -> Reason:
    """The rule's word for care."""
    return Reason(rule.rule, Outcome.WARN, sentence)


def unknown(rule: Rule, sentence: str) -> Reason | None:
    """What the manifest wants where the image does not say."""
    outcome = Outcome(rule.unknown)
    return None if outcome is Outcome.RUN else Reason(rule.rule, outcome, sentence)


def number(value: float) -> str:
    """A length as sentences give it: three digits."""
    return f"{value:.3g}"
