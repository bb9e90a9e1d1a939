"""What officers of the school do with a ring, each on purpose: only the command line holds ceremonies.

Nothing here overwrites a ring or a backup. What is destroyed is gone from the newest file at once; from when
it is gone for good, the result of `destroy_product` says.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from keys import errors, ringfile, shares
from keys.custody import edit, new_product, new_slot, new_version, open_ring, open_slot, read_public, stripped
from keys.keyring import (
    KeyRing,
    KeyVersion,
    RingContent,
    VersionState,
    VersionSummary,
    content_of,
    ring_key_of,
)
from keys.ringfile import RingSummary
from keys.scope import REGISTER_SLUG, Board
from keys.shares import OfficersShare

MIN_PASSPHRASE_CHARACTERS: Final = 12
_SHEET_LABEL: Final = b"schuilnaam recovery key 1 line "


def create_ring(path: Path, board_name: str, passphrase: bytes) -> KeyRing:
    """A new ring with the product `_register`, in a folder that only this user can enter.

    Raises:
        RingExists: there is a ring already; it is left as it is, also when two programs create at once.
        PassphraseRefused: shorter than 12 characters.
        BoardRefused: no printable name of 1 to 200 characters.
    """
    secret = _long_enough(passphrase)
    if not board_name.strip() or not board_name.isprintable() or len(board_name) > 200:
        raise errors.BoardRefused("A board needs a printable name of at most 200 characters.")
    board = Board(board_name, secrets.token_bytes(16))
    content = RingContent(
        board,
        (new_product(None, REGISTER_SLUG, ""),),
        (),
        X25519PrivateKey.generate().private_bytes_raw(),
        Ed25519PrivateKey.generate().private_bytes_raw(),
        secrets.token_bytes(32),
        secrets.token_bytes(32),
        False,
    )
    return _place_new(path, content, secrets.token_bytes(32), secret)


def change_passphrase(path: Path, passphrase: bytes, new_passphrase: bytes) -> None:
    """Another passphrase for the same ring key; older copies of the file still open with the older one."""
    secret = _long_enough(new_passphrase)
    with ringfile.locked(path):
        ring = open_ring(path, passphrase)
        content, ring_key = content_of(ring), ring_key_of(ring)
        kept = [slot for slot in ringfile.parse(ringfile.read_file(path)).slots if slot.kind != "passphrase"]
        slot = new_slot("passphrase", secret, ring_key, content.board.id)
        ringfile.replace_file(path, ringfile.render(content, ring_key, [slot, *kept]))


def add_version(path: Path, ring: KeyRing, slug: str) -> VersionSummary:
    """A new key for a product: pseudonyms are made with it from now on, older versions still recover."""

    def change(content: RingContent) -> RingContent:
        return _with_versions(content, slug, (*_live_entry(content, slug), new_version(content)))

    edit(path, ring, change)
    return ring.versions(slug)[-1]


def retire_version(path: Path, ring: KeyRing, slug: str) -> int:
    """Retire every version but the newest; returns how many. Results under them are joined to nobody."""
    retired = 0

    def change(content: RingContent) -> RingContent:
        nonlocal retired
        *older, newest = _live_entry(content, slug)
        retired = sum(version.state is VersionState.LIVE for version in older)
        if not retired:
            return content
        gone = (replace(version, state=VersionState.RETIRED) for version in older)
        return _with_versions(content, slug, (*gone, newest))

    edit(path, ring, change)
    return retired


def recovery_sheet(path: Path, passphrase: bytes) -> str:
    """The sheet to print: with it and the newest copy of the ring file everything can be restored."""
    ring = open_ring(path, passphrase)
    key = content_of(ring).recovery_key
    lines = []
    for number in range(4):
        part = key[8 * number : 8 * number + 8]
        letters = base64.b32encode(part + _line_check(number, part)).decode()
        lines.append(f"    {number + 1}:  " + "  ".join(letters[at : at + 4] for at in range(0, 16, 4)))
    return "\n".join(
        [
            "RECOVERY SHEET of the key ring",
            f"Board:        {ring.board_name}",
            f"Check value:  {ring.check_value}",
            "",
            *lines,
            "",
            "Keep this sheet in a safe, away from the copies of the ring file. Sheet and newest copy",
            "together restore everything; whoever has both can find every pupil behind every pseudonym.",
            "",
        ]
    )


def confirm_sheet(path: Path, ring: KeyRing, typed: str) -> None:
    """Record that the sheet was printed: its check value, typed back.

    Raises:
        SheetRefused: another value, so another ring's sheet or one from before a re-keying.
    """
    if re.sub(r"[\s-]", "", typed).upper() != ring.check_value.replace("-", ""):
        raise errors.SheetRefused(
            "This is not the check value of this key ring.", remedy="Print the sheet again."
        )
    edit(
        path,
        ring,
        lambda content: content if content.sheet_confirmed else replace(content, sheet_confirmed=True),
    )


def split_recovery_key(path: Path, passphrase: bytes) -> tuple[RingSummary, tuple[OfficersShare, ...]]:
    """New shares of the recovery key for the officers; the sheet and earlier shares stay good."""
    ring = open_ring(path, passphrase)
    return read_public(path), shares.split(content_of(ring).recovery_key)


def confirm_shares(path: Path, ring: KeyRing) -> None:
    """Record that every officer could read their share: the ring can be recovered without the passphrase."""
    edit(
        path,
        ring,
        lambda content: content if content.sheet_confirmed else replace(content, sheet_confirmed=True),
    )


def recover_from_shares(texts: Sequence[str], copy: Path, path: Path, new_passphrase: bytes) -> KeyRing:
    """Restore a ring from two officers' shares and a copy of the file. Raises as `recover_ring`."""
    secret = _long_enough(new_passphrase)
    return _recover(shares.combine(texts), copy, path, secret)


