"""Prepared samples kept in a file, so that a training that goes on need not read its data again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from medimg.packages.manifest import INFERENCE
from medimg.workshop.layouts.case import Case, Part
from medimg.workshop.recipe import Recipe
from medimg.workshop.samples import Samples

FILE = "samples.safetensors"
_NAMES = ("images", "masks", "classes", "targets")


def key(recipe: Recipe, package: Path, cases: Sequence[Case]) -> str:
    """Changes with the data's settings, the preparation, and the size or date of any image."""
    digest = hashlib.sha256(msgspec.json.encode(recipe.data))
    digest.update((package / INFERENCE).read_bytes())
    for case in cases:
        for source in (*case.images, *case.masks):
            if source is None:
                continue
            path = source.path if isinstance(source, Part) else source
            if path.is_file():
                found = path.stat()
                digest.update(f"{source.name}{found.st_size}{found.st_mtime_ns}".encode())
    return digest.hexdigest()


def load(path: Path, wanted: str, cases: Sequence[Case]) -> Samples | None:
    """What `save` kept under the same key; None where it was another, or nothing whole."""
    try:
        with safe_open(path, "pt") as file:
            if (file.metadata() or {}).get("key") != wanted:
                return None
            tensors = {name: file.get_tensor(name) for name in (*_NAMES, "case")}
    except (OSError, SafetensorError):
        return None
    owner = tensors.pop("case").numpy()
    return Samples(**tensors, case=owner, cases=tuple(cases))


def save(samples: Samples, path: Path, wanted: str) -> None:
    """Keep samples whole: under a temporary name first."""
    tensors = {name: getattr(samples, name) for name in _NAMES}
    tensors["case"] = torch.from_numpy(np.asarray(samples.case, np.int64))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    save_file(tensors, temporary, {"key": wanted})
    temporary.replace(path)
