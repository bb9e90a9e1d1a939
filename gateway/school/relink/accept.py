"""The one way back: from what a vendor returned to a record about a real pupil, or to quarantine.

Ordered rules; the code is marked with the same numbers:
 0. The caller has claimed the record (`gateway.inbox.claiming`), in order and after what it refers to.
 1. Open it with the ring's intake key, bound to its own row: board, product, kind, operation.
 2. Read it as strictly as everything that comes in; the front may be under somebody else's control.
 3. Its id must be the vendor's own. An id with the shape of a pseudonym is never one that a vendor minted.
 4. Of its references, only those that its kind has; each must be there where the standard cannot do without.
 5. Recover every pseudonym under THIS product's scope, each as the kind that its field refers to. One that was
    not made for this product joins nothing to nobody: quarantine, without identity.
 6. All recovered identifiers of one record must belong to one source.
 7. Ids that the vendor minted become ids of the school: a keyed MAC. What they refer to must be known already and
    stand in the same source; what is not known yet is waited for.
 8. Rebuild the body from the allow-list and the agreement's list of what comes back; complete what is demanded.

Deliberately not here: whether the agreement lets results come back at all (the front decided before it took them
in, and `fields_back` is what it said then); whether a record moved to another source (`minted.store`, where its row
is); writing (`gateway.school.delivery`); names (no name is needed).

Guarantees: `accept` is pure: it writes nothing and asks nobody but the ring and `known`. What it returns instead of
an identified record is a reason and lengths, never a value.

    outcome = accept(claimed, recoverer=..., places=..., known=..., fields_back=...)
    match outcome: case Relinked(): deliver | case Unjoined(): quarantine | case WaitsFor(): later
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.inbox.claiming import Claimed
from gateway.inbox.sealing import intake_context
from gateway.inbox.tables import Operation
from gateway.roster.model import PSEUDONYM_PATTERN, REFERENCES, Kind, ProductId, Reference
from gateway.school.disclosure.coarse import SPACE as MADE_UP_SPACE
from gateway.school.relink.bodies import Received, WrongType, rebuild
from gateway.school.relink.minted import Minted
from gateway.school.relink.quarantine import length_histogram
from gateway.school.relink.recovering import NotFound, Recoverer
from gateway.strict_json import NotStrictJson, loads

MAX_SEALED_BYTES: Final = 1_048_576
MAX_ID: Final = 255
"""Longest id of OneRoster."""

DEMANDED: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.CATEGORY: frozenset(),
    Kind.LINE_ITEM: frozenset({"class"}),
    Kind.RESULT: frozenset({"lineItem", "student"}),
}
"""References without which it cannot be told where a record belongs. What the standard demands besides (school and
category of a line item) vendors leave out in the field; the school's system decides.
"""

_VENDOR_MADE: Final = (Kind.CATEGORY, Kind.LINE_ITEM, Kind.RESULT)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolResult:
    """A record about a real pupil, for one system of the school. Never logged, never stored."""

    source: str | None
    """Slug; None is every source of the board that takes results (a category belongs to no class)."""
    kind: Kind
    operation: Operation
    identifier: str = field(repr=False)
    fields: Mapping[str, object] = field(repr=False)
    references: Mapping[str, tuple[Kind, str]] = field(repr=False)
    """By wire name of the field; the source writes them in its own form."""

    def __repr__(self) -> str:
        return f"<SchoolResult {self.kind}>"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Relinked:
    """Joined: what to write, and the row that leads back from it."""

    record: SchoolResult
    minted: Minted


@dataclass(frozen=True, slots=True)
class Unjoined:
    """Joined to nobody. Both members may be stored and shown."""

    reason: str
    lengths: str = ""


@dataclass(frozen=True, slots=True)
class WaitsFor:
    """Refers to records of the vendor that have not come yet."""

    count: int


@dataclass(frozen=True, slots=True)
class NothingThere:
    """A deletion of what never reached the school's system."""


