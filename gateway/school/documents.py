"""Papers that belong to agreements (a vendor's confirmation, a notice), kept in the home folder under their SHA-256.

Guarantees: the file is on disk, 0600 in a folder 0700, before anything says that it is there; the same paper is
kept once. A paper that nothing refers to may be left behind by a crash; it is never served or shown by itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from gateway.errors import GatewayUnready, UsageError
from gateway.settings import Settings

MAX_BYTES: Final = 50 * 1024 * 1024
_SUFFIXES: Final = frozenset(
    {".pdf", ".eml", ".msg", ".txt", ".docx", ".odt", ".png", ".jpg", ".jpeg", ".html"}
)
"""Endings that are kept, so that the file opens; of the rest of a name nothing is: it could tell of a person."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as it was handed in."""

    content: bytes
    name: str
    """Its file name; only the ending is used."""

    def __repr__(self) -> str:
        return f"<Paper of {len(self.content)} bytes>"


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a paper is."""

    sha256: str
    file: str
    """Name in `documents/`."""


def keep(settings: Settings, paper: Paper) -> Kept:
    """Keep a paper.

    Raises:
        UsageError: `file_empty`, `file_too_large`.
        GatewayUnready: `documents_unwritable`.
    """
    if not paper.content:
        raise UsageError("The document is empty.", code="file_empty", remedy="Give the document itself.")
    if len(paper.content) > MAX_BYTES:
        raise UsageError("The document is too large.", code="file_too_large")
    digest = hashlib.sha256(paper.content).hexdigest()
    suffix = PurePath(paper.name).suffix.lower()
    kept = Kept(digest, digest + (suffix if suffix in _SUFFIXES else ""))
    folder = settings.documents_folder
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        _write(folder, kept.file, paper.content)
    except OSError:
        raise GatewayUnready(
            "The document cannot be kept, so nothing was recorded.",
            code="documents_unwritable",
            remedy="Look at disk space and at the mode of documents/ in the home folder.",
        ) from None
    return kept


def read(settings: Settings, sha256: str) -> tuple[str, bytes]:
    """A paper that was kept: its file name, and its content as it was handed in.

    Raises:
        GatewayUnready: `document_missing`, also where the file is not what was handed in.
    """
    names = [sha256, *(sha256 + suffix for suffix in sorted(_SUFFIXES))]
    for name in names:
        with contextlib.suppress(OSError):
            content = (settings.documents_folder / name).read_bytes()
            # Attack: the file is exchanged for another one.
            if hashlib.sha256(content).hexdigest() == sha256:
                return name, content
    raise GatewayUnready(
        "The document is not in the home folder, or not what was handed in.",
        code="document_missing",
        remedy="Restore documents/ from a backup.",
    )


def _write(folder: Path, name: str, content: bytes) -> None:
    draft = folder / f".{secrets.token_hex(8)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / name)
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
