"""The one place where RAS and index order [i, j, k] live: NIfTI's world, to ours and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from medimg.values.volume import Array

Floats = NDArray[np.float64]

#: RAS to LPS and back: x and y change sign.
_TURN = np.diag([-1.0, -1.0, 1.0, 1.0])
#: [i, j, k] to [slice, row, column] and back: the axes are reversed.
_REVERSE = np.eye(4)[[2, 1, 0, 3]]


def affine_from_ras(ras: Floats) -> Floats:
    """Turn an affine of [i, j, k] to RAS mm into one of [slice, row, column] to LPS mm."""
    result: Floats = _TURN @ ras @ _REVERSE
    return result


def affine_to_ras(lps: Floats) -> Floats:
    """Turn an affine of [slice, row, column] to LPS mm into one of [i, j, k] to RAS mm."""
    result: Floats = _TURN @ lps @ _REVERSE
    return result


def array_from_ijk(array: Array) -> Array:
    """Turn [i, j, k] into [slice, row, column]."""
    return array.transpose(2, 1, 0)


def array_to_ijk(array: Array) -> Array:
    """Turn [slice, row, column] into [i, j, k]."""
    return array.transpose(2, 1, 0)
