"""Verification of the registers: is every row as it was written, and is every row still there?

Per row, in order:
 (1) `seq` follows the row before by one                          missing, inserted and reordered rows
 (2) the entry is canonical, of a known version, of this log, board and `seq`
 (3) `leaf_hash` is the hash of the entry                         changed rows
 (4) `prev` in the entry is the hash of the entry before it       changed rows whose hash was changed along
 (5) every copied column equals the entry                         an index that answers otherwise than the
 entry (6) the set of fields that a disclosure names is there, and has that digest
And against a checkpoint:
 (7) the log is at least as long                                  cut tails
 (8) the Merkle root over its first `size` entries is the same    logs that were rewritten from some row on

Without a checkpoint, whoever owns the database can rewrite a log from any row to its end and nothing shows.
So the answer says which of the two it could prove. Hashes are computed from the entries; stored ones are only
compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.errors import GatewayError
from gateway.registers import log as register_log
from gateway.registers.checkpoint import Checkpoint, Sign, join_notes, origin, read_checkpoint, write_note
from gateway.registers.entries import (
    NO_PREVIOUS,
    EntryUnreadable,
    columns_of,
    iso_ms,
    leaf_hash,
    read_entry,
)
from gateway.registers.log import Database, LogUnreadable, Row
from gateway.registers.merkle import MerkleTree
from gateway.registers.tables import Log

MAX_PROBLEMS: Final = 100
"""Problems that are listed per log; all are counted."""


@dataclass(frozen=True, slots=True)
class BoardLog:
    """One log of one board, and the database in which it stands."""

    engine: Database
    log: Log
    board_id: str


class Fault(StrEnum):
    """What is wrong with a row or a log."""

    NOT_IN_SEQUENCE = "not_in_sequence"
    ENTRY_UNREADABLE = "entry_unreadable"
    ENTRY_OF_ANOTHER_PLACE = "entry_of_another_place"
    LEAF_HASH_DIFFERS = "leaf_hash_differs"
    CHAIN_BROKEN = "chain_broken"
    COLUMN_DIFFERS = "column_differs"
    FIELD_SET_DIFFERS = "field_set_differs"
    SHORTER_THAN_CHECKPOINT = "shorter_than_checkpoint"
    DIFFERS_FROM_CHECKPOINT = "differs_from_checkpoint"
    LOG_UNREADABLE = "log_unreadable"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding."""

    log: Log
    seq: int | None
    """The row at which it shows; None where it is about the whole log."""
    fault: Fault
    column: str | None = None


class Proof(StrEnum):
    """What a verification could show about one log."""

    UNCHANGED_SINCE_CHECKPOINT = "unchanged_since_checkpoint"
    CONSISTENT_ONLY = "consistent_only"
    """A cut-off tail or a rewritten log cannot be seen without a checkpoint that was kept elsewhere."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class LogVerification:
    """What was found in one log."""

    log: Log
    rows: int
    root: bytes
    problems: tuple[Problem, ...]
    problem_count: int
    checkpoint: Checkpoint | None

    @property
    def proof(self) -> Proof:
        """What this verification could show."""
        if self.problem_count:
            return Proof.NOTHING
        return Proof.UNCHANGED_SINCE_CHECKPOINT if self.checkpoint else Proof.CONSISTENT_ONLY

    def sentence(self) -> str:
        """For the person who asked."""
        if self.problem_count:
            first = self.problems[0]
            place = "" if first.seq is None else f", first at row {first.seq}"
            return f"{self.log}: {self.rows} rows, {self.problem_count} problems{place} ({first.fault})."
        if self.checkpoint:
            return (
                f"{self.log}: {self.rows} rows; the first {self.checkpoint.size} are unchanged since the "
                f"checkpoint of {self.checkpoint.at}."
            )
        return (
            f"{self.log}: {self.rows} rows, consistent with one another; a cut-off tail or a rewritten log "
            "cannot be seen without a checkpoint kept elsewhere."
        )


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found in all logs."""

    logs: tuple[LogVerification, ...]

    @property
    def intact(self) -> bool:
        """No problem in any log."""
        return all(log.problem_count == 0 for log in self.logs)


class RegisterDamaged(GatewayError):
    """A checkpoint over a damaged log would vouch for the damage."""

    exit_status = 3


