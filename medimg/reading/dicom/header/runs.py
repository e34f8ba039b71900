"""Stretches of elements that were met before: stepped over, and kept, at one go.

The headers of a series are one list of elements, tag by tag and length by length, but for a few
whose length varies. Where the heads of a stretch are byte for byte those of an earlier file, its
elements lie where they lay there.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from struct import Struct

#: Elements of the shortest stretch worth remembering.
FEWEST = 4
MOST_REMEMBERED = 1 << 10


#: One element: all of its head that tells how long it is; its bytes; its tag where it is kept.
Step = tuple[bytes, int, int | None]


class Run:
    """Elements that follow one another."""

    __slots__ = ("_heads", "_kept", "_struct", "_tags", "length", "steps")

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = steps
        self.length = sum(length for _, length, _ in steps)
        self._heads = tuple(head for head, _, _ in steps)
        self._tags = tuple(tag for _, _, tag in steps if tag is not None)
        self._struct = Struct("".join(f"{len(head)}s{n - len(head)}x" for head, n, _ in steps))
        self._kept = Struct("".join(f"{n}{'x' if tag is None else 's'}" for _, n, tag in steps))

    def lies_at(self, header: bytes, at: int) -> bool:
        """Whether these very elements lie there; the header must reach to their end."""
        return self._struct.unpack_from(header, at) == self._heads

    def keep(self, header: bytes, at: int, kept: dict[int, bytes]) -> int:
        """Keep those of its elements that a scan reads; returns how many they are."""
        kept.update(zip(self._tags, self._kept.unpack_from(header, at), strict=True))
        return len(self._tags)

    def parts(self, header: bytes, at: int) -> tuple[Sequence[Step], Sequence[Step]]:
        """Its steps before and after the first that does not lie there."""
        found = self._struct.unpack_from(header, at)
        pairs = zip(found, self._heads, strict=True)
        count = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        return self.steps[:count], self.steps[count + 1 :]


class Runs:
    """Runs by the head of their first element."""

    def __init__(self) -> None:
        self._by_head: dict[bytes, Run | None] = {}
        self.get = self._by_head.get

    def known(self) -> list[Run | None]:
        """All of them; None for a head that begins none."""
        return list(self._by_head.values())

    def learn(self, steps: Sequence[Step]) -> None:
        """Remember a stretch, unless another one begins alike."""
        if len(steps) < FEWEST or (first := steps[0][0][:8]) in self._by_head:
            return
        if len(self._by_head) >= MOST_REMEMBERED:
            self._by_head.clear()
        self._by_head[first] = Run(steps)

    def correct(self, run: Run, header: bytes, at: int) -> None:
        """Shorten a run to what lies there, too, and learn its rest apart."""
        before, after = run.parts(header, at)
        # One that is too short is remembered as none, so that it is not learnt again and again.
        self._by_head[run.steps[0][0][:8]] = Run(before) if len(before) >= FEWEST else None
        self.learn(after)


#: By whether elements name their VR.
RUNS = {True: Runs(), False: Runs()}
