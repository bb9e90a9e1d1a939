"""The storage key: seals the bodies of holdings at rest, and marks them. Its own file, not in the key ring.

Guarantees: a stolen front database shows which pseudonyms belong together (the graph) and no value; a body
that was altered, or moved to another record, product or board, does not open. Deterministic (AES-SIV, RFC
5297): the same body of the same record gives the same bytes. A mark says whether a record is unchanged without sealing
it, and shows as little: it is keyed, under a key of its own that is derived from this one.

Does not guarantee: secrecy against whoever has both the database and this file. That somebody can see that a
record's body returned to what it was before is accepted.

Source: ARCHITECTURE section 5, docs/decisions/0013.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Never

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from gateway.holdings.errors import HoldingsDamaged, StorageKeyRefused

_HEADER: Final = b"schuilnaam storage key 1\n"
_BITS: Final = 512
"""AES-256 for each half: AEAD_AES_SIV_CMAC_512 of RFC 5297."""
_MARK_LABEL: Final = b"schuilnaam storage mark 1"
MARK_BYTES: Final = 16


class StorageKey:
    """Opaque handle: cannot be printed, copied, pickled or compared."""

    __slots__ = ("_cipher", "_mark_key")

    def __init__(self, key: bytes) -> None:
        if len(key) * 8 != _BITS:
            raise StorageKeyRefused("The storage key is damaged.", code="storage_key_damaged")
        self._cipher = AESSIV(key)
        # Used with another function than the cipher, so under another key.
        self._mark_key = hashlib.blake2b(_MARK_LABEL, key=key).digest()

    @classmethod
    def create(cls, path: Path) -> StorageKey:
        """Make a new random key in a new file (mode 0600); the folder must be 0700.

        Raises:
            FileExistsError: there is a file already; it is never overwritten.
            StorageKeyRefused: others may read the folder.
        """
        _require_private(path.parent, folder=True)
        key = AESSIV.generate_key(_BITS)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, _HEADER + base64.b64encode(key) + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return cls(key)

    @classmethod
    def load(cls, path: Path) -> StorageKey:
        """Read the key of an existing file.

        Raises:
            StorageKeyRefused: absent, readable by others, or not a storage key.
        """
        _require_private(path.parent, folder=True)
        _require_private(path, folder=False)
        content = path.read_bytes()
        if not content.startswith(_HEADER):
            raise StorageKeyRefused("This file holds no storage key.", code="storage_key_foreign")
        try:
            key = base64.b64decode(content[len(_HEADER) :].strip(), validate=True)
        except binascii.Error:
            raise StorageKeyRefused("The storage key is damaged.", code="storage_key_damaged") from None
        return cls(key)

    def seal(self, body: bytes, *, ad: Sequence[bytes]) -> bytes:
        """Seal; equal body and associated data give equal bytes. A vector, never a joined string."""
        return self._cipher.encrypt(body, list(ad))

    def open(self, sealed: bytes, *, ad: Sequence[bytes]) -> bytes:
        """Open again.

        Raises:
            HoldingsDamaged: not sealed under this key with this associated data.
        """
        try:
            return self._cipher.decrypt(sealed, list(ad))
        except (InvalidTag, ValueError):
            raise HoldingsDamaged from None

    def mark(self, content: bytes) -> bytes:
        """16 bytes that are equal where the content is; without the key no content can be tried against them."""
        return hashlib.blake2b(content, key=self._mark_key, digest_size=MARK_BYTES).digest()

    def __repr__(self) -> str:
        return "<StorageKey>"

    def __reduce__(self) -> Never:
        raise TypeError("a storage key is not copied or pickled")

    def __copy__(self) -> Never:
        raise TypeError("a storage key is not copied or pickled")

    def __deepcopy__(self, _memo: object) -> Never:
        raise TypeError("a storage key is not copied or pickled")


def _require_private(path: Path, *, folder: bool) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise StorageKeyRefused(
            "There is no storage key.", code="storage_key_absent", remedy="Run `schuilnaam init`."
        ) from None
    # Attack: another user of the machine reads the key. Looser modes refuse to load, so that it is noticed.
    if stat.S_IMODE(mode) & 0o077 or stat.S_ISDIR(mode) != folder:
        raise StorageKeyRefused(
            "The storage key or its folder may be read by others.",
            code="storage_key_exposed",
            remedy="Set mode 0600 on the file and 0700 on its folder.",
        )
