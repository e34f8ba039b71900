"""The two overviews of a batch: a table for a spreadsheet, a page for a browser."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from medimg.batch.case import Case
from medimg.values.analysis import RESEARCH_NOTICE
from medimg.values.csv_text import table
from medimg.values.whole_files import write_whole

COLUMNS = (
    *("case", "series_uid", "package", "state", "gate", "label", "probability", "low", "high"),
    *("decision", "operating_point", "volume_ml", "area_mm2", "longest_mm", "best_slice"),
    *("seconds", "record", "reason"),
)

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Results</title><style>
:root {{ color-scheme: light dark; --line: #8884; --quiet: #888; }}
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem;
  padding: 0 1rem; }}
h1 {{ font-size: 1.4rem; margin: 0 0 .3rem; }}
p.notice {{ border-left: 4px solid #d9822b; margin: .5rem 0 1.5rem; padding: .2rem .8rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ border-bottom: 1px solid var(--line); padding: .55rem .6rem; text-align: left;
  vertical-align: top; }}
th {{ color: var(--quiet); font-size: .8rem; font-weight: 600; }}
img {{ border-radius: 4px; display: block; max-height: 96px; max-width: 128px; }}
.done {{ color: #1a7f37; }} .refused {{ color: #9a6700; }} .failed {{ color: #cf222e; }}
.why {{ color: var(--quiet); font-size: .85rem; max-width: 26rem; }}
</style></head><body>
<h1>{title}</h1>
<p class="notice">{notice}</p>
<table><thead><tr><th></th><th>Case</th><th>Package</th><th>State</th><th>Result</th>
<th>Files</th></tr></thead><tbody>
{rows}
</tbody></table></body></html>
"""
_ROW = (
    "<tr><td>{picture}</td><td>{case}</td><td>{package}</td>"
    '<td class="{state}">{state}</td><td>{result}<div class="why">{reason}</div></td>'
    "<td>{files}</td></tr>"
)


def write_table(path: Path, cases: Sequence[Case]) -> None:
    """Write one line a finding and region, and one for each case without any.

    Raises:
        OutputFailed: It could not be written.
    """
    rows: list[dict[str, str | int | float | None]] = []
    for case in cases:
        whose: dict[str, str | int | float | None] = {
            "case": case.case,
            "series_uid": case.series_uid,
            "package": case.package,
            "state": case.state,
            "gate": case.gate,
            "seconds": case.seconds or "",
            "record": case.files.get("h5", ""),
            "reason": case.reason,
        }
        rows += [whose | figures for figures in case.figures or ({},)]
    # With a mark of byte order, as spreadsheets want UTF-8.
    write_whole(path, table(COLUMNS, rows).encode("utf-8-sig"))


def write_index(path: Path, cases: Sequence[Case]) -> None:
    """Write a page that links every file; it needs no network and runs no script.

    Raises:
        OutputFailed: It could not be written.
    """
    done = sum(case.state == "done" for case in cases)
    page = _PAGE.format(
        title=f"{done} of {len(cases)} analysed",
        notice=escape(RESEARCH_NOTICE),
        rows="\n".join(map(_row, cases)),
    )
    write_whole(path, page.encode())


def _row(case: Case) -> str:
    files = {kind: escape(name, quote=True) for kind, name in case.files.items()}
    picture = files.get("png")
    shown = f'<a href="{picture}"><img src="{picture}" alt="overlay"></a>' if picture else ""
    return _ROW.format(
        picture=shown,
        case=escape(case.case),
        package=escape(case.package),
        state=escape(case.state),
        result="<br>".join(map(escape, case.findings)),
        reason=escape(case.reason),
        files=" ".join(f'<a href="{name}">{escape(kind)}</a>' for kind, name in files.items()),
    )
