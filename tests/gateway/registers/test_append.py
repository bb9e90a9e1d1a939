from __future__ import annotations

import dataclasses
import threading

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError

from gateway.database import reading, writing
from gateway.errors import GatewayUnready
from gateway.registers import accesses, audit, disclosures
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.registers.log import documents
from gateway.registers.tables import TABLES, Log, field_sets
from gateway.roster.model import Kind
from tests.gateway.registers.examples import BOARD, NOW, access, disclosure


def count(engine: Engine, log: Log) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(TABLES[log])).scalar_one()


def test_first_entry_of_a_log_is_number_one_and_names_no_previous(engine: Engine) -> None:
    assert disclosures.record(engine, disclosure(), now_ms=NOW) == 1
    [entry] = documents(engine, Log.DISCLOSURES, board_id=BOARD)
    assert entry["prev"] == "0" * 64
    assert entry["at"] == "2026-09-01T12:34:56.789Z"


def test_entries_of_each_log_are_numbered_without_gaps_and_apart(engine: Engine) -> None:
    for _ in range(3):
        disclosures.record(engine, disclosure(), now_ms=NOW)
    audit.record(engine, AuditEvent.CLIENT_ISSUED, board_id=BOARD, actor=Actor.gateway(), now_ms=NOW)
    assert disclosures.record(engine, disclosure(), now_ms=NOW) == 4
    assert accesses.record(engine, access(), now_ms=NOW) == 1


def test_two_boards_in_one_database_have_logs_of_their_own(engine: Engine) -> None:
    disclosures.record(engine, disclosure(), now_ms=NOW)
    other = dataclasses.replace(disclosure(), board_id="another")
    assert disclosures.record(engine, other, now_ms=NOW) == 1


def test_rolled_back_transaction_registers_nothing_and_leaves_no_gap(engine: Engine) -> None:
    def record_and_fail() -> None:
        with writing(engine) as connection:
            disclosures.record(connection, disclosure(), now_ms=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        record_and_fail()
    assert count(engine, Log.DISCLOSURES) == 0
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(field_sets)).scalar_one() == 0
    assert disclosures.record(engine, disclosure(), now_ms=NOW) == 1


def test_several_logs_are_written_in_one_transaction_of_the_caller(engine: Engine) -> None:
    with writing(engine) as connection:
        disclosures.record(connection, disclosure(), now_ms=NOW)
        audit.record(
            connection, AuditEvent.RESULT_ACCEPTED, board_id=BOARD, actor=Actor.vendor("c1"), now_ms=NOW
        )
        disclosures.record(connection, disclosure(), now_ms=NOW)
    assert count(engine, Log.DISCLOSURES) == 2
    assert count(engine, Log.AUDIT) == 1


def test_appending_inside_a_read_transaction_is_refused(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has no such transactions")
    with engine.connect() as connection, pytest.raises(TypeError):
        disclosures.record(connection, disclosure(), now_ms=NOW)


def test_register_that_cannot_be_written_says_so_and_nothing_is_registered(engine: Engine) -> None:
    TABLES[Log.DISCLOSURES].drop(engine)
    with pytest.raises(GatewayUnready) as refused:
        disclosures.record(engine, disclosure(), now_ms=NOW)
    assert refused.value.code == "register_unwritable"
    assert refused.value.__cause__ is None
    TABLES[Log.DISCLOSURES].create(engine)


def test_writers_at_the_same_time_leave_no_gap_and_no_double(engine: Engine) -> None:
    def write() -> None:
        for _ in range(10):
            disclosures.record(engine, disclosure(), now_ms=NOW)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [document["seq"] for document in documents(engine, Log.DISCLOSURES, board_id=BOARD)]
    assert numbers == list(range(1, 41))


def test_access_of_many_pupils_is_one_access_in_rows_of_a_thousand(engine: Engine) -> None:
    subjects = [f"p{n:060d}" for n in range(2_500)]
    first = accesses.record(engine, access(subjects=subjects), now_ms=NOW)
    assert count(engine, Log.ACCESSES) == 3
    [listed] = accesses.listed(engine, board_id=BOARD)
    assert (listed.seq, listed.count, listed.claim, listed.reason) == (first, 2_500, "J. Bakker", "zaak 12")
    [found] = accesses.of_subject(engine, board_id=BOARD, subject=subjects[2_400])
    assert found.seq == first
    assert list(accesses.of_subject(engine, board_id=BOARD, subject="p" + "z" * 60)) == []


def test_set_of_fields_is_stored_once(engine: Engine) -> None:
    for _ in range(3):
        disclosures.record(engine, disclosure(), now_ms=NOW)
    disclosures.record(engine, disclosure(fields={"user.givenName": "clear"}), now_ms=NOW)
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(field_sets)).scalar_one() == 2


