"""DICOM segmentation (BINARY, so that regions may overlap) of the regions of an analysis."""

from __future__ import annotations

import copy
from datetime import datetime
from io import BytesIO

import numpy as np
from highdicom import AlgorithmIdentificationSequence
from highdicom.color import CIELabColor
from highdicom.seg import (
    SegmentAlgorithmTypeValues,
    Segmentation,
    SegmentationTypeValues,
    SegmentDescription,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes as dicom_codes

from medimg import __version__
from medimg.display.overlays import Colour, colours
from medimg.results import codes
from medimg.results.exported import Exported
from medimg.results.seg_parts import apart, joined, label_map
from medimg.results.source import Place, Sources, sources
from medimg.results.uids import PRODUCT, uid
from medimg.results.unlogged_names import names_unlogged
from medimg.values.analysis import RESEARCH_NOTICE, Analysis
from medimg.values.errors import InputRefused
from medimg.values.findings import Region

#: Far above what scanners count to, so that no series of the study is hit.
SERIES_NUMBER = 9301

#: Cosines of one stack that differ less than this are one orientation (rounding of vendors).
_SAME_ORIENTATION = 1e-3

#: Where a slice lies; the first three must be known.
_PLANE = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness")


def make(analysis: Analysis) -> Exported:
    """Turn the regions of an analysis into a segmentation.

    Raises:
        InputRefused: This source can have none, and why.
    """
    origin = sources(analysis)
    if reason := reason_against(analysis, origin):
        raise InputRefused(reason)
    with names_unlogged():
        segmentation = _segmentation(analysis, origin)
    memory = BytesIO()
    segmentation.save_as(memory, enforce_file_format=True)
    return Exported(memory.getvalue(), origin.notes)


def marked(analysis: Analysis) -> tuple[Region, ...]:
    """Return the regions that hold a voxel; segment numbers count these from 1."""
    return tuple(region for region in analysis.regions if not region.mask.is_empty)


def _coloured(analysis: Analysis) -> list[tuple[Region, Colour]]:
    """Return the marked regions with the colours that screen and paper give them."""
    pairs = zip(analysis.regions, colours(analysis.regions), strict=True)
    return [(region, colour) for region, colour in pairs if not region.mask.is_empty]


def reason_against(analysis: Analysis, origin: Sources) -> str:
    """Say why these regions cannot be a segmentation; empty where they can.

    Without a frame of reference a segmentation has no place (PS3.3 C.7.6.2.1.1); highdicom would
    write one all the same, so the guard stands here.
    """
    if not marked(analysis):
        return "The model marked no region, so there is nothing to segment."
    instances = origin.instances
    if any(not i.get("FrameOfReferenceUID") for i in instances):
        return (
            "The source has no frame of reference, so there is no DICOM segmentation; "
            "the structured report gives the regions in image coordinates."
        )
    if origin.is_multiframe and len(instances) > 1:
        return "The source is several multi-frame images, which one segmentation may not refer to."
    if not origin.is_multiframe and len(instances) != len(origin.places):
        return (
            "Several slices of the source have the same SOP Instance UID, so no object can "
            "refer to them."
        )
    return _reason_against_planes([_plane_of(place) for place in origin.places])


def _reason_against_planes(planes: list[Dataset | None]) -> str:
    known = [plane for plane in planes if plane is not None]
    if len(known) < len(planes):
        return (
            "A slice of the source has no position, orientation or spacing in the patient, "
            "so there is no DICOM segmentation."
        )
    cosines = np.array([plane.ImageOrientationPatient for plane in known], dtype=float)
    if np.abs(cosines - cosines[0]).max() > _SAME_ORIENTATION:
        return "The slices of the source are not parallel, so one segmentation cannot cover them."
    if len({tuple(plane.ImagePositionPatient) for plane in known}) < len(known):
        return (
            "Several slices of the source have the same position, so one segmentation cannot "
            "cover them."
        )
    return ""


def _plane_of(place: Place) -> Dataset | None:
    """Gather where a slice lies, or None where its header does not say.

    Of a multi-frame image the functional groups say it (PS3.3 C.7.6.16).
    """
    flat = Dataset()
    instance = place.instance
    groups = [instance, *(instance.get("SharedFunctionalGroupsSequence") or [])]
    frames = instance.get("PerFrameFunctionalGroupsSequence") or []
    groups += list(frames[place.frame_number - 1 : place.frame_number])
    for keyword in _PLANE:
        if keyword in instance:
            flat[keyword] = instance[keyword]
    for group in groups:
        for macro in ("PlanePositionSequence", "PlaneOrientationSequence", "PixelMeasuresSequence"):
            for item in group.get(macro) or []:
                flat.update(item)
    return flat if all(flat.get(keyword) for keyword in _PLANE[:3]) else None


def _segmentation(analysis: Analysis, origin: Sources) -> Segmentation:
    groups = apart([region.mask for region in marked(analysis)])
    images = _images(analysis, origin)
    segmentation = joined([_part(analysis, images, group) for group in groups], groups)
    if origin.is_multiframe:
        _refer_to_frames(segmentation, origin)
    return segmentation


def _part(analysis: Analysis, images: list[Dataset], group: list[int]) -> Segmentation:
    """A segmentation of regions that do not overlap, which it numbers from 1."""
    made = datetime.fromisoformat(analysis.created)
    package = analysis.package
    coloured = [_coloured(analysis)[place] for place in group]
    return Segmentation(
        source_images=images,
        pixel_array=label_map(
            [region.mask for region, _ in coloured], analysis.series.geometry.shape
        ),
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=[
            _segment(analysis, number, place + 1, *one)
            for number, (place, one) in enumerate(zip(group, coloured, strict=True), start=1)
        ],
        series_instance_uid=uid(analysis, "seg-series"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=uid(analysis, "seg"),
        instance_number=1,
        manufacturer=PRODUCT,
        manufacturer_model_name=package.id,
        software_versions=[f"medimg {__version__}", f"{package.id} {package.version}"],  # type: ignore[arg-type]
        device_serial_number=package.weights_sha256[:16] or "none",
        content_label="SEGMENTATION",
        content_description=RESEARCH_NOTICE,
        content_creator_name=f"{PRODUCT}^",
        series_description=f"{package.title[:40]}: research use only",
        coding_schemes=codes.own_scheme(),
        content_date=made.date(),
        content_time=made.time(),
    )


def _segment(
    analysis: Analysis, number: int, place: int, region: Region, colour: Colour
) -> SegmentDescription:
    """Describe a segment; `number` counts those of its part, `place` all of the analysis."""
    category, kind = codes.label(region)
    return SegmentDescription(
        segment_number=number,
        segment_label=region.label[:64],
        segmented_property_category=category,
        segmented_property_type=kind,
        algorithm_type=SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=AlgorithmIdentificationSequence(
            name=f"{PRODUCT}: {analysis.package.title}"[:64],
            family=dicom_codes.cid7162.ArtificialIntelligence,
            version=analysis.package.version,
            source=PRODUCT,
        ),
        tracking_uid=uid(analysis, f"region-{place}"),
        tracking_id=f"{region.label} {place}",
        display_color=CIELabColor.from_rgb(*colour),
    )


def _images(analysis: Analysis, origin: Sources) -> list[Dataset]:
    """Return one data set a slice, or one multi-frame with the stack's frames alone.

    Orientations equal but for rounding are made equal on the copy, as highdicom wants them.
    """
    planes = [plane for place in origin.places if (plane := _plane_of(place))]
    thickness = planes[0].get("SliceThickness") or _step_mm(analysis)
    if origin.is_multiframe:
        return [_multiframe(origin.instances[0], planes, thickness)]
    images = [copy.copy(place.instance) for place in origin.places]
    for image in images:
        image.ImageOrientationPatient = planes[0].ImageOrientationPatient
        image.SliceThickness = thickness
    return images


def _step_mm(analysis: Analysis) -> float | None:
    """Return the distance of the slices: how thick a frame is where the header does not say."""
    spacing = analysis.series.geometry.spacing_mm
    has_step = spacing is not None and analysis.series.geometry.shape[0] > 1
    return spacing[0] if spacing is not None and has_step else None


def _multiframe(source: Dataset, planes: list[Dataset], thickness: float | None) -> Dataset:
    image = copy.copy(source)
    shared, orientation, measures = Dataset(), Dataset(), Dataset()
    orientation.ImageOrientationPatient = planes[0].ImageOrientationPatient
    measures.PixelSpacing = planes[0].PixelSpacing
    if thickness:
        measures.SliceThickness = thickness
    shared.PlaneOrientationSequence = [orientation]
    shared.PixelMeasuresSequence = [measures]
    image.SharedFunctionalGroupsSequence = [shared]
    image.PerFrameFunctionalGroupsSequence = [_position(plane) for plane in planes]
    image.NumberOfFrames = len(planes)
    return image


def _position(plane: Dataset) -> Dataset:
    group, item = Dataset(), Dataset()
    item.ImagePositionPatient = plane.ImagePositionPatient
    group.PlanePositionSequence = [item]
    return group


def _refer_to_frames(segmentation: Segmentation, origin: Sources) -> None:
    """Give each frame the number that its source frame has in the whole source image."""
    for group in segmentation.PerFrameFunctionalGroupsSequence:
        for derivation in group.get("DerivationImageSequence", []):
            for reference in derivation.SourceImageSequence:
                slice_index = int(reference.ReferencedFrameNumber) - 1
                reference.ReferencedFrameNumber = origin.places[slice_index].frame_number
