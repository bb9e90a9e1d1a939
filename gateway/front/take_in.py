"""What a vendor returns: durable before the answer, and never on a record that it did not make.

Ordered rules of every write:
 (1) the request was admitted for the service `results`, in force or within the inbound term
     (`gateway.front.gate`)
 (2) the id in the path is the vendor's own: made by it before, or minted by it now. Everything else (issued
     to it for a record of the school, issued to another vendor, made up in the form of a pseudonym) is an
     unknown object, all with the same bytes
 (3) every id that the body refers to was issued to this product or made by it, and a result is about a pupil;
     else the body is refused, whichever of its ids it is
 (4) in one transaction: sealed to the school, the vendor's own copy, the row of the audit log; and as its
     last step the caller and the agreement are asked once more
 (5) only after its commit the answer

What (2) and (3) cannot see is a forged id that was never issued but verifies: that is for the school side,
which has the key. Source: docs/decisions/0016.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection

from contracts.vocabulary import Groups
from gateway import strict_json
from gateway.connections import compiled
from gateway.database import reading, writing
from gateway.errors import CallerError
from gateway.front.gate import Admission, Caller, still_admitted
from gateway.front.serve import unknown_object
from gateway.front.services import FrontServices
from gateway.holdings.errors import HoldingsStopped, HoldingsTooOld, IdIsIssued
from gateway.holdings.rows import VendorRelations
from gateway.holdings.selection import Collection, HeldRecord
from gateway.inbox.accepting import Outcome, ReturnedRecord, accept
from gateway.inbox.tables import Operation
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import PSEUDONYM_PATTERN, REFERENCES, Kind, Subject


class Stored(StrEnum):
    """What became of a write."""

    CREATED = "created"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """One record as a plane read it, references as bare ids."""

    kind: Kind
    id: str = field(repr=False)
    body: Mapping[str, object] = field(repr=False)
    references: Mapping[Kind, Sequence[str]] = field(repr=False)
    relations: VendorRelations = field(repr=False)
    changed_at_ms: int | None = None


def put(services: FrontServices, caller: Caller, admission: Admission, returned: Returned) -> Stored:
    """Take in one record; committed when this returns.

    Raises:
        CallerError: 404 for an id that is not the vendor's own, 422 for a reference to what it was never
        given. RequestRefused: the agreement ended or was suspended meanwhile; nothing was stored.
    """
    _require_own(services, caller, returned.kind, returned.id)
    _require_issued(services, caller, admission, returned)
    record = ReturnedRecord(
        product=caller.product,
        client_id=caller.session.client_id,
        request_id=caller.request_id,
        kind=returned.kind,
        operation=Operation.PUT,
        id=returned.id,
        body=strict_json.dumps(_as_returned(returned)),
        references=tuple((kind, id) for kind, ids in returned.references.items() for id in ids),
        changed_at_ms=returned.changed_at_ms,
    )
    with writing(services.engine) as connection:
        known = services.vendor_made.get(connection, caller.product, returned.kind, returned.id) is not None
        if _seal(services, connection, record, admission) is Outcome.NEW:
            _keep_own(services, connection, caller, admission, returned)
        _register(services, connection, caller, admission, record)
        still_admitted(services, caller, admission)
    return Stored.CHANGED if known else Stored.CREATED


def _as_returned(returned: Returned) -> dict[str, object]:
    # The school side reads references in the standard's shape; `href` and `type` are not believed anywhere.
    names = {reference.field for reference in REFERENCES[returned.kind]}
    return {name: {"sourcedId": value} if name in names else value for name, value in returned.body.items()}


def delete(services: FrontServices, caller: Caller, admission: Admission, *, kind: Kind, id: str) -> None:
    """Remove one record that the vendor made; committed when this returns.

    Raises:
        CallerError: 404 for an id that is not the vendor's own, or no longer there.
        RequestRefused: as for `put`.
    """
    _require_own(services, caller, kind, id)
    record = ReturnedRecord(
        product=caller.product,
        client_id=caller.session.client_id,
        request_id=caller.request_id,
        kind=kind,
        operation=Operation.DELETE,
        id=id,
    )
    with writing(services.engine) as connection:
        if services.vendor_made.get(connection, caller.product, kind, id) is None:
            raise unknown_object()
        _seal(services, connection, record, admission)
        # Nothing of a stopped product is read any more, its own records included.
        with suppress(HoldingsStopped):
            services.vendor_made.delete(connection, caller.product, kind, id, now_ms=admission.now_ms)
        _register(services, connection, caller, admission, record)
        still_admitted(services, caller, admission)


def _require_own(services: FrontServices, caller: Caller, kind: Kind, id: str) -> None:
    # (2) Attack: a vendor overwrites a teacher's record by its id, or learns which ids exist by trying.
    if PSEUDONYM_PATTERN.match(id.lower()):
        raise unknown_object()
    with reading(services.engine) as connection:
        if services.vendor_made.is_of_school(connection, caller.product, kind, id):
            raise unknown_object()


def _require_issued(
    services: FrontServices, caller: Caller, admission: Admission, returned: Returned
) -> None:
    # (3) Which of the references it is, is not said: the answer would tell one id from another.
    for kind, ids in returned.references.items():
        if services.holdings.ever_issued(caller.product, kind, ids) != frozenset(ids):
            raise _unknown_reference()
    if returned.relations.user is not None and not _may_be_pupil(
        services, caller, admission, returned.relations.user
    ):
        raise _unknown_reference()
    if any(_is_made_up(services, caller, admission, id) for id in returned.references.get(Kind.CLASS, ())):
        raise CallerError(
            "The class was made up for this vendor: there is no such class at the school for a record to belong to.",
            code="made_up_class",
            status=422,
            remedy="Results need an agreement with groups: exact.",
        )


def _is_made_up(services: FrontServices, caller: Caller, admission: Admission, class_id: str) -> bool:
    # As far as the door can see: whether the generation that holds the class was released with made-up groups. One
    # that is no longer held is told by the school side, which has the key (`relink.accept`).
    with suppress(HoldingsStopped, HoldingsTooOld):
        generation = services.holdings.current(caller.product, now_ms=admission.now_ms)
        if generation is None:
            return False
        with reading(services.engine) as connection:
            held = compiled.by_digest(
                connection,
                board_id=services.board_id,
                product=caller.product,
                digest=generation.plan_digest,
            )
        if held is not None and held.groups is Groups.COARSE:
            collection = Collection(Kind.CLASS, id=class_id)
            return services.holdings.one(caller.product, generation, collection) is not None
    return False


def _unknown_reference() -> CallerError:
    return CallerError(
        "The record refers to something that this vendor was never given.",
        code="unknown_reference",
        status=422,
    )


def _may_be_pupil(services: FrontServices, caller: Caller, admission: Admission, user: str) -> bool:
    # False for somebody who is held now and is no pupil. Who left is not held: results may still come.
    person = _held(services, caller, admission, Collection(Kind.USER, id=user))
    return person is None or Subject.PUPIL.value in Subject(person.subject).words


def school_of_class(
    services: FrontServices, caller: Caller, admission: Admission, class_id: str
) -> str | None:
    """The school of a class that this vendor holds, to complete a line item that leaves it out."""
    record = _held(services, caller, admission, Collection(Kind.CLASS, id=class_id))
    school = None if record is None else record.body.get("school")
    return school if isinstance(school, str) else None


def _held(
    services: FrontServices, caller: Caller, admission: Admission, collection: Collection
) -> HeldRecord | None:
    try:
        generation = services.holdings.current(caller.product, now_ms=admission.now_ms)
        return None if generation is None else services.holdings.one(caller.product, generation, collection)
    except (HoldingsStopped, HoldingsTooOld):
        return None


def _seal(
    services: FrontServices, connection: Connection, record: ReturnedRecord, admission: Admission
) -> Outcome:
    return accept(
        connection,
        record,
        index=services.object_index,
        intake_public_key=services.intake_public_key,
        now_ms=admission.now_ms,
    ).outcome


def _keep_own(
    services: FrontServices,
    connection: Connection,
    caller: Caller,
    admission: Admission,
    returned: Returned,
) -> None:
    try:
        services.vendor_made.put(
            connection,
            caller.product,
            returned.kind,
            returned.id,
            returned.body,
            returned.relations,
            subject=Subject.PUPIL if returned.kind is Kind.RESULT else Subject.NONE,
            now_ms=admission.now_ms,
        )
    except IdIsIssued:
        raise unknown_object() from None
    except HoldingsStopped:
        # Within the inbound term after the end: the school gets the result, and nothing can be read back.
        return


def _register(
    services: FrontServices,
    connection: Connection,
    caller: Caller,
    admission: Admission,
    record: ReturnedRecord,
) -> None:
    audit.record(
        connection,
        AuditEvent.RESULT_ACCEPTED,
        board_id=services.board_id,
        actor=Actor.vendor(caller.session.client_id),
        now_ms=admission.now_ms,
        product=caller.product,
        object_id=caller.session.client_id,
        details={
            "kind": record.kind.value,
            "operation": record.operation.value,
            "request_id": caller.request_id,
        },
    )
