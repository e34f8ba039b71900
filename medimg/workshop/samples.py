"""Cases as training samples: prepared once by the package's own preprocessing, kept small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medimg.inference import reference
from medimg.inference.preprocessing import Prepared
from medimg.inference.preprocessing import prepare as prepare_volume
from medimg.packages.manifest import Package
from medimg.workshop.layouts.case import Case, Images
from medimg.workshop.volumes import truth_of, volume_of


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Prepared images of some cases.

    Attributes:
        images: (n, 1, r, c) uint8; 255 is grey 1.
        masks: (n, 1, r, c) uint8; 255 is inside (boxes on films without a mask).
        classes: (n,) class index; 0 is the finding.
        targets: (n, k) labels side by side as 0 and 1; k is 0 where there are none.
        case: (n,) index of the case each image belongs to.
        cases: The cases themselves.
    """

    images: Tensor
    masks: Tensor
    classes: Tensor
    targets: Tensor
    case: NDArray[np.int64]
    cases: tuple[Case, ...]

    def rows_of(self, wanted: set[int]) -> NDArray[np.int64]:
        """Indices of the images of some cases, in order."""
        return np.flatnonzero(np.isin(self.case, sorted(wanted)))

    def stacked(self, rows: NDArray[np.int64], neighbours: int) -> Tensor:
        """Images with their neighbour slices as channels; the edge slice stands in beyond it.

        Args:
            rows: (m,) indices of the middle slices.
            neighbours: Slices on each side.

        Returns:
            (m, 2 neighbours + 1, r, c) uint8, from the slice before to the slice after.
        """
        first, last = self._reach
        steps = range(-neighbours, neighbours + 1)
        at = [np.clip(rows + step, first[rows], last[rows]) for step in steps]
        return torch.cat([self.images[torch.from_numpy(one)] for one in at], dim=1)

    @property
    def _reach(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For each image the first and the last index of its case."""
        first = np.searchsorted(self.case, self.case, side="left")
        return first, np.searchsorted(self.case, self.case, side="right") - 1


def box_mask(case: Case, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Fill the boxes of a film, [row, column]."""
    inside = np.zeros(shape, bool)
    for box in case.boxes:
        rows = slice(max(0, round(box.y)), round(box.y + box.h))
        inside[rows, max(0, round(box.x)) : round(box.x + box.w)] = True
    return inside


def _eight_bit(image: NDArray[np.float32]) -> Tensor:
    """(slices, 1, r, c) uint8 of a prepared (1, [slices,] r, c) image in 0..1."""
    found = (torch.from_numpy(image).clamp(0, 1) * 255).round().to(torch.uint8)
    return found[None] if found.ndim == 3 else found.transpose(0, 1)


def _inside(case: Case, prepared: Prepared) -> NDArray[np.float32]:
    """(1, [slices,] r, c): the case's mask or boxes on the prepared grid; 0 without either."""
    inside = truth_of(case, prepared.shape)
    if inside is None and not case.boxes:
        return np.zeros_like(prepared.array)
    if inside is None:
        inside = box_mask(case, prepared.shape[1:])[None]
    flat = prepared.array.ndim == 3
    values = (inside[0] if flat else inside).astype(np.float32)
    spatial = reference.chain(prepared.package).spatial
    found: NDArray[np.float32] = spatial(values).as_tensor().numpy()
    return found


def prepared_case(case: Case, images: Images, package: Package) -> tuple[Tensor, Tensor]:
    """Image and mask of one case, each (n, 1, r, c) uint8, by the product's own preparation."""
    prepared = prepare_volume(volume_of(case, images), package)
    return _eight_bit(np.ascontiguousarray(prepared.array)), _eight_bit(_inside(case, prepared))


def _classes(case: Case, images: Images, inside: Tensor) -> list[int]:
    if images.targets:
        return [0 if images.targets_of(row)[0] else 1 for row in case.rows or (case.row,)]
    if images.classes:
        return [images.class_of(row) for row in case.rows or (case.row,)]
    return [0 if bool(part.any()) else 1 for part in inside]


def prepare(cases: Sequence[Case], images: Images, package: Package) -> Samples:
    """Pass cases through a package's preparation; masks through its spatial part alone."""
    parts, masks, classes, targets, owner = [], [], [], [], []
    for index, case in enumerate(cases):
        image, inside = prepared_case(case, images, package)
        parts.append(image)
        masks.append(inside)
        classes += _classes(case, images, inside)
        targets += [images.targets_of(row) for row in case.rows or (case.row,) * len(image)]
        owner += [index] * len(image)
    return Samples(
        torch.cat(parts),
        torch.cat(masks),
        torch.tensor(classes),
        torch.tensor(targets),
        np.asarray(owner),
        tuple(cases),
    )
