"""What headers leave in doubt of a stack's values: loss, rescale, sign, bits, polarity, class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydicom.uid import UID

from medimg.reading.dicom.header import private
from medimg.reading.dicom.picture import Picture, is_secondary
from medimg.reading.dicom.pixels.values import is_wild, scaling_of
from medimg.values.problems import Problem
from medimg.values.volume import Unit


def named(files: Sequence[str]) -> str:
    """Files in a sentence: the first by name, the others by number."""
    unique = list(dict.fromkeys(files))
    first = Path(unique[0]).name
    return first if len(unique) == 1 else f"{first} and {len(unique) - 1} more"


def bits_problems(pictures: Sequence[Picture]) -> list[Problem]:
    """Say where bits are stored that the words of the pixels have not (PS3.5 8.1.1)."""
    wrong: list[Picture] = []
    for picture in pictures:
        facts = picture.attributes
        allocated, stored = facts.whole("BitsAllocated"), facts.whole("BitsStored")
        high = facts.whole("HighBit")
        if allocated is None or stored is None:
            continue
        if stored > allocated or (high is not None and not stored - 1 <= high < allocated):
            wrong.append(picture)
    if not wrong:
        return []
    facts, files = wrong[0].attributes, tuple(dict.fromkeys(p.file for p in wrong))
    sentence = (
        f"{named(files)} stores {facts.whole('BitsStored')} bits up to bit "
        f"{facts.whole('HighBit')} in words of {facts.whole('BitsAllocated')}."
    )
    return [Problem("bits-inconsistent", sentence, files)]


def lossy(pictures: Sequence[Picture]) -> tuple[float | None, list[Problem]]:
    """Read whether any picture was compressed with loss, and by how much."""
    first = next((p for p in pictures if p.attributes.text("LossyImageCompression") == "01"), None)
    if first is None:
        return _lossy_by_syntax(pictures)
    ratios = [
        float(t) for t in first.attributes.texts("LossyImageCompressionRatio") if _is_number(t)
    ]
    ratio = max(ratios, default=0.0)
    by = f"{ratio:g}:1" if ratio else "an unknown ratio"
    sentence = f"{first.name} was compressed with loss by {by}; its values are near the true ones."
    return ratio, [Problem("lossy", sentence, (first.file,))]


#: Transfer syntaxes that are never without loss (PS3.5 8.2.1).
_LOSSY_SYNTAXES = {f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 53, 55)}


def _lossy_by_syntax(pictures: Sequence[Picture]) -> tuple[float | None, list[Problem]]:
    """Say of pictures that their compression is lossy although their header does not."""
    files = tuple(p.file for p in pictures if p.source.transfer_syntax in _LOSSY_SYNTAXES)
    if not files:
        return None, []
    sentence = f"{named(files)} is compressed with loss, which the header does not say."
    return 0.0, [Problem("lossy", sentence, tuple(dict.fromkeys(files)))]


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


#: Modalities whose images are nothing without their rescale (PS3.3 A.3.3, A.21.3).
_RESCALED = ("CT", "PT")


def rescale_problems(pictures: Sequence[Picture]) -> list[Problem]:
    """Say of values that they have no unit: a slope of 0, wild or absent, CT not in HU."""
    if pictures[0].modality == "RTDOSE":
        return _dose_problems(pictures[0])
    zero = tuple(p.file for p in pictures if p.attributes.number("RescaleSlope") == 0)
    if zero:
        sentence = f"RescaleSlope of {named(zero)} is 0; values are as stored and have no unit."
        return [Problem("slope-zero", sentence, zero)]
    wild = [p for p in pictures if is_wild(p.attributes)]
    if wild:
        told = [wild[0].attributes.text(f"Rescale{word}") for word in ("Slope", "Intercept")]
        files = tuple(p.file for p in wild)
        sentence = (
            f"Slope {told[0]} and intercept {told[1]} of {named(files)} are no measure's; values "
            "are as stored."
        )
        return [Problem("values-out-of-range", sentence, files)]
    if is_secondary(pictures[0]):
        return []
    lacking = tuple(
        p.file
        for p in pictures
        if "ModalityLUTSequence" not in p.attributes
        and None in (p.attributes.number("RescaleSlope"), p.attributes.number("RescaleIntercept"))
    )
    is_ct = pictures[0].modality == "CT"
    if lacking and (pictures[0].modality in _RESCALED or len(lacking) < len(pictures)):
        which = "to HU" if is_ct else "to the unit of its modality"
        sentence = f"{named(lacking)} lacks the rescale {which}; values are as stored."
        return [Problem("rescale-missing", sentence, lacking)]
    return _unit_problems(pictures) if is_ct else []


def _unit_problems(pictures: Sequence[Picture]) -> list[Problem]:
    """Say of CT slices that they are rescaled to something else than HU (PS3.3 C.11.1.1.2)."""
    others = [p for p in pictures if p.attributes.text("RescaleType").upper() not in ("", "HU")]
    if not others:
        return []
    files = tuple(p.file for p in others)
    kind = others[0].attributes.text("RescaleType")
    sentence = f"{named(files)} is rescaled to '{kind}' and not to HU."
    return [Problem("rescale-missing", sentence, files)]


def _dose_problems(picture: Picture) -> list[Problem]:
    """Say of a dose grid that its values are not in Gy (PS3.3 C.8.8.3)."""
    scaling, units = (picture.attributes.text(w) for w in ("DoseGridScaling", "DoseUnits"))
    if scaling_of(picture.attributes).unit is Unit.GRAY:
        return []
    what = f"scaling '{scaling}'" if scaling else "no scaling"
    sentence = f"{picture.name} gives {what} and the unit '{units}': values are not in Gy."
    return [Problem("rescale-missing", sentence, (picture.file,))]


#: Whole slide microscopy: an image cut into tiles (PS3.3 A.32.8).
_WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"


#: Breast Tomosynthesis Image Storage.
_TOMOSYNTHESIS = "1.2.840.10008.5.1.4.1.1.13.1.3"


def depth_problems(pictures: Sequence[Picture]) -> list[Problem]:
    """Say of planes computed from few directions that they are smeared across."""
    first = pictures[0]
    if first.sop_class_uid != _TOMOSYNTHESIS or first.image_position_patient is None:
        return []
    sentence = (
        f"{first.name} is a tomosynthesis of {len(pictures)} planes: lengths within a plane hold, "
        "across planes they do not, for each shows what lies before and behind it, too."
    )
    return [Problem("tomosynthesis", sentence, (first.file,))]


#: Where GE keeps the name of a pulse sequence and how it acquires pairs of opposite polarity.
_GE_SEQUENCE, _GE_POLARITY = (0x0019, "GEMS_ACQU_01", 0x9C, "LO"), (0x0019, "GEMS_ACQU_01", 0xB3)


def reversed_rows_problems(pictures: Sequence[Picture]) -> list[Problem]:
    """Say of GE's echo-planar pairs of polarities that rows of half of them are stored reversed."""
    first = pictures[0]
    if first.modality != "MR" or first.source.facts.whole("NumberOfFrames") is not None:
        return []
    name = " ".join(private.texts(first.source.layer, *_GE_SEQUENCE))
    polarity = private.numbers(first.source.layer, *_GE_POLARITY, "DS")
    if "epi_pepolar" not in name.lower() or not polarity or not polarity[0]:
        return []
    sentence = (
        f"{first.name} was acquired by GE's epi_pepolar in pairs of opposite polarity: rows of "
        "half of its volumes are stored reversed, which only private elements tell; they are "
        "shown as stored."
    )
    return [Problem("rows-reversed", sentence, (first.file,))]


