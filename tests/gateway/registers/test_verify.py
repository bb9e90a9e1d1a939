"""Every kind of tampering at every position: what the chain finds, and what only a checkpoint finds."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, select, update

from gateway.database import writing
from gateway.registers import accesses, audit, disclosures
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.registers.checkpoint import CheckpointRefused, read_checkpoint
from gateway.registers.entries import EntryUnreadable, canonical, leaf_hash
from gateway.registers.tables import APPEND_ONLY, TABLES, Log, field_sets, trigger_statements
from gateway.registers.verify import (
    BoardLog,
    Fault,
    Proof,
    RegisterDamaged,
    Verification,
    make_checkpoint,
    verify_against_checkpoint,
    verify_logs,
)
from tests.gateway.registers.examples import BOARD, NOW, access, disclosure

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
ROWS = 60 if os.environ.get("SCHUILNAAM_TEST_THOROUGH") else 12


def logs(engine: Engine) -> list[BoardLog]:
    return [BoardLog(engine, log, BOARD) for log in Log]


def checkpoint(engine: Engine) -> str:
    return make_checkpoint(logs(engine), now_ms=NOW, sign=KEY.sign, public_key=PUBLIC)


def fill(engine: Engine, rows: int = ROWS) -> None:
    with writing(engine) as connection:
        for n in range(rows):
            page = disclosure(request_id=f"r{n}", positions=(1, 5, 9 + n), count=3)
            disclosures.record(connection, page, now_ms=NOW + n)
            accesses.record(connection, access(), now_ms=NOW + n)
            for event in (AuditEvent.CLIENT_REVOKED, AuditEvent.KEY_PRODUCT_ADDED):
                audit.record(
                    connection,
                    event,
                    board_id=BOARD,
                    actor=Actor.gateway(),
                    now_ms=NOW + n,
                    object_id=f"o{n}",
                )


def tamper(engine: Engine, change: Callable[[Connection], None]) -> None:
    """As the owner of the database: triggers are no obstacle."""
    with writing(engine) as connection:
        if engine.dialect.name == "sqlite":
            for table in APPEND_ONLY:
                for statement in trigger_statements(table):
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {statement.split()[2]}")
        change(connection)


def rows_of(connection: Connection, log: Log) -> list[dict[str, Any]]:
    table = TABLES[log]
    return [dict(row) for row in connection.execute(select(table).order_by(table.c.seq)).mappings()]


def replace_all(connection: Connection, log: Log, rows: list[dict[str, Any]]) -> None:
    connection.execute(TABLES[log].delete())
    if rows:
        connection.execute(TABLES[log].insert(), rows)


def rechain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What somebody who owns the database can do: number, link and hash everything again."""
    prev = "0" * 64
    for seq, row in enumerate(rows, start=1):
        document = json.loads(row["entry"]) | {"seq": seq, "prev": prev}
        row["seq"], row["entry"] = seq, canonical(document)
        row["leaf_hash"] = leaf_hash(row["entry"])
        prev = row["leaf_hash"].hex()
        if "access_seq" in row:
            row["access_seq"] = seq
    return rows


def changed_entry(row: dict[str, Any]) -> bytes:
    return canonical(json.loads(row["entry"]) | {"product": "other"})


def change_entry(connection: Connection, log: Log, n: int) -> None:
    rows = rows_of(connection, log)
    rows[n]["entry"] = changed_entry(rows[n])
    replace_all(connection, log, rows)


def change_entry_and_hash(connection: Connection, log: Log, n: int) -> None:
    rows = rows_of(connection, log)
    rows[n]["entry"] = changed_entry(rows[n])
    rows[n]["leaf_hash"] = leaf_hash(rows[n]["entry"])
    rows[n]["product"] = "other"
    replace_all(connection, log, rows)


