"""What can run through a series besides place: echo, b-value, time, phase, energy, quantity."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from medimg.reading.dicom.header.keywords import PRIVATE
from medimg.reading.dicom.picture import Picture, vector
from medimg.reading.dicom.stack import diffusion

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Value(Generic[T]):
    """A value of a picture, and the keywords of all elements that it is made of.

    Pictures whose headers agree in those have one value, which so need not be asked of each.
    """

    of: Callable[[Picture], T]
    reads: tuple[str, ...]

    def __call__(self, picture: Picture) -> T:
        return self.of(picture)


def reads(*keywords: str) -> Callable[[Callable[[Picture], T]], Value[T]]:
    """Say of a function which elements it reads."""
    return lambda of: Value(of, keywords)


def number(keyword: str) -> Value[float | None]:
    """The first number of an element."""
    return Value(lambda picture: picture.attributes.number(keyword), (keyword,))


def text(keyword: str) -> Value[str]:
    """The text of an element."""
    return Value(lambda picture: picture.attributes.text(keyword), (keyword,))


#: What the image type is read from.
IMAGE_TYPE = ("FrameType", "ImageType")
#: What private diffusion values are read from.
_PRIVATE_DIFFUSION = (PRIVATE, "NumberOfFrames", "ScanningSequence")
#: Siemens writes the b-value into the sequence name ("*ep_b1000#12"; "ep_b0").
_B_IN_NAME = re.compile(r"ep2?d?_b(\d+)")

#: Parts of ImageType that readers have words for. Parts that are not here tell how a picture was
#: made (NORM, ND, ADD, SH), which differs within honest volumes.
IMAGE_TYPE_WORDS = {
    "M": "magnitude",
    "P": "phase",
    "R": "real",
    "I": "imaginary",
    "MAGNITUDE": "magnitude",
    "PHASE": "phase",
    "REAL": "real",
    "IMAGINARY": "imaginary",
    "M_FFE": "magnitude",
    "M_SE": "magnitude",
    "M_IR": "magnitude",
    "P_FFE": "phase",
    "R_FFE": "real",
    "I_FFE": "imaginary",
    "PHASE MAP": "phase",
    "LOCALIZER": "localiser",
    "ADC": "ADC",
    "TRACEW": "trace",
    "FA": "FA",
    "W": "water",
    "F": "fat",
    "WATER": "water",
    "FAT": "fat",
    "IP": "in phase",
    "OP": "out of phase",
    "IN_PHASE": "in phase",
    "OUT_PHASE": "out of phase",
    "OPP_PHASE": "out of phase",
    "FIELD_MAP": "B0 map",
    "B0 MAP": "B0 map",
    "T1 MAP": "T1 map",
    "T2 MAP": "T2 map",
    "T2_STAR MAP": "T2* map",
    "R2 MAP": "R2 map",
    "UNI": "uniform",
    "SUB": "subtraction",
    "SUBTRACTION": "subtraction",
    "MIP": "MIP",
    "MNIP": "MinIP",
    "MIN_IP": "MinIP",
    "MPR": "reformat",
    "RCBF": "CBF",
    "RCBV": "CBV",
    "MTT": "MTT",
    "TTP": "TTP",
    "TMAX": "Tmax",
    "EVAL": "",
    "PROJECTION IMAGE": "projection",
}
#: Words that name a quantity of its own, before which the contrast of its source steps back.
MAPS = frozenset({"B0 map", "T1 map", "T2 map", "T2* map", "R2 map", "FA",
                  "CBF", "CBV", "MTT", "TTP", "Tmax"})  # fmt: skip


def image_type_words(picture: Picture) -> str:
    """What the image type says in a reader's words."""
    return ", ".join(_words(picture))


def map_name(picture: Picture) -> str:
    """The quantity that a map shows; empty for a picture."""
    return next((word for word in _words(picture) if word in MAPS), "")


@reads(*IMAGE_TYPE, "ComplexImageComponent")
def quantity(picture: Picture) -> Hashable:
    """What must agree inside a volume of the image type: original or derived, and its words."""
    is_derived = bool(picture.image_type) and picture.image_type[0] == "DERIVED"
    return is_derived, _words(picture)


