"""`bench scan`: the headers of a folder of small files."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from medimg.reading import scan
from medimg.values.series import Scan
from tests.bench.inputs import renew, write_folder
from tests.bench.measure import Race, Variant
from tests.bench.sizes import Sizes

#: What every program is asked for; medimg.scan reads over a hundred, and makes its series.
TAGS = (
    *("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "Modality", "PatientName"),
    *("PatientID", "SeriesNumber", "InstanceNumber", "Rows", "Columns", "PixelSpacing"),
    *("ImagePositionPatient", "ImageOrientationPatient"),
)
#: (instance UID, instance number) by file name: what all programs can answer.
Index = dict[str, tuple[str, int]]


def races(root: Path, sizes: Sizes) -> Iterator[Race]:
    """One race over one folder."""
    folder = root / "folder"
    files = write_folder(folder, sizes.files)
    yield Race(
        title=f"scan: {sizes.files} files, {len(TAGS)} attributes",
        area="scan",
        name="folder",
        folder=folder,
        count=sizes.files,
        unit="files",
        variants=variants("folder"),
        renew=partial(renew, files),
    )


def variants(name: str) -> tuple[Variant, ...]:
    """pydicom told what to look for, its quickest way, first."""
    return (
        Variant("pydicom specific_tags", _specific_tags, _same),
        Variant("pydicom stop_before_pixels", _whole_headers, _same),
        Variant("medimg.scan, series and all", scan, _ours),
        Variant("gdcm.Scanner", _gdcm, _same, ("gdcm",)),
        Variant("dcmdump, 2 attributes", _dcmdump, _dumped, ("dcmdump",)),
        Variant("limit: open, read 4 KB, close", _open, None),
    )


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.dcm"))


def _specific_tags(folder: Path) -> Index:
    pydicom = import_module("pydicom")
    found = {}
    for path in _files(folder):
        dataset = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(TAGS))
        values = {keyword: dataset.get(keyword) for keyword in TAGS}
        found[path.name] = str(values["SOPInstanceUID"]), int(values["InstanceNumber"])
    return found


def _whole_headers(folder: Path) -> Index:
    pydicom = import_module("pydicom")
    found = {}
    for path in _files(folder):
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        values = {keyword: dataset.get(keyword) for keyword in TAGS}
        found[path.name] = str(values["SOPInstanceUID"]), int(values["InstanceNumber"])
    return found


def _gdcm(folder: Path) -> Index:
    gdcm, datadict = import_module("gdcm"), import_module("pydicom.datadict")
    scanner = gdcm.Scanner()
    tags = {}
    for keyword in TAGS:
        number = datadict.tag_for_keyword(keyword)
        tags[keyword] = gdcm.Tag(number >> 16, number & 0xFFFF)
        scanner.AddTag(tags[keyword])
    names = [str(path) for path in _files(folder)]
    if not scanner.Scan(names):
        raise RuntimeError("gdcm.Scanner fails")
    found = {}
    for name in names:
        values = {keyword: scanner.GetValue(name, tag) for keyword, tag in tags.items()}
        uid, number = values["SOPInstanceUID"].rstrip("\0 "), values["InstanceNumber"]
        found[Path(name).name] = uid, int(number)
    return found


def _dcmdump(folder: Path) -> str:
    call = ["dcmdump", "-q", "+F", "+P", "SOPInstanceUID", "+P", "InstanceNumber", "+sd"]
    done = subprocess.run([*call, str(folder)], check=True, capture_output=True, text=True)
    return done.stdout


def _open(folder: Path) -> None:
    for path in _files(folder):
        with path.open("rb", buffering=0) as file:
            file.read(4096)


def _same(found: Index) -> object:
    return found


def _ours(found: Scan) -> object:
    return {
        Path(frame.file).name: (frame.sop_instance_uid, frame.instance_number)
        for series in found.series
        for frame in series.frames
    }


def _dumped(text: str) -> object:
    """The values between brackets, by the name of the file above them."""
    found: dict[str, tuple[str, int]] = {}
    name, uid = "", ""
    for line in text.splitlines():
        if line.startswith("# dcmdump"):
            name = Path(line.partition("): ")[2]).name
        elif "[" in line:
            value: Any = line.partition("[")[2].partition("]")[0]
            if "SOPInstanceUID" in line:
                uid = value
            else:
                found[name] = uid, int(value)
    return found
