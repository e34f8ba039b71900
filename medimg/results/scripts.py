"""Lines of any script as they are drawn: joined Arabic letters, right-to-left runs in place.

A paper and a picture are drawn glyph by glyph from the left, so the line is brought into visual
order first. This is the part of the bidirectional algorithm (Unicode Annex 9) that names and
single lines need: one level of embedding, no explicit marks.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import pairwise

#: Explicit direction and joining marks: obeyed nowhere, drawn nowhere.
_MARKS = {0x200B, 0x200C, 0x200D, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")
_LAM, _TATWEEL = "\u0644", "\u0640"


def visual(text: str) -> str:
    """Bring one line into the order and the forms in which its glyphs are drawn."""
    text = unicodedata.normalize("NFC", text)
    if not any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in text):
        return "".join(c for c in text if ord(c) not in _MARKS)
    return _reordered("".join(c for c in _joined(text) if ord(c) not in _MARKS))


@cache
def _forms() -> dict[str, dict[str, str]]:
    """Presentation forms by letter (or lam with alef): {"initial": …, "medial": …, …}.

    Unicode's own decompositions hold them, so no table has to be typed in.
    """
    forms: dict[str, dict[str, str]] = {}
    for code in (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFF00)):
        kind, *letters = unicodedata.decomposition(chr(code)).split() or [""]
        base = "".join(chr(int(letter, 16)) for letter in letters)
        is_letter = len(base) == 1 or (len(base) == 2 and base[0] == _LAM and "alef" in _name(base))
        if kind.startswith("<") and base and is_letter:
            forms.setdefault(base, {})[kind.strip("<>")] = chr(code)
    return forms


def _name(letters: str) -> str:
    return unicodedata.name(letters[-1], "").lower()


def _joins_next(letter: str) -> bool:
    return letter == _TATWEEL or "initial" in _forms().get(letter, {})


def _joins_previous(letter: str) -> bool:
    return letter == _TATWEEL or "final" in _forms().get(letter, {})


def _joined(text: str) -> str:
    """Give each Arabic letter the form that its neighbours ask for (Unicode 9.2)."""
    letters = [i for i, c in enumerate(text) if unicodedata.category(c) != "Mn"]
    out, skipped = list(text), set()
    links = {a for a, b in pairwise(letters) if _joins_next(text[a]) and _joins_previous(text[b])}
    for place, i in enumerate(letters):
        if i in skipped:
            continue
        key, last = text[i], i
        following = letters[place + 1] if place + 1 < len(letters) else None
        if following is not None and text[i] + text[following] in _forms():
            key, last = text[i] + text[following], following
            skipped.add(following)
            out[following] = ""
        before = place > 0 and letters[place - 1] in links
        form = {(0, 0): "isolated", (0, 1): "initial", (1, 0): "final", (1, 1): "medial"}[
            (int(before), int(last in links))
        ]
        out[i] = _forms().get(key, {}).get(form, out[i])
    return "".join(out)


def _reordered(text: str) -> str:
    """Put right-to-left runs in their place; numbers and Latin words in them stay readable."""
    clusters: list[tuple[str, int]] = []
    for char, level in zip(text, _levels(text), strict=True):
        if clusters and unicodedata.category(char) == "Mn":
            clusters[-1] = (clusters[-1][0] + char, clusters[-1][1])
        else:
            clusters.append((char.translate(_MIRRORED) if level == 1 else char, level))
    for threshold in (2, 1):
        clusters = _reversed_runs(clusters, threshold)
    return "".join(cluster for cluster, _ in clusters)


def _reversed_runs(clusters: list[tuple[str, int]], threshold: int) -> list[tuple[str, int]]:
    """Reverse each run of clusters at or above a level (rule L2)."""
    out: list[tuple[str, int]] = []
    run: list[tuple[str, int]] = []
    for cluster in clusters:
        if cluster[1] >= threshold:
            run.append(cluster)
        else:
            out += [*reversed(run), cluster]
            run = []
    return out + run[::-1]


def _levels(text: str) -> list[int]:
    """0 left to right; 1 right to left; 2 a number or a Latin word within right to left."""
    kinds = [unicodedata.bidirectional(c) for c in text]
    base = next((int(kind != "L") for kind in kinds if kind in ("L", "R", "AL")), 1)
    levels: list[int | None] = []
    strong = base
    for kind in kinds:
        if kind in ("L", "R", "AL"):
            strong = int(kind != "L")
            levels.append(1 if strong else 2 * base)
        elif kind in ("EN", "AN"):
            levels.append(2 if strong or base or kind == "AN" else 0)
        else:
            levels.append(None)
    return [_neutral(levels, i, base) if level is None else level for i, level in enumerate(levels)]


def _neutral(levels: list[int | None], i: int, base: int) -> int:
    """A space or sign goes with its neighbours where they agree, else with the line (N1, N2)."""
    before = next((x for x in reversed(levels[:i]) if x is not None), base)
    after = next((x for x in levels[i + 1 :] if x is not None), base)
    if base:
        return 2 if before == after == 2 else 1
    return 1 if before > 0 and after > 0 else 0
