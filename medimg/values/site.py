"""What a hospital sets for all its users: one read-only TOML file below each user's own settings.

`packages` names further folders of packages, `theme` the theme until a user chooses another, and
`network = false` forbids every download. `installer/README.md` shows an example.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from medimg.values.errors import UsageError

#: Names another place of the file, for an installation without root.
PLACE = "MEDIMG_SITE"
_NAME = "site.toml"


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of a site.

    Attributes:
        packages: Folders that hold packages, beside the shipped ones and the user's.
        theme: Theme of the window until a user chooses another; empty leaves it to the program.
        network: Whether the program may fetch what a user asks for.
        keys: Folder of the public keys of those who may sign packages.
        signatures: Whether packages of users and of the site must be signed.
    """

    packages: tuple[str, ...] = ()
    theme: Literal["", "dark", "light"] = ""
    network: bool = True
    keys: str = ""
    signatures: bool = False


def places() -> tuple[Path, ...]:
    """Where the file may lie; the first that is there counts."""
    if named := os.environ.get(PLACE):
        return (Path(named),)
    if sys.platform == "win32":
        system = Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData")) / "medimg"
    elif sys.platform == "darwin":
        system = Path("/Library/Application Support/medimg")
    else:
        system = Path("/etc/medimg")
    beside = Path(sys.executable).parent if getattr(sys, "frozen", False) else None
    return (system / _NAME, *((beside / _NAME,) if beside else ()))


def read(path: Path) -> Site:
    """Read one file of settings.

    Raises:
        UsageError: It cannot be read, or a setting is unknown or of a wrong kind. Nothing is
            assumed then: a misspelt `network = false` must not open the network.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Site)
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(
            f"The site's settings {path} cannot be used: {error}. Ask the administrator to correct "
            "them."
        ) from error


@cache
def site() -> Site:
    """The settings of this computer's site; what is not set has its first value."""
    for path in places():
        if path.exists():
            return read(path)
    return Site()
