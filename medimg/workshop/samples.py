"""Cases as training samples: prepared once by the package's own preprocessing, kept small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medimg.inference.reference import Chain
from medimg.workshop.layouts import Case, Layout
from medimg.workshop.volumes import truth_of, volume_of

# Order of `LiteOpacityNet`'s three class logits.
OTHER_CLASSES = {"normal": 1}


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Prepared images of some cases.

    Attributes:
        images: (n, 1, r, c) uint8; 255 is grey 1.
        masks: (n, 1, r, c) uint8; 255 is inside (boxes on films without a mask).
        classes: (n,) class index; 0 is the finding.
        case: (n,) index of the case each image belongs to.
        cases: The cases themselves.
    """

    images: Tensor
    masks: Tensor
    classes: Tensor
    case: NDArray[np.int64]
    cases: tuple[Case, ...]

    def rows_of(self, wanted: set[int]) -> NDArray[np.int64]:
        """Indices of the images of some cases, in order."""
        return np.flatnonzero(np.isin(self.case, sorted(wanted)))


def box_mask(case: Case, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Fill the boxes of a film, [row, column]."""
    inside = np.zeros(shape, bool)
    for box in case.boxes:
        rows = slice(max(0, round(box.y)), round(box.y + box.h))
        inside[rows, max(0, round(box.x)) : round(box.x + box.w)] = True
    return inside


def _prepared(case: Case, layout: Layout, chain: Chain) -> tuple[Tensor, Tensor]:
    array = volume_of(case, layout).array
    inside = truth_of(case, array.shape)
    if inside is None:
        inside = box_mask(case, array.shape[1:])[None]
    both = []
    # A picture's grey on the screen is its value over 255; a film is given as one image.
    for values, steps in ((array / np.float32(255), chain), (inside, chain.spatial)):
        one = values if layout.kind == "stack" else values[0]
        part = steps(one.astype(np.float32)).as_tensor()
        eight_bit = (part.clamp(0, 1) * 255).round().to(torch.uint8)
        both.append(eight_bit.transpose(0, 1) if layout.kind == "stack" else eight_bit[None])
    return both[0], both[1]


def _class(case: Case, layout: Layout, inside: Tensor) -> int:
    if layout.positive:
        label = case.row["label"]
        return 0 if label == layout.positive else OTHER_CLASSES.get(label, 2)
    return 0 if bool(inside.any()) else 1


def prepare(cases: Sequence[Case], layout: Layout, chain: Chain) -> Samples:
    """Pass cases through a package's preprocessing; masks through its spatial part alone."""
    images, masks, classes, owner = [], [], [], []
    for index, case in enumerate(cases):
        image, inside = _prepared(case, layout, chain)
        images.append(image)
        masks.append(inside)
        classes += [_class(case, layout, part) for part in inside]
        owner += [index] * len(image)
    return Samples(
        torch.cat(images), torch.cat(masks), torch.tensor(classes), np.asarray(owner), tuple(cases)
    )