def recover_ring(sheet: str, copy: Path, path: Path, new_passphrase: bytes) -> KeyRing:
    """Restore a ring from the recovery sheet (the whole text or its four lines) and a copy of the file.

    Raises:
        SheetRefused: a line is missing or has a typing error; the message says which.
        WrongPassphrase: the key is not this file's: another ring, or from before a re-keying.
        RingExists: there is a ring at `path`; and as `open_ring` for a copy that is not whole.
    """
    secret = _long_enough(new_passphrase)
    return _recover(_key_on(sheet), copy, path, secret)


def _recover(key: bytes, copy: Path, path: Path, secret: bytes) -> KeyRing:
    ring = open_slot(ringfile.parse(ringfile.read_file(copy, check_modes=False)), "recovery", key)
    return _place_new(path, content_of(ring), ring_key_of(ring), secret)


def backup_ring(path: Path, target: Path) -> RingSummary:
    """Copy the sealed file to a new one, mode 0600; raises RingExists rather than overwrite one."""
    with ringfile.locked(path):
        whole = ringfile.read_file(path)
    summary = ringfile.parse(whole).summary
    try:
        # No link and rename here: sticks have file systems without links. A broken copy says that it is cut
        # off.
        opened = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise errors.RingExists(
            "There is a file at the place of the backup.", remedy="Choose another name."
        ) from None
    except OSError as error:
        raise errors.RingUnusable(
            f"The backup cannot be written ({os.strerror(error.errno or 0)})."
        ) from error
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(whole)
            file.flush()
            os.fsync(file.fileno())
        ringfile.sync_folder(target.parent)
    except OSError as error:
        target.unlink(missing_ok=True)
        raise errors.RingUnusable(
            f"The backup cannot be written ({os.strerror(error.errno or 0)})."
        ) from error
    return summary


@dataclass(frozen=True, slots=True)
class Destruction:
    """What was destroyed and what is left to do."""

    slug: str
    check_value: str
    """The new one: the ring has another ring key."""
    statement: str
    """From which moment it is final, in words for the one who ordered it."""


def destroy_product(
    path: Path, passphrase: bytes, slug: str, *, new_passphrase: bytes | None = None, now: datetime
) -> Destruction:
    """Remove a product's keys, and renew ring key, recovery key and slots, so that no copy brings them back
    unnoticed.

    The slug is spent; key ids and product id stay reserved. Programs that have the ring open must be
    restarted.

    Args:
        new_passphrase: without it the passphrase stays, and older copies of the file still open with it.

    Raises:
        ProductRefused: the product `_register`, without which the registers cannot be read.
        UnknownProduct, ProductDestroyed.
    """
    if slug == REGISTER_SLUG:
        raise errors.ProductRefused("The registers need this key; it cannot be destroyed.")
    secret = stripped(passphrase) if new_passphrase is None else _long_enough(new_passphrase)
    with ringfile.locked(path):
        content = content_of(open_ring(path, passphrase))
        gone = (
            KeyVersion(version.key_id, b"", VersionState.DESTROYED) for version in _live_entry(content, slug)
        )
        content = replace(
            _with_versions(content, slug, tuple(gone)),
            recovery_key=secrets.token_bytes(32),
            sheet_confirmed=False,
        )
        ring_key = secrets.token_bytes(32)
        ringfile.replace_file(path, _render_new(content, ring_key, secret))
        renewed = KeyRing(content, ring_key)
    opens = "the recovery sheet printed before it"
    if new_passphrase is None or stripped(new_passphrase) == stripped(passphrase):
        opens += " or the passphrase, which is still in use"
    else:
        opens += " or the former passphrase"
    moment = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return Destruction(
        slug,
        renewed.check_value,
        f"The keys of {slug} left the key ring at {moment}. It is final once every program which "
        "had the ring open is restarted and every copy of the ring file from before "
        f"{moment} is destroyed: until then such a copy opens with {opens}. "
        "Print and confirm the recovery sheet again, destroy the older one, and make a new backup.",
    )


