"""The gate: may this package run on this image. Headers or pixels, never torch."""

from __future__ import annotations

from medimg.packages.catalogue import find
from medimg.packages.manifest import Package, Rule
from medimg.packages.rules import ALWAYS, RULES
from medimg.packages.subject import Subject
from medimg.values.errors import PackageRefused
from medimg.values.series import Series
from medimg.values.verdict import Outcome, Verdict
from medimg.values.volume import Volume


def admit(image: Volume | Series, package: Package | str) -> Verdict:
    """Judge an image by the input contract of a package.

    Args:
        image: A volume, or a series when only headers are known; pixels are then not judged.
        package: A package or its name.

    Returns:
        The verdict with every reason to warn or refuse, in the order of the manifest. An image of
        another modality is judged no further: the rules that follow speak of what it is not.

    Raises:
        UsageError: No package has this name.
        PackageRefused: The manifest names a rule that this program does not know.
    """
    if isinstance(package, str):
        package = find(package)
    volume = image if isinstance(image, Volume) else None
    series = image.series if isinstance(image, Volume) else image
    subject = Subject(package, series, volume)
    reasons = []
    for rule in _contract(package):
        reason = RULES[rule.rule](subject, rule)
        if reason is not None:
            reasons.append(reason)
            if rule.rule == "modality" and reason.outcome is Outcome.REFUSE:
                break
    return Verdict(package.id, tuple(reasons))


def _contract(package: Package) -> tuple[Rule, ...]:
    named = {rule.rule for rule in package.input.rules}
    unknown = sorted(named - set(RULES))
    if unknown:
        raise PackageRefused(
            f'{package.name} has a rule "{unknown[0]}" that this version does not know. '
            "Install a newer version of the program."
        )
    always = tuple(Rule(rule=name) for name in ALWAYS if name not in named)
    return (*always[:2], *package.input.rules, *always[2:])
