"""Turn `configs/inference.json` into MONAI objects; only names and arguments on a list are used.

The form is MONAI's bundle configuration: `_target_` names a class, the other keys are its
arguments, `"@key"` is another part of the same file. `$` expressions would be evaluated as
Python by MONAI; here they are refused, so a configuration is data and can do nothing else.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from medimg.inference.allowed import ALLOWED, FIXED
from medimg.packages.manifest import INFERENCE, Package
from medimg.values.errors import PackageRefused

Config = Mapping[str, Any]

#: Steps of a bundle that load, save or undo: the product does that with arrays.
LEFT_OUT = frozenset(
    name + suffix
    for name in ("LoadImage", "SaveImage", "EnsureChannelFirst", "Invert")
    for suffix in ("", "d")
)
_CLASS, _NOTE, _OFF = "_target_", "_desc_", "_disabled_"
_SPECIAL = (_CLASS, _NOTE, _OFF)
# What MONAI's and torch's constructors raise on values that they do not accept.
_UNBUILDABLE = (
    *(TypeError, ValueError, LookupError, AttributeError, AssertionError),
    *(RuntimeError, ImportError),
)


def read(package: Package) -> Config:
    """Read a package's `configs/inference.json`.

    Raises:
        PackageRefused: The file is missing or not JSON.
    """
    return read_file(package.folder / INFERENCE)


def read_file(path: Path) -> Config:
    """Read one configuration; errors as `read`."""
    try:
        config = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise PackageRefused(
            f"{path.name} of {path.parent.parent.name} cannot be read: {error}."
        ) from error
    if not isinstance(config, dict):
        raise PackageRefused(f"{path.name} of {path.parent.parent.name} is not a JSON object.")
    return config


def build(config: Any, root: Config | None = None) -> Any:
    """Build what a part of a configuration describes.

    Args:
        config: The part: a component, a list of them, or a plain value.
        root: The whole configuration, in which `@key` is looked up.

    Returns:
        The object; plain values come back as they are.

    Raises:
        PackageRefused: A name or an argument is not allowed, an expression is used, a reference
            leads nowhere or in a circle, or the class does not accept the values.
    """
    return _build(config, root or {}, ())


def _build(part: Any, root: Config, path: tuple[str, ...]) -> Any:
    if isinstance(part, Mapping):
        values = {str(k): _build(v, root, path) for k, v in part.items() if k not in _SPECIAL}
        return _component(part, values) if _CLASS in part else values
    if isinstance(part, list):
        return [_build(item, root, path) for item in part if not _is_left_out(item)]
    if isinstance(part, str) and part.startswith(("$", "%")):
        raise PackageRefused(
            f'The configuration holds the expression "{part}"; expressions are never evaluated.'
        )
    if isinstance(part, str) and part.startswith("@"):
        return _reference(part[1:], root, path)
    return part


def _is_left_out(item: Any) -> bool:
    if not isinstance(item, Mapping):
        return False
    return bool(item.get(_OFF)) or str(item.get(_CLASS, "")).rpartition(".")[2] in LEFT_OUT


def _reference(key: str, root: Config, path: tuple[str, ...]) -> Any:
    if key in path:
        raise PackageRefused(f'The configuration refers to "@{key}" in a circle.')
    part: Any = root
    for word in key.replace("::", "#").split("#"):
        if not isinstance(part, Mapping) or word not in part:
            raise PackageRefused(f'The configuration refers to "@{key}", which is not in it.')
        part = part[word]
    return _build(part, root, (*path, key))


def resolve(name: str) -> type:
    """Look an allowed class up by its short or its full name.

    Raises:
        PackageRefused: It is not on the list; the nearest allowed name is given.
    """
    module_name, _, short = name.rpartition(".")
    for module, names in ALLOWED.items():
        # A full name must be exact; MONAI's own configurations mostly use the short one.
        if short in names and module_name in ("", module):
            found: type = getattr(import_module(module), short)
            return found
    everything = [short for names in ALLOWED.values() for short in names]
    near = difflib.get_close_matches(short, everything, n=1)
    hint = f' Is "{near[0]}" meant?' if near else ""
    raise PackageRefused(
        f'The configuration asks for "{name}", which is not on the list of allowed names.{hint}'
    )


def _component(part: Config, values: dict[str, Any]) -> Any:
    name = str(part[_CLASS])
    kind = resolve(name)
    try:
        return kind(**_checked(name, values))
    except _UNBUILDABLE as error:
        raise PackageRefused(
            f"{name} cannot be built as the configuration says: {error}"
        ) from error


def _checked(name: str, values: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a class, those that are fixed among them."""
    short = name.rpartition(".")[2]
    allowed = next(names[short] for names in ALLOWED.values() if short in names)
    fixed = FIXED.get(short, {})
    for argument, value in values.items():
        if argument in fixed and value != fixed[argument]:
            raise PackageRefused(
                f'The configuration sets "{argument}" of {name} to {value!r}, which is not '
                f"allowed: a package brings its own weights. Set it to {fixed[argument]!r}."
            )
        if argument not in fixed and argument not in allowed:
            raise PackageRefused(
                f'The configuration gives {name} the argument "{argument}", which is not on the '
                f"list of allowed arguments. Allowed are: {', '.join(allowed) or 'none'}."
            )
    return {**values, **fixed}
