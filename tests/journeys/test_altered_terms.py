"""Somebody changes agreements behind the program's back: nothing goes by them, and what people approved is put back."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from sqlalchemy import Connection, delete, text, update

from contracts.agreements import CompiledAgreement
from contracts.vocabulary import Form
from gateway.connections import compiled as door
from gateway.connections.tables import compiled_agreements
from gateway.database import writing
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId
from gateway.school.agreements import active_agreements, at_the_door, publish_current
from gateway.school.services import clock
from tests.journeys.door import Clock, opened
from tests.journeys.grading import until
from tests.journeys.rig import Rig

PRODUCT = ProductId("rekenwijs")


def everything_in_clear(found: CompiledAgreement) -> CompiledAgreement:
    return dataclasses.replace(
        found, entries=tuple(dataclasses.replace(each, form=Form.CLEAR) for each in found.entries)
    )


def test_terms_that_were_changed_in_the_fronts_database_release_nothing(rig: Rig) -> None:
    rig.agree(PRODUCT)
    services = rig.services()
    (agreed,) = active_agreements(services)
    wider = everything_in_clear(agreed)
    assert wider.digest != agreed.digest
    with writing(services.front) as connection:
        connection.execute(update(compiled_agreements).values(content=wider.to_json(), digest=wider.digest))
    assert at_the_door(services, PRODUCT).altered
    assert active_agreements(services) == []


def test_terms_that_were_published_in_the_fronts_database_with_an_audit_entry_release_nothing(
    rig: Rig,
) -> None:
    rig.agree(PRODUCT)
    services = rig.services()
    (agreed,) = active_agreements(services)
    wider = everything_in_clear(agreed)
    with writing(services.front) as connection:
        door.publish_compiled(connection, wider, board_id=services.board_id, now_ms=1)
        audit.record(
            connection,
            AuditEvent.AGREEMENT_COMPILED,
            board_id=services.board_id,
            actor=services.gateway(),
            now_ms=1,
            product=PRODUCT,
            object_id=PRODUCT,
            details={"digest": wider.digest, "version": wider.version},
        )
    assert not at_the_door(services, PRODUCT).altered, "the door cannot tell"
    assert active_agreements(services) == []


def narrower(found: CompiledAgreement) -> CompiledAgreement:
    return dataclasses.replace(found, entries=found.entries[:-1])


def alter_content(connection: Connection, found: CompiledAgreement) -> None:
    connection.execute(update(compiled_agreements).values(content=narrower(found).to_json()))


def take_away(connection: Connection, found: CompiledAgreement) -> None:
    connection.execute(delete(compiled_agreements).where(compiled_agreements.c.digest == found.digest))


def make_text(connection: Connection, found: CompiledAgreement) -> None:
    connection.execute(text("UPDATE compiled_agreements SET content = 'leeg'"))


def nest(connection: Connection, found: CompiledAgreement) -> None:
    connection.execute(update(compiled_agreements).values(content=b"[" * 200_000))


@pytest.mark.parametrize("alter", [alter_content, take_away, make_text, nest])
def test_a_row_that_was_changed_at_the_door_is_refused_and_then_put_right(
    rig: Rig, alter: Callable[[Connection, CompiledAgreement], None]
) -> None:
    rig.agree(PRODUCT)
    rig.refresh()
    services = rig.services()
    (agreed,) = active_agreements(services)
    with opened(rig, Clock()):
        vendor = rig.vendor(PRODUCT)
        before = vendor.pull("users").ids()
        assert before
        with writing(services.front) as connection:
            alter(connection, agreed)

        disclosed = len(rig.disclosures())
        refused = vendor.get("users")
        assert refused.status == 403
        assert b"agreement_altered" in refused.body
        assert len(rig.disclosures()) == disclosed
        assert publish_current(services, now=clock()) == [PRODUCT]

        assert vendor.pull("users").ids() == before
        assert publish_current(services, now=clock()) == []
    found = [entry for entry in rig.audited("front") if entry["event"] == "gateway:agreement:found_altered"]
    assert [entry["product"] for entry in found] == [PRODUCT]
    assert found[0]["details"]["digest"] == agreed.digest  # type: ignore[index]
    assert rig.command("register", "verify")["intact"] is True


ALTERED_IN_THE_REGISTER = {
    "the last day": "UPDATE agreement_versions SET ended_on = '2099-01-01'",
    "the state": "UPDATE agreement_versions SET suspended = 1",
    "a column of another type": "UPDATE agreement_versions SET record = 'leeg', ended_on = 7",
    "no version any more": "DELETE FROM agreement_versions",
    "no trace any more": "DELETE FROM agreement_transitions; DELETE FROM agreement_version_products;"
    "DELETE FROM agreement_versions; DELETE FROM vendor_products",
}


@pytest.mark.parametrize("sql", ALTERED_IN_THE_REGISTER.values(), ids=ALTERED_IN_THE_REGISTER)
def test_a_row_that_was_changed_in_the_register_stops_the_door_within_seconds(rig: Rig, sql: str) -> None:
    rig.agree(PRODUCT)
    rig.refresh()
    rig.serve()
    vendor = rig.vendor(PRODUCT)
    assert vendor.get("users").status == 200

    # A program of its own, which does not mind what refers to what.
    with closing(sqlite3.connect(rig.home / "data" / "school.sqlite", timeout=10)) as database:
        database.executescript(sql)

    # The calendar of the school side looks once a minute; this is the watch.
    assert until(lambda: vendor.get("users").status == 403, seconds=8)
    assert b"agreement_suspended" in vendor.get("users").body
    assert active_agreements(rig.services()) == []


def test_a_register_that_is_restored_lets_the_door_go_on_within_seconds(rig: Rig) -> None:
    rig.agree(PRODUCT)
    rig.refresh()
    rig.serve()
    vendor = rig.vendor(PRODUCT)
    with closing(sqlite3.connect(rig.home / "data" / "school.sqlite", timeout=10)) as database:
        database.executescript("UPDATE agreement_versions SET suspended = 1")
        assert until(lambda: vendor.get("users").status == 403, seconds=8)
        database.executescript("UPDATE agreement_versions SET suspended = 0")
    assert until(lambda: vendor.get("users").status == 200, seconds=8)
