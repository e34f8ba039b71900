"""The options by which `analyse` is told where to look: clicks and a box in LPS mm."""

from __future__ import annotations

import argparse

from medimg.values.errors import UsageError
from medimg.values.prompt import Point, Prompt


def pointing_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    group = parser.add_argument_group("pointing, for packages that outline (LPS mm)")
    group.add_argument(
        "--click", metavar="X,Y,Z", type=_point, action="append", default=[], help="a point inside"
    )
    group.add_argument(
        "--not",
        dest="not_clicks",
        metavar="X,Y,Z",
        type=_point,
        action="append",
        default=[],
        help="a point outside",
    )
    group.add_argument(
        "--box", metavar="X,Y,Z,X,Y,Z", type=_box, help="two opposite corners around it"
    )


def prompt_of(args: argparse.Namespace) -> Prompt | None:
    """What the options point at; None without any.

    Raises:
        UsageError: There are points outside, and none inside.
    """
    if not args.click and args.box is None:
        if args.not_clicks:
            raise UsageError("--not says what is outside; --click or --box must say what is meant.")
        return None
    return Prompt(tuple(args.click), tuple(args.not_clicks), args.box)


def _numbers(text: str, count: int) -> tuple[float, ...]:
    try:
        numbers = tuple(float(word) for word in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != count:
        raise argparse.ArgumentTypeError(
            f'"{text}" is not {count} numbers with commas between, like --click=-60.5,12,-300'
        )
    return numbers


def _point(text: str) -> Point:
    x, y, z = _numbers(text, 3)
    return x, y, z


def _box(text: str) -> tuple[Point, Point]:
    x, y, z, a, b, c = _numbers(text, 6)
    return (x, y, z), (a, b, c)
