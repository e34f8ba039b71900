"""Rows of 'Geometry', fourth part: mosaics, whose slices lie side by side in one picture."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from pydicom.dataset import FileDataset

from medimg.values.geometry import MeasuredAt
from medimg.values.volume import Unit
from tests.faults.phantom import (
    CORNER,
    STEP_MM,
    Cut,
    axial_cuts,
    fill,
    instance,
    oblique_cuts,
    save,
    stack_of,
    stored_in,
)
from tests.faults.truth import Row, Slice, Stack, Truth

COUNT = 12
#: Leaning about two axes, so that neither rows nor columns run along the patient.
_TURNED = (0.96, 0.0, -0.28, 0.06, 0.976, 0.2057)


def csa_header(values: Mapping[str, Sequence[object]]) -> bytes:
    """A CSA header of Siemens (the layout with SV10) that holds some values as texts."""
    made = b"SV10\x04\x03\x02\x01" + struct.pack("<II", len(values), 77)
    for name, items in values.items():
        texts = [str(item).encode() + b"\0" for item in items]
        head = (name.encode(), len(items), b"FD", 4, len(texts), 77)
        made += struct.pack("<64si4siii", *head)
        for text in texts:
            made += struct.pack("<4i", len(text), len(text), 77, len(text))
            made += text + b"\0" * (-len(text) % 4)
    return made


def mosaic(
    stored: np.ndarray, slices: Sequence[Slice], csa: Mapping[str, Sequence[object]] | None = None
) -> FileDataset:
    """Slices as one mosaic, in the order given.

    Args:
        stored: (slices, rows, columns) 16-bit values.
        slices: Where each lies.
        csa: Values of its CSA header that are other than they should be.
    """
    count, rows, columns = stored.shape
    across = math.isqrt(count - 1) + 1
    sheet = np.zeros((across * rows, across * columns), dtype=stored.dtype)
    for k, one in enumerate(stored):
        top, left = k // across * rows, k % across * columns
        sheet[top : top + rows, left : left + columns] = one
    first, second = slices[:2]
    assert first.position and second.position and first.orientation and first.spacing
    along, down = np.array(first.orientation).reshape(2, 3)
    step = np.array(second.position) - np.array(first.position)
    made = instance("MR")
    made.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]
    fill(made, sheet)
    # The picture is placed as if all of it were the first slice.
    shift = along * first.spacing[1] * (sheet.shape[1] - columns) / 2
    shift = shift + down * first.spacing[0] * (sheet.shape[0] - rows) / 2
    made.ImagePositionPatient = [round(float(x), 6) for x in np.array(first.position) - shift]
    made.ImageOrientationPatient = [round(float(x), 9) for x in first.orientation]
    made.PixelSpacing, made.SliceThickness = list(first.spacing), 2.0
    made.SpacingBetweenSlices = round(float(np.linalg.norm(step)), 6)
    made.Manufacturer, made.SequenceName, made.ScanningSequence = "SIEMENS", "epfid2d1_64", "EP"
    made.add_new(0x00190010, "LO", "SIEMENS MR HEADER")
    made.add_new(0x0019100A, "US", count)
    told: dict[str, Sequence[object]] = {
        "NumberOfImagesInMosaic": [count],
        "SliceNormalVector": [f"{x:.8f}" for x in step / np.linalg.norm(step)],
        "ProtocolSliceNumber": [0],
    }
    made.add_new(0x00290010, "LO", "SIEMENS CSA HEADER")
    made.add_new(0x00291008, "CS", "IMAGE NUM 4")
    made.add_new(0x00291010, "OB", csa_header({**told, **(csa or {})}))
    return made


def of_cuts(cuts: Sequence[Cut], csa: Mapping[str, Sequence[object]] | None = None) -> FileDataset:
    """Slices of the phantom as one mosaic."""
    stored = np.stack([stored_in(one.dataset) for one in cuts]).astype(np.uint16)
    made = mosaic(stored, [one.truth for one in cuts], csa)
    made.SOPInstanceUID, made.InstanceNumber = "1.2.9.1", 1
    return made


def _cuts() -> list[Cut]:
    return axial_cuts(COUNT, modality="MR", first=14)


def _plain(folder: Path) -> Truth:
    save(of_cuts(_cuts()), folder / "x.dcm")
    return (stack_of(_cuts()),)


def _downwards(folder: Path) -> Truth:
    """The first tile is the uppermost slice, and the normal points to the feet."""
    save(of_cuts(_cuts()[::-1]), folder / "x.dcm")
    return (stack_of(_cuts()),)


def _oblique(folder: Path) -> Truth:
    normal = np.cross(_TURNED[:3], _TURNED[3:])
    x, y, z = (float(one) for one in normal / np.linalg.norm(normal) * STEP_MM)
    start = (CORNER - 4 * x, CORNER - 4 * y, -4 * z)
    cuts = oblique_cuts(start, (x, y, z), _TURNED, count=COUNT)
    save(of_cuts(cuts), folder / "x.dcm")
    return (stack_of(cuts),)


def _times(folder: Path) -> Truth:
    """A functional series: one mosaic a time, brighter from time to time."""
    truth = []
    for time in range(3):
        made = of_cuts(_cuts())
        sheet = np.frombuffer(made.PixelData, "<u2").reshape(made.Rows, made.Columns) + 10 * time
        fill(made, sheet)
        made.SOPInstanceUID, made.InstanceNumber = f"1.2.9.{time + 1}", time + 1
        made.AcquisitionNumber, made.AcquisitionTime = time + 1, f"10000{2 * time}.5"
        save(made, folder / f"{9 - time}.dcm")
        later = [one.known(values=np.asarray(one.truth.values) + 10 * time) for one in _cuts()]
        truth.append(stack_of(later, label=f"time {time + 1} of 3"))
    return tuple(truth)


def _without_spacing(folder: Path) -> Truth:
    made = of_cuts(_cuts())
    del made.SpacingBetweenSlices
    made.SliceThickness = STEP_MM
    save(made, folder / "x.dcm")
    return (stack_of(_cuts(), is_volume=False),)


def _sheet(folder: Path, made: FileDataset) -> Truth:
    """A mosaic that nobody can cut is a picture without a place."""
    save(made, folder / "x.dcm")
    spacing = (float(made.PixelSpacing[0]), float(made.PixelSpacing[1]))
    at = Slice(stored_in(made), spacing=spacing)
    return (Stack((at,), Unit.ARBITRARY, is_volume=False, spacing=spacing,
                  measured_at=MeasuredAt.PATIENT),)  # fmt: skip


def _without_csa(folder: Path) -> Truth:
    made = of_cuts(_cuts())
    del made[0x00291010]
    return _sheet(folder, made)


def _counts_differ(folder: Path) -> Truth:
    made = of_cuts(_cuts())
    made[0x0019100A].value = COUNT - 1
    return _sheet(folder, made)


def _backwards(folder: Path) -> Truth:
    return _sheet(folder, of_cuts(_cuts(), {"ProtocolSliceNumber": [COUNT - 1]}))


def _lying_normal(folder: Path) -> Truth:
    return _sheet(folder, of_cuts(_cuts(), {"SliceNormalVector": ["1.0", "0.0", "0.0"]}))


def _grid(folder: Path) -> Truth:
    """The same sheet as United Imaging stores it."""
    made = of_cuts(_cuts())
    for tag in [element.tag for element in made if element.tag.is_private]:
        del made[tag]
    made.ImageType = ["ORIGINAL", "PRIMARY", "VFRAME", "ND"]
    made.add_new(0x00650010, "LO", "Image Private Header")
    made.add_new(0x00651050, "DS", str(COUNT))
    return _sheet(folder, made)


def _cut_short(folder: Path) -> Truth:
    made = of_cuts(_cuts())
    made[0x00291010].value = made[0x00291010].value[:160]
    return _sheet(folder, made)


ROWS: tuple[Row, ...] = (
    Row("mosaic", f"control: Siemens MOSAIC of {COUNT} axial slices",
        f"reads {COUNT} slices at their places; note mosaic", _plain, ("mosaic",)),
    Row("mosaic-downwards", "MOSAIC whose slices follow from head to feet (slice normal 0 0 -1)",
        "reads, by the sign of the normal; note mosaic", _downwards, ("mosaic",)),
    Row("mosaic-oblique", "MOSAIC of doubly oblique slices", "reads; note mosaic", _oblique,
        ("mosaic",)),
    Row("mosaic-times", "three MOSAICs, one a time, one Series UID",
        "one 4-D item of three volumes", _times, ("mosaic",)),
    Row("mosaic-no-spacing", "MOSAIC without SpacingBetweenSlices",
        "reads; problem gaps-unknown: the thickness stands for the spacing; 3-D analysis refused",
        _without_spacing, ("mosaic", "gaps-unknown"), ("thickness",)),
    Row("mosaic-no-csa", "MOSAIC without its CSA header",
        "problem no-position: not cut, and why", _without_csa, ("no-position",), ("CSA header",)),
    Row("mosaic-counts-differ", "MOSAIC whose two headers give 11 and 12 slices",
        "problem no-position: not cut, and why", _counts_differ, ("no-position",), ("11 and 12",)),
    Row("mosaic-backwards", "MOSAIC numbered from the last slice (ProtocolSliceNumber 11)",
        "problem no-position: not cut, and why", _backwards, ("no-position",), ("backwards",)),
    Row("mosaic-normal-lies", "MOSAIC whose slice normal lies in the slices",
        "problem no-position: not cut, and why", _lying_normal, ("no-position",), ("normal",)),
    Row("mosaic-of-united-imaging", "grid (VFRAME) of United Imaging",
        "problem no-position: not cut", _grid, ("no-position",), ("grid of 12 slices",)),
    Row("mosaic-csa-cut", "MOSAIC whose CSA header breaks off",
        "problem no-position: not cut, and why", _cut_short, ("no-position",), ("breaks off",)),
)  # fmt: skip
