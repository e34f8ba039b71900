"""MetaImage by SimpleITK, whose axes are (column, row, slice) in LPS: .mha, or .mhd and .raw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from medimg.writing.stack import Stack


def write(stack: Stack, out: Path) -> tuple[str, ...]:
    """Write a placed, upright stack as MetaImage."""
    import SimpleITK

    geometry = stack.geometry
    direction, steps = geometry.direction, geometry.spacing_mm
    assert geometry.affine is not None and direction is not None and steps is not None
    array = np.ascontiguousarray(stack.array)
    image: Any = SimpleITK.GetImageFromArray(array, isVector=stack.is_colour)
    turned, origin, spacing = direction[:, ::-1], geometry.affine[:3, 3], list(reversed(steps))
    if len(stack.volumes) > 1:
        whole = np.eye(4)
        whole[:3, :3] = turned
        turned, origin, spacing = whole, np.append(origin, 0.0), [*spacing, 1.0]
    image.SetOrigin([float(x) for x in origin])
    image.SetSpacing([float(x) for x in spacing])
    image.SetDirection([float(x) for x in np.ravel(turned)])
    write_image: Any = SimpleITK.WriteImage
    write_image(image, str(out), useCompression=out.suffix == ".mha")
    return ()
