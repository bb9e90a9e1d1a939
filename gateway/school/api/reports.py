"""Operations that read: reports, the yearly check, findings, settings, key ring."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from gateway.database import reading
from gateway.school.api.schemas import Loaded
from gateway.school.backup.record import newest_backup
from gateway.school.configuration import settings_shown
from gateway.school.consents.words import Language
from gateway.school.doctor.finding import worst
from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.pages.system import check_value
from gateway.school.reports import annex, matrix, missing, yearly
from gateway.school.reports.parents import MAX_NAME, parents_page
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

blueprint = Blueprint("api_reports", __name__, url_prefix="/api/v1", description="Reports and system")


class _Rows(Schema):
    """A table: heads, and rows of text."""

    heads = fields.List(fields.String(), required=True)
    rows = fields.List(fields.List(fields.String()), required=True)


class _ParentsQuery(Schema):
    """Which page for parents."""

    school = fields.String(required=True, validate=validate.Length(min=1, max=10))
    language = fields.String(load_default="nl", validate=validate.OneOf(["nl", "en"]))
    name = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_NAME))


class _Parents(Schema):
    """The page, and the part to put inside another page."""

    school = fields.String(required=True)
    language = fields.String(required=True)
    products = fields.Integer(required=True)
    fragment = fields.String(required=True)
    document = fields.String(required=True)


class _Check(Schema):
    """One item of the yearly check."""

    item = fields.String(required=True)
    open = fields.Integer(allow_none=True)
    done_at = fields.String(allow_none=True)
    done_by = fields.String(allow_none=True)
    remark = fields.String(allow_none=True)


class _Remark(Schema):
    """What was found."""

    remark = fields.String(load_default="", validate=validate.Length(max=yearly.MAX_REMARK))


class _Finding(Schema):
    """One check of `doctor`."""

    check = fields.String(required=True)
    verdict = fields.String(required=True)
    sentence = fields.String(required=True)
    command = fields.String(required=True)


class _System(Schema):
    """Findings; none while the first examination is still under way."""

    under_way = fields.Boolean(required=True)
    examined_at = fields.DateTime(allow_none=True)
    network = fields.Boolean(required=True)
    verdict = fields.String(allow_none=True)
    checks = fields.List(fields.Nested(_Finding), required=True)
    last_backup = fields.DateTime(allow_none=True)


class _Setting(Schema):
    """One setting, secrets hidden."""

    name = fields.String(required=True)
    value = fields.Raw(allow_none=True)
    source = fields.String(required=True)


class _Key(Schema):
    """The key ring by its check value."""

    check_value = fields.String(allow_none=True)
    unlocked = fields.Boolean(required=True)


def _now() -> Any:
    return context().now()


@blueprint.route("/reports/annex")
@needs(Action.REPORT_SEE)
@blueprint.etag
@blueprint.response(200, _Rows)
def report_annex() -> object:
    """The annex to the register of processing: one row per field of each product."""
    return annex.annex(context().services, now=_now())


@blueprint.route("/reports/matrix")
@needs(Action.REPORT_SEE)
@blueprint.etag
@blueprint.response(200, _Rows)
def report_matrix() -> object:
    """Who gets what."""
    return matrix.matrix(context().services, now=_now())


@blueprint.route("/reports/missing")
@needs(Action.REPORT_SEE)
@blueprint.etag
@blueprint.response(200, _Rows)
def report_missing() -> object:
    """Agreements that are not done."""
    return missing.missing(context().services, now=_now())


@blueprint.route("/reports/parents")
@needs(Action.REPORT_SEE)
@blueprint.arguments(_ParentsQuery, location="query")
@blueprint.response(200, _Parents)
def report_parents(given: Loaded) -> object:
    """The page for parents of a school."""
    language: Language = "en" if given["language"] == "en" else "nl"
    return parents_page(
        context().services, given["school"], language=language, now=_now(), name=given["name"]
    )


@blueprint.route("/reports/yearly")
@needs(Action.REPORT_SEE)
@blueprint.response(200, _Check(many=True))
def report_yearly() -> list[Loaded]:
    """The yearly check of this school year."""
    return _checks()


@blueprint.route("/reports/yearly/<item>", methods=["POST"])
@needs(Action.YEARLY_CHECK_TICK)
@blueprint.arguments(_Remark)
@blueprint.response(200, _Check(many=True))
def report_tick(given: Loaded, item: str) -> list[Loaded]:
    """Write down that somebody looked at an item."""
    yearly.tick(context().services, signed_in_actor(person()), item, remark=given["remark"], now=_now())
    return _checks()


def _checks() -> list[Loaded]:
    return [
        {
            "item": each.item.value,
            "open": each.open,
            "done_at": each.done_at,
            "done_by": each.done_by,
            "remark": each.remark,
        }
        for each in yearly.yearly_check(context().services, now=_now())
    ]


@blueprint.route("/system")
@needs(Action.SYSTEM_SEE)
@blueprint.response(200, _System)
def system() -> Loaded:
    """What `doctor` finds without asking a source; an examination that is slow goes on behind this answer."""
    return _examined(network=False)


@blueprint.route("/system/examine", methods=["POST"])
@needs(Action.SYSTEM_SEE)
@blueprint.response(200, _System)
def system_examine() -> Loaded:
    """Look anew, and ask sources and certificates too."""
    return _examined(network=True)


def _examined(*, network: bool) -> Loaded:
    services = context().services
    examined, under_way = context().examiner.examined(now=_now(), network=network)
    with reading(services.school) as connection:
        backup = newest_backup(connection, board_id=services.board_id)
    findings = () if examined is None else examined.findings
    return {
        "under_way": under_way,
        "examined_at": None if examined is None else examined.at,
        "network": examined is not None and examined.network,
        "verdict": None if examined is None else worst(findings).value,
        "checks": [
            {
                "check": each.check,
                "verdict": each.verdict.value,
                "sentence": each.sentence,
                "command": each.command,
            }
            for each in findings
        ],
        "last_backup": backup,
    }


@blueprint.route("/config")
@needs(Action.SYSTEM_SEE)
@blueprint.response(200, _Setting(many=True))
def config() -> object:
    """Every setting with its source."""
    return settings_shown(context().services.settings.home)


@blueprint.route("/key")
@needs(Action.KEY_SEE)
@blueprint.response(200, _Key)
def key() -> Loaded:
    """The check value of the key ring, to compare with the sheet."""
    return {"check_value": check_value(), "unlocked": context().services.is_unlocked}
