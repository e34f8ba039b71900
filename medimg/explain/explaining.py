"""Explain one prediction: maps on the image's own grid, each with its measured trust."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray
from torch import nn

from medimg.explain.anatomy import share_inside, zone_sentence, zone_shares
from medimg.explain.checking import Map as Made
from medimg.explain.checking import figures_of
from medimg.explain.memory import batch_that_fits, free_bytes, pass_bytes, quick
from medimg.explain.methods import run
from medimg.explain.opponents import opponents
from medimg.explain.pictures import Picture, on_grid, pictures_of, seen
from medimg.explain.question import SEED, Effort, Evidence, Question
from medimg.explain.study_results import default_of, fixed_point_of, verdict_of
from medimg.explain.table import DEFAULT, METHODS, Need, Wish, title, wish
from medimg.explain.trust import Measured, assess
from medimg.explain.zones import zones_of
from medimg.inference.inferers import MirrorInferer
from medimg.inference.predict import Prediction, Progress
from medimg.inference.preprocessing import Prepared
from medimg.inference.reference import inferer_of
from medimg.packages.catalogue import packages
from medimg.packages.manifest import Label, Map, Package
from medimg.values.errors import Cancelled, PackageRefused, UsageError
from medimg.values.explanation import Explanation
from medimg.values.volume import Volume

#: Share of the progress that the maps take; hiding the image block by block takes the rest.
MAPPING = 0.5
#: Spatial axes of a network's input, by the manifest's word.
AXES = {"2d": 2, "2.5d": 2, "3d": 3}

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """One image with all that its maps need."""

    volume: Volume
    package: Package
    prepared: Prepared
    model: nn.Module
    prediction: Prediction
    anatomy: Mask | None
    batch: int


def explain(
    volume: Volume,
    package: Package,
    prepared: Prepared,
    model: nn.Module,
    prediction: Prediction,
    wishes: Sequence[str],
    anatomy_mask: Mask | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Explanation, ...]:
    """Make the maps of every finding of a package, by every method asked for.

    A classifier is explained by its logit; a segmentation by the mean logit inside the region
    that it predicted, slice by slice, the slices with the largest parts only, or in 3-D in one
    window around it. Without a region there is nothing to explain, and so no map. Anatomy is not
    explained.

    Args:
        volume: The image.
        prepared: The same as the network saw it.
        model: The network, on its device.
        prediction: What it said.
        wishes: As `table.wish` reads them ("grad-cam", "occlusion:cells=10:checks=all").
        anatomy_mask: [slice, row, column] on the volume's grid; what the share inside is of.
        progress: (fraction, seconds left or None).
        cancelled: Asked before each forward pass.

    Returns:
        One explanation a finding and method, in that order.

    Raises:
        UsageError: There is no such method, parameter or label.
        PackageRefused: The method does not fit the package: no layer is named, its map would be
            wrong, or the memory is too small.
        Cancelled: `cancelled` said so.
    """
    wanted = [*dict.fromkeys(map(wish, wishes))]
    labels = _labels(package, wanted)
    rows = [_row(package, one) for one in wanted] if labels else []
    steps = _Steps(len(labels), progress, cancelled)
    made: list[Explanation] = []
    batch = 0
    model = quick(model, AXES[package.dimensions])
    for label in labels if rows else []:
        own = [row for row in rows if row[0].target in ("", label.name, label.code)]
        if pictures := pictures_of(label, prepared, model, prediction):
            batch = batch or _batch(package, model, pictures[0])
            case = _Case(volume, package, prepared, model, prediction, anatomy_mask, batch)
            made += _explanations(case, label, pictures, own, steps)
        steps.done += 1
    return tuple(made)


def _batch(package: Package, model: nn.Module, picture: Picture) -> int:
    return batch_that_fits(pass_bytes(model, picture.image), free_bytes(), package.id)


@dataclass(slots=True)
class _Steps:
    """Progress over all labels, and the stop between passes."""

    labels: int
    progress: Progress | None
    cancelled: Callable[[], bool] | None
    done: int = 0

    def at(self, share: float) -> None:
        """Report how far the present label is.

        Raises:
            Cancelled: It was asked for.
        """
        self.stop()
        if self.progress:
            self.progress((self.done + share) / max(self.labels, 1), None)

    def stop(self) -> None:
        """Raise `Cancelled` where it was asked for."""
        if self.cancelled and self.cancelled():
            raise Cancelled("The explanation was cancelled.")


def _labels(package: Package, wanted: Sequence[Wish]) -> list[Label]:
    """The labels that some wish is about: findings, unless another is named.

    Raises:
        UsageError: The package has no such label.
    """
    for one in wanted:
        if one.target and not any(one.target in (x.name, x.code) for x in package.labels):
            names = ", ".join(label.name for label in package.labels)
            raise UsageError(f'{package.id} has no label "{one.target}"; it has: {names}.')
    targets = {one.target for one in wanted}
    return [
        label
        for label in package.labels
        if targets & {label.name, label.code} or (label.kind == "finding" and "" in targets)
    ]


def _row(package: Package, one: Wish) -> tuple[Wish, Map]:
    """How the manifest wants a method run; without a row, on the input and by the map's own scale.

    Raises:
        PackageRefused: The method does not fit the package.
    """
    name = one.method if one.method != DEFAULT else default_method(package)
    return replace(one, method=name), how(package, name)


def how(package: Package, name: str) -> Map:
    """How a package's maps by a method are made: its row of the manifest, or one by itself.

    A method that looks at cells takes Grad-CAM's layer where the manifest names none for it.

    Raises:
        PackageRefused: The method does not fit the package.
    """
    rows = {row.method: row for row in package.maps}
    row, needs = rows.get(name, Map(method=name, scale=0.0)), METHODS[name].needs
    if Need.LAYER in needs and not row.layer:
        cells = rows.get("grad-cam") if Need.OWN_MAP not in needs else None
        if cells is None or not cells.layer:
            raise PackageRefused(
                f"{package.id} names no layer for {name} under [[maps]]; choose another method."
            )
        row = msgspec.structs.replace(row, layer=cells.layer)
    if AXES[package.dimensions] not in METHODS[name].dimensions:
        raise PackageRefused(
            f"{title(name)} does not work in {package.dimensions}, as {package.id} does; choose "
            "another method."
        )
    return row


def default_method(package: Package) -> str:
    """The method that the study ranks best; else the manifest's first; else occlusion."""
    studied = default_of(package.id)
    return studied or next((row.method for row in package.maps), "occlusion")


