"""Expressions of bundles are read as far as the grammar goes, and never run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medimg.inference.bundles.expressions import ChannelMerge, Device, read
from medimg.values.errors import PackageRefused

VALUES = {"root": ".", "high": True, "size": [256, 256, 96], "names": ["a", "b"], "n#x": 3}


def value(expression: str) -> Any:
    return read(expression, VALUES.__getitem__)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$@root + '/models/' + 'model.pt'", "./models/model.pt"),
        ("$[1.5, 1.5, 1.5] if @high else [3.0, 3.0, 3.0]", [1.5, 1.5, 1.5]),
        ("$@size[0]//4", 64),
        ("$len(@names) + @n#x", 5),
        ("$not @high", False),
        ("$numpy.float32", "float32"),
        ("$np.uint8", "uint8"),
        ("$-np.pi / 2", -3.141592653589793 / 2),
        ("$list(range(33, 36)) + [114]", [33, 34, 35, 114]),
        ("$list(set([i+1 for i in range(5)]) - set([2, 4]))", [1, 3, 5]),
        ("$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')", Device()),
        (
            "$lambda x: torch.where(x[[2]] > 0, 4, torch.where(x[[0]] > 0, 1, 0))",
            ChannelMerge(((2, 0.0, 4), (0, 0.0, 1)), 0),
        ),
    ],
)
def test_forms_that_bundles_use(expression: str, expected: object) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "$__import__('os').system('touch {mark}')",
        "$open('{mark}', 'w')",
        "$().__class__.__bases__[0].__subclasses__()",
        "$[c for c in ().__class__.__base__.__subclasses__()]",
        "$getattr(@names, '__class__')",
        "$'%s' % @names",
        "$f'{{@names}}'",
        "$@names.append(1)",
        "$torch.load('{mark}')",
        "$exec('1')",
        "$lambda x: open('{mark}', 'w')",
        "$lambda x: torch.where(open('{mark}', 'w') > 0, 4, 0)",
        "$2 ** 2 ** 40",
        "$'a' * 1000000000",
        "$[0] * 1000000000",
        "$list(range(1000000000000))",
        "$[[j for j in range(9999)] for i in range(9999)][0:1]",
        "$" + "(" * 300 + "1" + ")" * 300,
        "$" + "-" * 900 + "1",
        "$1 / 0",
        "$(x := 1)",
        "$(lambda: 1)()",
        "$@names[7]",
        "$@",
        "$1 +",
        "$'" + "a" * 2000 + "'",
        "$9999999999 * 9999999999",
    ],
)
def test_all_else_is_refused_and_does_nothing(expression: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with pytest.raises(PackageRefused):
        value(expression.replace("{mark}", str(mark)))
    assert not mark.exists()
