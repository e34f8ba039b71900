"""Measurements of reports: figures with units, and graphics where they were drawn."""

from __future__ import annotations

from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from highdicom import sr
from pydicom.dataset import Dataset, FileDataset
from pydicom.sr.codedict import codes

import medimg
from medimg.values.codes import Code
from medimg.values.layers import Layer, LayerKind
from medimg.values.series import ObjectKind
from tests.derived_objects import maker, stack


def _context() -> sr.ObservationContext:
    person = sr.PersonObserverIdentifyingAttributes(name="Reader^Anna")
    return sr.ObservationContext(
        observer_person_context=sr.ObserverContext(
            observer_type=codes.DCM.Person, observer_identifying_attributes=person
        )
    )


def _report(sources: list[FileDataset], groups: list[object]) -> sr.Comprehensive3DSR:
    report = sr.MeasurementReport(
        observation_context=_context(),
        procedure_reported=codes.LN.CTUnspecifiedBodyRegion,
        imaging_measurements=groups,
    )
    return sr.Comprehensive3DSR(
        evidence=sources,
        content=report,
        **maker(9),
    )


def _tracking(name: str) -> sr.TrackingIdentifier:
    return sr.TrackingIdentifier(uid=highdicom.UID(), identifier=name)


def _planar(source: FileDataset, region: object, value: float) -> object:
    return sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking("lesion 1"),
        referenced_region=region,
        finding_type=codes.SCT.Nodule,
        measurements=[sr.Measurement(codes.SCT.Diameter, value, codes.UCUM.Millimeter)],
    )


def _in_image(source: FileDataset, kind: sr.GraphicTypeValues, points: list[list[float]]) -> object:
    return sr.ImageRegion(
        graphic_type=kind,
        graphic_data=np.array(points),
        source_image=sr.SourceImageForRegion(source.SOPClassUID, source.SOPInstanceUID),
    )


def _only(folder: Path) -> Layer:
    found = medimg.scan(folder)
    (layer,) = medimg.layers(found.series[0], found.objects)
    return layer


