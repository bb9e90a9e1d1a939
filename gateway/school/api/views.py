"""Operations of the admin API. Each translates to the operation that the page of the same name calls."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from flask import Response, url_for
from flask_smorest import Blueprint
from flask_smorest.pagination import PaginationParameters
from werkzeug.exceptions import NotFound

from contracts import documents
from contracts.instants import to_ms
from contracts.transitions import Version
from gateway.connections import source_settings
from gateway.connections.source_settings import SourceSettings
from gateway.errors import UsageError
from gateway.holdings.requests import ask_refresh
from gateway.registers.audit_events import AuditEvent
from gateway.registers.tables import Log
from gateway.roster.model import ProductId
from gateway.school import audit_reading, overview, source_setup, vendor_access
from gateway.school.agreeing import advice, steps
from gateway.school.agreeing import overview as agreement_overview
from gateway.school.agreements import active_agreements
from gateway.school.api import schemas
from gateway.school.api.schemas import Loaded
from gateway.school.audit_reading import Wanted
from gateway.school.pages.access import ANY_STAFF, needs, person
from gateway.school.pages.context import context
from gateway.school.staff import accounts
from gateway.school.staff.accounts import StaffAccount, grants_from, signed_in_actor
from gateway.school.staff.roles import Action, conflicts

blueprint = Blueprint("api", __name__, url_prefix="/api/v1", description="The admin API")


def _now() -> Any:
    return context().now()


# -- me and overview ----------------------------------------------------------------------------------------------


@blueprint.route("/me")
@needs(ANY_STAFF)
@blueprint.response(200, schemas.Me)
def me() -> Loaded:
    """For whom the token acts and what it may do."""
    who = person()
    return {
        "name": who.name,
        "display_name": who.display_name,
        "roles": sorted(_word(grant.role.value, grant.school) for grant in who.grants),
        "actions": sorted(action.value for action in Action if who.may(action)),
    }


@blueprint.route("/overview")
@needs(Action.SYSTEM_SEE)
@blueprint.response(200, schemas.Overview)
def start() -> Loaded:
    """How far the set-up is, and what needs action."""
    done = overview.steps_done(context().services)
    todo = overview.needs_action(context().services, now=_now())
    return {
        "set_up": [{"step": step, "done": step in done} for step in overview.STEPS],
        "needs_action": {
            "agreements_waiting": [each.reference for each in todo.waiting],
            "agreements_ending": [each.reference for each in todo.ending],
            "agreements_altered": list(todo.altered),
            "vendors_stopped": [each.stop.kvk for each in todo.stopped],
            "terms_late_or_waiting": len(todo.terms),
            "mails_not_sent": todo.mails_failed,
            "vendors_refused_today": todo.refused_today,
            "quarantined": todo.quarantined,
            "dead_letters": todo.dead_letters,
            "refreshes_held_back_today": todo.held_back,
        },
    }


# -- agreements ---------------------------------------------------------------------------------------------------


@blueprint.route("/agreements")
@needs(Action.AGREEMENT_SEE)
@blueprint.etag
@blueprint.response(200, schemas.Agreement(many=True))
@blueprint.paginate()
def agreements_listed(pagination_parameters: PaginationParameters) -> list[Loaded]:
    """Every version, ended ones too."""
    rows, _ = agreement_overview.listed(context().services, now=_now(), past=True)
    pagination_parameters.item_count = len(rows)
    first = pagination_parameters.first_item
    return [_agreement(row) for row in rows[first : pagination_parameters.last_item + 1]]


@blueprint.route("/agreements", methods=["POST"])
@needs(Action.AGREEMENT_REGISTER)
@blueprint.arguments(schemas.Registration)
@blueprint.response(201, schemas.AgreementInFull)
def agreement_register(given: Loaded) -> Loaded:
    """Register a record, with the signed document where there is one."""
    paper = _document(given["document_base64"])
    record = documents.load(json.dumps(given["record"]).encode(), name="record.json", paper=paper)
    done = steps.register(
        context().services,
        record,
        actor=signed_in_actor(person()),
        now=_now(),
        paper_given=paper is not None,
        new=given["new"],
        continues=given["continues"],
    )
    return _in_full(done.version.reference)


def _document(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise UsageError("`document_base64` is not base64.", code="document_encoding") from None


@blueprint.route("/agreements/<agreement_id>/<int:version>")
@needs(Action.AGREEMENT_SEE)
@blueprint.etag
@blueprint.response(200, schemas.AgreementInFull)
def agreement_shown(agreement_id: str, version: int) -> Loaded:
    """One version with its findings."""
    return _in_full(f"{agreement_id}/{version}")


@blueprint.route("/agreements/<agreement_id>/<int:version>/findings/<code>", methods=["POST"])
@needs(Action.AGREEMENT_ACCEPT_FINDING)
@blueprint.arguments(schemas.WrittenReason)
@blueprint.response(200, schemas.AgreementInFull)
def finding_accept(given: Loaded, agreement_id: str, version: int, code: str) -> Loaded:
    """Accept a finding for the board, with a written reason."""
    reference = f"{agreement_id}/{version}"
    steps.accept_finding(
        context().services,
        reference,
        code,
        reason=given["reason"],
        actor=signed_in_actor(person()),
        now=_now(),
    )
    return _in_full(reference)


@blueprint.route("/agreements/<agreement_id>/<int:version>/advice", methods=["POST"])
@needs(Action.AGREEMENT_ADVISE)
@blueprint.arguments(schemas.NewAdvice)
@blueprint.response(201, schemas.Advice)
def agreement_advise(given: Loaded, agreement_id: str, version: int) -> advice.Advice:
    """Attach the data protection officer's advice; it changes nothing else."""
    return advice.advise(
        context().services,
        f"{agreement_id}/{version}",
        given["outcome"],
        given["text"],
        actor=signed_in_actor(person()),
        now=_now(),
    )


