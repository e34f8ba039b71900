"""What the installer holds, as a software bill of materials: CycloneDX 1.6, JSON.

Run by the Python of the environment that was frozen: `python installer/sbom.py OUT`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path
from typing import Any

PROJECT = "medimg-workstation"
#: Tools of the environment that do not enter the frozen folder.
TOOLS = {"pip", "setuptools", "pyinstaller", "pyinstaller-hooks-contrib", "altgraph"}


def licences(dist: Distribution) -> list[dict[str, Any]]:
    """The licence that a distribution names: an SPDX expression, else its own words."""
    expression = dist.metadata.get("License-Expression")
    if expression:
        return [{"expression": expression}]
    classifiers = [
        text.rpartition(" :: ")[2]
        for text in dist.metadata.get_all("Classifier") or ()
        if text.startswith("License ::")
    ]
    words = classifiers or [(dist.metadata.get("License") or "").strip().split("\n")[0]]
    return [{"license": {"name": name}} for name in words if name]


def component(dist: Distribution) -> dict[str, Any]:
    """One distribution as a component."""
    name, version = dist.metadata["Name"], dist.version
    purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
    row: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
    }
    if found := licences(dist):
        row["licenses"] = found
    return row


def models() -> Iterator[dict[str, Any]]:
    """The shipped packages, each with the licence of its weights and its manifest's seal."""
    from medimg.packages.catalogue import survey

    for package in survey().packages.values():
        yield {
            "type": "machine-learning-model",
            "bom-ref": f"model:{package.id}@{package.version}",
            "name": package.id,
            "version": package.version,
            "description": package.summary,
            "licenses": [{"license": {"name": package.licence.sentence}}],
        }


def bill() -> dict[str, Any]:
    """The whole bill of materials."""
    own = distribution(PROJECT)
    found = {dist.metadata["Name"].lower(): dist for dist in distributions()}
    libraries = [
        component(dist)
        for name, dist in sorted(found.items())
        if name not in TOOLS and name != PROJECT
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": {**component(own), "type": "application"},
        },
        "components": [*libraries, *models()],
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(bill(), indent=1) + "\n", encoding="utf-8")
