"""MedImg Workstation: read, run, explain and report medical images, offline.

Research use only – not for diagnosis. This is the one face of the library; each name is
imported at its first use, so `import medimg` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

#: Public name: module that holds it.
_NAMES: dict[str, str] = {
    "scan": "medimg.reading",
    "read": "medimg.reading",
    "layers": "medimg.reading",
    "admit": "medimg.packages",
    "analyse": "medimg.engine",
    "export": "medimg.results",
    "show": "medimg.display",
    "Analysis": "medimg.values.analysis",
    "Explanation": "medimg.values.explanation",
    "Failure": "medimg.values.failure",
    "Finding": "medimg.values.findings",
    "DerivedObject": "medimg.values.series",
    "Geometry": "medimg.values.geometry",
    "Layer": "medimg.values.layers",
    "MedimgError": "medimg.values.errors",
    "PlaneSpacing": "medimg.values.geometry",
    "Problem": "medimg.values.problems",
    "Region": "medimg.values.findings",
    "Review": "medimg.values.analysis",
    "Scan": "medimg.values.series",
    "Series": "medimg.values.series",
    "Trust": "medimg.values.explanation",
    "Verdict": "medimg.values.verdict",
    "Volume": "medimg.values.volume",
}

__all__ = sorted(_NAMES)


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module 'medimg' has no attribute {name!r}")
    return getattr(import_module(_NAMES[name]), name)


def __dir__() -> list[str]:
    return __all__
