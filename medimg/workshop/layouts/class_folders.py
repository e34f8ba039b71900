"""Class folders: one folder of pictures a class, perhaps below `train`, `val` and `test`.

The form of ImageNet (`train/n01440764/…`). Patients are not known: each picture counts as one,
unless its name begins with a patient (`PATIENT_…` is not guessed).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from medimg.workshop.layouts.case import Case

SPLITS = ("train", "val", "valid", "test")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".dcm"})


def _roots(folder: Path) -> list[tuple[str, Path]]:
    """The split folders, or the folder itself as one without a name."""
    found = [(name, folder / name) for name in SPLITS if (folder / name).is_dir()]
    return found or [("", folder)]


def _pictures(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())


def _classes(root: Path) -> list[Path]:
    return sorted(one for one in root.iterdir() if one.is_dir() and _pictures(one))


def recognises(folder: Path) -> bool:
    """Whether there are at least two classes of pictures, and no pictures beside them."""
    names = {one.name for _, root in _roots(folder) for one in _classes(root)}
    return len(names) >= 2 and not any(_pictures(root) for _, root in _roots(folder))


def cases(folder: Path) -> Iterator[Case]:
    """List the pictures of all classes."""
    for split, root in _roots(folder):
        for kind in _classes(root):
            for picture in _pictures(kind):
                name = picture.relative_to(folder).as_posix()
                row = {"file": name, "label": kind.name, "split": split}
                yield Case(name, (picture,), (None,), row)
