"""Everything that is shipped with the program has a licence that may be shipped."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution

import pytest
from packaging.requirements import Requirement

from tests.sources import ROOT

PROJECT = "medimg-workstation"

#: What Apache-2.0 may carry along, as distributions write it (SPDX ids, classifiers, free text).
ALLOWED = re.compile(
    r"apache|\bbsd\b|bsd[- ]|\bmit\b|\bisc\b|\bpsf\b|python software foundation|\bmpl\b|mozilla"
    r"|hpnd|mit-cmu|zlib|cc0|unlicense|public domain|0bsd|3-clause|libtiff",
    re.IGNORECASE,
)
REFUSED = re.compile(r"\bA?GPL|General Public License|non-?commercial", re.IGNORECASE)

#: Distribution: why it may be shipped although its words alone would not pass.
REASONED = {
    "PySide6_Essentials": "LGPL-3 chosen: linked dynamically, replaceable in the frozen folder",
    "shiboken6": "LGPL-3 chosen: linked dynamically, replaceable in the frozen folder",
}

#: Distribution that brings no text of its licence: the texts that we ship for it.
TEXTS = {
    "pyjpegls": ("pyjpegls.txt",),
    "pyside6-essentials": ("LGPL-3.0.txt", "GPL-3.0.txt"),
    "shiboken6": ("LGPL-3.0.txt", "GPL-3.0.txt"),
}

#: GPL, and pulled in by an extra of a library that we use, or telemetry that a library asks for
#: and does without: must never come along.
NEVER = ("pylibjpeg-libjpeg", "PyQt5", "PyQt6", "openvino-telemetry")


def plain(name: str) -> str:
    """A distribution's name as pip compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def runtime_closure() -> dict[str, Distribution]:
    """All distributions that the product needs at run time, itself left out."""
    found: dict[str, Distribution] = {}
    left = [PROJECT]
    while left:
        dist = distribution(left.pop())
        for text in dist.requires or ():
            need = Requirement(text)
            if need.marker is not None and not need.marker.evaluate({"extra": ""}):
                continue
            if plain(need.name) in found or need.name in NEVER:
                continue
            found[plain(need.name)] = distribution(need.name)
            left.append(need.name)
    return found


def licence(dist: Distribution) -> str:
    """What a distribution says of its licence: SPDX expression, classifiers, first line of text."""
    meta = dist.metadata
    expression = meta.get("License-Expression") or ""
    classifiers = [c for c in meta.get_all("Classifier") or () if c.startswith("License ::")]
    text = (meta.get("License") or "").strip().split("\n")[0]
    return " | ".join(filter(None, [expression, *classifiers, text]))


CLOSURE = runtime_closure()


def test_closure_is_real() -> None:
    """The walk over requirements reaches direct and indirect ones."""
    assert {"torch", "pydicom", "pyside6-essentials", "matplotlib", "sympy"} <= CLOSURE.keys()


@pytest.mark.parametrize("name", sorted(CLOSURE))
def test_licence_may_be_shipped(name: str) -> None:
    """Each distribution of the run-time closure is allowed by its licence, or by a reason here."""
    dist = CLOSURE[name]
    if dist.metadata["Name"] in REASONED:
        return
    words = licence(dist)
    assert ALLOWED.search(words), f"{name}: unknown licence {words!r}; read it, then list it"
    assert not REFUSED.search(words), f"{name}: {words!r} may not be shipped"


@pytest.mark.parametrize("name", sorted(CLOSURE))
def test_licence_text_is_shipped(name: str) -> None:
    """Each distribution comes with the text of its licence, its own or ours for it."""
    own = [
        file.name
        for file in CLOSURE[name].files or ()
        if re.search(r"licen[cs]e|copying|notice", str(file), re.IGNORECASE)
    ]
    ours = [ROOT / "installer" / "licences" / text for text in TEXTS.get(name, ())]
    assert own or (ours and all(text.is_file() for text in ours))


@pytest.mark.parametrize("name", NEVER)
def test_never_installed(name: str) -> None:
    """What must not be shipped is not even in the environment."""
    with pytest.raises(PackageNotFoundError):
        distribution(name)
