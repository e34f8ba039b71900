"""Attention rollout of a vision transformer."""

from __future__ import annotations

from copy import deepcopy
from typing import cast

import numpy as np
import torch
from monai.networks.blocks.selfattention import SABlock
from torch import Tensor, nn

from medimg.explain.methods.cells import widened
from medimg.explain.question import Effort, Evidence, Question, Scored
from medimg.values.errors import PackageRefused


def attention_rollout(question: Question, effort: Effort) -> Evidence:
    """Multiply the attention of all blocks, each with half of the identity for its skip.

    Abnar and Zuidema, "Quantifying Attention Flow in Transformers", ACL 2020; heads are averaged.
    The row of the class token, or without one the mean over all patches, is the map. It does not
    depend on the finding.

    Raises:
        PackageRefused: The network has no MONAI attention blocks, or its patches do not tile the
            image.
    """
    names = [n for n, m in question.model.named_modules() if isinstance(m, SABlock)]
    if not names:
        raise PackageRefused(
            "Attention rollout needs a vision transformer of MONAI, and this network is none. "
            "Choose another method."
        )
    model = deepcopy(question.model)
    for name in names:
        block = cast(SABlock, model.get_submodule(name))
        block.save_attn, block.use_flash_attention = True, False
    scored = Scored(question, effort, model)
    with torch.inference_mode():
        scored(question.image)
        flow = _flow([_attention(model, name) for name in names])
    patches, token = _patches(flow.shape[0], question.spatial)
    row = flow[0, 1:] if token else flow.mean(dim=0)
    cells = row.reshape(1, 1, *patches)
    facts = (("blocks", str(len(names))), ("cells", " × ".join(map(str, patches))))
    return Evidence(widened(cells, question), facts, scored.images)


def _attention(model: nn.Module, name: str) -> Tensor:
    kept = cast(SABlock, model.get_submodule(name)).att_mat
    return kept[0].mean(dim=0)


def _flow(attentions: list[Tensor]) -> Tensor:
    """(tokens, tokens): how much of each token of the image reaches each token of the end."""
    one = torch.eye(attentions[0].shape[-1]).to(attentions[0])
    flow = one
    for attention in attentions:
        flow = (0.5 * attention + 0.5 * one) @ flow
    return flow


def _patches(tokens: int, spatial: tuple[int, ...]) -> tuple[tuple[int, ...], bool]:
    """Grid of the patches, and whether a class token stands before them."""
    for count, token in ((tokens - 1, True), (tokens, False)):
        side = round((np.prod(spatial) / count) ** (1 / len(spatial)))
        grid = tuple(n // side for n in spatial) if side else ()
        if grid and int(np.prod(grid)) == count and all(n % side == 0 for n in spatial):
            return grid, token
    raise PackageRefused(
        f"{tokens} tokens do not tile an image of {' × '.join(map(str, spatial))}; attention "
        "rollout needs square patches."
    )
