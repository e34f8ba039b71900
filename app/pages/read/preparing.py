"""What is made ready off the window's thread before it is drawn: images, outlines, maps, fits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from medimg_workstation.pages.read.state import Fit, Result
from medimg_workstation.viewport.state import Laid, Mapped, Outlined, Picture

from medimg.display.contours import outlines
from medimg.display.layers import layer_colours, lines, map_levels
from medimg.display.levels import SMALLEST_SIDE, levels
from medimg.display.marks import gaps, marks
from medimg.display.overlays import colours, evidence_levels, is_signed
from medimg.display.sampling import warm
from medimg.display.windowing import default_window, hides, windows_of
from medimg.display.wording import number
from medimg.explain import table
from medimg.packages.admission import admit
from medimg.packages.catalogue import packages
from medimg.packages.manifest import Package
from medimg.values.analysis import Analysis
from medimg.values.explanation import Explanation
from medimg.values.findings import Region, RegionKind
from medimg.values.layers import Layer
from medimg.values.series import Series
from medimg.values.volume import Unit, Volume

#: Names of methods as readers know them; another method is shown under its own key.
METHODS = {name: row.title for name, row in table.METHODS.items()}


def picture(volume: Volume) -> Picture:
    """An image with its halved copies, windows, marks and gaps."""
    if volume.array.shape[0] > 1:
        warm()
    # A file that names no window is looked through for one, which is not for each drag to do.
    own = windows_of(volume) or ((one,) if (one := default_window(volume)) else ())
    seen = marks(volume.series)
    if own and hides(volume, own[0]):
        seen = (*seen, "the file’s window hides the image: press 0")
    return Picture(levels(volume), own, seen, gaps(volume.series))


def result(analyses: Sequence[Analysis]) -> Result:
    """All regions and maps of the answers on one series, ready to be painted."""
    regions = tuple(region for analysis in analyses for region in analysis.regions)
    named = _without_doubles(regions)
    outlined = tuple(
        Outlined(region, colour, _polygons(region))
        for region, colour in zip(named, colours(named), strict=True)
    )
    maps = tuple(mapped(e, _label(a, e.target)) for a in analyses for e in a.explanations)
    return Result(tuple(analyses), outlined, maps)


def mapped(explanation: Explanation, label: str) -> Mapped:
    """A map as levels, thinned to what a screen shows; a film's map is far smoother than that."""
    signed = is_signed(explanation)
    factor = max(1, -(-max(explanation.map.shape[1:]) // SMALLEST_SIDE))
    thin = explanation.map[:, ::factor, ::factor]
    made = np.stack([evidence_levels(one, explanation.scale, signed=signed) for one in thin])
    method = METHODS.get(explanation.method, explanation.method)
    return Mapped(explanation, label, method, made, factor, signed)


def laid(layers: Sequence[Layer], volume: Volume) -> tuple[tuple[Laid, ...], Picture | None]:
    """Layers of the files ready to be painted on an image.

    Returns:
        The layers, and the image again where their presentations bring tables of their own.
    """
    states = [layer.presentation for layer in layers if layer.presentation is not None]
    tables = [state.table for state in states if state.table is not None]
    if volume.unit is Unit.COLOUR:
        tables = []  # colour has no window, so no table either
    if tables:
        volume = replace(volume, voi_tables=(*volume.voi_tables, *tables))
    windows = iter(windows_of(volume)[len(volume.voi_tables) - len(tables) :])
    shape = volume.series.geometry.shape
    made = []
    for place, (layer, colour) in enumerate(zip(layers, layer_colours(layers), strict=True)):
        shown = layer.presentation
        window = shown.window if shown else None
        if shown is not None and shown.table is not None and tables:
            window = next(windows)
        key = f"{layer.object_id} {place}"
        made.append(Laid(key, layer, colour, lines(layer, shape), map_levels(layer), window))
    return tuple(made), picture(volume) if tables else None


def fits(image: Volume | Series) -> tuple[Fit, ...]:
    """Every package beside an image, fitting ones first."""
    made = [fit(package, image) for package in packages().values()]
    return tuple(sorted(made, key=lambda f: f.is_refused))


def fit(package: Package, image: Volume | Series) -> Fit:
    """One package beside an image."""
    merit = package.merit
    words = None
    if merit is not None:
        words = (
            merit.name,
            number(merit.value, 2),
            f"({number(merit.low, 2)}–{number(merit.high, 2)})",
            f"on {number(merit.n)} {merit.note}".strip() if merit.n else merit.note,
        )
    return Fit(
        package_id=package.id,
        title=package.title,
        summary=package.summary,
        verdict=admit(image, package),
        merit=words,
        is_non_commercial=package.licence.non_commercial,
        maps=tuple(m.method for m in package.maps),
        needs_click=package.task == "outline",
    )


def merged(old: Analysis | None, new: Analysis) -> Analysis:
    """The newer answer, with maps of the older one that it did not make again."""
    if old is None or old.pixels_sha256 != new.pixels_sha256:
        return new
    made = {(e.method, e.target) for e in new.explanations}
    kept = tuple(e for e in old.explanations if (e.method, e.target) not in made)
    return replace(new, explanations=new.explanations + kept)


def _label(analysis: Analysis, target: str) -> str:
    for item in (*analysis.findings, *analysis.regions):
        if target in {item.code, item.label}:
            return item.label
    return target


def _without_doubles(regions: Iterable[Region]) -> tuple[Region, ...]:
    """Regions by id, the last answer's first come; findings before anatomy."""
    by_id = {region.id: region for region in regions}
    return tuple(sorted(by_id.values(), key=lambda r: r.kind is RegionKind.ANATOMY))


def _polygons(region: Region) -> dict[int, tuple[np.ndarray, ...]]:
    return {index: outlines(region.mask.on(index)) for index in region.mask.slices}