@pytest.mark.parametrize("verb", ["UPDATE audit SET seq = 9", "DELETE FROM audit"])
def test_sqlite_refuses_to_change_or_remove_a_row_by_accident(engine: Engine, verb: str) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("roles do this on PostgreSQL")
    audit.record(engine, AuditEvent.CLIENT_ISSUED, board_id=BOARD, actor=Actor.gateway(), now_ms=NOW)
    with pytest.raises(DBAPIError, match="append-only"), writing(engine) as connection:
        connection.exec_driver_sql(verb)


def test_sqlite_refuses_to_replace_a_row(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("roles do this on PostgreSQL")
    audit.record(engine, AuditEvent.CLIENT_ISSUED, board_id=BOARD, actor=Actor.gateway(), now_ms=NOW)
    with pytest.raises(DBAPIError, match="append-only"), writing(engine) as connection:
        connection.exec_driver_sql("INSERT OR REPLACE INTO audit SELECT * FROM audit")


class TestDisclosuresOfAPupil:
    """The generation holds p0, p2, p4, ... p18 in this order."""

    held = tuple(f"p{n:02d}" for n in range(0, 20, 2))

    def locate(self, generation: int, kind: Kind, id: str) -> int | None:
        return self.held.index(id) if generation == 1 and id in self.held else None

    def of(self, engine: Engine, id: str) -> list[int]:
        found = disclosures.of_pseudonyms(
            engine, board_id=BOARD, product="rekenwijs-po", ids={Kind.USER: [id]}, locate=self.locate
        )
        return [disclosed.seq for disclosed in found]

    def test_pupil_inside_the_range_of_a_page_is_found(self, engine: Engine) -> None:
        disclosures.record(engine, disclosure(first="p00", last="p08", count=5), now_ms=NOW)
        disclosures.record(engine, disclosure(first="p10", last="p18", count=5), now_ms=NOW)
        assert self.of(engine, "p04") == [1]
        assert self.of(engine, "p10") == [2]

    def test_id_inside_the_range_that_was_not_held_is_not_found(self, engine: Engine) -> None:
        disclosures.record(engine, disclosure(first="p00", last="p18", count=10), now_ms=NOW)
        assert self.of(engine, "p05") == []

    def test_page_with_positions_holds_only_those(self, engine: Engine) -> None:
        page = disclosure(first="p02", last="p18", count=3, positions=(1, 2, 9))
        disclosures.record(engine, page, now_ms=NOW)
        assert [self.of(engine, id) for id in self.held] == [[], [1], [1], [], [], [], [], [], [], [1]]

    def test_another_generation_product_or_kind_is_not_found(self, engine: Engine) -> None:
        for page in (
            disclosure(first="p00", last="p18", count=10, generation=2),
            disclosure(first="p00", last="p18", count=10, product="other"),
            disclosure(first="p00", last="p18", count=10, kind=Kind.CLASS),
        ):
            disclosures.record(engine, page, now_ms=NOW)
        assert self.of(engine, "p04") == []

    def test_answer_says_which_fields_in_which_form(self, engine: Engine) -> None:
        disclosures.record(engine, disclosure(first="p00", last="p18", count=10), now_ms=NOW)
        [disclosed] = disclosures.of_pseudonyms(
            engine, board_id=BOARD, product="rekenwijs-po", ids={Kind.USER: ["p04"]}, locate=self.locate
        )
        assert disclosed.fields == {"user.givenName": "alias", "user.roles": "clear"}
        assert disclosed.ids == ("p04",)
        assert disclosed.agreement_id == "VO-2026-014"
