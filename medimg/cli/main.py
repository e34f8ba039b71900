"""`medimg VERB …`: one table of verbs, each a module with `arguments(parser)` and `run(args)`."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from medimg import __version__
from medimg.values.analysis import RESEARCH_NOTICE
from medimg.values.errors import MedimgError

#: Verb: (module, one line of help). A verb that is not built is not here.
VERBS: dict[str, tuple[str, str]] = {
    "scan": ("medimg.cli.scan", "list the series under a path and what is wrong with them"),
}


def parser() -> argparse.ArgumentParser:
    """Build the parser of all verbs; modules of verbs are imported only when chosen."""
    top = argparse.ArgumentParser(prog="medimg", description=RESEARCH_NOTICE)
    top.add_argument("--version", action="version", version=f"medimg {__version__}")
    top.add_argument("verb", choices=list(VERBS), metavar="VERB", help=verbs_help())
    top.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return top


def verbs_help() -> str:
    """The verbs with one line each, for `medimg --help`."""
    return " · ".join(f"{verb}: {text}" for verb, (_, text) in VERBS.items())


def main(argv: list[str] | None = None) -> int:
    """Run one verb.

    Returns:
        0 done, 1 nothing could be done, 2 wrong usage, 130 cancelled.
    """
    args = parser().parse_args(argv)
    module_name, text = VERBS[args.verb]
    module = import_module(module_name)
    verb_parser = argparse.ArgumentParser(prog=f"medimg {args.verb}", description=text)
    module.arguments(verb_parser)
    verb_args = verb_parser.parse_args(args.rest)
    try:
        return int(module.run(verb_args))
    except MedimgError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Cancelled.", file=sys.stderr)
        return 130
