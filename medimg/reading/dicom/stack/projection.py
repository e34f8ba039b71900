"""What a radiograph's header says of view and size: stated, never guessed."""

from __future__ import annotations

from medimg.reading.dicom.header.attributes import Attributes
from medimg.reading.dicom.stack.subject import is_quadruped
from medimg.values.geometry import MeasuredAt, PlaneSpacing
from medimg.values.problems import Problem
from medimg.values.series import View

_VIEWS = {
    "PA": View.PA,
    "AP": View.AP,
    "LL": View.LATERAL,
    "RL": View.LATERAL,
    "LAT": View.LATERAL,
    "LATERAL": View.LATERAL,
}
#: View codes of CID 4010, SNOMED CT and the retired SNOMED RT.
_VIEW_CODES = {
    "272479007": View.PA,
    "R-10214": View.PA,
    "399348003": View.AP,
    "R-10206": View.AP,
    "399173006": View.LATERAL,
    "R-10236": View.LATERAL,
    "399198007": View.LATERAL,
    "R-10232": View.LATERAL,
}
#: Views of the breast by code (CID 4014), SNOMED CT and RT.
_BREAST_VIEWS = {
    "399162004": "CC",
    "R-10242": "CC",
    "399368009": "MLO",
    "R-10226": "MLO",
    "399260004": "ML",
    "R-10224": "ML",
    "399352003": "LM",
    "R-10228": "LM",
}

#: How a spacing was calibrated (PS3.3 10.7.1.2).
_CALIBRATIONS = {
    "GEOMETRY": " by geometry",
    "FIDUCIAL": " by an object of known size",
}

#: No device magnifies by more; a larger factor is a fault of the header.
_MAGNIFIED = 20.0
#: PhysicalUnitsXDirection: 3 is cm.
_CENTIMETRES = 3
#: RegionSpatialFormat: 1 is 2-D, 0 says nothing; M-mode, spectra, waves and graphics are none.
_SPATIAL = (0, 1)
#: RegionDataType of what has no size and lies over or beside the picture: none, the traces of
#: electrocardiogram, pulse and heart sounds, bars of greys and of colours.
_BESIDE = (0x0, 0xA, 0xB, 0xC, 0xD, 0xE)


def view(attributes: Attributes, name: str) -> tuple[View, tuple[Problem, ...]]:
    """Read the projection from ViewPosition, its code, or a misplaced PatientPosition.

    Some makers of files put PA and AP into PatientPosition, whose own terms (HFS, FFP …) cannot
    be mistaken for them; it is the header's word, and it is told.
    """
    stated = _VIEWS.get(attributes.text("ViewPosition").upper())
    if stated is not None:
        return stated, ()
    for item in attributes.items("ViewCodeSequence"):
        coded = _VIEW_CODES.get(item.text("CodeValue"))
        if coded is not None:
            return coded, ()
    if _is_from_the_side(attributes):
        return View.LATERAL, ()
    misplaced = attributes.text("PatientPosition").upper()
    if attributes.text("ViewPosition") == "" and misplaced in ("PA", "AP"):
        sentence = (
            f"ViewPosition is missing in {name} and PatientPosition says '{misplaced}', "
            "which is taken as the view."
        )
        return _VIEWS[misplaced], (Problem("bad-value", sentence, (name,)),)
    return View.UNKNOWN, ()


def _is_from_the_side(attributes: Attributes) -> bool:
    """Whether rows run from front to back and columns along the body (PS3.3 C.7.6.1.1.1).

    From the front and from the back a film is hung alike, so that AP and PA cannot be told so.
    """
    along = attributes.texts("PatientOrientation")
    is_breast = attributes.text("Modality").upper() == "MG"
    if len(along) != 2 or is_breast or is_quadruped(attributes):
        return False
    return along[0][:1] in ("A", "P") and along[1][:1] in ("H", "F")


def breast_view(attributes: Attributes) -> str:
    """Side and view of a mammogram as it is called ("R MLO"); empty where either is not told."""
    side = (attributes.text("ImageLaterality") or attributes.text("Laterality")).upper()
    shown = attributes.text("ViewPosition").upper()
    for item in attributes.items("ViewCodeSequence"):
        shown = shown or _BREAST_VIEWS.get(item.text("CodeValue"), "")
    return f"{side} {shown}" if side in ("L", "R", "B") and shown else ""


