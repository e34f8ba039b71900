"""Ablation of superpixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import slic

from medimg.explain.baselines import BASELINES, words
from medimg.explain.methods.hiding import scores_without
from medimg.explain.question import Effort, Evidence, Question

#: Weight of nearness against likeness, for greys that span 0 to 1.
COMPACTNESS = 0.1


def feature_ablation(
    question: Question, effort: Effort, *, baseline: str, segments: int
) -> Evidence:
    """Hide each superpixel in turn; its evidence is the fall of the score, spread over its area.

    Superpixels: Achanta et al., "SLIC Superpixels Compared to State-of-the-art Superpixel
    Methods", PAMI 2012. As Captum's `FeatureAblation` with the superpixels as its mask, divided by
    their areas, so that a large region does not look stronger than a small one.

    Args:
        segments: Regions that are wanted; the budget may lower it.
    """
    wanted = effort.within(segments + 1, 1.0, least=3) - 1
    labels = superpixels(question, wanted)
    if effort.budget is not None:
        # SLIC takes the number as a wish.
        while labels.max() + 2 > effort.budget and wanted > 2:
            wanted = max(2, wanted * 3 // 4)
            labels = superpixels(question, wanted)
    fill = BASELINES[baseline](question)
    count = int(labels.max()) + 1
    whole, without = scores_without(
        question, effort, fill, [labels == number for number in range(count)]
    )
    areas = np.bincount(labels.ravel(), minlength=count)
    fall = (whole - without) / areas
    facts = (("superpixels", str(count)), ("baseline", words(baseline, fill)))
    return Evidence(fall[labels].astype(np.float32), facts, count + 1)


def superpixels(question: Question, segments: int) -> NDArray[np.int64]:
    """Number of the region of each pixel, from 0."""
    image = question.image[0].mean(dim=0).double().numpy(force=True)
    span = float(image.max() - image.min())
    greys = (image - image.min()) / (span or 1.0)
    labels: NDArray[np.int64] = slic(
        greys, n_segments=segments, compactness=COMPACTNESS, channel_axis=None, start_label=0
    )
    _, numbers = np.unique(labels, return_inverse=True)
    return numbers.reshape(labels.shape).astype(np.int64)
