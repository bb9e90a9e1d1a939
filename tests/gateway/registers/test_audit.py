from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import Engine

from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import DETAILS, LOG_OF, AuditEvent, Shape
from gateway.registers.tables import Log
from tests.gateway.registers.examples import BOARD, NOW

GRAMMAR = re.compile(r"(person|vendor|gateway):[a-z]+(_[a-z]+)*:[a-z]+(_[a-z]+)*\Z")

FROZEN = """
gateway:agreement:closed gateway:agreement:compiled gateway:agreement:found_altered
gateway:agreement:withdrawn gateway:clock:set_back gateway:consent:expired gateway:deletion:continued
gateway:deletion:found_overdue gateway:deletion:started gateway:deletion_request:drafted
gateway:disclosure:not_sent gateway:generation:published gateway:holdings:expired gateway:holdings:withdrawn
gateway:leak:held_back gateway:leak:withheld gateway:receipt:made gateway:refresh:failed
gateway:refresh:finished gateway:refresh:held_back gateway:refresh:started gateway:result:dead_lettered
gateway:result:delivered gateway:result:kept gateway:result:quarantined gateway:ring:unlocked
gateway:shredding:continued gateway:shredding:proposed gateway:staff:locked person:agreement:activated
person:agreement:advised
person:agreement:approved person:agreement:end_planned person:agreement:ended
person:agreement:finding_accepted person:agreement:narrowed person:agreement:refused
person:agreement:registered person:agreement:replaced person:agreement:resumed person:agreement:suspended
person:backup:restored person:backup:written person:board:created person:client:issued person:client:revoked
person:consent:given person:consent:imported person:consent:refused person:consent:withdrawn
person:consent_text:registered person:database:upgraded person:dead_letter:retried person:deletion:confirmed
person:export:written person:key:destroyed person:key:product_added person:key:version_added
person:key:version_retired person:leaflet:answered person:leaflet:imported person:legal_delivery:noted
person:mail:resent person:mail:tested person:objection:added person:objection:lifted
person:page:refused person:refresh:accepted person:refresh:requested person:register:checkpointed
person:register:read person:register:verified person:regulation:enforcement_chosen
person:regulation:exceeded person:regulation:recorded person:ring:backed_up person:ring:created
person:ring:passphrase_changed person:ring:recovered person:ring:share_confirmed person:ring:shares_printed
person:ring:sheet_confirmed person:ring:sheet_printed person:shredding:dropped person:shredding:planned
person:source:added person:source:changed person:source:checked person:source:schools_mapped
person:staff:closed person:staff:credentials_set person:staff:invited person:staff:recovery_code_used
person:staff:passkey_added person:staff:passkey_removed person:staff:roles_changed
person:staff:sessions_ended person:staff:signed_in person:staff:token_issued
person:staff:token_revoked person:subprocessor:accepted person:subprocessor:announced
person:subprocessor:objected person:vendor:resumed person:vendor:stopped vendor:client:refused
vendor:refresh:asked vendor:request:refused vendor:result:accepted vendor:result:refused vendor:token:issued
person:alias_style:chosen person:layout:added person:results:taken person:school_year:dropped
person:school_year:planned person:switchover:confirmed person:switchover:made
person:yearly_check:ticked
"""  # fmt: skip


@pytest.mark.parametrize("event", AuditEvent)
def test_name_of_every_event_follows_the_grammar(event: AuditEvent) -> None:
    assert GRAMMAR.match(event.value)
    assert len(event.value) <= 64


def test_names_that_were_ever_stored_are_still_there_unchanged() -> None:
    # Add new names to FROZEN; never remove one.
    assert sorted(event.value for event in AuditEvent) == sorted(FROZEN.split())


@pytest.mark.parametrize("event", AuditEvent)
def test_every_event_has_a_log_and_a_list_of_details(event: AuditEvent) -> None:
    assert LOG_OF[event] in (Log.AUDIT, Log.AUDIT_SCHOOL)
    assert isinstance(DETAILS[event], tuple)


def test_text_typed_by_staff_stays_in_the_database_of_the_school() -> None:
    for event, details in DETAILS.items():
        if LOG_OF[event] is Log.AUDIT:
            assert all(detail.shape is not Shape.TEXT for detail in details)


def record(engine: Engine, event: AuditEvent, details: Any) -> int:
    return audit.record(
        engine, event, board_id=BOARD, actor=Actor.vendor("c1"), now_ms=NOW, object_id="c1", details=details
    )


def test_event_is_registered_with_its_details(engine: Engine) -> None:
    record(engine, AuditEvent.REQUEST_REFUSED, {"reason": "not_in_force", "status": 403})
    [entry] = audit.listed(engine, Log.AUDIT, board_id=BOARD)
    assert entry.event == "vendor:request:refused"
    assert entry.details == {"reason": "not_in_force", "status": 403}
    assert entry.actor == {"kind": "vendor", "client_id": "c1"}


def test_school_event_goes_to_the_log_of_the_school(engine: Engine) -> None:
    record(engine, AuditEvent.REFRESH_FINISHED, {"generation": 3, "counts": {"user": 40}})
    assert list(audit.listed(engine, Log.AUDIT, board_id=BOARD)) == []
    assert len(list(audit.listed(engine, Log.AUDIT_SCHOOL, board_id=BOARD))) == 1


@pytest.mark.parametrize(
    "details",
    [
        {"name": "Jip de Vries"},
        {"reason": "Jip de Vries is er niet (é)"},
        {"reason": ""},
        {"status": "403"},
        {"status": True},
        {"status": -1},
        {"fields": "user.givenName"},
        {"fields": ["user.givenName", 3]},
        {"fields": ["x" * 200]},
    ],
)
def test_detail_that_is_not_allowed_is_refused_unseen_and_nothing_is_registered(
    engine: Engine, details: dict[str, object]
) -> None:
    with pytest.raises(ValueError) as refused:
        record(engine, AuditEvent.REQUEST_REFUSED, details)
    assert "Jip" not in str(refused.value)
    assert list(audit.listed(engine, Log.AUDIT, board_id=BOARD)) == []


def test_newest_entry_about_an_object_is_found(engine: Engine) -> None:
    for digest in ("aa" * 32, "bb" * 32):
        record(engine, AuditEvent.AGREEMENT_COMPILED, {"digest": digest})
    newest = audit.newest(engine, AuditEvent.AGREEMENT_COMPILED, board_id=BOARD, object_id="c1")
    assert newest is not None
    assert newest.details["digest"] == "bb" * 32
    assert audit.newest(engine, AuditEvent.AGREEMENT_COMPILED, board_id=BOARD, object_id="c2") is None


def test_name_of_a_person_is_stored_as_a_claim_beside_the_account() -> None:
    assert Actor.person("J. Bakker", os_account="admin").entry() == {
        "kind": "person",
        "claim": "J. Bakker",
        "os_account": "admin",
    }