def _explanations(
    case: _Case,
    label: Label,
    pictures: list[Picture],
    rows: list[tuple[Wish, Map]],
    steps: _Steps,
) -> list[Explanation]:
    maps = [_maps(case, label, pictures, row, steps, n / len(rows)) for n, row in enumerate(rows)]
    steps.at(MAPPING)
    measured = figures_of(pictures[0], maps, fixed_point_of(case.package.id), steps.stop)
    return [
        _explanation(case, label, pictures, row, one, figures)
        for (_, row), one, figures in zip(rows, maps, measured, strict=True)
    ]


def _maps(
    case: _Case,
    label: Label,
    pictures: list[Picture],
    row: tuple[Wish, Map],
    steps: _Steps,
    begin: float,
) -> Made:
    """The maps of all pictures by one method."""
    one, how = row
    parameters = dict(how.parameters) | dict(one.parameters)
    seed = SEED if one.seed is None else one.seed
    effort = Effort(seed, one.budget, steps.stop, case.batch)

    def make(question: Question) -> Evidence:
        return run(one.method, question, effort, parameters)

    made = []
    for picture in pictures:
        steps.at(MAPPING * begin)
        question = Question(case.model, picture.image, picture.score, how.layer, label.channel)
        made.append((question, make(question)))
    return Made(one, effort, make, made)


def _explanation(
    case: _Case,
    label: Label,
    pictures: list[Picture],
    row: Map,
    made: Made,
    measured: Measured,
) -> Explanation:
    """One map with the manifest's display scale, or else its own, and then said to be so."""
    whole = on_grid([one.map for _, one in made.answers], pictures, case.prepared)
    organ = packages().get(case.package.anatomy)
    measured = _with_anatomy(case, whole, measured, organ, pictures)
    trust = assess(measured, verdict_of(case.package.id, row.method))
    zones = zone_shares(whole, zones_of(case.volume, organ, case.anatomy))
    first = made.answers[0][1]
    facts = (("asked", made.wish.text), *first.parameters, ("passes", f"{made.passes:.0f}"))
    scale = row.scale
    facts += _facts(pictures, case.prepared)
    if scale <= 0.0:
        scale = float(np.abs(whole).max()) or 1.0
        facts += (("scale", "of this map, not validated"),)
    if sentence := zone_sentence(zones):
        facts += (("zones", sentence),)
    return Explanation(
        made.wish.method,
        label.name,
        whole,
        scale,
        row.unit,
        facts,
        trust,
        zones,
        seen(pictures[0]),
    )


def _facts(pictures: list[Picture], prepared: Prepared) -> tuple[tuple[str, str], ...]:
    """What else a reader of the map must know."""
    facts: list[tuple[str, str]] = []
    at = pictures[0].at
    if at and isinstance(at[0], int):
        of = prepared.array.shape[1]
        facts.append(("slices", f"{len(pictures)} of {of}, those with the largest parts"))
    elif at:
        sides = " × ".join(str(n) for n in pictures[0].image.shape[2:])
        facts.append(("window", f"{sides} voxels around the finding"))
    if isinstance(inferer_of(prepared.package), MirrorInferer):
        facts.append(("pass", "the image itself; its mirrored pass is not explained"))
    return tuple(facts)


def _with_anatomy(
    case: _Case,
    whole: Floats,
    measured: Measured,
    organ: Package | None,
    pictures: list[Picture],
) -> Measured:
    """Add the shares of evidence and of image inside the organ."""
    if case.anatomy is None:
        return measured
    name = organ.labels[0].name.lower() if organ else "organ"
    image = None if case.volume.padding is None else ~case.volume.padding
    spatial = tuple(pictures[0].image.shape[2:])
    others: dict[str, float] = {}
    for opponent, one in opponents(spatial, fixed_point_of(case.package.id)).items():
        share = share_inside(on_grid([one], pictures[:1], case.prepared), case.anatomy, image)
        others |= {opponent: share[0]} if share else {}
    shares = share_inside(whole, case.anatomy, image)
    return replace(measured, shares=shares, shares_of=others, anatomy=name)
