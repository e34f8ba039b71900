"""DICOM: `header/`, then `picture`, then `pixels/` and `stack/`, then `objects/` and `scanning`.

Each imports what stands before it, never what follows.
"""
