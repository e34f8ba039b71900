"""One picture as its header describes it: an instance, or a frame of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pydicom.dataset import Dataset

from medimg.reading.dicom.header.attributes import Attributes, Layer
from medimg.reading.dicom.header.source import Source
from medimg.reading.dicom.mosaic import Mosaic, NotLaidOut, is_mosaic, mosaic_of
from medimg.reading.dicom.placing import normal_of

Triple = tuple[float, float, float]

#: Cosine between a normal and z above which planes are axial (0.5 degrees).
PARALLEL_TO_Z = 0.99996


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """The header values by which pictures are told apart, grouped and placed.

    Attributes:
        source: The file.
        number: Frame within the file, or tile of a mosaic, 0 for the first.
        attributes: All other values.
        image_orientation_patient: Six direction cosines as stored, not checked.
        image_position_patient: Centre of the first pixel, LPS mm.
        mosaic: What the picture is a tile of; None where it is whole.
    """

    source: Source
    number: int
    attributes: Attributes
    image_orientation_patient: tuple[float, ...] | None
    image_position_patient: Triple | None
    mosaic: Mosaic | None = None

    @property
    def patient_id(self) -> str:
        """As stored."""
        return self.attributes.text("PatientID")

    @property
    def patient_name(self) -> str:
        """Without the marks of empty parts at its end."""
        return self.attributes.text("PatientName").rstrip("^")

    @property
    def study_instance_uid(self) -> str:
        """Of the examination."""
        return self.attributes.text("StudyInstanceUID")

    @property
    def series_instance_uid(self) -> str:
        """Empty where the file names none."""
        return self.attributes.text("SeriesInstanceUID")

    @property
    def sop_class_uid(self) -> str:
        """As the data set says."""
        return self.attributes.text("SOPClassUID")

    @property
    def sop_instance_uid(self) -> str:
        """Empty where the file names none."""
        return self.attributes.text("SOPInstanceUID")

    @property
    def frame_of_reference_uid(self) -> str:
        """Pictures of one share a space."""
        return self.attributes.text("FrameOfReferenceUID")

    @property
    def modality(self) -> str:
        """Upper case."""
        return self.attributes.text("Modality").upper()

    @property
    def instance_number(self) -> int | None:
        """None where there is none to be read."""
        return self.attributes.whole("InstanceNumber")

    @property
    def rows(self) -> int:
        """0 where unknown."""
        return self.mosaic.rows if self.mosaic else self.attributes.whole("Rows") or 0

    @property
    def columns(self) -> int:
        """0 where unknown."""
        return self.mosaic.columns if self.mosaic else self.attributes.whole("Columns") or 0

    @property
    def samples_per_pixel(self) -> int:
        """1 where unknown."""
        return self.attributes.whole("SamplesPerPixel") or 1

    @property
    def image_type(self) -> tuple[str, ...]:
        """Of the frame, else of the instance; upper case."""
        texts = self.attributes.texts("FrameType") or self.attributes.texts("ImageType")
        return tuple(text.upper() for text in texts)

    @property
    def pixel_spacing(self) -> tuple[float, ...] | None:
        """Between rows and between columns, mm, as stored."""
        return self.attributes.numbers("PixelSpacing", 2)

    @property
    def file(self) -> str:
        """Path of the file."""
        return str(self.source.path)

    @property
    def series_key(self) -> str:
        """What it may be stacked with: its series; without a UID what lies beside it, if it has a
        place, else nothing."""
        if self.series_instance_uid:
            return self.series_instance_uid
        return self.file if self.image_position_patient is None else str(self.source.path.parent)

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
    """List the pictures of a file: one, or one a frame, or one a tile of a mosaic."""
    facts = source.facts
    if is_mosaic(facts):
        yield from _tiles(source)
        return
    count = facts.whole("NumberOfFrames") or 1
    own: list[Dataset] = []
    common: list[Layer] = []
    if any(keyword in facts for keyword in _FUNCTIONAL_GROUPS):
        own, shared = (list(source.dataset.get(key) or []) for key in _FUNCTIONAL_GROUPS)
        common = [layer for group in shared for layer in _in(group)]
        facts = Attributes(*common, source.layer)
    for number, group in zip(range(count), own, strict=False):
        yield _picture(source, number, Attributes(*_in(group), *common, source.layer))
    if len(own) >= count:
        return
    if _is_placed_by_detector(facts):
        yield from (_picture(source, number, facts) for number in range(len(own), count))
    else:
        yield from _alike(_picture(source, len(own), facts), count)


def _tiles(source: Source) -> Iterator[Picture]:
    """The slices of a mosaic; the whole of one that cannot be cut."""
    whole = _picture(source, 0, source.facts)
    try:
        mosaic = mosaic_of(source)
    except NotLaidOut:  # `geometry.place_pictures` says why
        yield whole
        return
    whole = replace(whole, mosaic=mosaic)
    for number in range(mosaic.count):
        yield replace(whole, number=number, image_position_patient=mosaic.position(number))


def _alike(first: Picture, count: int) -> Iterator[Picture]:
    """Frames with nothing of their own but a number, up to `count`: read once, however many."""
    places = _dose_planes(first)
    if places is None and count == 1:
        yield first  # the common case
        return
    for number in range(first.number, count):
        place = first.image_position_patient
        if places is not None:
            place = places[number] if number < len(places) else None
        yield replace(first, number=number, image_position_patient=place)


def _in(group: Dataset) -> Iterator[Layer]:
    """The first item of each standard sequence of a functional group.

    Makers hide whole single-frame headers in private ones, with UIDs and times of their own.
    """
    for element in group:
        if element.VR == "SQ" and element.value and not element.tag.is_private:
            yield Layer(element.value[0])


def _picture(source: Source, number: int, attributes: Attributes) -> Picture:
    position = attributes.numbers("ImagePositionPatient", 3)
    cosines = attributes.numbers("ImageOrientationPatient", 6)
    if _is_placed_by_detector(attributes):
        position, cosines = _reconstructed_plane(number, attributes)
    place = None if position is None else (position[0], position[1], position[2])
    return Picture(source, number, attributes, cosines, place)


def vector(picture: Picture, keyword: str) -> int | None:
    """What a frame is, by a list of one number a frame (PS3.3 C.8.4.8); None where it is none."""
    return _in_vector(picture.attributes, keyword, picture.number)


def _in_vector(attributes: Attributes, keyword: str, number: int) -> int | None:
    texts = attributes.texts(keyword)
    return int(texts[number]) if number < len(texts) and texts[number].isdigit() else None


def _is_placed_by_detector(attributes: Attributes) -> bool:
    return (
        attributes.numbers("ImagePositionPatient", 3) is None
        and "DetectorInformationSequence" in attributes
    )


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


def _dose_planes(picture: Picture) -> list[Triple] | None:
    """Place the planes of a dose grid along its normal (PS3.3 C.8.8.3.2); None where it is none."""
    if picture.image_position_patient is None or "GridFrameOffsetVector" not in picture.attributes:
        return None
    cosines = picture.image_orientation_patient
    normal = None if cosines is None else normal_of(cosines)
    if normal is None:
        return []
    x, y, z = picture.image_position_patient
    right, back, up = (float(part) for part in normal)
    offsets = picture.attributes.every("GridFrameOffsetVector")
    # The first offset is 0 where offsets are relative to it along the normal; else they are
    # coordinates along the patient's z, whichever way the normal of an axial plane points.
    if offsets and offsets[0] != 0 and abs(up) > PARALLEL_TO_Z:
        right, back, up = 0.0, 0.0, 1.0
    steps = [offset - offsets[0] for offset in offsets]
    return [(x + s * right, y + s * back, z + s * up) for s in steps]
