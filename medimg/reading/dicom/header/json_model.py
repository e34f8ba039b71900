"""Headers of source instances as DICOM JSON, for exports that must refer to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from medimg.reading.dicom.header.source import BROKEN, read_header
from medimg.reading.found import Unusable
from medimg.values.series import Series

#: Values longer than this are left out: exports refer to instances, they do not copy them.
BULK = 1024


def headers(series: Series) -> tuple[str, ...]:
    """One DICOM JSON model (PS3.18 F.2) an instance, in the order of the frames.

    Pixels, private attributes and values over `BULK` bytes are left out, except the sequences
    that place the frames of a multi-frame object.
    """
    files = dict.fromkeys(frame.file for frame in series.frames)
    return tuple(text for file in files if (text := _header(Path(file))) is not None)


def _header(path: Path) -> str | None:
    """The header of one file, or None where it can no longer be read."""
    try:
        dataset = read_header(path)
    except Unusable:
        return None
    model: dict[str, Any] = {}
    for source in (dataset.file_meta, dataset):
        for tag in source.keys() if source else ():
            if not tag.is_private:
                model.update(_element(source, tag))
    return json.dumps(model, ensure_ascii=False, separators=(",", ":"))


def _element(dataset: Dataset, tag: Any) -> dict[str, Any]:
    """One element as JSON; one that cannot be said in JSON is left out."""
    try:
        element = dataset[tag]
        if element.VR != "SQ" and element.value is not None and _size(element.value) > BULK:
            return {}
        part = Dataset()
        part.add(element)
        plain: dict[str, Any] = part.to_json_dict(suppress_invalid_tags=True)
    except BROKEN:
        return {}
    return plain


def _size(value: Any) -> int:
    if isinstance(value, bytes | str):
        return len(value)
    try:
        return sum(len(str(item)) for item in value)
    except TypeError:
        return 0
