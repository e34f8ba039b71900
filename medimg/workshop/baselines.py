"""What much simpler methods reach on the same folds: printed beside every figure of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from medimg.inference.networks import EfficientNetLite0
from medimg.packages.manifest import Figure
from medimg.workshop import metrics
from medimg.workshop.bootstrap import figure
from medimg.workshop.initial import lite0_imagenet
from medimg.workshop.samples import Samples

Floats = NDArray[np.float64]
BATCH = 16
# Thresholds tried, as grey in 0..1.
GREYS = np.arange(0.05, 1.0, 0.05)
BORDER = 8
# Columns that may give an answer away without any image.
COLUMNS = ("view", "site")


def splits(number: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows to fit and rows left out, for each fold number."""
    for fold in np.unique(number):
        yield np.flatnonzero(number != fold), np.flatnonzero(number == fold)


def logistic(features: Floats, truth: NDArray[np.bool_], number: NDArray[np.int64]) -> Floats:
    """Out-of-fold log-odds of a logistic regression on standardised features."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    score = np.zeros(len(truth))
    for fit, out in splits(number):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
        score[out] = model.fit(features[fit], truth[fit]).decision_function(features[out])
    return score


@torch.no_grad()
def frozen_features(samples: Samples) -> Floats:
    """(n, 1280) features of the ImageNet network, never trained on these images."""
    network = EfficientNetLite0().eval()
    network.load_state_dict(lite0_imagenet())
    parts = []
    for part in torch.split(samples.images, BATCH):
        parts.append(network.features((part.float() / 255).expand(-1, 3, -1, -1)))
    return torch.cat(parts).numpy().astype(np.float64)


def brightness(samples: Samples) -> Floats:
    """(n, 7) numbers without anatomy: mean, spread, quartiles, border brightness, sharpness."""
    images = samples.images[:, 0].numpy().astype(np.float32) / 255
    border = np.ones(images.shape[1:], bool)
    border[BORDER:-BORDER, BORDER:-BORDER] = False
    quartiles = np.quantile(images, (0.25, 0.5, 0.75), axis=(1, 2)).T
    sharp = np.stack([np.abs(ndimage.laplace(image)).mean() for image in images])
    columns = [images.mean((1, 2)), images.std((1, 2)), images[:, border].mean(1), sharp]
    return np.column_stack([*columns, quartiles]).astype(np.float64)


def _largest(inside: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    label, found = ndimage.label(inside)
    if found <= count:
        return inside
    sizes = np.bincount(label.ravel())[1:]
    return np.asarray(np.isin(label, np.argsort(sizes)[-count:] + 1))


def dark_lungs(image: NDArray[np.float32], grey: float) -> NDArray[np.bool_]:
    """The two largest dark parts that do not touch the image's border."""
    label, _ = ndimage.label(image < grey)
    edge = np.unique(np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]]))
    inside = (label > 0) & ~np.isin(label, edge)
    return np.asarray(ndimage.binary_fill_holes(_largest(inside, 2)))


def bright_part(image: NDArray[np.float32], grey: float) -> NDArray[np.bool_]:
    """The largest bright part of the smoothed image, away from the scalp, which is as bright."""
    smooth = ndimage.gaussian_filter(image, (0, 1.5, 1.5))
    head = ndimage.binary_fill_holes(smooth.max(axis=0) > 0.1)
    middle = ndimage.binary_erosion(head, iterations=12)
    return _largest((smooth > grey) & middle, 1)


Rule = Callable[[NDArray[np.float32], float], NDArray[np.bool_]]
#: Outlines by one grey threshold, as recipes name them.
RULES: dict[str, Rule] = {"two dark parts": dark_lungs, "bright part": bright_part}


