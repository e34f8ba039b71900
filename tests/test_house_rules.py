"""Rules of this house that no linter knows: patterns, each with the sentence to print."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.sources import ROOT, python_files

#: A broad `except` stands only where a process or a worker ends; each with its reason.
PROCESS_EDGES: dict[str, str] = {
    "app/work.py": "a thread's trace becomes a Failure on the main thread",
    "medimg/engine/calls.py": "what a caller's own function raises is raised to the caller",
    "medimg/engine/client.py": "what a caller's own function raises must not end the queue",
    "medimg/inference/backends/conversion.py": "a converter's error leaves the network to torch",
    "medimg/inference/bundles/importing.py": "a stranger's weights raise whatever they provoke",
    "medimg/engine/child.py": "a job's trace becomes a Failure; the child goes on",
    "tests/faults/peer_readers.py": "another reader's error is what is asked for",
    "medimg/reading/found.py": "whatever one file does becomes its Problem; the scan goes on",
    "medimg/reading/decoding/child.py": "a codec's error becomes a Problem; the child goes on",
}

#: The only file in which a colour of the window may be written as a literal.
COLOUR_TOKENS = ("app/tokens.py", "app/theme.py")

#: Names that say that the subject was not found.
EMPTY_NAMES = re.compile(
    r"(^|_)(utils?|helpers?|common|misc|managers?|handlers?|processors?|base|stuff|tools?)$"
)

MOST_LINES = 400


@dataclass(frozen=True)
class Rule:
    """A pattern that must not be found, where it is looked for, and what to do instead."""

    pattern: str
    folders: tuple[str, ...]
    sentence: str
    allowed: tuple[str, ...] = ()


EVERYWHERE = ("medimg", "app", "models", "resources", "tests", "installer", "docs")
PRODUCT = ("medimg", "app", "models", "resources", "installer")

RULES = (
    Rule(r"#\s*noqa\s*$", EVERYWHERE, "Name the rule: `# noqa: E741`."),
    Rule(r"#\s*type:\s*ignore\s*$", EVERYWHERE, "Name the code: `# type: ignore[attr-defined]`."),
    Rule(
        r"except\s*(BaseException|Exception)?\s*(as \w+)?\s*:|except \(?.*\bException\b",
        PRODUCT,
        "Catch the narrowest type where it is known what to do; a broad one only at the edges of "
        "a process, which PROCESS_EDGES lists.",
        tuple(PROCESS_EDGES),
    ),
    Rule(
        r"\bpickle\b|\bdill\b|\bshelve\b|(?<![\w.])(eval|exec)\(|numpy\.load\(.*allow_pickle=True",
        PRODUCT,
        "Nothing that is read may run: JSON, TOML, safetensors.",
    ),
    Rule(
        r"torch\.load\((?!.*weights_only=True)",
        ("medimg", "app"),
        "`torch.load` only with `weights_only=True` on the same line.",
    ),
    Rule(
        r"(?<![\w.])print\(",
        (
            "medimg/values",
            "medimg/reading",
            "medimg/display",
            "medimg/packages",
            "medimg/inference",
            "medimg/explain",
            "medimg/results",
            "app",
        ),
        "Only the command line prints.",
    ),
    Rule(r"[\"'](/home/|/work/|/tmp/|/root/|/Users/|C:\\\\)", EVERYWHERE, "No path of a machine."),
    Rule(r"\b(TODO|FIXME|XXX)\b", EVERYWHERE, "Do it, or write an issue."),
    Rule(r"^\s*#\s*[-=~#]{4,}", EVERYWHERE, "No headings made of dashes."),
    Rule(r"^from [\w.]+ import \*", EVERYWHERE, "Name what you import."),
    Rule(r"processEvents\(\)", ("app",), "Wait for a signal, or move the work to a child."),
    Rule(
        r"= QPainter\(self\)",
        ("app",),
        "`with QPainter(self) as painter`: it ends with the block, whoever still holds it.",
    ),
    Rule(r"\(QThread\)", ("app",), "No subclass of QThread: a plain function on the pool."),
    Rule(
        r"[\"']#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?[\"']",
        ("app",),
        "Colours are tokens, never literals.",
        COLOUR_TOKENS,
    ),
    Rule(
        r"csv\.(writer|DictWriter)\(",
        PRODUCT,
        "Tables are written by `medimg.values.csv_text`, which leaves no formula alive.",
        ("medimg/values/csv_text.py",),
    ),
    Rule(
        r"https?://",
        ("medimg", "app"),
        "The product never calls home: no address in it.",
        ("medimg/workshop/packing.py",),  # MONAI's own schema, named in metadata.json, not opened
    ),
    Rule(
        r"(?<!\w)(print|log\w*\.\w+|logging\.\w+)\(.*(patient\.name|patient\.id|PatientName)",
        PRODUCT,
        "No patient's name in a log.",
    ),
    Rule(r"unittest\.mock|\bMagicMock\b|\bmocker\b", ("tests",), "No mocks: a real child."),
    Rule(
        r"^(?!.*[\"']).*time\.sleep\((?!0)",  # a sleeper in a script that is to be killed is meant
        ("tests",),
        "Wait for what happens, never for time.",
    ),
)


@cache
def lines(folders: tuple[str, ...]) -> list[tuple[str, int, str]]:
    """Every line of code under some folders: (file, number, text); this file left out."""
    return [
        (file.relative_to(ROOT).as_posix(), number, text)
        for file in python_files(*folders)
        if file != Path(__file__)
        for number, text in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.sentence[:40])
def test_rule(rule: Rule) -> None:
    """The pattern is found nowhere but where it is allowed."""
    found = [
        f"{file}:{number}: {text.strip()}"
        for file, number, text in lines(rule.folders)
        if file not in rule.allowed and re.search(rule.pattern, text)
    ]
    assert not found, f"{rule.sentence}\n" + "\n".join(found)


def test_rules_can_fail() -> None:
    """Each kind of sin is recognised when it is there."""
    sins = (
        "x = 1  # noqa",
        "x = 1  # type: ignore",
        "except Exception:",
        "except (OSError, Exception) as error:",
        "import pickle",
        'torch.load(path, map_location="cpu")',
        '"/home/me/x"',
        "# ------ reading",
        'colour = "#FF00AA"',
    )
    for sin in sins:
        assert any(re.search(rule.pattern, sin) for rule in RULES), sin


def test_no_empty_names() -> None:
    """A module is a noun of the field."""
    named = [f for f in python_files("medimg", "app") if EMPTY_NAMES.search(f.stem)]
    folders = {f.parent for f in python_files("medimg", "app") if EMPTY_NAMES.search(f.parent.name)}
    # `app/viewport/tools` holds the radiologist's tools: there the word is the subject.
    folders -= {ROOT / "app" / "viewport" / "tools"}
    named = [f for f in named if f != ROOT / "app" / "viewport" / "tools.py"]
    assert not named and not folders


@pytest.mark.parametrize("folder", ["medimg", "app", "tests", "installer"])
def test_files_are_read_at_one_sitting(folder: str) -> None:
    """Past 400 lines, ask what a file is two of. Tables may be long."""
    sizes = {f: len(f.read_text(encoding="utf-8").splitlines()) for f in python_files(folder)}
    assert not {str(f.relative_to(ROOT)): n for f, n in sizes.items() if n > MOST_LINES}


def test_process_edges_are_real() -> None:
    """The list of edges names files that are there and that need it."""
    for file in PROCESS_EDGES:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.search("except (Base)?Exception", text), file


@pytest.mark.parametrize("file", python_files("medimg", "app"), ids=lambda f: f.stem)
def test_every_module_says_what_it_is(file: Path) -> None:
    """The first line of a module is a sentence on it."""
    text = file.read_text(encoding="utf-8")
    assert not text.strip() or text.startswith(('"""', 'r"""')), "the module has no docstring"
