"""OneRoster 1.2 toward vendors: the web half of the plane. Reads, renders and words errors; decides
nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from contracts.refusals import Refused, refuse
from contracts.vocabulary import Operation, RefusalReason, Service
from gateway import strict_json
from gateway.database import storable
from gateway.errors import CallerError, GatewayError
from gateway.front import take_in
from gateway.front.gate import Admission, Caller, RequestRefused, admit
from gateway.front.planes.oneroster import discovery, incoming
from gateway.front.planes.oneroster.fields import WIRE_FIELDS, Treatment
from gateway.front.planes.oneroster.query import (
    FieldChoice,
    Query,
    Visible,
    parse_query,
    parse_single_query,
)
from gateway.front.planes.oneroster.render import Lens
from gateway.front.planes.oneroster.routes import (
    GRADEBOOK_PATH,
    GRADEBOOK_ROUTES,
    ROSTERING_ROUTES,
    UNSUPPORTED,
    WRITABLE,
    OneRosterScope,
    Route,
)
from gateway.front.planes.oneroster.status_info import status_info
from gateway.front.policy import FieldPolicy
from gateway.front.serve import Reading, read, unknown_object
from gateway.front.services import MAX_BODY_BYTES, FrontServices
from gateway.front.views import Examine, body, caller, count_stranger, known_error, register, reply
from gateway.holdings.rows import VendorRelations
from gateway.holdings.selection import HeldRecord, Selection
from gateway.roster.model import PSEUDONYM_PATTERN, Kind

PREFIX: Final = "/ims/oneroster"
MAX_QUERY_BYTES: Final = 4_000

_READS: Final[Mapping[str, tuple[tuple[Service, Operation], ...]]] = {
    "roster": ((Service.ROSTER, Operation.READ),),
    # With the service `gradebook` the school's own records too; with `results` what the vendor itself wrote.
    "gradebook": ((Service.GRADEBOOK, Operation.READ), (Service.RESULTS, Operation.READ)),
}


class OneRosterPlane:
    """OneRoster 1.2: rostering, and the gradebook's categories, line items and results."""

    prefix = PREFIX

    def scopes(self, examine: Examine) -> frozenset[str] | Refused:
        """The standard's scopes, as far as the agreement's services and fields allow them now."""
        granted: set[str] = set()
        refused: Refused | None = None
        roster = examine(Service.ROSTER, Operation.READ)
        if isinstance(roster, Refused):
            refused = roster
        else:
            granted |= {OneRosterScope.ROSTER, OneRosterScope.ROSTER_CORE}
            if _lists_demographics(roster):
                granted.add(OneRosterScope.DEMOGRAPHICS)
        for service in (Service.GRADEBOOK, Service.RESULTS):
            if not isinstance(examine(service, Operation.READ), Refused):
                granted |= {OneRosterScope.GRADEBOOK, OneRosterScope.GRADEBOOK_CORE}
        if not isinstance(examine(Service.RESULTS, Operation.WRITE), Refused):
            granted |= {OneRosterScope.PUT, OneRosterScope.DELETE}
        if not granted and refused is not None:
            return refused
        return frozenset(granted)

    def blueprint(self, services: FrontServices) -> Blueprint:
        """All routes of the plane."""
        blueprint = Blueprint("oneroster", __name__)
        for route in (*ROSTERING_ROUTES, *GRADEBOOK_ROUTES):
            _add(blueprint, "GET", route.template, _reader(services, route))
        for segment, kind in WRITABLE.items():
            path = f"{GRADEBOOK_PATH}/{segment}/<id>"
            _add(blueprint, "PUT", path, _putter(services, path, kind))
            _add(blueprint, "DELETE", path, _deleter(services, path, kind))
        for method, path in UNSUPPORTED:
            _add(blueprint, method, path, _unsupported(services, f"{method} {discovery.braces(path)}"))
        for path, service in discovery.DOCUMENTS.items():
            _add(blueprint, "GET", path, _discovery(services, path, service))
        return blueprint

    def refuse(self, services: FrontServices, error: Exception) -> Response:
        """Register and word an error; for a path that does not exist too, after asking who calls."""
        if isinstance(error, HTTPException):
            try:
                caller(services)
                error = _of_the_web(error)
            except GatewayError as unknown:
                error = unknown
        error = known_error(error)
        operation = g.get("operation", f"{_method()} unknown path")
        worded = status_info(error)
        try:
            register(
                services,
                error,
                status=worded.status,
                operation=operation,
                kind=g.get("kind"),
                returning=g.get("returning", False),
            )
        except Exception as unwritable:
            worded = status_info(known_error(unwritable))
        headers = dict(worded.headers)
        allow = g.get("allow")
        if allow:
            headers["Allow"] = allow
        return reply(worded.status, worded.body, headers)


