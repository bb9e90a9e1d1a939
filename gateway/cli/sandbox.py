"""`schuilnaam sandbox`: made-up pupils below `/sandbox`, so that vendors can build before any school signs."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from contracts.instants import from_ms, to_ms
from gateway.cli.console import Console, standard_options
from gateway.cli.homes import make_home, private_folder
from gateway.connections import sandbox_place, sandbox_presses
from gateway.connections.sandbox_place import (
    FOLDER,
    PATH,
    REQUESTS_PER_MINUTE,
    STRANGERS_PER_MINUTE,
    TOKENS_PER_MINUTE,
    Place,
)
from gateway.database import reading
from gateway.errors import UsageError
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId
from gateway.sandbox.board import BOARD, BRINS
from gateway.sandbox.running import Ceremonies, SandboxRun
from gateway.school.services import SchoolServices, clock, open_services
from gateway.settings import Settings, load_settings
from keys import ceremony

LAST_IN_LINE: Final = 10
"""How much less of the processor it gets than the gateway itself."""


@click.group()
def sandbox() -> None:
    """Made-up pupils below /sandbox, for vendors who build before any school signs."""


def make_sandbox(home: Path) -> Place:
    """Make another sandbox below a home folder and make it the current one; the one before is left to its readers.

    Its databases are embedded whatever the real ones are: it is small, and a reset throws them away. Its ring protects
    nobody, so the passphrase lies beside it.
    """
    folder = home / FOLDER
    private_folder(folder)
    name = f"g-{secrets.token_hex(6)}"
    draft = folder / name
    passphrase = secrets.token_hex(16).encode()
    private_folder(draft)
    descriptor = os.open(draft / "passphrase", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(passphrase)

    def settings_of(board_id: str) -> Settings:
        return Settings(
            home=draft,
            board_id=board_id,
            board_name=BOARD,
            brins=BRINS,
            # Nothing of the real board's settings, not even whom to write to.
            refresh_every_hours=0,
            first_pull_wait_seconds=5,
            removal_threshold_percent=100,
            vendor_requests_per_minute=REQUESTS_PER_MINUTE,
            vendor_tokens_per_minute=TOKENS_PER_MINUTE,
            stranger_requests_per_minute=STRANGERS_PER_MINUTE,
        )

    opened: list[SchoolServices] = []

    def services() -> SchoolServices:
        opened.append(open_services(draft))
        return opened[0]

    make_home(settings_of, draft, passphrase, owner=None, services=services)
    for each in opened:
        each.front.dispose()
        each.school.dispose()
    sandbox_place.point_at(home, name)
    return Place(draft)


def add_version(services: SchoolServices, product: ProductId) -> None:
    """As `schuilnaam key add-version`, for a product that shares its key with no other."""
    ceremony.add_version(services.settings.ring_path, services.ring, product)
    audit.record(
        services.school,
        AuditEvent.KEY_VERSION_ADDED,
        board_id=services.board_id,
        actor=services.operator(),
        now_ms=to_ms(clock()),
        product=product,
        object_id=product,
        details={"version": len(services.ring.versions(product))},
    )


def _switched_on(console: Console) -> Path:
    home = Path(console.home).resolve()
    if not load_settings(home).sandbox:
        raise UsageError(
            "The sandbox of this home folder is switched off.",
            code="sandbox_off",
            remedy="Set `sandbox = true` in settings.toml, and restart serve.",
        )
    return home


@sandbox.command("create")
@standard_options
def create(console: Console) -> None:
    """Make the sandbox where there is none; `serve` does it by itself."""
    home = _switched_on(console)
    known = sandbox_place.current(home)
    place = known or make_sandbox(home)
    console.answer(
        {"sandbox": place.name, "created": known is None},
        f"{'Made' if known is None else 'Already there'}: {place.name}",
    )


@sandbox.command("reset")
@standard_options
def reset(console: Console) -> None:
    """Throw the sandbox away and make another: every client and agreement in it is gone."""
    place = make_sandbox(_switched_on(console))
    console.answer({"sandbox": place.name, "created": True}, f"Made: {place.name}")


@sandbox.command("show")
@standard_options
def show(console: Console) -> None:
    """Whether there is one, since when, how full it is, and what waits to happen."""
    settings = load_settings(console.home)
    place = sandbox_place.current(Path(console.home).resolve())
    address = None if settings.public_url is None else f"{settings.public_url}{PATH}/"
    said: dict[str, object] = {"switched_on": settings.sandbox, "address": address, "sandbox": None}
    lines = [f"Switched {'on' if settings.sandbox else 'off'}.", "There is no sandbox."]
    if place is not None:
        services = open_services(place.folder)
        try:
            with reading(services.front) as connection:
                taken = sandbox_presses.places(connection, board_id=services.board_id)
                waiting = len(sandbox_presses.waiting(connection, board_id=services.board_id, limit=1_000))
        finally:
            services.front.dispose()
            services.school.dispose()
        resets_at = from_ms(place.resets_at_ms).isoformat()
        said |= {"sandbox": place.name, "places": taken, "waiting": waiting, "resets_at": resets_at}
        lines[1] = f"{place.name}: {taken} places taken, {waiting} presses waiting; made anew {resets_at}."
    console.answer(said, "\n".join(lines))


@sandbox.command("run")
@standard_options
def run(console: Console) -> None:
    """Drive the sandbox until stopped; `serve` starts it. Never opens the board's own ring or databases."""
    # Whatever strangers press, the real gateway on this machine goes first.
    os.nice(LAST_IN_LINE)
    running = SandboxRun(_switched_on(console), Ceremonies(make=make_sandbox, new_version=add_version))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: running.end())
    running.run(at_work=_said(console))


def _said(console: Console) -> Callable[[], None]:
    return lambda: console.answer({"sandbox": "at work"}, "The sandbox is at work.")
