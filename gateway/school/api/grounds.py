"""Operations on objections, recipients by law and the privacy regulation; the same functions as pages and commands."""

from __future__ import annotations

import base64
import binascii

from flask_smorest import Blueprint
from flask_smorest.pagination import PaginationParameters

from contracts.instants import local_day
from contracts.legal_exceptions import CATALOGUE, LegalException
from contracts.regulation import CouncilConsent, CouncilPart, Regulation, speaking_for
from contracts.vocabulary import DataCategory
from gateway.errors import UsageError
from gateway.school import legal_deliveries
from gateway.school.api import consent_schemas as schemas
from gateway.school.api.schemas import Loaded
from gateway.school.consents import objecting
from gateway.school.consents.objecting import ListedObjection, ObjectionSummary
from gateway.school.documents import Paper
from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.regulations import enforcement, recording
from gateway.school.regulations.enforcement import Chosen, Enforcement
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

blueprint = Blueprint(
    "api_grounds", __name__, url_prefix="/api/v1", description="Objections, law, regulation"
)


# -- objections ---------------------------------------------------------------------------------------------------


@blueprint.route("/objections")
@needs(Action.CONSENT_SEE)
@blueprint.etag
@blueprint.response(200, schemas.Objection(many=True))
@blueprint.paginate()
def objections_listed(pagination_parameters: PaginationParameters) -> list[ObjectionSummary]:
    """Every objection, the newest first, without whom it is about."""
    found = objecting.summaries(context().services, now=context().now())
    pagination_parameters.item_count = len(found)
    return found[pagination_parameters.first_item : pagination_parameters.last_item + 1]


@blueprint.route("/objections", methods=["POST"])
@needs(Action.OBJECTION_RECORD)
@blueprint.arguments(schemas.NewObjection)
@blueprint.response(201, schemas.ObjectionAdded)
def objection_add(given: Loaded) -> Loaded:
    """Leave a pupil out from this moment; `null` says every product, and no last day."""
    done = objecting.add(context().services, signed_in_actor(person()), **given, now=context().now())
    return {
        "number": done.objection.number,
        "records_taken": {each.product: each.records for each in done.taken},
        "requests": [each.request.number for each in done.taken if each.request is not None],
    }


@blueprint.route("/objections/people", methods=["POST"])
@needs(Action.OBJECTION_RECORD)
@blueprint.arguments(schemas.ObjectionPeopleQuery)
@blueprint.response(200, schemas.ListedObjection(many=True))
def objections_people(given: Loaded) -> list[ListedObjection]:
    """Who is left out and why; who looks is registered first."""
    return objecting.listed(
        context().services,
        signed_in_actor(person()),
        reason=given["reason"],
        product=given["product"],
        only_holding=not given["all"],
        now=context().now(),
    )


@blueprint.route("/objections/<int:number>/lift", methods=["POST"])
@needs(Action.OBJECTION_RECORD)
@blueprint.response(200, schemas.ObjectionLifted)
def objection_lift(number: int) -> Loaded:
    """End one before its last day."""
    lifted = objecting.lift(context().services, signed_in_actor(person()), number, now=context().now())
    return {"number": lifted.number, "product": lifted.product}


# -- recipients by law --------------------------------------------------------------------------------------------


@blueprint.route("/legal-exceptions")
@needs(Action.EXCEPTION_SEE)
@blueprint.etag
@blueprint.response(200, schemas.LegalException(many=True))
def exceptions_listed() -> list[LegalException]:
    """The closed catalogue; who is not automatic is weighed each time."""
    return list(CATALOGUE)


@blueprint.route("/legal-exceptions/<code>/deliveries", methods=["POST"])
@needs(Action.EXCEPTION_NOTE)
@blueprint.arguments(schemas.Delivery)
@blueprint.response(201, schemas.DeliveryNoted)
def delivery_note(given: Loaded, code: str) -> Loaded:
    """Note a delivery that the school's system made; a code that is not in the catalogue is refused."""
    noted = legal_deliveries.note(
        context().services,
        signed_in_actor(person()),
        code=code,
        source=given["source"],
        identifier=given["identifier"],
        delivered_on=given["on"],
        fields=given["fields"],
        explanation=given["explanation"],
        now=context().now(),
    )
    return {
        "code": noted.entry.code,
        "fields": list(noted.fields),
        "on": noted.delivered_on,
        "disclosure": noted.disclosure,
    }


# -- the privacy regulation ---------------------------------------------------------------------------------------


@blueprint.route("/regulations")
@needs(Action.REGULATION_SEE)
@blueprint.etag
@blueprint.response(200, schemas.Regulation(many=True))
def regulations_listed() -> list[Loaded]:
    """Every version, in the order in which they were recorded."""
    return _regulations()


def _regulations() -> list[Loaded]:
    found = recording.recorded(context().services)
    holding = speaking_for(found, on=local_day(context().now()))
    return [
        {
            "number": number,
            "version": each.version,
            "in_force_from": each.in_force_from,
            "categories": [category.value for category in each.categories],
            "purposes": list(each.purposes),
            "council": [
                {"part": one.part.value, "on": one.on, "reference": one.reference} for one in each.council
            ],
            "document_sha256": each.document_sha256,
            "in_force_for": [name for name, one in holding.items() if one == each],
        }
        for number, each in enumerate(found, 1)
    ]


@blueprint.route("/regulations", methods=["POST"])
@needs(Action.REGULATION_CHANGE)
@blueprint.arguments(schemas.NewRegulation)
@blueprint.response(201, schemas.Regulation)
def regulation_add(given: Loaded) -> Loaded:
    """Record a version with the council's consent as far as it was given."""
    number = recording.record(
        context().services,
        signed_in_actor(person()),
        Regulation(
            version=given["version"],
            in_force_from=given["in_force_from"],
            categories=tuple(map(DataCategory, dict.fromkeys(given["categories"]))),
            purposes=tuple(dict.fromkeys(given["purposes"])),
            council=tuple(
                CouncilConsent(CouncilPart(each["part"]), each["on"], each["reference"])
                for each in given["council"]
            ),
        ),
        paper=_paper(given),
        now=context().now(),
    )
    return _regulations()[number - 1]


def _paper(given: Loaded) -> Paper | None:
    if given["document_base64"] is None:
        return None
    try:
        content = base64.b64decode(given["document_base64"], validate=True)
    except (binascii.Error, ValueError):
        raise UsageError("`document_base64` is not base64.", code="document_encoding") from None
    return Paper(content, given["document_name"])


@blueprint.route("/regulations/enforcement")
@needs(Action.REGULATION_SEE)
@blueprint.etag
@blueprint.response(200, schemas.EnforcementShown)
def enforcement_shown() -> Loaded:
    """Whether an agreement beyond the regulation is refused or warned about."""
    return _chosen(enforcement.current(context().services))


@blueprint.route("/regulations/enforcement", methods=["PUT"])
@needs(Action.REGULATION_CHANGE)
@blueprint.arguments(schemas.EnforcementChoice)
@blueprint.response(200, schemas.EnforcementShown)
def enforcement_choose(given: Loaded) -> Loaded:
    """Choose for the board, from now on."""
    return _chosen(
        enforcement.choose(
            context().services,
            signed_in_actor(person()),
            Enforcement(given["enforcement"]),
            now=context().now(),
        )
    )


def _chosen(found: Chosen) -> Loaded:
    return {"enforcement": found.enforcement.value, "set_in_settings": found.by_settings}