#: Enhanced US Volume Storage, whose planes lie in a space of the transducer.
_ULTRASOUND_VOLUME = "1.2.840.10008.5.1.4.1.1.6.2"


def volume_problems(pictures: Sequence[Picture]) -> list[Problem]:
    """Say of an ultrasound volume that the places of its planes are not used (PS3.3 C.8.24)."""
    first = pictures[0]
    if first.sop_class_uid != _ULTRASOUND_VOLUME or len(pictures) < 2:
        return []
    sentence = (
        f"The planes of {first.name} lie in the space of a transducer, which is not read; they "
        "are shown in the order in which they are stored, and are no volume here."
    )
    return [Problem("no-position", sentence, (first.file,))]


def drawing_problems(pictures: Sequence[Picture]) -> list[Problem]:
    """Say what of a picture is not drawn as its maker draws it."""
    first = pictures[0]
    problems = []
    is_grey = first.attributes.text(_PHOTOMETRIC).startswith("MONOCHROME")
    if is_grey and "RedPaletteColorLookupTableDescriptor" in first.attributes:
        sentence = f"{first.name} brings a colour table for its upper values; it is drawn in grey."
        problems.append(Problem("colours-not-drawn", sentence, (first.file,)))
    if first.sop_class_uid == _WHOLE_SLIDE and len(pictures) > 1:
        sentence = (
            f"{first.name} is a slide cut into tiles; {len(pictures)} of them are shown one by one."
        )
        problems.append(Problem("tiles", sentence, (first.file,)))
    return problems


def sign_problems(pictures: Sequence[Picture]) -> list[Problem]:
    """Say where the header leaves open whether values are signed; floats owe no such word."""
    lacking = tuple(
        p.file
        for p in pictures
        if "PixelRepresentation" not in p.attributes and p.attributes.whole("BitsStored")
    )
    if not lacking:
        return []
    sentence = f"{named(lacking)} does not say whether its values are signed; unsigned is assumed."
    return [Problem("sign-missing", sentence, tuple(dict.fromkeys(lacking)))]


