"""Operations about terms that act: stops, ends, deletions, sub-processors."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from flask_smorest import Blueprint
from flask_smorest.pagination import PaginationParameters
from werkzeug.exceptions import NotFound

from contracts.instants import local_day
from contracts.terms import NoticeAnswer
from gateway.connections.clients import IssuedClient
from gateway.errors import UsageError
from gateway.roster.model import ProductId
from gateway.school import documents, vendor_access
from gateway.school.api import term_schemas as schemas
from gateway.school.api.schemas import Loaded
from gateway.school.documents import Kept, Paper
from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action
from gateway.school.terms import deletions, ending, shredding, subprocessors
from gateway.school.terms.stored import Deletion, Notice, Plan
from gateway.school.vendors import cards, listing, switch

blueprint = Blueprint("api_terms", __name__, url_prefix="/api/v1", description="Terms that act")


def _now() -> Any:
    return context().now()


def _paper(text: str, name: str) -> Paper:
    try:
        return Paper(base64.b64decode(text, validate=True), name)
    except (binascii.Error, ValueError):
        raise UsageError("`document_base64` is not base64.", code="document_encoding") from None


# -- vendors ------------------------------------------------------------------------------------------------------


@blueprint.route("/vendors")
@needs(Action.CLIENT_SEE)
@blueprint.etag
@blueprint.response(200, schemas.Vendor(many=True))
def vendors_listed() -> list[Loaded]:
    """Every vendor, and whether it is stopped."""
    return [_vendor(each) for each in listing.vendors(context().services, now=_now())]


@blueprint.route("/vendors/<kvk>/stop", methods=["POST"])
@needs(Action.VENDOR_STOP)
@blueprint.arguments(schemas.StopReason)
@blueprint.response(200, schemas.Vendor)
def vendor_stop(given: Loaded, kvk: str) -> Loaded:
    """Stop everything of a vendor at once, in and out; `kvk` may be a product."""
    done = switch.stop(context().services, signed_in_actor(person()), kvk, reason=given["reason"], now=_now())
    return _one_vendor(done.kvk)


@blueprint.route("/vendors/<kvk>/resume", methods=["POST"])
@needs(Action.VENDOR_RESUME)
@blueprint.arguments(schemas.StopReason)
@blueprint.response(200, schemas.Vendor)
def vendor_resume(given: Loaded, kvk: str) -> Loaded:
    """Lift a stop: what the agreements allow goes again, and no more."""
    done = switch.resume(
        context().services, signed_in_actor(person()), kvk, reason=given["reason"], now=_now()
    )
    return _one_vendor(done.kvk)


@blueprint.route("/products/<product>/clients/<client_id>/card")
@needs(Action.CLIENT_SEE)
@blueprint.response(200)
def client_card(product: str, client_id: str) -> dict[str, object]:
    """The card of issued credentials: everything for the vendor, without the secret."""
    services = context().services
    known = [each for each in vendor_access.products(services) if each.product == product]
    if not any(client.client_id == client_id for each in known for client in each.clients):
        raise NotFound
    return cards.card(
        services, ProductId(product), IssuedClient(client_id, ""), with_secret=False, now=_now()
    )


def _one_vendor(kvk: str) -> Loaded:
    found = next(each for each in listing.vendors(context().services, now=_now()) if each.kvk == kvk)
    return _vendor(found)


def _vendor(found: listing.Vendor) -> Loaded:
    return {
        "kvk": found.kvk,
        "vendor": found.name,
        "products": [each.product for each in found.products],
        "stopped": found.stop,
    }


# -- ends and deletions -------------------------------------------------------------------------------------------


@blueprint.route("/agreements/<agreement_id>/<int:version>/ending")
@needs(Action.AGREEMENT_SEE)
@blueprint.arguments(schemas.EndQuery, location="query")
@blueprint.response(200, schemas.Consequences)
def agreement_ending(given: Loaded, agreement_id: str, version: int) -> ending.Consequences:
    """What follows if it ends after a day; nothing is changed."""
    return ending.consequences(context().services, f"{agreement_id}/{version}", on=given["on"], now=_now())


@blueprint.route("/agreements/<agreement_id>/<int:version>/pseudonyms", methods=["PUT"])
@needs(Action.AGREEMENT_END)
@blueprint.arguments(schemas.Pseudonyms)
@blueprint.response(200, schemas.Plan(many=True))
def agreement_pseudonyms(given: Loaded, agreement_id: str, version: int) -> list[Loaded]:
    """Choose anew what becomes of the pseudonyms of an agreement that ended or has a last day."""
    found = shredding.decide(
        context().services,
        signed_in_actor(person()),
        f"{agreement_id}/{version}",
        given["shred_on"],
        now=_now(),
    )
    return [_plan(each) for each in found]


@blueprint.route("/shreddings")
@needs(Action.AGREEMENT_SEE)
@blueprint.response(200, schemas.Plan(many=True))
def shreddings_listed() -> list[Loaded]:
    """Every plan to destroy pseudonyms, the earliest day first."""
    return [_plan(each) for each in shredding.plans(context().services)]


def _plan(found: Plan) -> Loaded:
    plan = found.plan
    return {
        "agreement": plan.agreement,
        "product": plan.product,
        "shred_on": plan.shred_on,
        "state": plan.state(local_day(_now())).value,
        "decided_by": found.decided_by,
    }


@blueprint.route("/deletions")
@needs(Action.DELETION_SEE)
@blueprint.etag
@blueprint.response(200, schemas.Deletion(many=True))
@blueprint.paginate()
def deletions_listed(pagination_parameters: PaginationParameters) -> list[Loaded]:
    """What vendors must delete, the earliest due first."""
    return paged([_deletion(each) for each in deletions.deletions(context().services)], pagination_parameters)


@blueprint.route("/deletions/<agreement_id>/<int:version>/<product>/confirm", methods=["POST"])
@needs(Action.DELETION_CONFIRM)
@blueprint.arguments(schemas.DeletionConfirmation)
@blueprint.response(200, schemas.Deletion)
def deletion_confirm(given: Loaded, agreement_id: str, version: int, product: str) -> Loaded:
    """Record the vendor's written confirmation; the paper is kept under its hash."""
    done = deletions.confirm(
        context().services,
        signed_in_actor(person()),
        f"{agreement_id}/{version}",
        product,
        paper=_paper(given["document_base64"], given["document_name"]),
        now=_now(),
    )
    return _deletion(done)


