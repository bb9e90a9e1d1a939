"""What leaves the vendors' door, in the one order in which it may.

Ordered rules of every read:
 (1) the request was admitted (`gateway.front.gate`); nothing is read before
 (2) the generation: pinned for this token and service; before any refresh a first pull asks for one and waits
 (3) the policy: what of that generation may still go today (`gateway.front.policy`)
 (4) the parents of a nested path exist for this vendor, else 404: unknown, out of scope, erased and forged
     alike
 (5) the page is read and rendered, in memory
 (6) the disclosure is registered and committed
 (7) the caller and the agreement are asked once more; who is refused here gets nothing, and the audit log
     says that the registered page was not sent
 (8) who was withdrawn while the answer was made is not in it: the page is read and rendered again. It has the same
     ids in the same places, so what was registered holds; a single record is unknown from then on
 (9) only then do bytes leave

docs/decisions/0016.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from contracts.vocabulary import Service
from gateway.connections import compiled
from gateway.database import reading, writing
from gateway.errors import CallerError, GatewayError, GatewayUnready
from gateway.front.gate import Admission, Caller, still_admitted
from gateway.front.policy import GRADEBOOK_KINDS, FieldPolicy, for_generation
from gateway.front.refusals import register_unsent
from gateway.front.services import FrontServices
from gateway.holdings import requests as refresh_requests
from gateway.holdings.selection import Collection, Generation, HeldRecord, Page, Selection
from gateway.holdings.walks import Pin
from gateway.registers import disclosures
from gateway.registers.disclosures import DisclosureEntry
from gateway.roster.model import ProductId

UNKNOWN_OBJECT: Final = "unknown_object"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one request reads, in words of the holdings."""

    walk: str
    """Path of the request, ids included: what a walk is about. Kept by the holdings as a digest only."""
    operation: str
    """Template of the route, as registered."""
    selection: Selection
    parents: tuple[Collection, ...] = ()
    single: bool = False
    used: frozenset[str] = frozenset()
    """Fields on which filter and sort depend."""
    registered: frozenset[str] = frozenset()
    """Fields of the kind that the answer shows, as far as they are listed."""


@dataclass(frozen=True, slots=True)
class Served:
    """An answer that may leave."""

    body: bytes
    total: int


Render = Callable[[tuple[HeldRecord, ...], FieldPolicy], bytes]
"""Words the records in the plane's standard; pure."""


def unknown_object() -> CallerError:
    """The one answer to every id that this vendor may not know: byte for byte the same."""
    return CallerError("There is no such object.", code=UNKNOWN_OBJECT, status=404)


def read(
    services: FrontServices, caller: Caller, admission: Admission, asked: Reading, render: Render
) -> Served:
    """Answer one read; the steps are those of the module's docstring.

    Raises:
        CallerError: 404 for a record or parent that this vendor may not know.
        GatewayUnready: nothing was refreshed yet, or what is held may not go before the next refresh.
        RequestRefused: the agreement ended or was suspended meanwhile.
    """
    kind = asked.selection.collection.kind
    pin = _pin(services, caller, admission, asked)  # (2)
    policy = _policy(services, admission, pin.generation, asked)  # (3)
    withdrawals = services.holdings.withdrawals(caller.product)
    page = _page(services, caller, admission, pin, asked)  # (4)
    body = render(page.records, policy)  # (5)
    entry = _entry(services, caller, admission, asked, pin.generation, page, policy)
    with writing(services.engine) as connection:  # (6)
        seq = disclosures.record(connection, entry, now_ms=admission.now_ms)
        if not asked.single:
            services.holdings.served(
                connection,
                caller.product,
                pin,
                offset=asked.selection.offset,
                page=page,
                now_ms=admission.now_ms,
            )
    try:
        still_admitted(services, caller, admission)  # (7)
        # Attack on the last moment: a consent is withdrawn between reading and sending.
        while (now := services.holdings.withdrawals(caller.product)) != withdrawals:  # (8)
            withdrawals = now
            page = _page(services, caller, admission, pin, asked)
            body = render(page.records, policy)
    except GatewayError as refusal:
        register_unsent(services, caller, disclosure=seq, kind=kind, refusal=refusal)
        raise
    return Served(body, page.total)  # (9)


