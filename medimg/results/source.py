"""The instances behind an analysis: fitted headers in the order of its slices."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pydicom.dataset import Dataset

from medimg.results.fitting import Fitted, Need, fit, having
from medimg.results.uids import uid
from medimg.values.analysis import Analysis
from medimg.values.errors import InputRefused
from medimg.values.series import Frame


@dataclass(frozen=True, slots=True)
class Place:
    """One slice of the stack in the source: instance, and number of the frame from 1."""

    instance: Dataset
    frame_number: int


@dataclass(frozen=True, slots=True)
class Sources:
    """The instances behind an analysis, made fit.

    Attributes:
        places: One a slice of the stack, in its order.
        notes: What was emptied, in words; no values, for they are the patient's.
    """

    places: tuple[Place, ...]
    notes: tuple[str, ...]

    @property
    def instances(self) -> tuple[Dataset, ...]:
        """Each instance once, in the order of the slices."""
        return tuple({str(p.instance.SOPInstanceUID): p.instance for p in self.places}.values())

    @property
    def is_multiframe(self) -> bool:
        """Whether the slices are frames of one instance."""
        return int(self.places[0].instance.get("NumberOfFrames") or 1) > 1 or (
            "PerFrameFunctionalGroupsSequence" in self.places[0].instance
        )


def sources(analysis: Analysis) -> Sources:
    """Fit the headers of an analysis and put them in the order of its slices.

    Raises:
        InputRefused: No DICOM object can refer to this source, and why.
    """
    if not analysis.headers:
        raise InputRefused(
            f"The source is {analysis.series.format or 'not DICOM'}, not DICOM, so a DICOM "
            "object cannot refer to it."
        )
    made = {keyword: uid(analysis, keyword) for keyword in having(Need.MAKE)}
    fitted = [fit(json.loads(text), made) for text in analysis.headers]
    places = _by_uid(analysis.series.frames, fitted) or _by_file(analysis.series.frames, fitted)
    if places is None:
        raise InputRefused(
            "The headers of some slices were not kept, so no DICOM object can refer to them. "
            "Run the analysis again."
        )
    emptied = sorted({note for _, notes in fitted for note in notes})
    return Sources(places, tuple(emptied))


def _by_uid(frames: tuple[Frame, ...], fitted: list[Fitted]) -> tuple[Place, ...] | None:
    """Find the instance of each slice by its UID; None where one is not found."""
    found = {str(dataset.SOPInstanceUID): dataset for dataset, _ in fitted}
    if any(frame.sop_instance_uid not in found for frame in frames):
        return None
    return tuple(Place(found[frame.sop_instance_uid], frame.number + 1) for frame in frames)


def _by_file(frames: tuple[Frame, ...], fitted: list[Fitted]) -> tuple[Place, ...] | None:
    """Find it by the order of the files, which is that of the headers; None where they differ.

    For instances whose data set lacks the UID that their file's meta information has.
    """
    files = list(dict.fromkeys(frame.file for frame in frames))
    if len(files) != len(fitted):
        return None
    found = {file: dataset for file, (dataset, _) in zip(files, fitted, strict=True)}
    return tuple(Place(found[frame.file], frame.number + 1) for frame in frames)
