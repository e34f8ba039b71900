"""DICOM segmentation (BINARY, so that regions may overlap) of the regions of an analysis."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

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
from medimg.results import codes, planes
from medimg.results.exported import Exported
from medimg.results.seg_parts import apart, joined, label_map
from medimg.results.source import Sources, sources
from medimg.results.uids import PRODUCT, uid
from medimg.results.unlogged_names import names_unlogged
from medimg.values.analysis import RESEARCH_NOTICE, Analysis
from medimg.values.errors import InputRefused
from medimg.values.findings import Region

#: Far above what scanners count to, so that no series of the study is hit.
SERIES_NUMBER = 9301


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

    Without a frame of reference the regions stand in the structured report.
    """
    if not marked(analysis):
        return "The model marked no region, so there is nothing to segment."
    reason = planes.reason_against(origin, "segmentation")
    if any(not instance.get("FrameOfReferenceUID") for instance in origin.instances):
        return (
            f"{reason.rstrip('.')}; the structured report gives the regions in image coordinates."
        )
    return reason


def _segmentation(analysis: Analysis, origin: Sources) -> Segmentation:
    groups = apart([region.mask for region in marked(analysis)])
    images = planes.images(analysis, origin)
    segmentation = joined([_part(analysis, images, group) for group in groups], groups)
    if origin.is_multiframe:
        planes.refer_to_frames(segmentation, origin)
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
