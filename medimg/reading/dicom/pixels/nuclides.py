"""Nuclides of positron emission and their half-lives, by the names that headers give them."""

from __future__ import annotations

import re
from itertools import pairwise

#: Seconds, as evaluated by the Decay Data Evaluation Project and the Nuclear Data Sheets.
HALF_LIVES_S = {
    "C-11": 1_221.8,
    "N-13": 597.9,
    "O-15": 122.2,
    "F-18": 6_586.2,
    "Cu-64": 45_724.0,
    "Ga-68": 4_069.0,
    "Rb-82": 76.2,
    "Y-86": 53_060.0,
    "Zr-89": 282_280.0,
    "I-124": 360_800.0,
}
#: Stated half-lives differ by less: by the edition of the tables.
HALF_LIFE_SHARE = 0.03

_ELEMENTS = {
    "carbon": "C", "nitrogen": "N", "oxygen": "O", "fluorine": "F", "fluor": "F", "copper": "Cu",
    "gallium": "Ga", "rubidium": "Rb", "yttrium": "Y", "zirconium": "Zr", "iodine": "I",
}  # fmt: skip
#: Tracers that are always labelled with one nuclide.
_TRACERS = {"fdg": "F-18", "fluorodeoxyglucose": "F-18"}


def nuclide_of(words: str) -> str | None:
    """The one nuclide that words name ("^18^Fluorine", "F-18", "18F-FDG"), or None.

    None as well where they name several, or one that is not listed.
    """
    named = {f"{element}-{mass}" for mass, element in _pairs(words)}
    lower = re.sub(r"[^a-z]+", " ", words.lower()).split()
    named |= {nuclide for tracer, nuclide in _TRACERS.items() if tracer in lower}
    known = named & HALF_LIVES_S.keys()
    return known.pop() if len(named) == len(known) == 1 else None


def _pairs(words: str) -> list[tuple[str, str]]:
    """Mass numbers beside elements, in either order, as (mass, symbol)."""
    found = []
    symbols = {symbol.lower(): symbol for symbol in _ELEMENTS.values()}
    tokens = re.findall(r"\d+|[a-z]+", words.lower())
    for one, other in pairwise(tokens):
        number, name = (one, other) if one.isdigit() else (other, one)
        symbol = symbols.get(name) or _ELEMENTS.get(name)
        if number.isdigit() and symbol is not None:
            found.append((number, symbol))
    return found