Outcome = Relinked | Unjoined | WaitsFor | NothingThere

Places = Callable[[list[tuple[Kind, str]]], Mapping[tuple[Kind, str], str | None]]
"""School ids of records that this product made -> in which source each is; others left out (`minted.places`)."""


def accept(
    claimed: Claimed,
    *,
    recoverer: Recoverer,
    source_of_space: Mapping[str, str],
    places: Places,
    fields_back: Collection[str],
) -> Outcome:
    """Join one returned record to the school's own records, or say why not.

    Args:
        source_of_space: name of an identifier space -> slug of the source in which it is found today.
        fields_back: fields that the agreement let come back when the record was received, as `result.score`.
    """
    try:
        # (1) (2)
        vendor_id, body = _opened(claimed, recoverer)
        # (3)
        _check_own_id(vendor_id)
        school_id = _school_id(claimed.product, claimed.kind, vendor_id, recoverer, places)
        if claimed.operation is Operation.DELETE:
            return _deletion(claimed, vendor_id, school_id, recoverer, places)
        # (4)
        references = _references(claimed.kind, body)
        # (5) (6) (7)
        joined = _joined(claimed.product, references, recoverer, source_of_space, places)
        if isinstance(joined, WaitsFor):
            return joined
        # (8)
        fields = rebuild(
            claimed.kind, body, fields_back=fields_back, received=Received(claimed.received_at_ms)
        )
    except _Refused as refused:
        return Unjoined(refused.reason, refused.lengths)
    except WrongType:
        return Unjoined("wrong_type")
    return _relinked(claimed, vendor_id, school_id, recoverer, joined, fields)


