"""What an MR stack shows, judged from its sequence parameters.

The description is the last resort, because it is free text that nobody checks; where it decides,
the reason says so. Limits are those that textbooks give for 1.5 to 3 T and fit the series at
hand; a stack between two kinds stays unknown rather than taking the nearer one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from medimg.reading.dicom.header.attributes import Attributes
from medimg.values.series import MRKind

#: Inversion times in ms that null fluid (FLAIR) and fat (STIR).
FLUID_NULLED = (1500.0, 3200.0)
FAT_NULLED = (80.0, 300.0)
#: Spin echo, ms: T1 is short TR and TE, T2 long TR and TE, PD long TR and short TE.
SHORT_TR, LONG_TR = 1200.0, 1500.0
SHORT_TE, LONG_TE = 30.0, 60.0
#: Gradient echo, ms.
T2_STAR_TE, T1_GRADIENT_TE = 12.0, 8.0

#: Words in AcquisitionContrast of enhanced objects (PS3.3 C.8.13.3.1).
_CONTRASTS = {
    "DIFFUSION": MRKind.DWI,
    "FLUID_ATTENUATED": MRKind.FLAIR,
    "PROTON_DENSITY": MRKind.PD,
    "T1": MRKind.T1,
    "T2": MRKind.T2,
    "T2_STAR": MRKind.T2_STAR,
}

#: Words in descriptions, the more telling ones first.
_WORDS: tuple[tuple[str, MRKind], ...] = (
    (r"\badc\b|apparent diffusion", MRKind.ADC),
    (r"flair|dark.?fluid|tirm\b", MRKind.FLAIR),
    (r"\bdwi\b|diffusion|\bdti\b|trace", MRKind.DWI),
    (r"t2\s?\*|t2.?star|\bswi\b|\bgre\b.*hemo|hemo", MRKind.T2_STAR),
    (r"\bt1|mprage|\bspgr\b|bravo", MRKind.T1),
    (r"\bt2", MRKind.T2),
    (r"\bpd\b|proton", MRKind.PD),
)
_CONTRAST_WORDS = r"\+\s?c\b|\bpost|\bgd\b|gad|contrast|\bkm\b|\bce\b|t1c"
_NO_CONTRAST_WORDS = r"\bpre\b|without|non.?contrast|\bw/?o\b|\bnative?\b"
_NO_AGENT = {"", "NONE", "NO", "N", "0", "UNDEFINED"}


@dataclass(frozen=True, slots=True)
class Sequence:
    """The parameters that decide, in ms; None where the header does not say."""

    scanning: frozenset[str]
    name: str
    tr: float | None
    te: float | None
    ti: float | None
    b: float | None
    is_diffusion_series: bool
    image_type: frozenset[str]
    contrast_word: str
    agent: str
    description: str

    @property
    def is_inversion(self) -> bool:
        """Whether an inversion pulse is played."""
        return "IR" in self.scanning or bool(self.ti) or bool(re.search(r"tir|_ir|^ir", self.name))

    @property
    def is_gradient(self) -> bool:
        """Whether the echo is a gradient echo."""
        return "GR" in self.scanning or bool(re.match(r"\*?(fl|tfl|epfid|ffe|.*grass|.*spgr)",
                                                      self.name))  # fmt: skip

    @property
    def words(self) -> str:
        """The parameters in one line, for the reason."""
        parts = (("TR", self.tr), ("TE", self.te), ("TI", self.ti))
        return ", ".join(f"{name} {value:g} ms" for name, value in parts if value)


Rule = Callable[[Sequence], tuple[MRKind, str] | None]


def kind_of(
    attributes: Attributes, *, b: float | None, is_diffusion_series: bool
) -> tuple[MRKind, str]:
    """Name the kind of an MR stack and say why.

    Args:
        attributes: Of one of its pictures.
        b: Its b-value in s/mm², where it has one.
        is_diffusion_series: Whether a picture of the same series has a b-value above 0, so that
            b = 0 is a part of a diffusion examination.
    """
    sequence = sequence_of(attributes, b, is_diffusion_series)
    for rule in RULES:
        verdict = rule(sequence)
        if verdict is not None:
            return _with_contrast(verdict, sequence)
    return MRKind.UNKNOWN, "neither sequence parameters nor description say what it shows"


def has_contrast(attributes: Attributes) -> bool | None:
    """Whether a contrast agent is recorded; None where the header does not say."""
    if "ContrastBolusAgentSequence" in attributes and next(
        attributes.items("ContrastBolusAgentSequence"), None
    ):
        return True
    if "ContrastBolusAgent" not in attributes:
        return None
    agent = attributes.text("ContrastBolusAgent").upper()
    return None if agent == "" else agent not in _NO_AGENT


def sequence_of(attributes: Attributes, b: float | None, is_diffusion_series: bool) -> Sequence:
    """Collect the parameters of single-frame and enhanced objects alike."""
    scanning = {word.upper() for word in attributes.texts("ScanningSequence")}
    pulse = {"GRADIENT": "GR", "SPIN": "SE"}.get(attributes.text("EchoPulseSequence").upper())
    if pulse:
        scanning.add(pulse)
    if attributes.text("InversionRecovery").upper() == "YES":
        scanning.add("IR")
    te = attributes.number("EffectiveEchoTime") or attributes.number("EchoTime")
    words = (attributes.text("SeriesDescription"), attributes.text("ProtocolName"))
    return Sequence(
        scanning=frozenset(scanning),
        name=(attributes.text("SequenceName") or attributes.text("PulseSequenceName")).lower(),
        tr=attributes.number("RepetitionTime") or None,
        te=te or None,
        ti=attributes.number("InversionTime") or attributes.number("InversionTimes") or None,
        b=b,
        is_diffusion_series=is_diffusion_series,
        image_type=frozenset(word.upper() for word in attributes.texts("ImageType")),
        contrast_word=attributes.text("AcquisitionContrast").upper(),
        agent=attributes.text("ContrastBolusAgent"),
        description=" ".join(words).lower().replace("_", " "),
    )


def _map(s: Sequence) -> tuple[MRKind, str] | None:
    if "ADC" in s.image_type:
        return MRKind.ADC, "image type ADC"
    if re.search(_WORDS[0][0], s.description):
        return MRKind.ADC, "named ADC by its description"
    if {"DERIVED", "SECONDARY"} <= s.image_type and any("MAP" in t for t in s.image_type):
        return MRKind.UNKNOWN, "a derived map"
    return None


def _diffusion(s: Sequence) -> tuple[MRKind, str] | None:
    if s.b:
        return MRKind.DWI, f"b-value {s.b:g} s/mm²"
    if s.b == 0 and s.is_diffusion_series:
        return MRKind.DWI, "b-value 0 of a diffusion series"
    if "DIFFUSION" in s.image_type or "TRACEW" in s.image_type:
        return MRKind.DWI, "image type DIFFUSION"
    if "EP" in s.scanning and "SE" in s.scanning and re.search(_WORDS[2][0], s.description):
        return MRKind.DWI, "spin-echo EPI, named diffusion by its description"
    return None


def _angiography(s: Sequence) -> tuple[MRKind, str] | None:
    words = re.search(r"\btof\b|angio|\bmra\b", s.description)
    return (MRKind.UNKNOWN, "an angiography, none of the named kinds") if words else None


def _named_contrast(s: Sequence) -> tuple[MRKind, str] | None:
    kind = _CONTRASTS.get(s.contrast_word)
    return None if kind is None else (kind, f"acquisition contrast {s.contrast_word}")


def _inversion(s: Sequence) -> tuple[MRKind, str] | None:
    if not s.is_inversion or s.te is None:
        return None
    if s.ti is not None and FAT_NULLED[0] <= s.ti <= FAT_NULLED[1]:
        return MRKind.T2, f"short inversion time (STIR): {s.words}"
    is_nulled = s.ti is not None and FLUID_NULLED[0] <= s.ti <= FLUID_NULLED[1]
    if is_nulled and s.te >= LONG_TE:
        return MRKind.FLAIR, f"inversion recovery that nulls fluid, long echo: {s.words}"
    if s.ti is None and s.te >= LONG_TE and (s.tr or 0) >= 4800:
        return MRKind.FLAIR, f"inversion recovery with long TR and echo: {s.words}"
    if s.te <= SHORT_TE and s.ti is not None and s.ti < FLUID_NULLED[0]:
        return MRKind.T1, f"inversion recovery with a short echo: {s.words}"
    return None


def _gradient(s: Sequence) -> tuple[MRKind, str] | None:
    if not s.is_gradient or s.te is None:
        return None
    if s.te >= T2_STAR_TE:
        return MRKind.T2_STAR, f"gradient echo with a long echo: {s.words}"
    if s.te <= T1_GRADIENT_TE and s.tr is not None and s.tr < LONG_TR:
        return MRKind.T1, f"gradient echo with short TR and echo: {s.words}"
    return None


def _spin(s: Sequence) -> tuple[MRKind, str] | None:
    if "SE" not in s.scanning or s.is_inversion or s.te is None or s.tr is None:
        return None
    if s.tr <= SHORT_TR and s.te <= SHORT_TE:
        return MRKind.T1, f"spin echo with short TR and echo: {s.words}"
    if s.tr >= LONG_TR and s.te >= LONG_TE:
        # Without an inversion time in the header a FLAIR looks like this too.
        if s.tr >= 4800 and re.search(_WORDS[1][0], s.description):
            return MRKind.FLAIR, f"named FLAIR by its description; {s.words} fit"
        return MRKind.T2, f"spin echo with long TR and echo: {s.words}"
    if s.tr >= LONG_TR and s.te <= SHORT_TE:
        return MRKind.PD, f"spin echo with long TR and short echo: {s.words}"
    return None


def _described(s: Sequence) -> tuple[MRKind, str] | None:
    kind = kind_from_words(s.description)
    return None if kind is MRKind.UNKNOWN else (kind, "by its description alone")


def kind_from_words(text: str) -> MRKind:
    """The kind that a description or file name in lower case names, contrast included."""
    for pattern, kind in _WORDS:
        if re.search(pattern, text):
            is_after = kind is MRKind.T1 and re.search(_CONTRAST_WORDS, text)
            return MRKind.T1_CONTRAST if is_after else kind
    return MRKind.UNKNOWN


#: Tried in this order: what is stated outright, then parameters, then words.
RULES: tuple[Rule, ...] = (
    _map, _diffusion, _angiography, _named_contrast, _inversion, _gradient, _spin, _described,
)  # fmt: skip


def _with_contrast(verdict: tuple[MRKind, str], s: Sequence) -> tuple[MRKind, str]:
    """Turn T1 into T1 after contrast where an agent is recorded, or the description says so."""
    kind, reason = verdict
    if kind is not MRKind.T1 or re.search(_NO_CONTRAST_WORDS, s.description):
        return verdict
    if s.agent.upper() not in _NO_AGENT:
        return MRKind.T1_CONTRAST, f"{reason}; contrast agent recorded"
    if re.search(_CONTRAST_WORDS, s.description):
        return MRKind.T1_CONTRAST, f"{reason}; after contrast by its description"
    return verdict