def _method() -> str:
    return request.method if request.method in ("GET", "HEAD", "PUT", "POST", "DELETE") else "OTHER"


def _of_the_web(error: HTTPException) -> Exception:
    match error.code:
        case 404:
            return CallerError("This gateway serves no such path.", code="unknown_path", status=404)
        case 405:
            g.allow = ", ".join(sorted(set(getattr(error, "valid_methods", None) or ()) - {"OPTIONS"}))
            return CallerError("The path does not take this method.", code="method", status=405)
        case 413:
            return CallerError("The body is too large.", code="body_size", status=413)
        case _:
            return CallerError("The request is malformed.", code="malformed_request", status=400)


def _add(blueprint: Blueprint, method: str, path: str, view: Callable[..., Response]) -> None:
    spellings = {path, path.replace("/lineItems", "/lineitems")}
    for number, spelling in enumerate(sorted(spellings)):
        blueprint.add_url_rule(
            spelling,
            endpoint=f"{method} {path} {number}".replace(".", "_"),
            view_func=view,
            methods=[method],
            provide_automatic_options=False,
        )


def _lists_demographics(admission: Admission) -> bool:
    policy = FieldPolicy(admission.agreement, admission.now)
    return any(
        policy.visible(Kind.DEMOGRAPHICS, line.name)
        for line in WIRE_FIELDS[Kind.DEMOGRAPHICS].values()
        if line.treatment is Treatment.LISTED
    )


def _unsupported(services: FrontServices, operation: str) -> Callable[..., Response]:
    def view(**_: str) -> Response:
        g.operation = operation
        caller(services)
        raise CallerError(
            "This operation of the standard is not offered.",
            code="unsupported",
            status=501,
            remedy="Results are written with PUT.",
        )

    return view


def _discovery(services: FrontServices, path: str, service: str) -> Callable[..., Response]:
    def view() -> Response:
        g.operation = f"GET {path}"
        count_stranger(services)
        return reply(200, discovery.document(service, public_url=services.public_url))

    return view


def _putter(services: FrontServices, path: str, kind: Kind) -> Callable[..., Response]:
    operation = f"PUT {discovery.braces(path)}"

    def view(id: str) -> Response:
        who, admission = _admit_return(services, operation, kind, OneRosterScope.PUT)
        if not incoming.may_be_minted(id):
            raise unknown_object()
        policy = FieldPolicy(admission.agreement, admission.now)
        record = incoming.read_body(
            body(),
            kind=kind,
            identifier=id,
            max_bytes=MAX_BODY_BYTES,
            returnable=lambda name: policy.returnable(kind, name),
        )
        returned = _returned(services, who, admission, kind=kind, id=id, record=record)
        stored = take_in.put(services, who, admission, returned)
        headers = {"Schuilnaam-Dropped": ", ".join(record.dropped)} if record.dropped else {}
        return reply(201 if stored is take_in.Stored.CREATED else 200, None, headers)

    return view


def _deleter(services: FrontServices, path: str, kind: Kind) -> Callable[..., Response]:
    operation = f"DELETE {discovery.braces(path)}"

    def view(id: str) -> Response:
        who, admission = _admit_return(services, operation, kind, OneRosterScope.DELETE)
        if not incoming.may_be_minted(id):
            raise unknown_object()
        take_in.delete(services, who, admission, kind=kind, id=id)
        return reply(204, None)

    return view


def _admit_return(
    services: FrontServices, operation: str, kind: Kind, scope: OneRosterScope
) -> tuple[Caller, Admission]:
    g.operation, g.kind, g.returning = operation, kind, True
    who = caller(services)
    admission = admit(services, who.product, ((Service.RESULTS, Operation.WRITE),))
    require_scope(who, frozenset({scope}))
    return who, admission


def _returned(
    services: FrontServices,
    who: Caller,
    admission: Admission,
    *,
    kind: Kind,
    id: str,
    record: incoming.Incoming,
) -> take_in.Returned:
    references = {name: wire_id(value) for name, value in record.references.items()}
    if kind is Kind.LINE_ITEM and "school" not in references:
        school = take_in.school_of_class(services, who, admission, references["class"])
        references |= {} if school is None else {"school": school}
    return take_in.Returned(
        kind=kind,
        id=id,
        body={**record.body, **references},
        references=incoming.targets(kind, references),
        relations=VendorRelations(
            user=references.get("student"),
            class_=references.get("class"),
            school=references.get("school"),
            line_item=references.get("lineItem"),
            category=references.get("category"),
        ),
        changed_at_ms=record.changed_at_ms,
    )


def require_scope(who: Caller, scopes: frozenset[OneRosterScope]) -> None:
    """Raise 403 when the token was not granted any of `scopes`."""
    if who.session.scopes.isdisjoint(scopes):
        raise CallerError(
            "The access token does not have the scope for this.",
            code="scope_missing",
            status=403,
            remedy="Ask for the scope at the token endpoint; the agreement must list the service.",
        )


