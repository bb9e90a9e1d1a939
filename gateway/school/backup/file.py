"""The bytes of a backup file: written once, whole or not at all, and told apart when damaged, foreign or newer.

    `schuilnaam-backup 1` and a line break                    which form; a newer one is refused, never guessed at
    gzip of JSON lines                                        the manifest, settings, sealed files, rows, the counts
    SHA-256 of everything before, 64 digits, and a line break

The digest finds a fault of a disk or a transfer. It proves nothing against somebody who changes the file on purpose:
keep it where nobody can, and keep checkpoints of the registers elsewhere. Stored form: docs/decisions/0030.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from gateway.errors import GatewayUnready, UsageError

_MAGIC: Final = b"schuilnaam-backup "
FORMAT: Final = 1
_TRAILER: Final = 65
_BYTES: Final = "b64"
_BLOCK: Final = 1024 * 1024

Write = Callable[[object], None]


class _Hashed:
    """Counts everything that is written into the digest."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def write(self, block: bytes) -> int:
        self.digest.update(block)
        return self._file.write(block)

    def flush(self) -> None:
        self._file.flush()


class Written:
    """Where lines go, and afterwards which digest the file has."""

    def __init__(self, write: Write) -> None:
        self.line = write
        self.digest = ""


@contextmanager
def writing_backup(path: Path) -> Iterator[Written]:
    """Write a new file, mode 0600, with fsync; when the block raises, nothing is left.

    Raises:
        UsageError: `file_unwritable`; the disk is full, or the folder is closed.
    """
    beside = path.with_name(path.name + ".part")
    try:
        descriptor = os.open(
            beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            hashed = _Hashed(file)
            hashed.write(_MAGIC + str(FORMAT).encode() + b"\n")
            # No name and no time in the header: the bytes tell nothing but the lines.
            with gzip.GzipFile(filename="", mode="wb", fileobj=hashed, mtime=0, compresslevel=6) as packed:
                written = Written(lambda value: _line(packed, value))
                yield written
            written.digest = hashed.digest.hexdigest()
            file.write(written.digest.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
        folder = os.open(path.absolute().parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError:
        beside.unlink(missing_ok=True)
        raise UsageError(
            "The backup cannot be written.", code="file_unwritable", remedy="Look at the folder and the disk."
        ) from None
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _line(packed: gzip.GzipFile, value: object) -> None:
    packed.write(orjson.dumps(value, default=_packed_bytes) + b"\n")


def _packed_bytes(value: object) -> Mapping[str, str]:
    if isinstance(value, bytes | memoryview):
        return {_BYTES: base64.b64encode(value).decode("ascii")}
    raise TypeError(f"a backup cannot hold a {type(value).__name__}")


def unpacked(value: Any) -> Any:
    """A cell as it was in the database."""
    if isinstance(value, dict):
        return base64.b64decode(value[_BYTES], validate=True)
    return value


def digest_of(path: Path) -> str:
    """The digest of a whole backup file.

    Raises:
        UsageError: `backup_unreadable`, `backup_foreign`.
        GatewayUnready: `backup_newer`, `backup_damaged`.
    """
    try:
        with path.open("rb") as file:
            _require_form(file.readline(64))
            size = os.fstat(file.fileno()).st_size
            file.seek(0)
            digest = hashlib.sha256()
            left = size - _TRAILER
            while left > 0 and (block := file.read(min(_BLOCK, left))):
                digest.update(block)
                left -= len(block)
            trailer = file.read(_TRAILER)
    except OSError:
        raise UsageError(
            "The backup file cannot be read.", code="backup_unreadable", remedy="Check its path and mode."
        ) from None
    if trailer != digest.hexdigest().encode() + b"\n":
        raise damaged()
    return digest.hexdigest()


def _require_form(first: bytes) -> None:
    number = first.removeprefix(_MAGIC).strip()
    if not first.startswith(_MAGIC) or not number.isdigit():
        raise UsageError(
            "This file is no backup of Schuilnaam.",
            code="backup_foreign",
            remedy="Give a file that `schuilnaam backup` wrote.",
        )
    if int(number) > FORMAT:
        raise GatewayUnready(
            "A newer version of this program wrote this backup.",
            code="backup_newer",
            remedy="Install that version, and restore with it.",
        )


def lines(path: Path) -> Iterator[Any]:
    """Every line of a file whose digest was found right. Raises `GatewayUnready` `backup_damaged`."""
    try:
        with path.open("rb") as file:
            file.readline(64)
            start = file.tell()
            length = os.fstat(file.fileno()).st_size - _TRAILER - start
            with gzip.GzipFile(fileobj=_Part(file, length), mode="rb") as packed:
                for line in packed:
                    yield orjson.loads(line)
    except (OSError, EOFError, ValueError):
        raise damaged() from None


class _Part(io.RawIOBase):
    """The packed part of the file, so that the trailer is not taken for more of it."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        super().__init__()
        self._file = file
        self._left = length

    def readable(self) -> bool:
        """As every file that is read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most what is left of the part."""
        block = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(block)
        return block


def damaged() -> GatewayUnready:
    """The error of a file that is not what was written."""
    return GatewayUnready(
        "The backup file is damaged or cut off.",
        code="backup_damaged",
        remedy="Use another copy, or an older backup.",
    )
