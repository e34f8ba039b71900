"""DICOM files: headers, grouping into stacks, order and place, pixels."""
