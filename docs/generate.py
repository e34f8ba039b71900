"""Write what the repository itself knows: verbs, modules, and the measured figures.

`make docs` runs this.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Container, Iterator, Mapping
from pathlib import Path

from medimg.cli.main import VERBS, parser_of

ROOT = Path(__file__).parents[1]
WIDTH = "96"

#: The part of the README that is written from the packages' own results.
MEASURED = re.compile(r"(?<=<!-- measured -->\n).*(?=<!-- /measured -->)", re.DOTALL)

#: Part of a results file: how a table says on what it was measured.
PARTS = {
    "figures": "patients never trained on, out of fold",
    "groups": "within {group}, out of fold",
    "baselines": "simpler method, same folds",
    "pointing": "share of opacity films whose peak lies in a reader's box",
}

#: Figures of a classifier at its default operating point.
AT_A_POINT = ("accuracy", "sensitivity", "specificity")

#: What the README tells of each package: the part and the figures' names; the rest is in
#: docs/measured.md.
HEADLINES = {
    "brain-mri-glioma": {
        "figures": ("dice_mean", "false_positive_slices", "found_slices"),
        "baselines": ("one grey threshold",),
    },
    "ct-lungs": {"figures": ("dice", "volume_ratio_right", "volume_ratio_left")},
    "ct-lung-nodule-outline": {
        "figures": (
            *("dice", "one_reader_dice", "ends_crossed", "volume_error_median"),
            "false_accepts",
        ),
    },
    "chest-xray-lungs": {"figures": ("dice_mean",), "baselines": ("one grey threshold",)},
    "chest-xray-opacity": {
        "figures": ("auc", "ece"),
        "groups": ("view: AP", "view: PA"),
        "baselines": ("frozen ImageNet features", "view alone"),
        "pointing": ("grad-cam", "the network's own map", "chance", "best fixed point"),
    },
}


def verbs() -> str:
    """Every verb with its own help."""
    parts = [
        "# Verbs",
        "",
        "Written by `make docs` from `medimg/cli`. Exit codes: 0 done (problems are listed), "
        "1 nothing could be done and why, 2 wrong usage, 130 cancelled. With `--json`, one object "
        "on standard output and all else on standard error.",
    ]
    for verb, (_, text) in VERBS.items():
        help_text = parser_of(verb).format_help().rstrip()
        parts += ["", f"## {verb}", "", text[0].upper() + text[1:] + ".", ""]
        parts += ["```", help_text, "```"]
    return "\n".join(parts) + "\n"


def modules() -> str:
    """Every module of the product with the first sentence of its docstring, by folder."""
    parts = ["# Modules", "", "Written by `make docs` from the first line of each module."]
    for folder in sorted(folders()):
        parts += ["", f"## {folder.as_posix()}", "", first_line(ROOT / folder / "__init__.py"), ""]
        parts += ["| module | what it is |", "|---|---|"]
        parts += [f"| `{file.name}` | {first_line(file)} |" for file in sources(ROOT / folder)]
    return "\n".join(parts) + "\n"


def measured(wanted: Mapping[str, Mapping[str, Container[str]]] | None = None) -> str:
    """Figures with 95 % intervals from `models/*/results.json`: those wanted, or all."""
    rows = ["| package | on | figure | value [95 %] | n |", "|---|---|---|---|---|"]
    for file in sorted(ROOT.glob("models/*/results.json")):
        results = json.loads(file.read_text(encoding="utf-8"))
        name = f"`{file.parent.name}`"
        chosen = None if wanted is None else wanted.get(file.parent.name, {})
        for part, on in PARTS.items():
            for key, figure in results[part].items():
                if chosen is None or key in chosen.get(part, ()):
                    where = on.format(group=key) + flattered(results, key)
                    rows.append(f"| {name} | {where} | {key} | {value_of(figure)} |")
        for folder, found in results["external"].items():
            for key, figure in found.items():
                if chosen is None or key in chosen.get("figures", ()):
                    rows.append(f"| {name} | elsewhere: {folder} | {key} | "
                                f"{value_of(figure)} |")  # fmt: skip
    return "\n".join(rows) + "\n"


def flattered(results: Mapping[str, Mapping[str, object]], key: str) -> str:
    """What to add where a threshold was chosen on the very scores that it was measured on."""
    is_classifier = "sensitivity" in results["figures"]
    if is_classifier and key in AT_A_POINT and not results.get("points_held_out"):
        return ", threshold chosen on the same scores"
    return ""


def all_figures() -> str:
    """The page with every figure of every package."""
    return (
        "# Measured\n\nWritten by `make docs` from `models/*/results.json`, which `medimg train` "
        "writes when it measures. Intervals are 95 %, by bootstrap over patients. "
        "`medimg packages show ID` prints a package's card.\n\n" + measured()
    )


def value_of(figure: Mapping[str, float]) -> str:
    """One figure with its interval, and n in the next cell; one case has no interval."""
    if "low" not in figure:
        return f"{figure['value']:.3f} | {figure['n']}"
    value, low, high = (f"{figure[key]:.3f}" for key in ("value", "low", "high"))
    return f"{value} [{low}, {high}] | {figure['n']}"


def folders() -> Iterator[Path]:
    """Folders of `medimg` and `app` that hold modules, relative to the repository."""
    for top in ("medimg", "app"):
        for marker in (ROOT / top).rglob("__init__.py"):
            if any(sources(marker.parent)):
                yield marker.parent.relative_to(ROOT)


def sources(folder: Path) -> list[Path]:
    """The modules of one folder, by name."""
    return sorted(file for file in folder.glob("*.py") if file.name != "__init__.py")


def first_line(file: Path) -> str:
    """First line of a module's docstring, fit for a table."""
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return text.split("\n")[0].replace("|", "\\|")


def main() -> None:
    """Write the pages, and the README's figures."""
    os.environ["COLUMNS"] = WIDTH
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(MEASURED.sub(lambda _: measured(HEADLINES), text), encoding="utf-8")
    (ROOT / "docs" / "verbs.md").write_text(verbs(), encoding="utf-8")
    (ROOT / "docs" / "measured.md").write_text(all_figures(), encoding="utf-8")
    (ROOT / "docs" / "modules.md").write_text(modules(), encoding="utf-8")


if __name__ == "__main__":
    main()
