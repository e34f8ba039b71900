"""DICOM parametric map of the evidence; a picture of it where the source has no place for one."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import numpy as np
from highdicom import VOILUTTransformation
from highdicom.pm import ParametricMap, RealWorldValueMapping
from highdicom.sc import SCImage
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import ParametricMapStorage, SecondaryCaptureImageStorage

from medimg import __version__
from medimg.explain.table import title
from medimg.results import codes, overlay, planes
from medimg.results.exported import Exported
from medimg.results.source import Sources, sources
from medimg.results.uids import PRODUCT, uid
from medimg.results.unlogged_names import names_unlogged
from medimg.values.analysis import RESEARCH_NOTICE, Analysis
from medimg.values.errors import InputRefused
from medimg.values.explanation import Explanation

SERIES_NUMBER = 9303
_NO_MAP = "This run made no map of evidence."


def make(analysis: Analysis) -> Exported:
    """Turn the maps of an analysis into one parametric map, a quantity each.

    A source without a frame of reference, as most films are, gets a secondary capture: the map
    over the image, with legend and badge burnt in.

    Raises:
        InputRefused: There is no map, or no DICOM object can refer to this source.
    """
    if not analysis.explanations:
        raise InputRefused(_NO_MAP)
    origin = sources(analysis)
    reason = planes.reason_against(origin, "parametric map")
    with names_unlogged():
        made = _picture(analysis, origin, reason) if reason else _map(analysis, origin)
    memory = BytesIO()
    made.save_as(memory, enforce_file_format=True)
    notes = origin.notes
    if reason:
        notes += (f"{reason} The map is kept as a picture, a secondary capture.",)
    return Exported(memory.getvalue(), notes)


def reference(analysis: Analysis, origin: Sources) -> Dataset | None:
    """Describe the object as evidence of a report, without its pixels; None where there is none."""
    if not analysis.explanations:
        return None
    is_picture = bool(planes.reason_against(origin, "parametric map"))
    found = Dataset()
    found.SOPClassUID = SecondaryCaptureImageStorage if is_picture else ParametricMapStorage
    found.SOPInstanceUID = uid(analysis, "pm")
    found.SeriesInstanceUID = uid(analysis, "pm-series")
    found.StudyInstanceUID = origin.instances[0].StudyInstanceUID
    return found


def _map(analysis: Analysis, origin: Sources) -> ParametricMap:
    made = datetime.fromisoformat(analysis.created)
    package = analysis.package
    first = analysis.explanations[0]
    result = ParametricMap(
        source_images=planes.images(analysis, origin),
        pixel_array=np.stack([one.map for one in analysis.explanations], axis=-1),
        series_instance_uid=uid(analysis, "pm-series"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=uid(analysis, "pm"),
        instance_number=1,
        manufacturer=PRODUCT,
        manufacturer_model_name=package.id,
        software_versions=[f"medimg {__version__}", f"{package.id} {package.version}"],  # type: ignore[arg-type]
        device_serial_number=package.weights_sha256[:16] or "none",
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[[_mapping(one)] for one in analysis.explanations],
        voi_lut_transformations=[
            VOILUTTransformation(window_center=0.0, window_width=2.0 * first.scale)
        ],
        content_label="EVIDENCE",
        content_description=RESEARCH_NOTICE,
        content_creator_name=f"{PRODUCT}^",
        series_description=f"{package.title[:40]}: research use only",
        content_date=made.date(),
        content_time=made.time(),
    )
    result.ImageComments = _comment(analysis.explanations)
    result.CodingSchemeIdentificationSequence = [*codes.own_scheme()]
    if origin.is_multiframe:
        planes.refer_to_frames(result, origin)
    return result


def _mapping(one: Explanation) -> RealWorldValueMapping:
    """One map's quantity: stored values are the values."""
    lowest, highest = float(one.map.min()), float(one.map.max())
    return RealWorldValueMapping(
        lut_label=one.method[:16],
        lut_explanation=f"{title(one.method)} for {one.target}; {one.trust.badge.value}"[:64],
        unit=codes.NO_UNITS,
        value_range=(lowest, highest if highest > lowest else lowest + 1.0),
        intercept=0.0,
        slope=1.0,
        quantity_definition=codes.evidence(one.method),
    )


def _comment(explanations: tuple[Explanation, ...]) -> str:
    """How each map was made and judged; the attribute holds 10,240 characters (LT)."""
    lines = []
    for one in explanations:
        made = ", ".join(f"{key} {value}" for key, value in one.parameters)
        lines.append(f"{title(one.method)} for {one.target} ({made}). {one.trust.sentence}")
    return "\n".join(lines)[:10000]


def _picture(analysis: Analysis, origin: Sources, reason: str) -> SCImage:
    """The sheet of the picture export as a secondary capture."""
    with Image.open(BytesIO(overlay.make(analysis).data)) as sheet:
        pixels = np.asarray(sheet.convert("RGB"))
    made = datetime.fromisoformat(analysis.created)
    result = SCImage.from_ref_dataset(
        ref_dataset=origin.instances[0],
        pixel_array=pixels,
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=("L", "F"),
        series_instance_uid=uid(analysis, "pm-series"),
        series_number=SERIES_NUMBER,
        sop_instance_uid=uid(analysis, "pm"),
        instance_number=1,
        manufacturer=PRODUCT,
        series_description=f"{analysis.package.title[:40]}: research use only",
        content_date=made.date(),
        content_time=made.time(),
    )
    # A sheet of images and words has no orientation in the patient.
    result.PatientOrientation = []
    result.BurnedInAnnotation = "YES"
    result.ImageComments = f"{reason} {_comment(analysis.explanations)}"[:10000]
    return result
