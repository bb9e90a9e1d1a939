"""Shapes of the admin API. Unknown members are refused; nothing here holds a pupil."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from gateway.registers.audit_events import AuditEvent

_SLUG = validate.Regexp(r"^[a-z][a-z0-9-]{0,39}$")
_WORD = validate.Length(min=1, max=120)


class Page(Schema):
    """Which part of a list."""

    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=100_000))
    page_size = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))


class Me(Schema):
    """For whom the token acts."""

    name = fields.String(required=True)
    display_name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    actions = fields.List(fields.String(), required=True)


class Step(Schema):
    """One step of the set-up."""

    step = fields.String(required=True)
    done = fields.Boolean(required=True)


class Counts(Schema):
    """What waits for somebody."""

    agreements_waiting = fields.List(fields.String(), required=True)
    agreements_ending = fields.List(fields.String(), required=True)
    agreements_altered = fields.List(fields.String(), required=True)
    vendors_stopped = fields.List(fields.String(), required=True)
    terms_late_or_waiting = fields.Integer(required=True)
    mails_not_sent = fields.Integer(required=True)
    vendors_refused_today = fields.Integer(required=True)
    quarantined = fields.Integer(required=True)
    dead_letters = fields.Integer(required=True)
    refreshes_held_back_today = fields.Integer(required=True)


class Overview(Schema):
    """The start page."""

    set_up = fields.List(fields.Nested(Step), required=True)
    needs_action = fields.Nested(Counts, required=True)


class Finding(Schema):
    """A finding of an agreement."""

    code = fields.String(required=True)
    path = fields.String(required=True)
    message = fields.String(required=True)
    remedy = fields.String(required=True)
    accepted_by = fields.String(allow_none=True)
    accepted_reason = fields.String(allow_none=True)


class Agreement(Schema):
    """One version of an agreement."""

    reference = fields.String(required=True, metadata={"description": "agreement id, slash, version"})
    agreement_id = fields.String(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True)
    standing = fields.String(required=True)
    recipient = fields.String(required=True)
    products = fields.List(fields.String(), required=True)
    in_force_from = fields.Date(required=True)
    last_day = fields.Date(allow_none=True)
    missing = fields.List(fields.String(), required=True)
    digest = fields.String(required=True)
    registered_by = fields.String(required=True)


class Advice(Schema):
    """What the data protection officer advised."""

    reference = fields.String(required=True)
    outcome = fields.String(required=True)
    text = fields.String(required=True)
    advised_by = fields.String(required=True)
    os_account = fields.String(required=True)
    advised_at = fields.AwareDateTime(required=True)
    digest = fields.String(required=True)
    altered = fields.Boolean(
        required=True, metadata={"description": "the row is not what the audit log says was advised"}
    )


class NewAdvice(Schema):
    """Advice to attach."""

    outcome = fields.String(required=True, validate=validate.OneOf(["positive", "positive_if", "negative"]))
    text = fields.String(required=True, validate=validate.Length(min=1, max=10_000))


class Outside(Schema):
    """One thing that an agreement gives beyond the privacy regulation."""

    product = fields.String(required=True)
    code = fields.String(
        required=True, metadata={"description": "`category:medisch`, `purpose:...`, `council:pupils`"}
    )


class AgreementInFull(Agreement):
    """One version with its findings, what goes beyond the privacy regulation of today, and all advice, newest first."""

    beyond_regulation = fields.List(fields.Nested(Outside), required=True)
    regulation_refuses = fields.Boolean(
        required=True,
        metadata={"description": "activating it would be refused because of `beyond_regulation`"},
    )

    findings = fields.List(fields.Nested(Finding), required=True)
    advice = fields.List(fields.Nested(Advice), required=True)


class Registration(Schema):
    """A record to register, as in the file format."""

    record = fields.Dict(required=True, keys=fields.String())
    document_base64 = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(max=70_000_000)
    )
    new = fields.Boolean(load_default=False)
    continues = fields.String(load_default=None, allow_none=True, validate=_WORD)


class Reason(Schema):
    """Why."""

    reason = fields.String(load_default=None, allow_none=True, validate=validate.Length(min=1, max=1_000))


class WrittenReason(Schema):
    """Why, and it must be said."""

    reason = fields.String(required=True, validate=validate.Length(min=1, max=1_000))


class Ending(Reason):
    """How an agreement ends."""

    on = fields.Date(load_default=None, allow_none=True, metadata={"description": "last day, inclusive"})
    shred_on = fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "from when destroying its pseudonyms is proposed; none: they are kept"},
    )


class Source(Schema):
    """A school system."""

    slug = fields.String(required=True)
    standard = fields.String(required=True)
    url = fields.String(required=True)
    token_url = fields.String(required=True)
    client_id = fields.String(required=True)
    space = fields.String(required=True)
    results = fields.String(required=True)
    schools = fields.Dict(keys=fields.String(), values=fields.String())


class NewSource(Schema):
    """A school system to add."""

    slug = fields.String(required=True, validate=_SLUG)
    standard = fields.String(required=True, validate=validate.OneOf(["oneroster-1.2", "oneroster-1.1"]))
    url = fields.String(required=True, validate=validate.Length(min=1, max=500))
    token_url = fields.String(required=True, validate=validate.Length(min=1, max=500))
    client_id = fields.String(required=True, validate=validate.Length(min=1, max=200))
    client_secret = fields.String(required=True, load_only=True, validate=validate.Length(min=1, max=500))
    results = fields.String(load_default="source", validate=validate.OneOf(["source", "keep"]))


class Checked(Schema):
    """What a source delivers."""

    reachable = fields.Boolean(required=True)
    token = fields.Boolean(required=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class SchoolOfSource(Schema):
    """An organisation of a source."""

    identifier = fields.String(required=True)
    name = fields.String(allow_none=True)
    number = fields.String(allow_none=True)
    brin = fields.String(allow_none=True)


class Mapping(Schema):
    """Organisation to BRIN."""

    schools = fields.Dict(
        keys=fields.String(validate=_WORD),
        values=fields.String(validate=validate.Regexp(r"^[0-9]{2}[A-Z]{2}([0-9]{2})?$")),
        required=True,
    )


class Client(Schema):
    """Credentials of a vendor, without the secret."""

    client_id = fields.String(required=True)
    product = fields.String(required=True)
    issued_at_ms = fields.Integer(required=True)
    revoked_at_ms = fields.Integer(allow_none=True)


class IssuedClient(Schema):
    """Credentials, shown once."""

    client_id = fields.String(required=True)
    client_secret = fields.String(required=True)


class Pull(Schema):
    """The newest fetch."""

    at = fields.String(required=True)
    kind = fields.String(required=True)
    count = fields.Integer(required=True)


class Product(Schema):
    """A vendor's product."""

    product = fields.String(required=True)
    recipient = fields.String(required=True)
    kvk = fields.String(required=True)
    agreement = fields.String(allow_none=True)
    state = fields.String(allow_none=True)
    clients = fields.List(fields.Nested(Client), required=True)
    last_pull = fields.Nested(Pull, allow_none=True)


