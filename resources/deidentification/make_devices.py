"""Write devices.toml, where known devices write into their pictures, from a recipe that says it.

`python make_devices.py deid.dicom` takes the rules of the MIT-licensed `deid` 0.4.13
(`deid/data/deid.dicom`), which has them from the Clinical Trials Processor. Only rules that name
make, model and size and nothing that our table cannot say are taken.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

HEAD = """\
# Where known devices write into their pictures: manufacturer, model, rows, columns, regions X, Y,
# W, H. Written by make_devices.py; a site's own table has the same form.
"""
_RULE = re.compile(r"(?:\+ )?(contains|equals) (\w+) (.+)")
_NEEDED = ("ManufacturerModelName", "Rows", "Columns")
_ALLOWED = (*_NEEDED, "Manufacturer", "Modality")


def rows_of(text: str) -> list[dict[str, object]]:
    """The rules that our table can say."""
    found = []
    for part in text.split("LABEL ")[1:]:
        lines = [line.strip() for line in part.splitlines()[1:] if line.strip()]
        rules = [match.groups() for line in lines if (match := _RULE.fullmatch(line))]
        regions = [line.split()[1] for line in lines if line.startswith("ctpcoordinates")]
        plain = len(rules) + len(regions) == len(lines) and "|" not in part
        said = {name: value for _, name, value in rules}
        if plain and regions and set(_NEEDED) <= set(said) <= set(_ALLOWED):
            boxes = [[int(n) for n in region.split(",")] for region in regions]
            found.append({"Manufacturer": "", **said, "regions": boxes})
    return found


def main(source: Path) -> None:
    """Write the table beside this file."""
    parts = [HEAD]
    for row in rows_of(source.read_text("utf-8")):
        maker, model = json.dumps(row["Manufacturer"]), json.dumps(row["ManufacturerModelName"])
        parts.append(
            f"\n[[device]]\nmanufacturer = {maker}\nmodel = {model}\nrows = {row['Rows']}\n"
            f"columns = {row['Columns']}\nregions = {row['regions']}\n"
        )
    Path(__file__).with_name("devices.toml").write_text("".join(parts), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
