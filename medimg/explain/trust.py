"""Measured figures of a map in words; a badge only once there are rules for one."""

from __future__ import annotations

from medimg.explain.faithfulness import Deletion
from medimg.values.explanation import Badge, Trust

NO_RULES = "Not assessed: there are no rules for this package's maps yet."


#: Of a map that is nowhere positive; nothing is measured on it.
NOTHING_FOR_IT = "Nothing in this map speaks for the finding."


def nothing_for_it() -> Trust:
    """What is said of a map without any evidence for the finding."""
    return Trust(sentence=f"{NOTHING_FOR_IT} {NO_RULES}")


def assess(
    deletion: Deletion | None, shares: tuple[float, float] | None, anatomy: str = ""
) -> Trust:
    """Put the figures of one map together.

    Args:
        deletion: None where nothing could be measured.
        shares: Of the positive evidence inside the anatomy, and of the image that it covers.
        anatomy: What it is called ("lungs").
    """
    sentences = [_deletion_words(deletion), _share_words(shares, anatomy), NO_RULES]
    return Trust(
        badge=Badge.NOT_ASSESSED,
        deletion=deletion.area if deletion else None,
        deletion_random=deletion.random if deletion else None,
        share_inside=shares[0] if shares else None,
        share_by_area=shares[1] if shares else None,
        anatomy=anatomy if shares else "",
        sentence=" ".join(sentence for sentence in sentences if sentence),
    )


def _deletion_words(deletion: Deletion | None) -> str:
    if deletion is None:
        return ""
    mean, lowest, highest = deletion.random
    figures = f"({deletion.area:.2f} against {mean:.2f}, {lowest:.2f} to {highest:.2f})"
    if not deletion.lowers:
        return (
            f"Hiding the marked area does not lower the score {figures}: this map does not show "
            "what the model used."
        )
    if deletion.beats_all_random:
        return (
            "Hiding the marked area lowers the score faster than hiding random areas does "
            f"{figures}."
        )
    if deletion.beats_mean_random:
        return (
            "Hiding the marked area lowers the score a little faster than hiding random areas on "
            f"average, but some random orders did as well {figures}."
        )
    return (
        "Hiding the marked area does not lower the score faster than hiding random areas "
        f"{figures}: this map does not show what the model used."
    )


def _share_words(shares: tuple[float, float] | None, anatomy: str) -> str:
    if shares is None:
        return ""
    inside, by_area = shares
    where = f"{100 * inside:.0f} % of the evidence lies in the {anatomy}"
    cover = f"which cover {100 * by_area:.0f} % of the image"
    if inside <= by_area:
        return f"{where}, {cover}: no more than chance."
    return f"{where}, {cover}."
