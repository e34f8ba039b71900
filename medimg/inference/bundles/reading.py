"""Read a bundle's files and resolve the parts of its configuration that inference needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from medimg.inference.bundles.expressions import read as read_expression
from medimg.values.errors import PackageRefused

#: Largest configuration that is read.
MAX_BYTES = 4 << 20
#: Deepest chain of references.
MAX_REFERENCES = 50
_CONFIGS = ("inference.json", "inference.yaml", "inference.yml")
_WEIGHTS = ("models/model.safetensors", "models/model.pt")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle as its author wrote it.

    Attributes:
        folder: Holds `configs/`.
        config: The inference configuration, overrides in place.
        metadata: `configs/metadata.json`.
    """

    folder: Path
    config: Mapping[str, Any]
    metadata: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Name of the folder in the form of a package's id."""
        return self.folder.name.lower().replace("_", "-")

    @property
    def title(self) -> str:
        """What the bundle calls itself."""
        return str(self.metadata.get("name") or self.folder.name)

    def weights(self) -> Path | None:
        """The file of weights; None where it was left out, as in most published copies."""
        return next((p for name in _WEIGHTS if (p := self.folder / name).is_file()), None)

    def part(self, key: str) -> Any:
        """Resolve a part of the configuration: references and expressions become values.

        Components (`_target_`) stay descriptions. A part that is not there is None.

        Raises:
            PackageRefused: A reference leads nowhere or in a circle, or an expression is not read.
        """
        if key not in self.config:
            return None
        try:
            return self._resolved(self.config[key], (key,))
        except RecursionError as error:
            raise PackageRefused(
                f'The part "{key}" of the configuration is nested too deeply.'
            ) from error

    def _resolved(self, part: Any, path: tuple[str, ...]) -> Any:
        if isinstance(part, Mapping):
            return {str(name): self._resolved(value, path) for name, value in part.items()}
        if isinstance(part, list):
            return [self._resolved(item, path) for item in part]
        if not isinstance(part, str):
            return part
        if part.startswith("%"):
            raise PackageRefused(f'The configuration takes "{part}" from another file.')
        if part.startswith("$"):
            return read_expression(part, lambda key: self._at(key, path))
        return self._at(part[1:], path) if part.startswith("@") else part

    def _at(self, key: str, path: tuple[str, ...]) -> Any:
        key = key.replace("::", "#")
        if key in path:
            raise PackageRefused(f'The configuration refers to "@{key}" in a circle.')
        if len(path) > MAX_REFERENCES:
            raise PackageRefused("The configuration's references are nested too deeply.")
        part: Any = self.config
        for word in key.split("#"):
            if isinstance(part, Mapping) and word in part:
                part = part[word]
            elif isinstance(part, list) and word.isdigit() and int(word) < len(part):
                part = part[int(word)]
            else:
                raise PackageRefused(f'The configuration refers to "@{key}", which is not in it.')
        return self._resolved(part, (*path, key))


def read(folder: Path, overrides: Mapping[str, Any] | None = None) -> Bundle:
    """Read a bundle's configuration and metadata.

    Args:
        overrides: Values that replace parts, by key; "a#b" reaches into a part.

    Raises:
        PackageRefused: A file is missing, too large or cannot be read.
    """
    path = next((p for name in _CONFIGS if (p := folder / "configs" / name).is_file()), None)
    if path is None:
        raise PackageRefused(
            f"{folder.name} is not a MONAI bundle for inference: configs/inference.json is missing."
        )
    config = _content(path)
    for key, value in (overrides or {}).items():
        _override(config, key, value)
    metadata = folder / "configs" / "metadata.json"
    return Bundle(folder, config, _content(metadata) if metadata.is_file() else {})


def _content(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MAX_BYTES:
        raise PackageRefused(f"{path.name} has {path.stat().st_size} bytes and is not read.")
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise PackageRefused(f"{path.name} cannot be read: {str(error)[:200]}.") from error
    if not isinstance(found, dict):
        raise PackageRefused(f"{path.name} does not hold an object of names and values.")
    return found


def _override(config: dict[str, Any], key: str, value: Any) -> None:
    *way, last = key.replace("::", "#").split("#")
    part: Any = config
    for word in way:
        part = part.get(word) if isinstance(part, dict) else None
        if not isinstance(part, dict):
            raise PackageRefused(f'The override "{key}" reaches into a part that is not there.')
    part[last] = value
