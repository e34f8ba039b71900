"""The map that the network makes itself on its way to the answer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from medimg.explain.layer_check import layer_of
from medimg.explain.methods.cells import of_layer, widened
from medimg.explain.question import Effort, Evidence, Question, Scored
from medimg.explain.sound_copy import sound_copy
from medimg.values.errors import PackageRefused

#: A map whose sum or mean is this near to the score is the score.
SAME = 0.01


def own_map(question: Question, effort: Effort, *, reading: str) -> Evidence:
    """Read the output of the network's map head.

    Oquab et al., "Is Object Localization for Free?", CVPR 2015. No gradient and no approximation:
    the cells are numbers that the network computes on its way to the score. Whether they are the
    whole way is measured, and stands among the parameters.

    Args:
        question: `layer` is the map head, `channel` the finding's channel of it.
        reading: "evidence" draws the cells as they are, "probability" their sigmoid.

    Raises:
        PackageRefused: There is no such layer, or it lacks the channel.
    """
    model = sound_copy(question.model, question.image)
    head = layer_of(model, question.layer, question.image)
    scored = Scored(question, effort, model)
    given: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        given.append(output.detach())

    handle = head.register_forward_hook(keep)
    try:
        with torch.inference_mode():
            score = float(scored(question.image))
    finally:
        handle.remove()
    cells = given[0]
    if question.channel >= cells.shape[1]:
        raise PackageRefused(
            f"Layer {question.layer!r} has {cells.shape[1]} maps, this finding needs map "
            f"{question.channel + 1}. Name the map head under [[maps]] in package.toml."
        )
    own = cells[:, question.channel : question.channel + 1]
    parameters = (*of_layer(own, question), ("decision", _part(own, score)))
    drawn = own.sigmoid() if reading == "probability" else own
    return Evidence(widened(drawn, question), parameters, scored.images)


def _part(cells: Tensor, score: float) -> str:
    """Whether the map is the decision or a part of it."""
    for total in (float(cells.sum()), float(cells.mean())):
        if abs(total - score) <= SAME * max(abs(score), SAME):
            return "the map is the score"
    return "the map is a part of the score"
