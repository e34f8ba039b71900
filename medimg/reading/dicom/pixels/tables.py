"""Tables that values are looked up in, against what they declare of themselves."""

from __future__ import annotations

from collections.abc import Sequence

from pydicom.dataset import Dataset

from medimg.reading.found import Unusable
from medimg.values.problems import Problem

_COLOURS = ("Red", "Green", "Blue")


def check_modality_table(dataset: Dataset, name: str) -> None:
    """Refuse a Modality LUT that does not hold what it declares (PS3.3 C.11.1.1.1).

    Raises:
        Unusable: The sentence says what is wrong with it.
    """
    item = dataset.ModalityLUTSequence[0]
    _check("Modality LUT", item.get("LUTDescriptor"), item.get("LUTData"), name)


def check_palette(dataset: Dataset, name: str) -> None:
    """Refuse a colour table that does not hold what it declares (PS3.3 C.7.6.3.1.5).

    Raises:
        Unusable: The sentence says what is wrong with it.
    """
    if "SegmentedRedPaletteColorLookupTableData" in dataset:
        return
    for colour in _COLOURS:
        keyword = f"{colour}PaletteColorLookupTable"
        descriptor, data = dataset.get(f"{keyword}Descriptor"), dataset.get(f"{keyword}Data")
        _check(f"{colour.lower()} colour table", descriptor, data, name)


def _check(what: str, descriptor: object, data: object, name: str) -> None:
    why = _fault(descriptor, data)
    if why:
        sentence = f"The {what} of {name} cannot be used: {why}."
        raise Unusable(Problem("decode-failed", sentence, (name,)))


def _fault(descriptor: object, data: object) -> str:
    """What is wrong with a table; empty where nothing is."""
    if not data or not isinstance(data, Sequence):
        return "it has no entries"
    if not isinstance(descriptor, Sequence) or isinstance(descriptor, str) or len(descriptor) != 3:
        return "its descriptor is not three numbers"
    count, _, bits = (int(number) for number in descriptor)
    count = count or 1 << 16  # 0 means 2**16 entries
    if not 1 <= bits <= 16:
        return f"its entries have {bits} bits"
    if not isinstance(data, bytes):
        return "" if len(data) == count else f"it has {len(data)} of {count} entries"
    # Entries of a byte, padded to an even length, or of a word, whatever the descriptor says.
    if len(data) in (count, count + count % 2, 2 * count):
        return ""
    return f"it has {len(data) // (2 if bits > 8 else 1)} of {count} entries"
