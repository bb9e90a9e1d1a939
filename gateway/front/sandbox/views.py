"""The page of the sandbox: a place for a vendor, and buttons for what will happen one day.

Nobody is signed in: whoever presses a button shows the client that the sandbox gave out, in the form or by HTTP Basic,
each time. So there is no cookie that another site could ride on, and no secret in an address. The answer to a post is
the page itself, not a redirect, for the same reason (docs/decisions/0039).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import Final, cast

from flask import Response, g, request

from contracts.instants import to_ms
from gateway.connections import clients, sandbox_presses
from gateway.connections.clients import IssuedClient, VendorClient
from gateway.connections.sandbox_place import (
    MAX_PLACES,
    PLACES_A_DAY,
    PRESSES_A_MINUTE,
    SCHOOL_YEARS,
    SCHOOL_YEARS_SECONDS,
    Place,
)
from gateway.connections.sandbox_presses import Happening, PressState
from gateway.database import reading, storable, writing
from gateway.errors import CallerError
from gateway.front.app import View
from gateway.front.rate_limit import RateLimited, address_of
from gateway.front.sandbox.page import STYLE, Known, page
from gateway.front.sandbox.words import Language
from gateway.front.services import FrontServices
from gateway.front.views import count_stranger, form, register, reply, request_id
from gateway.inbox import letters
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId

WAIT_SECONDS: Final = 6.0
"""How long the answer to a press waits for it to happen, where a thread can be spared."""
_DAY: Final = 86_400
_BEGINNINGS: Final = {
    "task": Happening.AGREEMENT_BEGINS,
    "consent": Happening.AGREEMENT_ON_CONSENT_BEGINS,
}
"""What the product of a new place rests on."""
_POLL_SECONDS: Final = 0.1
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}


def sandbox_views(services: FrontServices, place: Place) -> Sequence[View]:
    """What the application of the sandbox answers besides all that the door answers."""
    views = _Views(services, place)
    return (
        ("GET", "/", views.show),
        ("GET", "/style.css", views.style),
        ("POST", "/start", views.start),
        ("POST", "/press", views.press),
    )


class _Views:
    def __init__(self, services: FrontServices, place: Place) -> None:
        self._services = services
        self._resets_at_ms = place.resets_at_ms

    # -- what is answered

    def show(self) -> Response:
        """The page for somebody who did not show a client."""
        g.operation = "GET /"
        count_stranger(self._services)
        return self._page(200, _language(request.args.get("lang")))

    def style(self) -> Response:
        """Of the page."""
        g.operation = "GET /style.css"
        count_stranger(self._services)
        return reply(200, STYLE.encode(), {"Content-Type": "text/css; charset=utf-8"})

    def start(self) -> Response:
        """Give out a client and ask for a made-up agreement; the secret is in this answer alone."""
        g.operation = "POST /start"
        fields = dict(form())
        language = _language(fields.get("lang"))
        try:
            count_stranger(self._services)
            begins = _BEGINNINGS.get(fields.get("basis") or "task")
            if begins is None:
                raise CallerError("There is no such basis.", code="basis_unknown", status=400)
            issued, product, number = self._take_place(begins)
        except CallerError as error:
            return self._refused(error, language)
        self._wait_for(number)
        if _wants_json():
            return reply(
                201, {**self._addresses(issued.client_id, product), "client_secret": issued.client_secret}
            )
        return self._page(
            201, language, self._known(issued.client_id, issued.client_secret, product, new=True)
        )

    def press(self) -> Response:
        """Let something happen to the product of a client, or only look."""
        g.operation = "POST /press"
        fields = dict(form())
        language = _language(fields.get("lang"))
        try:
            client, secret = self._proved(fields)
            happening = _happening(fields.get("happening"))
            if happening is not None:
                self._wait_for(self._ask(client, happening))
        except CallerError as error:
            return self._refused(error, language)
        known = self._known(client.client_id, secret, client.product)
        if _wants_json():
            return reply(200, {**self._addresses(client.client_id, client.product), **_told(known)})
        return self._page(200, language, known)

    # -- what is done

    def _take_place(self, begins: Happening) -> tuple[IssuedClient, ProductId, int]:
        services = self._services
        forwarded = request.headers.get("X-Forwarded-For")
        address = address_of(request.remote_addr, forwarded, proxies=services.trusted_proxies)
        # Nothing in it is a caller's word.
        product = ProductId(f"zandbak-{secrets.token_hex(5)}")
        now_ms = to_ms(services.now())
        with writing(services.engine) as connection:
            if sandbox_presses.places(connection, board_id=services.board_id) >= MAX_PLACES:
                raise CallerError("All places are taken.", code="sandbox_places_full", status=503)
            if services.counts.take(f"place/{address}", limit=PLACES_A_DAY, seconds=_DAY):
                raise CallerError("Several places today.", code="sandbox_places_today", status=429)
            number = sandbox_presses.press(
                connection,
                board_id=services.board_id,
                product=product,
                happening=begins,
                now_ms=now_ms,
            )
            if number is None:
                raise _busy()
            issued = clients.issue(connection, board_id=services.board_id, product=product, now_ms=now_ms)
            audit.record(
                connection,
                AuditEvent.CLIENT_ISSUED,
                board_id=services.board_id,
                # Who asked is not known; in a sandbox nobody at a school gives clients out.
                actor=Actor.vendor(None),
                now_ms=now_ms,
                product=product,
                object_id=issued.client_id,
            )
        return issued, product, number

    def _proved(self, fields: dict[str, str]) -> tuple[VendorClient, str]:
        basic = request.authorization
        if basic is not None and basic.type == "basic":
            client_id, secret = basic.username or "", basic.password or ""
        else:
            client_id, secret = fields.get("client_id", ""), fields.get("client_secret", "")
        services = self._services
        with reading(services.engine) as connection:
            client = clients.authenticate(
                connection, board_id=services.board_id, client_id=storable(client_id), secret=secret
            )
        if client is None:
            count_stranger(services)
            raise CallerError(
                "The client is unknown, or the secret is another.", code="client_refused", status=401
            )
        services.limiter.count_request(client.client_id)
        return client, secret

    def _ask(self, client: VendorClient, happening: Happening) -> int:
        services = self._services
        wait = services.counts.take(f"press/{client.client_id}", limit=PRESSES_A_MINUTE, seconds=60)
        if not wait and happening is Happening.NEW_SCHOOL_YEAR:
            # Attack: one press is a refresh for everybody; who presses it all day would keep the machine busy.
            wait = services.counts.take("school year", limit=SCHOOL_YEARS, seconds=SCHOOL_YEARS_SECONDS)
        if wait:
            raise RateLimited(wait)
        with writing(services.engine) as connection:
            number = sandbox_presses.press(
                connection,
                board_id=services.board_id,
                product=client.product,
                happening=happening,
                now_ms=to_ms(services.now()),
            )
        if number is None:
            raise _busy()
        return number

    def _wait_for(self, number: int) -> None:
        """Until it happened, where this does not take a thread that vendors need."""
        services = self._services
        if not services.first_pulls.acquire(blocking=False):
            return
        try:
            deadline = time.monotonic() + WAIT_SECONDS
            while time.monotonic() < deadline:
                with reading(services.engine) as connection:
                    state = sandbox_presses.state_of(connection, number, board_id=services.board_id)
                if state is not PressState.WAITING:
                    return
                time.sleep(_POLL_SECONDS)
        finally:
            services.first_pulls.release()

    # -- what is told

    def _known(self, client_id: str, secret: str, product: ProductId, *, new: bool = False) -> Known:
        services = self._services
        with reading(services.engine) as connection:
            return Known(
                client_id=client_id,
                client_secret=secret,
                presses=sandbox_presses.latest(connection, board_id=services.board_id, product=product),
                letters=letters.counts(connection, board_id=services.board_id, product=product),
                is_new=new,
            )

    def _addresses(self, client_id: str, product: ProductId) -> dict[str, object]:
        url = self._services.public_url
        return {
            "client_id": client_id,
            "product": product,
            "token_url": f"{url}/oauth2/token",
            "base_url": url,
            "resets_at_ms": self._resets_at_ms,
        }

    def _page(
        self, status: int, language: Language, known: Known | None = None, *, told: str | None = None
    ) -> Response:
        content = page(
            language, self._services.public_url, resets_at_ms=self._resets_at_ms, known=known, told=told
        )
        return reply(status, content, {"Content-Type": "text/html; charset=utf-8", **_HEADERS})

    def _refused(self, error: CallerError, language: Language) -> Response:
        if _wants_json():
            raise error
        register(self._services, error, status=error.status, operation=str(g.operation))
        return self._page(error.status, language, told=error.code)


def _busy() -> CallerError:
    return CallerError("Too much is waiting to happen.", code="sandbox_busy", status=503)


def _happening(name: str | None) -> Happening | None:
    if not name:
        return None
    try:
        found = Happening(name)
        # Only a new place can begin so.
        if found is not Happening.AGREEMENT_ON_CONSENT_BEGINS:
            return found
    except ValueError:
        pass
    raise CallerError("There is no such button.", code="happening_unknown", status=400)


def _language(name: str | None) -> Language:
    if name not in ("nl", "en"):
        name = request.accept_languages.best_match(("en", "nl"), "en")
    return cast(Language, name)


def _wants_json() -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _told(known: Known) -> dict[str, object]:
    return {
        "happened": [
            {
                "number": each.number,
                "happening": each.happening.value,
                "state": each.state.value,
                "code": each.code,
            }
            for each in known.presses
        ],
        "returned": {state.value: count for state, count in known.letters.items()},
        "request_id": request_id(),
    }
