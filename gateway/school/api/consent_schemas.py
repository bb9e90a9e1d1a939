"""Shapes of consents, objections, recipients by law and regulations in the admin API.

Whom something is about comes in the body, never in an address. Answers that hold a pupil are `no-store`, as all are.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from marshmallow import Schema, ValidationError, fields, validate

from contracts.consents import ConsentMethod, ConsentState, ConsentStep, Speaker
from contracts.regulation import CouncilPart
from contracts.vocabulary import DataCategory
from gateway.school.pages.asking import sound_identifier
from gateway.school.regulations.enforcement import Enforcement

_WORD: Final = validate.Length(min=1, max=120)
_REASON: Final = validate.Length(min=1, max=500)
_LANGUAGE: Final = validate.OneOf(["nl", "en"])


def _one_of(kind: type[StrEnum]) -> validate.OneOf:
    return validate.OneOf([each.value for each in kind])


def _identifier(value: str) -> None:
    if not sound_identifier(value):
        raise ValidationError("An id has 1 to 255 characters that can be printed.")


class ConsentText(Schema):
    """A text with which consent is asked, without its words."""

    version = fields.Integer(required=True)
    language = fields.String(required=True)
    sha256 = fields.String(required=True)
    registered_at_ms = fields.Integer(required=True)
    covers_today = fields.Boolean(
        required=True, metadata={"description": "it tells all that the product gets today"}
    )


class ConsentTextInFull(ConsentText):
    """With its words, and the page to print."""

    content = fields.String(required=True)
    html = fields.String(required=True)


class NewConsentText(Schema):
    """A text to register."""

    language = fields.String(load_default="nl", validate=_LANGUAGE)
    pupils_of_16 = fields.Boolean(load_default=True)


class ConsentProduct(Schema):
    """A product that rests on consent, or did."""

    product = fields.String(required=True)
    agreement = fields.String(required=True)
    state = fields.String(required=True)
    current = fields.Boolean(required=True)
    purposes = fields.List(fields.String(), required=True)
    texts = fields.List(fields.Nested(ConsentText), required=True)


class AnswerCounts(Schema):
    """How many said what about a product."""

    product = fields.String(required=True)
    given = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    withdrawn = fields.Integer(required=True)
    does_not_count = fields.Integer(required=True, attribute="unknown")
    reconfirm = fields.Integer(required=True)
    left = fields.Integer(required=True)


class Whom(Schema):
    """Whom it is about."""

    source = fields.String(required=True, validate=_WORD)
    identifier = fields.String(required=True, validate=_identifier)


class PupilLookUp(Whom):
    """One pupil, and why."""

    reason = fields.String(required=True, validate=_REASON)
    product = fields.String(load_default=None, allow_none=True, validate=_WORD)


class ConsentStanding(Schema):
    """What it comes to for one purpose."""

    purpose = fields.String(required=True)
    state = fields.String(required=True, validate=_one_of(ConsentState))
    why_not = fields.String(allow_none=True)
    since = fields.Date(allow_none=True)
    said_by = fields.String(allow_none=True)
    reconfirm = fields.Boolean(required=True)


class ConsentStatement(Schema):
    """One thing that was said."""

    number = fields.Integer(required=True)
    purpose = fields.String(required=True)
    answer = fields.String(required=True)
    said_by = fields.String(required=True)
    on = fields.Date(required=True)
    expires_on = fields.Date(allow_none=True)
    method = fields.String(required=True)
    evidence = fields.String(allow_none=True)
    evidence_sha256 = fields.String(allow_none=True)
    text = fields.String(allow_none=True)
    text_sha256 = fields.String(allow_none=True)
    categories = fields.List(fields.String(), required=True)
    recorded_by = fields.String(required=True)


class ProductSay(Schema):
    """What one pupil said about one product."""

    product = fields.String(required=True)
    standings = fields.List(fields.Nested(ConsentStanding), required=True)
    statements = fields.List(fields.Nested(ConsentStatement), required=True)


class ObjectionOfPupil(Schema):
    """Against one pupil's data."""

    number = fields.Integer(required=True)
    product = fields.String(allow_none=True)
    until_on = fields.Date(allow_none=True)
    holds = fields.Boolean(required=True)


class PupilSay(Schema):
    """All that was said about one pupil."""

    name = fields.String(allow_none=True)
    there = fields.Boolean(required=True)
    giver = fields.String(allow_none=True, metadata={"description": "who gives consent today"})
    products = fields.List(fields.Nested(ProductSay), required=True)
    objections = fields.List(fields.Nested(ObjectionOfPupil), required=True)
    requests = fields.List(fields.Integer(), required=True)


class ConsentPeopleQuery(Schema):
    """Who said something about a product."""

    product = fields.String(required=True, validate=_WORD)
    reason = fields.String(required=True, validate=_REASON)
    states = fields.List(fields.String(validate=_one_of(ConsentState)), load_default=list)
    reconfirm = fields.Boolean(load_default=False)


class ConsentListed(Schema):
    """One who answered."""

    source = fields.String(allow_none=True)
    identifier = fields.String(required=True)
    name = fields.String(allow_none=True)
    there = fields.Boolean(required=True)
    standings = fields.List(fields.Nested(ConsentStanding), required=True)


class Saying(Whom):
    """One answer to record."""

    product = fields.String(required=True, validate=_WORD)
    answer = fields.String(required=True, validate=_one_of(ConsentStep))
    said_by = fields.String(required=True, validate=_one_of(Speaker))
    method = fields.String(required=True, validate=_one_of(ConsentMethod))
    on = fields.Date(required=True)
    purposes = fields.List(fields.String(validate=_WORD), load_default=list, validate=validate.Length(max=50))
    evidence = fields.String(load_default="", validate=validate.Length(max=200))
    evidence_sha256 = fields.String(
        load_default=None, allow_none=True, validate=validate.Regexp(r"^[0-9a-f]{64}$")
    )
    text = fields.String(load_default=None, allow_none=True, validate=_WORD)
    expires_on = fields.Date(load_default=None, allow_none=True)


