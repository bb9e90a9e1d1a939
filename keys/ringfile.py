"""The ring file: its bytes, and reading and writing it so that crash, fault or another program cost nothing.

    magic 15 · version 1 · total length 8 · first 8 bytes of SHA-256 of these 24     header
    length 4 · public part, JSON in canonical form                                   readable without a secret
    nonce 12 · AES-256-GCM under the ring key of the content, JSON; all before it is associated data
    SHA-256 of everything before it

Header check and digest need no secret: they tell a foreign, truncated or damaged file from a wrong
passphrase. They prove nothing against somebody who changes the file on purpose; opening it does, for the
public part too. This is a stored format: docs/decisions/0005.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys import errors
from keys.keyring import KeyVersion, ProductKeys, RingContent, VersionState, check_value
from keys.scope import Board, IdentifierSpace, Product

NONCE: Final = 12
_MAGIC: Final = b"schuilnaam-ring"
_VERSION: Final = b"\x01"
_HEADER: Final = 32
_DIGEST: Final = 32
_MAX_FILE_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Slot:
    """The ring key under one secret."""

    kind: str
    """`passphrase` or `recovery`. Stored; others may come (a key service)."""
    salt: str
    sealed: str = field(repr=False)
    memory_kib: int = 0
    iterations: int = 0
    lanes: int = 0


@dataclass(frozen=True, slots=True)
class RingSummary:
    """What the ring file tells without a secret. Not authenticated until the ring is opened."""

    check_value: str
    board_name: str
    board_id: str
    intake_public_key: bytes
    """X25519, 32 bytes: the front seals what vendors return to it."""
    checkpoint_public_key: bytes
    """Ed25519, 32 bytes: verifies checkpoints of the registers."""
    sheet_confirmed: bool
    """Whether somebody typed the check value back from the recovery sheet as it would be printed today."""


@dataclass(frozen=True, slots=True)
class RingFile:
    """A file whose digest is right; nothing in it is authenticated yet."""

    summary: RingSummary
    slots: tuple[Slot, ...]
    associated: bytes
    sealed: bytes

    def open(self, ring_key: bytes) -> RingContent:
        """The content; from here on the public part is authenticated."""
        try:
            plain = AESGCM(ring_key).decrypt(self.sealed[:NONCE], self.sealed[NONCE:], self.associated)
        except InvalidTag:
            # The ring key is right (a slot gave it): somebody changed the file and renewed the digest.
            raise _damaged() from None
        return _content_from(json.loads(plain))


def render(content: RingContent, ring_key: bytes, slots: Sequence[Slot]) -> bytes:
    """The whole file."""
    public = {**asdict(_summary_of(content, ring_key)), "slots": [asdict(slot) for slot in slots]}
    public_part = _canonical(public)
    plain = _canonical(asdict(content))
    total = _HEADER + 4 + len(public_part) + NONCE + len(plain) + 16 + _DIGEST
    head = _MAGIC + _VERSION + total.to_bytes(8, "big")
    head += hashlib.sha256(head).digest()[:8] + len(public_part).to_bytes(4, "big") + public_part
    nonce = secrets.token_bytes(NONCE)
    whole = head + nonce + AESGCM(ring_key).encrypt(nonce, plain, head)
    return whole + hashlib.sha256(whole).digest()


def parse(raw: bytes) -> RingFile:
    """Tell a foreign, a truncated and a damaged file apart, in that order."""
    if raw[: len(_MAGIC)] != _MAGIC[: len(raw)]:
        raise errors.ForeignFile("This file is not a key ring of Schuilnaam.", remedy="Check the path.")
    if len(raw) < _HEADER:
        raise _truncated()
    if hashlib.sha256(raw[:24]).digest()[:8] != raw[24:_HEADER]:
        raise _damaged()
    if raw[15:16] != _VERSION:
        raise errors.ForeignFile("A newer program wrote this key ring.", remedy="Update Schuilnaam.")
    total = int.from_bytes(raw[16:24], "big")
    if len(raw) < total:
        raise _truncated()
    if hashlib.sha256(raw[:-_DIGEST]).digest() != raw[-_DIGEST:]:
        raise _damaged()
    end = _HEADER + 4 + int.from_bytes(raw[_HEADER : _HEADER + 4], "big")
    try:
        # Not authenticated yet: somebody may have written what is parsed here, and a digest over it.
        public = json.loads(raw[_HEADER + 4 : end])
        slots = tuple(_checked_slot(slot) for slot in public.pop("slots"))
        for name in ("intake_public_key", "checkpoint_public_key"):
            public[name] = bytes.fromhex(public[name])
        summary = RingSummary(**public)
        if not isinstance(summary.board_name, str) or len(bytes.fromhex(summary.board_id)) != 16:
            raise _damaged()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _damaged() from None
    return RingFile(summary, slots, raw[:end], raw[end:-_DIGEST])


def _checked_slot(fields: Mapping[str, Any]) -> Slot:
    slot = Slot(**fields)
    numbers = (slot.memory_kib, slot.iterations, slot.lanes)
    if not isinstance(slot.kind, str) or any(type(number) is not int for number in numbers):
        raise _damaged()
    # Attack: a changed file that makes unlocking take all memory, or for ever.
    within = 0 <= slot.memory_kib <= 1024 * 1024 and slot.iterations <= 16 and slot.lanes <= 16
    enough = min(slot.iterations, slot.lanes) >= 1 and slot.memory_kib >= 8 * slot.lanes
    lengths = len(bytes.fromhex(slot.salt)), len(bytes.fromhex(slot.sealed))
    if not within or (slot.kind == "passphrase" and not enough) or lengths != (16, 60):
        raise _damaged()
    return slot


def _summary_of(content: RingContent, ring_key: bytes) -> RingSummary:
    return RingSummary(
        check_value(ring_key, content.board.id),
        content.board.name,
        content.board.id.hex(),
        X25519PrivateKey.from_private_bytes(content.intake_key).public_key().public_bytes_raw(),
        Ed25519PrivateKey.from_private_bytes(content.checkpoint_key).public_key().public_bytes_raw(),
        content.sheet_confirmed,
    )


def _content_from(fields: Mapping[str, Any]) -> RingContent:
    unhex = bytes.fromhex
    products = []
    for entry in fields["products"]:
        versions = (
            KeyVersion(unhex(version["key_id"]), unhex(version["key"]), VersionState(version["state"]))
            for version in entry["versions"]
        )
        product = Product(entry["product"]["slug"], unhex(entry["product"]["id"]))
        products.append(ProductKeys(product, entry["recipient_kvk"], tuple(versions)))
    single = ("intake_key", "checkpoint_key", "school_row_key", "recovery_key")
    return RingContent(
        board=Board(fields["board"]["name"], unhex(fields["board"]["id"])),
        products=tuple(products),
        spaces=tuple(IdentifierSpace(space["name"], space["number"]) for space in fields["spaces"]),
        **{name: unhex(fields[name]) for name in single},
        sheet_confirmed=fields["sheet_confirmed"],
    )


def _canonical(fields: Mapping[str, Any]) -> bytes:
    # Bytes become hex digits, wherever they are.
    return json.dumps(
        fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=bytes.hex
    ).encode()


def _damaged() -> errors.RingDamaged:
    return errors.RingDamaged("The key ring file is damaged.", remedy="Restore the newest backup of it.")


def _truncated() -> errors.RingTruncated:
    return errors.RingTruncated("The key ring file is cut off.", remedy="Restore the newest backup of it.")


def read_file(path: Path, *, check_modes: bool = True) -> bytes:
    """The bytes of a ring; copies on a stick for recovery may have any mode."""
    try:
        opened = os.open(
            path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (os.O_NOFOLLOW if check_modes else 0)
        )
    except FileNotFoundError:
        raise errors.RingMissing(
            "There is no key ring file here.", remedy="Make one with init, or restore it."
        ) from None
    except OSError as error:
        raise errors.RingMissing(
            f"The key ring file cannot be read ({os.strerror(error.errno or 0)})."
        ) from None
    with os.fdopen(opened, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_FILE_BYTES:
            raise errors.ForeignFile("This is not a key ring file.", remedy="Check the path.")
        if check_modes:
            refuse_loose(path, status.st_mode, "600")
            refuse_loose(path.parent, os.stat(path.parent).st_mode, "700")
        return file.read()


def refuse_loose(path: Path, mode: int, wanted: str) -> None:
    """Raises LooseModes with the command that repairs it."""
    if stat.S_IMODE(mode) & 0o077:
        raise errors.LooseModes(
            f"Others on this machine can reach {path} (mode {stat.S_IMODE(mode):o}).",
            remedy=f"Repair with: chmod {wanted} '{path}'",
        )


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One writer at a time, over processes and threads; the lock goes when the holder dies."""
    try:
        lock = os.open(
            path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )
    except OSError as error:
        _cannot_write(error)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def replace_file(path: Path, whole: bytes) -> None:
    """Old file or new file, never less: written beside it, synced, renamed. The caller holds the lock."""
    beside = write_beside(path, whole)
    try:
        os.replace(beside, path)
        sync_folder(path.parent)
    except OSError as error:
        _cannot_write(error)


def write_beside(path: Path, whole: bytes) -> Path:
    """A finished file in the same folder. One fixed name, so a crash leaves at most one behind."""
    beside = path.with_name(path.name + ".new")
    try:
        opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(opened, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(whole)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        beside.unlink(missing_ok=True)
        _cannot_write(error)
    return beside


def sync_folder(folder: Path) -> None:
    """Make a rename or a new name survive a power cut."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _cannot_write(error: OSError) -> NoReturn:
    raise errors.RingUnusable(f"The key ring cannot be written ({os.strerror(error.errno or 0)}).") from error
