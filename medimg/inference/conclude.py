"""From numbers to words: calibrated findings with intervals, regions with their measures.

Numpy alone; what MONAI does has been done by `predict` and `postprocessing`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medimg.inference.lungs import split
from medimg.inference.measuring import region_of
from medimg.inference.predict import Prediction
from medimg.packages.manifest import Calibration, Label, Package, Point
from medimg.values.errors import PackageRefused
from medimg.values.findings import Decision, Finding, Region, RegionKind
from medimg.values.masks import Mask
from medimg.values.volume import Volume

#: Probabilities are kept this far from 0 and 1 before a logit is taken.
EDGE = 1e-6
#: Voxels from this probability on form parts.
PART = 0.5
INTERVAL_PERCENT = (2.5, 97.5)


@dataclass(frozen=True, slots=True, eq=False)
class Conclusion:
    """What a prediction means for this image."""

    findings: tuple[Finding, ...]
    regions: tuple[Region, ...]
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


def score_of(package: Package, label: Label, prediction: Prediction) -> float:
    """The score of one label: a classifier's own logit, or what `[finding]` makes of a map.

    Raises:
        PackageRefused: A segmentation names no known score.
    """
    if package.task == "classification":
        return float(prediction.output[label.channel])
    name = package.finding.score if package.finding else ""
    if name not in SCORES:
        raise PackageRefused(f'{package.id} makes its score by "{name}", which is not known here.')
    return SCORES[name](prediction.probability[label.channel])


def _finding(
    package: Package, label: Label, point: Point, calibration: Calibration, prediction: Prediction
) -> Finding:
    score = score_of(package, label, prediction)
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
    )


def _regions(
    volume: Volume, package: Package, masks: Sequence[Mask]
) -> tuple[list[Region], list[str]]:
    regions: list[Region] = []
    notes: list[str] = []
    for label in package.labels:
        mask = masks[label.channel]
        if mask.is_empty:
            notes.append(f"{label.name}: nothing was marked.")
            continue
        named, note = split(label, mask, volume) if label.code == "lungs" else ([], "")
        notes += [note] if note else []
        kind = RegionKind(label.kind)
        for name, code, part in named or [(label.name, label.code, mask)]:
            id_ = f"{package.name}/region/{name}"
            regions.append(region_of(id_, name, code, kind, part, volume))
    return regions, notes


def conclude(
    volume: Volume,
    package: Package,
    prediction: Prediction,
    masks: Sequence[Mask] | None = None,
) -> Conclusion:
    """Say what a prediction means.

    Args:
        volume: The image.
        package: Its labels, calibration and operating points.
        prediction: What the network said.
        masks: One per channel, on the volume's grid; None for a classifier.

    Raises:
        PackageRefused: The manifest asks for what this program does not know.
    """
    point, calibration = package.default_point, package.calibration
    findings = []
    if point is not None and calibration is not None:
        findings = [
            _finding(package, label, point, calibration, prediction)
            for label in package.labels
            if label.kind == "finding"
        ]
    regions, notes = _regions(volume, package, masks) if masks is not None else ([], [])
    return Conclusion(tuple(findings), tuple(regions), tuple(notes))
