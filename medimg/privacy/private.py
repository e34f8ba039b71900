"""Private attributes that are known to hold technical numbers and nothing else (PS3.15 E.3.10)."""

from __future__ import annotations

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

#: (creator, group, last byte of the element): what it is. Only numbers, never texts.
KNOWN_SAFE: dict[tuple[str, int, int], str] = {
    ("SIEMENS MR HEADER", 0x0019, 0x0A): "number of images in a mosaic",
    ("SIEMENS MR HEADER", 0x0019, 0x0C): "b-value",
    ("SIEMENS MR HEADER", 0x0019, 0x0E): "diffusion gradient direction",
    ("SIEMENS MR HEADER", 0x0019, 0x27): "b-matrix",
    ("GEMS_PARM_01", 0x0043, 0x39): "b-value",
    ("GEMS_ACQU_01", 0x0019, 0xBB): "diffusion direction, x",
    ("GEMS_ACQU_01", 0x0019, 0xBC): "diffusion direction, y",
    ("GEMS_ACQU_01", 0x0019, 0xBD): "diffusion direction, z",
    ("Philips Imaging DD 001", 0x2001, 0x03): "b-value",
    ("Philips MR Imaging DD 001", 0x2005, 0x0D): "scale intercept",
    ("Philips MR Imaging DD 001", 0x2005, 0x0E): "scale slope",
    ("Philips PET Private Group", 0x7053, 0x00): "SUV scale factor",
    ("Philips PET Private Group", 0x7053, 0x09): "activity concentration scale factor",
}

_NUMBER_VRS = ("DS", "FD", "FL", "IS", "SL", "SS", "UL", "US")


def is_known_safe(dataset: Dataset, element: DataElement) -> bool:
    """Whether a private attribute is in the list and holds numbers, or is the creator of one."""
    if element.tag.is_private_creator:
        return any(creator == str(element.value) for creator, _, _ in KNOWN_SAFE)
    creator = str(getattr(element, "private_creator", None) or "")
    key = (creator, element.tag.group, element.tag.element & 0xFF)
    return key in KNOWN_SAFE and element.VR in _NUMBER_VRS
