"""Write standard.json.gz: which attributes an object of each SOP class has, and of what type.

`python make_standard.py` takes the tables of PS3.3, PS3.4 and PS3.16 annex L as the MIT-licensed
highdicom carries them in a private module (drawn from the standard by Innolitics' MIT-licensed
`dicom-standard`). The program reads the file and not the module, which may change its names; a
test compares the two.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import highdicom
from highdicom import _standard_utils as source


def tables() -> dict[str, object]:
    """The tables, in the form of the file.

    Returns:
        `edition`: where they come from; `classes`: IOD by SOP Class UID; `iods`: modules of each
        IOD with their usage; `modules`: attributes of each module, rows of path, keyword and type,
        as numbers of `words`; `regions`: BodyPartExamined and the meaning of its code.
    """
    words: dict[str, int] = {}

    def number(word: str) -> int:
        return words.setdefault(word, len(words))

    modules = {
        name: [
            [[number(part) for part in row["path"]], number(row["keyword"]), row["type"]]
            for row in rows
        ]
        for name, rows in source.get_module_attribute_map().items()
    }
    iods = {
        name: [[module["key"], module["usage"]] for module in rows]
        for name, rows in source.get_iod_module_map().items()
    }
    regions = {
        name: str(code.meaning) for name, (code, _) in source.get_anatomic_region_map().items()
    }
    return {
        "edition": f"highdicom {highdicom.__version__}",
        "classes": source.get_sop_class_iod_map(),
        "iods": iods,
        "modules": modules,
        "words": list(words),
        "regions": regions,
    }


def main() -> None:
    """Write the tables beside this file."""
    text = json.dumps(tables(), separators=(",", ":"), sort_keys=True)
    data = gzip.compress(text.encode(), 9, mtime=0)
    Path(__file__).with_name("standard.json.gz").write_bytes(data)


if __name__ == "__main__":
    main()
