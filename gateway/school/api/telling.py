"""Operations about what is told: receipts, the outbox, what is late and what is coming."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from flask_smorest.pagination import PaginationParameters
from werkzeug.exceptions import NotFound

from gateway.school.api import term_schemas as schemas
from gateway.school.api.schemas import Loaded
from gateway.school.api.terms import paged
from gateway.school.mail import sending
from gateway.school.mail.stored import MailState, StoredMail
from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.receipts import making
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action
from gateway.school.terms import agenda

blueprint = Blueprint("api_telling", __name__, url_prefix="/api/v1", description="Receipts, mails, agenda")


def _now() -> Any:
    return context().now()


@blueprint.route("/receipts")
@needs(Action.AGREEMENT_SEE)
@blueprint.etag
@blueprint.response(200, schemas.Receipt(many=True))
@blueprint.paginate()
def receipts_listed(pagination_parameters: PaginationParameters) -> list[Loaded]:
    """Every receipt, newest first."""
    found = [
        {
            "number": each.number,
            "agreement": each.agreement,
            "kind": each.kind.value,
            "made_at_ms": each.made_at_ms,
            "digest": each.digest,
        }
        for each in making.receipts(context().services)
    ]
    return paged(found, pagination_parameters)


@blueprint.route("/receipts/<int:number>")
@needs(Action.AGREEMENT_SEE)
@blueprint.response(200, schemas.ReceiptInFull)
def receipt_shown(number: int) -> Loaded:
    """One receipt with its file, after a check that it is the one that was made."""
    if all(each.number != number for each in making.receipts(context().services)):
        raise NotFound
    found = making.receipt(context().services, number)
    return {
        "number": found.receipt.number,
        "agreement": found.receipt.agreement,
        "kind": found.receipt.kind.value,
        "made_at_ms": found.receipt.made_at_ms,
        "digest": found.receipt.digest,
        "html": found.content.decode(),
    }


@blueprint.route("/mails")
@needs(Action.MAIL_SEE)
@blueprint.arguments(schemas.MailQuery, location="query")
@blueprint.response(200, schemas.Mail(many=True))
@blueprint.paginate()
def mails_listed(given: Loaded, pagination_parameters: PaginationParameters) -> list[Loaded]:
    """The newest 200 mails of the outbox, newest first."""
    state = None if given["state"] is None else MailState(given["state"])
    found = [_mail(each) for each in sending.outbox(context().services, state=state)]
    return paged(found, pagination_parameters)


@blueprint.route("/mails/<int:number>/resend", methods=["POST"])
@needs(Action.MAIL_RESEND)
@blueprint.response(200, schemas.Mail)
def mail_resend(number: int) -> Loaded:
    """Let a mail that could not be sent wait again."""
    return _mail(sending.resend(context().services, signed_in_actor(person()), number, now=_now()))


def _mail(found: StoredMail) -> Loaded:
    return {
        "number": found.number,
        "occasion": found.occasion,
        "state": found.state.value,
        "roles": list(found.roles),
        "subject": found.subject,
        "body": found.body,
        "agreement": found.agreement,
        "product": found.product,
        "receipt": found.receipt,
        "created_at_ms": found.created_at_ms,
        "sent_at_ms": found.sent_at_ms,
        "sent_to": list(found.sent_to),
        "refused_for": list(found.refused_for),
        "attempts": found.attempts,
        "failure": found.failure,
    }


@blueprint.route("/terms")
@needs(Action.AGREEMENT_SEE)
@blueprint.arguments(schemas.Ahead, location="query")
@blueprint.response(200, schemas.Term(many=True))
def terms_coming(given: Loaded) -> list[Loaded]:
    """What is late and what is coming."""
    return [
        {
            "on": line.on,
            "matter": line.matter.value,
            "state": line.state,
            "agreement": line.agreement,
            "product": line.product,
            "number": line.number,
            "days_left": line.days_left,
        }
        for line in agenda.agenda(context().services, now=_now(), days=given["days"])
    ]
