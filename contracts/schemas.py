"""The shape of the record: keys, types and words. Rules across its fields are in `contracts.checks`.

Validated values stay plain JSON types; `contracts.canonical` builds the dataclasses from them, so that a
stored record can be read without this module. Unknown keys are faults: a misspelt key would otherwise be a
term that everybody believes in and nobody applies.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

from marshmallow import RAISE, Schema, ValidationError, fields

from contracts.faults import Fault
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

MAX_TEXT: Final = 2_000
MAX_LIST: Final = 1_000
_DAYS: Final = (date(1990, 1, 1), date(2199, 12, 31))
_CONTROL: Final = re.compile("[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class FaultText(str):
    """A message that carries its code and remedy through the validation library."""

    __slots__ = ("code", "remedy")
    code: str
    remedy: str


def _fault(code: str, message: str, remedy: str, valid: list[Any] | None = None) -> ValidationError:
    text = FaultText(message)
    text.code = code
    text.remedy = remedy
    return ValidationError(text, valid_data=valid)


class Text(fields.Field[str]):
    """Text of one line. A whole number is taken as the text it was written as (`kvk: 12345678`)."""

    def __init__(self, pattern: str | None = None, remedy: str = "Write text.", **settings: Any) -> None:
        super().__init__(**settings)
        self._pattern = None if pattern is None else re.compile(pattern)
        self._remedy = remedy

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise _fault("not_text", "Text is expected here.", self._remedy)
        if not value.strip() or value != value.strip():
            raise _fault("empty_text", "The text is empty or stands in spaces.", self._remedy)
        # Attack: control and direction characters make a clause or name read differently from what is stored.
        if len(value) > MAX_TEXT or _CONTROL.search(value):
            raise _fault("bad_text", "The text is too long or holds control characters.", self._remedy)
        if self._pattern is not None and not self._pattern.fullmatch(value):
            raise _fault("bad_form", "The text does not have the form that is needed here.", self._remedy)
        return value


class Word(fields.Field[str]):
    """One word of a closed list."""

    def __init__(self, words: type[StrEnum] | Iterable[str], **settings: Any) -> None:
        super().__init__(**settings)
        self._words = [str(word) for word in words]

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, str) and value in self._words:
            return value
        remedy = f"Write one of: {', '.join(self._words)}."
        close = difflib.get_close_matches(value, self._words, n=1) if isinstance(value, str) else []
        if close:
            remedy = f"Did you mean {close[0]}? {remedy}"
        raise _fault("unknown_word", "This word is not in the list.", remedy)


class Day(fields.Field[str]):
    """A local day, `2026-09-01`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        # Only this form: Python also reads `20260901` and `2026-W36-2`, and a record has one form.
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            try:
                day = date.fromisoformat(value)
            except ValueError:
                day = None
            if day is not None and _DAYS[0] <= day <= _DAYS[1]:
                return value
        raise _fault("not_a_day", "A day is expected here.", "Write it as 2026-09-01.")


class Number(fields.Field[int]):
    """A whole number of a unit, within limits."""

    def __init__(self, least: int, most: int, unit: str, **settings: Any) -> None:
        super().__init__(**settings)
        self._least, self._most, self._unit = least, most, unit

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and self._least <= value <= self._most:
            return value
        raise _fault(
            "bad_number",
            f"A number of {self._unit} is expected here.",
            f"Write a whole number from {self._least} to {self._most}.",
        )


class Many(fields.List[Any]):
    """A list without doubles; may be empty only where said."""

    def __init__(self, inner: fields.Field[Any], *, empty: bool = False, **settings: Any) -> None:
        super().__init__(inner, **settings)
        self._empty = empty

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) > MAX_LIST:
            raise _fault(
                "not_a_list", "A list is expected here.", "Write [ ... ] or lines that start with '-'."
            )
        if not value and not self._empty:
            raise _fault("empty_list", "The list is empty.", "Name at least one.")
        members: list[Any] = super()._deserialize(value, attr, data, **kwargs)
        if len({repr(member) for member in members}) != len(members):
            raise _fault("twice", "The list names something twice.", "Keep one of them.", members)
        return members


class _Record(Schema):
    """Of all parts of the record: what is not known is a fault."""

    class Meta:
        unknown = RAISE


def _part(schema: type[Schema], **settings: Any) -> fields.Nested:
    return fields.Nested(schema, **settings)


def _parts(schema: type[Schema], *, empty: bool = False, **settings: Any) -> Many:
    return Many(fields.Nested(schema), empty=empty, **settings)


def _text(pattern: str | None = None, remedy: str = "Write text.", *, optional: bool = False) -> Text:
    return Text(pattern, remedy, required=not optional, allow_none=optional)


def _day(*, optional: bool = False) -> Day:
    return Day(required=not optional, allow_none=optional)


