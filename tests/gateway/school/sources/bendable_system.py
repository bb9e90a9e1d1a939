"""A OneRoster system over real HTTP that a test can bend in one line, and that remembers what it was asked.

with BendableSystem() as system:
    system.records["users"] = [{"sourcedId": "u1", ...}]
    system.page_cap = 2
    system.before["users"] = lambda system, request: system.records["users"].pop()
    ... read ...
    assert system.requests[-1].path == "/ims/oneroster/rostering/v1p2/users"
"""

from __future__ import annotations

import base64
import gzip
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass
class Fault:
    """What happens instead of the right answer."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    wait: float = 0
    reset: bool = False
    cut: int | None = None
    """Send only so many bytes of the body that Content-Length announces."""
    drip: float = 0
    """Seconds between bytes."""
    raw: bytes | None = None
    """Sent as it is, in place of everything."""
    zipped: bool = False


class BendableSystem:
    """See the module's docstring."""

    client_id, client_secret = "schuilnaam", "geheim:+é"

    def __init__(self) -> None:
        self.records: dict[str, list[Any]] = {}
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        """Taken one by one, for requests other than for a token."""
        self.token_faults: list[Fault] = []
        self.before: Callable[[BendableSystem, Request], None] | None = None
        """Called before a request for records is answered."""
        self.page_cap = 10_000
        self.links = True
        self.totals = True
        self.total_offset = 0
        self.link_host: str | None = None
        self.key: str | None = None
        self.basic = True
        self.expires_in: object = 3600
        self.tokens: set[str] = set()
        self.written: dict[tuple[str, str], Any] = {}
        self.connections = 0
        self._server = _Server(("127.0.0.1", 0), _Answering)
        self._server.system = self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def asked(self, path_end: str) -> list[Request]:
        return [request for request in self.requests if request.path.endswith(path_end)]

    def __enter__(self) -> BendableSystem:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    system: BendableSystem

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that breaks off is no news."""


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""

    def setup(self) -> None:
        self.server.system.connections += 1
        super().setup()

    def do_GET(self) -> None:
        system = self.server.system
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length", 0))
        request = Request(
            self.command,
            parts.path,
            parse_qs(parts.query, keep_blank_values=True),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length),
        )
        system.requests.append(request)
        if parts.path.endswith("/token"):
            if system.token_faults:
                return self.answer(Fault(200, body=b"{}"), system.token_faults.pop(0))
            return self.give_token(request)
        fault = system.faults.pop(0) if system.faults else None
        if fault is not None and (fault.status != 200 or fault.raw is not None):
            return self.answer(Fault(), fault)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in system.tokens:
            return self.answer(Fault(401, body=b"{}"))
        if system.before is not None:
            system.before(system, request)
        return self.answer(self.right_answer(request), fault)

    do_PUT = do_DELETE = do_POST = do_GET

    def give_token(self, request: Request) -> None:
        system = self.server.system
        form = parse_qs(request.body.decode())
        given = form.get("client_id", [""])[0], form.get("client_secret", [""])[0]
        if system.basic:
            pair = base64.b64decode(request.headers.get("authorization", "Basic ")[6:]).decode()
            name, _, secret = pair.partition(":")
            given = unquote(name), unquote(secret)
        if given != (system.client_id, system.client_secret):
            return self.answer(Fault(401, body=b'{"error":"invalid_client"}'))
        token = f"t{len(system.tokens) + 1}"
        system.tokens.add(token)
        body = {"access_token": token, "token_type": "Bearer", "expires_in": system.expires_in}
        return self.answer(Fault(200, body=json.dumps(body).encode()))

    def right_answer(self, request: Request) -> Fault:
        system = self.server.system
        segments = request.path.split("/")
        if segments[-1] in system.records and request.method == "GET":
            return self.page(segments[-1], request)
        collection, identifier = segments[-2], unquote(segments[-1])
        if request.method == "PUT":
            system.written[collection, identifier] = json.loads(request.body)
            return Fault(201, body=b"")
        if request.method == "DELETE":
            gone = system.written.pop((collection, identifier), None)
            return Fault(204 if gone else 404)
        for record in system.records.get(collection, []):
            if record["sourcedId"] == identifier:
                return Fault(200, body=json.dumps({"one": record}).encode())
        return Fault(404, body=b'{"imsx_description":"no such pupil: Jip de Vries"}')

    def page(self, collection: str, request: Request) -> Fault:
        system = self.server.system
        offset = int(request.query.get("offset", ["0"])[0])
        limit = int(request.query.get("limit", ["100"])[0])
        everything = system.records[collection]
        records = everything[offset : offset + min(limit, system.page_cap)]
        headers: list[tuple[str, str]] = []
        if system.totals:
            headers.append(("X-Total-Count", str(len(everything) + system.total_offset)))
        after = offset + len(records)
        if system.links and after < len(everything):
            host = system.url if system.link_host is None else system.link_host
            target = f"{host}{request.path}?limit={limit}&offset={after}"
            headers.append(("Link", f'<{target}>; rel="next", <{host}{request.path}>; rel="first"'))
        body = json.dumps({system.key or collection: records}).encode()
        return Fault(200, headers=tuple(headers), body=body)

    def answer(self, right: Fault, fault: Fault | None = None) -> None:
        used = fault or right
        time.sleep(used.wait)
        if used.reset:
            self.close_connection = True
            self.connection.close()
            return
        if used.raw is not None:
            self.close_connection = True
            self.connection.sendall(used.raw)
            return
        body = used.body if used.body is not None else (right.body or b"")
        if used.zipped:
            body = gzip.compress(body)
        self.send_response(used.status)
        for name, value in (*right.headers, *used.headers) if fault else right.headers:
            self.send_header(name, value)
        if used.zipped:
            self.send_header("Content-Encoding", "gzip")
        if used.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if used.cut is not None:
            self.close_connection = True
            body = body[: used.cut]
        if used.drip:
            for n in range(len(body)):
                self.wfile.write(body[n : n + 1])
                self.wfile.flush()
                time.sleep(used.drip)
        elif used.status != 204:
            self.wfile.write(body)


def users(count: int, *, start: int = 0) -> list[dict[str, Any]]:
    return [
        {
            "sourcedId": f"u{n}",
            "status": "active",
            "dateLastModified": "2026-01-01T00:00:00Z",
            "givenName": f"Naam{n}",
            "familyName": "Voorbeeld",
            "enabledUser": "true",
            "roles": [{"roleType": "primary", "role": "student", "org": reference("o1", "org")}],
        }
        for n in range(start, start + count)
    ]


def reference(identifier: str, kind: str) -> dict[str, str]:
    return {"href": f"http://sis.example/{kind}s/{identifier}", "sourcedId": identifier, "type": kind}
