"""Coded concepts of our DICOM objects that are not labels of a package; those are in values."""

from __future__ import annotations

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from pydicom.sr.coding import Code

from medimg.explain.table import title
from medimg.results.uids import PRODUCT
from medimg.values import codes as values_codes
from medimg.values.codes import OWN_SCHEME
from medimg.values.findings import Decision, Finding, Measure, Region, RegionKind

#: Certainty of a finding: percent, as CAD reports give it (PS3.16 TID 4018 and context).
CERTAINTY = Code("111012", "DCM", "Certainty of Finding")
UPPER = Code("371886008", "SCT", "+, range of upper measurement uncertainty")
LOWER = Code("371885007", "SCT", "-, range of lower measurement uncertainty")
COMMENT = Code("121106", "DCM", "Comment")

SCORE = Code("network-output", OWN_SCHEME, "Network output before calibration")
THRESHOLD = Code("operating-point", OWN_SCHEME, "Operating point, on the calibrated probability")
PREVALENCE = Code("prevalence", OWN_SCHEME, "Prevalence that the probability assumes")
SENSITIVITY = Code("sensitivity", OWN_SCHEME, "Sensitivity at the operating point in validation")
SPECIFICITY = Code("specificity", OWN_SCHEME, "Specificity at the operating point in validation")
DECISION = Code("decision", OWN_SCHEME, "Decision at the operating point")

#: How certain the model is, in a word: one row a decision.
DECISIONS: dict[Decision, Code] = {
    Decision.FLAGGED: Code("flagged", OWN_SCHEME, "Flagged by the model"),
    Decision.BORDERLINE: Code("borderline", OWN_SCHEME, "Borderline: interval crosses the point"),
    Decision.NOT_FLAGGED: Code("not-flagged", OWN_SCHEME, "Not flagged by the model"),
}

#: What a map of evidence shows (PS3.16 CID 217), or a code of our own where that has none.
_EVIDENCE: dict[str, Code] = {
    "grad-cam": Code("130403", "DCM", "Gradient-weighted class activation"),
    "layer-attribution": Code("130402", "DCM", "Class activation"),
    "saliency": Code("130404", "DCM", "Saliency"),
}
#: How the structured report names the maps that belong to it.
EVIDENCE_MAP = Code("evidence-map", OWN_SCHEME, "Map of evidence for the findings")

VOLUME = Code("118565006", "SCT", "Volume")
AREA = Code("42798000", "SCT", "Area")
LONGEST = Code("103339001", "SCT", "Long axis")

PERCENT = Code("%", "UCUM", "Percent")
NO_UNITS = Code("1", "UCUM", "no units")
MILLILITRE = Code("ml", "UCUM", "milliliter")
MILLIMETRE = Code("mm", "UCUM", "millimeter")
SQUARE_MILLIMETRE = Code("mm2", "UCUM", "square millimeter")
CUBIC_MILLIMETRE = Code("mm3", "UCUM", "cubic millimeter")
PIXELS = Code("{pixels}", "UCUM", "pixels")

HOUNSFIELD = Code("[hnsf'U]", "UCUM", "Hounsfield unit")

#: Units of measures, as readers read them.
UNITS: dict[str, Code] = {
    "": NO_UNITS,
    "%": PERCENT,
    "HU": HOUNSFIELD,
    "ml": MILLILITRE,
    "mm": MILLIMETRE,
    "mm³": CUBIC_MILLIMETRE,
}

#: Procedure by modality; anything else is an imaging procedure.
PROCEDURES: dict[str, Code] = {
    "CT": Code("77477000", "SCT", "Computed tomography"),
    "MR": Code("113091000", "SCT", "Magnetic resonance imaging"),
    "CR": Code("363680008", "SCT", "Radiographic imaging procedure"),
    "DX": Code("363680008", "SCT", "Radiographic imaging procedure"),
}
IMAGING = Code("363679005", "SCT", "Imaging procedure")

_ANATOMY_CATEGORY = Code("123037004", "SCT", "Anatomical Structure")
_UNKNOWN_CATEGORY = Code("49755003", "SCT", "Morphologically Abnormal Structure")


def label(item: Finding | Region) -> tuple[Code, Code]:
    """Return (category, type) of a label: its package's concept, the table's, or one of our own."""
    key, words = item.code, item.label
    if item.concept is not None:
        anatomy = isinstance(item, Region) and item.kind is RegionKind.ANATOMY
        concept = Code(item.concept.value, item.concept.scheme, item.concept.meaning)
        return _ANATOMY_CATEGORY if anatomy else _UNKNOWN_CATEGORY, concept
    row = values_codes.CODES.get(key)
    if row is None:
        return _UNKNOWN_CATEGORY, Code(key[:16] or "label", OWN_SCHEME, words[:64])
    return tuple(  # type: ignore[return-value]
        Code(code.value, code.scheme, code.meaning) for code in (row.category, row.type)
    )


def measure(item: Measure) -> Code:
    """Return the concept of a measure: its own, or one of ours."""
    if item.concept is not None:
        return Code(item.concept.value, item.concept.scheme, item.concept.meaning)
    return Code(item.id.rsplit("/", 1)[-1][:16] or "measure", OWN_SCHEME, item.name[:64])


def own_scheme() -> list[CodingSchemeIdentificationItem]:
    """Say in an object who is behind the codes of our own (PS3.3 C.12.1.1.1.2)."""
    return [
        CodingSchemeIdentificationItem(
            OWN_SCHEME, name=f"{PRODUCT} codes", version="1", responsible_organization=PRODUCT
        )
    ]


def evidence(method: str) -> Code:
    """What a method's map shows: the Standard's code, else one of our own."""
    return _EVIDENCE.get(method) or Code(method[:16], OWN_SCHEME, title(method)[:64])
