"""`medimg packages`: what is installed, what it is for, whether it is whole; import and remove."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from medimg.cli.answers import answer, json_option, remark, show_progress
from medimg.engine.calls import error_of, wait_for
from medimg.engine.client import Child
from medimg.engine.jobs.import_bundle import Imported, ImportJob
from medimg.engine.protocol import Role
from medimg.packages.catalogue import find, survey, verify
from medimg.packages.keeping import export, remove
from medimg.packages.manifest import Figure, Package
from medimg.packages.signing import sign, signer
from medimg.values.errors import PackageRefused


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of this verb."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(ACTIONS))
    actions.add_parser("list", help="list all packages, one per line")
    show = actions.add_parser("show", help="show one package")
    show.add_argument("id", help="name of the package, as in `list`")
    check = actions.add_parser("verify", help="check every hash")
    check.add_argument("id", nargs="?", help="name of the package (default: all)")
    bring = actions.add_parser("import", help="install a MONAI bundle or an exported package")
    bring.add_argument("path", type=Path, help="folder or zip")
    bring.add_argument(
        "--set", action="append", default=[], metavar="KEY=JSON", help="replace a part, a#b=1.5"
    )
    export = actions.add_parser("export", help="write a package as one zip")
    export.add_argument("id", help="name of the package, as in `list`")
    export.add_argument("out", type=Path, help="the zip")
    seal = actions.add_parser("sign", help="sign a package with a key of the site")
    seal.add_argument("id", help="package, as `list` names it")
    seal.add_argument("--key", type=Path, required=True, metavar="PEM", help="Ed25519 private key")
    remove = actions.add_parser("remove", help="remove a package that you installed")
    remove.add_argument("id", help="name of the package, as in `list`")
    for action in actions.choices.values():
        json_option(action)


def run(args: argparse.Namespace) -> int:
    """Do what the words say."""
    return ACTIONS[args.action](args)


def _import(args: argparse.Namespace) -> int:
    pairs = [word.partition("=") for word in args.set]
    job = ImportJob(str(args.path.absolute()), tuple((key, text) for key, _, text in pairs))
    with Child(Role.ENGINE) as child:
        outcome = wait_for(child, job, lambda now: show_progress(now.fraction, now.stage))
    show_progress(1.0, "Done")
    if outcome.failure:
        raise error_of(outcome.failure)
    assert isinstance(outcome.value, Imported)
    return _done(args, outcome.value.name, f"Installed {outcome.value.name}.")


def _export(args: argparse.Namespace) -> int:
    package = find(args.id)
    return _done(args, package.name, f"Written {export(package, args.out)}.")


def _sign(args: argparse.Namespace) -> int:
    package = find(args.id)
    key = sign(package, args.key)
    return _done(args, package.name, f"Signed {package.name} with the key {key}.")


def _remove(args: argparse.Namespace) -> int:
    package = find(args.id)
    remove(package)
    return _done(args, package.name, f"Removed {package.name}.")


def _done(args: argparse.Namespace, name: str, sentence: str) -> int:
    if args.json:
        answer({"package": name})
    else:
        print(sentence)
    return 0


def _list(args: argparse.Namespace) -> int:
    catalogue = survey()
    if args.json:
        rows = [_brief(package) for package in catalogue.packages.values()]
        damaged = {item.folder: item.sentence for item in catalogue.damaged}
        answer({"packages": rows, "damaged": damaged})
    else:
        for package in catalogue.packages.values():
            suffix = "  [non-commercial]" if package.licence.non_commercial else ""
            print(f"{package.name}  {package.title}{suffix}\n    {package.summary}")
        for item in catalogue.damaged:
            remark(item.sentence)
    return 0 if catalogue.packages else 1


def _brief(package: Package) -> dict[str, Any]:
    return {
        "id": package.id,
        "version": package.version,
        "title": package.title,
        "task": package.task,
        "summary": package.summary,
        "origin": package.origin,
        "licence": package.licence.sentence,
        "merit": msgspec.to_builtins(package.merit),
    }


def _show(args: argparse.Namespace) -> int:
    package = find(args.id)
    if args.json:
        left_out = {"calibration", "folder", "seal", "files"}
        whole = msgspec.to_builtins(package, enc_hook=str)
        answer({key: value for key, value in whole.items() if key not in left_out})
        return 0
    print(f"{package.name}  {package.title}\n{package.summary}\n")
    print(f"For: {package.intended_use}")
    for sentence in package.not_for:
        print(f"Not for: {sentence}")
    print(package.licence.sentence)
    if package.merit:
        merit = package.merit
        print(f"{merit.name} {merit.value:.3f} ({merit.low:.3f}–{merit.high:.3f}): {merit.note}")
    for point in package.operating_points:
        chosen = ", default" if point.default else ""
        figures = f"sensitivity {_figure(point.sensitivity)}"
        figures += f", specificity {_figure(point.specificity)}"
        print(f"At {point.threshold:.2f} ({point.name}{chosen}): {figures}")
    for rule in package.input.rules:
        wanted = " or ".join(rule.accept) or "as the card says"
        print(f"Rule {rule.rule}: {wanted}; unknown: {rule.unknown}")
    return 0


def _figure(figure: Figure) -> str:
    return f"{figure.value:.2f} ({figure.low:.2f}–{figure.high:.2f})"


def _verify(args: argparse.Namespace) -> int:
    catalogue = survey()
    chosen = [find(args.id)] if args.id else list(catalogue.packages.values())
    results = {} if args.id else {item.folder: item.sentence for item in catalogue.damaged}
    for package in chosen:
        results[package.id] = _state(package)
    signers = {p.id: signer(p) for p in chosen if not results[p.id]}
    if args.json:
        answer({"packages": {name: state or "whole" for name, state in results.items()}})
    else:
        for name, state in results.items():
            by = signers.get(name)
            print(f"{name}: {state or 'whole'}{f', signed by {by}' if by else ''}")
    return 1 if any(results.values()) or not results else 0


def _state(package: Package) -> str:
    try:
        verify(package)
    except PackageRefused as error:
        return str(error)
    return ""


ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "list": _list,
    "show": _show,
    "verify": _verify,
    "import": _import,
    "export": _export,
    "sign": _sign,
    "remove": _remove,
}
