"""Custody of a ring: what opens it, and what may be added while it is open.

The content is sealed under a random ring key; slots hold that key: `passphrase` under Argon2id, `recovery`
under HKDF of the recovery key. So a passphrase changes without re-sealing, and the printed sheet never goes
stale. Every change is made under a lock file to the newest file, so that two programs do not lose each
other's additions, and replaces the file by rename, so that a crash leaves the old or the new one
(`keys.ringfile`).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keys import errors, ringfile
from keys.keyring import (
    KeyRing,
    KeyVersion,
    ProductKeys,
    RingContent,
    VersionState,
    replace_content,
    ring_key_of,
)
from keys.ringfile import RingFile, RingSummary, Slot
from keys.scope import IdentifierSpace, Product
from keys.stretching import stretch

_SLOT_LABEL: Final = b"schuilnaam ring slot 1 "

ARGON2ID_RFC9106_SECOND: Final = {"memory_kib": 64 * 1024, "iterations": 3, "lanes": 4}
"""RFC 9106 section 4, second recommended option (64 MiB): about 0.2 s, and fits a small machine."""

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_KVK: Final = re.compile(r"[0-9]{8}")
_SPACE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}")


def open_ring(path: Path, passphrase: bytes) -> KeyRing:
    """Unlock a ring. One trailing line break of the passphrase is ignored.

    Raises:
        RingMissing, LooseModes, ForeignFile, RingTruncated, RingDamaged, WrongPassphrase.
    """
    return open_slot(ringfile.parse(ringfile.read_file(path)), "passphrase", stripped(passphrase))


def read_public(path: Path) -> RingSummary:
    """What needs no secret. Raises as `open_ring`, except WrongPassphrase."""
    return ringfile.parse(ringfile.read_file(path)).summary


def reload(path: Path, ring: KeyRing) -> KeyRing:
    """Let `ring` see products and spaces that other programs added; returns the same handle.

    Raises:
        RingRekeyed: a product was destroyed, so the ring has another ring key: unlock it again.
    """
    replace_content(ring, _opened_with_ring_key(ringfile.parse(ringfile.read_file(path)), ring))
    return ring


def add_product(path: Path, ring: KeyRing, slug: str, recipient_kvk: str) -> Product:
    """A product with its own random id and key; the one that is there if the recipient is the same.

    Raises:
        ProductRefused: the slug is another recipient's, or spent by destruction, or no slug or KvK number.
    """
    if not _SLUG.fullmatch(slug) or not _KVK.fullmatch(recipient_kvk):
        raise errors.ProductRefused(
            "A product needs a slug of a-z, 0-9 and dashes, and a KvK number of eight digits."
        )

    def change(content: RingContent) -> RingContent:
        for entry in content.products:
            if entry.product.slug != slug:
                continue
            if entry.recipient_kvk != recipient_kvk:
                raise errors.ProductRefused(
                    "This product belongs to another recipient (KvK number).", remedy="Choose another slug."
                )
            if entry.destroyed:
                raise errors.ProductRefused(
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
        raise errors.SpaceRefused(
            "A name of an identifier space is at most 128 of: letters, digits, . _ : / -"
        )

    def change(content: RingContent) -> RingContent:
        if any(space.name == name for space in content.spaces):
            return content
        if any(space.name.lower() == name.lower() for space in content.spaces):
            # Attack: none, a typing error. It would give every pupil a second pseudonym.
            raise errors.SpaceRefused("An identifier space with this name in other case exists.")
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
    with ringfile.locked(path):
        file = ringfile.parse(ringfile.read_file(path))
        before = _opened_with_ring_key(file, ring)
        after = change(before)
        if after is not before:
            ringfile.replace_file(path, ringfile.render(after, ring_key_of(ring), file.slots))
        replace_content(ring, after)


def _opened_with_ring_key(file: RingFile, ring: KeyRing) -> RingContent:
    if file.summary.check_value != ring.check_value:
        raise errors.RingRekeyed(
            "The key ring in the file is not the one that was unlocked.", remedy="Unlock it again (restart)."
        )
    return file.open(ring_key_of(ring))


def stripped(passphrase: bytes) -> bytes:
    """Without the one line break that editors put at the end of a passphrase file."""
    return passphrase.removesuffix(b"\n").removesuffix(b"\r")


def new_slot(kind: str, secret: bytes, ring_key: bytes, board_id: bytes) -> Slot:
    """The ring key under a new salt."""
    profile = ARGON2ID_RFC9106_SECOND if kind == "passphrase" else {}
    empty = Slot(kind, secrets.token_hex(16), "", **profile)
    nonce = secrets.token_bytes(ringfile.NONCE)
    sealed = AESGCM(_slot_key(empty, secret)).encrypt(nonce, ring_key, _SLOT_LABEL + kind.encode() + board_id)
    return replace(empty, sealed=(nonce + sealed).hex())


def open_slot(file: RingFile, kind: str, secret: bytes) -> KeyRing:
    """The ring, unlocked by a passphrase or a recovery key."""
    board_id = bytes.fromhex(file.summary.board_id)
    for slot in file.slots:
        if slot.kind != kind:
            continue
        sealed = bytes.fromhex(slot.sealed)
        try:
            associated = _SLOT_LABEL + kind.encode() + board_id
            ring_key = AESGCM(_slot_key(slot, secret)).decrypt(
                sealed[: ringfile.NONCE], sealed[ringfile.NONCE :], associated
            )
        except InvalidTag:
            continue
        return KeyRing(file.open(ring_key), ring_key)
    what = "passphrase" if kind == "passphrase" else "recovery key"
    raise errors.WrongPassphrase(
        f"This {what} does not open the key ring {file.summary.check_value}.",
        remedy="Compare the check value; a ring that was re-keyed needs a newer recovery sheet."
        if kind == "recovery"
        else "Try again, or use the recovery sheet.",
    )


def _slot_key(slot: Slot, secret: bytes) -> bytes:
    salt = bytes.fromhex(slot.salt)
    if slot.kind == "passphrase":
        return stretch(
            secret, salt=salt, iterations=slot.iterations, lanes=slot.lanes, memory_kib=slot.memory_kib
        )
    return HKDF(hashes.SHA256(), 32, salt, _SLOT_LABEL + slot.kind.encode()).derive(secret)
