"""A copy of a network whose activations each are a module of their own and never work in place.

Several methods hook layers and activations. An activation that works in place makes those hooks
fail or changes what they saw, and one that is used twice gives a wrong map without an error. An
activation that is a plain function is not seen at all; `refuse_unseen_relus` asks for that.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from medimg.values.errors import PackageRefused

_RELU = frozenset({torch.ops.aten.relu.default, torch.ops.aten.relu_.default})
#: Of a network: its sound copy (None where it is sound itself), and how many ReLUs no hook sees.
_known: WeakKeyDictionary[nn.Module, tuple[nn.Module | None, int]] = WeakKeyDictionary()


class _PerCall(nn.Module):
    """Gives each use of one activation within a forward pass a module of its own."""

    def __init__(self, module: nn.Module, calls: int) -> None:
        super().__init__()
        self.copies = nn.ModuleList(deepcopy(module) for _ in range(calls))
        self.used = 0

    def forward(self, *inputs: Any) -> Any:
        one = self.copies[self.used % len(self.copies)]
        self.used += 1
        return one(*inputs)


class ClippedReLU(nn.ReLU):
    """`nn.ReLU6` as a kind of `nn.ReLU`, so that what hooks ReLUs hooks it too."""

    def forward(self, input: Tensor) -> Tensor:
        """Clip to 0 to 6."""
        return torch.clamp(input, 0.0, 6.0)


class _ReluCount(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the ReLUs that really run, whoever calls them."""

    count = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        self.count += func in _RELU
        return func(*args, **(kwargs or {}))


def sound_copy(model: nn.Module, image: Tensor) -> nn.Module:
    """Return the network itself where it is sound, else a copy that gives the same answers.

    A network is looked at once: weights that are changed later need a network of their own.

    Args:
        image: (1, channels, …), run through once.
    """
    made, _ = _looked_at(model, image)
    return model if made is None else made


def refuse_unseen_relus(model: nn.Module, image: Tensor) -> None:
    """Refuse a network that calls a ReLU as a function, where no hook can see it.

    Raises:
        PackageRefused: It does; a method that changes what ReLUs pass back would be wrong.
    """
    if unseen := _looked_at(model, image)[1]:
        raise PackageRefused(
            f"The network calls {unseen} ReLUs as functions, which this method does not see; its "
            "map would be wrong. Choose another method, or build the network with modules."
        )


def _looked_at(model: nn.Module, image: Tensor) -> tuple[nn.Module | None, int]:
    if model not in _known:
        calls, relus = _calls(model, image)
        seen = sum(n for module, n in calls.items() if isinstance(module, nn.ReLU))
        wrong = {
            m
            for m, n in calls.items()
            if n > 1 or getattr(m, "inplace", False) or isinstance(m, nn.ReLU6)
        }
        _known[model] = (_copy(model, calls) if wrong else None, relus - seen)
    return _known[model]


def _calls(model: nn.Module, image: Tensor) -> tuple[dict[nn.Module, int], int]:
    """How often each leaf without parameters runs for one image, and how many ReLUs run."""
    calls: Counter[nn.Module] = Counter()

    def count(module: nn.Module, *_: object) -> None:
        calls[module] += 1

    leaves = [m for m in model.modules() if not [*m.children()] and not [*m.parameters()]]
    handles = [leaf.register_forward_pre_hook(count) for leaf in leaves]
    try:
        with torch.no_grad(), _ReluCount() as relus:  # type: ignore[no-untyped-call]
            model(image.detach().clone())
    finally:
        for handle in handles:
            handle.remove()
    return dict(calls), relus.count


def _copy(model: nn.Module, calls: dict[nn.Module, int]) -> nn.Module:
    names = {module: name for name, module in model.named_modules()}
    reused = {names[module]: n for module, n in calls.items() if n > 1}
    copied = deepcopy(model).eval()
    for module in copied.modules():
        if getattr(module, "inplace", False):
            setattr(module, "inplace", False)  # noqa: B010
    each: dict[nn.Module, _PerCall] = {}
    for name, count in reused.items():
        each[copied.get_submodule(name)] = _PerCall(copied.get_submodule(name), count)
    # One module may hang at several places of the network: all of them get the same counter.
    for parent in [*copied.modules()]:
        for name, child in [*parent.named_children()]:
            if child in each and not isinstance(parent, _PerCall):
                setattr(parent, name, each[child])
    for parent in [*copied.modules()]:
        for name, child in [*parent.named_children()]:
            if isinstance(child, nn.ReLU6):
                setattr(parent, name, ClippedReLU())

    def begin(*_: object) -> None:
        for one in each.values():
            one.used = 0

    copied.register_forward_pre_hook(begin)
    return copied