@blueprint.route("/deletions/<agreement_id>/<int:version>/<product>/document")
@needs(Action.DELETION_SEE)
@blueprint.response(200, schemas.Document)
def deletion_document(agreement_id: str, version: int, product: str) -> Loaded:
    """The vendor's confirmation as it was handed in."""
    for each in deletions.deletions(context().services):
        if (each.clock.agreement, each.clock.product) == (f"{agreement_id}/{version}", product):
            return _document(each.document)
    raise NotFound


def _document(kept: Kept | None) -> Loaded:
    if kept is None:
        raise NotFound
    name, content = documents.read(context().services.settings, kept.sha256)
    return {"sha256": kept.sha256, "file": name, "content_base64": base64.b64encode(content).decode()}


def _deletion(found: Deletion) -> Loaded:
    clock = found.clock
    return {
        "agreement": clock.agreement,
        "product": clock.product,
        "state": clock.state(local_day(_now())).value,
        "ended_on": clock.ended_on,
        "due_on": clock.due_on,
        "backups_on": clock.backups_on,
        "clause": clock.clause,
        "continued_under": clock.continued_under,
        "confirmed_on": clock.confirmed_on,
        "confirmed_by": found.confirmed_by,
        "document_sha256": None if found.document is None else found.document.sha256,
    }


# -- sub-processors -----------------------------------------------------------------------------------------------


@blueprint.route("/subprocessor-notices")
@needs(Action.AGREEMENT_SEE)
@blueprint.etag
@blueprint.response(200, schemas.Notice(many=True))
@blueprint.paginate()
def notices_listed(pagination_parameters: PaginationParameters) -> list[Loaded]:
    """Every notice, newest first."""
    return paged([_notice(each) for each in subprocessors.notices(context().services)], pagination_parameters)


@blueprint.route("/subprocessor-notices", methods=["POST"])
@needs(Action.SUBPROCESSOR_RECORD)
@blueprint.arguments(schemas.NewNotice)
@blueprint.response(201, schemas.Notice)
def notice_record(given: Loaded) -> Loaded:
    """Record a notice: the agreement's term to object begins."""
    text = given["document_base64"]
    found = subprocessors.announce(
        context().services,
        signed_in_actor(person()),
        given["agreement"],
        name=given["name"],
        country=given["country"],
        service=given["service"],
        announced_on=given["announced_on"] or local_day(_now()),
        paper=None if text is None else _paper(text, given["document_name"]),
        now=_now(),
    )
    return _notice(found)


@blueprint.route("/subprocessor-notices/<int:number>/answer", methods=["POST"])
@needs(Action.SUBPROCESSOR_ANSWER)
@blueprint.arguments(schemas.Answer)
@blueprint.response(200, schemas.Notice)
def notice_answer(given: Loaded, number: int) -> Loaded:
    """Object, with a reason, or accept."""
    return _notice(
        subprocessors.answer(
            context().services,
            signed_in_actor(person()),
            number,
            NoticeAnswer(given["answer"]),
            reason=given["reason"],
            now=_now(),
        )
    )


@blueprint.route("/subprocessor-notices/<int:number>/document")
@needs(Action.AGREEMENT_SEE)
@blueprint.response(200, schemas.Document)
def notice_document(number: int) -> Loaded:
    """The vendor's notice as it was handed in."""
    for each in subprocessors.notices(context().services):
        if each.notice.number == number:
            return _document(each.document)
    raise NotFound


def _notice(found: Notice) -> Loaded:
    notice = found.notice
    return {
        "number": notice.number,
        "agreement": notice.agreement,
        "name": notice.name,
        "country": notice.country,
        "service": notice.service,
        "state": notice.state(local_day(_now())).value,
        "authorisation": "specific" if notice.specific else "general",
        "announced_on": notice.announced_on,
        "object_by": notice.object_by,
        "clause": notice.clause,
        "registered_by": found.registered_by,
        "answered_on": notice.answered_on,
        "answered_by": found.answered_by,
        "late": notice.late,
        "reason": found.reason,
        "document_sha256": None if found.document is None else found.document.sha256,
    }


def paged(found: list[Loaded], page: PaginationParameters) -> list[Loaded]:
    """One page of a list."""
    page.item_count = len(found)
    return found[page.first_item : page.last_item + 1]
