"""The outbox: what was told to whom, what waits, what could not be sent and why."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gateway.errors import DisclosureRefused, GatewayError, UsageError
from gateway.school.mail import sending
from gateway.school.mail.stored import MailState
from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action
from gateway.settings import load_mail_settings

pages = Blueprint("mail", __name__, url_prefix="/mail")


@pages.get("/")
@needs(Action.MAIL_SEE)
def outbox() -> str:
    """The newest mails, newest first."""
    return _outbox()


@pages.post("/<int:number>/resend")
@needs(Action.MAIL_RESEND)
def resend(number: int) -> Response | tuple[str, int]:
    """Let a mail that could not be sent wait again."""
    try:
        sending.resend(context().services, signed_in_actor(person()), number, now=context().now())
    except UsageError as refused:
        return _outbox(refused=refused), 422
    except DisclosureRefused as refused:
        return _outbox(refused=refused), 409
    flash(_("The mail waits again; it is sent within minutes."))
    return redirect(url_for("mail.outbox"), 303)  # type: ignore[return-value]


def _outbox(*, refused: GatewayError | None = None) -> str:
    services = context().services
    asked = request.args.get("state", "")
    state = MailState(asked) if asked in {each.value for each in MailState} else None
    try:
        configured = load_mail_settings(services.settings.home) is not None
    except GatewayError as error:
        configured, refused = False, refused or error
    return render_template(
        "mail.html",
        mails=sending.outbox(services, state=state),
        state=state,
        states=list(MailState),
        configured=configured,
        refused=refused,
    )
