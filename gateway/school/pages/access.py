"""Who may open a page: declared above every view, checked before it runs, and refused when nobody declared it.

Attack: a page is added and its check forgotten; so a view without a declaration does not start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast
from urllib.parse import quote, urlsplit

from flask import Flask, g, redirect, request, session, url_for
from werkzeug.exceptions import Forbidden, NotFound, Unauthorized
from werkzeug.wrappers import Response

from contracts.instants import to_ms
from gateway.database import reading, writing
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.school.pages.context import PagesContext, context
from gateway.school.staff import api_tokens, sessions
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action, StaffPerson

_View = TypeVar("_View", bound=Callable[..., Any])

ANYBODY: Final = "anybody"
"""Without signing in: the sign-in pages themselves, health, files of the pages."""
ANY_STAFF: Final = "any_staff"
"""Whoever is signed in."""
_ATTRIBUTE: Final = "schuilnaam_access"
API: Final = "/api/"
"""Addresses below are for programs, with a token."""
TOKEN: Final = "token"  # noqa: S105 (a key of the cookie)


def needs(access: Action | str) -> Callable[[_View], _View]:
    """Declare what a view needs: an action, `ANY_STAFF` or `ANYBODY`."""
    if not isinstance(access, Action) and access not in (ANYBODY, ANY_STAFF):
        raise ValueError("a view needs an action, ANY_STAFF or ANYBODY")

    def declared(view: _View) -> _View:
        setattr(view, _ATTRIBUTE, access)
        return view

    return declared


def declared_access(view: Callable[..., Any]) -> Action | str | None:
    """What a view declared; None where it declared nothing."""
    return cast("Action | str | None", getattr(view, _ATTRIBUTE, None))


def require_declarations(app: Flask) -> None:
    """Raise `RuntimeError` for a view without a declaration: the application does not start."""
    missing = sorted(name for name, view in app.view_functions.items() if declared_access(view) is None)
    if missing:
        raise RuntimeError(f"no access declared: {', '.join(missing)}")


def person() -> StaffPerson:
    """Who is signed in. Raises `Forbidden` where nobody is."""
    found = g.get("person")
    if found is None:
        raise Forbidden
    return cast(StaffPerson, found)


def install(app: Flask) -> None:
    """Check every request of the application."""
    app.before_request(lambda: _admit(app))


def _admit(app: Flask) -> Response | None:
    g.person = None
    if request.endpoint is None:
        return None
    access = declared_access(app.view_functions[request.endpoint])
    if access is None:
        raise NotFound
    if access == ANYBODY and request.endpoint == "static":
        return None
    if request.path.startswith(API):
        # Never by the cookie: a page of another site could make a browser send that.
        g.person = _token_holder(context())
        if g.person is None:
            raise Unauthorized
    else:
        g.person = _signed_in(context())
    if access == ANYBODY:
        return None
    if g.person is None:
        return _to_sign_in()
    if access != ANY_STAFF and not g.person.may(Action(access)):
        _register_refusal(context(), g.person, Action(access))
        raise Forbidden
    return None


def _token_holder(pages: PagesContext) -> StaffPerson | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.casefold() != "bearer":
        return None
    return api_tokens.find(pages.services, token.strip(), now=pages.now())


def _signed_in(pages: PagesContext) -> StaffPerson | None:
    token = session.get(TOKEN)
    if not isinstance(token, str):
        return None
    services, now_ms = pages.services, to_ms(pages.now())
    with reading(services.school) as connection:
        found = sessions.find(
            connection, token, board_id=services.board_id, limits=pages.limits, now_ms=now_ms
        )
    if found is None:
        session.pop(TOKEN, None)
        return None
    who, seen = found
    if now_ms - seen >= sessions.SEEN_EVERY_MS:
        with writing(services.school) as connection:
            sessions.seen(connection, token, board_id=services.board_id, now_ms=now_ms)
    return who


def _to_sign_in() -> Response:
    # Only a page that was asked for is opened after signing in; a form is not sent again.
    back = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("sign_in.form") + "?next=" + quote(back, safe=""), 303)


def safe_next(target: str | None) -> str:
    """A path of our own, or the start page. Attack: a link that signs in here and lands elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or "\\" in target or any(ord(each) < 0x20 for each in target):
        return "/"
    return target


def _register_refusal(pages: PagesContext, who: StaffPerson, action: Action) -> None:
    services = pages.services
    audit.record(
        services.school,
        AuditEvent.PAGE_REFUSED,
        board_id=services.board_id,
        actor=signed_in_actor(who),
        now_ms=to_ms(pages.now()),
        details={"operation": f"{request.method} {request.endpoint}", "reason": action.value},
    )
