"""Which packages there are, where they lie, and whether they are whole."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from medimg.packages.manifest import MANIFEST, Package, load, seal_of
from medimg.packages.signing import SIGNATURE, demanded
from medimg.values.errors import PackageRefused, UsageError
from medimg.values.folders import data_folder
from medimg.values.site import site

#: Further folders of packages (a site's, a test's), separated as in PATH.
EXTRA_FOLDERS = "MEDIMG_PACKAGES"
_CHUNK = 1 << 20
#: Left by interpreters and file managers; no part of a package.
_IGNORED = {"__pycache__", ".DS_Store", "Thumbs.db", SIGNATURE}


@dataclass(frozen=True, slots=True)
class Damaged:
    """A folder that should hold a package and does not: its name, and why."""

    folder: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All packages, and the folders that could not be used.

    Attributes:
        packages: By id; of several versions the newest.
        versions: Every version, by `id@version`.
    """

    packages: dict[str, Package]
    damaged: tuple[Damaged, ...] = ()
    versions: dict[str, Package] = field(default_factory=dict)


def user_folder() -> Path:
    """Where a user's own packages live."""
    return data_folder() / "packages"


def folders() -> tuple[tuple[str, Path], ...]:
    """(origin, folder) pairs in the order in which an id is looked for."""
    extra = [Path(part) for part in os.environ.get(EXTRA_FOLDERS, "").split(os.pathsep) if part]
    extra += [Path(folder) for folder in site().packages]
    shipped = Path(str(files("medimg_models")))
    return (("shipped", shipped), ("user", user_folder()), *(("site", path) for path in extra))


def survey() -> Catalogue:
    """Read the manifests of all package folders; a damaged one does not hide the others."""
    found: dict[str, Package] = {}
    versions: dict[str, Package] = {}
    damaged: list[Damaged] = []
    for origin, root in folders():
        for path in sorted(root.glob(f"*/{MANIFEST}")):
            try:
                package = load(path.parent, origin)
            except PackageRefused as error:
                damaged.append(Damaged(path.parent.name, str(error)))
                continue
            if package.name in versions:
                first = versions[package.name].origin
                sentence = f"{package.name} is already there ({first}); this copy is not used."
                damaged.append(Damaged(path.parent.name, sentence))
                continue
            versions[package.name] = package
            other = found.get(package.id)
            if other is None or _age(package) > _age(other):
                found[package.id] = package
    return Catalogue(found, tuple(damaged), versions)


def _age(package: Package) -> tuple[int, ...]:
    """A version as numbers: 0.10 is newer than 0.9."""
    return tuple(int(part) for part in re.findall(r"\d+", package.version))


def packages() -> dict[str, Package]:
    """All usable packages by id, shipped ones first."""
    return survey().packages


def find(name: str) -> Package:
    """Look a package up by `id` or `id@version`.

    Raises:
        UsageError: There is none of that name; the nearest is named.
        PackageRefused: There is one, and it is damaged.
    """
    wanted, _, version = name.partition("@")
    catalogue = survey()
    package = catalogue.packages.get(wanted)
    if package is None:
        for damaged in catalogue.damaged:
            if damaged.folder == wanted:
                raise PackageRefused(damaged.sentence)
        raise UsageError(f'No package "{wanted}".{_hint(wanted, list(catalogue.packages))}')
    if not version:
        return package
    if name not in catalogue.versions:
        there = [p.version for p in catalogue.versions.values() if p.id == wanted]
        raise UsageError(f'No package "{name}"; installed: version {", ".join(there)}.')
    return catalogue.versions[name]


def _hint(wanted: str, names: list[str]) -> str:
    near = difflib.get_close_matches(wanted, names, n=1)
    if near:
        return f' Did you mean "{near[0]}"?'
    return f" There are: {', '.join(names)}." if names else " None is installed."


def sha256(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def content(folder: Path) -> dict[str, Path]:
    """The files of a package folder by relative path, the manifest left out."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.name != MANIFEST
        and not _IGNORED.intersection(path.relative_to(folder).parts)
    }


def verify(package: Package) -> None:
    """Check every hash of a package: its files, and the manifest itself by its seal.

    Raises:
        PackageRefused: A file is missing, changed or not listed; the first one is named.
    """
    again = f"Install {package.id} again."
    if seal_of((package.folder / MANIFEST).read_bytes()) != package.seal:
        state = "was changed after it was sealed" if package.seal else "carries no seal"
        raise PackageRefused(f"{MANIFEST} of {package.id} {state}. {again}")
    there = content(package.folder)
    for name, expected in package.files.items():
        if name not in there:
            raise PackageRefused(f"{name} of {package.id} is missing. {again}")
        if sha256(there[name]) != expected:
            raise PackageRefused(f"{name} of {package.id} was changed. {again}")
    unlisted = sorted(set(there) - set(package.files))
    if unlisted:
        raise PackageRefused(f"{unlisted[0]} does not belong to {package.id}. {again}")
    demanded(package)