class ConsentRecorded(Schema):
    """What came of it."""

    numbers = fields.List(fields.Integer(), required=True)
    standings = fields.List(fields.Nested(ConsentStanding), required=True)
    records_taken = fields.Integer(required=True)
    request = fields.Integer(allow_none=True)


class AnswersFile(Schema):
    """A file of answers."""

    csv = fields.String(required=True, validate=validate.Length(min=1, max=20 * 1024 * 1024))


class AnswersImported(Schema):
    """What came of a file."""

    recorded = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    silent = fields.Integer(required=True)
    known = fields.Integer(required=True)
    records_taken = fields.Integer(required=True)
    requests = fields.Integer(required=True)


class DeletionRequest(Schema):
    """A request to delete, without whom it is about."""

    number = fields.Integer(required=True)
    product = fields.String(required=True)
    cause = fields.String(required=True)
    due_on = fields.Date(required=True)
    agreement = fields.String(required=True)
    drafted_at_ms = fields.Integer(required=True)


class DeletionRequestInFull(Schema):
    """With the vendor's own pseudonym, to be sent."""

    number = fields.Integer(required=True)
    product = fields.String(required=True)
    due_on = fields.Date(required=True)
    pseudonyms = fields.List(fields.String(), required=True)
    text = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class Objection(Schema):
    """Somebody is left out; not who."""

    number = fields.Integer(required=True)
    product = fields.String(allow_none=True, metadata={"description": "null: every product"})
    made_on = fields.Date(required=True)
    until_on = fields.Date(allow_none=True)
    lifted = fields.Boolean(required=True)
    holds = fields.Boolean(required=True)


class ObjectionPeopleQuery(Schema):
    """Who is left out."""

    reason = fields.String(required=True, validate=_REASON)
    product = fields.String(load_default=None, allow_none=True, validate=_WORD)
    all = fields.Boolean(load_default=False, metadata={"description": "also those that are over"})


class ListedObjection(Schema):
    """Who is left out, and why."""

    number = fields.Integer(required=True)
    source = fields.String(allow_none=True)
    identifier = fields.String(required=True)
    product = fields.String(allow_none=True)
    made_on = fields.Date(required=True)
    until_on = fields.Date(allow_none=True)
    holds = fields.Boolean(required=True)
    reason = fields.String(required=True)


class NewObjection(Whom):
    """Somebody to leave out. Product and last day are said, also where there is none."""

    product = fields.String(required=True, allow_none=True, validate=_WORD)
    until_on = fields.Date(required=True, allow_none=True)
    reason = fields.String(required=True, validate=_REASON)


class ObjectionAdded(Schema):
    """What came of it."""

    number = fields.Integer(required=True)
    records_taken = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    requests = fields.List(fields.Integer(), required=True)


class ObjectionLifted(Schema):
    """That it ended."""

    number = fields.Integer(required=True)
    product = fields.String(allow_none=True)


class LegalException(Schema):
    """A recipient by law."""

    code = fields.String(required=True)
    recipient = fields.String(required=True)
    article = fields.String(required=True)
    fields_ = fields.List(fields.String(), required=True, data_key="fields", attribute="fields")
    automatic = fields.Boolean(required=True)
    note = fields.String(required=True)


class Delivery(Whom):
    """A delivery that the school's system made."""

    on = fields.Date(required=True)
    fields_ = fields.List(
        fields.String(validate=_WORD),
        required=True,
        data_key="fields",
        attribute="fields",
        validate=validate.Length(min=1, max=50),
    )
    explanation = fields.String(load_default="", validate=validate.Length(max=500))


class DeliveryNoted(Schema):
    """A delivery as it was noted."""

    code = fields.String(required=True)
    fields_ = fields.List(fields.String(), required=True, data_key="fields", attribute="fields")
    on = fields.Date(required=True)
    disclosure = fields.Integer(required=True)


class CouncilConsent(Schema):
    """That a part of the council consented."""

    part = fields.String(required=True, validate=_one_of(CouncilPart))
    on = fields.Date(required=True)
    reference = fields.String(required=True, validate=validate.Length(min=1, max=200))


class NewRegulation(Schema):
    """A version of the privacy regulation."""

    version = fields.String(required=True, validate=validate.Length(min=1, max=64))
    in_force_from = fields.Date(required=True)
    categories = fields.List(fields.String(validate=_one_of(DataCategory)), required=True)
    purposes = fields.List(fields.String(validate=validate.Length(min=1, max=100)), required=True)
    council = fields.List(fields.Nested(CouncilConsent), load_default=list, validate=validate.Length(max=3))
    document_base64 = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(max=70_000_000)
    )
    document_name = fields.String(load_default="", validate=validate.Length(max=255))


class Regulation(Schema):
    """A version as it was recorded."""

    number = fields.Integer(required=True)
    version = fields.String(required=True)
    in_force_from = fields.Date(required=True)
    categories = fields.List(fields.String(), required=True)
    purposes = fields.List(fields.String(), required=True)
    council = fields.List(fields.Nested(CouncilConsent), required=True)
    document_sha256 = fields.String(allow_none=True)
    in_force_for = fields.List(fields.String(), required=True)


class EnforcementChoice(Schema):
    """What becomes of an agreement beyond the regulation."""

    enforcement = fields.String(required=True, validate=_one_of(Enforcement))


class EnforcementShown(EnforcementChoice):
    """With whether settings.toml says so."""

    set_in_settings = fields.Boolean(required=True)