def _number(least: int, most: int, unit: str, *, optional: bool = False) -> Number:
    return Number(least, most, unit, required=not optional, allow_none=optional)


def _word(words: type[StrEnum] | Iterable[str], *, optional: bool = False) -> Word:
    return Word(words, required=not optional, allow_none=optional)


_KVK: Final = (r"[0-9]{8}", "Write the eight digits of the Chamber of Commerce number, in quotes.")
_SHA: Final = (r"[0-9a-f]{64}", "Write the SHA-256 of the file as 64 hexadecimal characters in lower case.")
_COUNTRY: Final = (r"[A-Z]{2}", "Write the two capital letters of ISO 3166, such as NL.")
_BRIN: Final = (r"[0-9]{2}[A-Z]{2}([0-9]{2})?", "Write a BRIN (99ZZ) or a BRIN with location (99ZZ01).")
_SLUG: Final = (r"[a-z0-9][a-z0-9-]{0,62}", "Write lower-case letters, digits and hyphens.")
_NUMBER_OF_AGREEMENT: Final = (
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
    "Write letters, digits, '.', '_' and '-', such as VO-2026-014.",
)
_CODE: Final = (r"[a-z0-9][a-z0-9_.-]{0,99}", "Write a code such as leerresultaten_terug.")


class ControllerSchema(_Record):
    name = _text()
    kvk = _text(*_KVK)
    brins = Many(_text(r"[0-9]{2}[A-Z]{2}", "Write a BRIN such as 99ZZ."), required=True)
    fg_contact = _text()
    breach_inbox = _text()
    bestuursnummer = _text(r"[0-9]{1,10}", "Write the digits of the board's number.", optional=True)


class ProcessorSchema(_Record):
    name = _text()
    kvk = _text(*_KVK)
    country = _text(*_COUNTRY)
    breach_contact = _text()
    convenant_status = _word(("deelnemer", "medestander", "geen"), optional=True)
    convenant_checked_on = _day(optional=True)


class DocumentSchema(_Record):
    model = _text()
    sha256 = _text(*_SHA, optional=True)
    signed_on = _day(optional=True)
    signed_by_controller = _text(optional=True)
    signed_by_processor = _text(optional=True)
    deviations = Many(_text(), empty=True)


TermSchema = _Record.from_dict(
    {
        "from": _day(),
        # Must be written: a forgotten last day would be an agreement without end.
        "until": Day(required=True, allow_none=True),
        "inbound_days_after_end": _number(0, 3650, "days"),
        "review_by": _day(optional=True),
    },
    name="TermSchema",
)


class ClauseSchema(_Record):
    clause = _text()


class SubprocessorClauseSchema(_Record):
    clause = _text()
    authorisation = _word(("general", "specific"))
    notice_days = _number(0, 3650, "days", optional=True)


class RightsClauseSchema(_Record):
    clause = _text()
    answer_within_days = _number(0, 365, "days", optional=True)


class EndClauseSchema(_Record):
    clause = _text()
    action = _word(("delete", "return_then_delete"))
    delete_within_days = _number(0, 3650, "days")
    confirmation = _text()
    export_window_days = _number(0, 3650, "days", optional=True)
    backups_within_days = _number(0, 3650, "days", optional=True)
    precedence = _text(optional=True)


class AuditClauseSchema(_Record):
    clause = _text()
    notice_days = _number(0, 365, "days", optional=True)


class Article28Schema(_Record):
    a_instructions = _part(ClauseSchema, required=True)
    b_confidentiality = _part(ClauseSchema, required=True)
    c_security = _part(ClauseSchema, required=True)
    d_subprocessors = _part(SubprocessorClauseSchema, required=True)
    e_rights = _part(RightsClauseSchema, required=True)
    f_assistance = _part(ClauseSchema, required=True)
    g_end = _part(EndClauseSchema, required=True)
    h_audit = _part(AuditClauseSchema, required=True)


class BreachNoticeSchema(_Record):
    # A processor tells without undue delay (GDPR art. 33(2)); more than the board's own 72 hours is no
    # notice.
    within_hours = _number(1, 72, "hours", optional=True)
    wording = _text(optional=True)


class BreachSchema(_Record):
    clause = _text()
    notify = _part(BreachNoticeSchema)


class SharingSchema(_Record):
    legal_basis = _word(LegalBasis)
    purpose = _text()
    decided_on = _day()
    decided_by = _text()
    reference = _text()
    consent_asked_by = _word(("board", "recipient"), optional=True)
    law = _text(optional=True)
    arrangement = _text(optional=True)


class BivSchema(_Record):
    beschikbaarheid = _word(("laag", "midden", "hoog"))
    integriteit = _word(("laag", "midden", "hoog"))
    vertrouwelijkheid = _word(("laag", "midden", "hoog"))


