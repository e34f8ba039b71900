"""Rows of 'Non-DICOM': volumes with a header of their own, and pictures."""

from __future__ import annotations

from tests.faults import nifti_files, picture_files, volume_files
from tests.faults.truth import Row

ROWS: tuple[Row, ...] = (*nifti_files.ROWS, *volume_files.ROWS, *picture_files.ROWS)
