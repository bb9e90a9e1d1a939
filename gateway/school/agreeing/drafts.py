"""Drafts: an agreement record that somebody is filling in, kept per account until it is registered or thrown away.

Guarantees: whatever was typed is kept as it was typed, also where it is wrong; a draft decides nothing and nobody but
its owner sees it. Only `contracts.documents` turns it into a record.

Source: `docs/decisions/0029-drafts-roles-and-leaflets.md`.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, update

from contracts.errors import NotFound
from contracts.instants import to_ms
from gateway.database import reading, writing
from gateway.errors import UsageError
from gateway.school.agreeing.tables import agreement_drafts
from gateway.school.services import SchoolServices

MAX_BYTES: Final = 1024 * 1024
MAX_DRAFTS: Final = 50
"""Of one account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A record with gaps, and what is known about how it was filled."""

    draft_id: str
    record: Mapping[str, Any]
    """As the record's file has it; values that could not be read stand in it as typed text."""
    filled: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    """Path to (what filled it in, the value): the mark goes when the value is changed."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Path of a line or sub-processor to the vendor's own words about it."""
    paper_sha256: str | None = None
    """Of the signed document that was given here."""
    relation: str = ""
    """`new`, `continues:<slug>` or nothing, about a product that was not there before."""
    compared: bool = False
    """Somebody said that what was filled in agrees with the paper."""
    updated_at_ms: int = 0

    @property
    def title(self) -> str:
        """Number and recipient, as far as they are known."""
        number = self.record.get("agreement_id")
        name = (self.record.get("processor") or {}).get("name")
        return ", ".join(str(part) for part in (number, name) if part)


def _encoded(draft: Draft) -> bytes:
    content = json.dumps(
        {
            "record": draft.record,
            "filled": {path: list(mark) for path, mark in draft.filled.items()},
            "words": dict(draft.words),
            "paper_sha256": draft.paper_sha256,
            "relation": draft.relation,
            "compared": draft.compared,
        },
        ensure_ascii=False,
    ).encode()
    if len(content) > MAX_BYTES:
        raise UsageError(
            "The draft is too large.", code="draft_too_large", remedy="Register the products apart."
        )
    return content


def _decoded(draft_id: str, content: bytes, updated_at_ms: int) -> Draft:
    stored = json.loads(content)
    return Draft(
        draft_id=draft_id,
        record=stored["record"],
        filled={path: (mark[0], mark[1]) for path, mark in stored["filled"].items()},
        words=stored["words"],
        paper_sha256=stored["paper_sha256"],
        relation=stored["relation"],
        compared=stored["compared"],
        updated_at_ms=updated_at_ms,
    )


def begin(services: SchoolServices, draft: Draft, *, account_id: str, now: datetime) -> Draft:
    """Keep a new draft; its id is chosen here. Raises `UsageError` when somebody has too many."""
    table, now_ms = agreement_drafts, to_ms(now)
    kept = replace(draft, draft_id=secrets.token_hex(16), updated_at_ms=now_ms)
    with writing(services.school) as connection:
        count = connection.execute(
            select(func.count()).where(
                table.c.board_id == services.board_id, table.c.account_id == account_id
            )
        ).scalar_one()
        if count >= MAX_DRAFTS:
            raise UsageError(
                f"There are {MAX_DRAFTS} drafts already.",
                code="draft_limit",
                remedy="Throw away those that are not needed.",
            )
        connection.execute(
            insert(table).values(
                board_id=services.board_id,
                draft_id=kept.draft_id,
                account_id=account_id,
                content=_encoded(kept),
                created_at_ms=now_ms,
                updated_at_ms=now_ms,
            )
        )
    return kept


def listed(services: SchoolServices, *, account_id: str) -> list[Draft]:
    """Somebody's drafts, the latest first."""
    table = agreement_drafts
    with reading(services.school) as connection:
        rows = connection.execute(
            select(table)
            .where(table.c.board_id == services.board_id, table.c.account_id == account_id)
            .order_by(table.c.updated_at_ms.desc(), table.c.draft_id)
        ).all()
    return [_decoded(row.draft_id, row.content, row.updated_at_ms) for row in rows]


def find(services: SchoolServices, draft_id: str, *, account_id: str) -> Draft:
    """One of somebody's own drafts. Raises `NotFound`, also where it is another's."""
    table = agreement_drafts
    with reading(services.school) as connection:
        row = connection.execute(
            select(table).where(
                table.c.board_id == services.board_id,
                table.c.draft_id == draft_id,
                table.c.account_id == account_id,
            )
        ).one_or_none()
    if row is None:
        raise NotFound("draft_unknown", "There is no such draft.", "See your list of drafts.")
    return _decoded(row.draft_id, row.content, row.updated_at_ms)


def save(services: SchoolServices, draft: Draft, *, account_id: str, now: datetime) -> None:
    """Keep what was typed. Raises `NotFound` when the draft is gone or another's."""
    table = agreement_drafts
    with writing(services.school) as connection:
        changed = connection.execute(
            update(table)
            .where(
                table.c.board_id == services.board_id,
                table.c.draft_id == draft.draft_id,
                table.c.account_id == account_id,
            )
            .values(content=_encoded(draft), updated_at_ms=to_ms(now))
        ).rowcount
    if changed != 1:
        raise NotFound("draft_unknown", "There is no such draft.", "See your list of drafts.")


def discard(services: SchoolServices, draft_id: str, *, account_id: str) -> None:
    """Throw a draft away; nothing happens where there is none."""
    table = agreement_drafts
    with writing(services.school) as connection:
        connection.execute(
            delete(table).where(
                table.c.board_id == services.board_id,
                table.c.draft_id == draft_id,
                table.c.account_id == account_id,
            )
        )


_STEP: Final = re.compile(r"([A-Za-z0-9_]+)|\[(\d+)\]")


def steps_of(path: str) -> list[str | int]:
    """`products[0].data` as `["products", 0, "data"]`."""
    return [name if name else int(index) for name, index in _STEP.findall(path)]


def at(record: Any, path: str) -> Any:
    """What stands at a path; None where nothing does."""
    for step in steps_of(path):
        if isinstance(step, int):
            record = record[step] if isinstance(record, list) and step < len(record) else None
        else:
            record = record.get(step) if isinstance(record, Mapping) else None
    return record


def put(record: dict[str, Any], path: str, value: Any) -> None:
    """Write a value at a path of names, making the parts on the way."""
    *parts, last = steps_of(path)
    place: Any = record
    for step in parts:
        place = place[step] if isinstance(step, int) else place.setdefault(step, {})
    place[last] = value


def without_row(marks: Mapping[str, Any], rows: str, index: int) -> dict[str, Any]:
    """Marks by path after row `index` of the list `rows` was taken out: its own go, those behind it move up."""
    moved: dict[str, Any] = {}
    pattern = re.compile(re.escape(rows) + r"\[(\d+)\](.*)", re.DOTALL)
    for path, mark in marks.items():
        found = pattern.fullmatch(path)
        if found is None:
            moved[path] = mark
        elif int(found[1]) != index:
            place = int(found[1]) - (1 if int(found[1]) > index else 0)
            moved[f"{rows}[{place}]{found[2]}"] = mark
    return moved
