"""A value in pieces, so that no single step of writing or reading it takes long.

Decoding holds Python's lock to its end: the answer of a scan of 20 000 files would stop the
window for as long, whichever thread decodes it. In pieces the window works on between two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from medimg.engine.jobs.layers import Layers, LayersJob
from medimg.engine.jobs.read import ReadJob
from medimg.engine.jobs.thumbnail import ThumbnailJob
from medimg.values.layers import Layer, Shape
from medimg.values.problems import Problem
from medimg.values.series import DerivedObject, Frame, Scan, Series
from medimg.values.volume import Volume

#: Items of one piece; a piece of frames takes half a millisecond to read.
MOST = 200

#: Fields that may be long, with what they are tuples of.
LONG: Mapping[type[Any], Mapping[str, type[Any]]] = {
    Scan: {"series": Series, "problems": Problem, "objects": DerivedObject},
    Series: {"frames": Frame},
    Layers: {"layers": Layer},
    Layer: {"shapes": Shape},
}
#: Fields that hold one value with such fields.
DEEP: Mapping[type[Any], Mapping[str, type[Any]]] = {
    kind: {"series": Series} for kind in (Volume, ReadJob, LayersJob, ThumbnailJob)
}

#: Reads the next piece as a value of a kind.
Take = Callable[[Any], Any]


def cut(value: Any) -> Iterator[Any]:
    """The pieces of a value in the order in which `joined` takes them; most values are one.

    First comes the value with its long fields empty, and how many items each of them has.
    """
    kind = type(value)
    if kind not in LONG and kind not in DEEP:
        yield value
        return
    yield _bare(value), tuple(len(getattr(value, name)) for name in LONG.get(kind, ()))
    for name in DEEP.get(kind, ()):
        yield from cut(getattr(value, name))
    for name, of in LONG.get(kind, {}).items():
        items = getattr(value, name)
        if of in LONG:
            for item in items:
                yield from cut(item)
        else:
            for first in range(0, len(items), MOST):
                yield items[first : first + MOST]


def joined(kind: type[Any], take: Take) -> Any:
    """Put a value together from its pieces."""
    if kind not in LONG and kind not in DEEP:
        return take(kind)
    bare, counts = take(tuple[kind, tuple[int, ...]])  # type: ignore[valid-type]
    whole: dict[str, Any] = {name: joined(of, take) for name, of in DEEP.get(kind, {}).items()}
    for (name, of), count in zip(LONG.get(kind, {}).items(), counts, strict=True):
        items: list[Any] = []
        while len(items) < count:
            items += [joined(of, take)] if of in LONG else take(tuple[of, ...])  # type: ignore[valid-type]
        whole[name] = tuple(items)
    return replace(bare, **whole)


def _bare(value: Any) -> Any:
    """A value with its long fields empty."""
    kind = type(value)
    empty = dict.fromkeys(LONG.get(kind, ()), ())
    deep = {name: _bare(getattr(value, name)) for name in DEEP.get(kind, ())}
    return replace(value, **empty, **deep)
