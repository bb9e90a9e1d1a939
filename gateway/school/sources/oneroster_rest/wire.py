"""OneRoster records on the wire, to source records and back: paths, names, 1.1 shapes, strictness.

An unknown field stays in `SourceRecord.fields`: the field plan of an agreement withholds it. A value of the
wrong shape where references stand is an error of the source, named by kind and position, never by value.

Source: OneRoster 1.2 rostering and gradebook; OneRoster 1.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway import strict_json
from gateway.errors import SourceError
from gateway.roster.model import REFERENCES, Kind, Reference, SourceRecord

MAX_IDENTIFIER: Final = 255


@dataclass(frozen=True, slots=True)
class Names:
    """How a kind is called."""

    collection: str
    """In paths, and as key around a list."""
    single: str
    """As key around one record."""
    gradebook: bool = False


NAMES: Final[Mapping[Kind, Names]] = {
    Kind.ORG: Names("orgs", "org"),
    Kind.ACADEMIC_SESSION: Names("academicSessions", "academicSession"),
    Kind.ENROLLMENT: Names("enrollments", "enrollment"),
    Kind.DEMOGRAPHICS: Names("demographics", "demographics"),
    Kind.USER: Names("users", "user"),
    Kind.CLASS: Names("classes", "class"),
    Kind.COURSE: Names("courses", "course"),
    Kind.CATEGORY: Names("categories", "category", gradebook=True),
    Kind.LINE_ITEM: Names("lineItems", "lineItem", gradebook=True),
    Kind.RESULT: Names("results", "result", gradebook=True),
}


def path_prefix(path_version: str, *, gradebook: bool) -> str:
    """What stands between the base and the collection; 1.1 has one path for all."""
    if path_version == "v1p1":
        return "/ims/oneroster/v1p1"
    return f"/ims/oneroster/{'gradebook' if gradebook else 'rostering'}/v1p2"


def malformed(kind: Kind, position: int | None) -> SourceError:
    """The source delivered what is not a record of this kind; no value is shown."""
    place = "" if position is None else f", record {position + 1}"
    return SourceError(
        f"The school's system delivers something that is no OneRoster record ({kind}{place}).",
        code="source_malformed",
        retry=False,
        remedy="Ask the supplier of the system.",
    )


def read_document(body: bytes, kind: Kind) -> object:
    """The JSON of an answer, strictly read; its size was limited on the way in."""
    try:
        return strict_json.loads(body, max_bytes=len(body))
    except strict_json.NotStrictJson:
        raise malformed(kind, None) from None


def read_page(body: bytes, kind: Kind) -> list[object]:
    """The records of a page. Liberal in the name around the list: the only list there is, is meant."""
    document = read_document(body, kind)
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        named = document.get(NAMES[kind].collection)
        if isinstance(named, list):
            return named
        lists = [value for value in document.values() if isinstance(value, list)]
        if len(lists) == 1:
            return lists[0]
        # `{"users": null}` and `{}` are how some systems write an empty page.
        if not lists and all(value is None for value in document.values()):
            return []
    raise malformed(kind, None)


def read_single(body: bytes, kind: Kind) -> object:
    """The one record of an answer."""
    document = read_document(body, kind)
    if isinstance(document, dict) and "sourcedId" not in document and len(document) == 1:
        [document] = document.values()
    return document


def to_source_record(source: str, kind: Kind, position: int, wire: object) -> SourceRecord:
    """One record of a page.

    Raises:
        SourceError: code `source_malformed`; no record, no identifier, or references of another shape.
    """
    if not isinstance(wire, dict):
        raise malformed(kind, position)
    fields = dict(wire)
    identifier = fields.pop("sourcedId", None)
    status = fields.pop("status", None)
    fields.pop("dateLastModified", None)
    if not is_identifier(identifier) or not (status is None or isinstance(status, str)):
        raise malformed(kind, position)
    if kind is Kind.USER:
        _roles_of_1p1(fields)
        _check_roles(fields, position)
    for reference in REFERENCES[kind]:
        _check_reference(fields, reference, kind, position)
    return SourceRecord(source, kind, identifier, fields, active=status != "tobedeleted")


def is_identifier(value: object) -> bool:
    """Whether a value can be a `sourcedId`."""
    return isinstance(value, str) and 0 < len(value) <= MAX_IDENTIFIER and value.isprintable()


def _is_reference(value: object) -> bool:
    return isinstance(value, dict) and is_identifier(value.get("sourcedId"))


def _check_reference(fields: dict[str, object], reference: Reference, kind: Kind, position: int) -> None:
    value = fields.get(reference.field)
    if value is None:
        fields.pop(reference.field, None)
        return
    if not reference.many:
        if not _is_reference(value):
            raise malformed(kind, position)
        return
    members = value if isinstance(value, list) else [value]
    fields[reference.field] = members
    if not all(map(_is_reference, members)):
        raise malformed(kind, position)


def _roles_of_1p1(fields: dict[str, object]) -> None:
    """OneRoster 1.1 has one `role` and `orgs`; 1.2 has a role at each organisation."""
    if "roles" in fields or "role" not in fields:
        return
    role, orgs = fields.pop("role"), fields.pop("orgs", None)
    places = orgs if isinstance(orgs, list) else [orgs] if orgs is not None else []
    fields["roles"] = [
        {"roleType": "secondary" if number else "primary", "role": role, "org": org}
        for number, org in enumerate(places)
    ]


def _check_roles(fields: dict[str, object], position: int) -> None:
    roles = fields.get("roles")
    if roles is None:
        fields.pop("roles", None)
        return
    if not isinstance(roles, list):
        raise malformed(Kind.USER, position)
    for role in roles:
        if not isinstance(role, dict) or not isinstance(role.get("role"), str):
            raise malformed(Kind.USER, position)
        if not _is_reference(role.get("org")):
            raise malformed(Kind.USER, position)


def to_wire(kind: Kind, identifier: str, fields: Mapping[str, object]) -> bytes:
    """The body of a PUT."""
    return strict_json.dumps({NAMES[kind].single: {"sourcedId": identifier, **fields}})
