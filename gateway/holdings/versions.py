"""What putting a record means for the rows: compared with what the product holds, and written where it differs.

Comparing takes no write lock. Rows are written under the number of the generation that is being staged, which no reader
can see; a row that is replaced gets its `until_generation` now, and that too means nothing before the flip.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Integer, and_, bindparam, delete, insert, or_, select, type_coerce, update

from gateway.holdings.pointer import Holder, Pointer
from gateway.holdings.rows import (
    REFERENCE_COLUMNS,
    SCHOOL,
    USER,
    BodySeal,
    References,
    link_targets,
    reference_values,
)
from gateway.holdings.tables import holdings, links, withdrawn
from gateway.roster.model import Kind, Pseudonym, ReleasedRecord

NO_SCHOOL: Final = ""
"""Where a record has no school, in counts."""

_NEIGHBOURS: Final = 50
"""Fewer ids are searched one by one."""

# Made once: making a statement costs more than running it on few rows.
_OPEN: Final = select(
    holdings.c.id,
    holdings.c.from_generation,
    holdings.c.until_generation,
    # Read as numbers: they are looked at for truth only, and there are many.
    type_coerce(holdings.c.active, Integer),
    type_coerce(holdings.c.vendor_made, Integer),
    holdings.c.fingerprint,
).where(
    holdings.c.board_id == bindparam("board_id"),
    holdings.c.product == bindparam("product"),
    holdings.c.kind == bindparam("kind"),
    or_(holdings.c.until_generation.is_(None), holdings.c.until_generation == bindparam("staged")),
)
_OPEN_VERSIONS: Final = _OPEN.where(holdings.c.id.in_(bindparam("ids", expanding=True)))
_OPEN_BETWEEN: Final = _OPEN.where(
    holdings.c.id >= bindparam("first"), holdings.c.id <= bindparam("last")
).limit(bindparam("most"))
_ONE_VERSION: Final = and_(
    holdings.c.board_id == bindparam("b_board"),
    holdings.c.product == bindparam("b_product"),
    holdings.c.kind == bindparam("b_kind"),
    holdings.c.id == bindparam("b_id"),
    holdings.c.from_generation == bindparam("b_from"),
)
_DROP_VERSION: Final = delete(holdings).where(_ONE_VERSION)
_DROP_LINKS: Final = delete(links).where(
    links.c.board_id == bindparam("b_board"),
    links.c.product == bindparam("b_product"),
    links.c.kind == bindparam("b_kind"),
    links.c.id == bindparam("b_id"),
    links.c.from_generation == bindparam("b_from"),
)
_END_VERSION: Final = update(holdings).where(_ONE_VERSION).values(until_generation=bindparam("b_until"))
_INSERT_VERSION: Final = insert(holdings)
_INSERT_LINK: Final = insert(links)


@dataclass(slots=True)
class Put:
    """One record as it was put; sealed only where it becomes a row."""

    record: ReleasedRecord
    references: References
    targets: list[tuple[str, str]]
    fingerprint: bytes

    @property
    def school(self) -> str:
        """For which school it is counted."""
        return self.references[SCHOOL] or NO_SCHOOL


class Version(NamedTuple):
    """One stored version, as far as comparing needs it."""

    id: str
    from_generation: int
    until_generation: int | None
    active: bool
    vendor_made: bool
    fingerprint: bytes


@dataclass(slots=True)
class Held:
    """What the product holds under some ids."""

    before: dict[str, Version] = field(default_factory=dict)
    """Visible in the current generation."""
    staged: dict[str, Version] = field(default_factory=dict)
    """Staged by this publication."""
    refused: set[str] = field(default_factory=set)
    """What this publication may not touch: the vendor's own, and what was withdrawn since it began."""

    def is_unchanged(self, put: Put) -> bool:
        """Whether nothing is to be written for this record, which is put for the first time."""
        before = self.before.get(put.record.pseudonym)
        return (
            before is not None
            and before.fingerprint == put.fingerprint
            and before.active
            and before.until_generation is None
            and put.record.pseudonym not in self.staged
        )


