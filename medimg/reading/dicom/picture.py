"""One picture as its header describes it: an instance, or a frame of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.dataset import Dataset

from medimg.reading.dicom.attributes import Attributes, Layer
from medimg.reading.dicom.placing import normal_of
from medimg.reading.dicom.source import Source

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """The header values by which pictures are told apart, grouped and placed.

    Attributes:
        source: The file.
        number: Frame within the file, 0 for the first.
        attributes: All other values.
        image_orientation_patient: Six direction cosines as stored, not checked.
        image_position_patient: Centre of the first pixel, LPS mm.
        image_type: Upper case.
    """

    source: Source
    number: int
    attributes: Attributes
    patient_id: str
    patient_name: str
    study_instance_uid: str
    series_instance_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    frame_of_reference_uid: str
    modality: str
    instance_number: int | None
    rows: int
    columns: int
    samples_per_pixel: int
    image_type: tuple[str, ...]
    image_orientation_patient: tuple[float, ...] | None
    image_position_patient: Triple | None
    pixel_spacing: tuple[float, ...] | None

    @property
    def file(self) -> str:
        """Path of the file."""
        return str(self.source.path)

    @property
    def name(self) -> str:
        """Name of the file, for sentences."""
        return self.source.path.name


#: Secondary Capture and its multi-frame classes: pictures made of pictures.
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def is_secondary(picture: Picture) -> bool:
    """Whether a picture was made of pictures: a screen save, a report."""
    return is_secondary_class(picture.sop_class_uid)


def is_secondary_class(sop_class_uid: str) -> bool:
    """Whether a class is one of secondary capture."""
    return sop_class_uid.startswith(_SECONDARY_CAPTURE)


_FUNCTIONAL_GROUPS = ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence")


def pictures(source: Source) -> Iterator[Picture]:
    """List the pictures of a file: one, or one a frame."""
    facts = source.facts
    count = facts.whole("NumberOfFrames") or 1
    if not any(keyword in facts for keyword in _FUNCTIONAL_GROUPS):
        for number in range(count):
            yield _picture(source, number, facts)
        return
    own, shared = (list(source.dataset.get(keyword) or []) for keyword in _FUNCTIONAL_GROUPS)
    common = [layer for group in shared for layer in _in(group)]
    for number in range(count):
        layers = list(_in(own[number])) if number < len(own) else []
        yield _picture(source, number, Attributes(*layers, *common, source.layer))


def _in(group: Dataset) -> Iterator[Layer]:
    """The first item of each standard sequence of a functional group.

    Makers hide whole single-frame headers in private ones, with UIDs and times of their own.
    """
    for element in group:
        if element.VR == "SQ" and element.value and not element.tag.is_private:
            yield Layer(element.value[0])


def _picture(source: Source, number: int, attributes: Attributes) -> Picture:
    position = attributes.numbers("ImagePositionPatient", 3)
    if position is not None and "GridFrameOffsetVector" in attributes:
        position = _dose_plane(position, number, attributes)
    cosines = attributes.numbers("ImageOrientationPatient", 6)
    if position is None and "DetectorInformationSequence" in attributes:
        position, cosines = _reconstructed_plane(number, attributes)
    return Picture(
        source=source,
        number=number,
        attributes=attributes,
        patient_id=attributes.text("PatientID"),
        patient_name=attributes.text("PatientName").rstrip("^"),
        study_instance_uid=attributes.text("StudyInstanceUID"),
        series_instance_uid=attributes.text("SeriesInstanceUID"),
        sop_class_uid=attributes.text("SOPClassUID"),
        sop_instance_uid=attributes.text("SOPInstanceUID"),
        frame_of_reference_uid=attributes.text("FrameOfReferenceUID"),
        modality=attributes.text("Modality").upper(),
        instance_number=attributes.whole("InstanceNumber"),
        rows=attributes.whole("Rows") or 0,
        columns=attributes.whole("Columns") or 0,
        samples_per_pixel=attributes.whole("SamplesPerPixel") or 1,
        image_type=tuple(
            t.upper() for t in attributes.texts("FrameType") or attributes.texts("ImageType")
        ),
        image_orientation_patient=cosines,
        image_position_patient=None
        if position is None
        else (position[0], position[1], position[2]),
        pixel_spacing=attributes.numbers("PixelSpacing", 2),
    )


def vector(picture: Picture, keyword: str) -> int | None:
    """What a frame is, by a list of one number a frame (PS3.3 C.8.4.8); None where it is none."""
    return _in_vector(picture.attributes, keyword, picture.number)


def _in_vector(attributes: Attributes, keyword: str, number: int) -> int | None:
    texts = attributes.texts(keyword)
    return int(texts[number]) if number < len(texts) and texts[number].isdigit() else None


def _reconstructed_plane(
    number: int, attributes: Attributes
) -> tuple[tuple[float, ...] | None, tuple[float, ...] | None]:
    """Place and directions of a frame of a nuclear tomogram (PS3.3 C.8.4.11, C.8.4.15).

    The detector tells where its first slice lies; slices are stacked along the normal by
    SpacingBetweenSlices, whose sign counts here, unlike elsewhere.
    """
    image_type = attributes.texts("ImageType")
    slice_number = _in_vector(attributes, "SliceVector", number)
    step = attributes.number("SpacingBetweenSlices")
    detectors = list(attributes.items("DetectorInformationSequence"))
    is_tomogram = len(image_type) > 2 and image_type[2].upper().startswith("RECON")
    if not is_tomogram or len(detectors) != 1 or slice_number is None or not step:
        return None, None
    first = detectors[0].numbers("ImagePositionPatient", 3)
    cosines = detectors[0].numbers("ImageOrientationPatient", 6)
    normal = None if cosines is None else normal_of(cosines)
    if first is None or normal is None:
        return None, cosines
    along = (slice_number - 1) * step
    return tuple(float(p + along * n) for p, n in zip(first, normal, strict=True)), cosines


def _dose_plane(
    position: tuple[float, ...], number: int, attributes: Attributes
) -> tuple[float, ...] | None:
    """Place a plane of a dose grid, whose offsets run along the normal (PS3.3 C.8.8.3.2)."""
    offsets = [float(text) for text in attributes.texts("GridFrameOffsetVector")]
    cosines = attributes.numbers("ImageOrientationPatient", 6)
    normal = None if cosines is None else normal_of(cosines)
    if normal is None or number >= len(offsets):
        return None
    # The first offset is 0 where offsets are relative; else they are coordinates along z.
    along = offsets[number] - offsets[0]
    return tuple(float(p + along * n) for p, n in zip(position, normal, strict=True))
