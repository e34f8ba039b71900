"""Write `docs/methods.md`: every method on every network, beside a plain Captum call.

`python -m tests.medimg.explain.method_table`; some minutes on two cores.
"""

from __future__ import annotations

from pathlib import Path

import torch

from medimg.explain.table import METHODS
from tests.medimg.explain.networks import NETWORKS, SHORT, Compared, compare

PAGE = Path(__file__).parents[3] / "docs" / "methods.md"
INTRODUCTION = """# Methods of explanation

Written by `python -m tests.medimg.explain.method_table` from `medimg/explain/table.py` and from
runs on small networks of MONAI with random weights, made as MONAI makes them: with activations
that work in place or are used twice. Passes are forward passes of one image, a backward pass
counted as two.

| method | what the map shows | needs | passes | paper |
|---|---|---|---|---|
"""
COMPARISON = """
## On networks

Each cell: the largest difference to a plain Captum call, as a share of the map's largest value;
then, where the method promises a sum, the share of the score's change that the sum misses. A
network with in-place activations is given to Captum as a copy without them, since Captum fails
on it or gives another map. Kept short: {short}.

"""


def cell(found: Compared) -> str:
    """One method on one network."""
    if found.reason:
        return f"– ({found.reason.split('.')[0].split(',')[0]})"
    equal = "works" if found.difference is None else f"{found.difference:.0e}"
    return equal if found.gap is None else f"{equal}; misses {100 * found.gap:.1f} %"


def page() -> str:
    """The whole page."""
    lines = [
        f"| {row.title} | {row.words} | {', '.join(sorted(n.value for n in row.needs)) or '–'} | "
        f"{row.passes:g} | {row.paper} |"
        for row in METHODS.values()
    ]
    columns = [(network, d) for network, made in NETWORKS.items() for d in made.side]
    head = " | ".join(f"{network} {d}-D" for network, d in columns)
    short = ", ".join(f"{m} {k} {v}" for m, some in SHORT.items() for k, v in some.items())
    table = [f"| method | {head} |", "|---" * (len(columns) + 1) + "|"]
    for name, row in METHODS.items():
        if name == "own-map":
            continue
        cells = " | ".join(cell(compare(network, d, name)) for network, d in columns)
        table.append(f"| {row.title} | {cells} |")
        print(table[-1], flush=True)
    return (
        INTRODUCTION
        + "\n".join(lines)
        + "\n"
        + COMPARISON.format(short=short)
        + "\n".join(table)
        + "\n"
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    PAGE.write_text(page(), encoding="utf-8")
