"""The `$` expressions of bundle configurations, read by a small grammar and never evaluated.

MONAI runs such expressions as Python. Here an expression is parsed into its syntax tree, and the
tree is read: numbers, texts, lists, sums of them, `a if b else c`, a few functions of numbers, and
names of number types. Anything else is refused with the part that is not known.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from medimg.values.errors import PackageRefused

#: Longest expression, and most items of a list that one may make.
MAX_LENGTH = 1000
MAX_ITEMS = 10_000
#: Largest absolute value of a whole number.
MAX_NUMBER = 1 << 40
#: Deepest nesting, and most parts of an expression that are looked at, repeated ones each time.
MAX_DEPTH = 40
MAX_PARTS = 50_000

_REFERENCE = re.compile(r"@[\w#:.]*[\w]")
_TYPE = re.compile(r"^(?:numpy|np|torch)\.(u?int(?:8|16|32|64)|float(?:16|32|64)|bool)$")

#: Takes a reference such as "network#channels" and gives its value.
Lookup = Callable[[str], Any]

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "int": int,
    "float": float,
    "len": len,
    "list": list,
    "set": set,
    "tuple": list,
    "min": min,
    "max": max,
    "sorted": sorted,
}
#: Names of constants that configurations use.
_CONSTANTS = {"np.pi": 3.141592653589793, "numpy.pi": 3.141592653589793}
#: Calls that choose a device; the program chooses it itself.
_DEVICE = ("torch.device",)


@dataclass(frozen=True, slots=True)
class Device:
    """Stands for a device that a configuration asks for; it has no effect."""


@dataclass(frozen=True, slots=True)
class ChannelMerge:
    """A function that makes one label map of channels: the first channel above its threshold wins.

    Attributes:
        steps: (channel, threshold, value).
        otherwise: Value where no channel is above its threshold.
    """

    steps: tuple[tuple[int, float, int], ...]
    otherwise: int


def read(expression: str, lookup: Lookup) -> Any:
    """Read an expression.

    Args:
        expression: With or without the leading `$`.
        lookup: Gives the value of a reference `@key`.

    Raises:
        PackageRefused: The expression is too long, or holds something that the grammar lacks.
    """
    text = expression.removeprefix("$").strip()
    if len(text) > MAX_LENGTH:
        raise PackageRefused(f"An expression of {len(text)} characters is not read.")
    keys: list[str] = []

    def name(found: re.Match[str]) -> str:
        keys.append(found.group()[1:])
        return f"reference_{len(keys) - 1}"

    try:
        tree = ast.parse(_REFERENCE.sub(name, text), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise PackageRefused(f'The expression "{text}" cannot be read.') from error
    return _Reader(text, keys, lookup, count()).value(tree.body, 0)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one syntax tree; each kind of node has its method."""

    text: str
    keys: list[str]
    lookup: Lookup
    parts: Iterator[int]

    def refused(self, what: str) -> PackageRefused:
        return PackageRefused(
            f'The expression "{self.text}" uses {what}, which this program does not read.'
        )

    def value(self, node: ast.expr, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise self.refused("too deep a nesting")
        if next(self.parts) > MAX_PARTS:
            raise self.refused("too long a calculation")
        reader = _NODES.get(type(node))
        if reader is None:
            raise self.refused(f"a {type(node).__name__}")
        return self.limited(reader(self, node, depth + 1))

    def limited(self, value: Any) -> Any:
        if isinstance(value, str | list | set) and len(value) > MAX_ITEMS:
            raise self.refused("too long a list")
        if isinstance(value, int) and abs(value) > MAX_NUMBER:
            raise self.refused("too large a number")
        return value

    def constant(self, node: ast.Constant, depth: int) -> Any:
        if isinstance(node.value, bool | int | float | str) or node.value is None:
            return node.value
        raise self.refused(f"the constant {node.value!r}")

    def name(self, node: ast.Name, depth: int) -> Any:
        if node.id.startswith("reference_"):
            return self.lookup(self.keys[int(node.id.removeprefix("reference_"))])
        raise self.refused(f'the name "{node.id}"')

    def attribute(self, node: ast.Attribute, depth: int) -> Any:
        name = ast.unparse(node)
        if found := _TYPE.match(name):
            return found.group(1)
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        raise self.refused(f'"{name}"')

    def items(self, node: ast.List | ast.Tuple | ast.Set, depth: int) -> Any:
        values = [self.value(item, depth) for item in node.elts]
        return set(values) if isinstance(node, ast.Set) else values

    def mapping(self, node: ast.Dict, depth: int) -> Any:
        if any(key is None for key in node.keys):
            raise self.refused("** in a dictionary")
        keys = [self.value(key, depth) for key in node.keys if key is not None]
        return dict(zip(keys, (self.value(v, depth) for v in node.values), strict=True))

    def unary(self, node: ast.UnaryOp, depth: int) -> Any:
        value = self.value(node.operand, depth)
        if isinstance(node.op, ast.Not):
            return not value
        if isinstance(node.op, ast.USub) and isinstance(value, int | float):
            return -value
        raise self.refused(f"{type(node.op).__name__}")

    def binary(self, node: ast.BinOp, depth: int) -> Any:
        left, right = self.value(node.left, depth), self.value(node.right, depth)
        function = _ARITHMETIC.get(type(node.op))
        are_numbers = all(isinstance(v, int | float) for v in (left, right))
        is_sum = isinstance(node.op, ast.Add) and type(left) is type(right)
        is_difference = isinstance(node.op, ast.Sub) and isinstance(left, set)
        if function is None or not (are_numbers or is_sum or is_difference):
            raise self.refused(f"{type(node.op).__name__} of such values")
        try:
            return function(left, right)
        except (ZeroDivisionError, TypeError, OverflowError) as error:
            raise self.refused(f"an impossible calculation ({error})") from error

    def choice(self, node: ast.IfExp, depth: int) -> Any:
        return self.value(node.body if self.value(node.test, depth) else node.orelse, depth)

    def boolean(self, node: ast.BoolOp, depth: int) -> Any:
        values = (self.value(item, depth) for item in node.values)
        return all(values) if isinstance(node.op, ast.And) else any(values)

    def comparison(self, node: ast.Compare, depth: int) -> Any:
        function = _COMPARISONS.get(type(node.ops[0]))
        if len(node.ops) != 1 or function is None:
            raise self.refused("such a comparison")
        try:
            return function(self.value(node.left, depth), self.value(node.comparators[0], depth))
        except TypeError as error:
            raise self.refused("a comparison of unlike values") from error

    def part(self, node: ast.Subscript, depth: int) -> Any:
        whole, index = self.value(node.value, depth), self.value(node.slice, depth)
        try:
            if isinstance(whole, dict) or (isinstance(whole, list) and isinstance(index, int)):
                return whole[index]
        except (KeyError, IndexError, TypeError) as error:
            raise self.refused(f"the part {index!r}, which is not there") from error
        raise self.refused("a part of such a value")

    def call(self, node: ast.Call, depth: int) -> Any:
        name = ast.unparse(node.func)
        if name in _DEVICE:
            return Device()
        if node.keywords or (name != "range" and name not in _FUNCTIONS):
            raise self.refused(f'"{name}(…)"')
        values = [self.value(item, depth) for item in node.args]
        try:
            if name == "range":
                return self._counted(*values)
            return _FUNCTIONS[name](*values)
        except (TypeError, ValueError, OverflowError) as error:
            raise self.refused(f'"{name}(…)" with such values') from error

    def _counted(self, *limits: int) -> list[int]:
        steps = range(*limits)
        # The length of a range beyond the machine's word is an OverflowError.
        if len(steps) > MAX_ITEMS:
            raise self.refused("too long a list")
        return list(steps)

    def lists(self, node: ast.ListComp, depth: int) -> Any:
        """`[i + 1 for i in range(3)]`: one variable, no condition, counted items."""
        loop = node.generators[0]
        if len(node.generators) != 1 or loop.ifs or not isinstance(loop.target, ast.Name):
            raise self.refused("such a list")
        made = []
        for item in self.limited(self.value(loop.iter, depth)):
            keys = [*self.keys, item]
            bound = _Bound(loop.target.id, len(keys) - 1).visit(_copy(node.elt))
            reader = _Reader(self.text, keys, self._or_item, self.parts)
            made.append(reader.value(bound, depth))
        return made

    def _or_item(self, key: Any) -> Any:
        return self.lookup(key) if isinstance(key, str) else key

    def function(self, node: ast.Lambda, depth: int) -> ChannelMerge:
        arguments = node.args
        if len(arguments.args) != 1 or arguments.kwonlyargs or arguments.vararg or arguments.kwarg:
            raise self.refused("a function of several arguments")
        return self._merge(node.body, arguments.args[0].arg, ())

    def _merge(
        self, node: ast.expr, name: str, steps: tuple[tuple[int, float, int], ...]
    ) -> ChannelMerge:
        """`torch.where(x[[2]] > 0, 4, torch.where(…))`, as BraTS bundles write their labels."""
        if isinstance(node, ast.Constant) and isinstance(node.value, int) and steps:
            return ChannelMerge(steps, node.value)
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="torch"), attr="where"),
                args=[
                    ast.Compare(
                        left=ast.Subscript(
                            value=ast.Name(id=variable),
                            slice=ast.List(elts=[ast.Constant(value=int(channel))]),
                        ),
                        ops=[ast.Gt()],
                        comparators=[ast.Constant(value=int() | float() as threshold)],
                    ),
                    ast.Constant(value=int(value)),
                    rest,
                ],
                keywords=[],
            ) if variable == name and len(steps) < MAX_DEPTH:
                step = (channel, float(threshold), value)
                return self._merge(rest, name, (*steps, step))
        raise self.refused("a function of its own")


class _Bound(ast.NodeTransformer):
    """Puts a reference to a counted item in the place of a loop's variable."""

    def __init__(self, name: str, index: int) -> None:
        self.name = name
        self.index = index

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Exchange the variable."""
        return ast.Name(f"reference_{self.index}", node.ctx) if node.id == self.name else node


def _copy(node: ast.expr) -> ast.expr:
    copied: ast.expr = ast.parse(ast.unparse(node), mode="eval").body
    return copied


_NODES: dict[type[ast.expr], Callable[[_Reader, Any, int], Any]] = {
    ast.Constant: _Reader.constant,
    ast.Name: _Reader.name,
    ast.Attribute: _Reader.attribute,
    ast.List: _Reader.items,
    ast.Tuple: _Reader.items,
    ast.Set: _Reader.items,
    ast.Dict: _Reader.mapping,
    ast.UnaryOp: _Reader.unary,
    ast.BinOp: _Reader.binary,
    ast.IfExp: _Reader.choice,
    ast.BoolOp: _Reader.boolean,
    ast.Compare: _Reader.comparison,
    ast.Subscript: _Reader.part,
    ast.Call: _Reader.call,
    ast.ListComp: _Reader.lists,
    ast.Lambda: _Reader.function,
}
