"""The key of the staff pages: signs the browser's cookie and seals TOTP seeds. A file of the school side alone.

Lost or replaced, it ends every session and makes second factors unusable: people are invited again. It is no part of
a backup, so that a stolen backup is no second factor.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.errors import GatewayUnready, SettingsError

_BYTES: Final = 64
_NONCE_BYTES: Final = 12


class PagesKey:
    """Opaque handle."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != _BYTES:
            raise GatewayUnready(
                "The key of the staff pages is damaged.",
                code="pages_key_damaged",
                remedy="Remove secrets/pages.key; a new one is made, and people are invited again.",
            )
        self._key = key

    def __repr__(self) -> str:
        return "<PagesKey>"

    @classmethod
    def open(cls, path: Path) -> PagesKey:
        """Read the key; make it when there is none.

        Raises:
            SettingsError: others may read it.
            GatewayUnready: it is damaged.
        """
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "wb") as file:
                file.write(os.urandom(_BYTES))
                file.flush()
                os.fsync(file.fileno())
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SettingsError(
                "The key of the staff pages may be read by others.",
                code="pages_key_mode",
                remedy=f"chmod 600 {path}",
            )
        return cls(path.read_bytes())

    def cookie_secret(self) -> bytes:
        """For signing the cookie."""
        return self._derived(b"schuilnaam pages cookie 1", 32)

    def seal(self, seed: str, *, account_id: str) -> bytes:
        """Seal a TOTP seed to its account."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._seeds().encrypt(nonce, seed.encode("ascii"), account_id.encode("ascii"))
        return nonce + sealed

    def unseal(self, sealed: bytes, *, account_id: str) -> str | None:
        """The seed; None where another key sealed it."""
        try:
            opened = self._seeds().decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], account_id.encode("ascii")
            )
        except (InvalidTag, ValueError):
            return None
        return opened.decode("ascii")

    def _seeds(self) -> AESGCM:
        return AESGCM(self._derived(b"schuilnaam totp seed 1", 32))

    def _derived(self, purpose: bytes, length: int) -> bytes:
        return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=purpose).derive(self._key)
