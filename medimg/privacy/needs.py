"""Which attributes an object cannot be without: types of PS3.3."""

from __future__ import annotations

from functools import cache

from medimg.values import standard

#: Type of an attribute: the letter of PS3.15 that keeps the object whole.
_LETTERS = {"1": "D", "1C": "D", "2": "Z", "2C": "Z"}
#: From the weakest claim on an attribute to the strongest.
_ORDER = "XZD"

Path = tuple[str, ...]
Types = dict[tuple[Path, str], str]


@cache
def _types(sop_class_uid: str) -> Types | None:
    """(path, keyword) to X, Z or D: the strictest type of any module; None for unknown classes."""
    rows = _rows(sop_class_uid)
    if rows is None:
        return None
    types: Types = {}
    for key, type_, _ in rows:
        types[key] = max(types.get(key, "X"), _LETTERS.get(type_, "X"), key=_ORDER.index)
    return types


@cache
def _demanded(sop_class_uid: str) -> Types:
    """(path, keyword) to Z or D, of what an object that has it must go on having."""
    return {
        key: _LETTERS[type_]
        for key, type_, is_mandatory in _rows(sop_class_uid) or ()
        if type_ in ("2", "2C") or (type_ == "1" and is_mandatory)
    }


def is_foreign(sop_class_uid: str, path: Path, keyword: str) -> bool:
    """Whether an attribute on the top of an object is none of its kind's; False where unknown."""
    types = _types(sop_class_uid)
    return types is not None and not path and (path, keyword) not in types


def _rows(sop_class_uid: str) -> list[tuple[tuple[Path, str], str, bool]] | None:
    """All attributes of a class: (path, keyword), type, whether their module is mandatory."""
    rows = standard.rows_of(sop_class_uid)
    if rows is None:
        return None
    return [((row.path, row.keyword), row.type, row.is_mandatory) for row in rows]


def letter_of(sop_class_uid: str, path: Path, keyword: str, letters: str) -> str:
    """Choose among the letters of PS3.15 the one by which the object stays whole.

    A plain X does not break an object either: what it must have is emptied or replaced.

    Args:
        path: Keywords of the sequences that the attribute lies in.
        letters: Such as "X/Z/D".
    """
    offered = letters.split("/")
    if letters == "X":
        return _demanded(sop_class_uid).get((path, keyword), "X")
    if len(offered) == 1:
        return letters
    types = _types(sop_class_uid)
    if types is None or (path and (path, keyword) not in types):
        return offered[-1]  # not known what it needs: the one that any type allows
    need = _ORDER.index(types.get((path, keyword), "X"))
    enough = [letter for letter in offered if _ORDER.index(letter) >= need]
    return enough[0] if enough else offered[-1]