def wire_id(text: str) -> str:
    """An id of a path. A pseudonym survives a client that writes it in capitals; other ids are kept as they
    are."""
    # Only ASCII: a Kelvin sign is a small k to `lower`, and two texts must not mean one pupil otherwise.
    return text.lower() if text.isascii() and PSEUDONYM_PATTERN.match(text.lower()) else storable(text)


def _arguments() -> list[tuple[str, str]]:
    raw = request.query_string
    if len(raw) > MAX_QUERY_BYTES:
        raise CallerError("The query is too long.", code="query_length", status=400)
    try:
        return parse_qsl(raw.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:
        raise CallerError("The query cannot be read.", code="query_syntax", status=400) from None


def _reader(services: FrontServices, route: Route) -> Callable[..., Response]:
    operation = f"GET {discovery.braces(route.template)}"
    kind = route.collection.kind

    def view(**ids: str) -> Response:
        g.operation, g.kind = operation, kind
        who = caller(services)
        # The agreement first: a vendor is told that it ended, not that its token lacks a scope.
        admission = admit(services, who.product, _READS[route.service])
        require_scope(who, route.scopes)
        policy = FieldPolicy(admission.agreement, admission.now)
        if kind is Kind.DEMOGRAPHICS and not _lists_demographics(admission):
            # A token may have got the scope from an agreement that was narrowed since.
            nothing = refuse(RefusalReason.FIELD_NOT_IN_AGREEMENT, admission.agreement, kind.value)
            raise RequestRefused(nothing, contact=services.contact)
        query = _query(services, route, lambda name: policy.visible(kind, name))
        collection, parents = route.bind({name: wire_id(value) for name, value in ids.items()})
        asked = Reading(
            walk=request.path,
            operation=operation,
            selection=Selection(
                collection,
                offset=query.offset,
                limit=query.limit,
                filter=query.filter,
                sort=query.sort,
                descending=query.descending,
            ),
            parents=parents,
            single=route.single,
            used=query.used(),
            registered=_listed_names(kind, query.fields),
        )
        served = read(services, who, admission, asked, _renderer(services, route, query.fields))
        headers = {} if route.single else _paging(services, query, served.total)
        if query.fields.withheld:
            names = ", ".join(query.fields.withheld)
            headers["Schuilnaam-Withheld"] = f"{names}; agreement={admission.agreement.agreement_id}"
        return reply(200, served.body, headers)

    return view


def _query(services: FrontServices, route: Route, visible: Visible) -> Query:
    arguments = _arguments()
    kind = route.collection.kind
    if route.single:
        fields = parse_single_query(arguments, kind=kind, visible=visible)
        return Query(limit=1, offset=0, filter=None, sort=None, descending=False, fields=fields)
    return parse_query(arguments, kind=kind, max_limit=services.limits.max_page, visible=visible)


def _listed_names(kind: Kind, choice: FieldChoice) -> frozenset[str]:
    return frozenset(
        line.name
        for line in WIRE_FIELDS[kind].values()
        if line.treatment in (Treatment.LISTED, Treatment.PLACEHOLDER)
        and (choice.allowed is None or line.name in choice.allowed)
    )


def _renderer(
    services: FrontServices, route: Route, choice: FieldChoice
) -> Callable[[tuple[HeldRecord, ...], FieldPolicy], bytes]:
    kind = route.collection.kind

    def render(records: tuple[HeldRecord, ...], policy: FieldPolicy) -> bytes:
        def serves(subject: str, name: str, *, stands_in: bool) -> bool:
            return policy.serves(kind, subject, name, stands_in=stands_in)

        lens = Lens(kind, services.public_url, serves, choice.allowed)
        shown = [lens.record(record) for record in records]
        return strict_json.dumps({route.member: shown[0] if route.single else shown})

    return render


def _paging(services: FrontServices, query: Query, total: int) -> dict[str, str]:
    """`X-Total-Count` and `Link`; addresses from `public_url`, parameters from what was understood."""
    headers = {"X-Total-Count": str(total)}
    if query.limit == 0:
        return headers
    kept = [(name, value) for name, value in _arguments() if name in ("sort", "orderBy", "filter", "fields")]
    address = services.public_url + quote(request.path)
    last = max(0, (total - 1) // query.limit * query.limit)
    offsets = {"first": 0, "last": last}
    if query.offset + query.limit < total:
        offsets["next"] = query.offset + query.limit
    if query.offset > 0:
        offsets["prev"] = max(0, query.offset - query.limit)
    links = []
    for relation in ("first", "prev", "next", "last"):
        if relation in offsets:
            parameters = urlencode([("limit", query.limit), ("offset", offsets[relation]), *kept])
            links.append(f'<{address}?{parameters}>; rel="{relation}"')
    headers["Link"] = ", ".join(links)
    return headers