def test_a_circle_lies_where_it_was_drawn_with_its_diameter(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    region = _in_image(sources[7], sr.GraphicTypeValues.CIRCLE, [[20.0, 30.0], [26.0, 30.0]])
    _report(sources, [_planar(sources[7], region, 9.6)]).save_as(tmp_path / "sr.dcm")
    layer = _only(tmp_path)
    assert (layer.name, layer.kind) == ("Nodule", LayerKind.MEASUREMENT)
    assert layer.code == Code("27925004", "SCT", "Nodule")
    (figure,) = layer.figures
    assert (figure.name, figure.value, figure.unit) == ("Diameter", 9.6, "mm")
    (shape,) = layer.shapes
    assert (shape.index, shape.is_closed, shape.text) == (7, True, "9.6 mm")
    radii = np.linalg.norm(shape.points - [20.0, 30.0], axis=1)
    assert np.abs(radii - 6.0).max() < 1e-4
    assert layer.best_slice == 7


def test_an_ellipse_reaches_the_ends_of_its_axes(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    ends = [[10.0, 20.0], [30.0, 20.0], [20.0, 15.0], [20.0, 25.0]]
    region = _in_image(sources[2], sr.GraphicTypeValues.ELLIPSE, ends)
    _report(sources, [_planar(sources[2], region, 20)]).save_as(tmp_path / "sr.dcm")
    (shape,) = _only(tmp_path).shapes
    assert shape.points.min(axis=0) == pytest.approx([10, 15], abs=0.01)
    assert shape.points.max(axis=0) == pytest.approx([30, 25], abs=0.01)


def test_a_polygon_in_the_patient_lands_on_its_slice(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    height = float(sources[4].ImagePositionPatient[2])
    corner = np.array([float(x) for x in sources[4].ImagePositionPatient[:2]])
    # From the pixel centres (column, row) 10,12 to 20,30, by the slice's own header.
    pixels = np.array([[10, 12], [20, 12], [20, 30], [10, 12]])
    points = np.column_stack([corner + pixels * 0.8, np.full(4, height)])
    region = sr.ImageRegion3D(
        sr.GraphicTypeValues3D.POLYGON, points, sources[0].FrameOfReferenceUID
    )
    _report(sources, [_planar(sources[4], region, 8.0)]).save_as(tmp_path / "sr.dcm")
    (shape,) = _only(tmp_path).shapes
    assert shape.index == 4
    # Pixel edges are whole numbers, so a centre is half a pixel on.
    assert shape.points == pytest.approx(pixels + 0.5, abs=1e-3)


def test_graphics_on_images_that_are_absent_are_said(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    region = _in_image(sources[11], sr.GraphicTypeValues.POINT, [[20.0, 30.0]])
    _report(sources, [_planar(sources[11], region, 9.6)]).save_as(tmp_path / "sr.dcm")
    (tmp_path / "011.dcm").unlink()
    layer = _only(tmp_path)
    assert layer.shapes == ()
    assert [problem.kind for problem in layer.problems] == ["slices-absent"]
    assert layer.figures[0].value == 9.6  # what it states is still true


def _in_patient(source: FileDataset, pixels: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Points (n, 3) in LPS mm of pixel centres (column, row), by the slice's own header."""
    corner = np.array([float(x) for x in source.ImagePositionPatient[:2]])
    return np.column_stack([corner + pixels * 0.8, heights])


def test_an_ellipsoid_is_cut_by_each_slice_that_it_reaches(tmp_path: Path) -> None:
    """It was said to lie in other images."""
    sources = stack(tmp_path)
    heights = np.array([float(one.ImagePositionPatient[2]) for one in sources])
    (centre,) = _in_patient(sources[5], np.array([[30.0, 20.0]]), heights[5:6])
    half = 8.0, 4.0, 6.0
    ends = np.concatenate([[centre - a, centre + a] for a in np.diag(half)])
    region = sr.VolumeSurface(
        sr.GraphicTypeValues3D.ELLIPSOID,
        graphic_data=ends,
        frame_of_reference_uid=sources[0].FrameOfReferenceUID,
        source_images=[sr.SourceImageForSegmentation.from_source_image(sources[5])],
    )
    group = sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking("lesion 1"),
        referenced_regions=None,
        referenced_volume_surface=region,
        finding_type=codes.SCT.Nodule,
    )
    _report(sources, [group]).save_as(tmp_path / "sr.dcm")
    layer = _only(tmp_path)
    reached = [k for k, z in enumerate(heights) if abs(z - centre[2]) < half[2]]
    assert [shape.index for shape in layer.shapes] == reached and not layer.problems
    for shape in layer.shapes:
        share = np.sqrt(1 - ((heights[shape.index] - centre[2]) / half[2]) ** 2)
        widest = np.ptp(shape.points, axis=0) * 0.8 / 2
        assert widest == pytest.approx([half[0] * share, half[1] * share], rel=2e-3)
        assert shape.points.mean(axis=0) == pytest.approx([30.5, 20.5], abs=1e-3)


@pytest.mark.parametrize(
    ("where", "words"),
    [("other space", "in another frame of reference"), ("far", "on none of these slices"),
     ("upright", "across these slices and in none")],
)  # fmt: skip
def test_graphics_in_the_patient_that_lie_in_no_slice_say_where_they_lie(
    tmp_path: Path, where: str, words: str
) -> None:
    sources = stack(tmp_path)
    height = float(sources[4].ImagePositionPatient[2])
    pixels = np.array([[10.0, 12], [20, 12], [20, 30], [10, 12]])
    heights = np.full(4, height + (500 if where == "far" else 0))
    if where == "upright":
        heights[1:3] += 7
    space = highdicom.UID() if where == "other space" else sources[0].FrameOfReferenceUID
    points = _in_patient(sources[4], pixels, heights)
    region = sr.ImageRegion3D(sr.GraphicTypeValues3D.POLYGON, points, space)
    if where == "upright":
        region.GraphicType = "POLYLINE"
    _report(sources, [_planar(sources[4], region, 8.0)]).save_as(tmp_path / "sr.dcm")
    layer = _only(tmp_path)
    assert not layer.shapes
    (problem,) = layer.problems
    assert problem.sentence == f"1 graphic of 'Nodule' in sr.dcm lies {words}."


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def _item(kind: str, concept: Dataset | None, *children: Dataset, **values: object) -> Dataset:
    item = Dataset()
    item.ValueType, item.RelationshipType = kind, "CONTAINS"
    if concept is not None:
        item.ConceptNameCodeSequence = [concept]
    for keyword, value in values.items():
        setattr(item, keyword, value)
    if children:
        item.ContentSequence = list(children)
    return item


def _image(source: FileDataset) -> Dataset:
    reference = Dataset()
    reference.ReferencedSOPClassUID = source.SOPClassUID
    reference.ReferencedSOPInstanceUID = source.SOPInstanceUID
    return _item("IMAGE", None, ReferencedSOPSequence=[reference])


def _saved(folder: Path, source: FileDataset, sop_class: str, root: Dataset) -> None:
    """Write a content tree as an object of the study of an image."""
    made = pydicom.dcmread(folder / Path(str(source.filename)).name, stop_before_pixels=True)
    for keyword in ("Rows", "Columns", "PixelSpacing", "ImagePositionPatient", "BitsStored",
                    "ImageOrientationPatient", "FrameOfReferenceUID"):  # fmt: skip
        if keyword in made:
            delattr(made, keyword)
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = sop_class
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = highdicom.UID()
    made.SeriesInstanceUID, made.Modality = highdicom.UID(), "SR"
    made.update(root)
    made.save_as(folder / "made.dcm")


def _number(concept: Dataset, value: float, unit: str) -> Dataset:
    measured = Dataset()
    measured.NumericValue = value
    measured.MeasurementUnitsCodeSequence = [_code(unit, "UCUM", unit)]
    return _item("NUM", concept, MeasuredValueSequence=[measured])


def test_key_images_bear_the_reason_for_which_they_were_picked(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    words = _item("TEXT", _code("113012", "DCM", "Description"), TextValue="thin lines")
    root = _item(
        "CONTAINER", _code("113003", "DCM", "For Surgery"), words, _image(sources[3]),
        _image(sources[7]),
    )  # fmt: skip
    _saved(tmp_path, sources[0], "1.2.840.10008.5.1.4.1.1.88.59", root)
    found = medimg.scan(tmp_path)
    (object_,) = found.objects
    assert object_.title == "Key images: For Surgery, thin lines"
    (layer,) = medimg.layers(found.series[0], [object_])
    assert layer.slices == (3, 7) and {s.text for s in layer.shapes} == {"For Surgery, thin lines"}


def test_a_dose_report_is_told_in_its_sums_and_misses_no_image(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    sums = _item(
        "CONTAINER", _code("113811", "DCM", "CT Accumulated Dose Data"),
        _number(_code("113812", "DCM", "Total Number of Irradiation Events"), 2, "{events}"),
        _number(_code("113813", "DCM", "CT Dose Length Product Total"), 553.5, "mGy.cm"),
    )  # fmt: skip
    event = _item(
        "CONTAINER", _code("113819", "DCM", "CT Acquisition"),
        _number(_code("113838", "DCM", "DLP"), 300, "mGy.cm"),
    )  # fmt: skip
    root = _item("CONTAINER", _code("113701", "DCM", "X-Ray Radiation Dose Report"), sums, event)
    step = Dataset()
    step.ReferencedSOPClassUID, step.ReferencedSOPInstanceUID = "1.2.840.10008.3.1.2.3.3", "1.2.3"
    root.ReferencedPerformedProcedureStepSequence = [step]
    _saved(tmp_path, sources[0], "1.2.840.10008.5.1.4.1.1.88.67", root)
    (object_,) = medimg.scan(tmp_path).objects
    assert object_.title == (
        "Dose report: Total Number of Irradiation Events 2 {events}, CT Dose Length Product Total "
        "553.5 mGy.cm"
    )
    assert object_.problems == ()


def test_marks_of_a_detector_lie_on_the_images_of_its_library(tmp_path: Path) -> None:
    """They name their image by its place in the report (PS3.16 TID 4000), as detectors do."""
    sources = stack(tmp_path)

    def mark(name: str, library: int, point: list[float], *more: Dataset) -> Dataset:
        image = _item("IMAGE", None)
        del image.ValueType
        image.ReferencedContentItemIdentifier = [1, 1, library]
        centre = _item(
            "SCOORD", _code("111010", "DCM", "Center"), image, GraphicType="POINT",
            GraphicData=point,
        )  # fmt: skip
        finding = _item("CODE", _code("111059", "DCM", "Single Image Finding"), centre, *more)
        finding.ConceptCodeSequence = [_code("F-01796", "SRT", name)]
        return finding

    library = _item(
        "CONTAINER", _code("111028", "DCM", "Image Library"), _image(sources[2]), _image(sources[9])
    )
    certain = _number(_code("111012", "DCM", "Certainty of Finding"), 87, "%")
    hidden = _item("CODE", _code("111056", "DCM", "Rendering Intent"))
    hidden.ConceptCodeSequence = [_code("111152", "DCM", "Not for Presentation")]
    findings = _item(
        "CONTAINER", _code("111017", "DCM", "CAD Processing and Findings Summary"),
        mark("Calcification Cluster", 2, [20.0, 30.0], certain),
        mark("Mass", 1, [40.0, 10.0], hidden),
    )  # fmt: skip
    root = _item("CONTAINER", _code("111036", "DCM", "Mammography CAD Report"), library, findings)
    _saved(tmp_path, sources[0], "1.2.840.10008.5.1.4.1.1.88.50", root)
    found = medimg.scan(tmp_path)
    (object_,) = found.objects
    assert object_.contents == ("Calcification Cluster", "Mass")
    shown, withheld = medimg.layers(found.series[0], [object_])
    (shape,) = shown.shapes
    assert (shape.index, shape.points.tolist()) == (9, [[20.0, 30.0]])
    assert [(f.name, f.value) for f in shown.figures] == [("Certainty of Finding", 87.0)]
    assert not withheld.shapes and "marked as not to be shown" in withheld.problems[0].sentence


@pytest.mark.shared_data
def test_a_value_mapping_is_listed_with_what_it_maps_to(shared_data: Path) -> None:
    found = medimg.scan(shared_data / "dicom" / "sr")
    mapping = next(o for o in found.objects if o.file.endswith("rwvm.dcm"))
    assert mapping.kind is ObjectKind.VALUE_MAPPING and mapping.contents
    assert "body weight" in mapping.title


@pytest.mark.shared_data
def test_rulers_of_a_viewer_are_as_long_as_they_say(shared_data: Path) -> None:
    found = medimg.scan(shared_data / "dicom" / "sr")
    series = next(s for s in found.series if s.geometry.shape[1:] == (24, 24))
    rulers = next(o for o in found.objects if o.file.endswith("sr-ruler.dcm"))
    made = medimg.layers(series, [rulers])
    assert [layer.colour for layer in made] == [(255, 255, 128), (255, 163, 72), (237, 51, 59)]
    for layer in made:
        ends = layer.shapes[0].points
        # Pixels of this image are 1 mm.
        assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(layer.figures[0].value, abs=1e-3)


@pytest.mark.shared_data
def test_every_report_is_listed_with_what_it_measures(shared_data: Path) -> None:
    found = medimg.scan(shared_data / "dicom" / "sr")
    titles = {Path(o.file).name: o.title for o in found.objects}
    assert titles["sr.dcm"] == "Structured report: Neoplasm, Primary"
    assert titles["sr_document_with_multiple_groups.dcm"] == (
        "Structured report: Intensity Histogram Mean, Nodule, Aorta, 4 in all"
    )
    assert titles["MarekLatin2.dcm"] == "Structured report: Opis badania radiologicznego"


def _numbers_in(item: Dataset) -> list[Dataset]:
    own = [item] if item.get("ValueType") == "NUM" else []
    return own + [n for child in item.get("ContentSequence") or [] for n in _numbers_in(child)]


@pytest.mark.parametrize("how", ["empty", "absent", "unequal"])
def test_one_measurement_without_a_number_costs_no_other(how: str, tmp_path: Path) -> None:
    """The whole report was left out; now the good one is shown and the other is named."""
    sources = stack(tmp_path)
    region = _in_image(sources[7], sr.GraphicTypeValues.POINT, [[20.0, 30.0]])
    groups = [_planar(sources[7], region, 9.6), _planar(sources[7], region, 5.5)]
    _report(sources, groups).save_as(tmp_path / "sr.dcm")
    report = pydicom.dcmread(tmp_path / "sr.dcm")
    second = _numbers_in(report)[1]
    if how == "absent":
        second.MeasuredValueSequence = []
        reason = Dataset()
        reason.CodeValue, reason.CodingSchemeDesignator = "114007", "DCM"
        reason.CodeMeaning = "Measurement not attempted"
        second.NumericValueQualifierCodeSequence = [reason]
    else:
        second.MeasuredValueSequence[0].NumericValue = None if how == "empty" else [1, 2]
        if "FloatingPointValue" in second.MeasuredValueSequence[0]:
            del second.MeasuredValueSequence[0].FloatingPointValue
    report.save_as(tmp_path / "sr.dcm")
    found = medimg.scan(tmp_path)
    assert not found.problems
    good, bad = medimg.layers(found.series[0], found.objects)
    assert [figure.value for figure in good.figures] == [9.6] and not good.problems
    assert not bad.figures and len(bad.shapes) == 1
    (problem,) = bad.problems
    assert problem.kind == "value-absent" and "no number for Diameter" in problem.sentence
    assert ("not attempted" in problem.sentence) == (how == "absent")


def test_one_graphic_that_cannot_be_read_costs_no_other(tmp_path: Path) -> None:
    sources = stack(tmp_path)
    region = _in_image(sources[7], sr.GraphicTypeValues.POINT, [[20.0, 30.0]])
    groups = [_planar(sources[7], region, 9.6), _planar(sources[7], region, 5.5)]
    _report(sources, groups).save_as(tmp_path / "sr.dcm")
    report = pydicom.dcmread(tmp_path / "sr.dcm")
    items = [i for i in _all_of(report) if i.get("ValueType") == "SCOORD"]
    items[0].GraphicData = [1.0, 2.0, 3.0]
    report.save_as(tmp_path / "sr.dcm")
    found = medimg.scan(tmp_path)
    bad, good = medimg.layers(found.series[0], found.objects)
    assert len(good.shapes) == 1 and not good.problems
    assert not bad.shapes and [p.kind for p in bad.problems] == ["contours-not-shown"]
    assert [figure.value for figure in bad.figures] == [9.6]


def _all_of(item: Dataset) -> list[Dataset]:
    return [item, *(n for child in item.get("ContentSequence") or [] for n in _all_of(child))]
