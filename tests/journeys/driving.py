"""Asks a gateway everything that a vendor can ask: every route, method, query option and wrong input."""

from __future__ import annotations

import itertools
import urllib.parse
from collections.abc import Iterator, Mapping

import orjson

from gateway.demo.vendors import Exchange, SimulatedVendor
from gateway.front.planes.oneroster.discovery import DOCUMENTS
from gateway.front.planes.oneroster.fields import PLURAL, WIRE_FIELDS
from gateway.front.planes.oneroster.routes import GRADEBOOK_ROUTES, ROSTERING_ROUTES, UNSUPPORTED, Route
from gateway.roster.model import Kind

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE")
OPERATORS = ("=", "!=", ">", ">=", "<", "<=", "~")
ROUTES: tuple[Route, ...] = (*ROSTERING_ROUTES, *GRADEBOOK_ROUTES)
UNKNOWN = (
    "/",
    "/ims",
    "/ims/oneroster",
    "/ims/oneroster/rostering/v1p1/users",
    "/ims/oneroster/rostering/v1p2/users/",
    "/ims/oneroster/rostering/v1p2//users",
    "/ims/oneroster/rostering/v1p2/users/%2e%2e/orgs",
    "/ims/oneroster/rostering/v1p2/users/%00",
    "/ims/oneroster/rostering/v1p2/users/%ff",
    "/ims/oneroster/rostering/v1p2/people",
    "/ims/oneroster/resources/v1p2/resources",
    "/home",
    "/static/x",
    "/metrics",
    "/server-status",
)
PLACES = ("/oauth2/token", "/me", "/healthz", "/readyz", *DOCUMENTS)
_NESTED: Mapping[Kind, tuple[str, ...]] = {
    Kind.USER: (
        "roles.role", "roles.beginDate", "roles.org.sourcedId", "userIds.identifier", "agents.sourcedId",
        "userProfiles.credentials.password", "metadata.plain", "primaryOrg.sourcedId", "agentSourceIds",
    ),
    Kind.CLASS: ("course.sourcedId", "terms.sourcedId", "school.href", "resources.sourcedId"),
    Kind.ENROLLMENT: ("user.sourcedId", "user.familyName", "class.title"),
    Kind.RESULT: ("student.sourcedId", "student.givenName", "lineItem.sourcedId", "learningObjectiveSet.source"),
}  # fmt: skip


def names_of(kind: Kind) -> tuple[str, ...]:
    """Every field of a kind, places inside, and names that no standard has."""
    return (*WIRE_FIELDS[kind], *_NESTED.get(kind, ()), "noSuchField", "user.noSuchField")


