"""Take packages out as one file, and remove a user's own."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from medimg.packages.catalogue import user_folder, verify
from medimg.packages.manifest import MANIFEST, Package
from medimg.packages.signing import SIGNATURE
from medimg.values.errors import OutputFailed, UsageError


def export(package: Package, out: Path) -> Path:
    """Write a package as a zip that another computer imports; its hashes are checked first.

    Raises:
        PackageRefused: The package is damaged.
        OutputFailed: The file is there already, or cannot be written.
    """
    verify(package)
    if out.exists():
        raise OutputFailed(f"{out} is there already. Choose another name.")
    part = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            signed = [SIGNATURE] if (package.folder / SIGNATURE).is_file() else []
            for name in (MANIFEST, *signed, *package.files):
                archive.write(package.folder / name, f"{package.name}/{name}")
        part.replace(out)
    except OSError as error:
        raise OutputFailed(f"{out} could not be written: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)
    return out


def remove(package: Package) -> None:
    """Remove a package that the user installed.

    Raises:
        UsageError: It was not installed by the user.
        OutputFailed: A file of it cannot be removed.
    """
    if package.origin != "user" or not package.folder.is_relative_to(user_folder()):
        raise UsageError(
            f"{package.name} is a {package.origin} package; only packages of the user are removed."
        )
    try:
        shutil.rmtree(package.folder)
    except OSError as error:
        raise OutputFailed(f"{package.folder} could not be removed: {error}.") from error