def change_one_bit(connection: Connection, log: Log, n: int) -> None:
    rows = rows_of(connection, log)
    entry = bytearray(rows[n]["entry"])
    entry[len(entry) // 2] ^= 1
    rows[n]["entry"] = bytes(entry)
    replace_all(connection, log, rows)


def change_hash(connection: Connection, log: Log, n: int) -> None:
    rows = rows_of(connection, log)
    rows[n]["leaf_hash"] = bytes(32)
    replace_all(connection, log, rows)


def remove(connection: Connection, log: Log, n: int) -> None:
    rows = rows_of(connection, log)
    del rows[n]
    replace_all(connection, log, rows)


def remove_and_renumber(connection: Connection, log: Log, n: int) -> None:
    rows = rows_of(connection, log)
    del rows[n]
    for seq, row in enumerate(rows, start=1):
        row["seq"] = seq
    replace_all(connection, log, rows)


def insert(connection: Connection, log: Log, n: int) -> None:
    rows = rows_of(connection, log)
    rows.insert(n, dict(rows[n]))
    for seq, row in enumerate(rows, start=1):
        row["seq"] = seq
    replace_all(connection, log, rows)


def swap(connection: Connection, log: Log, n: int) -> None:
    rows = rows_of(connection, log)
    m = (n + 1) % len(rows)
    rows[n]["seq"], rows[m]["seq"] = rows[m]["seq"], rows[n]["seq"]
    replace_all(connection, log, rows)


def change_moment(connection: Connection, log: Log, n: int) -> None:
    table = TABLES[log]
    connection.execute(update(table).where(table.c.seq == n + 1).values(at_ms=NOW - 1))


SEEN_WITHOUT_CHECKPOINT = [
    change_entry,
    change_one_bit,
    change_hash,
    remove_and_renumber,
    insert,
    swap,
    change_moment,
]


@pytest.fixture
def filled(engine: Engine) -> Engine:
    fill(engine)
    return engine


@pytest.mark.parametrize("kind", [*SEEN_WITHOUT_CHECKPOINT, change_entry_and_hash, remove])
@pytest.mark.parametrize("log", Log)
def test_tampering_with_any_row_is_found(
    engine: Engine, tmp_path: Path, kind: Callable[[Connection, Log, int], None], log: Log
) -> None:
    fill(engine)
    note = checkpoint(engine)
    with engine.connect() as connection:
        before = rows_of(connection, log)
    for n in range(ROWS):
        tamper(engine, lambda connection, n=n: kind(connection, log, n))
        alone = verify_logs(logs(engine))
        # The last row has nothing after it that would show its end or its change.
        last = n == ROWS - 1 and kind in (change_entry_and_hash, remove, remove_and_renumber)
        assert alone.intact == last, n
        assert not verify_against_checkpoint(logs(engine), note, public_key=PUBLIC).intact, n
        assert [found.log for found in alone.logs if found.problem_count] == ([] if last else [log])
        tamper(engine, lambda connection: replace_all(connection, log, before))
    assert verify_against_checkpoint(logs(engine), note, public_key=PUBLIC).intact


@pytest.mark.parametrize("log", Log)
def test_cut_tail_is_found_with_a_checkpoint_only(filled: Engine, log: Log) -> None:
    note = checkpoint(filled)
    table = TABLES[log]
    for kept in reversed(range(ROWS)):
        tamper(
            filled, lambda connection, kept=kept: connection.execute(table.delete().where(table.c.seq > kept))
        )
        assert verify_logs(logs(filled)).intact
        result = verify_against_checkpoint(logs(filled), note, public_key=PUBLIC)
        [problem] = [problem for found in result.logs for problem in found.problems]
        assert (problem.log, problem.fault) == (log, Fault.SHORTER_THAN_CHECKPOINT)


def refill(engine: Engine, log: Log, rows: list[dict[str, Any]]) -> None:
    tamper(engine, lambda connection: replace_all(connection, log, rows))


def restore(engine: Engine, log: Log) -> None:
    """Write the same rows again: entries depend on nothing else."""
    tamper(engine, lambda connection: [connection.execute(table.delete()) for table in TABLES.values()])
    fill(engine)


@pytest.mark.parametrize("log", Log)
def test_rewritten_log_is_found_with_a_checkpoint_only(filled: Engine, log: Log) -> None:
    note = checkpoint(filled)
    for n in range(ROWS):

        def rewrite(connection: Connection, n: int = n) -> None:
            rows = rows_of(connection, log)
            rows[n]["entry"] = changed_entry(rows[n])
            if "product" in rows[n]:
                rows[n]["product"] = "other"
            replace_all(connection, log, rechain(rows))

        tamper(filled, rewrite)
        assert verify_logs(logs(filled)).intact
        result = verify_against_checkpoint(logs(filled), note, public_key=PUBLIC)
        [problem] = [problem for found in result.logs for problem in found.problems]
        assert (problem.log, problem.fault) == (log, Fault.DIFFERS_FROM_CHECKPOINT)
        restore(filled, log)


def test_copied_column_that_was_changed_is_found(filled: Engine) -> None:
    for log, table in TABLES.items():
        for column in table.columns:
            if column.name in ("board_id", "seq", "entry", "leaf_hash"):
                continue
            with filled.connect() as connection:
                before = rows_of(connection, log)
            value: Any = 424_242 if column.type.python_type is int else "elsewhere"
            tamper(
                filled,
                lambda c, t=table, n=column.name, v=value: c.execute(
                    update(t).where(t.c.seq == 5).values({n: v})
                ),
            )
            [problem] = [problem for found in verify_logs(logs(filled)).logs for problem in found.problems]
            assert (problem.seq, problem.fault, problem.column) == (5, Fault.COLUMN_DIFFERS, column.name)
            refill(filled, log, before)


@pytest.mark.parametrize("content", [b"{}", b""])
def test_set_of_fields_that_was_changed_is_found(filled: Engine, content: bytes) -> None:
    tamper(filled, lambda connection: connection.execute(update(field_sets).values(content=content)))
    result = verify_logs(logs(filled))
    assert {problem.fault for found in result.logs for problem in found.problems} == {Fault.FIELD_SET_DIFFERS}


def test_set_of_fields_that_was_removed_is_found(filled: Engine) -> None:
    tamper(filled, lambda connection: connection.execute(field_sets.delete()))
    assert not verify_logs(logs(filled)).intact


def test_row_moved_to_another_board_is_found(filled: Engine) -> None:
    table = TABLES[Log.AUDIT]
    tamper(filled, lambda c: c.execute(update(table).where(table.c.seq == 4).values(board_id="elsewhere")))
    assert not verify_logs(logs(filled)).intact


def test_log_that_grew_since_the_checkpoint_is_unchanged(filled: Engine) -> None:
    note = checkpoint(filled)
    fill(filled, rows=3)
    result = verify_against_checkpoint(logs(filled), note, public_key=PUBLIC)
    assert result.intact
    assert [found.proof for found in result.logs] == [Proof.UNCHANGED_SINCE_CHECKPOINT] * 4
    assert f"the first {ROWS} are unchanged since the checkpoint of 2026-09-01T12:34:56.789Z" in (
        result.logs[0].sentence()
    )


def test_answer_without_checkpoint_says_what_it_cannot_see(filled: Engine) -> None:
    result = verify_logs(logs(filled))
    assert [found.proof for found in result.logs] == [Proof.CONSISTENT_ONLY] * 4
    assert "cannot be seen without a checkpoint kept elsewhere" in result.logs[0].sentence()


def test_empty_logs_verify_and_can_be_checkpointed(engine: Engine) -> None:
    note = checkpoint(engine)
    assert verify_against_checkpoint(logs(engine), note, public_key=PUBLIC).intact
    fill(engine, rows=1)
    assert verify_against_checkpoint(logs(engine), note, public_key=PUBLIC).intact


def test_no_checkpoint_is_made_over_a_damaged_log(filled: Engine) -> None:
    tamper(filled, lambda connection: change_hash(connection, Log.AUDIT, 3))
    with pytest.raises(RegisterDamaged):
        checkpoint(filled)


def test_many_problems_are_counted_and_few_are_listed(engine: Engine) -> None:
    with writing(engine) as connection:
        for n in range(150):
            accesses.record(connection, access(), now_ms=NOW + n)
    tamper(engine, lambda connection: connection.execute(update(TABLES[Log.ACCESSES]).values(at_ms=0)))
    [found] = [found for found in verify_logs(logs(engine)).logs if found.problem_count]
    assert (found.problem_count, len(found.problems)) == (150, 100)


def check(engine: Engine, note: str, *, public_key: bytes = PUBLIC) -> Verification:
    return verify_against_checkpoint(logs(engine), note, public_key=public_key)


def test_checkpoint_with_any_character_changed_is_refused(filled: Engine) -> None:
    one = [BoardLog(filled, Log.AUDIT, BOARD)]
    note = make_checkpoint(one, now_ms=NOW, sign=KEY.sign, public_key=PUBLIC)
    assert verify_against_checkpoint(one, note, public_key=PUBLIC).intact
    for at in range(len(note)):
        for other in ("0", "1", "A", "z", "=", "\n"):
            if note[at] != other:
                with pytest.raises(CheckpointRefused):
                    read_checkpoint(note[:at] + other + note[at + 1 :], board_id=BOARD, public_key=PUBLIC)


@pytest.mark.parametrize("spoil", [lambda n: n[:-1], lambda n: n + "\n", lambda n: "", lambda n: n + n[:50]])
def test_checkpoint_that_is_cut_or_longer_is_refused(filled: Engine, spoil: Callable[[str], str]) -> None:
    with pytest.raises(CheckpointRefused) as refused:
        check(filled, spoil(checkpoint(filled)))
    assert refused.value.code == "checkpoint_malformed"


def test_checkpoint_of_another_key_is_refused(filled: Engine) -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    note = make_checkpoint(logs(filled), now_ms=NOW, sign=other.sign, public_key=PUBLIC)
    with pytest.raises(CheckpointRefused) as refused:
        check(filled, note)
    assert refused.value.code == "checkpoint_signature"
    with pytest.raises(CheckpointRefused):
        check(filled, checkpoint(filled), public_key=other.public_key().public_bytes_raw())


def test_checkpoint_of_another_board_is_refused(filled: Engine) -> None:
    elsewhere = [BoardLog(filled, Log.AUDIT, "another")]
    note = make_checkpoint(elsewhere, now_ms=NOW, sign=KEY.sign, public_key=PUBLIC)
    with pytest.raises(CheckpointRefused) as refused:
        check(filled, note)
    assert refused.value.code == "checkpoint_of_another_board"


def test_same_log_twice_in_a_checkpoint_is_refused(filled: Engine) -> None:
    note = make_checkpoint([BoardLog(filled, Log.AUDIT, BOARD)], now_ms=NOW, sign=KEY.sign, public_key=PUBLIC)
    with pytest.raises(CheckpointRefused):
        check(filled, note + "\n" + note)


def test_text_of_a_checkpoint_is_frozen(engine: Engine) -> None:
    audit.record(engine, AuditEvent.CLIENT_ISSUED, board_id=BOARD, actor=Actor.gateway(), now_ms=NOW)
    note = make_checkpoint([BoardLog(engine, Log.AUDIT, BOARD)], now_ms=NOW, sign=KEY.sign, public_key=PUBLIC)
    assert note == FROZEN_NOTE


def test_entry_bytes_are_frozen(engine: Engine) -> None:
    audit.record(engine, AuditEvent.CLIENT_ISSUED, board_id=BOARD, actor=Actor.gateway(), now_ms=NOW)
    with engine.connect() as connection:
        [row] = rows_of(connection, Log.AUDIT)
    assert row["entry"] == FROZEN_ENTRY


def test_newest_entry_whose_bytes_do_not_match_its_hash_is_refused(filled: Engine) -> None:
    """Attack: whoever may write the database changes the digest that an agreement is compared with."""
    tamper(filled, lambda connection: change_entry(connection, Log.AUDIT, 5))
    with pytest.raises(EntryUnreadable):
        audit.newest(filled, AuditEvent.CLIENT_REVOKED, board_id=BOARD, object_id="o5")


def test_damaged_database_file_is_a_finding_and_not_a_crash(filled: Engine, tmp_path: Path) -> None:
    if filled.dialect.name != "sqlite":
        pytest.skip("a file of SQLite")
    with filled.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    filled.dispose()
    path = Path(str(filled.url.database))
    copy = tmp_path / "copy.sqlite"
    shutil.copy(path, copy)
    content = bytearray(copy.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    assert not verify_logs(logs(filled)).intact


FROZEN_ENTRY = (
    b'{"actor":{"kind":"gateway"},"at":"2026-09-01T12:34:56.789Z","board_id":"4f1d2c3b5a697887","details":{},'
    b'"event":"person:client:issued","log":"audit","object":null,'
    b'"prev":"0000000000000000000000000000000000000000000000000000000000000000","product":null,"seq":1,"v":1}'
)
FROZEN_NOTE = """schuilnaam/4f1d2c3b5a697887/audit
1
jzuMvw2ieJRGuR0uJr2iaAoquM/lDeZM+rypy+oCmdU=
at 2026-09-01T12:34:56.789Z

— schuilnaam/4f1d2c3b5a697887/audit kVfX9tTxfv2sqhNME2aFGYXk6BdqMSSEQ+4Wqbywdc0Gf+RG2he//Q/qXBZfPRJjblmkPYCyHJ/9uVHgH3q3CuJNSAU=
"""  # noqa: E501
