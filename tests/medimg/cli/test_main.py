"""The command line's own part: finding the verb, exit codes, one object under `--json`."""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys

import pytest

from medimg import __version__
from medimg.cli import main as command_line
from medimg.cli.main import VERBS, main
from medimg.values.notice import RESEARCH_NOTICE


class TestOverview:
    @pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
    def test_lists_every_verb(self, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        """Bare `medimg` prints all verbs with one line each, and the research notice."""
        assert main(words) == 0
        printed = capsys.readouterr().out
        assert RESEARCH_NOTICE in printed
        for verb, (_, text) in VERBS.items():
            assert any(line.split()[:1] == [verb] and text in line for line in printed.splitlines())

    def test_version(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The version is the package's own."""
        assert main(["--version"]) == 0
        assert capsys.readouterr().out == f"medimg {__version__}\n"


class TestUnknownVerb:
    def test_offers_the_nearest(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A slip of the finger is answered with the verb that was meant, exit 2."""
        assert main(["scna"]) == 2
        assert capsys.readouterr().err == 'No verb "scna". Did you mean "scan"?\n'

    def test_far_from_any(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A word that resembles none is answered with where they are listed."""
        assert main(["xyzzy"]) == 2
        assert "to list the verbs" in capsys.readouterr().err

    def test_error_is_an_object_too(self, capsys: pytest.CaptureFixture[str]) -> None:
        """With `--json`, a script gets its one object even when nothing could be done."""
        assert main(["scna", "--json"]) == 2
        assert "scan" in json.loads(capsys.readouterr().out)["error"]


@pytest.mark.parametrize("verb", VERBS)
class TestEachVerb:
    def test_module_is_a_verb(self, verb: str) -> None:
        """Each row of the table names a module with `arguments` and `run`, and a docstring."""
        module = importlib.import_module(VERBS[verb][0])
        module.arguments(argparse.ArgumentParser())
        assert callable(module.run)
        assert module.__doc__

    def test_has_help(self, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
        """`medimg VERB --help` explains the verb and says what it is not for."""
        with pytest.raises(SystemExit) as ended:
            main([verb, "--help"])
        assert ended.value.code == 0
        printed = " ".join(capsys.readouterr().out.split())
        assert VERBS[verb][1][1:] in printed
        assert RESEARCH_NOTICE in printed

    def test_wrong_option_is_usage(self, verb: str) -> None:
        """An option that is not there ends with 2, not with a trace."""
        with pytest.raises(SystemExit) as ended:
            main([verb, "--no-such-option"])
        assert ended.value.code == 2


def test_interrupt_is_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl+C ends with one word and 130, as a shell expects."""

    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "dispatch", interrupted)
    assert main(["scan"]) == 130
    assert capsys.readouterr().err == "Cancelled.\n"


def test_python_dash_m() -> None:
    """`python -m medimg` is the same program."""
    words = [sys.executable, "-m", "medimg", "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == f"medimg {__version__}\n"


def test_reader_that_leaves_early() -> None:
    """`medimg | head -1` ends quietly."""
    script = f"'{sys.executable}' -m medimg | head -n 1"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.startswith("medimg ")
