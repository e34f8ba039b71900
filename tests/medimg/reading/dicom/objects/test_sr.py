"""Measurements of reports: figures with units, and graphics where they were drawn."""

from __future__ import annotations

from pathlib import Path

import highdicom
import numpy as np
import pytest
from highdicom import sr
from pydicom.dataset import FileDataset
from pydicom.sr.codedict import codes

import medimg
from medimg.values.codes import Code
from medimg.values.layers import Layer, LayerKind
from tests.derived_objects import stack


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
        series_instance_uid=highdicom.UID(),
        series_number=9,
        sop_instance_uid=highdicom.UID(),
        instance_number=1,
        manufacturer="Planted",
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
