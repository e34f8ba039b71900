"""The pixels of a DICOM series: decoded, rescaled, each frame by its own header."""
