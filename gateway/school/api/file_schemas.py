"""Shapes of the admin API for files of vendors, the school year and switch-overs."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from gateway.school.disclosure.aliases import Style
from gateway.school.layouts.layout import FileFormat

MAX_BASE64 = 44 * 1024 * 1024
_NAME = validate.Length(min=1, max=64)
_FILE = validate.Length(min=1, max=MAX_BASE64)


class LayoutColumn(Schema):
    """One column of a layout."""

    name = fields.String(required=True)
    fields_ = fields.List(fields.String(), required=True, data_key="fields", attribute="fields")
    optional = fields.Boolean(required=True)


class Layout(Schema):
    """A layout in use."""

    name = fields.String(required=True)
    vendor = fields.String(required=True)
    number = fields.Integer(required=True)
    rows = fields.String(required=True)
    format = fields.String(required=True)
    columns = fields.List(fields.Nested(LayoutColumn), required=True)
    results = fields.List(fields.String(), required=True)
    sha256 = fields.String(required=True)


class LayoutInFull(Layout):
    """With the file as it was given."""

    content = fields.String(required=True)


class NewLayout(Schema):
    """A layout file."""

    content = fields.String(required=True, validate=validate.Length(min=1, max=1024 * 1024))


class ExportOrder(Schema):
    """Which file to make."""

    layout = fields.String(load_default=None, allow_none=True, validate=_NAME)
    format = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf([each.value for each in FileFormat])
    )


class LeftColumn(Schema):
    """A column that was left empty, and why."""

    column = fields.String(required=True)
    field = fields.String(required=True)
    reason = fields.String(required=True)


class ExportedFile(Schema):
    """The file for the vendor."""

    name = fields.String(required=True)
    rows = fields.Integer(required=True)
    generation = fields.Integer(required=True)
    sha256 = fields.String(required=True)
    left = fields.List(fields.Nested(LeftColumn), required=True)
    content_base64 = fields.String(required=True)


class ResultsFile(Schema):
    """A vendor's results file."""

    layout = fields.String(required=True, validate=_NAME)
    content_base64 = fields.String(required=True, validate=_FILE)


class RowCode(Schema):
    """A row that was not taken in."""

    row = fields.Integer(required=True, attribute="number")
    code = fields.String(required=True)


class TakenFile(Schema):
    """What became of a results file."""

    rows = fields.Integer(required=True)
    new = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    # Its plain name means something else to a schema.
    unknown_ = fields.Integer(required=True, data_key="unknown", attribute="unknown")
    not_taken = fields.List(fields.Nested(RowCode), required=True, attribute="bad")
    left_behind = fields.List(fields.String(), required=True, attribute="left")
    request_id = fields.String(required=True)


class AliasStyle(Schema):
    """How new aliases look."""

    style = fields.String(required=True, validate=validate.OneOf([each.value for each in Style]))


class ProductAliases(AliasStyle):
    """And how many were given out."""

    product = fields.String(required=True)
    given_out = fields.Integer(required=True)


class YearPlan(Schema):
    """A window in which removals are expected."""

    number = fields.Integer(required=True)
    first_on = fields.Date(required=True)
    last_on = fields.Date(required=True)
    leaving = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    gone = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class SchoolYear(Schema):
    """What is planned."""

    plan = fields.Nested(YearPlan, allow_none=True, required=True)


class Window(Schema):
    """Days in which removals are expected."""

    first_on = fields.Date(required=True)
    last_on = fields.Date(required=True)


class YearClass(Schema):
    """One group of a year."""

    title = fields.String(required=True)
    grades = fields.List(fields.String(), required=True)
    pupils = fields.Integer(required=True)


class YearSchool(Schema):
    """Old and new year of one school."""

    brin = fields.String(required=True)
    old = fields.List(fields.Nested(YearClass), required=True)
    new = fields.List(fields.Nested(YearClass), required=True)
    staying = fields.Integer(required=True)
    leaving = fields.Integer(required=True)
    joining = fields.Integer(required=True)
    moved = fields.Integer(required=True)
    same_grade = fields.Integer(required=True)


class YearProduct(Schema):
    """What one product would see, by kind."""

    product = fields.String(required=True)
    status = fields.String(required=True)
    reason = fields.String(allow_none=True)
    counts = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Integer()),
        required=True,
    )


class Rehearsed(Schema):
    """A rehearsal of the coming school year."""

    schools = fields.List(fields.Nested(YearSchool), required=True)
    products = fields.List(fields.Nested(YearProduct), required=True)


class Switchover(Schema):
    """A switch-over."""

    number = fields.Integer(required=True)
    product = fields.String(required=True)
    agreement = fields.String(required=True)
    matched = fields.Integer(required=True)
    unmatched = fields.Integer(required=True)
    list_sha256 = fields.String(required=True)
    order_sha256 = fields.String(required=True)
    confirmed_on = fields.Date(allow_none=True)


class VendorList(Schema):
    """A vendor's list of users, matched and kept nowhere."""

    content_base64 = fields.String(required=True, validate=_FILE)
    own_id = fields.String(required=True, validate=validate.Length(min=1, max=200))
    decisions = fields.List(
        fields.String(validate=validate.Length(max=400)),
        load_default=list,
        validate=validate.Length(max=5_000),
    )
    reason = fields.String(required=True, validate=validate.Length(min=1, max=500))


class VendorListToMake(VendorList):
    """And in which language the order is."""

    language = fields.String(load_default="nl", validate=validate.OneOf(["nl", "en"]))


class DoubtfulRow(Schema):
    """A row that a person must decide on."""

    row = fields.Integer(required=True)
    code = fields.String(required=True)
    candidates = fields.List(fields.String(), required=True)


class SwitchoverPlan(Schema):
    """What would be made of a list."""

    rows = fields.Integer(required=True)
    matched = fields.Integer(required=True)
    unmatched = fields.Integer(required=True)
    doubtful = fields.List(fields.Nested(DoubtfulRow), required=True)


class SwitchoverMade(Switchover):
    """With both files."""

    list_base64 = fields.String(required=True)
    order_base64 = fields.String(required=True)


class SwitchoverConfirmation(Schema):
    """The vendor's written confirmation."""

    name = fields.String(required=True, validate=validate.Length(min=1, max=255))
    document_base64 = fields.String(required=True, validate=_FILE)
