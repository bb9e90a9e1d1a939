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
from gateway.cli.postgres import create_schemas, grant_tables, postgres_address
from gateway.database import front_metadata, open_engine, require_reachable, school_metadata
from gateway.errors import SettingsError, UsageError
from gateway.holdings.storage_key import StorageKey
from gateway.migrations.running import upgrade
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.registers.tables import APPEND_ONLY
from gateway.school.consents import tables as consents
from gateway.school.regulations import tables as regulations
from gateway.school.services import clock
from gateway.settings import (
    FRONT_FILE,
    SCHOOL_FILE,
    SETTINGS_FILE,
    Settings,
    check_public_url,
    load_settings,
    store_settings,
    write_toml,
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
    _databases(settings, owner)
    summary = read_public(settings.ring_path)
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


def _databases(settings: Settings, owner: str | None) -> None:
    intake = read_public(settings.ring_path).intake_public_key.hex()
    if owner is None:
        folder = settings.home / "data"
        folder.mkdir(mode=0o700, exist_ok=True)
        front, school = f"sqlite:///{folder}/front.sqlite", f"sqlite:///{folder}/school.sqlite"
        school_to_front, owner_front, owner_school = front, front, school
    else:
        addresses = create_schemas(owner, suffix=settings.board_id[:12])
        front, school, school_to_front = addresses.front, addresses.school, addresses.school_to_front
        owner_front, owner_school = addresses.owner_front, addresses.owner_school
    old_mask = os.umask(0o077)
    try:
        _upgrade(owner_front, owner_school, suffix=None if owner is None else settings.board_id[:12])
    finally:
        os.umask(old_mask)
    write_toml(settings.home / FRONT_FILE, {"database": front, "intake_public_key": intake})
    write_toml(settings.home / SCHOOL_FILE, {"database": school, "front_database": school_to_front})


def _upgrade(owner_front: str, owner_school: str, *, suffix: str | None) -> None:
    for side, address in (("front", owner_front), ("school", owner_school)):
        engine = open_engine(address)
        upgrade(engine, "front" if side == "front" else "school")
        if suffix is not None:
            grant_tables(
                engine,
                side=side,
                suffix=suffix,
                register_tables=_append_only(side),
                roles=("front", "school") if side == "front" else ("school",),
            )
        engine.dispose()


def _append_only(side: str) -> list[str]:
    metadata = front_metadata if side == "front" else school_metadata
    every = (*APPEND_ONLY, *consents.APPEND_ONLY, *regulations.APPEND_ONLY)
    return [table.name for table in every if table.metadata is metadata]


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
    if owner is None and (home / "data").exists():
        folder = home / "data"
        _upgrade(f"sqlite:///{folder}/front.sqlite", f"sqlite:///{folder}/school.sqlite", suffix=None)
    elif owner is not None:
        suffix = settings.board_id[:12]
        url = replace_schema(owner, suffix)
        _upgrade(url["front"], url["school"], suffix=suffix)
    _answer(console, settings, created=False)


def replace_schema(owner: str, suffix: str) -> dict[str, str]:
    """The owner's address with the schema of each side as search path."""
    joiner = "&" if "?" in owner else "?"
    return {
        side: f"{owner}{joiner}options=-csearch_path%3Dschuilnaam_{side}_{suffix}"
        for side in ("front", "school")
    }


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
