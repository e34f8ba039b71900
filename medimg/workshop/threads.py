"""How many processor threads torch may take in this process."""

from __future__ import annotations

import torch


def limit(count: int) -> None:
    """Give torch `count` threads; 0 leaves torch's own choice."""
    if count:
        torch.set_num_threads(count)
