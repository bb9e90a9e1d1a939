"""`schuilnaam init`: home folder, settings, both databases, ring and storage key. Twice changes nothing."""

from __future__ import annotations

import os
import re
import secrets
import stat
from pathlib import Path
from typing import Final

import click

from contracts.instants import to_ms
from gateway.cli.console import Console, standard_options
from gateway.cli.places import known_places, make_places, store_addresses, upgrade_both
from gateway.cli.postgres import postgres_address
from gateway.database import open_engine, require_reachable
from gateway.errors import SettingsError, UsageError
from gateway.holdings.storage_key import StorageKey
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.school.services import clock
from gateway.settings import (
    SETTINGS_FILE,
    Settings,
    check_public_url,
    load_school_settings,
    load_settings,
    store_settings,
)
from keys.ceremony import create_ring, require_long_enough
from keys.custody import open_ring, read_public

_BRIN: Final = re.compile(r"[0-9]{2}[A-Z]{2}\Z")


def _private_folder(path: Path) -> None:
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


@click.command()
@click.option("--board", required=True, help="Name of the school board (bevoegd gezag).")
@click.option("--brin", "brins", multiple=True, help="BRIN of each school of the board, such as 99ZZ.")
@click.option(
    "--public-url", help="How vendors reach the gateway, such as https://schuilnaam.school.example."
)
@click.option(
    "--database", help="PostgreSQL address of the owner; default: embedded databases in the home folder."
)
@click.option("--contact", default="", help="Whom a vendor writes to; shown in refusals.")
@standard_options
def init(
    console: Console,
    board: str,
    brins: tuple[str, ...],
    public_url: str | None,
    database: str | None,
    contact: str,
) -> None:
    """Make a home folder with settings, databases and key ring; prints the ring's check value."""
    home = console.home.absolute()
    if not board.strip() or len(board) > 200 or not board.strip().isprintable():
        raise UsageError("--board is the name of the board, at most 200 characters.", code="board_invalid")
    for brin in brins:
        if not _BRIN.match(brin):
            raise UsageError("A BRIN is two digits and two capitals, such as 99ZZ.", code="brin_invalid")
    public_url = None if public_url is None else check_public_url(public_url)
    owner = None if database is None else postgres_address(database)
    if (home / SETTINGS_FILE).exists():
        _again(console, home, board=board, brins=brins, public_url=public_url, owner=owner)
        return
    passphrase = console.passphrase("New passphrase for the key ring")
    # What would fail later fails here, before anything is made.
    require_long_enough(passphrase)
    if owner is not None:
        _require_server(owner)
    _private_folder(home)
    draft = _draft(home)
    settings = Settings(
        home=home,
        board_id=draft,
        board_name=board.strip(),
        brins=tuple(dict.fromkeys(brins)),
        public_url=public_url,
        contact=contact,
    )
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
    services = console.services()
    audit.record(
        services.school,
        AuditEvent.BOARD_CREATED,
        board_id=settings.board_id,
        actor=services.operator(),
        now_ms=to_ms(clock()),
        details={"check_value": summary.check_value, "brins": settings.brins},
    )
    _answer(console, settings, created=True)


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


def _require_server(owner: str) -> None:
    engine = open_engine(owner)
    try:
        require_reachable(engine, "PostgreSQL")
    finally:
        engine.dispose()


def _again(
    console: Console,
    home: Path,
    *,
    board: str,
    brins: tuple[str, ...],
    public_url: str | None,
    owner: str | None,
) -> None:
    settings = load_settings(home)
    if settings.board_name != board.strip():
        raise UsageError(
            "This home folder belongs to another board.",
            code="home_of_other_board",
            remedy="Use another --home; nothing was changed.",
        )
    differing = [
        name
        for name, differs in (
            ("brins", bool(brins) and tuple(dict.fromkeys(brins)) != settings.brins),
            ("public_url", public_url is not None and public_url != settings.public_url),
        )
        if differs
    ]
    if differing:
        raise UsageError(
            f"This home folder has another {' and '.join(differing)}; nothing was changed.",
            code="settings_differ",
            remedy="Change it in settings.toml, and restart serve.",
        )
    if owner is not None or load_school_settings(home).database.startswith("sqlite"):
        upgrade_both(known_places(settings, owner))
    _answer(console, settings, created=False)


def _answer(console: Console, settings: Settings, *, created: bool) -> None:
    summary = read_public(settings.ring_path)
    console.answer(
        {
            "home": str(settings.home),
            "board": settings.board_name,
            "brins": list(settings.brins),
            "public_url": settings.public_url,
            "check_value": summary.check_value,
            "sheet_confirmed": summary.sheet_confirmed,
            "created": created,
        },
        f"{'Made' if created else 'Already there'}: {settings.home}\nCheck value of the key ring: "
        f"{summary.check_value}\n"
        + (
            ""
            if summary.sheet_confirmed
            else "Next: print the recovery sheet (schuilnaam key sheet); without it nobody can ever relink."
        ),
    )
