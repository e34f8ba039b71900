"""Make the face of the window and the report: `python make_workstation.py FOLDER`.

FOLDER holds NotoSans-Regular.ttf, -Medium.ttf and -SemiBold.ttf of the Debian packages
fonts-noto-core and fonts-noto-extra (version 20201225-1). Needs fonttools.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

HERE = Path(__file__).parent
WEIGHTS = {"Regular": 400, "Medium": 500, "SemiBold": 600}
FAMILY = "Workstation Sans"
#: Latin with its additions, phonetic signs, accents, Greek, Cyrillic, punctuation, raised and
#: lowered figures, currencies, letter-like signs and figures.
BLOCKS = ((0x20, 0x52F), (0x1E00, 0x1FFF), (0x2000, 0x218F))
#: Above and below the base line in thousandths. Noto Sans leaves 1069 and 293, for stacked marks
#: that a window of single lines does not need.
ASCENT, DESCENT = 1000, 250


def made(source: Path, weight: str) -> TTFont:
    """Subset one weight, rename it (its licence reserves the old name) and set its line height."""
    font = TTFont(source)
    options = Options(hinting=False, layout_features=["kern"])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes={code for low, high in BLOCKS for code in range(low, high + 1)})
    subsetter.subset(font)
    lines, table = font["hhea"], font["OS/2"]
    lines.ascent = table.sTypoAscender = table.usWinAscent = ASCENT
    lines.descent, table.sTypoDescender, table.usWinDescent = -DESCENT, -DESCENT, DESCENT
    lines.lineGap = table.sTypoLineGap = 0
    table.usWeightClass = WEIGHTS[weight]
    _rename(font, weight)
    return font


def _rename(font: TTFont, weight: str) -> None:
    names = font["name"]
    said = {
        1: FAMILY if weight == "Regular" else f"{FAMILY} {weight}",
        2: "Regular",
        3: f"{FAMILY} {weight}",
        4: f"{FAMILY} {weight}",
        6: f"{FAMILY.replace(' ', '')}-{weight}",
        16: FAMILY,
        17: weight,
    }
    names.names = [one for one in names.names if one.nameID in (0, 5, 13, 14)]
    for number, text in said.items():
        names.setName(text, number, 3, 1, 0x409)


if __name__ == "__main__":
    for name in WEIGHTS:
        made(Path(sys.argv[1]) / f"NotoSans-{name}.ttf", name).save(
            HERE / f"WorkstationSans-{name}.ttf", reorderTables=True
        )
