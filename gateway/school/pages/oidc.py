"""Signing in by the school's identity provider: there and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from flask import Blueprint, Response, redirect, request, session
from werkzeug.exceptions import NotFound

from contracts.instants import to_ms
from gateway.errors import DisclosureRefused
from gateway.school.pages.access import ANYBODY, TOKEN, needs, safe_next
from gateway.school.pages.context import context
from gateway.school.pages.sign_in import fresh_cookie
from gateway.school.staff import accounts
from gateway.school.staff.oidc import IdentityProvider, question_of

pages = Blueprint("oidc", __name__, url_prefix="/oidc")

_KEPT: Final = "oidc"
_MS: Final = 10 * 60_000


def _provider() -> IdentityProvider:
    found = context().identity_provider
    if found is None:
        raise NotFound
    return found


@pages.get("/begin")
@needs(ANYBODY)
def begin() -> Response:
    """Send the browser to the identity provider."""
    address, question = _provider().ask()
    session[_KEPT] = {
        **asdict(question),
        "next": safe_next(request.args.get("next")),
        "until": to_ms(context().now()) + _MS,
    }
    return redirect(address, 303)  # type: ignore[return-value]


@pages.get("/callback")
@needs(ANYBODY)
def callback() -> Response:
    """Believe the answer, or not, and open the session with the roles that the provider gave."""
    provider, pages_context = _provider(), context()
    # Taken out first: a question is answered once.
    kept = session.pop(_KEPT, None)
    question = question_of(kept)
    now = pages_context.now()
    if question is None or not isinstance(kept, dict) or kept.get("until", 0) < to_ms(now):
        raise DisclosureRefused(
            "This sign-in took too long, or was begun in another browser.",
            code="oidc_question_unknown",
            remedy="Sign in once more.",
        )
    vouched = provider.answered(request.args, question, now=now)
    account_id = accounts.oidc_account(
        pages_context.services,
        issuer=vouched.issuer,
        subject=vouched.subject,
        name=vouched.name,
        display_name=vouched.display_name,
        email=vouched.email,
        now=now,
    )
    token = accounts.sign_in(
        pages_context.services,
        account_id=account_id,
        limits=pages_context.limits,
        now=now,
        grants=vouched.grants,
    )
    fresh_cookie()
    session[TOKEN] = token
    return redirect(safe_next(str(kept.get("next"))), 303)  # type: ignore[return-value]
