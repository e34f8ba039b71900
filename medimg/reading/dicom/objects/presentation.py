"""Presentation states: how an author wants images shown (PS3.3 A.33, C.10, C.11)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pydicom.dataset import Dataset, FileDataset

from medimg.reading.dicom import overlays
from medimg.reading.dicom.objects.annotations import area_of, marks, turn_of
from medimg.reading.dicom.objects.onto import Part, assembled, trimmed
from medimg.reading.dicom.objects.shutters import shutter, shutter_group
from medimg.reading.dicom.objects.softcopy import Grey, grey_of, image_of
from medimg.reading.dicom.objects.target import Spot, Target
from medimg.values.layers import Layer, LayerKind, Presentation
from medimg.values.masks import Mask
from medimg.values.problems import Problem
from medimg.values.series import DerivedObject, Frame

#: Color Softcopy Presentation State Storage: of images that have no grey.
_COLOUR_STATE = "1.2.840.10008.5.1.4.1.1.11.2"
#: Parts of a state that are not applied, in the reader's words.
_NOT_APPLIED = {
    "MaskSubtractionSequence": "the subtraction of a mask",
    "PaletteColorLookupTableUID": "its colours",
    "RedPaletteColorLookupTableDescriptor": "its colours",
    "ICCProfile": "its colour profile",
}


def contents(dataset: Dataset) -> tuple[str, ...]:
    """The state's own name."""
    name = str(dataset.get("ContentDescription") or dataset.get("ContentLabel") or "").strip()
    return (name,) if name else ()


def layers(dataset: FileDataset, object_: DerivedObject, target: Target) -> Iterator[Layer]:
    """Read a state as a presentation a window of its own, and its graphics a layer of each."""
    name = Path(object_.file).name
    slices = target.referred(_references(dataset))
    if not slices:
        sentence = f"{name} names none of the images of this series."
        absent = Problem("not-on-this-series", sentence, (name,))
        yield Layer(_title(object_), LayerKind.PRESENTATION, object_.id, problems=(absent,))
        return
    made = _presentations(dataset, name, object_, slices, target)
    for number, layer in enumerate(made, start=1):
        yield replace(layer, number=number)
    yield from marks(dataset, object_, slices, target)
    yield from _planes(dataset, object_, slices, target)


def _references(dataset: Dataset) -> list[Dataset]:
    return [
        image
        for series in dataset.get("ReferencedSeriesSequence") or []
        for image in series.get("ReferencedImageSequence") or []
    ]


def _presentations(
    dataset: FileDataset, name: str, object_: DerivedObject, slices: tuple[int, ...], target: Target
) -> Iterator[Layer]:
    """One layer a window that the state has, or a single one without."""
    title = _title(object_)
    turn = turn_of(dataset)
    closed, unclear = shutter(dataset, (target.shape[1], target.shape[2]))
    for item in dataset.get("SoftcopyVOILUTSequence") or [Dataset()]:
        own = item.get("ReferencedImageSequence")
        here = tuple(i for i in target.referred(own) if i in slices) if own else slices
        if not here:
            continue
        grey = _grey(dataset, item, target.series.frames[here[0]])
        shown = Presentation(
            slices=here,
            window=None if grey.window is None else replace(grey.window, name=title),
            table=grey.table,
            is_inverted=grey.is_inverted,
            quarter_turns=turn.quarter_turns,
            is_flipped_h=turn.is_flipped_h,
            shutter=closed,
            shutter_grey=float(dataset.get("ShutterPresentationValue") or 0) / 0xFFFF,
        )
        lacking = [*grey.lacking, *_lacking(dataset), *filter(None, (unclear,))]
        if not area_of(dataset, here[0], target).is_whole((target.shape[1], target.shape[2])):
            lacking.append("its cut to a part: the whole image is shown")
        yield Layer(
            title,
            LayerKind.PRESENTATION,
            object_.id,
            best_slice=here[0],
            presentation=shown,
            problems=_in_part(name, lacking),
        )


def _grey(dataset: Dataset, item: Dataset, frame: Frame) -> Grey:
    """The grey of a state; a state of colour images has none."""
    if dataset.get("SOPClassUID") == _COLOUR_STATE:
        return Grey()
    return grey_of(dataset, item, image_of(frame))


def _lacking(dataset: Dataset) -> list[str]:
    """Parts of a state that are not applied, in words."""
    return list(
        dict.fromkeys(words for keyword, words in _NOT_APPLIED.items() if keyword in dataset)
    )


def _in_part(name: str, lacking: Sequence[str]) -> tuple[Problem, ...]:
    if not lacking:
        return ()
    sentence = f"{name} is applied without {' and without '.join(lacking)}."
    return (Problem("state-in-part", sentence, (name,)),)


def _title(object_: DerivedObject) -> str:
    return next(iter(object_.contents), object_.label) or "presentation state"


def blending(dataset: Dataset, object_: DerivedObject, target: Target) -> Iterator[Layer]:
    """Say of a state that lays several series over one another that this is not drawn."""
    name = Path(object_.file).name
    sentence = (
        f"{name} lays images over one another in colours, which is not drawn; each is shown by "
        "itself."
    )
    told = (Problem("state-in-part", sentence, (name,)),)
    yield Layer(_title(object_), LayerKind.PRESENTATION, object_.id, problems=told)


def _planes(
    dataset: FileDataset, object_: DerivedObject, slices: tuple[int, ...], target: Target
) -> Iterator[Layer]:
    """Overlay planes that the state itself brings, on each image that it names."""
    drawn = [group for group in overlays.groups_of(dataset) if group != shutter_group(dataset)]
    for number, group in enumerate(drawn, start=1):
        name, image = overlays.on_image(dataset, group, (target.shape[1], target.shape[2]))
        parts = [trimmed(Part(Spot(index, 0, 0), image), outside=0) for index in slices]
        box = assembled([part for part in parts if part is not None], target.shape, outside=0)
        if box is not None:
            layer = Layer(name, LayerKind.ANNOTATION, object_.id, number, best_slice=slices[0])
            yield replace(layer, mask=Mask.of(box.values, box.start, target.shape))
