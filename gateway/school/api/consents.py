"""Operations on consents: each translates to the operation that the page and the command of the same name call.

Whom it is about comes in the body: an address stands in logs. So looking up is a POST.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask_smorest import Blueprint
from flask_smorest.pagination import PaginationParameters
from werkzeug.exceptions import NotFound

from contracts.consents import ConsentMethod, ConsentState, ConsentStep, Speaker, Standing
from gateway.database import reading
from gateway.errors import DisclosureRefused, UsageError
from gateway.school.api import consent_schemas as schemas
from gateway.school.api.schemas import Loaded
from gateway.school.consents import counting, importing, looking, recording, requests, texts
from gateway.school.consents.checking import Said
from gateway.school.consents.counting import ProductCounts
from gateway.school.consents.looking import PersonSay, ProductSay
from gateway.school.consents.printing import printed
from gateway.school.consents.products import AskedProduct, asked_product, consent_products
from gateway.school.consents.requests import ListedRequest
from gateway.school.consents.rows import RecordedStatement, RegisteredText
from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.relink.spreadsheet import sheet_of
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

blueprint = Blueprint("api_consents", __name__, url_prefix="/api/v1/consents", description="Consents")


@blueprint.route("/products")
@needs(Action.CONSENT_SEE)
@blueprint.etag
@blueprint.response(200, schemas.ConsentProduct(many=True))
def products() -> list[Loaded]:
    """Products that rest on consent; empty at a board that asks nobody."""
    return [_product(each) for each in consent_products(context().services, now=context().now())]


@blueprint.route("/products/<product>")
@needs(Action.CONSENT_SEE)
@blueprint.etag
@blueprint.response(200, schemas.ConsentProduct)
def product_shown(product: str) -> Loaded:
    """One of them."""
    return _product(_asked(product))


@blueprint.route("/products/<product>/texts", methods=["POST"])
@needs(Action.CONSENT_RECORD)
@blueprint.arguments(schemas.NewConsentText)
@blueprint.response(201, schemas.ConsentTextInFull)
def text_register(given: Loaded, product: str) -> Loaded:
    """The text of today's agreement: the newest one where that tells exactly this, or a new one."""
    asked = _asked(product)
    text = texts.register_text(
        context().services,
        signed_in_actor(person()),
        asked.product,
        language=given["language"],
        pupils_of_16=given["pupils_of_16"],
        now=context().now(),
    )
    return _text_in_full(text, _asked(product))


@blueprint.route("/products/<product>/texts/<int:version>/<language>")
@needs(Action.CONSENT_SEE)
@blueprint.etag
@blueprint.response(200, schemas.ConsentTextInFull)
def text_shown(product: str, version: int, language: str) -> Loaded:
    """A registered text with its words and the page to print."""
    asked = _asked(product)
    for text in asked.texts:
        if (text.version, text.language) == (version, language):
            return _text_in_full(text, asked)
    raise NotFound


@blueprint.route("/counts", methods=["POST"])
@needs(Action.CONSENT_SEE)
@blueprint.response(200, schemas.AnswerCounts(many=True))
def counts() -> list[ProductCounts]:
    """How many said what; asks the schools' systems how old everybody is, so it is registered."""
    services, now = context().services, context().now()
    return counting.counts(services, signed_in_actor(person()), consent_products(services, now=now), now=now)


@blueprint.route("/lookup", methods=["POST"])
@needs(Action.CONSENT_SEE)
@blueprint.arguments(schemas.PupilLookUp)
@blueprint.response(200, schemas.PupilSay)
def look_up(given: Loaded) -> Loaded:
    """One pupil; who looks is registered before the school's system is asked."""
    say = looking.show(
        context().services,
        signed_in_actor(person()),
        source=given["source"],
        identifier=given["identifier"],
        reason=given["reason"],
        product=given["product"],
        named=person().may(Action.PREVIEW_PUPIL),
        now=context().now(),
    )
    return _pupil(say)


@blueprint.route("/people", methods=["POST"])
@needs(Action.CONSENT_RECORD)
@blueprint.arguments(schemas.ConsentPeopleQuery)
@blueprint.response(200, schemas.ConsentListed(many=True))
def people(given: Loaded) -> list[Loaded]:
    """Everybody who said something about a product; who looks is registered first."""
    found = looking.listed(
        context().services,
        signed_in_actor(person()),
        product=given["product"],
        reason=given["reason"],
        states=frozenset(map(ConsentState, given["states"])),
        reconfirm=given["reconfirm"],
        named=person().may(Action.PREVIEW_PUPIL),
        now=context().now(),
    )
    return [
        {
            "source": each.source,
            "identifier": each.identifier,
            "name": each.name,
            "there": each.there,
            "standings": _standings(each.products[0].standings),
        }
        for each in found
    ]


