"""Values that stand for what was removed: valid for their VR, the same for everyone."""

from __future__ import annotations

WORD = "REMOVED"

#: By VR; what is not here is a number.
DUMMIES: dict[str, str | bytes] = {
    **dict.fromkeys(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT"), WORD),
    "AS": "000Y",
    "DA": "19000101",
    "DT": "19000101000000",
    "TM": "000000",
    "DS": "0",
    "IS": "0",
    "UR": "urn:removed",
    **dict.fromkeys(("OB", "OW", "OF", "OD", "OL", "OV", "UN"), b"\0\0\0\0\0\0\0\0"),
}


def dummy(vr: str) -> str | bytes | int:
    """A value of this VR that tells nothing (PS3.15 E.1.1, action D)."""
    return DUMMIES.get(vr, 0)
