"""COCO: `annotations/*.json` with images, categories and boxes; pictures in `images/SPLIT/`.

T.-Y. Lin and others, "Microsoft COCO: Common Objects in Context", ECCV 2014.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from medimg.values.errors import InputRefused
from medimg.workshop.layouts.case import Box, Case

_SPLIT = re.compile(r"(?:instances_)?(.+)\.json")


class _Image(msgspec.Struct):
    id: int
    file_name: str


class _Annotation(msgspec.Struct):
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float] | None = None
    # A crowd's box holds many objects and no single one: never trained on.
    iscrowd: int = 0


class _Category(msgspec.Struct):
    id: int
    name: str


class _Index(msgspec.Struct):
    images: list[_Image]
    annotations: list[_Annotation] = []
    categories: list[_Category] = []


def _files(folder: Path) -> list[Path]:
    return sorted((folder / "annotations").glob("*.json"))


def recognises(folder: Path) -> bool:
    """Whether annotations in JSON stand beside images."""
    return bool(_files(folder))


def cases(folder: Path) -> Iterator[Case]:
    """List all pictures with their boxes; one without a box is an empty one.

    Raises:
        InputRefused: A file is not COCO's JSON, or a picture is missing.
    """
    for path in _files(folder):
        try:
            index = msgspec.json.decode(path.read_bytes(), type=_Index)
        except (msgspec.DecodeError, OSError) as error:
            raise InputRefused(f"{path.name} is not COCO's JSON: {error}.") from error
        yield from _pictures(folder, path, index)


def _pictures(folder: Path, path: Path, index: _Index) -> Iterator[Case]:
    names = {one.id: one.name for one in index.categories}
    boxes: dict[int, list[Box]] = {}
    for one in index.annotations:
        if one.bbox and not one.iscrowd:
            box = Box(*one.bbox, names.get(one.category_id, ""))
            boxes.setdefault(one.image_id, []).append(box)
    match = _SPLIT.fullmatch(path.name)
    split = match.group(1) if match else ""
    for image in index.images:
        file = _find(folder, split, image.file_name)
        found = tuple(boxes.get(image.id, ()))
        labels = "|".join(sorted({box.label for box in found}))
        row = {"file": image.file_name, "labels": labels, "split": split}
        yield Case(str(image.id), (file,), (None,), row, found)


def _find(folder: Path, split: str, name: str) -> Path:
    for place in (folder / "images" / split, folder / split, folder / "images", folder):
        if (place / name).is_file():
            return place / name
    raise InputRefused(f"{name} of the annotations is in no folder of images of {folder.name}.")