@blueprint.route("/agreements/<agreement_id>/<int:version>/approve", methods=["POST"])
@needs(Action.AGREEMENT_APPROVE)
@blueprint.response(200, schemas.AgreementInFull)
def agreement_approve(agreement_id: str, version: int) -> Loaded:
    """Approve: by another person than who registered it."""
    return _moved(
        steps.approve(
            context().services, f"{agreement_id}/{version}", actor=signed_in_actor(person()), now=_now()
        )
    )


@blueprint.route("/agreements/<agreement_id>/<int:version>/activate", methods=["POST"])
@needs(Action.AGREEMENT_ACTIVATE)
@blueprint.response(200, schemas.AgreementInFull)
def agreement_activate(agreement_id: str, version: int) -> Loaded:
    """Let data go, or resume."""
    return _moved(
        steps.activate(
            context().services, f"{agreement_id}/{version}", actor=signed_in_actor(person()), now=_now()
        )
    )


@blueprint.route("/agreements/<agreement_id>/<int:version>/suspend", methods=["POST"])
@needs(Action.AGREEMENT_SUSPEND)
@blueprint.arguments(schemas.Reason)
@blueprint.response(200, schemas.AgreementInFull)
def agreement_suspend(given: Loaded, agreement_id: str, version: int) -> Loaded:
    """Stop both ways at once."""
    return _moved(
        steps.suspend(
            context().services,
            f"{agreement_id}/{version}",
            actor=signed_in_actor(person()),
            now=_now(),
            reason=given["reason"],
        )
    )


@blueprint.route("/agreements/<agreement_id>/<int:version>/end", methods=["POST"])
@needs(Action.AGREEMENT_END)
@blueprint.arguments(schemas.Ending)
@blueprint.response(200, schemas.AgreementInFull)
def agreement_end(given: Loaded, agreement_id: str, version: int) -> Loaded:
    """End at once, or after a last day."""
    return _moved(
        steps.end(
            context().services,
            f"{agreement_id}/{version}",
            actor=signed_in_actor(person()),
            now=_now(),
            on=given["on"],
            reason=given["reason"],
            shred_on=given["shred_on"],
        )
    )


def _moved(version: Version) -> Loaded:
    return _in_full(version.reference)


def _in_full(reference: str) -> Loaded:
    view = agreement_overview.view(context().services, reference, now=_now())
    findings = [
        {
            "code": each.finding.code.value,
            "path": each.finding.path,
            "message": each.finding.message,
            "remedy": each.finding.remedy,
            "accepted_by": each.accepted_by,
            "accepted_reason": each.reason,
        }
        for each in view.findings
    ]
    attached = advice.advice_on(context().services, view.row.version.agreement_id)
    return {
        **_agreement(view.row),
        "findings": findings,
        "advice": attached,
        "beyond_regulation": view.beyond,
        "regulation_refuses": view.beyond_refused,
    }