@blueprint.route("/statements", methods=["POST"])
@needs(Action.CONSENT_RECORD)
@blueprint.arguments(schemas.Saying)
@blueprint.response(201, schemas.ConsentRecorded)
def record(given: Loaded) -> Loaded:
    """Record one answer; a no acts at once."""
    outcome = recording.record(
        context().services,
        signed_in_actor(person()),
        Said(
            source=given["source"],
            identifier=given["identifier"],
            product=given["product"],
            step=ConsentStep(given["answer"]),
            speaker=Speaker(given["said_by"]),
            method=ConsentMethod(given["method"]),
            said_on=given["on"],
            purposes=tuple(dict.fromkeys(given["purposes"])),
            evidence=given["evidence"],
            evidence_sha256=given["evidence_sha256"],
            text=given["text"],
            expires_on=given["expires_on"],
        ),
        now=context().now(),
    )
    return {
        "numbers": list(outcome.numbers),
        "standings": _standings(outcome.standings),
        "records_taken": outcome.records_taken,
        "request": None if outcome.request is None else outcome.request.number,
    }


@blueprint.route("/import", methods=["POST"])
@needs(Action.CONSENT_RECORD)
@blueprint.arguments(schemas.AnswersFile)
@blueprint.response(200, schemas.AnswersImported)
def import_answers(given: Loaded) -> importing.Imported:
    """Take in a file of answers, all or nothing; `faults` of the problem are by row and code, never with a value."""
    return importing.import_sheet(
        context().services, signed_in_actor(person()), sheet_of(given["csv"].encode()), now=context().now()
    )


@blueprint.route("/requests")
@needs(Action.CONSENT_SEE)
@blueprint.response(200, schemas.DeletionRequest(many=True))
@blueprint.paginate()
def requests_listed(pagination_parameters: PaginationParameters) -> list[ListedRequest]:
    """Requests to delete that were drafted, the newest first; nobody is in it."""
    found = requests.listed(context().services)
    pagination_parameters.item_count = len(found)
    return found[pagination_parameters.first_item : pagination_parameters.last_item + 1]


@blueprint.route("/requests/<int:number>")
@needs(Action.CONSENT_SEE)
@blueprint.response(200, schemas.DeletionRequestInFull)
def request_shown(number: int) -> Loaded:
    """One request, to be sent; who looks is registered first."""
    services, now = context().services, context().now()
    try:
        found = requests.shown(services, signed_in_actor(person()), number, now=now)
    except UsageError:
        raise NotFound from None
    return {
        "number": found.number,
        "product": found.product,
        "due_on": found.due_on,
        "pseudonyms": list(found.pseudonyms),
        "text": requests.request_texts(services, found, now=now),
    }


# -- shapes -------------------------------------------------------------------------------------------------------


def _asked(product: str) -> AskedProduct:
    services = context().services
    with reading(services.school) as connection:
        try:
            return asked_product(services, connection, product, now=context().now())
        except (UsageError, DisclosureRefused) as refused:
            if refused.code in ("product_unknown", "consent_not_asked"):
                raise NotFound from None
            raise


def _product(asked: AskedProduct) -> Loaded:
    return {
        "product": asked.product,
        "agreement": asked.version.reference,
        "state": asked.version.state.value,
        "current": asked.is_current,
        "purposes": list(asked.purposes),
        "texts": [_text(text, asked) for text in asked.texts],
    }


def _text(text: RegisteredText, asked: AskedProduct) -> Loaded:
    return {
        "version": text.version,
        "language": text.language,
        "sha256": text.sha256,
        "registered_at_ms": text.registered_at_ms,
        "covers_today": text.sha256 in asked.covering,
    }


def _text_in_full(text: RegisteredText, asked: AskedProduct) -> Loaded:
    return {**_text(text, asked), "content": text.content, "html": printed(text)}


def _pupil(say: PersonSay) -> Loaded:
    return {
        "name": say.name,
        "there": say.there,
        "giver": None if say.giver is None else say.giver.value,
        "products": [_say(each) for each in say.products],
        "objections": [
            {
                "number": recorded.number,
                "product": recorded.product,
                "until_on": recorded.until_on,
                "holds": holds,
            }
            for recorded, holds in say.objections
        ],
        "requests": [each.number for each in say.requests],
    }


def _say(say: ProductSay) -> Loaded:
    return {
        "product": say.product,
        "standings": _standings(say.standings),
        "statements": [_statement(each) for each in say.statements],
    }


def _standings(found: Mapping[str, Standing]) -> list[Loaded]:
    return [
        {
            "purpose": purpose,
            "state": each.state.value,
            "why_not": None if each.reason is None else each.reason.value,
            "since": each.since,
            "said_by": None if each.speaker is None else each.speaker.value,
            "reconfirm": each.reconfirm,
        }
        for purpose, each in found.items()
    ]


def _statement(each: RecordedStatement) -> Loaded:
    said = each.statement
    return {
        "number": each.number,
        "purpose": said.purpose,
        "answer": said.step.value,
        "said_by": said.speaker.value,
        "on": said.said_on,
        "expires_on": said.expires_on,
        "method": each.method.value,
        "evidence": each.evidence or None,
        "evidence_sha256": each.evidence_sha256,
        "text": None if each.text_version is None else f"{each.text_version}/{each.language}",
        "text_sha256": said.text_sha256,
        "categories": [category.value for category in each.categories],
        "recorded_by": each.recorded_by,
    }