@dataclass(slots=True)
class _Walk:
    """State of one pass over one log."""

    log: Log
    board_id: str
    field_sets: dict[str, object]
    tree: MerkleTree = field(default_factory=MerkleTree)
    rows: int = 0
    last_seq: int = 0
    prev: str = NO_PREVIOUS
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0

    def found(self, fault: Fault, seq: int | None, column: str | None = None) -> None:
        """Count a problem, and keep it while there are few."""
        self.problem_count += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(self.log, seq, fault, column))

    def take(self, row: Row) -> None:
        """Look at the next row: the steps have the numbers of the module's docstring."""
        self.rows += 1
        seq = row.seq if type(row.seq) is int else None
        if seq != self.last_seq + 1:  # (1)
            self.found(Fault.NOT_IN_SEQUENCE, self.last_seq + 1)
        self.last_seq = self.last_seq + 1 if seq is None else seq
        entry = row.entry if isinstance(row.entry, bytes) else b""
        computed = leaf_hash(entry)
        self.tree.add(computed)
        if row.leaf_hash != computed:  # (3)
            self.found(Fault.LEAF_HASH_DIFFERS, self.last_seq)
        previous, self.prev = self.prev, computed.hex()
        try:
            document = read_entry(row.entry)  # (2)
        except EntryUnreadable:
            self.found(Fault.ENTRY_UNREADABLE, self.last_seq)
            return
        place = (document.get("log"), document.get("board_id"), document.get("seq"))
        if place != (self.log.value, self.board_id, seq):  # (2)
            self.found(Fault.ENTRY_OF_ANOTHER_PLACE, self.last_seq)
        if document.get("prev") != previous:  # (4)
            self.found(Fault.CHAIN_BROKEN, self.last_seq)
        self._compare_columns(row, document)
        if self.log is Log.DISCLOSURES:
            self._compare_field_set(document.get("fields"))

    def _compare_columns(self, row: Row, document: dict[str, object]) -> None:  # (5)
        try:
            moment = iso_ms(row.at_ms) if type(row.at_ms) is int else None
        except OverflowError:
            moment = None
        if moment is None or document.get("at") != moment:
            self.found(Fault.COLUMN_DIFFERS, self.last_seq, "at_ms")
        for name, expected in columns_of(self.log, document).items():
            stored = row.columns[name]
            # Types too: SQLite would hold the text "5" in a column of numbers.
            if stored != expected or type(stored) is not type(expected):
                self.found(Fault.COLUMN_DIFFERS, self.last_seq, name)

    def _compare_field_set(self, digest: object) -> None:  # (6)
        content = self.field_sets.get(digest) if isinstance(digest, str) else None
        if not isinstance(content, bytes) or hashlib.sha256(content).hexdigest() != digest:
            self.found(Fault.FIELD_SET_DIFFERS, self.last_seq)


def verify_logs(logs: Sequence[BoardLog]) -> Verification:
    """Steps (1) to (6) over each log: whether its rows are consistent with one another."""
    return Verification(tuple(_verify(board_log, None) for board_log in logs))


def verify_against_checkpoint(logs: Sequence[BoardLog], content: str, *, public_key: bytes) -> Verification:
    """All steps, against a checkpoint file; a log that is not in it gets steps (1) to (6) only.

    Args:
        public_key: of the checkpoint key, from the ring or from a copy that was kept elsewhere.

    Raises:
        CheckpointRefused: the file is no checkpoint of this board, or not signed with that key.
    """
    boards = {board_log.board_id for board_log in logs}
    if len(boards) != 1:
        raise ValueError("a checkpoint is of the logs of one board")
    checkpoints = read_checkpoint(content, board_id=boards.pop(), public_key=public_key)
    return Verification(tuple(_verify(board_log, checkpoints.get(board_log.log)) for board_log in logs))


def _verify(board_log: BoardLog, checkpoint: Checkpoint | None) -> LogVerification:
    walk = _Walk(board_log.log, board_log.board_id, {})
    root_then: bytes | None = walk.tree.root() if checkpoint is not None and checkpoint.size == 0 else None
    try:
        with register_log.snapshot(board_log.engine) as connection:
            if board_log.log is Log.DISCLOSURES:
                walk.field_sets = register_log.field_set_contents(connection, board_id=board_log.board_id)
            for row in register_log.rows(connection, board_log.log, board_id=board_log.board_id):
                walk.take(row)
                if checkpoint is not None and walk.rows == checkpoint.size:
                    root_then = walk.tree.root()
    except LogUnreadable:
        # A finding, not a crash.
        walk.found(Fault.LOG_UNREADABLE, None)
    if checkpoint is not None:
        if walk.rows < checkpoint.size:  # (7)
            walk.found(Fault.SHORTER_THAN_CHECKPOINT, None)
        elif root_then != checkpoint.root:  # (8)
            walk.found(Fault.DIFFERS_FROM_CHECKPOINT, None)
    return LogVerification(
        board_log.log,
        walk.rows,
        walk.tree.root(),
        tuple(walk.problems),
        walk.problem_count,
        checkpoint,
    )


def make_checkpoint(logs: Sequence[BoardLog], *, now_ms: int, sign: Sign, public_key: bytes) -> str:
    """A checkpoint file over the logs as they are now; to be kept where the gateway's operator cannot change
    it.

    Raises:
        RegisterDamaged: a log does not verify; a checkpoint would vouch for the damage.
    """
    notes: list[str] = []
    for board_log in logs:
        origin(board_log.board_id, board_log.log)
        verified = _verify(board_log, None)
        if verified.problem_count:
            raise RegisterDamaged(
                f"The register {board_log.log} does not verify, so no checkpoint was made.",
                code="register_damaged",
                remedy="Run `schuilnaam register verify` and compare with a backup.",
            )
        note = write_note(
            board_log.board_id,
            board_log.log,
            size=verified.rows,
            root=verified.root,
            now_ms=now_ms,
            sign=sign,
            public_key=public_key,
        )
        notes.append(note)
    return join_notes(notes)
