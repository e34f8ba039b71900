"""Unique identifiers that an analysis gives to its objects, the same each time they are made.

A segmentation made again from the record is the same object, so it bears the same name; the
structured report can refer to it whichever was written first.
"""

from __future__ import annotations

from uuid import NAMESPACE_OID, uuid5

from medimg import __version__
from medimg.values.analysis import Analysis

PRODUCT = "MedImg Workstation"


def uid(analysis: Analysis, role: str) -> str:
    """Derive the UID of an object (`role` "seg", "sr", …) of an analysis (PS3.5 B.2)."""
    return f"2.25.{uuid5(NAMESPACE_OID, f'{PRODUCT}/{__version__}/{analysis.id}/{role}').int}"
