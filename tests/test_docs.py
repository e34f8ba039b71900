"""The pages name what is really there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from medimg.cli.main import VERBS
from tests.sources import ROOT, python_files

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_is_in_the_manual(verb: str) -> None:
    """A verb has its part in the manual and its help in the reference (`make docs`)."""
    assert f"medimg {verb}" in (ROOT / "docs" / "manual.md").read_text(encoding="utf-8")
    assert f"\n## {verb}\n" in (ROOT / "docs" / "verbs.md").read_text(encoding="utf-8")


def test_manual_offers_no_verb_that_is_not_there() -> None:
    """The README and the manual never name a verb that is not built."""
    for page in ("README.md", "docs/manual.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        named = set(re.findall(r"^\s*(?:\$ )?medimg ([a-z][a-z-]+)", text, re.MULTILINE))
        named |= set(re.findall(r"`medimg ([a-z][a-z-]+)", text))
        assert named <= VERBS.keys(), page


@pytest.mark.slow
def test_each_module_has_its_line() -> None:
    """`docs/modules.md` names every module (`make docs`)."""
    text = (ROOT / "docs" / "modules.md").read_text(encoding="utf-8")
    parts = {part.split("\n")[0]: part for part in text.split("\n## ")[1:]}
    for file in python_files("medimg", "app"):
        folder = file.parent.relative_to(ROOT).as_posix()
        if file.name != "__init__.py":
            assert f"| `{file.name}` |" in parts.get(folder, ""), f"{folder}/{file.name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Each link and picture inside the repository is there."""
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)", text) + re.findall(r'src="([^"]+)"', text):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_each_answer_of_where_is_a_file() -> None:
    """`docs/where.md` has at least twenty questions, each with a file that is there."""
    text = (ROOT / "docs" / "where.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+\?) \| `([^`]+)` \|$", text, re.MULTILINE)
    assert len(rows) >= 20 and len(rows) == text.count("?") - text.count("# Where is it?")
    for question, file in rows:
        assert (ROOT / file).is_file(), f"{question} {file}"


def test_doors_are_the_makefile_s() -> None:
    """Every door of the Makefile has its line, and none is missing."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    doors = set(re.findall(r"^([a-z]+):.*## ", text, re.MULTILINE))
    proofs = {"test", "check", "faults", "bench"}
    assert doors == {"help", "setup", "demo", "freeze", "installer", "docs"} | proofs