class SecuritySchema(_Record):
    biv = _part(BivSchema, required=True)
    scheme = _text()
    assurance = _word(("self", "peer", "external"))
    assessed_on = _day(optional=True)


class LeafletSchema(_Record):
    version = _text()
    date = _day()
    sha256 = _text(*_SHA, optional=True)


class ScopeSchema(_Record):
    schools = Many(_text(*_BRIN), required=True, allow_none=True)
    grades = Many(_text(), allow_none=True)
    classes = Many(_text(), allow_none=True)


class DataEntrySchema(_Record):
    category = _word(DataCategory)
    # No pattern: `contracts.checks` says more about a wrong name than "wrong form".
    fields_ = Many(_text(), empty=True, required=True, data_key="fields", attribute="fields")
    form = _word(Form)
    direction = _word(Direction)
    subjects = Many(_word(SubjectCategory), allow_none=True)
    necessity = _text(optional=True)
    clause = _text(optional=True)
    art9_ground = _word(SpecialGround, optional=True)


class IdentifierSchema(_Record):
    scope = _word(IdentifierScope)
    eckid_basis = _text(optional=True)


class RetentionSchema(_Record):
    max_days_after_end = _number(0, 3650, "days")


class TransferSchema(_Record):
    country = _text(*_COUNTRY)
    mechanism = _text()


class SubprocessorSchema(_Record):
    name = _text()
    country = _text(*_COUNTRY)
    service = _text()
    sees = Many(_word(DataCategory), empty=True)
    transfer_mechanism = _text(optional=True)


class DpiaSchema(_Record):
    done_on = _day()
    outcome = _text()
    fg_advice = _text(optional=True)


class ProductSchema(_Record):
    product_id = _text(*_SLUG)
    name = _text()
    purposes = Many(_text(*_CODE), required=True)
    legal_basis = _word(LegalBasis)
    services = Many(_word(Service), required=True, empty=True)
    scope = _part(ScopeSchema, required=True)
    subjects = Many(_word(SubjectCategory), required=True)
    groups = _word(Groups)
    data = _parts(DataEntrySchema, required=True, empty=True)
    identifier = _part(IdentifierSchema, required=True)
    retention = _part(RetentionSchema, required=True)
    storage_countries = Many(_text(*_COUNTRY), required=True)
    bijsluiter = _part(LeafletSchema, allow_none=True)
    transfers = _parts(TransferSchema, empty=True)
    subprocessors = _parts(SubprocessorSchema, empty=True)
    dpia = _part(DpiaSchema, allow_none=True)
    ai = _text(optional=True)


class AgreementSchema(_Record):
    agreement_id = _text(*_NUMBER_OF_AGREEMENT)
    schema_version = _word(("1",))
    role = _word(RecipientRole)
    controller = _part(ControllerSchema, required=True)
    processor = _part(ProcessorSchema, required=True)
    term = _part(TermSchema, required=True)
    # Which of these three must be there depends on the role: `contracts.checks`.
    art28 = _part(Article28Schema, allow_none=True)
    breach = _part(BreachSchema, allow_none=True)
    sharing = _part(SharingSchema, allow_none=True)
    security = _part(SecuritySchema, required=True)
    products = _parts(ProductSchema, required=True)
    document = _part(DocumentSchema, allow_none=True)


class LeafletLineSchema(_Record):
    words = _text()
    category = _word(DataCategory)
    fields_ = Many(_text(), empty=True, required=True, data_key="fields", attribute="fields")
    form = _word(Form)
    direction = _word(Direction)
    subjects = Many(_word(SubjectCategory), allow_none=True)
    necessity = _text(optional=True)
    clause = _text(optional=True)
    art9_ground = _word(SpecialGround, optional=True)


class LeafletProductSchema(_Record):
    product_id = _text(*_SLUG)
    name = _text()
    version = _text()
    date = _day()
    purposes = Many(_text(*_CODE), required=True)
    services = Many(_word(Service), required=True, empty=True)
    subjects = Many(_word(SubjectCategory), required=True)
    groups = _word(Groups)
    categories = _parts(LeafletLineSchema, required=True, empty=True)
    retention = _part(RetentionSchema, required=True)
    storage_countries = Many(_text(*_COUNTRY), required=True)
    identifier = Word(IdentifierScope)
    transfers = _parts(TransferSchema, empty=True)
    subprocessors = _parts(SubprocessorSchema, empty=True)
    ai = _text(optional=True)


class LeafletFileSchema(_Record):
    """A vendor's privacy leaflet as a file (`contracts.leaflets`)."""

    leaflet_version = _word(("1",))
    vendor = _part(ProcessorSchema, required=True)
    products = _parts(LeafletProductSchema, required=True)
    security = _part(SecuritySchema, allow_none=True)


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
