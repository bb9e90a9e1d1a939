"""What every view of the door shares: request ids, answers built from nothing, refusals registered once.

Answers carry the headers that are named here and no others; nothing of a request is repeated in one.
"""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, Protocol
from urllib.parse import parse_qsl

from flask import Blueprint, Response, g, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import ClientDisconnected

from contracts.refusals import Refused
from contracts.vocabulary import Operation, Service
from gateway import strict_json
from gateway.errors import CallerError, GatewayError, GatewayUnready
from gateway.front.gate import Admission, Caller, identify
from gateway.front.rate_limit import RateLimited, address_of
from gateway.front.refusals import register_limited, register_refusal, register_unknown_caller
from gateway.front.services import FrontServices
from gateway.roster.model import Kind

_log: Final = logging.getLogger("gateway.front")

ALLOWED_HEADERS: Final = frozenset(
    {
        "Content-Type",
        "Content-Length",
        "Cache-Control",
        "X-Content-Type-Options",
        "X-Request-Id",
        "X-Total-Count",
        "Link",
        "Schuilnaam-Withheld",
        "Schuilnaam-Dropped",
        "Retry-After",
        "WWW-Authenticate",
        "Allow",
        "Content-Security-Policy",
        "Referrer-Policy",
    }
)
"""Every header that the door sends; the server in front adds Date, Server and Connection."""

_MAX_FORM_BYTES: Final = 16_384

Examine = Callable[[Service, Operation], "Admission | Refused"]
"""Asks whether a product's agreement permits a service and operation now."""


class Plane(Protocol):
    """One wire standard toward vendors; one folder fills this in."""

    @property
    def prefix(self) -> str:
        """Paths below it are this plane's, unknown ones included."""

    def scopes(self, examine: Examine) -> frozenset[str] | Refused:
        """The scopes of the standard that an agreement allows now; the reason when it allows none."""

    def blueprint(self, services: FrontServices) -> Blueprint:
        """The routes."""

    def refuse(self, services: FrontServices, error: Exception) -> Response:
        """Register an error and word it in the standard's own shape."""


def request_id() -> str:
    """Names this request in the answer and in the registers; made here, never taken from the caller."""
    if "request_id" not in g:
        g.request_id = f"r-{secrets.token_hex(10)}"
    return str(g.request_id)


def caller(services: FrontServices) -> Caller:
    """Who calls, counted once per request. Raises `CallerError` 401, `RateLimited`."""
    if "caller" not in g:
        try:
            g.caller = identify(services, request.headers.get("Authorization"), request_id=request_id())
        except CallerError:
            count_stranger(services)
            raise
        services.limiter.count_request(g.caller.session.client_id)
    known: Caller = g.caller
    return known


def body() -> bytes:
    """The body of the request. Raises `CallerError` 408 when it does not arrive in time, or not whole."""
    content: bytes | None = None
    with suppress(OSError, ClientDisconnected):
        content = request.get_data(cache=False)
    # Accident and attack: what is there of a form that was cut off may be a form, of another meaning.
    if content is None or request.content_length not in (None, len(content)):
        raise CallerError(
            "The body did not arrive whole, or not in time.", code="request_timeout", status=408
        )
    return content


def form() -> tuple[tuple[str, str], ...]:
    """The fields of a posted form. Raises `CallerError` 413, 400, 408."""
    if (request.content_length or 0) > _MAX_FORM_BYTES:
        raise CallerError("The form is too large.", code="body_size", status=413)
    content = body()
    try:
        return tuple(
            parse_qsl(content.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=20)
        )
    except ValueError:
        raise CallerError("The form cannot be read.", code="malformed_request", status=400) from None


def count_stranger(services: FrontServices) -> None:
    """Count a request of somebody who did not prove who it is. Raises `RateLimited`."""
    forwarded = request.headers.get("X-Forwarded-For")
    services.limiter.count_stranger(
        address_of(request.remote_addr, forwarded, proxies=services.trusted_proxies)
    )


def reply(
    status: int, body: bytes | Mapping[str, object] | None, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer with the headers given and the ones that every answer has."""
    content = b"" if body is None else body if isinstance(body, bytes) else strict_json.dumps(dict(body))
    response = Response(content, status=status)
    response.headers.clear()
    if content:
        response.headers["Content-Type"] = "application/json"
    if status != 204:
        response.headers["Content-Length"] = str(len(content))
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Request-Id"] = request_id()
    for name, value in (headers or {}).items():
        if name not in ALLOWED_HEADERS:
            raise ValueError(f"the door does not send the header {name}")
        response.headers[name] = value
    return response


def known_error(error: Exception) -> Exception:
    """A database that fails is a gateway that is not ready; its own text goes nowhere."""
    if isinstance(error, DBAPIError):
        return GatewayUnready("The database does not answer.", code="database_unavailable")
    return error


def register(
    services: FrontServices,
    error: Exception,
    *,
    status: int,
    operation: str,
    kind: Kind | None = None,
    returning: bool = False,
) -> None:
    """Register one refusal, and log what nobody foresaw.

    Raises:
        GatewayUnready: the register cannot be written.
    """
    if not isinstance(error, GatewayError):
        log_fault(error)
    reason = error.code if isinstance(error, GatewayError) else "gateway_error"
    known: Caller | None = g.get("caller")
    if known is None:
        register_unknown_caller(
            services,
            reason=reason,
            status=status,
            operation=operation,
            request_id=request_id(),
        )
        return
    if isinstance(error, RateLimited):
        register_limited(
            services, known.session.client_id, known.product, operation=operation, request_id=request_id()
        )
        return
    register_refusal(
        services,
        client_id=known.session.client_id,
        product=known.product,
        request_id=request_id(),
        reason=reason,
        status=status,
        operation=operation,
        kind=kind,
        returning=returning,
    )


def log_fault(error: Exception) -> None:
    """Where an unforeseen error arose and of which class; its text could hold a value, so it is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-6:]))
    _log.error("request %s failed: %s at %s", request_id(), type(error).__name__, places)