def _agreement(row: agreement_overview.AgreementRow) -> Loaded:
    version = row.version
    return {
        "reference": version.reference,
        "agreement_id": version.agreement_id,
        "version": version.version,
        "state": version.state.value,
        "standing": row.standing.value,
        "recipient": version.agreement.processor.name,
        "products": list(version.products),
        "in_force_from": version.agreement.term.in_force_from,
        "last_day": row.last_day,
        "missing": list(row.missing),
        "digest": version.digest,
        "registered_by": version.registered_by,
    }


# -- sources ------------------------------------------------------------------------------------------------------


@blueprint.route("/sources")
@needs(Action.SOURCE_SEE)
@blueprint.etag
@blueprint.response(200, schemas.Source(many=True))
def sources_listed() -> list[Loaded]:
    """Every school system, without its secret."""
    services = context().services
    return [_source(each) for each in source_settings.listed(services.school, board_id=services.board_id)]


@blueprint.route("/sources", methods=["POST"])
@needs(Action.SOURCE_CHANGE)
@blueprint.arguments(schemas.NewSource)
@blueprint.response(201, schemas.Source)
def source_add(given: Loaded) -> Loaded:
    """Add a school system; nothing is read from it yet."""
    secret = given.pop("client_secret")
    settings = source_setup.settings_of(**given)
    source_setup.add(
        context().services, settings, secret.encode(), actor=signed_in_actor(person()), now=_now()
    )
    return _source(settings)


@blueprint.route("/sources/<slug>/check", methods=["POST"])
@needs(Action.SOURCE_CHANGE)
@blueprint.response(200, schemas.Checked)
def source_check(slug: str) -> source_setup.CheckedSource:
    """Read everything once and keep nothing."""
    return source_setup.check(context().services, slug, actor=signed_in_actor(person()), now=_now())


@blueprint.route("/sources/<slug>/schools", methods=["POST"])
@needs(Action.SOURCE_CHANGE)
@blueprint.arguments(schemas.Mapping)
@blueprint.response(200, schemas.SchoolOfSource(many=True))
def source_schools(given: Loaded, slug: str) -> list[source_setup.SchoolOfSource]:
    """List its schools and tie those that are given to a BRIN."""
    return source_setup.schools(
        context().services, slug, given["schools"], actor=signed_in_actor(person()), now=_now()
    )


def _source(settings: SourceSettings) -> Loaded:
    services = context().services
    return {
        "slug": settings.slug,
        "standard": settings.standard,
        "url": settings.base_url,
        "token_url": settings.token_url,
        "client_id": settings.client_id,
        "space": settings.space,
        "results": settings.results.value,
        "schools": source_settings.schools(services.school, settings.slug, board_id=services.board_id),
    }


# -- vendors ------------------------------------------------------------------------------------------------------


@blueprint.route("/products")
@needs(Action.CLIENT_SEE)
@blueprint.etag
@blueprint.response(200, schemas.Product(many=True))
@blueprint.paginate()
def products_listed(pagination_parameters: PaginationParameters) -> list[Loaded]:
    """Every product by vendor."""
    found = vendor_access.products(context().services)
    pagination_parameters.item_count = len(found)
    return [
        {
            "product": each.product,
            "recipient": each.recipient,
            "kvk": each.kvk,
            "agreement": None if each.version is None else each.version.reference,
            "state": None if each.version is None else each.version.state.value,
            "clients": each.clients,
            "last_pull": each.last_pull,
        }
        for each in found[pagination_parameters.first_item : pagination_parameters.last_item + 1]
    ]


@blueprint.route("/products/<product>/clients", methods=["POST"])
@needs(Action.CLIENT_ISSUE)
@blueprint.response(201, schemas.IssuedClient)
def client_issue(product: str) -> Any:
    """Issue credentials; the secret is in this answer and nowhere else."""
    if all(each.product != product for each in vendor_access.products(context().services)):
        raise NotFound
    return vendor_access.issue(context().services, product, actor=signed_in_actor(person()), now=_now())


@blueprint.route("/clients/<client_id>", methods=["DELETE"])
@needs(Action.CLIENT_REVOKE)
@blueprint.response(204)
def client_revoke(client_id: str) -> None:
    """End credentials and their tokens at once."""
    vendor_access.revoke(context().services, client_id, actor=signed_in_actor(person()), now=_now())


@blueprint.route("/products/<product>/refresh", methods=["POST"])
@needs(Action.REFRESH_RUN)
@blueprint.response(202)
def refresh(product: str) -> Response:
    """Ask the school side to read the school's systems now."""
    services = context().services
    if all(each.product != product for each in active_agreements(services)):
        raise NotFound
    ask_refresh(
        services.front,
        board_id=services.board_id,
        product=ProductId(product),
        now_ms=to_ms(_now()),
        at_once=True,
    )
    return Response(status=202)


