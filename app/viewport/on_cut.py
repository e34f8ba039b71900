"""What of regions, layers and maps lies on a cut; stored slices have theirs ready."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from medimg_workstation.viewport.state import Laid, Mapped, Outlined

from medimg.display.contours import Polygon, outlines_on
from medimg.display.cuts import Cut, CutStack, world_affine
from medimg.display.levels import Box
from medimg.display.sampling import box_on, cropped, sample, shifted_affine, thinned_affine
from medimg.values.geometry import Geometry
from medimg.values.layers import LayerKind, Shape

T = TypeVar("T")
#: Outlines and maps of cuts that are kept, so that scrolling back and forth makes none anew.
KEPT = 512


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """Levels of a map on a part of a cut: what it covers, in whole pixels of the cut."""

    levels: np.ndarray
    box: Box


class OnCut:
    """Cuts overlays of one volume, and keeps what it cut last."""

    def __init__(self, geometry: Geometry) -> None:
        self._affine = world_affine(geometry)
        self._kept: OrderedDict[tuple[int, Cut], tuple[object, object]] = OrderedDict()

    def polygons(self, one: Outlined, stack: CutStack, index: int) -> tuple[Polygon, ...]:
        """Outlines of a region, in the cut's (column, row)."""
        if stack.is_stored:
            return one.polygons.get(index, ())
        mask, cut = one.region.mask, stack.cut(index)
        return self._keep(one, cut, lambda: outlines_on(mask, self._affine, cut))

    def shapes(self, laid: Laid, stack: CutStack, index: int) -> tuple[Shape, ...]:
        """Lines of a layer; on other planes than the stored ones, the outlines of its mask."""
        if stack.is_stored:
            return laid.lines.get(index, ())
        layer, cut = laid.layer, stack.cut(index)
        mask = layer.mask
        if mask is None or layer.kind is LayerKind.MAP:
            return ()

        def made() -> tuple[Shape, ...]:
            found = outlines_on(mask, self._affine, cut)
            return tuple(Shape(index, polygon, is_closed=True) for polygon in found)

        return self._keep(laid, cut, made)

    def layer_map(self, laid: Laid, stack: CutStack, index: int) -> Patch | None:
        """Levels of a map of the files; None where it does not reach."""
        if laid.levels is None:
            return None
        levels, cut = laid.levels, stack.cut(index)
        affine = shifted_affine(self._affine, laid.layer.start)
        box = box_on(cut, affine, levels.shape)
        if box is None:
            return None

        def made() -> Patch:
            found = sample(levels, affine, cropped(cut, *box), is_nearest=True)
            shown = found.values
            if found.inside is not None:
                shown = np.where(found.inside, shown, 0)
            return Patch(np.asarray(shown, dtype=np.uint8), Box(*box))

        return self._keep(laid, cut, made, "map")

    def evidence(self, mapped: Mapped, stack: CutStack, index: int) -> np.ndarray:
        """Levels of a map of evidence on a cut; of a stored slice as thinned as they are."""
        if stack.is_stored:
            return mapped.levels[index]
        cut = stack.cut(index)
        none = 128 if mapped.is_signed else 0

        def made() -> np.ndarray:
            affine = thinned_affine(self._affine, mapped.factor)
            found = sample(mapped.levels, affine, cut)
            outside = found.inside is not None
            return np.where(found.inside, found.values, none) if outside else found.values

        return self._keep(mapped, cut, made)

    def _keep(self, of: object, cut: Cut, make: Callable[[], T], what: str = "") -> T:
        key = (hash((id(of), what)), cut)
        if key in self._kept and self._kept[key][0] is of:
            self._kept.move_to_end(key)
            return self._kept[key][1]  # type: ignore[return-value]
        made = make()
        self._kept[key] = (of, made)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return made
