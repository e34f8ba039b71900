"""Scores of an image with parts replaced: what occlusion and ablation share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medimg.explain.question import Effort, Question

Floats = NDArray[np.float64]


def scores_without(
    question: Question, effort: Effort, fill: Tensor, parts: Sequence[NDArray[np.bool_]]
) -> tuple[float, Floats]:
    """The score of the image, and its scores with each part replaced by `fill`.

    Args:
        fill: In the image's shape.
        parts: Boolean masks in the image's spatial shape.

    Raises:
        Cancelled: Between two passes.
    """
    forward = question.model if question.forward is None else question.forward
    masks = [np.zeros(question.spatial, bool), *parts]
    values: list[Floats] = []
    with torch.inference_mode():
        for begin in range(0, len(masks), effort.batch):
            effort.stop()
            some = torch.from_numpy(np.stack(masks[begin : begin + effort.batch]))
            hidden = some.to(question.image.device)[:, None]
            images = torch.where(hidden, fill, question.image)
            found = question.score(forward(_quick(images)))
            values.append(found.double().numpy(force=True))
    whole = np.concatenate(values)
    return float(whole[0]), whole[1:]


def _quick(images: Tensor) -> Tensor:
    """Channels last: convolutions on the CPU run up to twice as fast, with the same result."""
    return images.contiguous(memory_format=torch.channels_last) if images.ndim == 4 else images
