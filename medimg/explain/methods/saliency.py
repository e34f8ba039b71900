"""Saliency, averaged over noise."""

from __future__ import annotations

from captum.attr import NoiseTunnel, Saliency

from medimg.explain.question import (
    Effort,
    Evidence,
    Question,
    Scored,
    array_of,
    differentiable,
    drawn,
)


def saliency(question: Question, effort: Effort, *, samples: int, noise: float) -> Evidence:
    """Average the gradient's size over noisy copies of the image.

    Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks", 2014; Smilkov et al.,
    "SmoothGrad: removing noise by adding noise", 2017. The noise is the seed's.

    Args:
        samples: Noisy copies; the budget may lower it.
        noise: Standard deviation, as a share of the image's range.
    """
    scored = Scored(question, effort)
    count = effort.within(samples, 3.0)
    spread = noise * float(question.image.max() - question.image.min())
    with drawn(effort), differentiable(question) as image:
        parts = NoiseTunnel(Saliency(scored)).attribute(
            image,
            nt_type="smoothgrad",
            nt_samples=count,
            nt_samples_batch_size=min(effort.batch, count),
            stdevs=spread,
        )
    facts = (("samples", str(count)), ("noise", f"{noise:g} of the image's range"))
    return Evidence(array_of(parts), facts, 3.0 * count)