# -- registers ----------------------------------------------------------------------------------------------------


@blueprint.route("/events")
@needs(Action.REGISTER_AUDIT)
@blueprint.arguments(schemas.EventQuery, location="query")
@blueprint.response(200, schemas.Event(many=True))
def events(given: Loaded) -> list[Loaded]:
    """The newest entries of an audit log; `before` the last `seq` gives the next page. Looking is registered first."""
    wanted = Wanted(
        log=Log(given["log"]),
        event=None if given["event"] is None else AuditEvent(given["event"]),
        product=given["product"],
        object_id=given["object"],
        before=given["before"],
    )
    found = audit_reading.entries(
        context().services, signed_in_actor(person()), wanted, limit=given["limit"], now=_now()
    )
    return [
        {
            "seq": each.seq,
            "at": each.at,
            "event": each.event,
            "actor": each.actor,
            "product": each.product,
            "object": each.object_id,
            "details": each.details,
        }
        for each in found
    ]


# -- staff --------------------------------------------------------------------------------------------------------


@blueprint.route("/staff")
@needs(Action.STAFF_SEE)
@blueprint.etag
@blueprint.response(200, schemas.Account(many=True))
@blueprint.paginate()
def staff_listed(pagination_parameters: PaginationParameters) -> list[Loaded]:
    """Every account, closed ones too."""
    rows = accounts.listed(context().services, now=_now())
    pagination_parameters.item_count = len(rows)
    return [
        _account(row) for row in rows[pagination_parameters.first_item : pagination_parameters.last_item + 1]
    ]


@blueprint.route("/staff", methods=["POST"])
@needs(Action.STAFF_CHANGE)
@blueprint.arguments(schemas.Invitation)
@blueprint.response(201, schemas.Invited)
def staff_invite(given: Loaded) -> Loaded:
    """Invite somebody; the link is in this answer and nowhere else."""
    grants = grants_from(given["roles"])
    token = accounts.invite(
        context().services,
        name=given["name"],
        display_name=given["display_name"],
        grants=grants,
        actor=signed_in_actor(person()),
        now=_now(),
    )
    link = f"{context().pages_url}{url_for('sign_in.invitation', token=token)}"
    warnings = conflicts(grant.role for grant in grants)
    return {"name": accounts.require_name(given["name"]), "link": link, "warnings": warnings}


@blueprint.route("/staff/<name>")
@needs(Action.STAFF_SEE)
@blueprint.etag
@blueprint.response(200, schemas.Account)
def staff_shown(name: str) -> Loaded:
    """One account."""
    return _account(_found(name))


@blueprint.route("/staff/<name>/roles", methods=["PUT"])
@needs(Action.STAFF_CHANGE)
@blueprint.etag
@blueprint.arguments(schemas.Roles)
@blueprint.response(200, schemas.Account)
def staff_roles(given: Loaded, name: str) -> Loaded:
    """Give exactly these roles; `If-Match` with the account's ETag, so that nobody overwrites another's change."""
    blueprint.check_etag(_account(_found(name)), schemas.Account)
    accounts.change_roles(
        context().services,
        name=name,
        grants=grants_from(given["roles"]),
        actor=signed_in_actor(person()),
        now=_now(),
    )
    return _account(_found(name))


@blueprint.route("/staff/<name>", methods=["DELETE"])
@needs(Action.STAFF_CHANGE)
@blueprint.response(204)
def staff_close(name: str) -> None:
    """Close an account for good."""
    accounts.close(context().services, name=name, actor=signed_in_actor(person()), now=_now())


def _found(name: str) -> StaffAccount:
    rows = accounts.listed(context().services, now=_now())
    found = next((row for row in rows if row.name == name.casefold()), None)
    if found is None:
        raise NotFound
    return found


def _account(row: StaffAccount) -> Loaded:
    return {
        "name": row.name,
        "display_name": row.display_name,
        "kind": row.kind,
        "roles": sorted(_word(grant.role.value, grant.school) for grant in row.grants),
        "closed": row.closed,
        "locked": row.locked,
        "ready": row.ready,
        "warnings": conflicts(grant.role for grant in row.grants),
    }


def _word(role: str, school: str | None) -> str:
    return f"{role}/{school}" if school else role