@dataclass(slots=True)
class Change:
    """What putting one record means for the rows."""

    record_id: Pseudonym
    kind: str
    school: str
    outcome: str = ""
    close: int | None = None
    """End the open version that began here."""
    reopen: int | None = None
    drop: bool = False
    """Remove what was staged of it earlier in this publication."""
    row: dict[str, Any] | None = None
    links: list[dict[str, object]] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether anything is to be written."""
        return self.drop or self.row is not None or self.reopen is not None


class Versions:
    """The rows of one product, as the generation `number` is staged."""

    def __init__(self, holder: Holder, seal: BodySeal, *, number: int) -> None:
        self._holder = holder
        self._seal = seal
        self._number = number
        self._mine = holder.values()

    def prepare(self, record: ReleasedRecord) -> Put:
        """Take a record's fingerprint."""
        references, targets = reference_values(record.relations), link_targets(record.relations)
        mark = self._seal.fingerprint(
            record.kind, record.pseudonym, record.body, record.subject.value, references, targets
        )
        return Put(record, references, targets, mark)

    def held(self, connection: Connection, kind: Kind, ids: Sequence[Pseudonym], pointer: Pointer) -> Held:
        """What is held under these ids, and which of them this publication may not touch."""
        held = Held()
        for version in self._open_versions(connection, kind, ids):
            if version.vendor_made:
                # A vendor's own record is never replaced by a refresh.
                held.refused.add(version.id)
            elif version.from_generation == self._number:
                held.staged[version.id] = version
            else:
                held.before[version.id] = version
        if pointer.withdrawals:
            held.refused.update(
                connection.scalars(
                    select(withdrawn.c.id).where(
                        withdrawn.c.board_id == self._holder.board_id,
                        withdrawn.c.product == self._holder.product,
                        withdrawn.c.generation == self._number,
                        withdrawn.c.kind == kind.value,
                        withdrawn.c.id.in_(ids),
                    )
                )
            )
        return held

    def about_withdrawn(self, connection: Connection, puts: Sequence[Put]) -> set[str]:
        """Records of a person who was withdrawn since `begin`, also those that were never put before."""
        persons: dict[str, list[str]] = {}
        for put in puts:
            person = put.references[USER]
            if person is not None:
                persons.setdefault(person, []).append(put.record.pseudonym)
        if not persons:
            return set()
        gone = connection.scalars(
            select(withdrawn.c.id).where(
                withdrawn.c.board_id == self._holder.board_id,
                withdrawn.c.product == self._holder.product,
                withdrawn.c.generation == self._number,
                withdrawn.c.kind == Kind.USER.value,
                withdrawn.c.id.in_(persons),
            )
        )
        return {record_id for person in gone for record_id in persons[person]}

    def _open_versions(
        self, connection: Connection, kind: Kind, ids: Sequence[Pseudonym]
    ) -> Iterator[Version]:
        parameters = {**self._mine, "kind": kind.value, "staged": self._number}
        most = 2 * len(ids)
        if len(ids) >= _NEIGHBOURS:
            # Records that come in the order of ids are neighbours: one walk over them instead of a search for each.
            between = {"first": min(ids), "last": max(ids), "most": most}
            rows = connection.execute(_OPEN_BETWEEN, {**parameters, **between}).all()
            if len(rows) < most:
                return map(Version._make, rows)
        return map(Version._make, connection.execute(_OPEN_VERSIONS, {**parameters, "ids": ids}).all())

    def compare(self, put: Put, held: Held) -> Change:
        """What must be written so that the staged generation sees the record as it was put."""
        record = put.record
        before, again = held.before.get(record.pseudonym), held.staged.get(record.pseudonym)
        change = Change(record.pseudonym, record.kind.value, put.school)
        same = before is not None and before.active and before.fingerprint == put.fingerprint
        staged_same = again is not None and not same and again.fingerprint == put.fingerprint
        change.drop = again is not None and not staged_same
        if same and before is not None:
            if before.until_generation is not None:
                change.reopen = before.from_generation
        elif not staged_same:
            if before is not None and before.until_generation is None:
                change.close = before.from_generation
            change.row = self._row(put)
            change.links = self._link_rows(put)
        if again is None:
            # Put for the first time in this publication.
            change.outcome = (
                "unchanged" if same else "changed" if before is not None and before.active else "added"
            )
        return change

    def write(self, connection: Connection, changes: list[Change]) -> None:
        """Write changes; the caller has the pointer's lock and holds the lease."""
        dropped = [self._key(change, self._number) for change in changes if change.drop]
        if dropped:
            connection.execute(_DROP_VERSION, dropped)
            connection.execute(_DROP_LINKS, dropped)
        reopened = [self._key(change, change.reopen) for change in changes if change.reopen is not None]
        if reopened:
            connection.execute(_END_VERSION, [{**key, "b_until": None} for key in reopened])
        closed = [self._key(change, change.close) for change in changes if change.close is not None]
        if closed:
            connection.execute(_END_VERSION, [{**key, "b_until": self._number} for key in closed])
        rows = [change.row for change in changes if change.row is not None]
        if rows:
            connection.execute(_INSERT_VERSION, rows)
        new_links = [link for change in changes for link in change.links]
        if new_links:
            connection.execute(_INSERT_LINK, new_links)

    def _row(self, put: Put) -> dict[str, Any]:
        return {
            **self._mine,
            "kind": put.record.kind.value,
            "id": put.record.pseudonym,
            "from_generation": self._number,
            "active": True,
            "vendor_made": False,
            "subject": put.record.subject.value,
            "fingerprint": put.fingerprint,
            "body": self._seal.seal(put.record.kind, put.record.pseudonym, put.record.body),
            **dict(zip(REFERENCE_COLUMNS, put.references, strict=True)),
        }

    def _link_rows(self, put: Put) -> list[dict[str, object]]:
        return [
            {
                **self._mine,
                "relation": relation,
                "target": target,
                "kind": put.record.kind.value,
                "id": put.record.pseudonym,
                "from_generation": self._number,
            }
            for relation, target in put.targets
        ]

    def _key(self, change: Change, from_generation: int | None) -> dict[str, object]:
        return {
            "b_board": self._holder.board_id,
            "b_product": self._holder.product,
            "b_kind": change.kind,
            "b_id": change.record_id,
            "b_from": from_generation,
        }
