"""Where results lie: a folder name that a person can read and that no two series share."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from medimg.values.series import Series

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 60


def case_folder(series: Series) -> str:
    """Name the folder of a series: what a reader knows it by, and a short mark of its own.

    Patient's names stay out of file names; the patient's number may be in.
    """
    return f"{_slug(_known_by(series)) or 'series'}-{mark(series)}"


def mark(series: Series) -> str:
    """Eight hexadecimal digits that belong to this series: its UID and its images."""
    # Names of files beside UIDs, for two images may wrongly carry one; whole paths only where
    # there is no UID, so that a moved DICOM folder is still the same case.
    frames = [
        f"{f.sop_instance_uid} {f.number} {Path(f.file).name if series.uid else f.file}"
        for f in series.frames
    ]
    text = "\n".join([series.uid, *frames])
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def case_name(series: Series) -> str:
    """The words for lists: file name, or patient's number, date and series."""
    return _known_by(series).strip()


def _known_by(series: Series) -> str:
    if series.format != "dicom":
        name = Path(series.frames[0].file).name if series.frames else series.label
        return name.removesuffix(".gz").rpartition(".")[0] or name
    number = "" if series.number is None else str(series.number)
    parts = (series.patient.id, series.study.date, number, series.label)
    return " ".join(part for part in parts if part)


def _slug(words: str) -> str:
    return _UNSAFE.sub("-", words).strip("-.")[:_LONGEST]
