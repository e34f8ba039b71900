"""A signature vouches for every byte of a package, by a key that the site trusts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from medimg.packages import manifest
from medimg.packages.catalogue import verify
from medimg.packages.manifest import MANIFEST, Package
from medimg.packages.sealing import seal
from medimg.packages.signing import SIGNATURE, sign, signer
from medimg.values.errors import PackageRefused, UsageError
from medimg.values.site import PLACE, site
from tests import tiny_packages


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A site that trusts one key, whose private half lies in `private.pem`."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "keys").mkdir()
    (tmp_path / "private.pem").write_bytes(private)
    (tmp_path / "keys" / "radiology.pem").write_bytes(public)
    settings = tmp_path / "site.toml"
    settings.write_text(f"keys = {str(tmp_path / 'keys')!r}\nsignatures = true\n")
    monkeypatch.setenv(PLACE, str(settings))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    site.cache_clear()
    yield tmp_path
    site.cache_clear()


@pytest.fixture
def package(keys: Path) -> Package:
    return manifest.load(tiny_packages.bright(keys / "packages").folder, "user")


def test_a_signed_package_runs_and_an_unsigned_one_does_not(keys: Path, package: Package) -> None:
    with pytest.raises(PackageRefused, match="is not signed"):
        verify(package)
    sign(package, keys / "private.pem")
    verify(package)
    assert signer(package) == "radiology"


def test_one_changed_byte_is_found_even_when_sealed_again(keys: Path, package: Package) -> None:
    sign(package, keys / "private.pem")
    text = (package.folder / MANIFEST).read_text().replace("Exported by a test", "Something else")
    (package.folder / MANIFEST).write_text(text)
    seal(package.folder)
    with pytest.raises(PackageRefused, match="does not agree"):
        verify(manifest.load(package.folder, "user"))


def test_a_stranger_s_signature_is_refused(keys: Path, package: Package) -> None:
    other = Ed25519PrivateKey.generate()
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (keys / "other.pem").write_bytes(pem)
    sign(package, keys / "other.pem")
    with pytest.raises(PackageRefused, match="not among the trusted keys"):
        verify(package)
    (package.folder / SIGNATURE).write_text("{")
    with pytest.raises(PackageRefused, match="cannot be read"):
        verify(package)


def test_another_kind_of_key_is_refused(keys: Path, package: Package) -> None:
    pem = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    (keys / "ec.pem").write_bytes(pem)
    for file in ("ec.pem", "site.toml", "none.pem"):
        with pytest.raises(UsageError):
            sign(package, keys / file)
