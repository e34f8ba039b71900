"""What we write ourselves is read back as what it was, at its place."""

from __future__ import annotations

from pathlib import Path

import medimg
from medimg.display.overlays import colours
from medimg.reading import headers
from medimg.results import export
from medimg.values.layers import LayerKind
from tests.derived_objects import BLOCK, PAIR, SHAPE, stack
from tests.medimg.results.planted import analysis, region


def test_exported_regions_come_back_equal(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    (series,) = medimg.scan(tmp_path).series
    regions = (region(BLOCK), region(PAIR, "Opacity", "lung-opacity"))
    made = analysis(
        sources,
        shape=SHAPE,
        regions=regions,
        geometry=series.geometry,
        frames=series.frames,
        patient=series.patient,
    )
    assert headers(series)
    export(made, tmp_path, ("seg", "sr"))
    found = medimg.scan(tmp_path)
    # The structured report brings its maps of evidence along, which are a series of their own.
    (own,) = [one for one in found.series if one.id == series.id]
    layers = medimg.layers(own, found.objects)
    masks = [layer for layer in layers if layer.kind is LayerKind.MASK]
    for layer, planted, colour in zip(masks, regions, colours(regions), strict=True):
        assert (layer.mask.whole() == planted.mask.whole()).all()
        assert (layer.name, layer.best_slice) == (planted.label, planted.best_slice)
        assert layer.colour is not None
        assert max(abs(a - b) for a, b in zip(layer.colour, colour, strict=True)) <= 1
    stated = {f.name: f.value for layer in layers for f in layer.figures}
    assert stated["Volume"] == 12.5
