"""Rows of 'Series and order': which pictures belong together, and in which order."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.faults.phantom import (
    CORNER,
    STEP_MM,
    Cut,
    axial_cuts,
    cut,
    fill,
    save,
    spoil,
    stack_of,
    write,
    written,
)
from tests.faults.truth import Row, Truth


def _good(folder: Path) -> Truth:
    return written(folder, axial_cuts())


def _names_reversed(folder: Path) -> Truth:
    cuts = axial_cuts()
    write(folder, cuts, [f"{len(cuts) - k:03d}.dcm" for k in range(len(cuts))])
    return (stack_of(cuts),)


def _names_shuffled(folder: Path) -> Truth:
    cuts = axial_cuts()
    order = np.random.default_rng(1).permutation(len(cuts))
    write(folder, cuts, [f"{k:03d}.dcm" for k in order])
    return (stack_of(cuts),)


def _numbers_shuffled(folder: Path) -> Truth:
    order = np.random.default_rng(2).permutation(40)
    return written(folder, spoil(axial_cuts(), InstanceNumber=lambda k: int(order[k]) + 1))


def _numbers_same(folder: Path) -> Truth:
    return written(folder, spoil(axial_cuts(), InstanceNumber=1))


def _numbers_missing(folder: Path) -> Truth:
    cuts = axial_cuts()
    spoil(cuts[::3], InstanceNumber=None)
    return written(folder, cuts)


def _feet_to_head(folder: Path) -> Truth:
    return written(folder, spoil(axial_cuts(), InstanceNumber=lambda k: 40 - k))


def _missing_slice(folder: Path) -> Truth:
    cuts = axial_cuts()
    write(folder, cuts)
    (folder / "017.dcm").unlink()
    return (stack_of(cuts[:17] + cuts[18:], is_volume=False),)


def _half_thinned(folder: Path) -> Truth:
    cuts = [one for k, one in enumerate(axial_cuts()) if k < 20 or k % 2]
    return written(folder, cuts, is_volume=False)


def _duplicate_file(folder: Path) -> Truth:
    truth = written(folder, axial_cuts())
    (folder / "copy of 017.dcm").write_bytes((folder / "017.dcm").read_bytes())
    return truth


def _series_twice(folder: Path) -> Truth:
    truth = written(folder, axial_cuts())
    for path in sorted(folder.glob("*.dcm")):
        (folder / f"copy-{path.name}").write_bytes(path.read_bytes())
    return truth


def _other_pixels(k: int) -> Cut:
    """Slice k once more, with other pixels."""
    other = axial_cuts(1, first=k)[0]
    other.dataset.InstanceNumber = k + 1
    values = np.asarray(other.truth.values) // 2
    fill(other.dataset, values + 1024)
    return other.known(values=values)


def _same_position(folder: Path) -> Truth:
    cuts = axial_cuts()
    write(folder, cuts)
    other = _other_pixels(17)
    other.dataset.SOPInstanceUID = "1.2.9.99"
    save(other.dataset, folder / "other.dcm")
    return (stack_of([*cuts[:18], other, *cuts[18:]], is_volume=False),)


def _same_sop(folder: Path) -> Truth:
    cuts = axial_cuts()
    write(folder, cuts)
    other = _other_pixels(17)
    other.dataset.SOPInstanceUID = cuts[17].dataset.SOPInstanceUID
    save(other.dataset, folder / "other.dcm")
    return (stack_of([*cuts[:18], other, *cuts[18:]], is_volume=False),)


def _same_sop_everywhere(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(), SOPInstanceUID="1.2.9")
    write(folder, cuts, uids="")
    return (stack_of(cuts, is_volume=False),)


def _uneven(folder: Path) -> Truth:
    heights = [k * STEP_MM - 50 for k in range(25)] + [10.0 + k * 5.0 for k in range(1, 16)]
    cuts = [cut((CORNER, CORNER, z), number=k + 1) for k, z in enumerate(heights)]
    return written(folder, cuts, is_volume=False)


def _jitter(folder: Path) -> Truth:
    off = np.random.default_rng(6).uniform(-0.02, 0.02, 40)
    cuts = [
        cut((CORNER, CORNER, round((k - 20) * STEP_MM + off[k], 3)), number=k + 1)
        for k in range(40)
    ]
    return written(folder, cuts)


ROWS: tuple[Row, ...] = (
    Row("good-axial", "control: 40 axial CT slices, all consistent", "reads; no problem", _good),
    Row("names-reversed", "file names in reverse of position",
        "reads, order by position; no problem", _names_reversed),
    Row("names-shuffled", "file names shuffled", "reads, order by position; no problem",
        _names_shuffled),
    Row("instance-number-shuffled", "InstanceNumber permuted against position",
        "reads, order by position; note instance-order-differs", _numbers_shuffled,
        ("instance-order-differs",)),
    Row("instance-number-all-same", "InstanceNumber 1 in every slice",
        "reads, order by position; note instance-numbers-repeat", _numbers_same,
        ("instance-numbers-repeat",)),
    Row("instance-number-missing", "InstanceNumber absent in every third slice",
        "reads all 40 slices, order by position", _numbers_missing),
    Row("feet-to-head-order", "positions descend as InstanceNumber rises",
        "reads; geometry unchanged; no problem", _feet_to_head),
    Row("missing-slice", "slice 17 of 40 removed",
        "reads; problem missing-slice with position and the 5.0 mm gap; 3-D analysis refused",
        _missing_slice, ("missing-slice",), (r"gap 5\.0 mm", r"-10\.0 mm"),
        ("016.dcm", "018.dcm")),
    Row("missing-every-second-in-half", "every second slice of the upper half removed",
        "reads; problem uneven-spacing (2.5 to 5.0 mm, 10 gaps); 3-D analysis refused",
        _half_thinned, ("uneven-spacing",), (r"2\.50? to 5\.00? mm.*10 gaps",)),
    Row("duplicate-file", "one slice present twice, byte-identical under two names",
        "reads 40 slices; note duplicate-file naming both", _duplicate_file,
        ("duplicate-file",), files=("017.dcm", "copy of 017.dcm")),
    Row("whole-series-twice", "the whole series twice (copy under other names)",
        "reads 40 slices; note duplicate-file (40)", _series_twice, ("duplicate-file",),
        (r"\b40\b",)),
    Row("same-position-different-pixels", "two slices at one position, new SOP UID, other pixels",
        "problem duplicate-position naming both files; 3-D analysis refused", _same_position,
        ("duplicate-position", "instance-numbers-repeat"), files=("017.dcm", "other.dcm")),
    Row("same-sop-different-pixels", "two files share SOP Instance UID but differ in pixels",
        "problem same-sop-instance-differs naming both; 3-D analysis refused", _same_sop,
        ("same-sop-instance-differs", "duplicate-position", "instance-numbers-repeat"),
        files=("017.dcm", "other.dcm")),
    Row("same-sop-every-slice", "all 40 slices share one SOP Instance UID",
        "reads by position; problem same-sop-instance (40 files)", _same_sop_everywhere,
        ("same-sop-instance",), (r"\b40 slices\b",)),
    Row("uneven-spacing", "2.5 mm steps, then 5.0 mm for the last 15 slices",
        "reads; problem uneven-spacing with the largest gap in mm; 3-D analysis refused",
        _uneven, ("uneven-spacing",), (r"5\.00? mm",)),
    Row("jitter-0.02mm", "positions rounded with 0.02 mm jitter", "reads; no problem", _jitter),
)  # fmt: skip