def _live_entry(content: RingContent, slug: str) -> tuple[KeyVersion, ...]:
    entry = content.keys_of(slug)
    if entry.destroyed:
        raise errors.ProductDestroyed("The keys of this product were destroyed before.")
    return entry.versions


def _with_versions(content: RingContent, slug: str, versions: tuple[KeyVersion, ...]) -> RingContent:
    products = (
        replace(entry, versions=versions) if entry.product.slug == slug else entry
        for entry in content.products
    )
    return replace(content, products=tuple(products))


def _render_new(content: RingContent, ring_key: bytes, secret: bytes) -> bytes:
    slots = [
        new_slot("passphrase", secret, ring_key, content.board.id),
        new_slot("recovery", content.recovery_key, ring_key, content.board.id),
    ]
    return ringfile.render(content, ring_key, slots)


def _place_new(path: Path, content: RingContent, ring_key: bytes, secret: bytes) -> KeyRing:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        ringfile.refuse_loose(path.parent, os.stat(path.parent).st_mode, "700")
        with ringfile.locked(path):
            beside = ringfile.write_beside(path, _render_new(content, ring_key, secret))
            try:
                os.link(beside, path)
            finally:
                beside.unlink()
            ringfile.sync_folder(path.parent)
    except FileExistsError:
        raise errors.RingExists(
            "There is a key ring already; it was left as it is.", remedy="Choose another folder."
        ) from None
    except OSError as error:
        raise errors.RingUnusable(
            f"The key ring cannot be written ({os.strerror(error.errno or 0)})."
        ) from error
    return KeyRing(content, ring_key)


def require_long_enough(passphrase: bytes) -> None:
    """Raises PassphraseRefused as `create_ring` would, before anything is made."""
    _long_enough(passphrase)


def _long_enough(passphrase: bytes) -> bytes:
    secret = stripped(passphrase)
    if len(secret.decode("utf-8", "replace")) < MIN_PASSPHRASE_CHARACTERS:
        raise errors.PassphraseRefused(
            f"The passphrase is too short: at least {MIN_PASSPHRASE_CHARACTERS} characters.",
            remedy="Four or more random words do well.",
        )
    return secret


def _line_check(number: int, part: bytes) -> bytes:
    # With the number, so that two lines in the wrong order are noticed.
    return hashlib.sha256(_SHEET_LABEL + bytes((number,)) + part).digest()[:2]


def _key_on(sheet: str) -> bytes:
    """The recovery key from a typed-over sheet: lines `1:` to `4:`, or four lines of sixteen letters."""
    word = r"[A-Za-z0-9]{4}"
    lines = re.findall(
        rf"^[ \t]*(?:[1-4][:.)])?[ \t]*({word}(?:[ \t-]*{word}){{3}})[ \t\r]*$", sheet, re.MULTILINE
    )
    if len(lines) != 4:
        raise errors.SheetRefused(
            "The recovery key has four lines of four words.", remedy="Type all lines over."
        )
    key = b""
    for number, line in enumerate(lines):
        # What people read for a letter of base32: 0 is O, 1 is I, 8 is B.
        letters = re.sub(r"[ \t-]", "", line).upper().translate(str.maketrans("018", "OIB"))
        try:
            whole = base64.b32decode(letters)
        except ValueError:
            whole = b""
        if whole[8:] != _line_check(number, whole[:8]):
            raise errors.SheetRefused(f"Line {number + 1} of the recovery key has a typing error.")
        key += whole[:8]
    return key
