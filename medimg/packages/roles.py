"""Which images of a study a package is given, where it wants several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medimg.packages.manifest import Package
from medimg.values.errors import InputRefused
from medimg.values.series import MRKind, Series

#: Kind of MR image by the role that a manifest names.
KINDS: dict[str, MRKind] = {
    "T1": MRKind.T1,
    "T1ce": MRKind.T1_CONTRAST,
    "T2": MRKind.T2,
    "FLAIR": MRKind.FLAIR,
}
#: Share of a voxel by which two grids may differ.
TOLERANCE = 0.02


def others(package: Package, series: Series, study: Sequence[Series]) -> tuple[Series, ...]:
    """The further inputs of a package, in the order of its manifest.

    Args:
        series: Its first input.
        study: All series that were found; those of another study or patient are left out.

    Raises:
        InputRefused: A sequence is missing, is there twice, or lies on another grid.
    """
    wanted = [one.role for one in package.inputs[1:]]
    near = [one for one in study if one is not series and _is_same_study(one, series)]
    return tuple(_of_role(package, role, series, near) for role in wanted)


def _is_same_study(one: Series, other: Series) -> bool:
    return (one.study.uid, one.patient.id) == (other.study.uid, other.patient.id) and (
        bool(other.study.uid) or _folder(one) == _folder(other)
    )


def _folder(series: Series) -> str:
    """Files without a study belong together where they lie together."""
    return series.frames[0].file.replace("\\", "/").rpartition("/")[0] if series.frames else ""


def _of_role(package: Package, role: str, first: Series, near: Sequence[Series]) -> Series:
    found = [one for one in near if one.mr_kind is KINDS[role]]
    if not found:
        raise InputRefused(f'"{package.title}" also needs {role}, which this study does not have.')
    on_grid = [one for one in found if _is_same_grid(one, first)]
    if not on_grid:
        raise InputRefused(
            f'"{package.title}" also needs {role} on the same grid; {found[0].label} lies on '
            "another one. Register and resample it first."
        )
    if len(on_grid) > 1:
        names = " and ".join(one.label for one in on_grid[:2])
        raise InputRefused(
            f"{role} is there twice on this grid ({names}). Leave one of them out of the folder."
        )
    return on_grid[0]


def _is_same_grid(one: Series, other: Series) -> bool:
    a, b = one.geometry, other.geometry
    if a.shape != b.shape or a.affine is None or b.affine is None:
        return False
    corners = np.array([(i, j, k, 1) for i in (0, 1) for j in (0, 1) for k in (0, 1)], float)
    corners[:, :3] *= np.array(a.shape) - 1
    apart = np.linalg.norm(corners @ (a.affine - b.affine).T, axis=1).max()
    smallest = np.linalg.norm(a.affine[:3, :3], axis=0).min()
    return bool(apart <= TOLERANCE * smallest)
