"""`medimg VERB …`: one table of verbs, each a module with `arguments(parser)` and `run(args)`."""

from __future__ import annotations

import argparse
import difflib
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from medimg import __version__
from medimg.cli.answers import answer
from medimg.values.errors import MedimgError, UsageError
from medimg.values.notice import RESEARCH_NOTICE

#: Verb: (module, one line of help). A verb that is not built is not here.
VERBS: dict[str, tuple[str, str]] = {
    "demo": ("medimg.cli.demo", "show an example: read, run, explain and report"),
    "scan": ("medimg.cli.scan", "list the series under a path and their problems"),
    "show": ("medimg.cli.show", "draw one slice as PNG, with a record's overlays if given"),
    "convert": (
        "medimg.cli.convert",
        "write a series as NIfTI, NRRD, MetaImage, HDF5 or new DICOM",
    ),
    "deidentify": ("medimg.cli.deidentify", "write DICOM files without patient identity"),
    "packages": ("medimg.cli.packages", "list, show and verify what is installed"),
    "analyse": ("medimg.cli.analyse", "run packages on images, explain and export"),
    "explain": ("medimg.cli.explain", "show why: maps of evidence, and how far to trust them"),
    "batch": ("medimg.cli.batch", "run packages on a folder of cases; can be resumed"),
    "replay": ("medimg.cli.replay", "run a record again and report the differences"),
    "data": ("medimg.cli.data", "check a folder of labelled cases for duplicates and shortcuts"),
    "evaluate": ("medimg.cli.evaluate", "score labelled cases with a package"),
    "train": ("medimg.cli.train", "train a package by its recipe, measure and pack it"),
    "self-test": ("medimg.cli.self_test", "check that this installation works"),
}

CANCELLED = 130


def overview() -> str:
    """The verbs with one line each: what bare `medimg` and `medimg --help` print."""
    width = max(map(len, VERBS))
    rows = [f"  {verb:<{width}}  {text}" for verb, (_, text) in VERBS.items()]
    return "\n".join(
        [
            f"medimg {__version__}  {RESEARCH_NOTICE}",
            "",
            "usage: medimg VERB …        medimg VERB --help says more",
            "",
            *rows,
        ]
    )


def parser_of(verb: str) -> argparse.ArgumentParser:
    """Build one verb's parser; its module is imported here and nowhere earlier.

    Raises:
        UsageError: There is no such verb; the nearest name is offered.
    """
    if verb not in VERBS:
        near = difflib.get_close_matches(verb, VERBS, n=1)
        hint = f'Did you mean "{near[0]}"?' if near else "Run `medimg` to list the verbs."
        raise UsageError(f'No verb "{verb}". {hint}')
    module, text = VERBS[verb]
    parser = argparse.ArgumentParser(
        prog=f"medimg {verb}", description=text[0].upper() + text[1:] + ".", epilog=RESEARCH_NOTICE
    )
    chosen = import_module(module)
    chosen.arguments(parser)
    parser.set_defaults(run=chosen.run)
    return parser


def dispatch(argv: Sequence[str]) -> int:
    """Run one verb and return its exit code; errors rise as they are."""
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(overview())
        return 0
    if argv[0] in ("-V", "--version"):
        print(f"medimg {__version__}")
        return 0
    args = parser_of(argv[0]).parse_args(argv[1:])
    return int(args.run(args))


def _settle_output(encoding: str | None) -> None:
    """Write what the terminal cannot show as an escape; a name must not end a verb.

    Args:
        encoding: Of standard output; the terminal's own if None. JSON is UTF-8 (RFC 8259 8.1).
    """
    for stream, own in ((sys.stdout, encoding), (sys.stderr, None)):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=own, errors="backslashreplace")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0 done, 1 nothing could be done, 2 wrong usage, 130 cancelled.
    """
    words = sys.argv[1:] if argv is None else argv
    _settle_output("utf-8" if "--json" in words else None)
    try:
        code = dispatch(words)
        sys.stdout.flush()
    except MedimgError as error:
        print(error, file=sys.stderr)
        if "--json" in words:
            answer({"error": str(error)})
        return error.exit_code
    except KeyboardInterrupt:
        print("Cancelled.", file=sys.stderr)
        return CANCELLED
    except BrokenPipeError:
        # `medimg … | head` has seen enough; the interpreter's own flush at its end must not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


if __name__ == "__main__":
    sys.exit(main())
