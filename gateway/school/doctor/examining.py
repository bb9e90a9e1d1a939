"""All checks in one order, each on its own: what one cannot look at, the others still do.

Nothing here changes anything, and no secret is needed: the ring stays locked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from contracts.errors import ContractError
from gateway.database import open_engine
from gateway.errors import GatewayError
from gateway.school.doctor import machine, stores, work
from gateway.school.doctor.finding import Finding
from gateway.school.services import SchoolServices, open_services
from gateway.settings import load_front_settings, load_school_settings, load_settings
from keys.errors import KeysError


def examine(home: Path, *, now: datetime, network: bool) -> list[Finding]:
    """Every finding about a home folder.

    Args:
        network: whether to ask sources for access and to look at certificates.
    """
    found: list[Finding] = []
    try:
        settings = load_settings(home)
        front_settings, school_settings = load_front_settings(home), load_school_settings(home)
    except GatewayError as error:
        return [Finding.fail("settings", str(error), error.remedy, code=error.code)]
    found.append(
        Finding.ok(
            "settings",
            f"Settings of {settings.board_name}.",
            dutch=f"Instellingen van {settings.board_name}.",
        )
    )
    found.append(_asked("modes", lambda: machine.modes(settings)))
    found.append(_asked("disk", lambda: machine.disk(settings)))
    found.append(_asked("ring", lambda: stores.ring(settings)))
    found.append(_asked("recovery_sheet", lambda: stores.sheet(settings)))
    found.append(_asked("storage_key", lambda: machine.storage_key(settings)))
    found.append(_asked("sandbox", lambda: machine.sandbox(settings)))
    try:
        services = open_services(home)
    except GatewayError as error:
        found += _schemas(school_settings.front_database, school_settings.database, error)
    else:
        try:
            door = open_engine(front_settings.database)
            found.append(
                Finding.ok(
                    "schema_front",
                    "The front database has the schema of this version.",
                    dutch="De database van de deur hoort bij deze versie.",
                )
            )
            found.append(
                Finding.ok(
                    "schema_school",
                    "The school database has the schema of this version.",
                    dutch="De database van de school hoort bij deze versie.",
                )
            )
            found.append(
                _asked("ring_matches", lambda: stores.ring_matches(settings, front_settings, services.school))
            )
            found.append(
                _asked(
                    "clock", lambda: stores.clock_runs_on(services.front, board_id=settings.board_id, now=now)
                )
            )
            found.append(_asked("database_roles", lambda: stores.database_roles(door, services.school)))
            door.dispose()
            found += _work(services, now=now, network=network)
        finally:
            services.front.dispose()
            services.school.dispose()
    for name, url, needed in (
        ("public_url", settings.public_url, True),
        ("pages_url", settings.pages_url, False),
    ):
        found.append(
            _asked(
                name,
                lambda name=name, url=url, needed=needed: machine.address(  # type: ignore[misc]
                    name, url, needed=needed, network=network, now=now
                ),
            )
        )
    return found


def _work(services: SchoolServices, *, now: datetime, network: bool) -> list[Finding]:
    found = [_asked(name, lambda check=check: check(services, now)) for name, check in work.CHECKS]  # type: ignore[misc]
    try:
        found += work.sources(services, network=network)
    except (GatewayError, DBAPIError):
        found.append(
            Finding.fail(
                "sources",
                "The sources cannot be looked up.",
                "See the check `schema_school`.",
                dutch="De bronnen kunnen niet worden opgezocht.",
            )
        )
    return found


def _schemas(front: str, school: str, error: GatewayError) -> list[Finding]:
    """Which of the two databases keeps the home from being opened."""
    found = []
    for which, address in (("front", front), ("school", school)):
        engine = open_engine(address) if _is_there(address) else None
        if engine is None:
            found.append(
                Finding.fail(
                    f"schema_{which}",
                    f"The {which} database is not there.",
                    error.remedy,
                    dutch=f"De database ({which}) is er niet.",
                )
            )
            continue
        side = "front" if which == "front" else "school"
        found.append(_asked(f"schema_{which}", lambda engine=engine, side=side: stores.schema(engine, side)))  # type: ignore[misc]
        engine.dispose()
    if all(each.verdict == "ok" for each in found):
        found.append(Finding.fail("home", str(error), error.remedy, code=error.code))
    return found


def _is_there(address: str) -> bool:
    # An embedded database that is gone must not be made by looking for it.
    return not address.startswith("sqlite:///") or Path(address.removeprefix("sqlite:///")).is_file()


def _asked(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except (GatewayError, ContractError, KeysError) as error:
        return Finding.fail(name, str(error), str(getattr(error, "remedy", "")), code=error.code)
    except DBAPIError:
        return Finding.fail(
            name,
            "The database does not answer.",
            "Start it, and look at disk and server.",
            dutch="De database antwoordt niet.",
        )
    except OSError:
        return Finding.fail(
            name,
            "A file cannot be read.",
            "Run doctor as the user of the gateway.",
            dutch="Een bestand is niet leesbaar.",
        )
