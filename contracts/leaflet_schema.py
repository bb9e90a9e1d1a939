"""The shape of a vendor's privacy leaflet; what it means is in `contracts.leaflets`."""

from __future__ import annotations

from contracts.schema_fields import CODE, COUNTRY, SLUG, Many, RecordPart, Word, day, part, parts, text, word
from contracts.schemas import (
    ProcessorSchema,
    RetentionSchema,
    SecuritySchema,
    SubprocessorSchema,
    TransferSchema,
)
from contracts.vocabulary import (
    DataCategory,
    Direction,
    Form,
    Groups,
    IdentifierScope,
    Service,
    SpecialGround,
    SubjectCategory,
)


class LeafletLineSchema(RecordPart):
    words = text()
    category = word(DataCategory)
    fields_ = Many(text(), empty=True, required=True, data_key="fields", attribute="fields")
    form = word(Form)
    direction = word(Direction)
    subjects = Many(word(SubjectCategory), allow_none=True)
    necessity = text(optional=True)
    clause = text(optional=True)
    art9_ground = word(SpecialGround, optional=True)


class LeafletProductSchema(RecordPart):
    product_id = text(*SLUG)
    name = text()
    version = text()
    date = day()
    purposes = Many(text(*CODE), required=True)
    services = Many(word(Service), required=True, empty=True)
    subjects = Many(word(SubjectCategory), required=True)
    groups = word(Groups)
    categories = parts(LeafletLineSchema, required=True, empty=True)
    retention = part(RetentionSchema, required=True)
    storage_countries = Many(text(*COUNTRY), required=True)
    identifier = Word(IdentifierScope)
    transfers = parts(TransferSchema, empty=True)
    subprocessors = parts(SubprocessorSchema, empty=True)
    ai = text(optional=True)


class LeafletFileSchema(RecordPart):
    """A vendor's privacy leaflet as a file (`contracts.leaflets`)."""

    leaflet_version = word(("1",))
    vendor = part(ProcessorSchema, required=True)
    products = parts(LeafletProductSchema, required=True)
    security = part(SecuritySchema, allow_none=True)
