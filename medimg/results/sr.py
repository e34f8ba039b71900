"""DICOM structured report (TID 1500) of the findings and regions of an analysis.

Regions refer to segments of the segmentation where the source can have one; else their outlines
stand here in image coordinates.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from io import BytesIO

from highdicom.sr import (
    AlgorithmIdentification,
    ComprehensiveSR,
    DeviceObserverIdentifyingAttributes,
    ImageContentItem,
    ImageRegion,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    ReferencedSegment,
    RelationshipTypeValues,
    SourceImageForMeasurementGroup,
    SourceImageForRegion,
    SourceSeriesForSegmentation,
    TextContentItem,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from highdicom.sr.coding import CodedConcept
from highdicom.sr.templates import MeasurementProperties
from highdicom.sr.value_types import NumContentItem
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes as dicom_codes
from pydicom.sr.coding import Code
from pydicom.uid import SegmentationStorage
from skimage.measure import approximate_polygon

from medimg import __version__
from medimg.display.contours import outlines
from medimg.results import codes, pm
from medimg.results.exported import Exported
from medimg.results.seg import marked, reason_against
from medimg.results.source import Place, Sources, sources
from medimg.results.uids import PRODUCT, uid
from medimg.results.unlogged_names import names_unlogged
from medimg.values.analysis import RESEARCH_NOTICE, Analysis
from medimg.values.errors import InputRefused
from medimg.values.findings import Finding, Region
from medimg.values.geometry import MeasuredAt

SERIES_NUMBER = 9302

#: How far, in pixels, an outline with fewer points may leave the true one.
OUTLINE_TOLERANCE_PX = 0.3

Group = MeasurementsAndQualitativeEvaluations | VolumetricROIMeasurementsAndQualitativeEvaluations


def make(analysis: Analysis) -> Exported:
    """Turn an analysis into a structured report, unverified until a person accepts it.

    Raises:
        InputRefused: No DICOM object can refer to this source, or there is nothing to report.
    """
    origin = sources(analysis)
    has_segmentation = not reason_against(analysis, origin)
    groups: list[Group] = [_finding(analysis, origin, f) for f in analysis.findings]
    groups += _regions(analysis, origin, has_segmentation)
    groups += _of_the_image(analysis, origin)
    if not groups:
        raise InputRefused(
            "The model gave no finding and no region, so there is nothing to report."
        )
    report = _report(analysis, origin, groups)
    evidence = [*origin.instances]
    if has_segmentation and marked(analysis):
        evidence.append(_segmentation_reference(analysis, origin))
    if (maps := pm.reference(analysis, origin)) is not None:
        evidence.append(maps)
        report[0].ContentSequence.append(
            ImageContentItem(
                codes.EVIDENCE_MAP,
                maps.SOPClassUID,
                maps.SOPInstanceUID,
                relationship_type=RelationshipTypeValues.CONTAINS,
            )
        )
    with names_unlogged():
        document = _document(analysis, evidence, report)
    memory = BytesIO()
    document.save_as(memory, enforce_file_format=True)
    return Exported(memory.getvalue(), origin.notes)


def _document(
    analysis: Analysis, evidence: list[Dataset], report: MeasurementReport
) -> ComprehensiveSR:
    made = datetime.fromisoformat(analysis.created)
    package = analysis.package
    return ComprehensiveSR(
        evidence=evidence,
        content=report,
        series_instance_uid=uid(analysis, "sr-series"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=uid(analysis, "sr"),
        instance_number=1,
        manufacturer=PRODUCT,
        manufacturer_model_name=package.id,
        software_versions=[f"medimg {__version__}", f"{package.id} {package.version}"],
        device_serial_number=package.weights_sha256[:16] or "none",
        series_description=f"{package.title[:40]}: research use only",
        is_complete=True,
        coding_schemes=codes.own_scheme(),
        content_date=made.date(),
        content_time=made.time(),
    )


def _report(analysis: Analysis, origin: Sources, groups: list[Group]) -> MeasurementReport:
    device = DeviceObserverIdentifyingAttributes(
        uid=uid(analysis, "device"),
        name=PRODUCT,
        manufacturer_name=PRODUCT,
        model_name=f"{analysis.package.id} {analysis.package.version}",
        serial_number=analysis.package.weights_sha256 or "none",
    )
    report = MeasurementReport(
        observation_context=ObservationContext(
            observer_device_context=ObserverContext(
                observer_type=dicom_codes.DCM.Device, observer_identifying_attributes=device
            )
        ),
        procedure_reported=codes.PROCEDURES.get(analysis.series.modality, codes.IMAGING),
        imaging_measurements=groups,
    )
    for sentence in _comments(analysis, origin):
        report[0].ContentSequence.append(
            TextContentItem(codes.COMMENT, sentence, RelationshipTypeValues.CONTAINS)
        )
    return report


def _comments(analysis: Analysis, origin: Sources) -> Iterator[str]:
    """Say what the reader of the report must know, one sentence an item."""
    package = analysis.package
    yield f"{RESEARCH_NOTICE}. Computed, not verified by a person."
    if package.intended_use:
        yield f"Intended use: {package.intended_use}"
    for use in package.not_for:
        yield f"Not for: {use}"
    if package.merit is not None:
        merit = package.merit
        yield (
            f"{package.merit_name} {merit.value:.2f} ({merit.low:.2f} to {merit.high:.2f}), "
            f"n = {merit.n}, {package.merit_note}".rstrip(", ")
        )
    yield from analysis.verdict.sentences
    yield from (problem.sentence for problem in analysis.series.grave)
    yield from analysis.notes
    spacing = analysis.series.geometry.plane_spacing
    if spacing.measured_at is MeasuredAt.DETECTOR:
        yield "Lengths are measured at the detector, where the patient appears magnified."
    yield from (f"{r.label}: {r.withheld}" for r in analysis.regions if r.withheld)
    yield from dict.fromkeys(m.withheld for m in analysis.measures if m.withheld)
    yield from origin.notes


def _finding(analysis: Analysis, origin: Sources, finding: Finding) -> Group:
    category, kind = codes.label(finding)
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=uid(analysis, f"finding-{finding.code}"), identifier=finding.label
        ),
        finding_type=kind,
        finding_category=category,
        algorithm_id=_algorithm(analysis),
        measurements=_figures(finding),
        qualitative_evaluations=[
            QualitativeEvaluation(codes.DECISION, codes.DECISIONS[finding.decision])
        ],
        source_images=[
            SourceImageForMeasurementGroup.from_source_image(i) for i in origin.instances
        ],
    )


def _algorithm(analysis: Analysis) -> AlgorithmIdentification:
    package = analysis.package
    return AlgorithmIdentification(
        name=package.title,
        version=package.version,
        manufacturer=PRODUCT,
        parameters=[f"weights sha256 {package.weights_sha256}"] if package.weights_sha256 else None,
    )


def _figures(finding: Finding) -> list[Measurement]:
    """Give the figures of a finding: certainty with its interval, and what to judge it by."""
    point = finding.operating_point
    interval = MeasurementProperties()
    for name, width in (
        (codes.UPPER, finding.high - finding.probability),
        (codes.LOWER, finding.probability - finding.low),
    ):
        interval.append(
            NumContentItem(
                CodedConcept.from_code(name),
                _percent(width),
                codes.PERCENT,
                relationship_type=RelationshipTypeValues.HAS_PROPERTIES,
            )
        )
    certainty = Measurement(
        codes.CERTAINTY, _percent(finding.probability), codes.PERCENT, properties=interval
    )
    others = (
        (codes.THRESHOLD, _percent(point.threshold), codes.PERCENT),
        (codes.SENSITIVITY, _percent(point.sensitivity.value), codes.PERCENT),
        (codes.SPECIFICITY, _percent(point.specificity.value), codes.PERCENT),
        (codes.PREVALENCE, _percent(finding.prevalence), codes.PERCENT),
        (codes.SCORE, float(finding.score), codes.NO_UNITS),
    )
    return [certainty, *(Measurement(name, value, unit) for name, value, unit in others)]


def _percent(share: float) -> float:
    return round(100.0 * share, 2)


def _regions(analysis: Analysis, origin: Sources, has_segmentation: bool) -> list[Group]:
    """One group a region that holds a voxel; numbers are those of the segments."""
    groups: list[Group] = []
    for number, region in enumerate(marked(analysis), start=1):
        category, kind = codes.label(region)
        segment, images = None, None
        if has_segmentation:
            segment = ReferencedSegment(
                sop_class_uid=SegmentationStorage,
                sop_instance_uid=uid(analysis, "seg"),
                segment_number=number,
                source_series=SourceSeriesForSegmentation(origin.instances[0].SeriesInstanceUID),
            )
        else:
            images = _image_regions(origin, region)
        groups.append(
            VolumetricROIMeasurementsAndQualitativeEvaluations(
                tracking_identifier=TrackingIdentifier(
                    uid=uid(analysis, f"region-{number}"), identifier=f"{region.label} {number}"
                ),
                referenced_segment=segment,
                referenced_regions=images,
                finding_type=kind,
                finding_category=category,
                algorithm_id=_algorithm(analysis),
                measurements=_sizes(region) + _measures(analysis, region.code),
            )
        )
    return groups


def _of_the_image(analysis: Analysis, origin: Sources) -> list[Group]:
    """One group of the figures that are of no region; none without them."""
    figures = _measures(analysis, "")
    if not figures:
        return []
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=uid(analysis, "measures"), identifier=analysis.package.title
        ),
        algorithm_id=_algorithm(analysis),
        measurements=figures,
        source_images=[
            SourceImageForMeasurementGroup.from_source_image(i) for i in origin.instances
        ],
    )
    return [group]


def _measures(analysis: Analysis, region: str) -> list[Measurement]:
    """The further figures of a region, by its code, that are not withheld."""
    return [
        Measurement(codes.measure(one), round(one.value, 3), codes.UNITS[one.unit])
        for one in analysis.measures
        if one.region == region and one.value is not None
    ]


def _image_regions(origin: Sources, region: Region) -> list[ImageRegion]:
    """Outlines of a region on each of its slices, holes included.

    Points are (column, row) with pixel edges at whole numbers (PS3.3 C.18.6.1.1).
    """
    return [
        ImageRegion(
            "POLYLINE",
            approximate_polygon(outline, OUTLINE_TOLERANCE_PX),  # type: ignore[no-untyped-call]
            _source(origin, origin.places[index]),
        )
        for index in region.mask.slices
        for outline in outlines(region.mask.on(index))
    ]


def _source(origin: Sources, place: Place) -> SourceImageForRegion:
    return SourceImageForRegion.from_source_image(
        place.instance, [place.frame_number] if origin.is_multiframe else None
    )


def _sizes(region: Region) -> list[Measurement]:
    """Give a region's measures in mm where they are known, else in pixels."""
    figures: list[tuple[Code, float | None, Code]] = [
        (codes.VOLUME, region.volume_ml, codes.MILLILITRE),
        (codes.AREA, region.area_mm2, codes.SQUARE_MILLIMETRE),
        (codes.LONGEST, region.longest_mm, codes.MILLIMETRE),
    ]
    if region.longest_mm is None:
        figures += [
            (codes.AREA, float(region.area_px), codes.PIXELS),
            (codes.LONGEST, region.longest_px, codes.PIXELS),
        ]
    return [Measurement(n, round(float(v), 3), unit) for n, v, unit in figures if v is not None]


def _segmentation_reference(analysis: Analysis, origin: Sources) -> Dataset:
    """Describe the segmentation as evidence, without its pixels."""
    reference = Dataset()
    reference.SOPClassUID = SegmentationStorage
    reference.SOPInstanceUID = uid(analysis, "seg")
    reference.SeriesInstanceUID = uid(analysis, "seg-series")
    reference.StudyInstanceUID = origin.instances[0].StudyInstanceUID
    return reference
