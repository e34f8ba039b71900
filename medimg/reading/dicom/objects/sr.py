"""Measurements of structured reports (PS3.16 TID 1500 and its like), on their images."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pydicom.dataset import Dataset

from medimg.reading.dicom.header.attributes import UNREADABLE_VALUE
from medimg.reading.dicom.objects.codes import code_of
from medimg.reading.dicom.objects.scoords import GRAPHIC, laid
from medimg.reading.dicom.objects.target import Target
from medimg.values.codes import Code
from medimg.values.layers import Colour, Figure, Layer, LayerKind
from medimg.values.problems import Problem
from medimg.values.series import DerivedObject

#: Concepts by (value, scheme); SRT and SNM3 are older designators of SNOMED.
_GROUP = ("125007", "DCM")
_TRACKING = ("112039", "DCM")
_SHORT_LABEL = ("125309", "DCM")
_FINDING = ("121071", "DCM")
_DERIVATION = ("121401", "DCM")
_COLOUR = ("718499004", "SCT")
_LIBRARY = ("111028", "DCM")
_INTENT = ("111056", "DCM")
_NOT_FOR_PRESENTATION = ("111152", "DCM")

#: Units whose UCUM code says less to a reader than a word does.
_UNITS = {"1": "", "{pixels}": "px", "{pixel}": "px", "[ratio]": "", "ratio": ""}
_HEX = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")
#: A text of a report may be pages long; a name is cut here.
LONGEST_NAME = 64


def contents(dataset: Dataset) -> tuple[str, ...]:
    """Names of the groups of measurements; the title of a report without any."""
    names = tuple(_name(group) for group in _groups(dataset))
    title = code_of(dataset, "ConceptNameCodeSequence")
    return names or ((title.meaning,) if title else ())


def layers(dataset: Dataset, object_: DerivedObject, target: Target) -> Iterator[Layer]:
    """Read each group of measurements as a layer: its figures, and its graphics where they lie."""
    name = Path(object_.file).name
    for number, group in enumerate(_groups(dataset), start=1):
        called = _name(group)
        layer = Layer(
            name=called,
            kind=LayerKind.MEASUREMENT,
            object_id=object_.id,
            number=number,
            code=_finding(group),
            colour=_colour(group),
            figures=tuple(figures(group)),
        )
        told = _without_number(group, called, name)
        try:
            layer = _placed(layer, group, dataset, name, target)
        except (ValueError, IndexError, *UNREADABLE_VALUE) as error:
            sentence = f"Graphics of '{called}' in {name} cannot be understood: {error}."
            told = (*told, Problem("contours-not-shown", sentence, (name,)))
        yield replace(layer, problems=(*layer.problems, *told))


def _without_number(group: Dataset, called: str, name: str) -> tuple[Problem, ...]:
    """Say which measurements of a group give no number."""
    lacking = [words for figure, words in _measured(group) if figure is None]
    if not lacking:
        return ()
    sentence = f"'{called}' of {name} gives no number for {' and '.join(lacking)}."
    return (Problem("value-absent", sentence, (name,)),)


def _placed(layer: Layer, group: Dataset, report: Dataset, name: str, target: Target) -> Layer:
    """A layer with its graphics; those that lie elsewhere are counted and said."""
    items = [item for item in _all(group) if item.get("ValueType") in GRAPHIC]
    if _is_withheld(group) and items:
        sentence = f"'{layer.name}' of {name} is marked as not to be shown; its {_many(items)}."
        return replace(layer, problems=(Problem("contours-not-shown", sentence, (name,)),))
    found = [laid(item, report, target) for item in items]
    shapes = [shape for one in found for shape in one.shapes]
    elsewhere = Counter(one.elsewhere for one in found if one.elsewhere)
    told = tuple(
        Problem("slices-absent", _said(layer.name, name, count, where, bool(shapes)), (name,))
        for where, count in elsewhere.items()
    )
    if not shapes:
        return replace(layer, problems=told)
    labelled = replace(shapes[0], text=_text(layer))
    return replace(layer, shapes=(labelled, *shapes[1:]), best_slice=shapes[0].index, problems=told)


def _many(items: Sequence[Dataset]) -> str:
    return "graphic is left out" if len(items) == 1 else f"{len(items)} graphics are left out"


def _said(what: str, name: str, count: int, where: str, is_part: bool) -> str:
    """Say where graphics lie that are not shown."""
    rest = "; the rest is shown" if is_part else ""
    graphics = "graphic" if count == 1 else "graphics"
    lie = "lies" if count == 1 else "lie"
    return f"{count} {graphics} of '{what}' in {name} {lie} {where}{rest}."


def _is_withheld(group: Dataset) -> bool:
    """Whether a detector's author wants a mark not to be shown (PS3.16 CID 6034)."""
    item = _of(group, _INTENT)
    code = None if item is None else code_of(item, "ConceptCodeSequence")
    return code is not None and (code.value, code.scheme) == _NOT_FOR_PRESENTATION