def _own(admission: Admission, collection: Collection) -> Collection:
    # With the service `results` alone a vendor reads back what it wrote, and nothing of the school's or a
    # teacher's.
    if admission.service is Service.RESULTS and collection.kind in GRADEBOOK_KINDS:
        return replace(collection, own_only=True)
    return collection


def _page(services: FrontServices, caller: Caller, admission: Admission, pin: Pin, asked: Reading) -> Page:
    for parent in asked.parents:
        if services.holdings.one(caller.product, pin.generation, _own(admission, parent)) is None:
            raise unknown_object()
    selection = replace(asked.selection, collection=_own(admission, asked.selection.collection))
    if not asked.single:
        return services.holdings.page(caller.product, pin.generation, selection, floor=pin.floor)
    # A withdrawn record is shown as a tombstone in collections, where a delta needs it; asked for by id it is
    # as unknown as one that never was.
    record = services.holdings.one(caller.product, pin.generation, selection.collection)
    if record is None:
        raise unknown_object()
    return Page(records=(record,), total=1, contiguous=True)


def _pin(services: FrontServices, caller: Caller, admission: Admission, asked: Reading) -> Pin:
    def pin() -> Pin | None:
        return services.holdings.pin(
            caller.product,
            client_id=caller.session.client_id,
            token_id=caller.session.token_id,
            route=asked.walk,
            selection=asked.selection,
            now_ms=admission.now_ms,
        )

    pinned = pin()
    if pinned is not None:
        return pinned
    refresh_requests.ask_refresh(
        services.engine, board_id=services.board_id, product=caller.product, now_ms=admission.now_ms
    )
    # Attack, or accident: a platform that asks for everything at once would wait in every thread of the door.
    if services.first_pulls.acquire(blocking=False):
        try:
            waited_until = time.monotonic() + services.limits.first_pull_wait_seconds
            while time.monotonic() < waited_until:
                time.sleep(services.limits.first_pull_poll_seconds)
                pinned = pin()
                if pinned is not None:
                    return pinned
        finally:
            services.first_pulls.release()
    raise GatewayUnready(
        "Nothing was released for this product yet; a refresh has been asked for.",
        code="first_refresh_pending",
        remedy="Ask again after the time in Retry-After.",
    )


def _policy(
    services: FrontServices, admission: Admission, generation: Generation, asked: Reading
) -> FieldPolicy:
    kind = asked.selection.collection.kind
    with reading(services.engine) as connection:
        held = compiled.by_digest(
            connection,
            board_id=services.board_id,
            product=ProductId(admission.agreement.product),
            digest=generation.plan_digest,
        )
    today = FieldPolicy(admission.agreement, admission.now)
    own_only = _own(admission, asked.selection.collection).own_only
    policy = for_generation(today, generation, held, kind, own_only=own_only)
    if policy is None or (not own_only and any(policy.dropped(kind, name) for name in asked.used)):
        raise GatewayUnready(
            "The agreement was narrowed; what is held waits for the next refresh.",
            code="refresh_pending",
            remedy="Ask again after the time in Retry-After.",
        )
    return policy


def _entry(
    services: FrontServices,
    caller: Caller,
    admission: Admission,
    asked: Reading,
    generation: Generation,
    page: Page,
    policy: FieldPolicy,
) -> DisclosureEntry:
    kind = asked.selection.collection.kind
    ids = [record.id for record in page.records]
    active = frozenset(record.subject for record in page.records if record.active and not record.vendor_made)
    agreement = admission.agreement
    return DisclosureEntry(
        board_id=services.board_id,
        agreement_id=agreement.agreement_id,
        agreement_version=agreement.version,
        agreement_digest=agreement.digest,
        product=caller.product,
        client_id=caller.session.client_id,
        operation=asked.operation,
        service=admission.service.value,
        purposes=agreement.purposes,
        kind=kind,
        generation=generation.number,
        first=min(ids, default=None),
        last=max(ids, default=None),
        count=len(ids),
        positions=None if page.contiguous else _positions(page),
        vendor_made=sum(record.vendor_made for record in page.records),
        fields=policy.going(kind, active, asked.registered),
        request_id=caller.request_id,
    )


def _positions(page: Page) -> tuple[int, ...]:
    # What the vendor made itself is counted, not placed: it is no record of the school.
    placed = zip(page.records, page.positions, strict=True)
    return tuple(position for record, position in placed if not record.vendor_made)
