"""Client secrets of sources: one file each in the home folder's `secrets`, beside no database.

As the ring: a file that others can reach (anything but 0600 in a 0700 folder) is not used, because it may have been
read or exchanged. Attack: another account of the machine reads the roster itself, with a secret that a backup
restored with mode 0644. The error says which command repairs it; then the secret should be renewed as well.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from typing import Final

from gateway.errors import SettingsError

_MOST_BYTES: Final = 65_536


def read(folder: Path, name: str) -> str:
    """The secret in a file.

    Raises:
        SettingsError: `source_secret_missing`: not there, not readable, no text, empty; `source_secret_mode`:
            others can reach it.
    """
    path = folder / name
    secret = ""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW), "rb") as file:
            # Of what was opened, not of what stands at the path a moment later.
            _refuse_loose(path, os.fstat(file.fileno()).st_mode, "600")
            _refuse_loose(folder, folder.stat().st_mode, "700")
            secret = file.read(_MOST_BYTES).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        pass
    if not secret:
        raise SettingsError(
            "The file with the source's client secret cannot be read, or is empty.",
            code="source_secret_missing",
            remedy="Give it again: schuilnaam source secret SLUG --client-secret-file FILE.",
        )
    return secret


def keep(folder: Path, name: str, secret: bytes) -> Path:
    """Write a secret to a new file, mode 0600, with fsync; never over another one."""
    folder.mkdir(mode=0o700, exist_ok=True)
    _refuse_loose(folder, folder.stat().st_mode, "700")
    path = folder / name
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    _sync(folder)
    return path


def new_name(slug: str) -> str:
    """A file name for a renewed secret: another than the one in use, so that whoever has that open notices."""
    return f"source-{slug}-{secrets.token_hex(4)}"


def _refuse_loose(path: Path, mode: int, wanted: str) -> None:
    if stat.S_IMODE(mode) & 0o077:
        raise SettingsError(
            f"Others on this machine can reach {path.name} (mode {stat.S_IMODE(mode):o}).",
            code="source_secret_mode",
            remedy=f"Repair with: chmod {wanted} '{path}'. Then renew the secret: somebody may have read it.",
        )


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
