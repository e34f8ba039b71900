"""Make a package of a bundle: plain configuration, safetensors, a manifest and a card."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pydicom.sr.codedict import codes
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from medimg.inference.bundles.planning import Plan, plan_of
from medimg.inference.bundles.reading import Bundle, read
from medimg.inference.configuration import build
from medimg.packages.catalogue import verify
from medimg.packages.manifest import INFERENCE, MANIFEST, WEIGHTS, Package, load
from medimg.packages.roles import KINDS
from medimg.packages.sealing import seal
from medimg.packages.toml_text import document
from medimg.values.errors import PackageRefused, UsageError

#: Most bytes that an archive may unpack to, and most files in it.
MAX_UNPACKED = 4 << 30
MAX_FILES = 2000
#: Most parameters of a network.
MAX_PARAMETERS = 1_000_000_000
#: Code of labels that the Standard's table of codes does not name.
_PRIVATE = "99MEDIMG"
_CARD = """\
# {title}

Imported from a MONAI bundle. It was not trained, tested or calibrated by this program, and this
program makes no claim about it. **Research use only.**

| | |
|---|---|
| version of the bundle | {version} |
| authors | {authors} |
| task | {task} |
| data | {data} |
| figures stated by its authors | {figures} |

{notes}

## The bundle's own description

{readme}
"""


def import_bundle(path: Path, out: Path, overrides: Mapping[str, Any] | None = None) -> Package:
    """Make a package of a bundle, or install a package that was exported.

    Args:
        path: Folder or zip.
        out: Folder of packages; the package is written into `<id>@<version>` below it, whole or
            not at all.
        overrides: Values that replace parts of the configuration.

    Raises:
        UsageError: There is nothing at the path, or the package is there already.
        PackageRefused: The bundle cannot be run here; the sentence says why.
    """
    if not path.exists():
        raise UsageError(f"{path} does not exist. Check the path.")
    staged = out / f".import-{path.stem}"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    try:
        folder = path if path.is_dir() else unpacked(path, staged / "bundle")
        made = _staged(folder, staged / "package", overrides)
        target = out / made.name
        if target.exists():
            raise UsageError(f"{target.name} is installed already. Remove it first.")
        made.folder.replace(target)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return load(target, "user")


def _staged(folder: Path, out: Path, overrides: Mapping[str, Any] | None) -> Package:
    """The package in a folder of its own: copied where it is one already, else made."""
    if (folder / MANIFEST).is_file():
        verify(load(folder))
        shutil.copytree(folder, out, symlinks=False)
        return load(out, "user")
    plan = plan_of(read(folder, overrides))
    return write(plan, _state(plan.bundle, _network(plan)), out)


def unpacked(path: Path, folder: Path) -> Path:
    """Unpack an archive; nothing of it can lie outside the folder.

    Raises:
        PackageRefused: It is not a zip, is too large, or holds a path that leads out or a link.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            rows = archive.infolist()
            if len(rows) > MAX_FILES or sum(row.file_size for row in rows) > MAX_UNPACKED:
                raise PackageRefused(f"{path.name} unpacks to too much.")
            for row in rows:
                is_link = (row.external_attr >> 16) & 0o170000 == 0o120000
                parts = Path(row.filename.replace("\\", "/")).parts
                if is_link or ".." in parts or row.filename.startswith(("/", "\\")):
                    raise PackageRefused(f'{path.name} holds "{row.filename}", which leads out.')
                _extract(archive, row, folder)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise PackageRefused(f"{path.name} cannot be unpacked: {error}.") from error
    found = sorted(folder.rglob("configs"), key=lambda p: len(p.parts))
    if not found:
        raise PackageRefused(f"{path.name} is not a package or a MONAI bundle: configs is missing.")
    return found[0].parent


def _extract(archive: zipfile.ZipFile, row: zipfile.ZipInfo, folder: Path) -> None:
    """Extract one file, and no more bytes than it declares."""
    if row.is_dir():
        return
    target = folder / row.filename.replace("\\", "/")
    target.parent.mkdir(parents=True, exist_ok=True)
    left = row.file_size
    with archive.open(row) as source, target.open("wb") as file:
        while piece := source.read(1 << 20):
            left -= len(piece)
            if left < 0:
                raise PackageRefused(f"{row.filename} is larger than its archive declares.")
            file.write(piece)


def _network(plan: Plan) -> nn.Module:
    """Build the network; its size is known before its memory is taken."""
    try:
        with torch.device("meta"):
            count = sum(p.numel() for p in build(plan.network).parameters())
    except (NotImplementedError, RuntimeError, PackageRefused):
        count = 0  # some networks compute while they are built; the memory limit holds for them
    if count > MAX_PARAMETERS:
        raise PackageRefused(f"The network has {count / 1e9:.0f} thousand million parameters.")
    network = build(plan.network)
    if not isinstance(network, nn.Module):
        raise PackageRefused("The configuration does not describe a network.")
    return network.eval()


def _state(bundle: Bundle, network: nn.Module) -> dict[str, Tensor]:
    """The bundle's weights, checked against the network.

    torch's own file is opened once, here, with `weights_only=True`: only tensors can come of it.
    """
    path = bundle.weights()
    if path is None:
        raise PackageRefused(
            "The weights are missing: models/model.pt. Copy them into the bundle, then import it."
        )
    try:
        if path.suffix == ".safetensors":
            state = load_file(path)
        else:
            state = _plain(torch.load(path, map_location="cpu", weights_only=True))
        network.load_state_dict(state)
    except (OSError, SafetensorError, RuntimeError, ValueError, EOFError, KeyError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PackageRefused(f"The weights of {bundle.id} cannot be used: {first}") from error
    except Exception as error:  # unpickling raises whatever the file provokes
        kind = type(error).__name__
        raise PackageRefused(f"The weights of {bundle.id} cannot be read ({kind}).") from error
    return network.state_dict()


def _plain(content: Any) -> dict[str, Tensor]:
    for key in ("model", "state_dict", "network"):
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping) or not all(isinstance(v, Tensor) for v in content.values()):
        raise ValueError("the file holds no table of weights")
    return {str(key).removeprefix("module."): value for key, value in content.items()}


