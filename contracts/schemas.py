"""The shape of the record: keys, types and words. Rules across its fields are in `contracts.checks`.

Validated values stay plain JSON types; `contracts.canonical` builds the dataclasses from them, so that a
stored record can be read without this module. Unknown keys are faults: a misspelt key would otherwise be a
term that everybody believes in and nobody applies.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields

from contracts.faults import Fault
from contracts.schema_fields import (
    BRIN,
    CODE,
    COUNTRY,
    KVK,
    NUMBER_OF_AGREEMENT,
    SHA,
    SLUG,
    Day,
    FaultText,
    Many,
    RecordPart,
    day,
    number,
    part,
    parts,
    text,
    word,
)
from contracts.vocabulary import (
    DataCategory,
    Direction,
    Form,
    Groups,
    IdentifierScope,
    LegalBasis,
    RecipientRole,
    Service,
    SpecialGround,
    SubjectCategory,
)


class ControllerSchema(RecordPart):
    name = text()
    kvk = text(*KVK)
    brins = Many(text(r"\d\d[A-Z]{2}", "Write a BRIN such as 99ZZ."), required=True)
    fg_contact = text()
    breach_inbox = text()
    bestuursnummer = text(r"\d{1,10}", "Write the digits of the board's number.", optional=True)


class ProcessorSchema(RecordPart):
    name = text()
    kvk = text(*KVK)
    country = text(*COUNTRY)
    breach_contact = text()
    convenant_status = word(("deelnemer", "medestander", "geen"), optional=True)
    convenant_checked_on = day(optional=True)


class DocumentSchema(RecordPart):
    model = text()
    sha256 = text(*SHA, optional=True)
    signed_on = day(optional=True)
    signed_by_controller = text(optional=True)
    signed_by_processor = text(optional=True)
    deviations = Many(text(), empty=True)


TermSchema = RecordPart.from_dict(
    {
        "from": day(),
        # Must be written: a forgotten last day would be an agreement without end.
        "until": Day(required=True, allow_none=True),
        "inbound_days_after_end": number(0, 3650, "days"),
        "review_by": day(optional=True),
    },
    name="TermSchema",
)


class ClauseSchema(RecordPart):
    clause = text()


class SubprocessorClauseSchema(RecordPart):
    clause = text()
    authorisation = word(("general", "specific"))
    notice_days = number(0, 3650, "days", optional=True)


class RightsClauseSchema(RecordPart):
    clause = text()
    answer_within_days = number(0, 365, "days", optional=True)


class EndClauseSchema(RecordPart):
    clause = text()
    action = word(("delete", "return_then_delete"))
    delete_within_days = number(0, 3650, "days")
    confirmation = text()
    export_window_days = number(0, 3650, "days", optional=True)
    backups_within_days = number(0, 3650, "days", optional=True)
    precedence = text(optional=True)


class AuditClauseSchema(RecordPart):
    clause = text()
    notice_days = number(0, 365, "days", optional=True)


class Article28Schema(RecordPart):
    a_instructions = part(ClauseSchema, required=True)
    b_confidentiality = part(ClauseSchema, required=True)
    c_security = part(ClauseSchema, required=True)
    d_subprocessors = part(SubprocessorClauseSchema, required=True)
    e_rights = part(RightsClauseSchema, required=True)
    f_assistance = part(ClauseSchema, required=True)
    g_end = part(EndClauseSchema, required=True)
    h_audit = part(AuditClauseSchema, required=True)


class BreachNoticeSchema(RecordPart):
    # A processor tells without undue delay (GDPR art. 33(2)); more than the board's own 72 hours is no
    # notice.
    within_hours = number(1, 72, "hours", optional=True)
    wording = text(optional=True)


class BreachSchema(RecordPart):
    clause = text()
    notify = part(BreachNoticeSchema)


class SharingSchema(RecordPart):
    legal_basis = word(LegalBasis)
    purpose = text()
    decided_on = day()
    decided_by = text()
    reference = text()
    consent_asked_by = word(("board", "recipient"), optional=True)
    law = text(optional=True)
    arrangement = text(optional=True)


class BivSchema(RecordPart):
    beschikbaarheid = word(("laag", "midden", "hoog"))
    integriteit = word(("laag", "midden", "hoog"))
    vertrouwelijkheid = word(("laag", "midden", "hoog"))


class SecuritySchema(RecordPart):
    biv = part(BivSchema, required=True)
    scheme = text()
    assurance = word(("self", "peer", "external"))
    assessed_on = day(optional=True)


class LeafletSchema(RecordPart):
    version = text()
    date = day()
    sha256 = text(*SHA, optional=True)


class ScopeSchema(RecordPart):
    schools = Many(text(*BRIN), required=True, allow_none=True)
    grades = Many(text(), allow_none=True)
    classes = Many(text(), allow_none=True)


class DataEntrySchema(RecordPart):
    category = word(DataCategory)
    # No pattern: `contracts.checks` says more about a wrong name than "wrong form".
    fields_ = Many(text(), empty=True, required=True, data_key="fields", attribute="fields")
    form = word(Form)
    direction = word(Direction)
    subjects = Many(word(SubjectCategory), allow_none=True)
    necessity = text(optional=True)
    clause = text(optional=True)
    art9_ground = word(SpecialGround, optional=True)


class IdentifierSchema(RecordPart):
    scope = word(IdentifierScope)
    eckid_basis = text(optional=True)


class RetentionSchema(RecordPart):
    max_days_after_end = number(0, 3650, "days")


class TransferSchema(RecordPart):
    country = text(*COUNTRY)
    mechanism = text()


class SubprocessorSchema(RecordPart):
    name = text()
    country = text(*COUNTRY)
    service = text()
    sees = Many(word(DataCategory), empty=True)
    transfer_mechanism = text(optional=True)


class DpiaSchema(RecordPart):
    done_on = day()
    outcome = text()
    fg_advice = text(optional=True)


class ProductSchema(RecordPart):
    product_id = text(*SLUG)
    name = text()
    purposes = Many(text(*CODE), required=True)
    legal_basis = word(LegalBasis)
    services = Many(word(Service), required=True, empty=True)
    scope = part(ScopeSchema, required=True)
    subjects = Many(word(SubjectCategory), required=True)
    groups = word(Groups)
    data = parts(DataEntrySchema, required=True, empty=True)
    identifier = part(IdentifierSchema, required=True)
    retention = part(RetentionSchema, required=True)
    storage_countries = Many(text(*COUNTRY), required=True)
    bijsluiter = part(LeafletSchema, allow_none=True)
    transfers = parts(TransferSchema, empty=True)
    subprocessors = parts(SubprocessorSchema, empty=True)
    dpia = part(DpiaSchema, allow_none=True)
    ai = text(optional=True)


class AgreementSchema(RecordPart):
    agreement_id = text(*NUMBER_OF_AGREEMENT)
    schema_version = word(("1",))
    role = word(RecipientRole)
    controller = part(ControllerSchema, required=True)
    processor = part(ProcessorSchema, required=True)
    term = part(TermSchema, required=True)
    # Which of these three must be there depends on the role: `contracts.checks`.
    art28 = part(Article28Schema, allow_none=True)
    breach = part(BreachSchema, allow_none=True)
    sharing = part(SharingSchema, allow_none=True)
    security = part(SecuritySchema, required=True)
    products = parts(ProductSchema, required=True)
    document = part(DocumentSchema, allow_none=True)


def faults_of_shape(
    plain: Mapping[str, Any], schema: Schema | None = None
) -> tuple[dict[str, Any], Iterator[Fault]]:
    """What of the document is sound, and all faults of shape with their paths.

    Args:
        schema: of another document than an agreement.
    """
    schema = AgreementSchema() if schema is None else schema
    try:
        loaded: dict[str, Any] = schema.load(dict(plain))
    except ValidationError as error:
        valid = error.valid_data if isinstance(error.valid_data, dict) else {}
        return valid, iter(_flatten(error.messages, schema, ""))
    return loaded, iter(())


def _flatten(messages: Any, part: Any, path: str) -> Iterable[Fault]:
    if isinstance(messages, list):
        for message in messages:
            yield _translate(message, part, path)
        return
    for key, inner in messages.items():
        if key == "_schema":
            yield Fault(
                path, "An object with keys is expected here.", "Follow the example record.", "not_an_object"
            )
        elif isinstance(key, int):
            yield from _flatten(inner, _member(part), f"{path}[{key}]")
        else:
            where = f"{path}.{key}" if path else str(key)
            known = _keys(part)
            if key in known:
                yield from _flatten(inner, known[key], where)
            else:
                yield _unknown(str(key), known, path)


def _member(part: Any) -> Any:
    return part.inner if isinstance(part, fields.List) else part


def _keys(part: Any) -> Mapping[str, Any]:
    if isinstance(part, fields.Nested):
        part = part.schema
    if not isinstance(part, Schema):
        return {}
    return {field.data_key or name: field for name, field in part.fields.items()}


def _unknown(key: str, known: Mapping[str, Any], path: str) -> Fault:
    shown = key[:60]
    where = f"{path}.{shown}" if path else shown
    close = difflib.get_close_matches(key, known, n=1)
    remedy = f"Did you mean {close[0]}?" if close else "Remove it; what is not known is never applied."
    return Fault(where, "This key is not known here.", remedy, "unknown_key")


def _translate(message: object, part: Any, path: str) -> Fault:
    if isinstance(message, FaultText):
        return Fault(path, str(message), message.remedy, message.code)
    if message == fields.Field.default_error_messages["required"]:
        return Fault(path, "This is missing.", "Add it, as the example record shows.", "missing")
    if message == fields.Field.default_error_messages["null"]:
        return Fault(path, "This may not be empty.", "Fill it in.", "missing")
    return Fault(path, "This does not have the expected shape.", "Follow the example record.", "bad_shape")
