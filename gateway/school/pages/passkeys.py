"""Passkeys on the pages: one's own keys, and signing in with one."""

from __future__ import annotations

import base64
from typing import Final

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from contracts.instants import to_ms
from gateway.errors import UsageError
from gateway.school.pages.access import ANY_STAFF, ANYBODY, needs, person, safe_next
from gateway.school.pages.context import context
from gateway.school.pages.sign_in import opened
from gateway.school.staff import accounts, passkeys
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.passkeys import Place

pages = Blueprint("passkeys", __name__)

_CHALLENGE: Final = "passkey"
_CHALLENGE_MS: Final = 5 * 60_000


def sign_in_options() -> str | None:
    """For the sign-in page: what the browser must sign; None where there are no passkeys at this address."""
    place = Place.of(context().pages_url)
    return None if place is None else passkeys.request_options(place, challenge=_asked("get"))


@pages.post("/sign-in/passkey")
@needs(ANYBODY)
def sign_in() -> Response | tuple[str, int]:
    """Open the session of whoever signed; the answer to anything wrong is one and the same."""
    place, challenge = Place.of(context().pages_url), _challenge("get")
    target = safe_next(request.form.get("next"))
    account_id = None
    if place is not None and challenge is not None:
        account_id = passkeys.account_of(
            context().services, place, answer=request.form.get("answer", ""), challenge=challenge
        )
    if account_id is None:
        return render_template("sign_in.html", next=target, passkey_wrong=True), 401
    return opened(account_id, target)


@pages.get("/me/passkeys")
@needs(ANY_STAFF)
def own() -> str:
    """One's own keys, and the form for another."""
    return _page(None)


@pages.post("/me/passkeys")
@needs(ANY_STAFF)
def add() -> Response | tuple[str, int]:
    """Keep a new one."""
    place, challenge, me = _place(), _challenge("create"), person()
    try:
        if challenge is None:
            raise UsageError(
                "This page was open too long.", code="passkey_too_late", remedy="Repeat with the new page."
            )
        # Attack: an open session on somebody's desk becomes a key of one's own.
        right = accounts.check_second(
            context().services,
            context().key,
            account_id=me.account_id,
            code=request.form.get("code", "")[:60],
            now=context().now(),
        )
        if not right:
            raise UsageError(
                "The one-time code is not right, or was used already.",
                code="code_wrong",
                remedy="Wait for the next code and repeat.",
            )
        passkeys.add(
            context().services,
            place,
            account_id=me.account_id,
            actor=signed_in_actor(me),
            label=request.form.get("label", ""),
            answer=request.form.get("answer", ""),
            challenge=challenge,
            now=context().now(),
        )
    except UsageError as refused:
        return _page(refused), 422
    flash(_("The passkey is kept. The next time it signs you in by itself."))
    return _to_own()


@pages.post("/me/passkeys/remove")
@needs(ANY_STAFF)
def remove() -> Response:
    """Forget one."""
    me = person()
    removed = passkeys.remove(
        context().services,
        account_id=me.account_id,
        key=request.form.get("key", ""),
        actor=signed_in_actor(me),
        now=context().now(),
    )
    if not removed:
        raise NotFound
    flash(_("The passkey is removed."))
    return _to_own()


def _page(refused: UsageError | None) -> str:
    place, me = Place.of(context().pages_url), person()
    options = None
    local = accounts.is_local(context().services, account_id=me.account_id)
    if place is not None and local:
        options = passkeys.creation_options(
            context().services, place, account_id=me.account_id, name=me.name, challenge=_asked("create")
        )
    return render_template(
        "passkeys.html",
        keys=passkeys.listed(context().services, account_id=me.account_id),
        options=options,
        local=local,
        refused=refused,
    )


def _place() -> Place:
    place = Place.of(context().pages_url)
    if place is None or not accounts.is_local(context().services, account_id=person().account_id):
        raise NotFound
    return place


def _asked(what: str) -> bytes:
    challenge = passkeys.new_challenge()
    session[_CHALLENGE] = {
        "what": what,
        "challenge": base64.b64encode(challenge).decode(),
        "until": to_ms(context().now()) + _CHALLENGE_MS,
    }
    return challenge


def _challenge(what: str) -> bytes | None:
    """What was asked last in this browser, once."""
    found = session.pop(_CHALLENGE, None)
    if not isinstance(found, dict) or found.get("what") != what or found["until"] < to_ms(context().now()):
        return None
    return base64.b64decode(found["challenge"])


def _to_own() -> Response:
    return redirect(url_for("passkeys.own"), 303)  # type: ignore[return-value]
