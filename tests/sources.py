"""The product's own source files, for the tests that read code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]

#: Folder of the repository: name that it is imported under.
PACKAGES = {
    "medimg": "medimg",
    "app": "medimg_workstation",
    "models": "medimg_models",
    "resources": "medimg_resources",
}


def python_files(*folders: str) -> list[Path]:
    """Every source file under some folders of the repository."""
    return sorted(
        file
        for folder in folders
        for file in (ROOT / folder).rglob("*.py")
        if "__pycache__" not in file.parts
    )


def module_name(file: Path) -> str:
    """The dotted name that a file is imported under."""
    folder, *rest = file.relative_to(ROOT).with_suffix("").parts
    parts = [PACKAGES.get(folder, folder), *rest]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """Every import of a file, those inside functions too: (line, dotted name).

    Imports for types alone are left out: they do not run.
    """
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    for node in _running(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield node.lineno, "." * node.level + (node.module or "")
            elif node.module:
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            for other in child.orelse:
                yield from _running(other)
            continue
        yield child
        yield from _running(child)