def write(plan: Plan, state: Mapping[str, Tensor], folder: Path) -> Package:
    """Write a package folder and seal it."""
    for part in ("configs", "models", "docs"):
        (folder / part).mkdir(parents=True)
    (folder / INFERENCE).write_text(json.dumps(_configuration(plan), indent=2) + "\n", "utf-8")
    metadata = json.dumps(plan.bundle.metadata, indent=2, ensure_ascii=False)
    (folder / "configs" / "metadata.json").write_text(metadata + "\n", "utf-8")
    save_file({key: value.contiguous().clone() for key, value in state.items()}, folder / WEIGHTS)
    (folder / "docs" / "README.md").write_text(_card(plan), "utf-8")
    (folder / MANIFEST).write_text(document(_manifest(plan)), "utf-8")
    return seal(folder)


def _configuration(plan: Plan) -> dict[str, Any]:
    decided = list(plan.after.steps)
    inverted = [{"_target_": "Invert"}]
    steps = [*inverted, *decided] if plan.after.is_inverted_first else [*decided, *inverted]
    if plan.after.activation:
        steps = [{"_target_": "Activations", plan.after.activation: True}, *steps]
    return {
        "network_def": plan.network,
        "preprocessing": {"_target_": "Compose", "transforms": list(plan.steps)},
        "inferer": plan.inferer,
        "postprocessing": {"_target_": "Compose", "transforms": steps},
    }


def _manifest(plan: Plan) -> dict[str, Any]:
    about = plan.bundle.metadata
    rules = [{"rule": "modality", "accept": list(plan.modality), "unknown": "refuse"}]
    subject = f"{plan.modality[0]} as its authors describe"
    inputs = [
        {"role": role, "kind": "stack", "subject": subject, "rules": [*rules, *_kind(role)]}
        for role in plan.roles
    ]
    found: dict[str, Any] = {
        "schema": 2,
        "id": plan.bundle.id,
        "version": str(about.get("version") or "0"),
        "title": plan.bundle.title,
        "task": plan.task,
        "summary": _sentence(about.get("description") or plan.bundle.title),
        "intended_use": _sentence(about.get("intended_use") or "Research."),
        "not_for": ["Diagnosis, or any decision about a patient."],
        "dimensions": plan.dimensions,
        # Without a wish of the bundle, voxels as files of NIfTI mostly hold them.
        "orientation": plan.grid.orientation or "LPS",
    }
    if plan.grid.spacing_mm and len(plan.grid.spacing_mm) == 3:
        found["spacing_mm"] = list(plan.grid.spacing_mm)
    found["licence"] = {
        "weights": _licence(plan.bundle),
        "data": str(about.get("data_source") or "not stated"),
        # Not known to be free: the reader is told so.
        "non_commercial": True,
    }
    found["labels"] = [_label(channel, name) for channel, name in plan.labels.items()]
    found["inputs"] = inputs
    return found


def _kind(role: str) -> list[dict[str, Any]]:
    """The gate's rule that an image is the sequence of its role."""
    if role not in KINDS:
        return []
    return [{"rule": "mr-kind", "accept": [KINDS[role].value], "unknown": "refuse"}]


def _sentence(words: Any) -> str:
    return " ".join(str(words).split())


def _licence(bundle: Bundle) -> str:
    path = bundle.folder / "LICENSE"
    text = path.read_text("utf-8", "replace") if path.is_file() else ""
    named = re.search(r"Apache License|MIT License|BSD", text)
    return f"{named.group()} (of the bundle)" if named else "not stated"


def _label(channel: int, name: str) -> dict[str, Any]:
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or f"channel-{channel}"
    concept = _concept(name, slug)
    is_lesion = bool(re.search(r"tumou?r|lesion|metasta|nodule|necrosis|edema|oedema", name, re.I))
    kind = "finding" if is_lesion else "anatomy"
    return {"name": name, "code": slug, "kind": kind, "channel": channel, "concept": concept}


def _concept(name: str, slug: str) -> dict[str, str]:
    """SNOMED's code where the Standard's own dictionary has the name, else a private one."""
    words = [word.capitalize() for word in re.findall(r"[A-Za-z]+", name)]
    for candidate in ("".join(words), "".join(words[-1:] + words[:-1])):
        try:
            code = getattr(codes.SCT, candidate)
        except AttributeError:
            continue
        return {"value": code.value, "scheme": code.scheme_designator, "meaning": code.meaning}
    return {"value": slug[:16].upper(), "scheme": _PRIVATE, "meaning": name[:64]}


def _card(plan: Plan) -> str:
    about, folder = plan.bundle.metadata, plan.bundle.folder
    readme = folder / "docs" / "README.md"
    text = readme.read_text("utf-8", "replace") if readme.is_file() else "It brings none."
    figures = ", ".join(f"{k} {v}" for k, v in (about.get("eval_metrics") or {}).items())
    return _CARD.format(
        title=plan.bundle.title,
        version=about.get("version", "not stated"),
        authors=about.get("authors", "not stated"),
        task=about.get("task", "not stated"),
        data=about.get("data_source", "not stated"),
        figures=figures or "none",
        notes="\n".join(f"- {note}" for note in plan.notes),
        readme=text.strip(),
    )
