"""One tiny package with every rule, on which the gate is tried."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from medimg.packages.manifest import Package
from tests import tiny_packages

Make = Callable[..., Package]


@pytest.fixture
def ruled(tmp_path: Path) -> Make:
    """Make a package with some rules: `ruled("rule = …", kind="stack")`."""

    def make(*rules: str, kind: str = "radiograph", more: str = "") -> Package:
        text = "".join(f"[[inputs.rules]]\n{rule}\n" for rule in rules)
        return tiny_packages.write(
            tmp_path, "ruled", {"network_def": {}}, kind=kind, state={}, more=text + more
        )

    return make
