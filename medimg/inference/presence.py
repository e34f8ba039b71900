"""Whether an organ is on a film at all: who has found it is sure of nearly all that he marks.

A header that says nothing cannot keep a photograph from a model, but the network that outlines the
organ can. On a chest film its edge is thin, few pixels are doubtful beside those it marks, and of
those it is nearly certain. On anything else it marks little, and most of it in doubt. The limits
were set on films and on other pictures of the training sets;
`tests/medimg/inference/test_presence.py` measures both sides.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: An organ that fills less of the film than this was not found.
LEAST_SHARE = 0.04
#: Doubtful pixels beside marked ones; more, and what is marked is not the organ.
MOST_DOUBT = 0.4
#: Mean probability of the marked pixels; less, and the network was guessing.
LEAST_SURE = 0.92
_DOUBTFUL = (0.2, 0.8)
_MARKED = 0.5


def doubt(probability: NDArray[np.float32]) -> float:
    """Doubtful pixels for each one that is marked; infinite where none is.

    Args:
        probability: Of the organ, on any grid.
    """
    marked = int((probability > _MARKED).sum())
    low, high = _DOUBTFUL
    doubtful = int(((probability > low) & (probability < high)).sum())
    return doubtful / marked if marked else float("inf")


def sureness(probability: NDArray[np.float32]) -> float:
    """Mean probability of the pixels that are marked; 0 where none is."""
    marked = probability[probability > _MARKED]
    return float(marked.mean()) if marked.size else 0.0


def is_there(probability: NDArray[np.float32]) -> bool:
    """Whether an organ is on the film, by how surely it was marked."""
    share = float((probability > _MARKED).mean())
    return (
        share >= LEAST_SHARE
        and doubt(probability) <= MOST_DOUBT
        and sureness(probability) >= LEAST_SURE
    )
