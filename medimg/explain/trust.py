"""Measured figures of a map, put together and into words; the badge comes from `badges`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from medimg.explain import badges
from medimg.explain.faithfulness import Faithful, Order
from medimg.values.explanation import Badge, Check, Curve, Trust

#: Of a map that is nowhere positive; nothing is measured on it.
NOTHING_FOR_IT = "Nothing in this map speaks for the finding."

#: (share of the evidence inside, share of the image that the anatomy covers)
Shares = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of one map.

    Attributes:
        faithful: None where nothing could be hidden.
        shares: None without anatomy.
        shares_of: The share inside of each opponent's map.
        anatomy: What the anatomy is called ("lungs").
        gap: Share of the score's change that the map's sum misses.
        agreement: With the other methods' maps; None where there are none.
        agreement_of: Of the centre prior with the other methods' maps.
        more: Figures measured on demand.
    """

    faithful: Faithful | None
    shares: Shares | None = None
    shares_of: Mapping[str, float] | None = None
    anatomy: str = ""
    gap: float | None = None
    agreement: float | None = None
    agreement_of: Mapping[str, float] | None = None
    more: tuple[Check, ...] = ()


def assess(
    measured: Measured, is_studied: bool | None, needs: Mapping[str, float] | None = None
) -> Trust:
    """Judge one map.

    Args:
        is_studied: Whether the study supports the method on the package; None without a study.
        needs: Thresholds by the figure's name; the study's if None.
    """
    faithful, shares = measured.faithful, measured.shares
    checks = badges.judged(checks_of(measured), needs)
    badge, rule = badges.badge_of(checks, is_studied)
    by_name = {one.name: one.value for one in checks}
    words = [_hiding_words(faithful), _share_words(shares, measured.anatomy)]
    if faithful is None:
        words, badge, rule = [NOTHING_FOR_IT], Badge.NOT_ASSESSED, badges.RULES["nothing"]
    return Trust(
        badge=badge,
        deletion=faithful.own.deletion if faithful else None,
        deletion_random=faithful.deletion_random if faithful else None,
        insertion=faithful.own.insertion if faithful else None,
        insertion_random=faithful.insertion_random if faithful else None,
        randomisation=by_name.get("randomisation"),
        agreement=measured.agreement,
        share_inside=shares[0] if shares else None,
        share_by_area=shares[1] if shares else None,
        anatomy=measured.anatomy if shares else "",
        rule=rule,
        sentence=" ".join([*(one for one in words if one), rule]),
        checks=checks,
        curves=_curves(faithful) if faithful else (),
    )


def checks_of(measured: Measured) -> tuple[Check, ...]:
    """The figures beside their opponents, not judged yet."""
    found: list[Check] = []
    if measured.faithful:
        found += _hiding_checks(measured.faithful)
    if measured.shares:
        inside, by_area = measured.shares
        others = {"random order": by_area} | dict(measured.shares_of or {})
        beyond = tuple((name, value - by_area) for name, value in others.items())
        found.append(Check("share-inside", inside - by_area, beyond))
    if measured.gap is not None:
        found.append(Check("completeness", measured.gap))
    if measured.agreement is not None:
        others = {"random order": 0.0} | dict(measured.agreement_of or {})
        found.append(Check("agreement", measured.agreement, tuple(others.items())))
    return (*found, *measured.more)


def _hiding_checks(faithful: Faithful) -> list[Check]:
    mean_down, mean_up = faithful.deletion_random[0], faithful.insertion_random[0]

    def beside(value: str) -> tuple[tuple[str, float], ...]:
        def gain(one: Order) -> float:
            down, up = mean_down - one.deletion, one.insertion - mean_up
            return {"deletion": down, "insertion": up, "span": one.span}[value]

        best = max(faithful.random, key=gain)
        return (
            ("random order", gain(best)),
            *((name, gain(one)) for name, one in faithful.opponents),
        )

    return [
        Check("deletion-gain", faithful.deletion_gain, beside("deletion"), passes=faithful.passes),
        Check("insertion-gain", faithful.insertion_gain, beside("insertion")),
        Check("lead", faithful.lead, beside("span")),
    ]


def _curves(faithful: Faithful) -> tuple[Curve, ...]:
    down = list(zip(*(one.deletion_curve for one in faithful.random), strict=True))
    up = list(zip(*(one.insertion_curve for one in faithful.random), strict=True))
    own, fill = faithful.own, faithful.fill
    return (
        Curve("deletion", fill, own.deletion_curve, (*map(min, down),), (*map(max, down),)),
        Curve("insertion", fill, own.insertion_curve, (*map(min, up),), (*map(max, up),)),
    )


def _hiding_words(faithful: Faithful | None) -> str:
    if faithful is None:
        return ""
    mean, lowest, highest = faithful.deletion_random
    area = faithful.own.deletion
    figures = f"({area:.2f} against {mean:.2f}, {lowest:.2f} to {highest:.2f})"
    if area >= 1.0:
        return (
            f"Hiding the marked area does not lower the score {figures}: this map does not show "
            "what the model used."
        )
    if area < lowest:
        return (
            "Hiding the marked area lowers the score faster than hiding random areas does "
            f"{figures}."
        )
    if area < mean:
        return (
            "Hiding the marked area lowers the score a little faster than hiding random areas on "
            f"average, but some random orders did as well {figures}."
        )
    return (
        "Hiding the marked area does not lower the score faster than hiding random areas "
        f"{figures}: this map does not show what the model used."
    )


def _share_words(shares: Shares | None, anatomy: str) -> str:
    if shares is None:
        return ""
    inside, by_area = shares
    where = f"{100 * inside:.0f} % of the evidence lies in the {anatomy}"
    cover = f"which cover {100 * by_area:.0f} % of the image"
    outside = f"{100 * (1 - inside):.0f} % lies outside"
    if inside <= by_area:
        return f"{where}, {cover}: no more than chance; {outside}."
    return f"{where}, {cover}; {outside}."