class _Refused(Exception):
    """Not joined; inside this module only."""

    def __init__(self, reason: str, texts: Collection[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lengths = length_histogram(texts)


@dataclass(frozen=True, slots=True)
class _Joined:
    source: str | None
    references: Mapping[str, tuple[Kind, str]] = field(repr=False)


def _opened(claimed: Claimed, recoverer: Recoverer) -> tuple[str, dict[str, object]]:
    context = intake_context(
        board_id=claimed.board_id,
        product=claimed.product,
        kind=claimed.kind,
        operation=claimed.operation,
    )
    plaintext = recoverer.open(claimed.sealed, context=context)
    if plaintext is None:
        # Attack: bodies swapped between rows of the front database.
        raise _Refused("unopenable")
    try:
        envelope = loads(plaintext, max_bytes=MAX_SEALED_BYTES)
    except NotStrictJson:
        raise _Refused("unreadable") from None
    if not isinstance(envelope, dict) or envelope.get("v") != 1:
        raise _Refused("unreadable")
    vendor_id, body = envelope.get("id"), envelope.get("body")
    if not isinstance(vendor_id, str) or not isinstance(body, dict):
        raise _Refused("unreadable")
    return vendor_id, body


def _check_own_id(vendor_id: str) -> None:
    if not 0 < len(vendor_id) <= MAX_ID:
        raise _Refused("unreadable")
    # Attack: the pseudonym of a teacher's line item as the id of a PUT, to overwrite it.
    if _is_pseudonym(vendor_id):
        raise _Refused("not_its_own", [vendor_id])


def _school_id(product: ProductId, kind: Kind, vendor_id: str, recoverer: Recoverer, places: Places) -> str:
    ids = recoverer.school_ids(product, kind, vendor_id)
    if not ids:
        raise _Refused(NotFound.NO_PRODUCT.value)
    if len(ids) > 1:
        known = places([(kind, each) for each in ids])
        ids = tuple(each for each in ids if (kind, each) in known) or ids
    return ids[0]


def _is_pseudonym(text: str) -> bool:
    # Upper-case input is accepted by recovery, so it counts as one here.
    return PSEUDONYM_PATTERN.match(text.lower()) is not None


def _references(kind: Kind, body: Mapping[str, object]) -> list[tuple[Reference, str]]:
    found: list[tuple[Reference, str]] = []
    for reference in REFERENCES[kind]:
        given = body.get(reference.field)
        if given is None:
            if reference.field in DEMANDED[kind]:
                raise _Refused("reference_missing")
            continue
        # Only the id counts. Attack: `href` or `type` of a reference that lead elsewhere than its id.
        identifier = given.get("sourcedId") if isinstance(given, dict) else None
        if not isinstance(identifier, str) or not 0 < len(identifier) <= MAX_ID:
            raise _Refused("unreadable")
        found.append((reference, identifier))
    return found


def _joined(
    product: ProductId,
    references: list[tuple[Reference, str]],
    recoverer: Recoverer,
    source_of_space: Mapping[str, str],
    places: Places,
) -> _Joined | WaitsFor:
    issued = [(reference, text) for reference, text in references if _is_pseudonym(text)]
    own = [(reference, text) for reference, text in references if not _is_pseudonym(text)]
    # (5)
    joined: dict[str, tuple[Kind, str]] = {}
    sources: set[str] = set()
    for reference, text in issued:
        found = recoverer.recover(product, reference.target, [text])[0]
        if isinstance(found, NotFound):
            raise _Refused(found.value, [text])
        if found.space.name == MADE_UP_SPACE:
            # A class of `groups: coarse`: it stands for no class of the school.
            raise _Refused("made_up_class", [text])
        if found.space.name not in source_of_space:
            raise _Refused("unknown_source", [text])
        joined[reference.field] = (reference.target, found.identifier)
        sources.add(source_of_space[found.space.name])
    # (7)
    waits = _join_own(product, own, recoverer, places, joined, sources)
    # (6) Attack, or a mistake in a vendor's matching: a pupil of one school in the class of another.
    if len(sources) > 1:
        raise _Refused("mixed_sources", [text for _, text in references])
    if waits:
        return WaitsFor(waits)
    return _Joined(sources.pop() if sources else None, joined)


def _join_own(
    product: ProductId,
    own: list[tuple[Reference, str]],
    recoverer: Recoverer,
    places: Places,
    joined: dict[str, tuple[Kind, str]],
    sources: set[str],
) -> int:
    wanted: dict[str, tuple[Kind, str]] = {}
    for reference, text in own:
        if reference.target not in _VENDOR_MADE:
            # A pupil, class or school is never the vendor's own: this is no pseudonym of ours, whatever it is.
            raise _Refused(NotFound.NOT_MADE.value, [text])
        school_id = _school_id(product, reference.target, text, recoverer, places)
        wanted[reference.field] = (reference.target, school_id)
    known = places(list(wanted.values())) if wanted else {}
    missing = 0
    for name, key in wanted.items():
        if key not in known:
            missing += 1
            continue
        joined[name] = key
        place = known[key]
        if place is not None:
            sources.add(place)
    return missing


def _deletion(
    claimed: Claimed, vendor_id: str, school_id: str, recoverer: Recoverer, places: Places
) -> Outcome:
    known = places([(claimed.kind, school_id)])
    if (claimed.kind, school_id) not in known:
        return NothingThere()
    joined = _Joined(known[claimed.kind, school_id], {})
    return _relinked(claimed, vendor_id, school_id, recoverer, joined, {})


def _relinked(
    claimed: Claimed,
    vendor_id: str,
    school_id: str,
    recoverer: Recoverer,
    joined: _Joined,
    fields: Mapping[str, object],
) -> Relinked:
    record = SchoolResult(
        source=joined.source,
        kind=claimed.kind,
        operation=claimed.operation,
        identifier=school_id,
        fields=fields,
        references=joined.references,
    )
    minted = Minted(
        product=claimed.product,
        kind=claimed.kind,
        school_id=school_id,
        source=joined.source,
        vendor_id_sealed=recoverer.seal_vendor_id(vendor_id),
    )
    return Relinked(record, minted)