@reads("EffectiveEchoTime", "EchoTime")
def echo_time(picture: Picture) -> float | None:
    """Echo time in ms."""
    attributes = picture.attributes
    time = attributes.number("EffectiveEchoTime")
    time = attributes.number("EchoTime") if time is None else time
    return None if time is None else round(time, 2)


@reads("DiffusionBValue", "Modality", "SequenceName", *_PRIVATE_DIFFUSION)
def b_value(picture: Picture) -> float | None:
    """b-value in s/mm²: stated by the Standard, else by the maker, else in the sequence's name."""
    stated = picture.attributes.number("DiffusionBValue")
    if stated is not None or picture.modality != "MR":
        return stated
    stated = diffusion.b_value(picture)
    if stated is not None:
        return stated
    named = _B_IN_NAME.search(picture.attributes.text("SequenceName"))
    return float(named[1]) if named else None


@reads("DiffusionGradientOrientation", "DiffusionGradientDirectionSequence", "SequenceName",
       "Modality", *_PRIVATE_DIFFUSION)  # fmt: skip
def direction(picture: Picture) -> Hashable:
    """What tells diffusion gradients apart: a vector, else a number; None without one."""
    attributes = picture.attributes
    own = attributes.numbers("DiffusionGradientOrientation", 3)
    for item in attributes.items("DiffusionGradientDirectionSequence"):
        own = item.numbers("DiffusionGradientOrientation", 3)
    own = own or diffusion.direction(picture)
    if own is not None:
        return tuple(round(x, 3) for x in own)
    numbered = re.search(r"ep2?d?_b\d+#(\d+)", attributes.text("SequenceName"))
    return int(numbered[1]) if numbered else None


@reads("DiffusionDirectionality")
def directionality(picture: Picture) -> str:
    """ "trace" of an isotropic image, computed of several directions; empty of all others."""
    told = picture.attributes.text("DiffusionDirectionality").upper()
    return "trace" if told == "ISOTROPIC" else ""


@reads("InversionTime", "InversionTimes")
def inversion_time(picture: Picture) -> float | None:
    """Inversion time in ms."""
    attributes = picture.attributes
    time = attributes.number("InversionTime")
    return attributes.number("InversionTimes") if time is None else time


@reads("EnergyWindowVector")
def energy_window(picture: Picture) -> float | None:
    """Number of the energy window of nuclear medicine: another tracer, or its scatter."""
    return vector(picture, "EnergyWindowVector")


_PHASES = (
    "NominalPercentageOfCardiacPhase",
    "NominalCardiacTriggerDelayTime",
    "NominalPercentageOfRespiratoryPhase",
)


@reads(*_PHASES, "TimeSlotVector")
def phase(picture: Picture) -> float | None:
    """Cardiac phase in % or ms, else respiratory phase in %, else time slot by number."""
    attributes = picture.attributes
    for keyword in _PHASES:
        found = attributes.number(keyword)
        if found is not None:
            return found
    return vector(picture, "TimeSlotVector")  # of a gated nuclear tomogram


@reads("TemporalPositionIndex", "TemporalPositionIdentifier")
def temporal(picture: Picture) -> float | None:
    """Number of the time, from 1."""
    attributes = picture.attributes
    index = attributes.number("TemporalPositionIndex")
    return attributes.number("TemporalPositionIdentifier") if index is None else index


def moment(picture: Picture) -> tuple[float, str, int, str]:
    """What orders volumes in time: their number, the clock, the instance, the file."""
    attributes = picture.attributes
    clock = next(
        (told for keyword in ("FrameAcquisitionDateTime", "AcquisitionDateTime", "AcquisitionTime",
                              "ContentTime") if (told := attributes.text(keyword))), "",
    )  # fmt: skip
    return temporal(picture) or 0.0, clock, picture.instance_number or 0, picture.file


def _words(picture: Picture) -> tuple[str, ...]:
    own = picture.attributes.text("ComplexImageComponent").upper()
    words = [IMAGE_TYPE_WORDS.get(part, "") for part in (*picture.image_type[2:], own)]
    return tuple(dict.fromkeys(word for word in words if word))