class Driver:
    """One vendor's questions. `ids` are of records that it was shown, by kind."""

    def __init__(self, vendor: SimulatedVendor) -> None:
        self.vendor = vendor
        self.ids: dict[Kind, list[str]] = {kind: [] for kind in Kind}

    def learn(self, *, limit: int = 25) -> None:
        """Pull every collection to its end."""
        for kind in Kind:
            self.ids[kind] = self.vendor.pull(PLURAL[kind], limit=limit).ids()

    def path(self, route: Route, *, other: str | None = None, which: int = 0) -> str:
        """The path of a route with ids that the vendor has, or with `other` for every id."""
        kinds = {
            "class": Kind.CLASS, "school": Kind.ORG, "course": Kind.COURSE, "term": Kind.ACADEMIC_SESSION,
            "student": Kind.USER, "teacher": Kind.USER, "user": Kind.USER, "lineItem": Kind.LINE_ITEM,
        }  # fmt: skip
        path = route.template
        for name, kind in {**kinds, "id": route.collection.kind}.items():
            if other is not None:
                identifier = other
            else:
                known = self.ids[kind] or ["p" + "a" * 61]
                identifier = known[which % len(known)]
            path = path.replace(f"<{name}>", urllib.parse.quote(identifier, safe=""))
        return path

    def ask(self, method: str, path: str, query: str = "", body: bytes = b"") -> Exchange:
        """One request with the token at hand; a token is not asked for again when it is refused."""
        url = f"{self.vendor.base_url}{path}" + (f"?{query}" if query else "")
        headers = {"Content-Type": "application/json"} if body else {}
        token = self.vendor.access_token
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.vendor.send(method, url, headers=headers, body=body, with_token=False)

    def everything(self, *, deep: bool = True) -> int:
        """All that can be asked; the number of requests.

        `deep`: every method on every path, and every operator on every field. Else each path and each field
        once, methods and operators by turns.
        """
        before = len(self.vendor.received)
        self.every_path(all_methods=deep)
        self.every_query(all_operators=deep)
        self.every_wrong_input()
        self.without_a_token()
        return len(self.vendor.received) - before

    def every_path(self, *, all_methods: bool) -> None:
        """Every route of the standard, every other path, and paths that do not exist."""
        number = 0
        for route in ROUTES:
            query = "" if route.single else "limit=4"
            self.ask("GET", self.path(route), query)
            for method in METHODS[1:] if all_methods else (METHODS[1 + number % 7],):
                number += 1
                if method in ("PUT", "DELETE") and route.single and route.service == "gradebook":
                    continue  # Writing is driven by `return_results` and `every_wrong_input`.
                body = b'{"user":{"sourcedId":"x"}}' if method in ("POST", "PUT") else b""
                self.ask(method, self.path(route, which=number), query, body)
        for path in (*PLACES, *UNKNOWN):
            for method in METHODS if all_methods else METHODS[:1]:
                self.ask(method, path)
        for method, template in UNSUPPORTED:
            self.ask(
                method, template.replace("<", "").replace(">", ""), body=b"" if method == "GET" else b"{}"
            )

    def every_query(self, *, all_operators: bool) -> None:
        """Every option on every collection, with fields that the vendor may have, may not, and that are none."""
        for kind in Kind:
            path = self.path(next(route for route in ROUTES if route.template.endswith("/" + PLURAL[kind])))
            for number, query in enumerate(self._queries(kind, all_operators=all_operators)):
                # What one vendor is asked in full, another is asked every third of.
                if all_operators or number % 3 == 0:
                    self.ask("GET", path, query)

    def _queries(self, kind: Kind, *, all_operators: bool) -> Iterator[str]:
        yield from (
            "limit=0",
            "limit=2&offset=1",
            "limit=1&offset=99999",
            "limit=-1",
            "offset=x",
            "limit=1&limit=2",
        )
        for number, name in enumerate(names_of(kind)):
            for operator in OPERATORS if all_operators else (OPERATORS[number % 7],):
                yield urllib.parse.urlencode({"limit": 2, "filter": f"{name}{operator}'a'"})
            order = ("asc", "desc", "up")[number % 3]
            yield urllib.parse.urlencode({"limit": 2, "sort": name, "orderBy": order})
            yield urllib.parse.urlencode({"limit": 2, "fields": name})
        yield urllib.parse.urlencode({"limit": 2, "fields": ",".join(WIRE_FIELDS[kind])})
        yield urllib.parse.urlencode({"limit": 2, "filter": "dateLastModified>'2020-01-01'"})
        yield urllib.parse.urlencode({"limit": 2, "filter": "status='active' AND sourcedId~'p'"})
        yield urllib.parse.urlencode({"filter": "status='active' OR familyName~'a'"})
        yield from ("filter=" + "a" * 2_100, "filter=%ff&sort=%00", "x=1&y=2")

    def every_wrong_input(self) -> None:
        """Ids, headers and bodies that no honest client sends."""
        wrong = itertools.cycle(("p" + "a" * 61, "x" * 300, "'; --", "%", "é"))
        for route in ROUTES:
            if "<" in route.template:
                other = next(wrong)
                self.ask("GET", self.path(route, other=other))
        users = self.path(ROUTES[0])
        for headers in (
            {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}, {"Accept": "text/html"},
            {"X-Forwarded-Host": "elsewhere.example"}, {"Expect": "something"}, {"Range": "bytes=0-1"},
            {"If-None-Match": "*"}, {"Origin": "https://elsewhere.example"}, {"Accept-Encoding": "gzip"},
        ):  # fmt: skip
            more = {"Authorization": f"Bearer {self.vendor.access_token}", **headers}
            self.vendor.send("GET", self.vendor.base_url + users, headers=more, with_token=False)
        for body in (b"{", b'{"result":{}}', b'{"result":{"score":NaN}}', b"\xff", b'{"a":1,"a":2}'):
            for name in ("categories", "lineItems", "results"):
                self.ask("PUT", f"/ims/oneroster/gradebook/v1p2/{name}/made-up-1", body=body)
                self.ask("DELETE", f"/ims/oneroster/gradebook/v1p2/{name}/made-up-2")

    def without_a_token(self) -> None:
        """As somebody whom nobody knows."""
        for path in (
            "/me",
            self.path(ROUTES[0]),
            self.path(ROUTES[1]),
            "/ims/oneroster/gradebook/v1p2/results",
        ):
            self.vendor.send("GET", self.vendor.base_url + path, with_token=False)
        for body in (
            b"",
            b"grant_type=password",
            b"grant_type=client_credentials&scope=x",
            b"a=1&a=2",
            b"%ff",
        ):
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            self.vendor.send("POST", self.vendor.token_url, headers=headers, body=body, with_token=False)

    def return_results(self, *, comment: str) -> int:
        """Write a line item and results about pupils that it was shown; how many were taken in."""
        pupils = [
            str(user["sourcedId"])
            for user in self.vendor.pull("students").records
            if user["status"] == "active"
        ]
        enrolled = {
            str(each["user"]["sourcedId"]): each  # type: ignore[index]
            for each in self.vendor.pull("enrollments", limit=500).records
            if each["status"] == "active"
        }
        taken = 0
        for number, pupil in enumerate(pupils[:3]):
            if pupil not in enrolled:
                continue
            group = enrolled[pupil]["class"]
            category, item, result = f"cat-{number}", f"item-{number}", f"result-{number}"
            answers = (
                self.vendor.put("categories", category, {"title": "Oefenen", "status": "active"}),
                self.vendor.put(
                    "lineItems",
                    item,
                    {
                        "title": "Toets 1", "class": group, "category": {"sourcedId": category},
                        "assignDate": "2026-09-01T00:00:00Z", "dueDate": "2026-09-02T00:00:00Z",
                    },
                ),
                self.vendor.put(
                    "results",
                    result,
                    {
                        "lineItem": {"sourcedId": item}, "student": {"sourcedId": pupil}, "score": 7,
                        "scoreStatus": "fully graded", "scoreDate": "2026-09-02", "comment": comment,
                    },
                ),
            )  # fmt: skip
            taken += sum(answer.status in (200, 201) for answer in answers)
        return taken


def told(exchange: Exchange) -> bytes:
    """An answer without what differs by design: the request's id and the moment."""
    kept = sorted(pair for pair in exchange.headers if pair[0].lower() not in ("x-request-id", "date"))
    return orjson.dumps([exchange.status, kept]) + exchange.body