#: Modalities of the common storage classes (PS3.4 B.5).
_MODALITIES = {
    "1.2.840.10008.5.1.4.1.1.1": ("CR",),
    "1.2.840.10008.5.1.4.1.1.1.1": ("DX",),
    "1.2.840.10008.5.1.4.1.1.2": ("CT",),
    "1.2.840.10008.5.1.4.1.1.2.1": ("CT",),
    "1.2.840.10008.5.1.4.1.1.4": ("MR",),
    "1.2.840.10008.5.1.4.1.1.4.1": ("MR",),
    "1.2.840.10008.5.1.4.1.1.128": ("PT",),
}


def class_problems(pictures: Sequence[Picture]) -> list[Problem]:
    """Note a storage class that is unknown, or that is another modality's."""
    first = pictures[0]
    uid = UID(first.sop_class_uid)
    if uid and uid.name == uid:
        sentence = f"{first.name} is of a storage class that is not known here ({uid})."
        return [Problem("unknown-sop-class", sentence, (first.file,))]
    if first.modality and first.modality not in _MODALITIES.get(uid, (first.modality,)):
        sentence = f"{first.name} is stored as {uid.name} and says modality {first.modality}."
        return [Problem("sop-class-differs", sentence, (first.file,))]
    return []


def uid_problems(pictures: Sequence[Picture]) -> list[Problem]:
    """Say that no series is named, so that pictures share one by their study alone."""
    if pictures[0].series_instance_uid:
        return []
    files = tuple(dict.fromkeys(p.file for p in pictures))
    sentence = f"{named(files)} has no SeriesInstanceUID; pictures were put together without it."
    return [Problem("bad-value", sentence, files)]


_PHOTOMETRIC = "PhotometricInterpretation"


def _is_colour(picture: Picture) -> bool:
    return picture.attributes.text(_PHOTOMETRIC).startswith(("RGB", "YBR", "HSV", "ARGB", "CMYK"))


def _is_grey(picture: Picture) -> bool:
    return picture.attributes.text(_PHOTOMETRIC).upper().startswith("MONOCHROME")


def _shape_contradicts(picture: Picture) -> bool:
    """Whether the presentation table's shape is not that of the polarity (PS3.3 C.11.6.1.2)."""
    shape = picture.attributes.text("PresentationLUTShape").upper()
    photometric = picture.attributes.text(_PHOTOMETRIC).upper()
    wanted = {"MONOCHROME1": "INVERSE", "MONOCHROME2": "IDENTITY"}.get(photometric, shape)
    return shape in ("INVERSE", "IDENTITY") and shape != wanted


def polarity_problems(pictures: Sequence[Picture]) -> list[Problem]:
    """Say where low values are white, where slices disagree on it, where none is given."""
    grey = tuple(p.file for p in pictures if p.samples_per_pixel == 1 and _is_colour(p))
    if grey:
        word = next(p for p in pictures if _is_colour(p)).attributes.text(_PHOTOMETRIC)
        sentence = f"{named(grey)} is labelled {word} and has one value a pixel: drawn as grey."
        return [Problem("photometric-label-wrong", sentence, tuple(dict.fromkeys(grey)))]
    coloured = tuple(p.file for p in pictures if p.samples_per_pixel > 1 and _is_grey(p))
    if coloured:
        sentence = f"{named(coloured)} is labelled grey and has three values a pixel: drawn as RGB."
        return [Problem("photometric-label-wrong", sentence, tuple(dict.fromkeys(coloured)))]
    by_polarity: dict[str, list[Picture]] = {}
    for picture in pictures:
        text = picture.attributes.text("PhotometricInterpretation").upper()
        by_polarity.setdefault(text, []).append(picture)
    if "" in by_polarity:
        files = tuple(p.file for p in by_polarity[""])
        sentence = f"{named(files)} does not say whether low values are black; that is assumed."
        return [Problem("photometric-missing", sentence, files)]
    if len(by_polarity) > 1 and "MONOCHROME1" in by_polarity:
        fewest = min(by_polarity.values(), key=len)
        files = tuple(p.file for p in fewest)
        word = fewest[0].attributes.text("PhotometricInterpretation")
        sentence = f"{named(files)} is {word}, unlike the rest of the series."
        return [Problem("mixed-photometric", sentence, files)]
    if contradicting := [p for p in pictures if _shape_contradicts(p)]:
        facts = contradicting[0].attributes
        files = tuple(dict.fromkeys(p.file for p in contradicting))
        word, shape = facts.text(_PHOTOMETRIC), facts.text("PresentationLUTShape")
        sentence = (
            f"{named(files)} is {word} with a PresentationLUTShape of {shape}: programs disagree "
            f"which of them decides. It is drawn as {word}."
        )
        return [Problem("polarity-contradicts", sentence, files)]
    if "MONOCHROME1" in by_polarity:
        first = pictures[0]
        return [Problem("monochrome1", f"{first.name} stores white as low values; it is drawn and "
                        "given to models turned, as a film looks.", (first.file,))]  # fmt: skip
    return []