def _groups(dataset: Dataset) -> Iterator[Dataset]:
    """Measurement groups; outside of them what has a graphic of its own, and lone graphics."""
    for item in dataset.get("ContentSequence") or []:
        concept = _concept(item)
        if concept == _GROUP:
            yield item
        elif concept == _LIBRARY:
            continue
        elif item.get("ValueType") == "NUM":
            if any(i.get("ValueType") in GRAPHIC for i in _all(item)):
                yield item
        elif item.get("ValueType") in GRAPHIC or _is_mark(item):
            yield item
        else:
            yield from _groups(item)


def _is_mark(item: Dataset) -> bool:
    """Whether a finding itself, as detectors give it, has been drawn (PS3.16 TID 4006, 4104)."""
    children = item.get("ContentSequence") or []
    is_drawn = any(child.get("ValueType") in GRAPHIC for child in children)
    return item.get("ValueType") == "CODE" and is_drawn


def _all(item: Dataset) -> Iterator[Dataset]:
    """An item and all below it."""
    yield item
    for child in item.get("ContentSequence") or []:
        yield from _all(child)


def _concept(item: Dataset) -> tuple[str, str]:
    code = code_of(item, "ConceptNameCodeSequence")
    return (code.value, code.scheme) if code else ("", "")


def _of(group: Dataset, concept: tuple[str, str]) -> Dataset | None:
    """The child of a group with a concept."""
    children = group.get("ContentSequence") or []
    return next((child for child in children if _concept(child) == concept), None)


def _finding(group: Dataset) -> Code | None:
    """The code of what was found; of a detector's mark its own."""
    if group.get("ValueType") == "CODE":
        return code_of(group, "ConceptCodeSequence")
    item = _of(group, _FINDING)
    return None if item is None else code_of(item, "ConceptCodeSequence")


def _name(group: Dataset) -> str:
    """What a reader would call a group: its label, its finding, else how it is tracked."""
    label, tracking = _of(group, _SHORT_LABEL), _of(group, _TRACKING)
    finding, concept = _finding(group), code_of(group, "ConceptNameCodeSequence")
    numbers = [f.name for f in figures(group)]
    text = str(label.get("TextValue") or "") if label is not None else ""
    if text and not text.startswith("{"):  # a placeholder of some viewers
        return text[:LONGEST_NAME]
    if finding is not None and finding.meaning:
        return finding.meaning
    if tracking is not None and tracking.get("TextValue") and not numbers:
        return str(tracking.TextValue)[:LONGEST_NAME]
    return numbers[0] if numbers else concept.meaning if concept else "measurement"


def _colour(group: Dataset) -> Colour | None:
    """A colour that some viewers write as '#rrggbb'."""
    item = _of(group, _COLOUR)
    match = _HEX.fullmatch(str(item.get("TextValue"))) if item is not None else None
    if match is None:
        return None
    red, green, blue = (int(part, 16) for part in match.groups())
    return red, green, blue


def figures(group: Dataset) -> Iterator[Figure]:
    """The numbers of a group, or of an item that is one (PS3.3 C.18.1)."""
    return (figure for figure, _ in _measured(group) if figure is not None)


def _measured(group: Dataset) -> Iterator[tuple[Figure | None, str]]:
    """Each measurement of a group, or why it gives no number, in words."""
    for item in (group, *(group.get("ContentSequence") or [])):
        if item.get("ValueType") != "NUM":
            continue
        concept = code_of(item, "ConceptNameCodeSequence")
        how = _of(item, _DERIVATION)
        derived = code_of(how, "ConceptCodeSequence") if how is not None else None
        words = (concept.meaning if concept else "", derived.meaning if derived else "")
        name = ", ".join(word for word in words if word)
        measured = next(iter(item.get("MeasuredValueSequence") or []), None)
        value = None if measured is None else _number(measured)
        if value is None or measured is None:
            reason = code_of(item, "NumericValueQualifierCodeSequence")
            why = f" ({reason.meaning})" if reason and reason.meaning else ""
            yield None, f"{name or 'a measurement'}{why}"
            continue
        unit = code_of(measured, "MeasurementUnitsCodeSequence")
        symbol = unit.value if unit else ""
        yield Figure(name, value, _UNITS.get(symbol, symbol)), ""


def _number(measured: Dataset) -> float | None:
    """The value of a measurement; None where it is empty, several, or no finite number.

    The double precision of FloatingPointValue stands in where the decimal string is empty.
    """
    for keyword in ("NumericValue", "FloatingPointValue"):
        try:
            value = float(str(measured.get(keyword)))
        except (ValueError, *UNREADABLE_VALUE):
            continue
        if math.isfinite(value):
            return value
    return None


def _text(layer: Layer) -> str:
    """What is written beside a graphic: the first figures, else the name."""
    shown = [f"{f.value:.4g} {f.unit}".strip() for f in layer.figures[:2]]
    return " × ".join(shown) if shown else layer.name
