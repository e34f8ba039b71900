"""What is written as TOML is read back the same by the standard library."""

from __future__ import annotations

import tomllib

import pytest

from medimg.packages.toml_text import document

CONTENT = {
    "schema": 1,
    "title": 'Quotes " and \\ and µ',
    "words": ["a", "b"],
    "merit": {"value": 0.875, "whole": 2.0, "n": 3, "good": True},
    "input": {
        "kind": "stack",
        "rules": [{"rule": "modality", "accept": ["MR"]}, {"rule": "age", "minimum": 18.0}],
    },
    "points": [{"name": "x", "sensitivity": {"value": 0.9, "n": 10}}, {"name": "y"}],
    "files": {"models/model.safetensors": "ab"},
    "pairs": [[1.5, -2.0], [0.25, 1e-05]],
}


def test_a_document_is_read_back_the_same() -> None:
    assert tomllib.loads(document(CONTENT)) == CONTENT


def test_nothing_is_written_for_none() -> None:
    with pytest.raises(TypeError):
        document({"a": None})
