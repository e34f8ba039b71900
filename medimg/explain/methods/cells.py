"""From a layer's cells to the image's pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from medimg.explain.question import Question

_LINEAR = {2: "bilinear", 3: "trilinear"}


def widened(cells: Tensor, question: Question) -> NDArray[np.float32]:
    """Widen (1, 1, …) cells linearly to the image's grid.

    Cells and pixels are areas and keep their centres (`align_corners=False`).
    """
    wide = functional.interpolate(
        cells.detach().float(),
        size=question.spatial,
        mode=_LINEAR[len(question.spatial)],
        align_corners=False,
    )
    array: NDArray[np.float32] = wide[0, 0].numpy(force=True)
    return array


def of_layer(cells: Tensor, question: Question) -> tuple[tuple[str, str], ...]:
    """The parameters of a map that was made of a layer's cells."""
    return ("layer", question.layer), ("cells", " × ".join(map(str, cells.shape[2:])))
