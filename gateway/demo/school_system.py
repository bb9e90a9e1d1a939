"""A school's own system as the gateway meets it: OneRoster 1.2 over real HTTP on the loopback.

It serves a made-up board, takes results, remembers every byte that it was asked and every write that it
carried out, and misbehaves on demand. It is nobody's product; where real systems differ from one another
there is a switch.

Example:
    with SimulatedSchool(made_up_board(7)) as school:
        school.base_url, school.token_url, school.client_id, school.client_secret
        school.faults.status("enrollments", 500, times=2)
        ...
        assert school.asked("users") == 1
        assert [write.identifier for write in school.writes] == [...]

Run by itself, for measurements:
    python -m gateway.demo.school_system --pupils 20000 --enrolments-per-pupil 12 --port 8600
"""

from __future__ import annotations

import threading
import urllib.parse
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Literal, Self

import orjson

from gateway.demo.board import MadeUpBoard, sourced_id
from gateway.demo.faults import Faults
from gateway.demo.filters import NotAFilter, parse_filter, sort_key
from gateway.demo.records import singular
from gateway.demo.routes import GRADEBOOK, NoSuchPath, Route, resolve
from gateway.demo.shelf import OWN, Record, Shelf
from gateway.demo.tokens import AccessTokens
from gateway.demo.wire import Answer, Asked, WireServer

_OWN_HREF: Final = f'"href":"{OWN}/'.encode()


@dataclass(frozen=True, slots=True)
class Write:
    """One write that was carried out."""

    method: str
    path: str
    collection: str
    identifier: str
    body: bytes = field(repr=False)
    document: Mapping[str, object] = field(repr=False)
    """The record that was put, as sent; empty for a deletion."""
    created: bool


class _Refusal(Exception):
    def __init__(self, status: int, minor: str, text: str) -> None:
        super().__init__(text)
        self.status, self.minor, self.text = status, minor, text


