"""What only the key can say again: pseudonyms, UIDs and day shifts, drawn by HMAC-SHA-256.

The same key and the same word give the same answer on any day and any machine. Without the key
the answer cannot be turned back, nor can a guessed name be tried.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from uuid import UUID

#: Bytes of a key.
KEY_LENGTH = 32
#: Dates move back by 1 to this many days: never into the future.
MOST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Secret:
    """A key, and what is drawn from it; it never prints itself."""

    key: bytes

    def __post_init__(self) -> None:
        if len(self.key) != KEY_LENGTH:
            raise ValueError(f"a key has {KEY_LENGTH} bytes, not {len(self.key)}")

    def __repr__(self) -> str:
        return "Secret(…)"

    def _draw(self, purpose: str, word: str) -> bytes:
        return hmac.digest(
            self.key, f"{purpose}\0{word}".encode("utf-8", "surrogatepass"), "sha256"
        )

    def pseudonym(self, patient: str) -> str:
        """The new name and number of a patient: P and 13 letters or digits (65 bits)."""
        return "P" + base64.b32encode(self._draw("patient", patient)).decode()[:13]

    def uid(self, uid: str) -> str:
        """The new UID of an object, under 2.25 (PS3.5 B.2)."""
        return f"2.25.{UUID(bytes=self._draw('uid', uid)[:16], version=4).int}"

    def days(self, patient: str) -> int:
        """By how many days the dates of a patient move: −1 to −`MOST_DAYS`."""
        return -1 - int.from_bytes(self._draw("days", patient)[:8]) % MOST_DAYS
