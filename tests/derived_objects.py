"""Segmentations and their like on a phantom of known truth, written by highdicom and not by us."""

from __future__ import annotations

from pathlib import Path

import highdicom
import numpy as np
from highdicom import pr
from highdicom.color import CIELabColor
from highdicom.seg import (
    SegmentAlgorithmTypeValues,
    Segmentation,
    SegmentationTypeValues,
    SegmentDescription,
)
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.sr.codedict import codes

from tests import phantoms

#: Slices of the stack that objects speak of.
COUNT = 12
SHAPE = (COUNT, phantoms.SIZE, phantoms.SIZE)
Mask = NDArray[np.bool_]

#: Planted parts, overlapping; the second leaves slices 4 to 7 empty.
BLOCK = np.zeros(SHAPE, dtype=np.bool_)
BLOCK[3:9, 20:40, 10:30] = True
PAIR = np.zeros(SHAPE, dtype=np.bool_)
PAIR[2:4, 30:50, 25:45] = True
PAIR[8:10, 5:15, 25:35] = True


def completed(dataset: FileDataset, k: int = 0) -> None:
    """Add what highdicom asks of a source image beyond what an image must have."""
    dataset.StudyTime, dataset.AccessionNumber, dataset.StudyID = "120000", "", "1"
    dataset.PatientBirthDate, dataset.ReferringPhysicianName = "", ""
    dataset.InstanceNumber = k + 1


def stack(folder: Path) -> list[FileDataset]:
    """Write the phantom's stack of `COUNT` slices; returns its data sets in order."""
    import pydicom

    paths = phantoms.write_stack(folder, completed, count=COUNT)
    return [pydicom.dcmread(path) for path in paths]


def maker(series_number: int) -> dict[str, object]:
    """What highdicom asks of every object: a series of its own, and the device that made it."""
    return {
        "series_instance_uid": highdicom.UID(),
        "series_number": series_number,
        "sop_instance_uid": highdicom.UID(),
        "instance_number": 1,
        "manufacturer": "Planted",
        "manufacturer_model_name": "Planter",
        "software_versions": "1",
        "device_serial_number": "1",
    }


def segmentation(
    sources: list[FileDataset],
    masks: list[NDArray[np.generic]],
    kind: SegmentationTypeValues = SegmentationTypeValues.BINARY,
    **more: object,
) -> Segmentation:
    """A segmentation of some masks [slice, row, column] on its source images.

    Segments are 'Part 1', 'Part 2' …, lung and liver in turn, orange and blue in turn.
    """
    kinds = (codes.SCT.Lung, codes.SCT.Liver)
    colours = ((230, 159, 0), (0, 114, 178))
    described = [
        SegmentDescription(
            segment_number=number,
            segment_label=f"Part {number}",
            segmented_property_category=codes.SCT.Organ,
            segmented_property_type=kinds[(number - 1) % 2],
            algorithm_type=SegmentAlgorithmTypeValues.MANUAL,
            display_color=CIELabColor.from_rgb(*colours[(number - 1) % 2]),
        )
        for number in range(1, len(masks) + 1)
    ]
    return Segmentation(
        source_images=sources,
        pixel_array=np.stack(masks, axis=-1),
        segmentation_type=kind,
        segment_descriptions=described,
        **maker(77),
        content_creator_name="Drawer^Anna",
        content_label="PARTS",
        series_description="Parts by hand",
        **more,
    )


def state(sources: list[FileDataset], **more: object) -> pr.GrayscaleSoftcopyPresentationState:
    """A presentation state of some images, named 'For the round'; `more` as highdicom has it."""
    return pr.GrayscaleSoftcopyPresentationState(
        referenced_images=sources,
        **maker(31),
        content_label="SHOWN",
        content_description="For the round",
        content_creator_name="Reader^Anna",
        concept_name=codes.DCM.PresentationState,
        **more,
    )