class SimulatedSchool:
    """A school system that serves a board.

    Args:
        prefix: what stands before `/ims/oneroster`, e.g. `/api/v2`.
        path_version: `v1p2` has a path for each service, `v1p1` one for all; says nothing about the records.
        data_version: `1.1` gives users one `role` and `orgs` in place of `roles`.
        token_lifetime_seconds: of an access token.
        page_cap: pages are silently no longer than this.
        errors: `standard`, or `flat` with `imsx_codeMinor` as a word, as some providers send. Both echo ids.
        strict_references: a result without its line item or pupil is refused (422).
        put_new, put_existing: status of a PUT that creates or replaces.
        keep_requests: keep every request with its bytes; counters are kept always.
    """

    def __init__(
        self,
        board: MadeUpBoard,
        *,
        port: int = 0,
        client_id: str = "schuilnaam-koppeling",
        client_secret: str = "geheim-van-het-schoolsysteem",  # noqa: S107
        prefix: str = "",
        path_version: Literal["v1p2", "v1p1"] = "v1p2",
        data_version: Literal["1.2", "1.1"] = "1.2",
        token_lifetime_seconds: float = 3600,
        page_cap: int | None = None,
        default_limit: int = 100,
        link_header: bool = True,
        total_count: bool = True,
        errors: Literal["standard", "flat"] = "standard",
        strict_references: bool = True,
        put_new: int = 201,
        put_existing: int = 200,
        keep_requests: bool = True,
    ) -> None:
        self.board = board
        self.client_id = client_id
        self.client_secret = client_secret
        self.page_cap = page_cap
        self.default_limit = default_limit
        self.link_header = link_header
        self.total_count = total_count
        self.errors = errors
        self.strict_references = strict_references
        self.put_new = put_new
        self.put_existing = put_existing
        self.keep_requests = keep_requests
        self.data_version = data_version
        self.faults = Faults()
        self.requests: list[Asked] = []
        self.writes: list[Write] = []
        self.counts: Counter[str] = Counter()
        """Requests per method and first part of the path, e.g. `GET users`, `PUT results`, `POST token`."""
        self.tokens = AccessTokens(client_id, client_secret, lifetime_seconds=token_lifetime_seconds)
        self._lock = threading.Lock()
        self._selections: dict[tuple[object, ...], list[int]] = {}
        self._server = WireServer(self._respond, port=port)
        self.host = f"127.0.0.1:{self._server.port}"
        self.base_url = f"http://{self.host}{prefix}"
        """What stands before `/ims/oneroster`."""
        self.token_path = f"{prefix}/oauth2/token"
        self.token_url = f"http://{self.host}{self.token_path}"
        services = ("rostering/v1p2", "gradebook/v1p2") if path_version == "v1p2" else ("v1p1", "v1p1")
        self.rostering_path, self.gradebook_path = (f"{prefix}/ims/oneroster/{part}" for part in services)

    # -- life

    def start(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- what a test asks of it

    def asked(self, collection: str = "", *, method: str = "GET") -> int:
        """How many requests there were for a collection (or single record in it); for all without a name."""
        if collection:
            return self.counts[f"{method} {collection}"]
        return sum(self.counts.values())

    def received(self) -> bytes:
        """Every byte of every request, one after the other."""
        with self._lock:
            return b"\n".join(asked.raw for asked in self.requests)

    def forget(self) -> None:
        """Start counting and recording anew; tokens and records stay."""
        with self._lock:
            self.requests.clear()
            self.writes.clear()
            self.counts.clear()

    def expire_tokens(self) -> None:
        """Every access token given out so far is refused from now on (401)."""
        self.tokens.expire()

    # -- answering

    def _respond(self, asked: Asked) -> Answer:
        below = self._below(asked.path)
        what = "token" if asked.path == self.token_path else (below or "").partition("/")[0] or "elsewhere"
        with self._lock:
            self.counts[f"{asked.method} {what}"] += 1
            if self.keep_requests:
                self.requests.append(asked)
        answer, later = self.faults.before(asked, below or "")
        if answer is None:
            try:
                answer = self._answer(asked, below)
            except _Refusal as refusal:
                answer = self._refusal(refusal)
        for alter in later:
            answer = alter(asked, answer)
        return answer

    def _below(self, path: str) -> str | None:
        """The path below the service address, None for a path that is in no service."""
        for service in (self.rostering_path, self.gradebook_path):
            if path.startswith(service + "/"):
                return path[len(service) + 1 :]
        return None

    def _answer(self, asked: Asked, below: str | None) -> Answer:
        if asked.path == self.token_path:
            return self.tokens.answer(asked)
        if below is None:
            raise _Refusal(404, "unknownobject", f"no such path: {asked.path}")
        if not self.tokens.hold(asked):
            raise _Refusal(401, "unauthorisedrequest", f"not authenticated for {asked.path}")
        parts = below.split("/")
        with self.board.lock:
            try:
                route = resolve(self.board, parts)
            except NoSuchPath:
                raise _Refusal(404, "unknownobject", f"nothing at {asked.path}") from None
            self._check_service(asked.path, route)
            if asked.method in ("GET", "HEAD"):
                return self._one(route, asked) if route.identifier is not None else self._page(route, asked)
            if (
                asked.method in ("PUT", "DELETE")
                and route.identifier is not None
                and route.collection in GRADEBOOK
            ):
                return self._write(asked, route.collection, route.identifier)
        raise _Refusal(405, "invaliddata", f"{asked.method} is not possible at {asked.path}")

    def _check_service(self, path: str, route: Route) -> None:
        service = self.gradebook_path if route.collection in GRADEBOOK else self.rostering_path
        if not path.startswith(service + "/"):
            raise _Refusal(404, "unknownobject", f"nothing at {path}")

    def _refusal(self, refusal: _Refusal) -> Answer:
        document: Record = {
            "imsx_codeMajor": "failure",
            "imsx_severity": "error",
            "imsx_description": refusal.text,
        }
        if self.errors == "flat":
            document["imsx_codeMinor"] = "invalid_data"
        else:
            minor = {"imsx_codeMinorFieldName": "sourcedId", "imsx_codeMinorFieldValue": refusal.minor}
            document["imsx_CodeMinor"] = {"imsx_codeMinorField": [minor]}
        headers = (("WWW-Authenticate", "Bearer"),) if refusal.status == 401 else ()
        return Answer(refusal.status, orjson.dumps(document), headers)

    # -- reading

    def _one(self, route: Route, asked: Asked) -> Answer:
        raw = self.board.shelf(route.collection).raw(route.identifier or "")
        if raw is None or (route.keep is not None and not route.keep(orjson.loads(raw))):
            raise _Refusal(404, "unknownobject", f"no {singular(route.collection)} {route.identifier}")
        name = singular(route.collection)
        return Answer(200, b'{"%s":%s}' % (name.encode(), self._wire(route.collection, raw)))

    def _page(self, route: Route, asked: Asked) -> Answer:
        limit = self._count_parameter(asked, "limit", self.default_limit)
        offset = self._count_parameter(asked, "offset", 0)
        size = limit if self.page_cap is None else min(limit, self.page_cap)
        shelf = self.board.shelf(route.collection)
        chosen = self._selection(route, asked, shelf)
        if chosen is None:
            total, content = len(shelf), shelf.page(offset, size)
        else:
            total, content = len(chosen), shelf.chosen(chosen[offset : offset + size])
        headers = []
        if self.total_count:
            headers.append(("X-Total-Count", str(total)))
        if self.link_header and size:
            headers.append(("Link", self._links(asked, offset=offset, size=size, total=total)))
        body = b'{"%s":[%s]}' % (route.wire.encode(), self._wire(route.collection, content))
        return Answer(200, body, tuple(headers))

    def _count_parameter(self, asked: Asked, name: str, default: int) -> int:
        text = asked.parameter(name)
        if text is None:
            return default
        if not text.isdecimal():
            raise _Refusal(400, "invalid_selection_field", f"{name}={text} is no number")
        return int(text)

    def _selection(self, route: Route, asked: Asked, shelf: Shelf) -> list[int] | None:
        """Slots of the records asked for in their order; None for all in the order of the school system."""
        wanted, order = asked.parameter("filter"), asked.parameter("sort")
        if wanted is None and order is None and route.keep is None:
            return None
        descending = asked.parameter("orderBy") == "desc"
        versions = (shelf.version, self.board.shelf("enrollments").version)
        key = (asked.path, wanted, order, descending, versions)
        known = self._selections.get(key)
        if known is not None:
            return known
        try:
            test = parse_filter(wanted) if wanted is not None else None
        except NotAFilter:
            raise _Refusal(400, "invalid_filter_field", f"no filter: {wanted}") from None
        entries = [
            entry
            for entry in shelf.slots()
            if (test is None or test(entry[1])) and (route.keep is None or route.keep(entry[1]))
        ]
        if order:
            entries.sort(key=sort_key(order), reverse=descending)
        if len(self._selections) > 32:
            self._selections.clear()
        self._selections[key] = slots = [slot for slot, _ in entries]
        return slots

    def _links(self, asked: Asked, *, offset: int, size: int, total: int) -> str:
        last = max(0, (total - 1) // size * size)
        places = {"first": 0, "last": last}
        if offset + size < total:
            places["next"] = offset + size
        if offset:
            places["prev"] = max(0, offset - size)
        others = [pair for pair in asked.query if pair[0] not in ("limit", "offset")]

        def link(relation: str, place: int) -> str:
            query = urllib.parse.urlencode([*others, ("limit", size), ("offset", place)])
            return f'<http://{self.host}{urllib.parse.quote(asked.path)}?{query}>; rel="{relation}"'

        return ", ".join(link(relation, place) for relation, place in places.items())

    def _wire(self, collection: str, content: bytes) -> bytes:
        """Records with this school system's own address in every href."""
        if self.data_version == "1.1" and collection == "users" and content:
            content = b",".join(_as_1_1(user) for user in orjson.loads(b"[%s]" % content))
        if collection in GRADEBOOK:
            gradebook = f'"href":"http://{self.host}{self.gradebook_path}/'.encode()
            for name in GRADEBOOK:
                content = content.replace(_OWN_HREF + name.encode(), gradebook + name.encode())
        return content.replace(_OWN_HREF, f'"href":"http://{self.host}{self.rostering_path}/'.encode())

    # -- writing

    def _write(self, asked: Asked, collection: str, identifier: str) -> Answer:
        if asked.method == "DELETE":
            if not self.board.remove(collection, identifier):
                raise _Refusal(404, "unknownobject", f"no {singular(collection)} {identifier}")
            self._remember(asked, collection, identifier, {}, created=False)
            return Answer(204)
        document = self._document(asked, collection, identifier)
        stored = {"status": "active"} | document
        stored["sourcedId"] = identifier
        stored["dateLastModified"] = self.board.tick()
        created = self.board.put(collection, stored)
        self._remember(asked, collection, identifier, document, created=created)
        return Answer(self.put_new if created else self.put_existing)

    def _document(self, asked: Asked, collection: str, identifier: str) -> Record:
        try:
            content = orjson.loads(asked.body)
        except orjson.JSONDecodeError:
            raise _Refusal(400, "invaliddata", "the body is no JSON") from None
        record = content.get(singular(collection)) if isinstance(content, dict) else None
        if not isinstance(record, dict):
            raise _Refusal(422, "invaliddata", f"no {singular(collection)} in the body for {identifier}")
        if record.get("sourcedId", identifier) != identifier:
            raise _Refusal(422, "invaliddata", f"another sourcedId than {identifier}")
        if self.strict_references:
            for field_name, target in _MUST_EXIST.get(collection, ()):
                wanted = sourced_id(record.get(field_name))
                if wanted not in self.board.shelf(target):
                    raise _Refusal(422, "unknownobject", f"{identifier}: no {field_name} {wanted}")
        return record

    def _remember(
        self, asked: Asked, collection: str, identifier: str, document: Record, *, created: bool
    ) -> None:
        write = Write(asked.method, asked.path, collection, identifier, asked.body, document, created)
        with self._lock:
            self.writes.append(write)


_MUST_EXIST: Final = {
    "results": (("lineItem", "lineItems"), ("student", "users")),
    "lineItems": (("class", "classes"), ("category", "categories")),
}


def _as_1_1(user: Record) -> bytes:
    """A user in the shape of OneRoster 1.1."""
    roles = user.pop("roles", None)
    user.pop("primaryOrg", None)
    if isinstance(roles, list) and roles:
        user["role"] = roles[0]["role"]
        user["orgs"] = [role["org"] for role in roles]
    user.setdefault("username", user["sourcedId"])
    return orjson.dumps(user)


def main() -> None:
    """Serve a board of any size until stopped; prints one JSON line when ready."""
    import argparse
    import signal

    from gateway.demo.board import made_up_board

    parser = argparse.ArgumentParser(description="a simulated OneRoster 1.2 school system on the loopback")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schools", type=int, default=2)
    parser.add_argument("--pupils", type=int, default=40)
    parser.add_argument("--enrolments-per-pupil", type=int, default=1)
    parser.add_argument("--results-per-pupil", type=int, default=2)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--client-id", default="schuilnaam-koppeling")
    parser.add_argument("--client-secret", default="geheim-van-het-schoolsysteem")
    parser.add_argument("--page-cap", type=int)
    chosen = parser.parse_args()
    board = made_up_board(
        chosen.seed,
        schools=chosen.schools,
        pupils=chosen.pupils,
        enrolments_per_pupil=chosen.enrolments_per_pupil,
        results_per_pupil=chosen.results_per_pupil,
    )
    school = SimulatedSchool(
        board,
        port=chosen.port,
        client_id=chosen.client_id,
        client_secret=chosen.client_secret,
        page_cap=chosen.page_cap,
        keep_requests=False,
    )
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    counts = board.counts()
    with school:
        ready = {"base_url": school.base_url, "token_url": school.token_url, "counts": counts}
        print(orjson.dumps(ready).decode(), flush=True)
        stopped.wait()


if __name__ == "__main__":
    main()
