"""Shortcut audit: how well a label is predicted by what is no anatomy at all.

A network takes whatever tells the classes apart. If the size of the picture or its sharpness does,
a figure on such data says little about medicine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.transform import resize

from medimg.packages.manifest import Figure
from medimg.workshop import metrics
from medimg.workshop.bootstrap import figure

Floats = NDArray[np.float64]
# The outer part of a picture, as a share of each side, where anatomy rarely is.
BORDER = 0.06
# Cells on a side of the coarse picture whose middle is blanked, and of the blank.
CELLS, BLANK = 8, 4
# From this lower end of the interval on, a factor is called a shortcut.
WORTH_SAYING = 0.6


def _border(image: Floats) -> list[float]:
    rows, columns = (max(1, round(BORDER * side)) for side in image.shape)
    outside = np.ones(image.shape, bool)
    outside[rows:-rows, columns:-columns] = False
    values = image[outside]
    return [float(values.mean()), float(values.std()), float((values > 0.9).mean())]


def _outside(image: Floats) -> list[float]:
    """Greys of a coarse picture with its middle, where the anatomy is, left out."""
    small = resize(image, (CELLS, CELLS), anti_aliasing=True)  # type: ignore[no-untyped-call]
    edge = (CELLS - BLANK) // 2
    kept = np.ones((CELLS, CELLS), bool)
    kept[edge:-edge, edge:-edge] = False
    return [float(value) for value in small[kept]]


def _sharpness(image: Floats) -> list[float]:
    return [float(np.abs(ndimage.laplace(image)).mean()), float(np.abs(np.diff(image)).mean())]


#: Factors of a picture in 0..1.
FACTORS: dict[str, Callable[[Floats], list[float]]] = {
    "size": lambda image: [float(side) for side in image.shape],
    "aspect": lambda image: [image.shape[1] / image.shape[0]],
    "brightness": lambda image: [float(image.mean()), float(image.std())],
    "sharpness": _sharpness,
    "border": _border,
    "outside of the middle": _outside,
}
#: Columns of the table that are no anatomy.
COLUMNS = ("view", "site", "source", "scanner", "sex")


def scaled(image: NDArray[np.generic]) -> Floats:
    """Greys from 0 to 1 between the lowest and the highest."""
    values = image.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else values * 0


def factors(image: NDArray[np.generic]) -> dict[str, list[float]]:
    """What each factor says of one picture, (row, column)."""
    values = scaled(image)
    return {name: measure(values) for name, measure in FACTORS.items()}


def column_features(rows: Sequence[Mapping[str, str]], name: str) -> Floats | None:
    """A column as one number a value; None where it says the same of all or too much."""
    values = [row.get(name, "") for row in rows]
    kinds = sorted(set(values))
    if len(kinds) < 2 or len(kinds) > max(2, len(rows) // 5):
        return None
    return np.asarray([[value == kind for kind in kinds] for value in values], np.float64)


def predicted(features: Floats, truth: NDArray[np.bool_], fold: NDArray[np.int64]) -> Floats:
    """Out-of-fold log-odds by a logistic regression; 0 in a fold whose rest has one class."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    score = np.zeros(len(truth))
    for number in np.unique(fold):
        out = fold == number
        if len(set(truth[~out].tolist())) < 2:
            continue
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
        score[out] = model.fit(features[~out], truth[~out]).decision_function(features[out])
    return score


def audit(
    features: Mapping[str, Floats],
    truth: NDArray[np.bool_],
    fold: NDArray[np.int64],
    patients: Sequence[str],
) -> dict[str, Figure]:
    """AUC of each factor alone, out of fold, with its interval by patient; the best first.

    Args:
        features: By the factor's name, (n, k).
        truth: (n,), whether an image has the label.
        fold: (n,).
        patients: Of each image.
    """
    found = {}
    for name, values in features.items():
        score = predicted(values, truth, fold)
        found[name] = _auc(score, truth, patients)
    return dict(sorted(found.items(), key=lambda one: -one[1].value))


def _auc(score: Floats, truth: NDArray[np.bool_], patients: Sequence[str]) -> Figure:
    return figure(lambda rows: metrics.auc(score[rows], truth[rows]), patients, count=300)
