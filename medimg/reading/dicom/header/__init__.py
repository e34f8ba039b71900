"""The header of a DICOM file: bytes to attributes, every length checked."""
