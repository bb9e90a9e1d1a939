"""Rows of what people said: sealed, without gaps, and nothing is decided by rows that somebody touched."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from contracts.consent_texts import told_by
from contracts.consents import ConsentMethod, ConsentStep, Speaker, Statement
from contracts.instants import to_ms
from gateway.database import open_engine, reading, school_metadata, writing
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.registers.tables import audit_school
from gateway.school.consents import tables
from gateway.school.consents.facts import as_objections
from gateway.school.consents.rows import (
    ABOUT_CONSENTS,
    ABOUT_OBJECTIONS,
    ConsentRows,
    ConsentsDamaged,
    DeletionRequest,
    RecordedObjection,
    RecordedStatement,
    RegisteredText,
    Whom,
    text_object,
)
from gateway.school.consents.wording import consent_text, text_sha256
from keys.keyring import KeyRing
from tests.contracts.records import IN_TERM, agreement

BOARD = "board-1"
NOW_MS = to_ms(IN_TERM)
TABLES = [tables.consent_registers, *tables.APPEND_ONLY, audit_school]
BACKENDS = ["sqlite", *(["postgresql"] if os.environ.get("SCHUILNAAM_TEST_POSTGRES") else [])]
SEM, MEI = Whom(17, "leerling-17"), Whom(17, "leerling-18")


@pytest.fixture(params=BACKENDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'school.sqlite'}"
    if request.param == "postgresql":
        url = os.environ["SCHUILNAAM_TEST_POSTGRES"]
    engine = open_engine(url)
    school_metadata.drop_all(engine, tables=TABLES)
    school_metadata.create_all(engine, tables=TABLES)
    yield engine
    engine.dispose()


def said(whom: Whom = SEM, step: ConsentStep = ConsentStep.GIVEN, **changes: Any) -> RecordedStatement:
    statement = Statement(
        "leesvlot", "onderzoek", step, Speaker.REPRESENTATIVE_1, date(2026, 11, 2), "a" * 64
    )
    return RecordedStatement(
        number=0,
        whom=whom,
        statement=statement,
        method=ConsentMethod.PAPER,
        evidence="map Kenmerk",
        **changes,
    )


def store(engine: Engine, ring: KeyRing, *several: RecordedStatement) -> None:
    """As an operation does: rows under the lock, then the audit entry that knows the newest."""
    with writing(engine) as connection:
        rows = ConsentRows(connection, ring, board_id=BOARD)
        rows.lock()
        numbers = [rows.add_statement(each, subject=f"p-{each.whom.identifier}").number for each in several]
        register(connection, AuditEvent.CONSENT_GIVEN, ABOUT_CONSENTS, {"newest": numbers[-1]})


def register(where: Any, event: AuditEvent, about: str, details: dict[str, Any]) -> None:
    actor = Actor.person("administratie", os_account="test")
    audit.record(where, event, board_id=BOARD, actor=actor, now_ms=NOW_MS, object_id=about, details=details)


def read(engine: Engine, ring: KeyRing) -> list[RecordedStatement]:
    with reading(engine) as connection:
        return ConsentRows(connection, ring, board_id=BOARD).statements()


def change(engine: Engine, *statements: str) -> None:
    """Behind the program's back, as the owner of the database."""
    with writing(engine) as connection:
        for table in tables.APPEND_ONLY:
            if connection.dialect.name == "sqlite":
                for what in ("update", "delete", "replace"):
                    connection.execute(text(f"DROP TRIGGER IF EXISTS {table.name}_no_{what}"))
        for statement in statements:
            connection.execute(text(statement))


def test_what_was_said_comes_back_in_the_order_in_which_it_was_recorded(
    engine: Engine, ring: KeyRing
) -> None:
    store(engine, ring, said(SEM), said(MEI))
    store(engine, ring, said(SEM, ConsentStep.WITHDRAWN))
    found = read(engine, ring)
    assert [(each.number, each.whom, each.statement.step) for each in found] == [
        (1, SEM, ConsentStep.GIVEN),
        (2, MEI, ConsentStep.GIVEN),
        (3, SEM, ConsentStep.WITHDRAWN),
    ]
    with reading(engine) as connection:
        of_sem = ConsentRows(connection, ring, board_id=BOARD).statements_of(["p-leerling-17", "p-niemand"])
        other = ConsentRows(connection, ring, board_id="board-2").statements()
    assert [each.number for each in of_sem] == [1, 3]
    assert other == []


