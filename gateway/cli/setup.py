"""`schuilnaam init`: home folder, settings, both databases, ring and storage key. Twice changes nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import click

from gateway.cli.console import Console, standard_options
from gateway.cli.homes import make_home
from gateway.cli.places import known_places, upgrade_both
from gateway.cli.postgres import postgres_address
from gateway.database import open_engine, require_reachable
from gateway.errors import UsageError
from gateway.settings import (
    SETTINGS_FILE,
    Settings,
    check_public_url,
    load_school_settings,
    load_settings,
)
from keys.ceremony import require_long_enough
from keys.custody import read_public

_BRIN: Final = re.compile(r"[0-9]{2}[A-Z]{2}\Z")


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
@click.option(
    "--sandbox/--no-sandbox",
    default=True,
    show_default=True,
    help="Offer vendors made-up pupils below /sandbox to build against.",
)
@standard_options
def init(
    console: Console,
    board: str,
    brins: tuple[str, ...],
    public_url: str | None,
    database: str | None,
    contact: str,
    sandbox: bool,
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

    def settings_of(board_id: str) -> Settings:
        return Settings(
            home=home,
            board_id=board_id,
            board_name=board.strip(),
            brins=tuple(dict.fromkeys(brins)),
            public_url=public_url,
            contact=contact,
            sandbox=sandbox,
        )

    settings = make_home(settings_of, home, passphrase, owner=owner, services=console.services)
    _answer(console, settings, created=True)


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
