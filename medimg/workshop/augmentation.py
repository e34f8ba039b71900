"""Random geometry and greys for whole batches, in torch, repeatable from a generator."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional

from medimg.workshop.recipe import Augment


def _uniform(count: int, low: float, high: float, generator: Generator) -> Tensor:
    return torch.rand(count, generator=generator) * (high - low) + low


def _affine(count: int, augment: Augment, generator: Generator) -> Tensor:
    """(count, 2, 3) maps from output to input, in the -1..1 coordinates of `affine_grid`."""
    angle = _uniform(count, -1, 1, generator) * math.radians(augment.rotate_deg)
    across = 1 / _uniform(count, *augment.scale, generator)
    down = 1 / _uniform(count, *augment.scale, generator)
    if augment.flip:
        across = across * (1 - 2 * (torch.rand(count, generator=generator) < 0.5).float())
    shift = 2 * augment.shift
    x, y = _uniform(count, -shift, shift, generator), _uniform(count, -shift, shift, generator)
    cos, sin = torch.cos(angle), torch.sin(angle)
    first = torch.stack([across * cos, -across * sin, x], dim=1)
    second = torch.stack([down * sin, down * cos, y], dim=1)
    return torch.stack([first, second], dim=1)


def _windowed(theta: Tensor, size: tuple[int, int], window: tuple[int, ...]) -> Tensor:
    """Let the output be a window of fewer pixels than the input, at the same magnification."""
    rows, columns = size
    shrink = torch.tensor([window[1] / columns, window[0] / rows, 1.0])
    return theta * shrink


def move(
    images: Tensor, masks: Tensor, augment: Augment, generator: Generator
) -> tuple[Tensor, Tensor]:
    """Flip, scale, rotate and shift images (n, channels, r, c) and masks (n, 1, r, c); zeros come
    in from outside."""
    count, _, rows, columns = images.shape
    window = augment.window or (rows, columns)
    theta = _windowed(_affine(count, augment, generator), (rows, columns), window)
    grid = functional.affine_grid(theta, [count, 1, *window], align_corners=False)
    both = functional.grid_sample(torch.cat([images, masks], dim=1), grid, align_corners=False)
    return both[:, :-1], both[:, -1:]


def _blurred(images: Tensor, sigma: Tensor) -> Tensor:
    """Gaussian blur, each image with its own standard deviation in pixels."""
    radius = max(1, math.ceil(2 * float(sigma.max())))
    places = torch.arange(-radius, radius + 1, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (places[None] / sigma.clamp_min(0.05)[:, None]) ** 2)
    kernel = (kernel / kernel.sum(dim=1, keepdim=True))[:, None, None]
    count = len(images)
    out = functional.pad(images.transpose(0, 1), (radius,) * 4, mode="replicate")
    out = functional.conv2d(out, kernel, groups=count)
    return functional.conv2d(out, kernel.transpose(2, 3), groups=count).transpose(0, 1)


def _bias(count: int, size: torch.Size, strength: float, generator: Generator) -> Tensor:
    """Smooth fields of gain, as receive coils make them."""
    coarse = torch.rand(count, 1, 4, 4, generator=generator) * 2 - 1
    field = functional.interpolate(coarse, size=size, mode="bicubic", align_corners=False)
    return torch.exp(strength * field)


def regrey(images: Tensor, augment: Augment, generator: Generator) -> Tensor:
    """Change the coil's gain, gamma, contrast, brightness, sharpness and noise."""
    count = len(images)
    out = images

    def each(low: float, high: float) -> Tensor:
        return _uniform(count, low, high, generator)[:, None, None, None]

    if augment.bias_field:
        out = out * _bias(count, out.shape[2:], augment.bias_field, generator)
    if augment.gamma:
        out = out.clamp_min(0) ** torch.exp(each(-augment.gamma, augment.gamma))
    if augment.contrast:
        middle = out.mean(dim=(2, 3), keepdim=True)
        out = (out - middle) * (1 + each(-augment.contrast, augment.contrast)) + middle
    if augment.brightness:
        out = out + each(-augment.brightness, augment.brightness)
    if augment.blur_px:
        out = _blurred(out, _uniform(count, 0, augment.blur_px, generator))
    if augment.noise:
        grain = torch.randn(out.shape, generator=generator)
        out = out + grain * each(0, augment.noise)
    return out.clamp(0, 1)
