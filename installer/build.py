"""Make the Linux installers of the frozen folder: one .deb and one self-extracting .run.

`make installer` runs this after `make freeze`. Both are offline and hold the same tree, packed
once. Beside them lie the bill of materials and a list of SHA-256 sums.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
HERE = ROOT / "installer" / "linux"
FROZEN = ROOT / "dist" / "medimg-workstation"
ENVIRONMENT = ROOT / ".freeze-venv"
NAME = "medimg-workstation"

#: What the window opens of the system. The rest lies in the folder.
DEPENDS = "libc6 (>= 2.31), libegl1, libgl1, libxkbcommon0, libdbus-1-3, libfontconfig1"
RECOMMENDS = (
    "libxcb-cursor0, libxkbcommon-x11-0, libxcb-icccm4, libxcb-image0, libxcb-keysyms1, "
    "libxcb-render-util0, libxcb-shape0, libxcb-xinerama0, shared-mime-info, desktop-file-utils"
)
CONTROL = """\
Package: {name}
Version: {version}
Architecture: amd64
Maintainer: MedImg Workstation developers <noreply@medimg.invalid>
Installed-Size: {kilobytes}
Depends: {depends}
Recommends: {recommends}
Section: science
Priority: optional
Description: Offline workstation for chest radiographs, CT and MR with explained models
 Reads DICOM, runs and explains models on this computer, and writes reports, DICOM SEG and SR.
 It opens no network connection by itself.
 Research use only - not for diagnosis.
"""


def project_version() -> str:
    """The version of `pyproject.toml`."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def stage(tree: Path) -> None:
    """Lay the tree out as it is installed; the frozen files are linked and not copied."""
    programs = tree / "opt" / NAME
    shutil.copytree(FROZEN, programs, symlinks=True, copy_function=_link)
    for source, place in {
        "medimg-workstation.desktop": "usr/share/applications",
        "medimg-workstation.xml": "usr/share/mime/packages",
        "medimg-workstation.svg": "usr/share/icons/hicolor/scalable/apps",
    }.items():
        (tree / place).mkdir(parents=True, exist_ok=True)
        shutil.copy2(HERE / source, tree / place)
    documents = tree / "usr" / "share" / "doc" / NAME
    documents.mkdir(parents=True)
    shutil.copy2(ROOT / "NOTICE", documents / "copyright")
    shutil.copytree(ROOT / "installer" / "licences", documents / "licences")
    shutil.copy2(ROOT / "LICENSE", documents / "licences" / "Apache-2.0.txt")
    sbom = documents / "sbom.cdx.json"
    subprocess.run(
        [ENVIRONMENT / "bin" / "python", ROOT / "installer" / "sbom.py", sbom], check=True
    )
    (tree / "usr" / "bin").mkdir(parents=True)
    for program in ("medimg", NAME):
        (tree / "usr" / "bin" / program).symlink_to(f"/opt/{NAME}/{program}")
    for path in tree.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


def _link(source: str, target: str) -> str:
    try:
        Path(target).hardlink_to(source)
    except OSError:  # another file system
        shutil.copy2(source, target)
    return target


def pack(tree: Path, out: Path, level: int) -> None:
    """Write the tree as `.tar.xz`, owned by root, in an order that does not change."""
    files = ("tar", "-C", tree, "--sort=name", "--owner=0", "--group=0", "--numeric-owner")
    with out.open("wb") as stream:
        tar = subprocess.Popen([*files, "-cf", "-", "opt", "usr"], stdout=subprocess.PIPE)
        subprocess.run(
            ["xz", "-T0", f"-{level}", "-c"], stdin=tar.stdout, stdout=stream, check=True
        )
        if tar.wait():
            raise SystemExit("tar failed.")


def non_commercial(python: Path) -> list[str]:
    """Ids of the packages whose weights are for non-commercial use."""
    code = (
        "from medimg.packages.catalogue import survey\n"
        "print(*(p.id for p in survey().packages.values() if p.licence.non_commercial))"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def control_archive(tree: Path, version: str) -> bytes:
    """The control part of the Debian package."""
    kilobytes = sum(f.stat().st_size for f in tree.rglob("*") if f.is_file()) // 1024
    texts = {
        "control": CONTROL.format(
            name=NAME,
            version=version,
            kilobytes=kilobytes,
            depends=DEPENDS,
            recommends=RECOMMENDS,
        ),
        "postinst": (HERE / "postinst").read_text("utf-8"),
        "postrm": (HERE / "postrm").read_text("utf-8"),
    }
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w:xz") as archive:
        for name, text in texts.items():
            data = text.encode()
            info = tarfile.TarInfo(f"./{name}")
            info.size, info.mode = len(data), 0o644 if name == "control" else 0o755
            archive.addfile(info, io.BytesIO(data))
    return memory.getvalue()


def write_deb(control: bytes, data: Path, out: Path) -> None:
    """Write the Debian package, an `ar` archive of three members as deb(5) describes it.

    `dpkg-deb --build` would pack the tree a second time.
    """
    with out.open("wb") as file:
        file.write(b"!<arch>\n")
        for name, size, source in (
            ("debian-binary", 4, io.BytesIO(b"2.0\n")),
            ("control.tar.xz", len(control), io.BytesIO(control)),
            ("data.tar.xz", data.stat().st_size, data.open("rb")),
        ):
            file.write(f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{size:<10}`\n".encode())
            with source:
                shutil.copyfileobj(source, file)
            file.write(b"\n" * (size % 2))


def write_run(data: Path, version: str, left_out: list[str], out: Path) -> None:
    """Write the self-extracting file: the script, and behind it the packed tree."""
    script = (HERE / "install.sh").read_text("utf-8")
    values = {
        "@VERSION@": version,
        "@LINE@": str(script.count("\n") + 1),
        "@SHA256@": sha256(data),
        "@NON_COMMERCIAL@": " ".join(left_out),
    }
    for mark, value in values.items():
        script = script.replace(mark, value)
    with out.open("wb") as file, data.open("rb") as payload:
        file.write(script.encode())
        shutil.copyfileobj(payload, file)
    out.chmod(0o755)


def sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Stage, pack once, write both installers, list their sums."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--version", default=project_version(), help="version of the installers")
    parser.add_argument("--level", type=int, default=6, help="of xz, 0 (quick) to 9 (small)")
    args = parser.parse_args()
    if not (FROZEN / NAME).is_file():
        raise SystemExit("There is no frozen folder. Run `make freeze` first.")
    dist = ROOT / "dist"
    deb, runner = dist / f"{NAME}_{args.version}_amd64.deb", dist / f"{NAME}-{args.version}.run"
    with tempfile.TemporaryDirectory(dir=dist) as folder:
        tree, data = Path(folder) / "tree", Path(folder) / "data.tar.xz"
        tree.mkdir()
        stage(tree)
        pack(tree, data, args.level)
        write_deb(control_archive(tree, args.version), data, deb)
        write_run(data, args.version, non_commercial(ENVIRONMENT / "bin" / "python"), runner)
        sbom = dist / f"{NAME}-{args.version}.cdx.json"
        shutil.copy2(tree / "usr" / "share" / "doc" / NAME / "sbom.cdx.json", sbom)
    made = (deb, runner, sbom)
    (dist / "SHA256SUMS").write_text("".join(f"{sha256(file)}  {file.name}\n" for file in made))
    for file in made:
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    sys.exit(main())
