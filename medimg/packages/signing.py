"""Signatures of packages: who vouches for one, by a key that the site manages.

A signature is Ed25519 (RFC 8032) over the package's id, version and seal; the seal holds the hash
of every file. It lies beside the manifest as `package.sig`. Public keys are PEM files: a user's in
the data folder, a site's in the folder that its settings name. The file's name is the signer's.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import msgspec

from medimg.packages.manifest import Package
from medimg.values.errors import PackageRefused, UsageError
from medimg.values.folders import data_folder
from medimg.values.site import site
from medimg.values.whole_files import write_whole

SIGNATURE = "package.sig"


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `package.sig` holds.

    Attributes:
        key: SHA-256 of the public key, first 16 digits.
        signature: Base 64.
    """

    key: str
    signature: str


def key_folders() -> tuple[Path, ...]:
    """Where public keys of trusted signers lie."""
    named = site().keys
    return (data_folder() / "keys", *((Path(named),) if named else ()))


def _message(package: Package) -> bytes:
    return f"medimg package {package.id} {package.version} {package.seal}".encode()


def _key_id(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]


def sign(package: Package, key_file: Path) -> str:
    """Sign a package with a private key and write `package.sig`.

    Args:
        key_file: PEM of an Ed25519 private key without a password, as
            `openssl genpkey -algorithm ed25519` makes it.

    Returns:
        The id of the key.

    Raises:
        UsageError: The file is not such a key.
        OutputFailed: The signature cannot be written.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(key_file.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{key_file} is not a private key without a password.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{key_file} is not an Ed25519 key.")
    made = Signature(
        _key_id(key.public_key().public_bytes_raw()),
        base64.b64encode(key.sign(_message(package))).decode(),
    )
    write_whole(package.folder / SIGNATURE, msgspec.json.encode(made))
    return made.key


def signer(package: Package) -> str:
    """Who signed a package; empty where it carries no signature.

    Raises:
        PackageRefused: The signature is not right, or no trusted key made it.
    """
    path = package.folder / SIGNATURE
    if not path.is_file():
        return ""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Signature)
        signature = base64.b64decode(found.signature, validate=True)
    except (OSError, msgspec.DecodeError, ValueError) as error:
        raise PackageRefused(f"{SIGNATURE} of {package.id} cannot be read.") from error
    for name, raw in _trusted():
        if _key_id(raw) == found.key:
            _check(raw, signature, package)
            return name
    raise PackageRefused(
        f"{package.name} is signed with the key {found.key}, which is not among the trusted keys. "
        "Ask the site's administrator."
    )


def _trusted() -> list[tuple[str, bytes]]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    found = []
    for folder in key_folders():
        for path in sorted(folder.glob("*.pem")):
            try:
                key = load_pem_public_key(path.read_bytes())
            except (OSError, ValueError) as error:
                raise PackageRefused(f"The key {path} cannot be read.") from error
            if isinstance(key, Ed25519PublicKey):
                found.append((path.stem, key.public_bytes_raw()))
    return found


def _check(raw: bytes, signature: bytes, package: Package) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, _message(package))
    except InvalidSignature as error:
        raise PackageRefused(
            f"The signature of {package.name} does not agree with its content. Install it again."
        ) from error


def demanded(package: Package) -> None:
    """Refuse what a site's settings refuse: packages that no trusted key signed.

    Raises:
        PackageRefused: The signature is wrong, or a signature is wanted and missing. Packages that
            came with the program need none.
    """
    name = signer(package)
    if not name and site().signatures and package.origin != "shipped":
        raise PackageRefused(
            f"{package.name} is not signed, and this site runs signed packages only."
        )
