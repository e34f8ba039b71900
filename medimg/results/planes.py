"""Where the slices of a source lie, as DICOM objects that are derived from them need it."""

from __future__ import annotations

import copy

import numpy as np
from pydicom.dataset import Dataset

from medimg.results.source import Place, Sources
from medimg.values.analysis import Analysis

#: Cosines of one stack that differ less than this are one orientation (rounding of vendors).
_SAME_ORIENTATION = 1e-3

#: Where a slice lies; the first three must be known.
_PLANE = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness")


def reason_against(origin: Sources, kind: str) -> str:
    """Say why a source has no place for a derived image; empty where it has.

    Without a frame of reference a segmentation or a map has no place (PS3.3 C.7.6.2.1.1);
    highdicom would write one all the same, so the guard stands here.

    Args:
        kind: What is to be derived, as the sentence says it ("segmentation").
    """
    instances = origin.instances
    if any(not i.get("FrameOfReferenceUID") for i in instances):
        return f"The source has no frame of reference, so there is no DICOM {kind}."
    if origin.is_multiframe and len(instances) > 1:
        return f"The source is several multi-frame images, which one {kind} may not refer to."
    if not origin.is_multiframe and len(instances) != len(origin.places):
        return (
            "Several slices of the source have the same SOP Instance UID, so no object can "
            "refer to them."
        )
    return _reason_against_planes([_plane_of(place) for place in origin.places], kind)


def _reason_against_planes(planes: list[Dataset | None], kind: str) -> str:
    known = [plane for plane in planes if plane is not None]
    if len(known) < len(planes):
        return (
            "A slice of the source has no position, orientation or spacing in the patient, "
            f"so there is no DICOM {kind}."
        )
    cosines = np.array([plane.ImageOrientationPatient for plane in known], dtype=float)
    if np.abs(cosines - cosines[0]).max() > _SAME_ORIENTATION:
        return f"The slices of the source are not parallel, so one {kind} cannot cover them."
    if len({tuple(plane.ImagePositionPatient) for plane in known}) < len(known):
        return (
            f"Several slices of the source have the same position, so one {kind} cannot cover them."
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


def images(analysis: Analysis, origin: Sources) -> list[Dataset]:
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


def refer_to_frames(derived: Dataset, origin: Sources) -> None:
    """Give each frame the number that its source frame has in the whole source image."""
    for group in derived.PerFrameFunctionalGroupsSequence:
        for derivation in group.get("DerivationImageSequence", []):
            for reference in derivation.SourceImageSequence:
                slice_index = int(reference.ReferencedFrameNumber) - 1
                reference.ReferencedFrameNumber = origin.places[slice_index].frame_number