def plane_spacing(attributes: Attributes, name: str) -> tuple[PlaneSpacing, tuple[Problem, ...]]:
    """Read what a millimetre of a projection means (PS3.3 10.7.1.2 and 10.7.1.3).

    PixelSpacing that differs from ImagerPixelSpacing was calibrated; ImagerPixelSpacing alone is
    at the detector, and in the patient once divided by the estimated magnification.
    """
    pixel = attributes.numbers("PixelSpacing", 2)
    imager = attributes.numbers("ImagerPixelSpacing", 2)
    if imager is None:
        imager = attributes.numbers("NominalScannedPixelSpacing", 2)
    factor = attributes.number("EstimatedRadiographicMagnificationFactor")
    zero = [pair for pair in (pixel, imager) if pair is not None and not _positive(pair)]
    if zero:
        sentence = f"A pixel of {name} is said to be {_mm(zero[0])}; lengths are in pixels."
        return PlaneSpacing(aspect=aspect(attributes)), (_note("spacing-zero", sentence, name),)
    by = _CALIBRATIONS.get(attributes.text("PixelSpacingCalibrationType").upper(), "")
    if pixel and (by or (imager and pixel != imager)):
        described = attributes.text("PixelSpacingCalibrationDescription")
        by += f' ("{described}")' if described else ""
        there = f", {_mm(imager)} at the detector" if imager else ""
        return _known(MeasuredAt.CALIBRATED, pixel), (_note(
            "calibrated", f"{name} gives {_mm(pixel)} after calibration{by}{there}; "
            f"lengths are at {_mm(pixel)}.", name),)  # fmt: skip
    if pixel and not imager:
        # Older plate readers write the plate's own spacing here; no calibration is claimed.
        return _known(MeasuredAt.DETECTOR, pixel), (_note(
            "calibration-type-unknown", f"{name} gives {_mm(pixel)} a pixel and not whether this "
            "was calibrated.", name),)  # fmt: skip
    if imager and factor and 1.0 < factor < _MAGNIFIED:
        at = tuple(mm / factor for mm in imager)
        spacing = PlaneSpacing(MeasuredAt.CORRECTED, at[0], at[1], magnification=factor)
        return spacing, (_note(
            "corrected-for-magnification", f"Lengths in {name} are corrected for a magnification "
            f"of {factor:g}, estimated by the device: {_mm(at)} a pixel.", name),)  # fmt: skip
    if imager:
        return _known(MeasuredAt.DETECTOR, imager), (_note(
            "not-calibrated", f"Lengths in {name} are mm at the detector: the patient's own are "
            "smaller by an unknown magnification.", name),)  # fmt: skip
    return PlaneSpacing(aspect=aspect(attributes)), ()


def ultrasound_spacing(
    attributes: Attributes,
) -> tuple[tuple[float, float] | None, str]:
    """Read (row, column) mm of an ultrasound picture from its regions (PS3.3 C.8.5.5).

    Returns:
        The spacing, where one holds for all of the picture that is 2-D; and why there is none, or
        empty. A trace has no mm, so a picture with a region of one has none as a whole.
    """
    found: set[tuple[float, float]] = set()
    others = 0
    for region in attributes.items("SequenceOfUltrasoundRegions"):
        down, right = region.number("PhysicalDeltaY"), region.number("PhysicalDeltaX")
        units = region.whole("PhysicalUnitsXDirection"), region.whole("PhysicalUnitsYDirection")
        is_space = region.whole("RegionSpatialFormat") in (None, *_SPATIAL)
        if units == (_CENTIMETRES, _CENTIMETRES) and down and right and is_space:
            found.add((round(abs(down) * 10.0, 6), round(abs(right) * 10.0, 6)))
        elif region.whole("RegionDataType") not in _BESIDE:
            others += 1
    if found and others:
        return None, "beside the 2-D image it shows a trace, which has no mm"
    if len(found) > 1:
        return None, "its regions have pixels of different sizes"
    return (found.pop() if found else None), ""


def aspect(attributes: Attributes) -> float:
    """Height over width of a pixel by PixelAspectRatio (vertical, horizontal); 1 without one."""
    ratio = attributes.numbers("PixelAspectRatio", 2)
    if ratio is None or ratio[0] <= 0 or ratio[1] <= 0:
        return 1.0
    return ratio[0] / ratio[1]


def _positive(pair: tuple[float, ...] | None) -> bool:
    return pair is not None and min(pair) > 0


def _known(at: MeasuredAt, pair: tuple[float, ...]) -> PlaneSpacing:
    return PlaneSpacing(at, pair[0], pair[1])


def _mm(pair: tuple[float, ...]) -> str:
    return f"{pair[0]:.3g} mm" if pair[0] == pair[1] else f"{pair[0]:.3g} x {pair[1]:.3g} mm"


def _note(kind: str, sentence: str, name: str) -> Problem:
    return Problem(kind, sentence, (name,))
