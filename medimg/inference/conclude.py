"""From numbers to words: calibrated findings with intervals, regions with their measures.

What every task needs of it; which of it applies, a task says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medimg.inference.measuring import region_of
from medimg.inference.predict import Prediction
from medimg.inference.sides import split
from medimg.packages.manifest import Calibration, Label, Package, Point
from medimg.values.codes import Code
from medimg.values.findings import Decision, Finding, Region, RegionKind
from medimg.values.masks import Mask
from medimg.values.volume import Volume

#: Probabilities are kept this far from 0 and 1 before a logit is taken.
EDGE = 1e-6
#: Voxels from this probability on form parts.
PART = 0.5
INTERVAL_PERCENT = (2.5, 97.5)

Score = Callable[[Package, Label, Prediction], float]


@dataclass(frozen=True, slots=True, eq=False)
class Conclusion:
    """What an answer means for this image."""

    findings: tuple[Finding, ...] = ()
    regions: tuple[Region, ...] = ()
    notes: tuple[str, ...] = ()


def logit(probability: float) -> float:
    """Log-odds of a probability, finite at both ends."""
    clipped = min(max(probability, EDGE), 1.0 - EDGE)
    return float(np.log(clipped / (1.0 - clipped)))


def largest_part(probability: NDArray[np.float32]) -> float:
    """Logit of the mean probability of the largest connected part; without one, of the highest.

    Args:
        probability: One channel on the network's grid, (rows, columns) or (slices, rows, columns).
    """
    parts, count = ndimage.label(probability >= PART)
    if count == 0:
        return logit(float(probability.max()))
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return logit(float(probability[parts == sizes.argmax()].mean()))


def expected_share(probability: NDArray[np.float32]) -> float:
    """Logit of the mean probability of all voxels: the share that is expected to be positive."""
    return logit(float(probability.mean()))


def largest_slice(probability: NDArray[np.float32]) -> float:
    """Logit of the largest expected share in one slice."""
    slices = probability.reshape(-1, *probability.shape[-2:])
    return logit(float(slices.mean(axis=(1, 2)).max()))


#: How a case's score is made of one channel of probabilities on the network's grid.
SCORES: dict[str, Callable[[NDArray[np.float32]], float]] = {
    "largest-part": largest_part,
    "expected-share": expected_share,
    "largest-slice": largest_slice,
}


def three_highest(score: NDArray[np.float32]) -> float:
    """Mean of the three highest slices: one high slice alone may be chance."""
    return float(np.sort(score)[-3:].mean())


#: How a stack's score is made of the logits of its slices.
SLICE_SCORES: dict[str, Callable[[NDArray[np.float32]], float]] = {"three-highest": three_highest}


def calibrated(score: float, calibration: Calibration) -> tuple[float, float, float]:
    """Probability of a score with its 95 % interval, from refits on resampled patients.

    Returns:
        (probability, low, high); the interval always holds the probability.
    """
    probability = _sigmoid(calibration.slope * score + calibration.intercept)
    if not calibration.bootstrap:
        return probability, probability, probability
    refits = np.array(calibration.bootstrap)
    drawn = [_sigmoid(slope * score + intercept) for slope, intercept in refits]
    low, high = np.percentile(drawn, INTERVAL_PERCENT)
    return probability, min(float(low), probability), max(float(high), probability)


def _sigmoid(x: float) -> float:
    return float(1.0 / (1.0 + np.exp(-np.clip(x, -60.0, 60.0))))


def decide(probability: float, low: float, high: float, threshold: float) -> Decision:
    """Compare with an operating point; an interval on both sides of it is borderline."""
    if low < threshold <= high:
        return Decision.BORDERLINE
    return Decision.FLAGGED if probability >= threshold else Decision.NOT_FLAGGED


def findings(package: Package, prediction: Prediction | None, score: Score) -> tuple[Finding, ...]:
    """One finding per label of this kind; none where the package is not calibrated.

    Args:
        score: (package, label, prediction) to the score that was calibrated.

    Raises:
        PackageRefused: The manifest asks for a score that this program does not know.
    """
    point, calibration = package.default_point, package.calibration
    if point is None or calibration is None or prediction is None:
        return ()
    return tuple(
        _finding(package, label, point, calibration, score(package, label, prediction))
        for label in package.labels
        if label.kind == "finding"
    )


def _finding(
    package: Package, label: Label, point: Point, calibration: Calibration, score: float
) -> Finding:
    probability, low, high = calibrated(score, calibration)
    return Finding(
        id=f"{package.name}/finding/{label.name}",
        label=label.name,
        code=label.code,
        score=score,
        probability=probability,
        low=low,
        high=high,
        operating_point=point.value,
        decision=decide(probability, low, high, point.threshold),
        prevalence=calibration.prevalence,
        concept=_concept(label),
    )


def regions(
    volume: Volume,
    package: Package,
    masks: Mapping[str, Mask],
    withheld: Mapping[str, str] | None = None,
) -> tuple[tuple[Region, ...], tuple[str, ...]]:
    """Measured regions of the labels that are marked, and notes on those that are not.

    Args:
        masks: By the name of the label, on the volume's grid.
        withheld: Why a label's volume must not be given, by its name.
    """
    found: list[Region] = []
    notes: list[str] = []
    for label in package.labels:
        mask = masks.get(label.name)
        if mask is None or mask.is_empty:
            notes.append(f"{label.name}: nothing was marked.")
            continue
        named, note = split(label, mask, volume)
        notes += [note] if note else []
        for name, code, part in named:
            id_ = f"{package.name}/region/{name}"
            region = region_of(id_, name, code, RegionKind(label.kind), part, volume)
            # A part of a pair has a code of its own.
            concept = _concept(label) if code == label.code else None
            reason = (withheld or {}).get(label.name, "")
            if reason:
                region = replace(region, volume_ml=None, withheld=reason)
            found.append(replace(region, concept=concept) if concept else region)
    return tuple(found), tuple(notes)


def _concept(label: Label) -> Code | None:
    said = label.concept
    return Code(said.value, said.scheme, said.meaning) if said else None
