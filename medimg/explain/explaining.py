"""Explain one prediction: maps on the image's own grid, each with its measured trust."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from medimg.explain.faithfulness import Deletion, deletions, share_inside
from medimg.explain.methods import METHODS, Evidence
from medimg.explain.pictures import Picture, on_grid, pictures_of
from medimg.explain.trust import assess, nothing_for_it
from medimg.inference.inferers import MirrorInferer
from medimg.inference.predict import Prediction, Progress, inferer_of
from medimg.inference.preprocessing import Prepared
from medimg.packages.catalogue import packages
from medimg.packages.manifest import Map, Package
from medimg.values.errors import Cancelled, PackageRefused, UsageError
from medimg.values.explanation import Explanation, Trust
from medimg.values.volume import Volume

#: Methods that look at a layer, which only the manifest can name.
NEED_LAYER = frozenset({"grad-cam"})
#: Share of the progress that the maps take; hiding the image block by block takes the rest.
MAPPING = 0.5

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]


def explain(
    volume: Volume,
    package: Package,
    prepared: Prepared,
    model: nn.Module,
    prediction: Prediction,
    methods: Sequence[str],
    anatomy_mask: Mask | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Explanation, ...]:
    """Make the maps of every finding of a package, by every method asked for.

    A classifier is explained by its logit; a segmentation by the mean logit inside the region
    that it predicted, slice by slice, the slices with the largest parts only. Without a region
    there is nothing to explain, and so no map. Anatomy is not explained.

    Args:
        volume: The image.
        prepared: The same as the network saw it.
        model: The network, on its device.
        prediction: What it said.
        methods: Keys of `METHODS`.
        anatomy_mask: [slice, row, column] on the volume's grid; what the share inside is of.
        progress: (fraction, seconds left or None).
        cancelled: Asked between maps.

    Returns:
        One explanation a finding and method, in that order.

    Raises:
        UsageError: There is no such method.
        PackageRefused: The manifest names no layer for a method that needs one, or one whose
            map would be wrong.
        Cancelled: `cancelled` said so.
    """
    findings = [label for label in package.labels if label.kind == "finding"]
    rows = [_row(package, method) for method in dict.fromkeys(methods)] if findings else []
    steps = _Steps(len(findings), progress, cancelled)
    made: list[Explanation] = []
    for label in findings if rows else []:
        pictures = pictures_of(label, prepared, model, prediction)
        if pictures:
            facts = _facts(pictures, prepared)
            for row, maps, deletion in _measured(model, pictures, rows, steps):
                whole = on_grid([one.map for one in maps], pictures, prepared)
                share = _share(whole, anatomy_mask, volume, package)
                trust = assess(deletion, *share) if (whole > 0).any() else nothing_for_it()
                made.append(_explanation(row, label.name, whole, maps[0].parameters + facts, trust))
        steps.done += 1
    return tuple(made)


@dataclass(slots=True)
class _Steps:
    """Progress over all labels, and the stop between maps."""

    labels: int
    progress: Progress | None
    cancelled: Callable[[], bool] | None
    done: int = 0

    def at(self, share: float) -> None:
        """Report how far the present label is.

        Raises:
            Cancelled: It was asked for.
        """
        if self.cancelled and self.cancelled():
            raise Cancelled("The explanation was cancelled.")
        if self.progress:
            self.progress((self.done + share) / max(self.labels, 1), None)


def _row(package: Package, method: str) -> Map:
    """How the manifest wants a method run; without a row, on the input and by the map's own scale.

    Raises:
        UsageError: There is no such method.
        PackageRefused: The method needs a layer, and the manifest names none.
    """
    if method not in METHODS:
        near = difflib.get_close_matches(method, METHODS, n=1)
        hint = f'Did you mean "{near[0]}"?' if near else f"There are: {', '.join(METHODS)}."
        raise UsageError(f'No method of explanation "{method}". {hint}')
    found = next((row for row in package.maps if row.method == method), None)
    if method in NEED_LAYER and not (found and found.layer):
        raise PackageRefused(
            f"{package.id} names no layer for {method} under [[maps]]; choose another method."
        )
    return found or Map(method=method, scale=0.0)


def _measured(
    model: nn.Module, pictures: list[Picture], rows: list[Map], steps: _Steps
) -> list[tuple[Map, list[Evidence], Deletion | None]]:
    """The maps of all pictures by each method, and what hiding the first picture by them does.

    A map that is nowhere positive marks nothing that could be hidden.
    """
    maps: list[list[Evidence]] = []
    for number, row in enumerate(rows):
        maps.append([])
        for place, picture in enumerate(pictures):
            steps.at(MAPPING * (number + place / len(pictures)) / len(rows))
            maps[-1].append(METHODS[row.method](model, picture.image, picture.score, row.layer))
    steps.at(MAPPING)
    # The first picture holds the largest part; hiding it in all slices would take minutes.
    first = pictures[0]
    marking = [number for number, found in enumerate(maps) if (found[0].map > 0).any()]
    hidden = deletions(first.probability, first.image, [maps[number][0].map for number in marking])
    measured = dict(zip(marking, hidden, strict=True))
    return [(row, maps[number], measured.get(number)) for number, row in enumerate(rows)]


def _facts(pictures: list[Picture], prepared: Prepared) -> tuple[tuple[str, str], ...]:
    """What else a reader of the map must know."""
    facts: list[tuple[str, str]] = []
    if pictures[0].index is not None:
        of = prepared.tensor.shape[1]
        facts.append(("slices", f"{len(pictures)} of {of}, those with the largest parts"))
    if isinstance(inferer_of(prepared.package), MirrorInferer):
        facts.append(("pass", "the image itself; its mirrored pass is not explained"))
    return tuple(facts)


def _share(
    whole: Floats, anatomy: Mask | None, volume: Volume, package: Package
) -> tuple[tuple[float, float] | None, str]:
    """Shares of evidence and of image inside the organ, and what the organ is called."""
    if anatomy is None:
        return None, ""
    organ = packages().get(package.anatomy)
    name = organ.labels[0].name.lower() if organ else "organ"
    image = None if volume.padding is None else ~volume.padding
    return share_inside(whole, anatomy, image), name


def _explanation(
    row: Map, target: str, whole: Floats, parameters: tuple[tuple[str, str], ...], trust: Trust
) -> Explanation:
    """One map with the manifest's display scale, or else its own, and then said to be so."""
    scale = row.scale
    if scale <= 0.0:
        scale = float(np.abs(whole).max()) or 1.0
        parameters += (("scale", "of this map, not validated"),)
    return Explanation(row.method, target, whole, scale, row.unit, parameters, trust)
