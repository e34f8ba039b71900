"""Which series of a scan a reader wants to see first."""

from __future__ import annotations

from medimg.values.problems import Stops
from medimg.values.series import MRKind, Scan, Series, View

#: Modalities of pictures that are no examinations themselves.
NOT_EXAMINATIONS = frozenset({"OT", "SC", "DOC", "SR", "PR", "KO"})
#: Words of series that only plan others.
PLANNING = ("localiser", "localizer", "scout", "survey", "topogram", "tracker", "monitoring")


def first_series(scan: Scan) -> Series:
    """The series to open first: of the newest study, no planning image, whole, finest.

    Raises:
        ValueError: The scan has no series.
    """
    return max(enumerate(scan.series), key=lambda item: (*_worth(item[1]), -item[0]))[1]


def is_planning(series: Series) -> bool:
    """Whether a series only plans others."""
    words = f"{series.label} {series.description}".lower()
    return any(word in words for word in PLANNING)


def _worth(series: Series) -> tuple[bool, bool, str, bool, bool, bool, bool, int]:
    """Larger is opened sooner; of two alike the one with more voxels: whole, and finer."""
    slices, rows, columns = series.geometry.shape
    return (
        series.modality not in NOT_EXAMINATIONS,
        not is_planning(series),
        series.study.date,
        not series.stops(Stops.FILE),
        not series.stops(Stops.VOLUME),
        series.view is not View.LATERAL,
        series.modality != "MR" or series.mr_kind is not MRKind.UNKNOWN,
        slices * rows * columns if series.part is None else 0,
    )
