"""Where the evidence lies: the share inside an organ, and the share of each zone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def share_inside(
    evidence: NDArray[np.float32],
    anatomy: Mask,
    image: Mask | None = None,
) -> tuple[float, float] | None:
    """Measure how much of the positive evidence lies inside an anatomy.

    Args:
        evidence: [slice, row, column], signed.
        anatomy: The same grid.
        image: What is image and not padding; all of it if None.

    Returns:
        The share of the positive evidence inside, and the share of the image that the anatomy
        covers (what evidence spread evenly would reach); None without positive evidence or
        without anatomy. Of a stack, only slices with evidence count: others were not explained.
    """
    if evidence.shape != anatomy.shape:
        raise ValueError(f"map {evidence.shape} and anatomy {anatomy.shape} must share a grid")
    there = np.ones(anatomy.shape, dtype=bool) if image is None else image
    there = there & evidence.any(axis=(1, 2), keepdims=True)
    positive = np.where(there, np.clip(evidence, 0.0, None), 0.0)
    total = float(positive.sum(dtype=np.float64))
    if total <= 0.0 or not anatomy.any():
        return None
    inside = float(positive[anatomy].sum(dtype=np.float64))
    return inside / total, float((anatomy & there).sum() / there.sum())


def zone_shares(
    evidence: NDArray[np.float32], zones: Mapping[str, Mask]
) -> tuple[tuple[str, float], ...]:
    """Share of the positive evidence in each zone and outside of all, the largest first."""
    positive = np.clip(evidence, 0.0, None)
    total = float(positive.sum(dtype=np.float64))
    if total <= 0.0 or not zones:
        return ()
    shares = {
        name: float(positive[mask].sum(dtype=np.float64)) / total for name, mask in zones.items()
    }
    shares["outside"] = max(0.0, 1.0 - sum(shares.values()))
    return tuple(sorted(shares.items(), key=lambda item: -item[1]))


def zone_sentence(shares: tuple[tuple[str, float], ...]) -> str:
    """ "71 % of the positive evidence lies in the right upper zone." """
    if not shares:
        return ""
    name, share = shares[0]
    where = "outside the zones" if name == "outside" else f"in the {name}"
    return f"{100 * share:.0f} % of the positive evidence lies {where}."
