"""Rows of 'Pixels', fourth part: a segmentation beside its source, written by highdicom."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import highdicom
import numpy as np
import pydicom
from highdicom.seg import (
    SegmentAlgorithmTypeValues,
    Segmentation,
    SegmentationTypeValues,
    SegmentDescription,
)
from numpy.typing import NDArray
from pydicom.sr.codedict import codes

from medimg.reading import layers
from medimg.values.series import Scan
from medimg.values.volume import Volume
from tests.faults.phantom import SIZE, axial_cuts, save, spoil, written
from tests.faults.truth import Row, Truth

COUNT = 12


def _masks() -> NDArray[np.bool_]:
    """Two overlapping parts, [slice, row, column, part]; the second leaves slices 4 to 7 empty."""
    parts = np.zeros((COUNT, SIZE, SIZE, 2), dtype=np.bool_)
    parts[3:9, 20:40, 10:30, 0] = True
    parts[2:4, 30:50, 25:45, 1] = True
    parts[8:10, 5:15, 25:35, 1] = True
    return parts


def _segmentation(folder: Path) -> Truth:
    cuts = spoil(axial_cuts(COUNT), StudyTime="120000", AccessionNumber="", StudyID="1",
                 PatientBirthDate="", ReferringPhysicianName="")  # fmt: skip
    truth = written(folder, cuts)
    sources = [pydicom.dcmread(path) for path in sorted(folder.glob("*.dcm"))]
    described = [
        SegmentDescription(
            segment_number=number,
            segment_label=f"Part {number}",
            segmented_property_category=codes.SCT.Organ,
            segmented_property_type=codes.SCT.Liver,
            algorithm_type=SegmentAlgorithmTypeValues.MANUAL,
        )
        for number in (1, 2)
    ]
    made = Segmentation(
        source_images=sources,
        pixel_array=_masks(),
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=described,
        series_instance_uid=highdicom.UID("1.2.3.30"),
        series_number=30,
        sop_instance_uid=highdicom.UID("1.2.9.800"),
        instance_number=1,
        manufacturer="Planted",
        manufacturer_model_name="Planter",
        software_versions="1",
        device_serial_number="1",
    )
    save(made, folder / "seg.dcm")
    return truth


def _masks_lie_right(scan: Scan, volumes: Sequence[Volume]) -> list[str]:
    found = layers(scan.series[0], scan.objects)
    if len(found) != 2:
        return [f"{len(found)} masks instead of 2"]
    true = np.moveaxis(_masks(), -1, 0)
    return [
        f"{layer.name} does not lie where it was drawn"
        for layer, mask in zip(found, true, strict=True)
        if not (layer.mask.whole() == mask).all()
    ]


ROWS: tuple[Row, ...] = (
    Row("segmentation-1-bit",
        "binary SEG, two segments, empty planes left out, frames grouped by segment",
        "two masks on one 3-D grid, empty planes filled with 0", _segmentation,
        look=_masks_lie_right),
)  # fmt: skip