def test_a_refresh_reads_the_same_as_who_looks(engine: Engine, ring: KeyRing) -> None:
    whole = said(MEI)
    bare = dataclasses.replace(
        whole, statement=dataclasses.replace(whole.statement, text_sha256=None, step=ConsentStep.REFUSED)
    )
    ends = dataclasses.replace(
        whole, statement=dataclasses.replace(whole.statement, expires_on=date(2030, 7, 31))
    )
    store(engine, ring, whole, bare, ends)
    with reading(engine) as connection:
        spoken = ConsentRows(connection, ring, board_id=BOARD).spoken()
    assert spoken == [(each.whom, each.statement) for each in read(engine, ring)]


def test_nothing_that_was_said_stands_in_clear(engine: Engine, ring: KeyRing) -> None:
    store(engine, ring, said(recorded_by="mevrouw Kenmerk"))
    with reading(engine) as connection:
        stored = repr(connection.execute(text("SELECT * FROM consent_statements")).all())
    for word in ("Kenmerk", "onderzoek", "given", "representative", "leerling-17'", "paper"):
        assert word not in stored.replace("p-leerling-17", ""), word


DAMAGE = {
    "a row is gone": "DELETE FROM consent_statements WHERE number = 2",
    "the newest row is gone": "DELETE FROM consent_statements WHERE number = 3",
    "every row is gone": "DELETE FROM consent_statements",
    "a row is renumbered": "UPDATE consent_statements SET number = 4 WHERE number = 3",
    "a row stands twice": "INSERT INTO consent_statements (board_id, number, subject, product, recorded_at_ms, sealed) "
    "SELECT board_id, 4, subject, product, recorded_at_ms, sealed FROM consent_statements WHERE number = 1",
    "what one said is put in place of what another said": "UPDATE consent_statements SET sealed = "
    "(SELECT sealed FROM consent_statements WHERE number = 1) WHERE number = 3",
    "a seal is broken": "UPDATE consent_statements SET sealed = "
    "(SELECT sealed FROM objection_statements) WHERE number = 3",
}


@pytest.mark.parametrize("name", DAMAGE)
def test_rows_that_somebody_touched_decide_nothing(engine: Engine, ring: KeyRing, name: str) -> None:
    store(engine, ring, said(SEM), said(MEI), said(SEM, ConsentStep.WITHDRAWN))
    with writing(engine) as connection:
        objection = RecordedObjection(number=0, whom=SEM)
        ConsentRows(connection, ring, board_id=BOARD).add_objection(objection, subject="p")
    assert len(read(engine, ring)) == 3
    change(engine, DAMAGE[name])
    with pytest.raises(ConsentsDamaged) as refused:
        read(engine, ring)
    assert refused.value.code == "consents_damaged"
    with reading(engine) as connection, pytest.raises(ConsentsDamaged):
        ConsentRows(connection, ring, board_id=BOARD).spoken()


def test_a_search_column_that_was_changed_hides_nothing_from_who_decides(
    engine: Engine, ring: KeyRing
) -> None:
    store(engine, ring, said(SEM), said(SEM, ConsentStep.WITHDRAWN))
    change(
        engine,
        "UPDATE consent_statements SET product = 'anders', subject = 'p-niemand', expires_on = '2000-01-01' "
        "WHERE number = 2",
    )
    assert [each.statement.step for each in read(engine, ring)] == [ConsentStep.GIVEN, ConsentStep.WITHDRAWN]


def test_an_objection_that_was_taken_away_is_missed(engine: Engine, ring: KeyRing) -> None:
    with writing(engine) as connection:
        rows = ConsentRows(connection, ring, board_id=BOARD)
        rows.lock()
        added = rows.add_objection(RecordedObjection(number=0, whom=SEM, product="x"), subject="p")
        register(
            connection, AuditEvent.OBJECTION_ADDED, ABOUT_OBJECTIONS, {"newest": added.number, "number": 1}
        )
    with reading(engine) as connection:
        assert len(ConsentRows(connection, ring, board_id=BOARD).objections()) == 1
    change(engine, "DELETE FROM objection_statements")
    with reading(engine) as connection, pytest.raises(ConsentsDamaged):
        ConsentRows(connection, ring, board_id=BOARD).objections()


