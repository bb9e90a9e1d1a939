"""Shapes of the operations about terms that act; nothing here holds a pupil."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from gateway.school.terms import agenda

_WORD = validate.Length(min=1, max=120)
_BASE64 = validate.Length(min=1, max=70_000_000)


class StopReason(Schema):
    """Why a vendor is stopped, or why the stop is lifted."""

    reason = fields.String(required=True, validate=validate.Length(min=1, max=500))


class Stop(Schema):
    """Since when, by whom and why."""

    since = fields.String(required=True)
    by = fields.String(required=True)
    reason = fields.String(required=True)


class Vendor(Schema):
    """A recipient and whether it is stopped."""

    kvk = fields.String(required=True)
    vendor = fields.String(required=True)
    products = fields.List(fields.String(), required=True)
    stopped = fields.Nested(Stop, allow_none=True)


class EndQuery(Schema):
    """An end to look at."""

    on = fields.Date(load_default=None, allow_none=True, metadata={"description": "last day; none: today"})


class ProductEnd(Schema):
    """What becomes of one product."""

    product = fields.String(required=True)
    delete_by = fields.Date(allow_none=True)
    backups_by = fields.Date(allow_none=True)
    clause = fields.String(required=True)
    goes_on_under = fields.String(allow_none=True)


class Consequences(Schema):
    """What follows from an end."""

    agreement = fields.String(required=True)
    recipient = fields.String(required=True)
    last_day = fields.Date(allow_none=True)
    results_until = fields.Date(allow_none=True)
    shred_from = fields.Date(allow_none=True)
    products = fields.List(fields.Nested(ProductEnd), required=True)


class Pseudonyms(Schema):
    """What becomes of the pseudonyms: a day, or kept."""

    shred_on = fields.Date(required=True, allow_none=True, metadata={"description": "none: they are kept"})


class Plan(Schema):
    """A plan to destroy the pseudonyms of a product."""

    agreement = fields.String(required=True)
    product = fields.String(required=True)
    shred_on = fields.Date(required=True)
    state = fields.String(required=True)
    decided_by = fields.String(required=True)


class Deletion(Schema):
    """What a vendor must delete, and how it stands."""

    agreement = fields.String(required=True)
    product = fields.String(required=True)
    state = fields.String(required=True)
    ended_on = fields.Date(required=True)
    due_on = fields.Date(required=True)
    backups_on = fields.Date(allow_none=True)
    clause = fields.String(required=True)
    continued_under = fields.String(allow_none=True)
    confirmed_on = fields.Date(allow_none=True)
    confirmed_by = fields.String(allow_none=True)
    document_sha256 = fields.String(allow_none=True)


class DeletionConfirmation(Schema):
    """The vendor's written confirmation."""

    document_base64 = fields.String(required=True, validate=_BASE64)
    document_name = fields.String(
        load_default="confirmation.pdf", validate=_WORD, metadata={"description": "only its ending is kept"}
    )


class Document(Schema):
    """A paper as it was handed in."""

    sha256 = fields.String(required=True)
    file = fields.String(required=True)
    content_base64 = fields.String(required=True)


class NewNotice(Schema):
    """A sub-processor that a vendor announces."""

    agreement = fields.String(required=True, validate=_WORD)
    name = fields.String(required=True, validate=_WORD)
    country = fields.String(required=True, validate=validate.Regexp(r"^[A-Z]{2}$"))
    service = fields.String(required=True, validate=_WORD)
    announced_on = fields.Date(load_default=None, allow_none=True)
    document_base64 = fields.String(load_default=None, allow_none=True, validate=_BASE64)
    document_name = fields.String(load_default="notice.pdf", validate=_WORD)


class Answer(Schema):
    """What the board answers."""

    answer = fields.String(required=True, validate=validate.OneOf(["objected", "accepted"]))
    reason = fields.String(load_default=None, allow_none=True, validate=validate.Length(min=1, max=500))


class Notice(Schema):
    """A notice and how it stands."""

    number = fields.Integer(required=True)
    agreement = fields.String(required=True)
    name = fields.String(required=True)
    country = fields.String(required=True)
    service = fields.String(required=True)
    state = fields.String(required=True)
    authorisation = fields.String(required=True)
    announced_on = fields.Date(required=True)
    object_by = fields.Date(allow_none=True)
    clause = fields.String(required=True)
    registered_by = fields.String(required=True)
    answered_on = fields.Date(allow_none=True)
    answered_by = fields.String(allow_none=True)
    late = fields.Boolean(required=True)
    reason = fields.String(allow_none=True)
    document_sha256 = fields.String(allow_none=True)


class Receipt(Schema):
    """A receipt without its page."""

    number = fields.Integer(required=True)
    agreement = fields.String(required=True)
    kind = fields.String(required=True)
    made_at_ms = fields.Integer(required=True)
    digest = fields.String(required=True)


class ReceiptInFull(Receipt):
    """A receipt with the file as it was made."""

    html = fields.String(required=True)


class MailQuery(Schema):
    """Which mails."""

    state = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(["waiting", "sent", "failed"])
    )


class Mail(Schema):
    """A mail of the outbox."""

    number = fields.Integer(required=True)
    occasion = fields.String(required=True)
    state = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    subject = fields.String(required=True)
    body = fields.String(required=True)
    agreement = fields.String(allow_none=True)
    product = fields.String(allow_none=True)
    receipt = fields.Integer(allow_none=True)
    created_at_ms = fields.Integer(required=True)
    sent_at_ms = fields.Integer(allow_none=True)
    sent_to = fields.List(fields.String(), required=True)
    refused_for = fields.List(fields.String(), required=True)
    attempts = fields.Integer(required=True)
    failure = fields.String(allow_none=True)


class Ahead(Schema):
    """How far ahead."""

    days = fields.Integer(load_default=agenda.COMING_DAYS, validate=validate.Range(min=0, max=3_650))


class Term(Schema):
    """One thing that is late or coming."""

    on = fields.Date(allow_none=True)
    matter = fields.String(required=True)
    state = fields.String(required=True)
    agreement = fields.String(required=True)
    product = fields.String(allow_none=True)
    number = fields.Integer(allow_none=True)
    days_left = fields.Integer(allow_none=True)
