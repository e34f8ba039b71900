"""Whether a CT reconstruction kernel is sharp, by the names that makers give."""

from __future__ import annotations

import re

#: GE, Philips and others name theirs in words and letters.
_SHARP = {
    *("BONE", "BONEPLUS", "BONE+", "CHST", "CHEST", "DETAIL", "EDGE", "HD DETAIL", "HD LUNG"),
    *("HD EDGE", "LUNG", "ULTRA", "D", "E", "L", "YC", "YD", "YE"),
}
_SMOOTH = {"STANDARD", "STND", "SOFT", "SMOOTH", "A", "B", "C", "YA", "YB"}
#: Siemens: B31f, Br40d, Bl57, I70f, Qr36: a number from 10 to 80 that grows with sharpness.
_SIEMENS = re.compile(r"(?:[BHIJTUQDC][A-Z]?)(\d\d)[A-Z]?(?:\W.*)?")
_SIEMENS_SHARP = 45
#: Canon and Toshiba: FC01 to FC29 are soft, FC30 and more are for bone, lung and edges.
_CANON = re.compile(r"FC(\d\d).*")
_CANON_SHARP = 30


def is_sharp(kernel: str) -> bool | None:
    """Whether a kernel raises noise and edges as those for lung and bone do; None if unknown.

    Args:
        kernel: ConvolutionKernel; the first of several values counts.
    """
    name = kernel.split("\\")[0].strip().upper()
    if name in _SHARP or name in _SMOOTH:
        return name in _SHARP
    for pattern, limit in ((_CANON, _CANON_SHARP), (_SIEMENS, _SIEMENS_SHARP)):
        found = pattern.fullmatch(name)
        if found:
            return int(found[1]) >= limit
    return None
