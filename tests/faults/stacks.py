"""Rows of 'Series and order', third part: the same faults turned, oblique, multi-frame or mixed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from medimg.values.series import Scan
from medimg.values.volume import Volume
from tests.faults.frames import one_object
from tests.faults.geometry import centred, turned
from tests.faults.grouping import brighter, parted, several
from tests.faults.phantom import (
    CORNER,
    STEP_MM,
    axial_cuts,
    cut,
    place,
    spoil,
    stack_of,
    write,
    written,
)
from tests.faults.truth import Row, Truth

SHORT = 12


def _noise(folder: Path) -> Truth:
    noise = np.random.default_rng(8)
    cuts = axial_cuts(SHORT)
    for one in cuts:
        off = noise.uniform(-5e-5, 5e-5, 3)
        turn = noise.uniform(-1e-6, 1e-6, 6)
        dataset = one.dataset
        dataset.ImagePositionPatient = [
            round(float(v) + o, 6) for v, o in zip(one.truth.position or (), off, strict=True)
        ]
        dataset.ImageOrientationPatient = [
            round(v + o, 8) for v, o in zip((1, 0, 0, 0, 1, 0), turn, strict=True)
        ]
    return written(folder, cuts)


def _oblique_gap(folder: Path) -> Truth:
    cuts = spoil(centred(turned(20, 15, 10), 20), InstanceNumber=lambda k: 20 - k)
    del cuts[7]
    return written(folder, cuts, is_volume=False)


def _two_gaps(folder: Path) -> Truth:
    cuts = [one for k, one in enumerate(axial_cuts()) if k not in (8, 30)]
    return written(folder, cuts, is_volume=False)


def _gap_at_end(folder: Path) -> Truth:
    cuts = axial_cuts(20)
    del cuts[18]
    return written(folder, cuts, is_volume=False)


def _wide_gap(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(8) + axial_cuts(8, first=12), InstanceNumber=lambda k: k + 1)
    return written(folder, cuts, is_volume=False)


def _frame_gap(folder: Path) -> Truth:
    cuts = axial_cuts(20, modality="MR")
    del cuts[9]
    one_object(folder, cuts)
    return (stack_of(cuts, is_volume=False),)


def _frame_twice(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT, modality="MR")
    cuts.insert(6, cuts[5])
    one_object(folder, cuts)
    return (stack_of(cuts, is_volume=False),)


def _frames_unplaced(folder: Path) -> Truth:
    def lose(group: Dataset, number: int) -> None:
        if number == 4:
            del group.PlanePositionSequence

    cuts = axial_cuts(SHORT, modality="MR")
    one_object(folder, cuts, lose)
    cuts[4] = cuts[4].known(position=None)
    stack = stack_of(cuts[:1], is_volume=False, slices=tuple(one.truth for one in cuts))
    return (stack,)


def _no_series_uid(folder: Path) -> Truth:
    return written(folder, spoil(axial_cuts(SHORT), SeriesInstanceUID=None))


def _empty_ids(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(SHORT), PatientID="", PatientName="Phantom^Synthetic")
    others = spoil(brighter(axial_cuts(SHORT), 60), PatientID="", PatientName="Other^Person")
    return several(folder, cuts, others, is_volume=False)


def _two_spellings(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    spoil(cuts[::2], PatientName="PHANTOM^SYNTHETIC^")
    return written(folder, cuts)


def _two_studies(folder: Path) -> Truth:
    later = spoil(axial_cuts(SHORT, first=SHORT), StudyDate="20260301", StudyID="2")
    spoil(later, InstanceNumber=lambda k: SHORT + k + 1)
    return several(folder, axial_cuts(SHORT), later)


def _space_missing(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    spoil(cuts[3:5], FrameOfReferenceUID=None)
    return written(folder, cuts, is_volume=False)


def _two_spaces(folder: Path) -> Truth:
    moved = spoil(axial_cuts(SHORT), FrameOfReferenceUID="1.2.3.77")
    return several(folder, axial_cuts(SHORT), brighter(moved, 40))


def _no_space(folder: Path) -> Truth:
    return written(folder, spoil(axial_cuts(SHORT), FrameOfReferenceUID=None))


def _turned_slice(folder: Path) -> Truth:
    cuts = axial_cuts(20)
    x, y, z = place(7)
    around = cut((-x, -y, z), (-1, 0, 0, 0, -1, 0), number=8)
    rest = cuts[:7] + cuts[8:]
    write(folder, [*cuts[:7], around, *cuts[8:]])
    return stack_of(rest, is_volume=False), stack_of([around])


def _no_localiser(scan: Scan, volumes: Sequence[Volume]) -> list[str]:
    called = [series.label for series in scan.series if "localiser" in series.label]
    return [f"a slice is called '{label}'" for label in called]


def _slightly_turned(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    cuts[5] = cut(place(5), turned(0, 0, 0.6), number=6)
    return written(folder, cuts, is_volume=False)


def _aside(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT)
    cuts[5] = cut((CORNER + 5.0, CORNER, place(5)[2]), number=6)
    return written(folder, cuts, is_volume=False)


def _fan(folder: Path) -> Truth:
    cuts = [cut(place(10), turned(0.9 * k, 0, 0), number=k + 1) for k in range(SHORT)]
    write(folder, cuts)
    return tuple(stack_of(cuts[k : k + 2], is_volume=False) for k in range(0, SHORT, 2))


def _time_with_gap(folder: Path) -> Truth:
    make = parted("TemporalPositionIdentifier", [1, 2, 3])
    groups = [make(n) for n in range(3)]
    del groups[1][4]
    first, _, third = several(folder, *groups)
    closed = stack_of(groups[1], is_volume=False)
    return first, closed, third


def _times(folder: Path, keyword: str, values: list[object], modality: str = "MR") -> Truth:
    make = parted(keyword, values, modality)
    return several(folder, *(make(n) for n in range(len(values))))


def _uneven_times(folder: Path) -> Truth:
    """Three times over places that are 2.5 mm apart and then 5 mm: one item all the same."""
    make = parted("TemporalPositionIdentifier", [1, 2, 3])
    kept = [*range(6), 7, 9, 11]
    groups = [[make(n)[k] for k in kept] for n in range(3)]
    return several(folder, *groups, labels=("time 1", "time 2", "time 3"), is_volume=False)


def _are_one_item(scan: Scan, volumes: Sequence[Volume]) -> list[str]:
    parts = [series.part and (series.part.place, series.part.count) for series in scan.series]
    return [] if parts == [(0, 3), (1, 3), (2, 3)] else [f"parts are {parts}"]


def _indistinct(folder: Path) -> Truth:
    cuts = axial_cuts(SHORT, modality="MR")
    twice = spoil(brighter(axial_cuts(SHORT, modality="MR"), 70),
                  InstanceNumber=lambda k: SHORT + k + 1)  # fmt: skip
    mixed = [one for pair in zip(cuts, twice, strict=True) for one in pair]
    write(folder, mixed)
    return (stack_of(mixed, is_volume=False),)


def _three_planes(folder: Path) -> Truth:
    planes = [turned(0, 0, 0), turned(90, 0, 0), turned(0, 90, 0)]
    groups = [spoil(centred(plane, 3), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
              for plane in planes]  # fmt: skip
    return several(folder, *groups, labels=("localiser",) * 3)


def _same_slice_everywhere(folder: Path) -> Truth:
    cuts = [cut(place(20), number=k + 1) for k in range(SHORT)]
    return written(folder, cuts, is_volume=False)


def _sixty(folder: Path) -> Truth:
    heights = [k * 0.4 for k in range(60)]
    cuts = [cut((CORNER, CORNER, round(z - 12, 3)), number=k + 1) for k, z in enumerate(heights)]
    return written(folder, spoil(cuts, SliceThickness=0.4))


def _creeping(folder: Path) -> Truth:
    heights = np.cumsum([0.0] + [STEP_MM + 0.02 * k for k in range(19)]) - 25
    cuts = [cut((CORNER, CORNER, round(float(z), 4)), number=k + 1)
            for k, z in enumerate(heights)]  # fmt: skip
    return written(folder, cuts, is_volume=False)


def _halves(folder: Path, *, again: bool = False, **values: object) -> Truth:
    """Six slices and six that follow on, or lie over them, unlike in some attributes."""
    halves = [axial_cuts(6), axial_cuts(6, first=0 if again else 6)]
    spoil(halves[0], **{keyword: pair[0] for keyword, pair in values.items()})  # type: ignore[index]
    spoil(halves[1], **{keyword: pair[1] for keyword, pair in values.items()})  # type: ignore[index]
    spoil(halves[1], InstanceNumber=lambda k: 7 + k)
    write(folder, [*halves[0], *halves[1]])
    return stack_of(halves[0]), stack_of(halves[1])


def _frames_of_one(folder: Path) -> Truth:
    return written(folder, spoil(axial_cuts(SHORT), NumberOfFrames=1))


ROWS: tuple[Row, ...] = (
    Row("position-noise", "positions and directions differ in the fifth decimal",
        "reads one volume; no problem", _noise),
    Row("missing-slice-oblique", "slice 7 of 20 removed, oblique, numbers run against position",
        "reads; problem missing-slice; 3-D analysis refused", _oblique_gap, ("missing-slice",),
        (r"gap 5\.0 mm",), ("006.dcm", "007.dcm")),
    Row("missing-two-slices", "slices 8 and 30 of 40 removed",
        "reads; problem missing-slice for each gap", _two_gaps, ("missing-slice",),
        files=("007.dcm", "008.dcm", "028.dcm", "029.dcm")),
    Row("missing-slice-before-last", "the last but one of 20 slices removed",
        "reads; problem missing-slice", _gap_at_end, ("missing-slice",)),
    Row("missing-block", "slices 8 to 11 of 20 removed",
        "reads; problem missing-slice that counts four", _wide_gap, ("missing-slice",),
        (r"4 slices",)),
    Row("enhanced-missing-frame", "Enhanced MR, frame 9 of 20 left out",
        "reads; problem missing-slice naming the frames", _frame_gap, ("missing-slice",),
        (r"frame 9 .*frame 10 ",)),
    Row("enhanced-frame-twice", "Enhanced MR, one frame present twice",
        "problem duplicate-position naming the frames", _frame_twice, ("duplicate-position",),
        (r"frame 6 .*frame 7 ",)),
    Row("enhanced-frame-unplaced", "Enhanced MR, one frame without a position",
        "problem no-position naming the file; 3-D analysis refused", _frames_unplaced,
        ("no-position",), (r"1 of 12",)),
    Row("series-uid-missing", "no SeriesInstanceUID in any slice", "reads one volume",
        _no_series_uid, ("bad-value",), (r"SeriesInstanceUID",)),
    Row("patient-id-empty", "two patients by name with empty PatientID, one Series UID",
        "two volumes; problem two-patients", _empty_ids, ("two-patients",)),
    Row("patient-two-spellings", "PatientName in capitals in every second slice, same PatientID",
        "reads one volume; no problem", _two_spellings),
    Row("two-studies-one-uid", "two examinations a month apart under one Study and Series UID",
        "two volumes; note split by study", _two_studies, ("split",), (r"study",)),
    Row("frame-of-reference-missing-in-some", "two of twelve slices name no frame of reference",
        "one stack; problem no-frame-of-reference naming them; 3-D analysis refused",
        _space_missing, ("no-frame-of-reference",), files=("003.dcm", "004.dcm")),
    Row("two-frames-of-reference", "one Series UID, second run in another frame of reference",
        "two volumes; note split", _two_spaces, ("split",), (r"frame of reference",)),
    Row("frame-of-reference-missing", "no slice names a frame of reference",
        "reads; no problem", _no_space),
    Row("slice-turned-180", "slice 7 turned by 180 degrees in its plane",
        "two stacks, the turned slice not called a localiser; problem missing-slice",
        _turned_slice, ("mixed-orientation", "missing-slice"), look=_no_localiser),
    Row("slice-turned-slightly", "slice 5 turned by 0.6 degrees",
        "problem bad-orientation naming the file and the angle; 3-D analysis refused",
        _slightly_turned, ("bad-orientation",), (r"0\.6 degrees",), ("005.dcm",)),
    Row("slice-aside", "slice 5 lies 5 mm to the left of its place",
        "problem uneven-spacing naming the slice and the 5.0 mm; 3-D analysis refused", _aside,
        ("uneven-spacing",), (r"5\.00? mm aside",), ("005.dcm",)),
    Row("fan", "twelve slices turned by 0.9 degrees from one to the next",
        "never read as a block", _fan, ("mixed-orientation", "bad-orientation",
        "duplicate-position")),
    Row("time-with-gap", "three temporal positions, a slice of the second missing",
        "three volumes, the second with problem missing-slice", _time_with_gap,
        ("split", "missing-slice")),
    Row("times-by-acquisition-time", "two runs told apart by AcquisitionTime alone",
        "two volumes", lambda folder: _times(folder, "AcquisitionTime", ["120000", "120130"]),
        ("split",)),
    Row("phases-respiratory", "4-D CT by NominalPercentageOfRespiratoryPhase", "two volumes",
        lambda folder: _times(folder, "NominalPercentageOfRespiratoryPhase", [0.0, 50.0], "CT"),
        ("split",), (r"phase",)),
    Row("echoes-by-number", "two echoes told apart by EchoNumbers alone", "two volumes",
        lambda folder: _times(folder, "EchoNumbers", [1, 2]), ("split",), (r"echo",)),
    Row("volumes-indistinct", "two volumes over one place that no attribute tells apart",
        "problem duplicate-position; 3-D analysis refused", _indistinct,
        ("duplicate-position", "instance-order-differs"),
        (r"11 more places",)),
    Row("three-plane-localiser", "three planes of three slices each, ImageType LOCALIZER",
        "three stacks called localiser", _three_planes, ("mixed-orientation",)),
    Row("same-position-everywhere", "twelve slices at one position, as perfusion or cine has them",
        "problem duplicate-position; 3-D analysis refused", _same_slice_everywhere,
        ("duplicate-position",)),
    Row("thin-slices", "60 slices 0.4 mm apart", "reads; no problem", _sixty),
    Row("spacing-creeps", "each step 0.02 mm longer than the one before",
        "problem uneven-spacing; 3-D analysis refused", _creeping, ("uneven-spacing",)),
    Row("times-uneven", "three times, their slices 2.5 mm and then 5.0 mm apart",
        "one 4-D item of three volumes; problem uneven-spacing; 3-D analysis refused",
        _uneven_times, ("split", "uneven-spacing"), look=_are_one_item),
    Row("kernels-stacked", "six slices with a soft kernel, six with a sharp one above them",
        "two volumes", lambda folder: _halves(folder, ConvolutionKernel=("B30f", "B70f")),
        ("split",), (r"kernel",)),
    Row("positions-stacked", "six slices head first, six feet first above them", "two volumes",
        lambda folder: _halves(folder, PatientPosition=("HFS", "FFS")), ("split",),
        (r"patient position",)),
    Row("contrast-by-agent", "two runs told apart by ContrastBolusAgent alone", "two volumes",
        lambda folder: _halves(folder, again=True, ContrastBolusAgent=(None, "Iohexol")),
        ("split",), (r"contrast agent",)),
    Row("frames-of-one", "twelve single slices that say NumberOfFrames 1",
        "reads one volume; no problem", _frames_of_one),
)  # fmt: skip
