"""Signing in with a local account, accepting an invitation, signing out, and one's own sessions."""

from __future__ import annotations

from typing import Final

import segno
from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from contracts.instants import to_ms
from gateway.database import reading, writing
from gateway.errors import DisclosureRefused, UsageError
from gateway.school.pages.access import ANY_STAFF, ANYBODY, TOKEN, needs, person, safe_next
from gateway.school.pages.context import context
from gateway.school.staff import accounts, proofs, sessions
from gateway.school.staff.accounts import signed_in_actor

pages = Blueprint("sign_in", __name__)

_HALF: Final = "half"
_HALF_MS: Final = 5 * 60_000
_SEED: Final = "seed"


@pages.get("/sign-in")
@needs(ANYBODY)
def form() -> str:
    """Name and password."""
    return render_template("sign_in.html", next=safe_next(request.args.get("next")))


@pages.post("/sign-in")
@needs(ANYBODY)
def first_half() -> Response | tuple[str, int]:
    """Check the password; the answer to anything wrong is one and the same."""
    now, target = context().now(), safe_next(request.form.get("next"))
    account_id = accounts.check_password(
        context().services,
        name=request.form.get("name", ""),
        password=request.form.get("password", ""),
        now=now,
    )
    if account_id is None:
        return render_template("sign_in.html", next=target, wrong=True), 401
    fresh_cookie()
    session[_HALF] = {"account": account_id, "until": to_ms(now) + _HALF_MS}
    return _redirect(url_for("sign_in.second", next=target))


@pages.get("/sign-in/code")
@needs(ANYBODY)
def second() -> Response | str:
    """The one-time code."""
    if _half() is None:
        return _redirect(url_for("sign_in.form"))
    return render_template("sign_in_code.html", next=safe_next(request.args.get("next")))


@pages.post("/sign-in/code")
@needs(ANYBODY)
def second_half() -> Response | tuple[str, int]:
    """Check the code and open the session."""
    account_id, target = _half(), safe_next(request.form.get("next"))
    if account_id is None:
        return _redirect(url_for("sign_in.form"))
    pages_context = context()
    right = accounts.check_second(
        pages_context.services,
        pages_context.key,
        account_id=account_id,
        code=request.form.get("code", "")[:60],
        now=pages_context.now(),
    )
    if not right:
        return render_template("sign_in_code.html", next=target, wrong=True), 401
    return opened(account_id, target)


def opened(account_id: str, target: str) -> Response:
    """Open the session of somebody who proved who they are, and go on."""
    pages_context = context()
    token = accounts.sign_in(
        pages_context.services, account_id=account_id, limits=pages_context.limits, now=pages_context.now()
    )
    fresh_cookie()
    session[TOKEN] = token
    return _redirect(target)


@pages.post("/sign-out")
@needs(ANY_STAFF)
def sign_out() -> Response:
    """End this session."""
    token, services = session.get(TOKEN), context().services
    with writing(services.school) as connection:
        sessions.end(connection, str(token), board_id=services.board_id, now_ms=to_ms(context().now()))
    fresh_cookie()
    flash(_("You are signed out."))
    return _redirect(url_for("sign_in.form"))


@pages.get("/me/sessions")
@needs(ANY_STAFF)
def own_sessions() -> str:
    """Where one is signed in."""
    services = context().services
    with reading(services.school) as connection:
        listed = sessions.open_sessions(
            connection,
            board_id=services.board_id,
            account_id=person().account_id,
            now_ms=to_ms(context().now()),
        )
    mine = proofs.token_hash(str(session.get(TOKEN)))
    return render_template("own_sessions.html", sessions=listed, mine=mine)


@pages.post("/me/sessions/end")
@needs(ANY_STAFF)
def end_own_sessions() -> Response:
    """End all one's own sessions, this one too."""
    accounts.end_sessions(
        context().services, actor=signed_in_actor(person()), now=context().now(), name=person().name
    )
    fresh_cookie()
    flash(_("All your sessions have ended."))
    return _redirect(url_for("sign_in.form"))


# -- invitation ---------------------------------------------------------------------------------------------------


@pages.get("/invitation/<token>")
@needs(ANYBODY)
def invitation(token: str) -> tuple[str, int]:
    """Choose a password and a second factor."""
    account = accounts.invited(context().services, token, now=context().now())
    if account is None:
        return render_template("invitation_ended.html"), 410
    # Kept in the signed cookie until it is confirmed: the page may be loaded twice while the phone scans.
    seed = session.get(_SEED)
    if not isinstance(seed, dict) or seed.get("for") != account.account_id:
        seed = {"for": account.account_id, "seed": proofs.new_totp_seed()}
        session[_SEED] = seed
    return _invitation_page(token, account.name, seed["seed"], None), 200


@pages.post("/invitation/<token>")
@needs(ANYBODY)
def accept(token: str) -> tuple[str, int]:
    """Store them; shows the recovery codes once."""
    account = accounts.invited(context().services, token, now=context().now())
    seed = session.get(_SEED)
    if account is None:
        return render_template("invitation_ended.html"), 410
    if not isinstance(seed, dict) or seed.get("for") != account.account_id:
        return invitation(token)
    password = request.form.get("password", "")
    try:
        if password != request.form.get("again", ""):
            raise UsageError(_("The two passwords differ."), code="password_differs")
        codes = accounts.accept_invitation(
            context().services,
            context().key,
            token,
            password=password,
            totp_seed=seed["seed"],
            totp_code=request.form.get("code", ""),
            now=context().now(),
        )
    except (UsageError, DisclosureRefused) as refused:
        return _invitation_page(token, account.name, seed["seed"], refused), 422
    session.pop(_SEED, None)
    return render_template("recovery_codes.html", codes=codes), 200


def _invitation_page(token: str, name: str, seed: str, refused: Exception | None) -> str:
    address = proofs.totp_address(seed, name=name, board=context().services.settings.board_name)
    drawn = segno.make(address, error="m").svg_inline(scale=5, border=2, svgclass="qr", lineclass=None)
    spaced = " ".join(seed[at : at + 4] for at in range(0, len(seed), 4))
    # The picture is made by segno from the address above: no text of anybody stands in it.
    return render_template(
        "invitation.html",
        token=token,
        name=name,
        qr=Markup(drawn),  # noqa: S704
        seed=spaced,
        refused=refused,
    )


# -- the cookie ---------------------------------------------------------------------------------------------------


def _half() -> str | None:
    found = session.get(_HALF)
    if not isinstance(found, dict) or found.get("until", 0) < to_ms(context().now()):
        return None
    return str(found["account"])


def fresh_cookie() -> None:
    """Start the cookie anew. Attack: a cookie that somebody planted before the sign-in is used after it."""
    language = session.get("language")
    session.clear()
    if language is not None:
        session["language"] = language


def _redirect(target: str) -> Response:
    return redirect(target, 303)  # type: ignore[return-value]
