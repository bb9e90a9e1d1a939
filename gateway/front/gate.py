"""Who knocks, and whether the door opens: before anything is read, and once more before anything leaves.

Ordered rules of every request with a token:
1. the token stands for a client that is not revoked (`identify`);
2. the agreement that counts is the newest published one, and its digest is the newest in the audit log
   (`admit`);
3. `contracts.decisions.decide_request` permits the service and operation at this instant, by a clock that was
   not set back;
4. nothing of the holdings is read before 1 to 3;
5. the same three are asked again when the answer is ready and registered (`still_admitted`), because an
   agreement can be suspended and a client revoked while the answer is made.

A refusal is an exception here (`RequestRefused`, `CallerError`); who catches it registers it and words it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.agreements import CompiledAgreement
from contracts.decisions import decide_request
from contracts.instants import from_ms, to_ms
from contracts.refusals import Refused
from contracts.vocabulary import Operation, Service
from gateway.connections import clients, clock, compiled
from gateway.connections.clients import Session
from gateway.database import reading
from gateway.errors import CallerError, DisclosureRefused, GatewayUnready
from gateway.front.services import FrontServices
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId

_MAX_TOKEN_LENGTH: Final = 128


class RequestRefused(DisclosureRefused):
    """The agreement does not allow it; the school must act."""

    def __init__(self, refused: Refused, *, contact: str) -> None:
        remedy = refused.remedy if contact in refused.remedy else f"{refused.remedy} Contact: {contact}."
        super().__init__(refused.message, code=refused.reason.value, remedy=remedy)
        self.clause = refused.clause
        self.agreement = refused.agreement


@dataclass(frozen=True, slots=True)
class Caller:
    """A vendor's platform that proved who it is."""

    session: Session
    token: str
    """The token itself, to be looked up once more before the answer leaves; never shown or stored."""
    request_id: str

    def __repr__(self) -> str:
        return f"<Caller {self.session.client_id}>"

    @property
    def product(self) -> ProductId:
        """The product that the client belongs to."""
        return self.session.product


@dataclass(frozen=True, slots=True)
class Admission:
    """The door is open for this service and operation, at this instant."""

    agreement: CompiledAgreement
    service: Service
    operation: Operation
    now: datetime

    @property
    def now_ms(self) -> int:
        """The instant as milliseconds."""
        return to_ms(self.now)


def identify(services: FrontServices, authorization: str | None, *, request_id: str) -> Caller:
    """Rule 1.

    Raises:
        CallerError: 401 `token_missing` without a bearer token, 401 `token_invalid` for every other fault
        alike.
    """
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise CallerError(
            "This needs an access token.",
            code="token_missing",
            status=401,
            remedy=f"Get one at {services.public_url}/oauth2/token.",
        )
    session = _session(services, token)
    if session is None:
        raise _token_invalid(services)
    return Caller(session, token, request_id)


def _session(services: FrontServices, token: str) -> Session | None:
    if len(token) > _MAX_TOKEN_LENGTH:
        return None
    with reading(services.engine) as connection:
        return clients.resolve_token(
            connection, board_id=services.board_id, token=token, now_ms=to_ms(services.now())
        )


def _token_invalid(services: FrontServices) -> CallerError:
    return CallerError(
        "The access token is not valid, or no longer.",
        code="token_invalid",
        status=401,
        remedy=f"Get one at {services.public_url}/oauth2/token.",
    )


def loaded(services: FrontServices, product: ProductId) -> compiled.Loaded:
    """Rule 2: what stands in the table for a product, compared with the audit log."""
    with reading(services.engine) as connection:
        newest = audit.newest(
            connection, AuditEvent.AGREEMENT_COMPILED, board_id=services.board_id, object_id=product
        )
        digest = None if newest is None else newest.details.get("digest")
        return compiled.load(
            connection,
            board_id=services.board_id,
            product=product,
            recorded_digest=digest if isinstance(digest, str) else None,
        )


def admit(
    services: FrontServices, product: ProductId, choices: tuple[tuple[Service, Operation], ...]
) -> Admission:
    """Rules 2 and 3: the first of the services and operations that is permitted.

    Raises:
        RequestRefused: none is; the reason is that of the last choice.
    """
    answer = examine(services, product, choices)
    if isinstance(answer, Refused):
        raise RequestRefused(answer, contact=services.contact)
    return answer


def examine(
    services: FrontServices,
    product: ProductId,
    choices: tuple[tuple[Service, Operation], ...],
    *,
    keep_mark: bool = True,
) -> Admission | Refused:
    """As `admit`, with the refusal as a value.

    Args:
        keep_mark: write the clock's mark where it moved. False inside a write transaction: on SQLite a second
            writer would wait for the first, and the first for it.
    """
    now = services.now()
    known = loaded(services, product)
    mark = from_ms(
        clock.high_water(services.engine, board_id=services.board_id, now_ms=to_ms(now), keep=keep_mark)
    )
    refused: Refused | None = None
    for service, operation in choices:
        answer = decide_request(
            known.agreement,
            service,
            operation,
            product=product,
            now=now,
            high_water=mark,
            altered=known.altered,
        )
        if not isinstance(answer, Refused):
            assert known.agreement is not None
            return Admission(known.agreement, service, operation, now)
        refused = answer
    assert refused is not None
    return refused


def still_admitted(services: FrontServices, caller: Caller, admission: Admission) -> None:
    """Rule 5.

    Raises:
        CallerError: the token died meanwhile.
        RequestRefused: the agreement no longer allows what was admitted.
        GatewayUnready: `agreement_changed`; it still allows it, but in another version.
    """
    if _session(services, caller.token) is None:
        raise _token_invalid(services)
    choices = ((admission.service, admission.operation),)
    again = examine(services, caller.product, choices, keep_mark=False)
    if isinstance(again, Refused):
        raise RequestRefused(again, contact=services.contact)
    if again.agreement.digest != admission.agreement.digest:
        # The answer was made under another agreement; the next request is made under this one.
        raise GatewayUnready(
            "The agreement was changed while the answer was made.",
            code="agreement_changed",
            remedy="Ask again.",
        )
