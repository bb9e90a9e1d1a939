"""Makes a home folder: settings, both databases, ring and storage key; for `init` and for the sandbox."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

from contracts.instants import to_ms
from gateway.cli.places import make_places, store_addresses, upgrade_both
from gateway.errors import SettingsError, UsageError
from gateway.holdings.storage_key import StorageKey
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.school.services import SchoolServices, clock
from gateway.settings import Settings, store_settings
from keys.ceremony import create_ring
from keys.custody import open_ring, read_public


def make_home(
    settings_of: Callable[[str], Settings],
    home: Path,
    passphrase: bytes,
    *,
    owner: str | None,
    services: Callable[[], SchoolServices],
) -> Settings:
    """Make a home folder; a first try that was cut short is gone on with.

    Args:
        settings_of: the settings for a board id.
        owner: PostgreSQL address of the owner; None: embedded databases.
        services: opens the folder when it is complete; the board's creation is registered with it.

    Raises:
        UsageError, SettingsError, GatewayError, KeysError: what must be mended is in the message.
    """
    private_folder(home)
    settings = settings_of(_draft(home))
    # A first try that was cut short left its ring: it is opened, never overwritten.
    if settings.ring_path.exists():
        open_ring(settings.ring_path, passphrase)
    else:
        create_ring(settings.ring_path, settings.board_name, passphrase)
    settings.storage_key_path.parent.mkdir(mode=0o700, exist_ok=True)
    if not settings.storage_key_path.exists():
        StorageKey.create(settings.storage_key_path)
    settings.secrets_folder.mkdir(mode=0o700, exist_ok=True)
    summary = read_public(settings.ring_path)
    places = make_places(settings, owner)
    upgrade_both(places)
    store_addresses(settings, places, intake_public_key=summary.intake_public_key)
    # Last: the file that says that the home is complete.
    store_settings(settings)
    opened = services()
    audit.record(
        opened.school,
        AuditEvent.BOARD_CREATED,
        board_id=settings.board_id,
        actor=opened.operator(),
        now_ms=to_ms(clock()),
        details={"check_value": summary.check_value, "brins": settings.brins},
    )
    return settings


def private_folder(path: Path) -> None:
    """A folder of this user alone. Raises `UsageError`, `SettingsError`."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        raise UsageError(
            "The home folder cannot be made.",
            code="home_unwritable",
            remedy="Give a folder in one that exists and that you may write in.",
        ) from None
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(
            "The home folder may be entered by others.", code="home_mode", remedy=f"chmod 700 {path}"
        )


def _draft(home: Path) -> str:
    """The board's id for the databases: minted once, also when the first `init` was cut short."""
    path = home / "board_id"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        minted = secrets.token_hex(16)
        file.write(minted)
        file.flush()
        os.fsync(file.fileno())
    return minted
