"""The ring file: sealed under a random ring key that sits in slots, written atomically, opened by the school
side.

    magic 15 · version 1 · total length 8 · first 8 bytes of SHA-256 of these 24      header
    length 4 · public part, JSON in canonical form                                     readable without a
    secret nonce 12 · AES-256-GCM under the ring key of the content, JSON; all before it is associated data
    SHA-256 of everything before it

Header check and digest need no secret: they tell a foreign, truncated or damaged file from a wrong
passphrase. They prove nothing against somebody who changes the file on purpose; opening it does, for the
public part too.

Slots hold the ring key: `passphrase` under Argon2id, `recovery` under HKDF of the recovery key. Every change
is made under a lock file to the newest file, so that two programs do not lose each other's additions, and
replaces the file by rename, so that a crash leaves the old or the new one. This is a stored format:
docs/decisions/0005.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keys.errors import (
    ForeignFile,
    LooseModes,
    ProductRefused,
    RingDamaged,
    RingMissing,
    RingRekeyed,
    RingTruncated,
    RingUnusable,
    SpaceRefused,
    WrongPassphrase,
)
from keys.keyring import (
    KeyRing,
    KeyVersion,
    ProductKeys,
    RingContent,
    VersionState,
    check_value,
    replace_content,
    ring_key_of,
)
from keys.scope import Board, IdentifierSpace, Product

_MAGIC: Final = b"schuilnaam-ring"
_VERSION: Final = b"\x01"
_HEADER: Final = 32
_DIGEST: Final = 32
_NONCE: Final = 12
_MAX_FILE_BYTES: Final = 64 * 1024 * 1024
_SLOT_LABEL: Final = b"schuilnaam ring slot 1 "

ARGON2ID_RFC9106_SECOND: Final = {"memory_kib": 64 * 1024, "iterations": 3, "lanes": 4}
"""RFC 9106 section 4, second recommended option (64 MiB): about 0.2 s, and fits a small machine."""

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_KVK: Final = re.compile(r"[0-9]{8}")
_SPACE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}")


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
class _RingFile:
    """A file whose digest is right; nothing in it is authenticated yet."""

    summary: RingSummary
    slots: tuple[Slot, ...]
    associated: bytes
    sealed: bytes

    def open(self, ring_key: bytes) -> RingContent:
        try:
            plain = AESGCM(ring_key).decrypt(self.sealed[:_NONCE], self.sealed[_NONCE:], self.associated)
        except InvalidTag:
            # The ring key is right (a slot gave it), so the file was changed by somebody who renewed the
            # digest.
            raise _damaged() from None
        return _content_from(json.loads(plain))


def open_ring(path: Path, passphrase: bytes) -> KeyRing:
    """Unlock a ring. One trailing line break of the passphrase is ignored.

    Raises:
        RingMissing, LooseModes, ForeignFile, RingTruncated, RingDamaged, WrongPassphrase.
    """
    return open_slot(parse(read_file(path)), "passphrase", stripped(passphrase))


def read_public(path: Path) -> RingSummary:
    """What needs no secret. Raises as `open_ring`, except WrongPassphrase."""
    return parse(read_file(path)).summary


def reload(path: Path, ring: KeyRing) -> KeyRing:
    """Let `ring` see products and spaces that other programs added; returns the same handle.

    Raises:
        RingRekeyed: a product was destroyed, so the ring has another ring key: unlock it again.
    """
    replace_content(ring, _opened_with_ring_key(parse(read_file(path)), ring))
    return ring


def add_product(path: Path, ring: KeyRing, slug: str, recipient_kvk: str) -> Product:
    """A product with its own random id and key; the one that is there if the recipient is the same.

    Raises:
        ProductRefused: the slug is another recipient's, or spent by destruction, or no slug or KvK number.
    """
    if not _SLUG.fullmatch(slug) or not _KVK.fullmatch(recipient_kvk):
        raise ProductRefused(
            "A product needs a slug of a-z, 0-9 and dashes, and a KvK number of eight digits."
        )

    def change(content: RingContent) -> RingContent:
        for entry in content.products:
            if entry.product.slug != slug:
                continue
            if entry.recipient_kvk != recipient_kvk:
                raise ProductRefused(
                    "This product belongs to another recipient (KvK number).", remedy="Choose another slug."
                )
            if entry.destroyed:
                raise ProductRefused(
                    "The keys of this product were destroyed.", remedy="Choose another slug."
                )
            return content
        return replace(content, products=(*content.products, new_product(content, slug, recipient_kvk)))

    edit(path, ring, change)
    return ring.product(slug)


def add_space(path: Path, ring: KeyRing, name: str) -> IdentifierSpace:
    """An identifier space with its own random number; the one that is there if the name is the same.

    Raises:
        SpaceRefused: no name of a space, or one that differs from another in upper and lower case only.
    """
    if not _SPACE.fullmatch(name):
        raise SpaceRefused("A name of an identifier space is at most 128 of: letters, digits, . _ : / -")

    def change(content: RingContent) -> RingContent:
        if any(space.name == name for space in content.spaces):
            return content
        if any(space.name.lower() == name.lower() for space in content.spaces):
            # Attack: none, a typing error. It would give every pupil a second pseudonym.
            raise SpaceRefused("An identifier space with this name in other case exists.")
        taken = {space.number for space in content.spaces}
        number = next(drawn for drawn in iter(lambda: secrets.randbits(24), None) if drawn not in taken)
        return replace(content, spaces=(*content.spaces, IdentifierSpace(name, number)))

    edit(path, ring, change)
    return ring.space(name)


def new_product(content: RingContent | None, slug: str, recipient_kvk: str) -> ProductKeys:
    """Random, never derived: what can be derived again can never be destroyed."""
    return ProductKeys(Product(slug, secrets.token_bytes(16)), recipient_kvk, (new_version(content),))


def new_version(content: RingContent | None) -> KeyVersion:
    """A live version whose key id no version of the ring ever had, destroyed ones included."""
    entries = content.products if content else ()
    taken = {version.key_id for entry in entries for version in entry.versions}
    key_id = next(drawn for drawn in iter(lambda: secrets.token_bytes(2), None) if drawn not in taken)
    return KeyVersion(key_id, secrets.token_bytes(64), VersionState.LIVE)


def edit(path: Path, ring: KeyRing, change: Callable[[RingContent], RingContent]) -> None:
    """Apply a change to the newest content, write it if it is one, and let `ring` see the outcome."""
    with locked(path):
        file = parse(read_file(path))
        before = _opened_with_ring_key(file, ring)
        after = change(before)
        if after is not before:
            replace_file(path, render(after, ring_key_of(ring), file.slots))
        replace_content(ring, after)


def _opened_with_ring_key(file: _RingFile, ring: KeyRing) -> RingContent:
    if file.summary.check_value != ring.check_value:
        raise RingRekeyed(
            "The key ring in the file is not the one that was unlocked.", remedy="Unlock it again (restart)."
        )
    return file.open(ring_key_of(ring))


# --- slots -------------------------------------------------------------------------------------------------


def stripped(passphrase: bytes) -> bytes:
    """Without the one line break that editors put at the end of a passphrase file."""
    return passphrase.removesuffix(b"\n").removesuffix(b"\r")


def new_slot(kind: str, secret: bytes, ring_key: bytes, board_id: bytes) -> Slot:
    """The ring key under a new salt."""
    profile = ARGON2ID_RFC9106_SECOND if kind == "passphrase" else {}
    empty = Slot(kind, secrets.token_hex(16), "", **profile)
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(_slot_key(empty, secret)).encrypt(nonce, ring_key, _SLOT_LABEL + kind.encode() + board_id)
    return replace(empty, sealed=(nonce + sealed).hex())


def open_slot(file: _RingFile, kind: str, secret: bytes) -> KeyRing:
    """The ring, unlocked by a passphrase or a recovery key."""
    board_id = bytes.fromhex(file.summary.board_id)
    for slot in file.slots:
        if slot.kind != kind:
            continue
        sealed = bytes.fromhex(slot.sealed)
        try:
            associated = _SLOT_LABEL + kind.encode() + board_id
            ring_key = AESGCM(_slot_key(slot, secret)).decrypt(sealed[:_NONCE], sealed[_NONCE:], associated)
        except InvalidTag:
            continue
        content = file.open(ring_key)
        if _summary(content, ring_key) != file.summary:
            raise _damaged()
        return KeyRing(content, ring_key)
    what = "passphrase" if kind == "passphrase" else "recovery key"
    raise WrongPassphrase(
        f"This {what} does not open the key ring {file.summary.check_value}.",
        remedy="Compare the check value; a ring that was re-keyed needs a newer recovery sheet."
        if kind == "recovery"
        else "Try again, or use the recovery sheet.",
    )


def _slot_key(slot: Slot, secret: bytes) -> bytes:
    salt = bytes.fromhex(slot.salt)
    if slot.kind == "passphrase":
        kdf = Argon2id(
            salt=salt, length=32, iterations=slot.iterations, lanes=slot.lanes, memory_cost=slot.memory_kib
        )
        return kdf.derive(secret)
    return HKDF(hashes.SHA256(), 32, salt, _SLOT_LABEL + slot.kind.encode()).derive(secret)


# --- bytes -------------------------------------------------------------------------------------------------


def render(content: RingContent, ring_key: bytes, slots: Sequence[Slot]) -> bytes:
    """The whole file."""
    public = {**asdict(_summary(content, ring_key)), "slots": [asdict(slot) for slot in slots]}
    public_part = _canonical(public)
    plain = _canonical(asdict(content))
    total = _HEADER + 4 + len(public_part) + _NONCE + len(plain) + 16 + _DIGEST
    head = _MAGIC + _VERSION + total.to_bytes(8, "big")
    head += hashlib.sha256(head).digest()[:8] + len(public_part).to_bytes(4, "big") + public_part
    nonce = secrets.token_bytes(_NONCE)
    whole = head + nonce + AESGCM(ring_key).encrypt(nonce, plain, head)
    return whole + hashlib.sha256(whole).digest()


def parse(raw: bytes) -> _RingFile:
    """Tell a foreign, a truncated and a damaged file apart, in that order."""
    if raw[: len(_MAGIC)] != _MAGIC[: len(raw)]:
        raise ForeignFile("This file is not a key ring of Schuilnaam.", remedy="Check the path.")
    if len(raw) < _HEADER:
        raise _truncated()
    if hashlib.sha256(raw[:24]).digest()[:8] != raw[24:_HEADER]:
        raise _damaged()
    if raw[15:16] != _VERSION:
        raise ForeignFile("A newer program wrote this key ring.", remedy="Update Schuilnaam.")
    total = int.from_bytes(raw[16:24], "big")
    if len(raw) < total:
        raise _truncated()
    if len(raw) > total or hashlib.sha256(raw[:-_DIGEST]).digest() != raw[-_DIGEST:]:
        raise _damaged()
    end = _HEADER + 4 + int.from_bytes(raw[_HEADER : _HEADER + 4], "big")
    try:
        # Not authenticated yet: somebody may have written what is parsed here, and a digest over it.
        public = json.loads(raw[_HEADER + 4 : end])
        slots = tuple(_checked_slot(slot) for slot in public.pop("slots"))
        for name in ("intake_public_key", "checkpoint_public_key"):
            public[name] = bytes.fromhex(public[name])
        summary = RingSummary(**public)
        if len(bytes.fromhex(summary.board_id)) != 16:
            raise _damaged()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _damaged() from None
    return _RingFile(summary, slots, raw[:end], raw[end:-_DIGEST])


def _checked_slot(fields: Mapping[str, Any]) -> Slot:
    slot = Slot(**fields)
    # Attack: a changed file that makes unlocking take all memory, or for ever.
    within = slot.memory_kib <= 1024 * 1024 and slot.iterations <= 16 and slot.lanes <= 16
    enough = slot.kind != "passphrase" or (
        min(slot.iterations, slot.lanes) >= 1 and slot.memory_kib >= 8 * slot.lanes
    )
    if (
        not within
        or not enough
        or len(bytes.fromhex(slot.salt)) != 16
        or len(bytes.fromhex(slot.sealed)) != 60
    ):
        raise _damaged()
    return slot


def _summary(content: RingContent, ring_key: bytes) -> RingSummary:
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


def _damaged() -> RingDamaged:
    return RingDamaged("The key ring file is damaged.", remedy="Restore the newest backup of it.")


def _truncated() -> RingTruncated:
    return RingTruncated("The key ring file is cut off.", remedy="Restore the newest backup of it.")


# --- files -------------------------------------------------------------------------------------------------


def read_file(path: Path, *, check_modes: bool = True) -> bytes:
    """The bytes of a ring; copies on a stick for recovery may have any mode."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (os.O_NOFOLLOW if check_modes else 0))
    except FileNotFoundError:
        raise RingMissing(
            "There is no key ring file here.", remedy="Make one with init, or restore it."
        ) from None
    except OSError as error:
        raise RingMissing(f"The key ring file cannot be read ({os.strerror(error.errno or 0)}).") from None
    with os.fdopen(opened, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_FILE_BYTES:
            raise ForeignFile("This is not a key ring file.", remedy="Check the path.")
        if check_modes:
            refuse_loose(path, status.st_mode, "600")
            refuse_loose(path.parent, os.stat(path.parent).st_mode, "700")
        return file.read()


def refuse_loose(path: Path, mode: int, wanted: str) -> None:
    """Raises LooseModes with the command that repairs it."""
    if stat.S_IMODE(mode) & 0o077:
        raise LooseModes(
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
    raise RingUnusable(f"The key ring cannot be written ({os.strerror(error.errno or 0)}).") from error