class EventQuery(Schema):
    """Which events."""

    log = fields.String(load_default="audit_school", validate=validate.OneOf(["audit", "audit_school"]))
    event = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf([each.value for each in AuditEvent])
    )
    product = fields.String(load_default=None, allow_none=True, validate=validate.Length(min=1, max=64))
    object = fields.String(load_default=None, allow_none=True, validate=validate.Length(min=1, max=255))
    before = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=1, max=2**53))
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))


class Event(Schema):
    """One entry of an audit log."""

    seq = fields.Integer(required=True)
    at = fields.String(required=True)
    event = fields.String(required=True)
    actor = fields.Dict(required=True)
    product = fields.String(allow_none=True)
    object = fields.String(allow_none=True)
    details = fields.Dict(required=True)


class Account(Schema):
    """An account of staff."""

    name = fields.String(required=True)
    display_name = fields.String(required=True)
    kind = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    closed = fields.Boolean(required=True)
    locked = fields.Boolean(required=True)
    ready = fields.Boolean(required=True)
    warnings = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "roles that do not go together in one person"},
    )


class Invitation(Schema):
    """Somebody to invite."""

    name = fields.String(required=True, validate=_WORD)
    display_name = fields.String(required=True, validate=validate.Length(min=1, max=200))
    roles = fields.List(fields.String(validate=_WORD), required=True, validate=validate.Length(min=1, max=40))


class Invited(Schema):
    """The link, shown once."""

    name = fields.String(required=True)
    link = fields.String(required=True)
    warnings = fields.List(fields.String(), required=True)


class Roles(Schema):
    """Exactly these roles."""

    roles = fields.List(fields.String(validate=_WORD), required=True, validate=validate.Length(min=1, max=40))


class Problem(Schema):
    """RFC 9457, with a stable code and what to do."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)
    faults = fields.Raw()


Loaded = dict[str, Any]
"""What a schema gives after loading."""