def threshold_dice(samples: Samples, number: NDArray[np.int64], rule: str) -> Floats:
    """Dice of each case by one grey threshold, chosen on the other folds.

    Args:
        samples: Prepared images and masks.
        number: Fold of each case.
        rule: Key of `RULES`.
    """
    method = RULES[rule]
    table = np.zeros((len(samples.cases), len(GREYS)))
    for case in range(len(samples.cases)):
        rows = samples.rows_of({case})
        image: NDArray[np.float32] = (samples.images[rows, 0].float() / 255).numpy()
        truth = samples.masks[rows, 0].numpy() > 127
        if len(rows) == 1:
            image, truth = image[0], truth[0]
        table[case] = [metrics.dice(method(image, float(grey)), truth) for grey in GREYS]
    dice = np.zeros(len(samples.cases))
    for fit, out in splits(number):
        dice[out] = table[out, table[fit].mean(axis=0).argmax()]
    return dice


def _share_of_value(
    values: NDArray[np.str_], truth: NDArray[np.bool_], number: NDArray[np.int64]
) -> Floats:
    """Out-of-fold score of a column alone: how often its value comes with the finding."""
    score = np.zeros(len(truth))
    for fit, out in splits(number):
        mean = float(truth[fit].mean())
        for value in np.unique(values[out]):
            alike = fit[values[fit] == value]
            score[out[values[out] == value]] = truth[alike].mean() if alike.size else mean
    return score


def _plain(
    samples: Samples, truth: NDArray[np.bool_], folds: NDArray[np.int64]
) -> dict[str, Floats]:
    """Scores of greys alone; of a stack, with the place of the slice."""
    if len(samples.cases) == len(truth):
        return {"brightness and sharpness": logistic(brightness(samples), truth, folds)}
    place = np.concatenate(
        [np.linspace(0, 1, count) for count in np.bincount(samples.case)], dtype=np.float64
    )
    features = np.column_stack([brightness(samples), place, place**2])
    return {"brightness, sharpness and place of the slice": logistic(features, truth, folds)}


def _by_case(
    score: Floats, truth: NDArray[np.bool_], samples: Samples
) -> tuple[Floats, NDArray[np.bool_], list[str]]:
    """Score (mean of the three highest slices), truth and patient of each case."""
    rows = [samples.rows_of({case}) for case in range(len(samples.cases))]
    scores = np.asarray([np.sort(score[one])[-3:].mean() for one in rows])
    labels = np.asarray([truth[one].any() for one in rows])
    return scores, labels, [case.patient for case in samples.cases]


def classification(samples: Samples, number: NDArray[np.int64]) -> dict[str, Figure]:
    """AUC of the ImageNet features, of plain brightness, and of columns of the table alone.

    Args:
        samples: Images of the cases.
        number: Fold of each case.
    """
    truth = samples.classes.numpy() == 0
    folds = number[samples.case]
    rows = [samples.cases[case].row for case in samples.case]
    patients = [samples.cases[case].patient for case in samples.case]
    columns = {
        name: np.asarray([row.get(name, "") for row in rows])
        for name in COLUMNS
        if len({row.get(name, "") for row in rows}) > 1
    }
    scores = {
        "frozen ImageNet features": logistic(frozen_features(samples), truth, folds),
        **_plain(samples, truth, folds),
        **{
            f"{name} alone": _share_of_value(column, truth, folds)
            for name, column in columns.items()
        },
    }
    found: dict[str, Figure] = {}
    for name, score in scores.items():
        found[name] = _auc(score, truth, patients)
        if len(samples.cases) < len(truth):
            found[f"{name}, by case"] = _auc(*_by_case(score, truth, samples))
        for column in columns.values():
            for value in np.unique(column):
                at = np.flatnonzero(column == value)
                part = _auc(score[at], truth[at], [patients[row] for row in at.tolist()])
                found[f"{name}, within {value}"] = part
    return found


def _auc(score: Floats, truth: NDArray[np.bool_], patients: list[str]) -> Figure:
    return figure(lambda rows: metrics.auc(score[rows], truth[rows]), patients)


def segmentation(samples: Samples, number: NDArray[np.int64], rule: str) -> dict[str, Figure]:
    """Mean Dice of one grey threshold, chosen on the other folds, at the network's resolution."""
    dice = threshold_dice(samples, number, rule)
    patients = [case.patient for case in samples.cases]
    return {"one grey threshold": figure(lambda rows: float(dice[rows].mean()), patients)}
