"""Make a package of a MONAI bundle, in the engine's process: it opens a stranger's weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from medimg.engine.context import JobContext
from medimg.packages.catalogue import user_folder


@dataclass(frozen=True, slots=True)
class ImportJob:
    """Import the bundle at a path into the user's packages.

    Attributes:
        overrides: (key, JSON text) that replace parts of the configuration.
    """

    path: str
    overrides: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """The package that a bundle became: `id@version`, and its folder."""

    name: str
    folder: str


def run(job: ImportJob, context: JobContext) -> Imported:
    """Import a bundle.

    Raises:
        UsageError: Nothing is at the path, or the package is installed already.
        PackageRefused: The bundle cannot be run here; the sentence says why.
    """
    import json

    from medimg.inference.bundles.importing import import_bundle

    context.report(None, "Importing the bundle")
    overrides = {key: json.loads(text) for key, text in job.overrides}
    package = import_bundle(Path(job.path), user_folder(), overrides)
    return Imported(package.name, str(package.folder))
