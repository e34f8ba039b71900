"""The tour as one page for a browser: pictures, answers, reasons, files; no script, no network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from medimg.results import EXPORTS
from medimg.tour.stops import PackageRun, Stop
from medimg.values.notice import RESEARCH_NOTICE
from medimg.values.whole_files import write_whole

_STYLE = """
:root { color-scheme: light dark; --bg: #f3f5f8; --panel: #ffffff; --raised: #e9edf3;
  --line: #c6cfdb; --text: #131a24; --muted: #4f5e72; --accent: #0a63b8; --ok: #16703f;
  --warn: #7f5200; --danger: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --bg: #0b0e13; --panel: #12171f; --raised: #1a212c;
  --line: #2c3644; --text: #e8edf4; --muted: #9aa8ba; --accent: #58b4ff; --ok: #5fd39a;
  --warn: #f5b94a; --danger: #ff7a70; } }
* { box-sizing: border-box; }
body { background: var(--bg); color: var(--text); margin: 0;
  font: 15px/1.5 system-ui, "Segoe UI", "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; }
main { margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; font-weight: 600; margin: 0; }
h2 { border-top: 1px solid var(--line); font-size: 1.1rem; font-weight: 600;
  margin: 2.5rem 0 1rem; padding-top: 1.25rem; }
.notice { border-left: 4px solid var(--warn); color: var(--warn); font-weight: 600;
  margin: .75rem 0; padding-left: .75rem; }
.lead { color: var(--muted); max-width: 50rem; }
article { background: var(--panel); border: 1px solid var(--line); border-radius: 6px;
  display: grid; gap: 1.25rem; grid-template-columns: minmax(12rem, 22rem) 1fr;
  margin: 0 0 1rem; padding: 1rem; }
@media (max-width: 48rem) { article { grid-template-columns: 1fr; } }
.plates { display: grid; gap: .5rem; align-content: start; }
.plates img { background: #000; border-radius: 4px; display: block; width: 100%; }
.plates .small { max-width: 11rem; }
.plates .none { background: var(--raised); border-radius: 4px; color: var(--muted);
  padding: 2rem 1rem; text-align: center; }
h3 { font-size: 1rem; font-weight: 600; margin: 0; }
.name { color: var(--muted); font-size: .85rem; }
.problem { color: var(--warn); font-size: .9rem; margin: .4rem 0 0; }
section { border-top: 1px solid var(--line); margin-top: .75rem; padding-top: .6rem; }
section p { margin: .15rem 0; }
.state { border-radius: 10px; display: inline-block; font-size: .8rem; font-weight: 600;
  margin-left: .5rem; padding: 0 .55rem; border: 1px solid currentColor; }
.ran { color: var(--ok); } .refused { color: var(--warn); } .failed { color: var(--danger); }
.why { color: var(--muted); font-size: .9rem; }
a { color: var(--accent); } .files a { margin-right: .75rem; }
"""
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>MedImg Workstation: tour</title><style>{style}</style></head><body><main>
<h1>MedImg Workstation: what it found where</h1>
<p class="notice">{notice}</p>
<p class="lead">{lead}</p>
{groups}
</main></body></html>
"""
_LEAD = (
    "{images} images, {ran} runs of packages, {refused} refusals. A package runs only on "
    "images that it was made for. Each refusal has its reason. All results are shown unchanged."
)


def write_page(path: Path, stops: Sequence[Stop]) -> None:
    """Write the page; its links are relative, so that the folder may be moved.

    Raises:
        OutputFailed: It could not be written.
    """
    told = [one for stop in stops for one in stop.told]
    lead = _LEAD.format(
        images=sum(stop.picture is not None for stop in stops),
        ran=sum(one.state == "ran" for one in told),
        refused=sum(one.state == "refused" for one in told),
    )
    groups = "\n".join(
        f"<h2>{escape(name)}</h2>\n" + "\n".join(_article(stop, path.parent) for stop in members)
        for name, members in groupby(stops, lambda stop: stop.group)
    )
    page = _PAGE.format(style=_STYLE, notice=escape(RESEARCH_NOTICE), lead=lead, groups=groups)
    write_whole(path, page.encode())


def _article(stop: Stop, root: Path) -> str:
    problems = "".join(f'<p class="problem">{escape(words)}</p>' for words in stop.problems)
    answers = "".join(_answer(one, root) for one in stop.told)
    return (
        f'<article><div class="plates">{_plates(stop, root)}</div><div>'
        f'<h3>{escape(stop.title)}</h3><div class="name">{escape(stop.name)}</div>'
        f"{problems}{answers}</div></article>"
    )


def _plates(stop: Stop, root: Path) -> str:
    """The pictures with overlays, or the plain one, or a word where there is none."""
    drawn = [one.files["png"] for one in stop.told if "png" in one.files]
    plain = [stop.picture] if stop.picture else []
    if not drawn and not plain:
        return '<div class="none">nothing to draw</div>'
    kind = "" if drawn else ' class="small"'
    return "".join(
        f'<a href="{_link(p, root)}"><img{kind} src="{_link(p, root)}" '
        f'alt="{escape(stop.title, quote=True)}" loading="lazy"></a>'
        for p in drawn or plain
    )


def _answer(run: PackageRun, root: Path) -> str:
    kind = "" if run.state == "ran" else ' class="why"'
    lines = "".join(f"<p{kind}>{escape(words)}</p>" for words in run.lines)
    files = "".join(
        f'<a href="{_link(run.files[key], root)}">{row.title}</a>'
        for key, row in EXPORTS.items()
        if key in run.files
    )
    return (
        f"<section><strong>{escape(run.package.title)}</strong>"
        f'<span class="state {run.state}">{run.state}</span>{lines}'
        + (f'<p class="files">{files}</p>' if files else "")
        + "</section>"
    )


def _link(path: Path, root: Path) -> str:
    return escape(path.relative_to(root).as_posix(), quote=True)
