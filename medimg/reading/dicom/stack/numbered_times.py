"""Times of a series that its instance numbers alone tell apart: most echo-planar series of GE."""

from __future__ import annotations

from collections.abc import Sequence

from medimg.reading.dicom.picture import Picture

#: Fewer times than this are believed of echo-planar sequences alone: two copies of one stack are
#: no time series.
LEAST_TIMES = 3


def times_by_number(pictures: Sequence[Picture]) -> dict[str, int]:
    """Which time each file is of, from 0; empty where the numbers do not settle it.

    They settle it where each position comes equally often and the numbers, which are all
    different, either run through all positions in one order and begin again, or run through all
    times of one position and go on to the next. One file that is missing breaks the order.
    """
    places = [picture.image_position_patient for picture in pictures]
    numbers = [picture.instance_number for picture in pictures]
    count = len(set(places))
    if None in places or None in numbers or count < 2 or len(set(numbers)) < len(numbers):
        return {}
    times, rest = divmod(len(pictures), count)
    if rest or times < 2 or any(picture.number for picture in pictures):
        return {}
    words = {word.upper() for word in pictures[0].attributes.texts("ScanningSequence")}
    if pictures[0].modality != "MR" or (times < LEAST_TIMES and "EP" not in words):
        return {}
    ordered = sorted(pictures, key=lambda picture: picture.instance_number or 0)
    run = [picture.image_position_patient for picture in ordered]
    if all(run[k] == run[k % count] for k in range(len(run))) and len(set(run[:count])) == count:
        return {picture.file: k // count for k, picture in enumerate(ordered)}
    starts = run[::times]
    if all(run[k] == starts[k // times] for k in range(len(run))) and len(set(starts)) == count:
        return {picture.file: k % times for k, picture in enumerate(ordered)}
    return {}
