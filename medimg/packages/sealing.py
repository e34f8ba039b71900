"""Write the hashes of a finished package into its manifest: the last step of making one."""

from __future__ import annotations

import re
from pathlib import Path

from medimg.packages.catalogue import content, sha256
from medimg.packages.manifest import MANIFEST, Package, load, seal_of

_FILES_TABLE = re.compile(r"^\[files\]\n(?:(?!\[).*\n?)*", re.MULTILINE)
_SEAL_LINE = re.compile(r"^seal = .*\n?", re.MULTILINE)


def seal(folder: Path) -> Package:
    """Rewrite `[files]` and `seal` of a package's manifest after its other files are final.

    The rest of the text stays as its author wrote it; a missing `[files]` table is added.

    Raises:
        PackageRefused: The manifest is not valid.
    """
    path = folder / MANIFEST
    text = path.read_text(encoding="utf-8")
    text = _SEAL_LINE.sub("", _FILES_TABLE.sub("", text)).rstrip("\n") + "\n\n[files]\n"
    text += "".join(f'"{name}" = "{sha256(file)}"\n' for name, file in content(folder).items())
    path.write_bytes(f'seal = "{seal_of(text.encode())}"\n{text}'.encode())
    return load(folder)
