"""VOI tables of a file (PS3.3 C.11.2.1.1)."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset, FileDataset

from medimg.reading.dicom.header.attributes import attributes_of
from medimg.values.volume import VoiTable


def voi_tables(dataset: FileDataset) -> tuple[VoiTable, ...]:
    """Read the VOI LUTs; one that does not hold what it declares is left out."""
    is_little = dataset.original_encoding[1] is not False
    # A table begins at a signed value where what it is looked up by can be negative.
    facts = attributes_of(dataset)
    signed = bool(dataset.get("PixelRepresentation")) or (facts.number("RescaleIntercept") or 0) < 0
    items = dataset.get("VOILUTSequence") or _of_frames(dataset)
    tables = (table_of(item, signed=signed, is_little=is_little) for item in items)
    return tuple(table for table in tables if table is not None)


def _of_frames(dataset: Dataset) -> list[Dataset]:
    """Tables of a multi-frame object: shared, else of its first frame (PS3.3 C.7.6.16.2.10)."""
    for keyword in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for group in list(dataset.get(keyword) or [])[:1]:
            for macro in group.get("FrameVOILUTSequence") or []:
                if macro.get("VOILUTSequence"):
                    return list(macro.VOILUTSequence)
    return []


def table_of(item: Dataset, *, signed: bool, is_little: bool) -> VoiTable | None:
    """Read one table of any kind (PS3.3 C.11.1.1.1); None where it holds not what it declares.

    Args:
        signed: Whether what is looked up can be negative.
        is_little: Byte order of the data set.
    """
    descriptor = item.get("LUTDescriptor")
    data = item.get("LUTData")
    if descriptor is None or data is None or len(descriptor) != 3:
        return None
    count, first, bits = (int(n) for n in descriptor)
    count = count or 1 << 16  # 0 means 2**16 entries
    if signed and first >= 1 << 15:
        first -= 1 << 16
    if isinstance(data, bytes):
        wide = np.dtype("<u2" if is_little else ">u2")
        entries = np.frombuffer(data, np.uint8 if len(data) < 2 * count else wide)
    else:
        entries = np.asarray(data)
    if entries.size < count or not 1 <= bits <= 16:
        return None
    name = str(item.get("LUTExplanation") or "")
    return VoiTable(float(first), bits, entries[:count].astype(np.uint16), name)
