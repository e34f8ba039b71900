"""Write options.toml, the option columns of PS3.15 table E.1-1, from a table that carries them.

`python make_options.py TABLE.json` takes the standard's table as the MIT-licensed `mede` 0.0.12
carries it (`mede/dicom_deid/confidentiality_profile_attributes.json`, drawn from the standard by
Innolitics' MIT-licensed `dicom-standard`). The basic profile's own column comes from
`dicom-anonymizer` when the program runs, and is not written here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pydicom.datadict import keyword_for_tag

#: Column of the source: name of our option.
COLUMNS = {
    "rtnUIDsOpt": "uids",
    "rtnLongFullDatesOpt": "dates",
    "rtnLongModifDatesOpt": "shifted-dates",
    "cleanDescOpt": "descriptors",
    "rtnPatCharsOpt": "patient",
    "rtnDevIdOpt": "device",
    "rtnInstIdOpt": "institution",
}
LETTERS = {"K": "keep", "C": "clean"}

HEAD = """\
# The option columns of PS3.15 table E.1-1: what an option keeps or cleans where the basic profile
# would remove. Written by make_options.py; not to be edited.
"""


def main(source: Path) -> None:
    """Write the columns beside this file."""
    rows = json.loads(source.read_text("utf-8"))
    parts = [HEAD]
    for column, option in COLUMNS.items():
        parts.append(f"\n[{option}]\n")
        for letter, word in LETTERS.items():
            keywords = sorted(
                keyword
                for row in rows
                if row.get(column) == letter
                and len(row["id"]) == 8
                and row["id"].isalnum()
                and "x" not in row["id"]
                and (keyword := keyword_for_tag(int(row["id"], 16)))
            )
            if keywords:
                listed = "".join(f'    "{keyword}",\n' for keyword in keywords)
                parts.append(f"{word} = [\n{listed}]\n")
    Path(__file__).with_name("options.toml").write_text("".join(parts), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
