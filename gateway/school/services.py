"""What the school side works with: both databases, the storage key and, once unlocked, the ring."""

from __future__ import annotations

import getpass
import os
import stat
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, make_url

from gateway.database import open_engine
from gateway.errors import GatewayUnready, SettingsError
from gateway.holdings.storage_key import StorageKey
from gateway.migrations.current import require_current
from gateway.registers.actors import Actor
from gateway.school.private_memory import keep_memory_private
from gateway.settings import (
    FrontSettings,
    SchoolSettings,
    Settings,
    load_front_settings,
    load_school_settings,
    load_settings,
)
from keys.custody import add_product, add_space, open_ring, read_public
from keys.keyring import KeyRing
from keys.scope import IdentifierSpace, Product


def os_account() -> str:
    """The operating-system account under which this runs; stands beside every claimed name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid:{os.getuid()}"


def clock() -> datetime:
    """The one place on the school side that asks for the time; everything else is told."""
    return datetime.now(UTC)  # noqa: TID251 (the clock itself)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolServices:
    """Everything that the school side uses; made once per command or process."""

    settings: Settings
    front_settings: FrontSettings
    school_settings: SchoolSettings
    front: Engine = field(repr=False)
    school: Engine = field(repr=False)
    storage_key: StorageKey
    unlocked_ring: KeyRing | None = None

    @property
    def board_id(self) -> str:
        """In every table."""
        return self.settings.board_id

    @property
    def is_unlocked(self) -> bool:
        """Whether the ring is at hand."""
        return self.unlocked_ring is not None

    @property
    def ring(self) -> KeyRing:
        """Raises `GatewayUnready` while the ring is locked."""
        if self.unlocked_ring is None:
            raise GatewayUnready("The key ring is locked.", code="ring_locked", remedy="Give the passphrase.")
        return self.unlocked_ring

    def unlock(self, passphrase: bytes) -> SchoolServices:
        """The same services with the ring.

        Raises:
            keys.errors.RingUnusable: it cannot be opened.
            GatewayUnready: `ring_foreign`.
        """
        require_ring_of_home(self.settings, self.front_settings)
        keep_memory_private()
        return replace(self, unlocked_ring=open_ring(self.settings.ring_path, passphrase))

    def space(self, name: str) -> IdentifierSpace:
        """The identifier space of a source; registered in the ring when it is used for the first time."""
        return add_space(self.settings.ring_path, self.ring, name)

    def product_key(self, slug: str, *, recipient_kvk: str) -> Product:
        """The product in the ring; gets its random key when it is used for the first time.

        Raises:
            ProductRefused: the slug belongs to another recipient.
        """
        return add_product(self.settings.ring_path, self.ring, slug, recipient_kvk)

    def person(self, claim: str) -> Actor:
        """Somebody who says to be `claim`, under this operating-system account."""
        return Actor.person(claim, os_account=os_account())

    def operator(self) -> Actor:
        """Whoever runs this command; no name was asked for, so the account is all there is."""
        return Actor.person(os_account(), os_account=os_account())

    def gateway(self) -> Actor:
        """The gateway by itself."""
        return Actor.gateway(os_account=os_account())


def require_ring_of_home(settings: Settings, front_settings: FrontSettings) -> None:
    """Raise `GatewayUnready` unless the ring is the one with which this home was made.

    Attack by accident: after a restore, the ring of another board or of a trial stands in the folder. Every pupil would
    get another pseudonym, and nothing that vendors return would open. The intake key never changes, also not when the
    ring is re-keyed.
    """
    found = read_public(settings.ring_path)
    if found.intake_public_key.hex() != front_settings.intake_public_key:
        raise GatewayUnready(
            f"The key ring {found.check_value} is not the one of this home folder.",
            code="ring_foreign",
            remedy="Put the right ring in its place, from its own backup; compare the check value on the sheet.",
        )


def open_services(home: Path, *, older_schema: bool = False) -> SchoolServices:
    """Open the home folder of an initialised gateway.

    Args:
        older_schema: also where the databases wait for an upgrade; only their registers may be used then.

    Raises:
        SettingsError, GatewayUnready: what to do is in the message.
    """
    settings = load_settings(home)
    _require_private(home)
    front_settings, school_settings = load_front_settings(home), load_school_settings(home)
    for address in (school_settings.front_database, school_settings.database):
        _require_database_file(address)
    front, school = open_engine(school_settings.front_database), open_engine(school_settings.database)
    try:
        require_current(front, "front", older_allowed=older_schema)
        require_current(school, "school", older_allowed=older_schema)
    except BaseException:
        front.dispose()
        school.dispose()
        raise
    return SchoolServices(
        settings=settings,
        front_settings=front_settings,
        school_settings=school_settings,
        front=front,
        school=school,
        storage_key=StorageKey.load(settings.storage_key_path),
    )


def _require_private(home: Path) -> None:
    """The group may be the vendors' door under a user of its own: it may enter, and change nothing."""
    if home.stat().st_mode & (stat.S_IWGRP | stat.S_IRWXO):
        raise SettingsError(
            "The home folder may be entered or changed by others.",
            code="home_mode",
            remedy=f"chmod 700 {home}",
        )


def _require_database_file(address: str) -> None:
    """An embedded database that is gone must not be made anew, empty, by being opened."""
    url = make_url(address)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise GatewayUnready(
            f"The database file {Path(url.database or '').name} is not there.",
            code="database_unavailable",
            remedy="Restore it from a backup, or check its address in the home folder.",
        )
