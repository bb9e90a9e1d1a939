"""One vendor's client in a process of its own: pulls pages, or posts results, until told to stop.

Prints one JSON line: how long each request took, and how many were not answered as they should be.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import sys
import threading
import time
from typing import Any

from tests.benchmarks.figures import percentile

SERVICE = "/ims/oneroster/{}/v1p2"
SCOPES = " ".join(
    f"https://purl.imsglobal.org/spec/or/v1p2/scope/{name}"
    for name in (
        "roster.readonly",
        "roster-demographics.readonly",
        "gradebook.readonly",
        "gradebook.createput",
    )
)


class Client:
    """One kept connection, one token, and the time of every request."""

    def __init__(self, place: str, client_id: str, client_secret: str) -> None:
        self.place = place
        self.took_ms: list[float] = []
        self.ended_at: list[float] = []
        """On the clock that all processes of a machine share, when each request was answered."""
        self.faults: dict[str, int] = {}
        self.records = 0
        self._connection = http.client.HTTPConnection(place, timeout=120)
        pair = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        headers = {
            "Authorization": f"Basic {pair}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = f"grant_type=client_credentials&scope={SCOPES.replace(' ', '+')}"
        answer = self._send("POST", "/oauth2/token", body, headers)
        self._bearer = {"Authorization": f"Bearer {json.loads(answer[1])['access_token']}"}

    def _send(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[int, bytes, dict[str, str]]:
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (ConnectionError, http.client.HTTPException):
            # The server closed an idle connection.
            self._connection.close()
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            content = answer.read()
        return answer.status, content, {name.lower(): value for name, value in answer.getheaders()}

    def ask(
        self, method: str, path: str, document: Any = None, *, good: tuple[int, ...] = (200,)
    ) -> tuple[bytes, dict[str, str]]:
        """One measured request."""
        body = None if document is None else json.dumps(document)
        headers = self._bearer | ({} if body is None else {"Content-Type": "application/json"})
        began = time.perf_counter()
        status, content, answered = self._send(method, path, body, headers)
        self.took_ms.append((time.perf_counter() - began) * 1000)
        self.ended_at.append(time.monotonic())
        if status not in good:
            self.faults[str(status)] = self.faults.get(str(status), 0) + 1
        return content, answered

    def walk(self, collection: str, *, limit: int, most: int | None = None) -> Any:
        """Pages of a collection, in order; yields the number of records on each."""
        offset, total = 0, 1
        while offset < total and (most is None or offset < most):
            path = f"{SERVICE.format('rostering')}/{collection}?limit={limit}&offset={offset}"
            content, headers = self.ask("GET", path)
            total = int(headers.get("x-total-count", "0"))
            offset += limit
            count = content.count(b'"dateLastModified"')
            self.records += count
            yield count

    def forget(self) -> None:
        """Measure from here on."""
        self.took_ms.clear()
        self.ended_at.clear()

    def summary(self) -> dict[str, object]:
        return {
            "requests": len(self.took_ms),
            "records": self.records,
            "faults": self.faults,
            "median_ms": percentile(self.took_ms, 50),
            "p99_ms": percentile(self.took_ms, 99),
            "longest_ms": max(self.took_ms, default=0.0),
            "took_ms": self.took_ms,
            "ended_at": self.ended_at,
        }


def some_pupil(client: Client) -> tuple[str, str]:
    """A pupil and a class of that pupil, as this vendor knows them."""
    path = f"{SERVICE.format('rostering')}/enrollments?limit=1&filter=role%3D'student'"
    content, _ = client.ask("GET", path)
    [enrolment] = json.loads(content)["enrollments"]
    return enrolment["user"]["sourcedId"], enrolment["class"]["sourcedId"]


def post_results(client: Client, name: str, pause: float, stop: threading.Event) -> None:
    """A category, a line item, then one result after the other."""
    pupil, group = some_pupil(client)
    gradebook = SERVICE.format("gradebook")
    made = (200, 201)
    category, item = f"c-{name}", f"i-{name}"
    client.ask(
        "PUT", f"{gradebook}/categories/{category}", {"category": {"sourcedId": category, "title": "Toets"}}, good=made
    )  # fmt: skip
    line_item = {
        "sourcedId": item, "title": "Toets", "assignDate": "2026-11-02", "dueDate": "2026-11-09",
        "class": {"sourcedId": group}, "category": {"sourcedId": category},
    }  # fmt: skip
    client.ask("PUT", f"{gradebook}/lineItems/{item}", {"lineItem": line_item}, good=made)
    client.forget()
    number = 0
    while not stop.is_set():
        number += 1
        identifier = f"r-{name}-{number}"
        result = {
            "sourcedId": identifier, "lineItem": {"sourcedId": item}, "student": {"sourcedId": pupil},
            "score": 7.5, "scoreStatus": "fully graded", "scoreDate": "2026-11-09",
        }  # fmt: skip
        client.ask("PUT", f"{gradebook}/results/{identifier}", {"result": result}, good=made)
        stop.wait(pause)


def pull(client: Client, limit: int, pause: float, stop: threading.Event) -> None:
    """Walk after walk."""
    while not stop.is_set():
        for _ in client.walk("enrollments", limit=limit):
            if stop.wait(pause):
                return


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--place", required=True)
    parser.add_argument("--client", required=True, help="id:secret")
    parser.add_argument("--limit", type=int, help="pull pages of this size; without it, post results")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds between two requests")
    parser.add_argument("--name", default="1")
    given = parser.parse_args()
    client = Client(given.place, *given.client.split(":", 1))
    client.forget()
    stop = threading.Event()
    # Ends when whoever started it closes our standard input.
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    if given.limit is None:
        post_results(client, given.name, given.pause, stop)
    else:
        pull(client, given.limit, given.pause, stop)
    print(json.dumps(client.summary()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
