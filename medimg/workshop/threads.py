"""How this process shares the processor while torch works in it."""

from __future__ import annotations

import os

from medimg.engine.process import PATIENT


def share(count: int = 0) -> None:
    """Let torch's threads wait asleep, and give it `count` of them; 0 leaves torch's own choice.

    Call it before anything imports torch, which reads the way of waiting once: threads that wait
    awake took four times as long beside another busy process.
    """
    for name, value in PATIENT.items():
        os.environ.setdefault(name, value)
    if count:
        import torch

        torch.set_num_threads(count)
