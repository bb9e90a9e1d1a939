"""Whoever holds the front's database writes wider terms into it: the school side does not release by them."""

from __future__ import annotations

import dataclasses

from sqlalchemy import update

from contracts.agreements import CompiledAgreement
from contracts.vocabulary import Form
from gateway.connections import compiled as door
from gateway.connections.tables import compiled_agreements
from gateway.database import writing
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId
from gateway.school.agreements import active_agreements, at_the_door
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
