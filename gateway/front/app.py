"""The vendors' door as a web application: token endpoint, `/me`, health, and one blueprint per standard.

Nothing of the school's side is imported, directly or indirectly; `gateway.front.wsgi` bars it at run time as
well.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from contracts.decisions import decide_standing
from contracts.instants import from_ms, to_ms
from contracts.refusals import Refused
from contracts.vocabulary import Operation, Service
from gateway.connections import clock
from gateway.database import require_reachable
from gateway.errors import CallerError, DisclosureRefused, GatewayError
from gateway.front import vendor_page
from gateway.front.authenticate import TokenEndpoint, TokenRequest, limited_answer
from gateway.front.gate import Admission, Caller, examine, loaded
from gateway.front.me import describe
from gateway.front.planes.oneroster.views import OneRosterPlane
from gateway.front.rate_limit import RateLimited
from gateway.front.refusals import register_limited, register_refusal, register_unknown_caller
from gateway.front.schema_watch import SchemaWatch
from gateway.front.services import MAX_BODY_BYTES, FrontServices
from gateway.front.views import (
    Plane,
    caller,
    count_stranger,
    form,
    known_error,
    log_fault,
    register,
    reply,
    request_id,
)
from gateway.migrations.current import require_current
from gateway.roster.model import ProductId

PLANES: Final[tuple[Plane, ...]] = (OneRosterPlane(),)
"""Every standard that the door speaks. Adding one is a folder and a line here."""

TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105 (a path)


View = tuple[str, str, Callable[[], Response]]
"""Method, path and what answers."""


def create_front_app(services: FrontServices, *, more: Sequence[View] = ()) -> Flask:
    """Build the application; it keeps nothing between requests but counts.

    Args:
        more: views outside every standard that only this application has; `gateway.front.sandbox` gives some.
    """
    # Authlib writes issued tokens to its debug log.
    logging.getLogger("authlib").setLevel(logging.WARNING)
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["PROPAGATE_EXCEPTIONS"] = False
    # A redirect for a doubled slash would be built from the Host header.
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    for plane in PLANES:
        app.register_blueprint(plane.blueprint(services))
    endpoint = TokenEndpoint(services, lambda product: _grantable(services, product))
    views: tuple[View, ...] = (
        ("POST", TOKEN_PATH, _token_view(services, endpoint)),
        ("GET", "/me", _me_view(services)),
        ("GET", "/docs", _docs_view(services)),
        ("GET", "/docs/style.css", _style_view(services)),
        ("GET", "/healthz", lambda: reply(200, {"status": "up"})),
        ("GET", "/readyz", _ready_view(services)),
        *more,
    )
    for method, path, view in views:
        name = path.strip("/").replace(".", "_") or "root"
        app.add_url_rule(path, name, view, methods=[method], provide_automatic_options=False)
    schema = SchemaWatch(services)

    def refuse_another_schema() -> None:
        # Health tells by itself.
        if request.path not in ("/healthz", "/readyz"):
            schema.require()

    app.before_request(refuse_another_schema)
    app.register_error_handler(Exception, lambda error: _refuse(services, error))
    return app


def _refuse(services: FrontServices, error: Exception) -> Response:
    for plane in PLANES:
        if request.path.startswith(plane.prefix + "/"):
            return plane.refuse(services, error)
    return _plain_refusal(services, error)


def _grantable(services: FrontServices, product: ProductId) -> frozenset[str] | Refused:
    def ask(service: Service, operation: Operation) -> Admission | Refused:
        return examine(services, product, ((service, operation),))

    granted: set[str] = set()
    refused: Refused | None = None
    for plane in PLANES:
        scopes = plane.scopes(ask)
        if isinstance(scopes, Refused):
            refused = scopes
        else:
            granted |= scopes
    return refused if refused is not None and not granted else frozenset(granted)


def _token_view(services: FrontServices, endpoint: TokenEndpoint) -> Callable[[], Response]:
    def view() -> Response:
        g.operation = f"POST {TOKEN_PATH}"
        answer = endpoint.answer(
            TokenRequest(request.method, request.headers.get("Authorization"), form(), request_id())
        )
        if answer.refusal is not None and answer.client is None:
            try:
                count_stranger(services)
            except RateLimited as limited:
                answer = limited_answer(limited, None)
        if answer.refusal is not None and answer.client is None:
            register_unknown_caller(
                services,
                reason=answer.refusal,
                status=answer.status,
                operation=g.operation,
                request_id=request_id(),
            )
        elif answer.status == 429 and answer.client is not None:
            register_limited(
                services,
                answer.client.client_id,
                answer.client.product,
                operation=g.operation,
                request_id=request_id(),
            )
        elif answer.refusal is not None and answer.client is not None:
            register_refusal(
                services,
                client_id=answer.client.client_id,
                product=answer.client.product,
                request_id=request_id(),
                reason=answer.refusal,
                status=answer.status,
                operation=g.operation,
            )
        return reply(answer.status, answer.body, answer.headers)

    return view


def _me_view(services: FrontServices) -> Callable[[], Response]:
    def view() -> Response:
        g.operation = "GET /me"
        who: Caller = caller(services)
        now = services.now()
        known = loaded(services, who.product)
        mark = from_ms(clock.high_water(services.engine, board_id=services.board_id, now_ms=to_ms(now)))
        standing = decide_standing(known.agreement, now=now, high_water=mark, altered=known.altered)
        return reply(200, describe(services, who, known, standing, now=now))

    return view


def _docs_view(services: FrontServices) -> Callable[[], Response]:
    def view() -> Response:
        page = vendor_page.page(services.public_url, services.sandbox_url)
        return _document(services, page, "text/html; charset=utf-8")

    return view


def _style_view(services: FrontServices) -> Callable[[], Response]:
    return lambda: _document(services, vendor_page.stylesheet(), "text/css; charset=utf-8")


def _document(services: FrontServices, content: bytes, media_type: str) -> Response:
    g.operation = "GET /docs"
    # Anybody may read it, and so anybody may ask too often.
    count_stranger(services)
    return reply(200, content, {"Content-Type": media_type})


def _ready_view(services: FrontServices) -> Callable[[], Response]:
    def view() -> Response:
        g.operation = "GET /readyz"
        try:
            require_reachable(services.engine, "front")
            require_current(services.engine, "front")
        except GatewayError as error:
            return reply(503, {"status": "not ready", "code": error.code, "message": str(error)})
        return reply(200, {"status": "ready"})

    return view


def _plain_refusal(services: FrontServices, error: Exception) -> Response:
    """An error outside every standard: token endpoint, `/me`, unknown paths."""
    error = known_error(error)
    headers: dict[str, str] = {}
    if isinstance(error, HTTPException):
        status = error.code if error.code in (404, 405, 413) else 400
        return reply(status, {"code": "unknown_path" if status == 404 else "malformed_request"})
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, CallerError):
        status, text = error.status, error.sentence()
        if status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="schuilnaam"'
    elif isinstance(error, DisclosureRefused):
        status, text = 403, error.sentence()
    elif isinstance(error, GatewayError):
        status, text = 503, "The gateway is not ready."
        headers["Retry-After"] = "30"
    else:
        status, text = 500, "The gateway could not answer; its operator has been told."
    code = error.code if isinstance(error, GatewayError) else "gateway_error"
    try:
        register(services, error, status=status, operation=g.get("operation", "unknown path"))
    except Exception as unwritable:
        log_fault(unwritable)
        status, code, text = 503, "register_unwritable", "The gateway is not ready."
    return reply(status, {"code": code, "message": text, "request_id": request_id()}, headers)
