"""What a rule is: a function of a volume that marks regions and gives figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from medimg.values.findings import Measure
from medimg.values.masks import Mask
from medimg.values.volume import Volume


@dataclass(frozen=True, slots=True, eq=False)
class Ruled:
    """What a rule found.

    Attributes:
        masks: By the code of the label, on the volume's grid; a label may be absent or empty.
        measures: Figures of the image; `id` need only tell them apart within the package.
        notes: What was assumed or changed on the way, in words.
        withheld: Why a label's volume must not be given, by its code.
    """

    masks: Mapping[str, Mask] = field(default_factory=dict)
    measures: tuple[Measure, ...] = ()
    notes: tuple[str, ...] = ()
    withheld: Mapping[str, str] = field(default_factory=dict)


#: (volume, progress or None, cancelled or None): progress takes a fraction and seconds left or
#: None; a rule asks `cancelled` between its steps, and raises `Cancelled`.
Rule = Callable[
    [Volume, Callable[[float | None, float | None], None] | None, Callable[[], bool] | None], Ruled
]