def test_a_recorded_objection_counts_from_ever_and_ends_with_the_first_of_its_ends() -> None:
    until = RecordedObjection(number=1, whom=SEM, until_on=date(2026, 11, 24), recorded_at_ms=NOW_MS)
    lifted = RecordedObjection(number=3, whom=SEM, lifts=1, recorded_at_ms=NOW_MS + 1)
    endless = RecordedObjection(number=2, whom=SEM, recorded_at_ms=NOW_MS)
    found = dict(as_objections([until, endless, lifted]))
    assert {each.number: held.lifted_at and to_ms(held.lifted_at) for each, held in found.items()} == {
        1: NOW_MS + 1,
        2: None,
    }
    assert all(to_ms(held.made_at) == 0 for held in found.values())


def registered(engine: Engine, ring: KeyRing) -> None:
    told = told_by(agreement(), "leesvlot")
    content = consent_text(told, "nl", version=1)
    made = RegisteredText(
        product="leesvlot",
        version=1,
        language="nl",
        sha256=text_sha256(content),
        content=content,
        told=told,
        agreement_id="VO-1",
        agreement_version=1,
        registered_at_ms=NOW_MS,
    )
    from contracts import canonical

    with writing(engine) as connection:
        ConsentRows(connection, ring, board_id=BOARD).add_text(made)
        register(
            connection,
            AuditEvent.CONSENT_TEXT_REGISTERED,
            text_object("leesvlot", 1, "nl"),
            {"version": 1, "digest": canonical.digest(content.encode() + told.to_bytes())},
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE consent_texts SET told = (SELECT content FROM consent_texts)",
        "UPDATE consent_texts SET content = told",
        f"UPDATE consent_texts SET sha256 = '{'0' * 64}'",
        "UPDATE consent_texts SET version = 2",
        "UPDATE consent_texts SET language = 'en'",
    ],
)
def test_a_text_that_somebody_touched_covers_nothing(engine: Engine, ring: KeyRing, statement: str) -> None:
    registered(engine, ring)
    with reading(engine) as connection:
        assert len(ConsentRows(connection, ring, board_id=BOARD).texts("leesvlot")) == 1
    change(engine, statement)
    with reading(engine) as connection, pytest.raises(ConsentsDamaged):
        ConsentRows(connection, ring, board_id=BOARD).texts("leesvlot")


def test_a_request_keeps_the_vendors_pseudonyms_sealed(engine: Engine, ring: KeyRing) -> None:
    request = DeletionRequest(
        number=0,
        whom=SEM,
        product="leesvlot",
        cause="objection",
        pseudonyms=("pabc", "pdef"),
        due_on=date(2026, 12, 14),
        agreement_id="VO-1",
        agreement_version=2,
        drafted_at_ms=NOW_MS,
    )
    with writing(engine) as connection:
        made = ConsentRows(connection, ring, board_id=BOARD).add_request(request, subject="p-17")
    with reading(engine) as connection:
        rows = ConsentRows(connection, ring, board_id=BOARD)
        assert rows.requests(subjects=["p-17"]) == [made]
        assert rows.requests(subjects=["p-18"]) == []
        stored = repr(connection.execute(text("SELECT * FROM deletion_requests")).all())
    assert "pabc" not in stored
    assert "leerling-17" not in stored


@pytest.mark.parametrize("table", [table.name for table in tables.APPEND_ONLY])
def test_rows_are_not_changed_or_removed_by_accident(tmp_path: Path, table: str) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'school.sqlite'}")
    school_metadata.create_all(engine, tables=TABLES)
    with engine.connect() as connection:
        names = [row.name for row in connection.execute(text(f"PRAGMA table_info({table})"))]
    with writing(engine) as connection:
        connection.execute(
            text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('1' for _ in names)})")
        )
    for statement in (f"UPDATE {table} SET board_id = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError), writing(engine) as connection:
            connection.execute(text(statement))
    engine.dispose()
