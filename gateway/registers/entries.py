"""Entry bytes of the registers: what is stored for ever, and how it is hashed.

An entry is canonical JSON (UTF-8, keys in order, no spaces, whole numbers only) with at least:

    v         version of this format: 1
    log       which of the four logs
    board_id  whose log
    seq       1, 2, 3, ... without gaps
    prev      leaf hash of the entry before it, in hexadecimal; 64 zeros for the first
    at        UTC, milliseconds: 2026-09-01T12:34:56.789Z

The leaf hash is SHA-256(0x00 || entry), as in RFC 9162, section 2.1.1, so that the same rows are leaves of a
Merkle tree. Compatibility: a field may be added under the same version; a field that changes its meaning
needs a new one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import orjson

from gateway import strict_json
from gateway.registers.tables import Log

ENTRY_VERSION: Final = 1
NO_PREVIOUS: Final = "0" * 64
MAX_ENTRY_BYTES: Final = 1_000_000
"""The largest real one is 1,000 register pseudonyms of an access: under 150 kB."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class EntryUnreadable(ValueError):
    """The bytes are no entry. `reason` is one fixed word; nothing of the bytes is quoted."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not an entry of a register: {reason}")
        self.reason = reason


def canonical(document: Mapping[str, object]) -> bytes:
    """One document, one byte string. Floats are refused: two writers may print them differently."""
    _refuse_floats(document)
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS)


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("a register holds whole numbers only")
    if isinstance(value, Mapping):
        for member in value.values():
            _refuse_floats(member)
    elif isinstance(value, list | tuple):
        for member in value:
            _refuse_floats(member)


def leaf_hash(entry: bytes) -> bytes:
    """RFC 9162, section 2.1.1: the 0x00 keeps a leaf from ever being taken for an inner node."""
    return hashlib.sha256(b"\x00" + entry).digest()


def iso_ms(at_ms: int) -> str:
    """Milliseconds since 1970 as UTC text with milliseconds and `Z`."""
    moment = _EPOCH + timedelta(milliseconds=at_ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def write_entry(
    log: Log, *, board_id: str, seq: int, prev: str, at_ms: int, fields: Mapping[str, object]
) -> bytes:
    """The bytes of one entry; `fields` are the log's own."""
    frame: dict[str, object] = {
        "v": ENTRY_VERSION,
        "log": log.value,
        "board_id": board_id,
        "seq": seq,
        "prev": prev,
        "at": iso_ms(at_ms),
    }
    if not frame.keys().isdisjoint(fields):
        raise ValueError("a log's own field has the name of a field of every entry")
    return canonical({**fields, **frame})


def read_entry(entry: object) -> dict[str, object]:
    """The document in `entry`.

    Raises:
        EntryUnreadable: not bytes, not canonical JSON, or of a version that this program does not know.
    """
    # SQLite stores any type in any column; so the type is looked at.
    if not isinstance(entry, bytes):
        raise EntryUnreadable("not_bytes")
    try:
        document = strict_json.loads(entry, max_bytes=MAX_ENTRY_BYTES)
    except strict_json.NotStrictJson as refused:
        raise EntryUnreadable(refused.reason) from None
    if not isinstance(document, dict):
        raise EntryUnreadable("not_an_object")
    if document.get("v") != ENTRY_VERSION:
        raise EntryUnreadable("unknown_version")
    try:
        same = canonical(document) == entry
    except TypeError:
        same = False
    if not same:
        raise EntryUnreadable("not_canonical")
    return document


def _disclosure_columns(document: Mapping[str, object]) -> dict[str, object]:
    agreement = document.get("agreement")
    return {
        "product": document.get("product"),
        "client_id": document.get("client_id"),
        "agreement_id": agreement.get("id") if isinstance(agreement, dict) else None,
        "kind": document.get("kind"),
        "generation": document.get("generation"),
        "first_id": document.get("first"),
        "last_id": document.get("last"),
        "record_count": document.get("count"),
        "request_id": document.get("request_id"),
    }


def _audit_columns(document: Mapping[str, object]) -> dict[str, object]:
    actor = document.get("actor")
    return {
        "event": document.get("event"),
        "product": document.get("product"),
        "client_id": actor.get("client_id") if isinstance(actor, dict) else None,
        "object_id": document.get("object"),
    }


def _access_columns(document: Mapping[str, object]) -> dict[str, object]:
    actor = document.get("actor")
    return {
        "operation": document.get("operation"),
        "product": document.get("product"),
        "actor": actor.get("claim") if isinstance(actor, dict) else None,
        "access_seq": document.get("access", document.get("seq")),
    }


_COLUMNS: Final[Mapping[Log, Callable[[Mapping[str, object]], dict[str, object]]]] = {
    Log.DISCLOSURES: _disclosure_columns,
    Log.AUDIT: _audit_columns,
    Log.AUDIT_SCHOOL: _audit_columns,
    Log.ACCESSES: _access_columns,
}


def columns_of(log: Log, document: Mapping[str, object]) -> dict[str, object]:
    """The columns that are copied out of an entry: used for writing, and for comparing afterwards."""
    return _COLUMNS[log](document)
