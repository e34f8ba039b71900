"""Where the tour's images come from: pydicom's own, phantoms, real studies, or the user's."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.data import get_testdata_file

from medimg.phantoms.writing import write_chest_ct, write_flair, write_radiograph
from medimg.values.errors import NothingRead, UsageError
from medimg.values.site import site

Mask = NDArray[np.bool_]

SHIPPED = "Real DICOM files of pydicom: accepted or refused"
PHANTOM = "Calculated phantoms with known truth"
REAL = "Real studies that no package was trained on"
OWN = "Your images"

#: Files that pydicom ships, each with what it is.
_SHIPPED = {
    "CT_small.dcm": "CT of the chest, 128 × 128",
    "MR_small.dcm": "MR of the spine, 64 × 64",
    "J2K_pixelrep_mismatch.dcm": "CT of a head, JPEG 2000 whose sign contradicts its header",
    "examples_overlay.dcm": "MR with an overlay plane",
    "examples_ybr_color.dcm": "colour ultrasound, 30 frames",
    "JPEG2000.dcm": "whole-body scintigram, JPEG 2000",
    "MR_truncated.dcm": "MR file that ends too early",
    "rtplan.dcm": "radiotherapy plan without an image",
}
#: Studies beside the repository that are kept for tests; one of each kind.
_BESIDE = {
    "dx-chest/nih-00000002_000-no-finding.dcm": "chest film, no finding reported (NIH)",
    "dx-chest/nih-patient1-cardiomegaly.dcm": "chest film, cardiomegaly reported (NIH)",
    "cr-chest/fuji-mono1-10bit.dcm": "computed radiograph, MONOCHROME1, 10 bits",
    "dx-chest/trap-modality-ct.dcm": "the same chest film, labelled CT on purpose",
    "mr-pgbm-003/FLAIRreg": "FLAIR of a head with a glioma (TCIA Brain-Tumor-Progression)",
    "mr-pgbm-003/T1post": "T1 after contrast of the same head",
}
_BESIDE_FOLDER = Path("shared", "data", "dicom")
#: What pydicom's own downloader knows.
_DOWNLOADS = {
    "RG1_J2KR.dcm": "PA chest radiograph, JPEG 2000",
    "RG3_J2KR.dcm": "radiograph of a leg, which must be refused",
}


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One thing to look at.

    Attributes:
        group: Heading that it stands under.
        title: What it is, in words.
        path: File or folder; None where there is none, and `title` says why.
        truth: What is known to be there, by code of the label: [slice, row, column].
    """

    group: str
    title: str
    path: Path | None
    truth: dict[str, Mask] = field(default_factory=dict)


def shipped() -> list[Source]:
    """Some of the files that pydicom ships; those that are not installed are left out."""
    found = {name: get_testdata_file(name, download=False) for name in _SHIPPED}
    return [
        Source(SHIPPED, _SHIPPED[name], Path(str(path))) for name, path in found.items() if path
    ]


def phantoms(folder: Path) -> list[Source]:
    """Write the phantoms; the film's twins lie beside it but are the same picture."""
    film = write_radiograph(folder / "chest-film")
    head = write_flair(folder / "flair")
    chest = write_chest_ct(folder / "chest-ct")
    return [
        Source(
            PHANTOM,
            "Chest film with a consolidation planted low in the right lung",
            film.monochrome2,
            {"lungs": film.lungs[None], "lung-opacity": film.opacity[None]},
        ),
        Source(PHANTOM, "The same film as MONOCHROME1", film.monochrome1),
        Source(PHANTOM, "The same film as an 8-bit PNG", film.png),
        Source(
            PHANTOM,
            "FLAIR of a head with a bright change planted in the left frontal lobe",
            head.folder,
            {"flair-change": head.lesion},
        ),
        Source(
            PHANTOM,
            "CT of a chest with nodules of 5, 8 and 20 mm and a patch of emphysema",
            chest.folder,
            {"right-lung": chest.chest.right_lung, "left-lung": chest.chest.left_lung},
        ),
    ]


def beside(repository: Path) -> list[Source]:
    """Test studies in `shared/data` beside the repository, where a developer has them."""
    folder = repository.parent / _BESIDE_FOLDER
    return [
        Source(REAL, title, folder / name)
        for name, title in _BESIDE.items()
        if (folder / name).exists()
    ]


def downloaded() -> list[Source]:
    """Fetch two real radiographs with pydicom's own downloader; only ever when asked to.

    What cannot be fetched is a source without a path, whose title says so.

    Raises:
        UsageError: The site forbids the network.
    """
    if not site().network:
        raise UsageError("This site's settings forbid downloads. Leave --download out.")
    sources = []
    for name, title in _DOWNLOADS.items():
        try:
            sources.append(Source(REAL, title, _fetch(name)))
        except NothingRead as error:
            sources.append(Source(REAL, f"{title}: {error}", None))
    return sources


def _fetch(name: str) -> Path:
    failed = f"{name} could not be downloaded. Check the network, or continue without it."
    try:
        with warnings.catch_warnings():
            # Without a network pydicom warns, and gives nothing.
            warnings.simplefilter("ignore", UserWarning)
            path = get_testdata_file(name, download=True)
    # Or its retries end in an error of urllib or requests (both OSError), or of a checksum.
    except (OSError, RuntimeError) as error:
        raise NothingRead(failed) from error
    if not path:
        raise NothingRead(failed)
    return Path(str(path))
