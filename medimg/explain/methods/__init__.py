"""One file a method: `function(question, effort, **parameters) -> Evidence`; see `table`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from medimg.explain.question import Effort, Evidence, Question
from medimg.explain.table import Value, method, settings

Function = Callable[..., Evidence]


def run(
    name: str, question: Question, effort: Effort, parameters: Mapping[str, Value] | None = None
) -> Evidence:
    """Make one map.

    Args:
        name: Key of `explain.table.METHODS`.
        parameters: What differs from the table's defaults.

    Raises:
        UsageError: There is no such method or parameter, or the budget is too small.
        PackageRefused: The method does not fit the network.
        Cancelled: The effort's stop said so.
    """
    chosen = settings(name, parameters or {})
    module, function = method(name).function.split(":")
    return cast(Function, getattr(import_module(module), function))(question, effort, **chosen)
