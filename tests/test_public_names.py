"""The one face of the library says what is really there."""

from __future__ import annotations

import ast
import importlib

import pytest

import medimg
from tests.sources import ROOT

CALLS = ("scan", "read", "admit", "analyse", "export", "show")


def test_calls_are_on_the_face() -> None:
    """The line is walked with these names; a script may rely on them."""
    assert set(CALLS) <= set(medimg.__all__)


@pytest.mark.parametrize("name", medimg.__all__)
def test_each_name_resolves(name: str) -> None:
    """Each name of `__all__` is there, and is what its module holds under that name."""
    found = getattr(medimg, name)
    home = importlib.import_module(medimg._NAMES[name])
    assert found is getattr(home, name)
    assert found.__doc__, f"medimg.{name} has no docstring"


def test_dir_lists_the_face() -> None:
    """`dir(medimg)` offers the face, sorted, for whoever explores it in a prompt."""
    assert dir(medimg) == sorted(medimg.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    """A name that is not on the face is refused as Python refuses it."""
    with pytest.raises(AttributeError, match="no attribute 'scna'"):
        _ = medimg.scna


def test_all_errors_are_one_family() -> None:
    """Every error class of the product stands in `errors.py`, below `MedimgError`, in its tree."""
    from medimg.values import errors

    tree = ast.parse((ROOT / "medimg/values/errors.py").read_text(encoding="utf-8"))
    names = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    for name in names:
        assert issubclass(getattr(errors, name), errors.MedimgError)
        assert name in (errors.__doc__ or "")
