"""Cases as training samples: prepared once by the package's own preprocessing, kept small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from medimg.inference.preprocessing import Chain
from medimg.workshop.layouts import Case, Layout

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


def grey(path: Path, channel: int | None) -> NDArray[np.float32]:
    """Read one picture as the screen shows it: [row, column] in 0..1."""
    with Image.open(path) as picture:
        if channel is None:
            values = np.asarray(picture.convert("L"))
        else:
            values = np.asarray(picture.convert("RGB"))[..., channel]
    return values.astype(np.float32) / 255


def mask(path: Path) -> NDArray[np.bool_]:
    """Read one mask, [row, column]; anything above 0 is inside."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L")) > 0


def box_mask(case: Case, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Fill the boxes of a film, [row, column]."""
    inside = np.zeros(shape, bool)
    for box in case.boxes:
        rows = slice(max(0, round(box.y)), round(box.y + box.h))
        inside[rows, max(0, round(box.x)) : round(box.x + box.w)] = True
    return inside


def truth(case: Case, layout: Layout, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The labelled mask of a case on its own grid; boxes stand in on films that have no masks."""
    if layout.kind == "radiograph":
        path = case.masks[0]
        return mask(path) if path else box_mask(case, (shape[0], shape[1]))
    empty = np.zeros(shape[1:], bool)
    return np.stack([mask(path) if path else empty for path in case.masks])


def picture_stack(case: Case, layout: Layout) -> NDArray[np.float32]:
    """A case's greys: [row, column] for a film, [slice, row, column] for a stack."""
    read = [grey(path, layout.channel) for path in case.images]
    return read[0] if layout.kind == "radiograph" else np.stack(read)


def _prepared(case: Case, layout: Layout, chain: Chain) -> tuple[Tensor, Tensor]:
    values = picture_stack(case, layout)
    inside = truth(case, layout, values.shape).astype(np.float32)
    both = []
    for part in (chain(values), chain.spatial(inside)):
        eight_bit = (part.as_tensor().clamp(0, 1) * 255).round().to(torch.uint8)
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
