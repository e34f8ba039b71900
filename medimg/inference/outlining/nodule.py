"""What is said of an outlined lung nodule: size, density, and the classes they fall into."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from medimg.inference.axes import axes_of, density_of
from medimg.inference.measuring import region_of
from medimg.inference.outlining.walks import Outline
from medimg.packages.manifest import Outlining
from medimg.values.codes import Code
from medimg.values.findings import Measure, RegionKind
from medimg.values.masks import Mask
from medimg.values.nodule import NoduleMeasures
from medimg.values.volume import Volume

VOLUME = Code("118565006", "SCT", "Volume")
LONG_AXIS = Code("103339001", "SCT", "Long axis")
SHORT_AXIS = Code("103340004", "SCT", "Short axis")


def measure(
    volume: Volume, mask: Mask, found: Outline, limits: Outlining
) -> tuple[tuple[Measure, ...], tuple[str, ...]]:
    """Measures of one nodule, and what they mean in words.

    Args:
        volume: A CT in HU whose grid has mm.
        mask: The outline on the volume's grid, not empty.
        found: What the walks said, for the interval.
        limits: What the package was trained on.
    """
    measures = measures_of(volume, mask, found, limits)
    withheld = region_of("", "", "", RegionKind.FINDING, mask, volume).withheld
    return tuple(_rows(measures, withheld)), tuple(_words(measures, limits))


def measures_of(volume: Volume, mask: Mask, found: Outline, limits: Outlining) -> NoduleMeasures:
    """Size and density of one nodule."""
    region = region_of("", "", "", RegionKind.FINDING, mask, volume)
    steps = volume.series.geometry.spacing_mm
    assert steps is not None
    axes = axes_of(mask.on(region.best_slice), steps[1], steps[2])
    hu = np.asarray(volume.array[mask.box], np.float32)
    mean_hu, solid_share, solid_voxels = density_of(hu, mask.bits)
    mm3 = None if region.volume_ml is None else region.volume_ml * 1000
    factor = interval_factor(mm3, found, limits) if mm3 else 1.0
    return NoduleMeasures(
        volume_mm3=mm3,
        volume_low_mm3=mm3 / factor if mm3 else None,
        volume_high_mm3=mm3 * factor if mm3 else None,
        long_axis_mm=axes.long_mm,
        short_axis_mm=axes.short_mm,
        slice_index=region.best_slice,
        mean_hu=mean_hu,
        solid_share=solid_share,
        solid_mm3=solid_voxels * float(np.prod(steps)),
    )


def interval_factor(mm3: float, found: Outline, limits: Outlining) -> float:
    """The 95 % interval of a volume runs from volume / factor to volume * factor.

    The readers' disagreement at this size and the spread of the walks from jittered clicks are
    taken as independent: their logarithms add as squares.
    """
    readers = next((one.factor for one in limits.spreads if mm3 < one.below_mm3), 1.0)
    spread = 1.96 * found.spread
    return math.exp(math.hypot(math.log(readers), spread))


def _rows(one: NoduleMeasures, withheld: str) -> Iterator[Measure]:
    def row(
        id_: str, name: str, value: float | None, unit: str, concept: Code | None = None
    ) -> Measure:
        return Measure(id_, name, value, unit, withheld if value is None else "", "", concept)

    yield row("volume-mm3", "Volume", one.volume_mm3, "mm³", VOLUME)
    yield row("volume-low", "Volume, 95 % from", one.volume_low_mm3, "mm³")
    yield row("volume-high", "Volume, 95 % to", one.volume_high_mm3, "mm³")
    yield row("long-axis", "Long axis", one.long_axis_mm, "mm", LONG_AXIS)
    yield row("short-axis", "Short axis", one.short_axis_mm, "mm", SHORT_AXIS)
    yield row("mean-diameter", "Mean diameter", one.mean_diameter_mm, "mm")
    yield row("mean-hu", "Mean density", one.mean_hu, "HU")
    yield row("solid-share", "Inside above -300 HU", 100 * one.solid_share, "%")


def _words(one: NoduleMeasures, limits: Outlining) -> Iterator[str]:
    by_volume = f"by volume {one.volume_class}, " if one.volume_class else ""
    yield f"Size class: {by_volume}by mean diameter {one.diameter_class}. A class is no advice."
    yield f"Density: {one.density_class}."
    if one.long_axis_mm > limits.largest_mm:
        yield (
            f"The long axis is {one.long_axis_mm:.0f} mm: the network was trained on nodules up to "
            f"{limits.largest_mm:.0f} mm, so this outline may be wrong. Check it in every slice."
        )
