"""DICOM objects without their patient: PS3.15 Annex E, basic profile and options."""
