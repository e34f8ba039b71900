"""Right and left lung of a chest CT in HU, with volume and density, by thresholds and shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from medimg.inference.rules import chest_air
from medimg.inference.rules.chest_air import LEFT, RIGHT, ChestAir, Labels
from medimg.inference.rules.density import Density, density, doubts
from medimg.inference.rules.morphology import eroded, grown
from medimg.inference.rules.patient_grid import Array, Axes, Bits, Coarse, coarsen
from medimg.inference.rules.rule import Ruled
from medimg.values import errors
from medimg.values.codes import OWN_SCHEME, Code
from medimg.values.findings import Measure
from medimg.values.masks import Mask
from medimg.values.volume import Volume

#: Slices that are looked at together on the fine grid; bounds the memory.
SLAB = 32
#: A lung that meets an edge of the scan with more than this goes on beyond it.
_CUT_MM2 = 100.0
Progress = Callable[[float | None, float | None], None]
Cancelled = Callable[[], bool]
MEAN = Code("lung-density-mean", OWN_SCHEME, "Mean density")
PERCENTILE = Code("lung-density-p15", OWN_SCHEME, "15th percentile of density")
LOW = Code("lung-below-950", OWN_SCHEME, "Share below -950 HU")
_SIDES = {RIGHT: "right-lung", LEFT: "left-lung"}


@dataclass(frozen=True, slots=True, eq=False)
class Lung:
    """One lung.

    Attributes:
        code: "right-lung" or "left-lung".
        mask: [slice, row, column] on the volume's own grid.
        cut: Why its volume cannot be given, in words; empty where the whole lung is in the scan.
        density: Mean, percentile and share.
    """

    code: str
    mask: Bits
    cut: str
    density: Density


@dataclass(frozen=True, slots=True, eq=False)
class Lungs:
    """Those of the two lungs that were found, and why the share of low density is withheld."""

    lungs: tuple[Lung, ...]
    doubt: str = ""
    notes: tuple[str, ...] = ()


def find(
    volume: Volume, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> Lungs:
    """Find the lungs; sides follow from the place in the patient.

    Trachea and main bronchi are left out, vessels and small nodules belong to their lung.

    Args:
        volume: A CT in HU with a place in the patient.

    Raises:
        InputRefused: It shows no lungs, or only a part of them without the trachea.
    """
    step = _steps(progress, cancelled)
    step(0.0)
    axes = Axes.of(volume.series.geometry)
    hu = axes.turned(volume.array)
    padding = None if volume.padding is None else axes.turned(volume.padding)
    coarse = coarsen(hu, padding, axes.spacing_mm)
    step(0.1)
    air = chest_air.find(coarse)
    step(0.7)
    labels = _on_fine_grid(air, coarse, hu)
    cuts = {side: _cut(labels == side, air.lungs == side, coarse, axes) for side in _SIDES}
    _refuse_unless_chest(air, cuts)
    step(0.9)
    doubt = doubts(volume.series, coarse, air)
    found = [
        Lung(code, axes.turned_back(labels == side), cuts[side], density(hu, labels == side))
        for side, code in _SIDES.items()
        if (air.lungs == side).any()
    ]
    return Lungs(tuple(found), doubt, _notes(air))


def _steps(progress: Progress | None, cancelled: Cancelled | None) -> Callable[[float], None]:
    def step(fraction: float) -> None:
        if cancelled and cancelled():
            raise errors.Cancelled("The search for the lungs was stopped.")
        if progress:
            progress(fraction, None)

    return step


def rule(volume: Volume, progress: Progress | None, cancelled: Cancelled | None) -> Ruled:
    """Mark both lungs and measure their density.

    Raises:
        InputRefused: The scan shows no lungs, or only a part of them without the trachea.
        Cancelled: `cancelled` said so.
    """
    found = find(volume, progress, cancelled)
    return Ruled(
        masks={lung.code: Mask.of(lung.mask) for lung in found.lungs},
        withheld={lung.code: lung.cut for lung in found.lungs if lung.cut},
        measures=tuple(one for lung in found.lungs for one in _measures(lung, found.doubt)),
        notes=found.notes,
    )


def _measures(lung: Lung, doubt: str) -> tuple[Measure, ...]:
    side, given = lung.code, lung.density
    low = None if doubt else round(given.low_percent, 2)
    figures = (
        (MEAN, round(given.mean_hu, 1), "HU", ""),
        (PERCENTILE, given.percentile_hu, "HU", ""),
        (LOW, low, "%", doubt),
    )
    return tuple(
        Measure(f"{side}/{concept.value}", concept.meaning, value, unit, why, side, concept)
        for concept, value, unit, why in figures
    )


def _refuse_unless_chest(air: ChestAir, cuts: dict[int, str]) -> None:
    if not air.lungs.any():
        raise errors.InputRefused(
            "No lungs were found in this scan; the package is for CT of the chest."
        )
    if not air.airway.any() and any("upper" in cut for cut in cuts.values()):
        raise errors.InputRefused(
            "The scan shows only the lower part of the lungs, without the trachea; "
            "the package is for CT of the chest."
        )


def _notes(air: ChestAir) -> tuple[str, ...]:
    notes = []
    for side, code in _SIDES.items():
        if not (air.lungs == side).any():
            notes.append(f"{code.replace('-', ' ').capitalize()}: nothing was marked.")
    if not air.airway.any():
        notes.append("The trachea was not found, so main bronchi may be counted with the lungs.")
    return tuple(notes)


def _on_fine_grid(air: ChestAir, coarse: Coarse, hu: Array) -> Labels:
    """Lungs voxel by voxel: the coarse lung inside, the threshold at its surface."""
    width = max(coarse.spacing_mm)
    zone, core = air.lungs.copy(), np.zeros_like(air.lungs)
    for side, other in ((RIGHT, LEFT), (LEFT, RIGHT)):
        mask = air.lungs == side
        core[eroded(mask, coarse, width)] = side
        near = grown(mask, coarse, width) & ~grown(air.lungs == other, coarse, width)
        zone[near & (air.lungs == 0) & ~air.barrier] = side
    labels = np.empty(hu.shape, dtype=np.uint8)
    for start in range(0, len(hu), SLAB):
        stop = min(start + SLAB, len(hu))
        part = labels[start:stop]
        part[:] = coarse.fine(zone, start, stop, hu.shape)
        part[hu[start:stop] >= air.threshold_hu] = 0
        inner = coarse.fine(core, start, stop, hu.shape)
        np.copyto(part, inner, where=inner > 0)
    return labels


def _cut(mask: Bits, rough: Bits, coarse: Coarse, axes: Axes) -> str:
    """Which edge of the scan cuts a lung off, in words; empty if none does."""
    head_mm, back_mm, left_mm = axes.spacing_mm
    edges: dict[str, tuple[Bits, float]] = {
        "upper end": (mask[-1], back_mm * left_mm),
        "lower end": (mask[0], back_mm * left_mm),
        "front edge": (mask[:, 0], head_mm * left_mm),
        "back edge": (mask[:, -1], head_mm * left_mm),
        "right edge": (mask[:, :, 0], head_mm * back_mm),
        "left edge": (mask[:, :, -1], head_mm * back_mm),
        "circle": (
            rough & grown(chest_air.fill_of_scanner(coarse), coarse, max(coarse.spacing_mm)),
            coarse.spacing_mm[0] * coarse.spacing_mm[1],
        ),
    }
    cut = [name for name, (face, mm2) in edges.items() if float(face.sum()) * mm2 > _CUT_MM2]
    if not cut:
        return ""
    return f"Volume withheld: the scan's {' and '.join(cut)} cuts the lung off."
