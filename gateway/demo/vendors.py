"""A vendor as the gateway meets it: a plain OneRoster 1.2 consumer that keeps every byte that it gets.

What reached a vendor is judged by these bytes, never by what the gateway says that it sent.

Example:
    vendor = SimulatedVendor(base_url, token_url, client_id, client_secret)
    users = vendor.pull("users").records
    vendor.put("results", "r-1", {...})
    assert b"Sem" not in vendor.received_bytes()
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import io
import re
import socket
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, cast

import orjson

from gateway.demo.records import singular

Record = dict[str, object]
_GRADEBOOK: Final = ("categories", "lineItems", "results", "scoreScales")
_NEXT: Final = re.compile(r'<([^>]*)>\s*;[^,]*?rel="?next"?')
_ALL_SCOPES: Final = " ".join(
    f"https://purl.imsglobal.org/spec/or/v1p2/scope/{name}"
    for name in (
        "roster.readonly",
        "roster-core.readonly",
        "roster-demographics.readonly",
        "gradebook.readonly",
        "gradebook-core.readonly",
        "gradebook.createput",
        "gradebook.delete",
    )
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer."""

    method: str
    target: str
    """Path and query as sent."""
    request_headers: tuple[tuple[str, str], ...] = field(repr=False)
    request_body: bytes = field(repr=False)
    raw: bytes = field(repr=False)
    """Status line, headers and body as received."""
    status: int
    """0 where the answer broke off; `raw` is what came before."""
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> object:
        return orjson.loads(self.body)

    def document(self) -> Record:
        """The body as a JSON object."""
        content = self.json()
        if not isinstance(content, dict):
            raise TypeError("the answer is no JSON object")
        return content

    def records(self) -> list[Record]:
        """The records of a page, or the one record of a single answer."""
        for value in self.document().values():
            if isinstance(value, list):
                return cast(list[Record], value)
            if isinstance(value, dict):
                return [cast(Record, value)]
        return []


@dataclass(frozen=True, slots=True)
class Pull:
    """A walk over one collection. `refused` is the first answer that was not 200, where there was one."""

    records: list[Record] = field(repr=False)
    pages: int
    total: int | None
    """X-Total-Count of the first page."""
    refused: Exchange | None = None

    def ids(self) -> list[str]:
        return [str(record["sourcedId"]) for record in self.records]


class SimulatedVendor:
    """One vendor's platform. Not for more than one thread.

    Args:
        base_url: of the gateway; the services are below `/ims/oneroster`. May be a school system's.
        credentials: how the client shows its secret at the token endpoint.
    """

    def __init__(
        self,
        base_url: str,
        token_url: str,
        client_id: str,
        client_secret: str,
        *,
        name: str = "",
        credentials: Literal["basic", "form"] = "basic",
        timeout_seconds: float = 30,
        keep: bool = True,
    ) -> None:
        self.name = name
        self.base_url = base_url.rstrip("/")
        self.token_url = token_url
        self.client_id = client_id
        self.client_secret = client_secret
        self.credentials = credentials
        self.received: list[Exchange] = []
        self.access_token: str | None = None
        self._timeout_seconds = timeout_seconds
        self._keep = keep
        self._connections: dict[str, _RecordingConnection] = {}

    # -- asking

    def token(self, *, scope: str = _ALL_SCOPES) -> Exchange:
        """Ask for an access token; the answer's token is used from now on (none where it was refused)."""
        form = {"grant_type": "client_credentials", "scope": scope}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self.credentials == "form":
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        else:
            pair = ":".join(
                urllib.parse.quote(part, safe="") for part in (self.client_id, self.client_secret)
            )
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        body = urllib.parse.urlencode(form).encode()
        answer = self.send("POST", self.token_url, headers=headers, body=body, with_token=False)
        self.access_token = str(answer.document()["access_token"]) if answer.status == 200 else None
        return answer

    def url(self, path: str) -> str:
        """Whole address of a path: `users/17` in its service, `/me` of the gateway."""
        if "://" in path:
            return path
        if path.startswith("/"):
            return self.base_url + path
        parts = path.split("/")
        gradebook = parts[(len(parts) - 1) // 2 * 2] in _GRADEBOOK
        service = "gradebook" if gradebook else "rostering"
        quoted = "/".join(urllib.parse.quote(part, safe="") for part in parts)
        return f"{self.base_url}/ims/oneroster/{service}/v1p2/{quoted}"

    def get(self, path: str, **query: object) -> Exchange:
        """One GET. An access token is asked for first where there is none yet."""
        url = self.url(path)
        if query:
            url += ("&" if "?" in url else "?") + urllib.parse.urlencode(query)
        return self.send("GET", url)

    def pull(self, collection: str, *, limit: int = 100, **query: object) -> Pull:
        """Fetch a collection to its end: by Link, else by X-Total-Count, else until an empty page."""
        answer = self.get(collection, limit=limit, **query)
        records: list[Record] = []
        pages, total = 0, None
        while True:
            if answer.status != 200:
                return Pull(records, pages, total, refused=answer)
            page = answer.records()
            records += page
            pages += 1
            count = answer.header("X-Total-Count")
            if pages == 1 and count is not None:
                total = int(count)
            following = _NEXT.search(answer.header("Link") or "")
            if following is not None:
                answer = self.send("GET", following[1])
            elif (
                answer.header("Link") is not None or not page or (total is not None and len(records) >= total)
            ):
                return Pull(records, pages, total)
            else:
                answer = self.get(collection, limit=limit, offset=len(records), **query)

    def delta(self, collection: str, since: str, *, limit: int = 100) -> Pull:
        """What changed after a moment, as the standard has it."""
        return self.pull(collection, limit=limit, filter=f"dateLastModified>'{since}'")

    def put(self, collection: str, identifier: str, record: Mapping[str, object]) -> Exchange:
        """PUT one record, wrapped under its name as the standard wants."""
        body = orjson.dumps({singular(collection): {"sourcedId": identifier} | dict(record)})
        headers = {"Content-Type": "application/json"}
        return self.send("PUT", self.url(f"{collection}/{identifier}"), headers=headers, body=body)

    def delete(self, collection: str, identifier: str) -> Exchange:
        return self.send("DELETE", self.url(f"{collection}/{identifier}"))

    # -- what came in

    def received_bytes(self) -> bytes:
        """Every byte of every answer, one after the other."""
        return b"\n".join(exchange.raw for exchange in self.received)

    # -- the wire

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        with_token: bool = True,
    ) -> Exchange:
        """Send any request. Redirects are not followed."""
        if with_token and self.access_token is None:
            refused = self.token()
            if refused.status != 200:
                return refused
        parts = urllib.parse.urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {"Accept": "application/json"} | dict(headers or {})
        if with_token:
            sent["Authorization"] = f"Bearer {self.access_token}"
        exchange = self._over(parts.netloc, method, target, sent, body)
        if self._keep:
            self.received.append(exchange)
        return exchange

    def close(self) -> None:
        for place in list(self._connections):
            self._drop(place)

    def _over(
        self, place: str, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Exchange:
        idle = place in self._connections
        try:
            return self._once(place, method, target, headers, body)
        except ConnectionError:
            # The server may have closed a connection that was idle. Once more, on a fresh one.
            if not idle:
                raise
            return self._once(place, method, target, headers, body)

    def _once(
        self, place: str, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Exchange:
        connection = self._connections.get(place)
        if connection is None:
            connection = self._connections[place] = _RecordingConnection(place, timeout=self._timeout_seconds)
        connection.taken.clear()

        def exchange(status: int, fields: tuple[tuple[str, str], ...], content: bytes) -> Exchange:
            raw = bytes(connection.taken)
            return Exchange(method, target, tuple(headers.items()), body, raw, status, fields, content)

        try:
            connection.request(method, target, body=body or None, headers=dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            # What came before it broke has reached the vendor all the same.
            if connection.taken and self._keep:
                self.received.append(exchange(0, (), b""))
            self._drop(place)
            raise
        return exchange(answer.status, tuple(answer.getheaders()), content)

    def _drop(self, place: str) -> None:
        connection = self._connections.pop(place, None)
        if connection is not None:
            connection.close()


class _Tee(io.RawIOBase):
    """Reads from a socket and keeps what it read."""

    def __init__(self, source: socket.SocketIO, taken: bytearray) -> None:
        self._source = source
        self._taken = taken

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int | None:
        view = memoryview(buffer)  # type: ignore[arg-type]
        count = self._source.readinto(view)
        if count:
            self._taken += view[:count]
        return count

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._source.close()
        super().close()


class _TeeSocket:
    """What http.client needs of a socket, with a tee on what comes in."""

    def __init__(self, inner: socket.socket, taken: bytearray) -> None:
        self._inner = inner
        self._taken = taken

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Tee(self._inner.makefile("rb", buffering=0), self._taken))

    def sendall(self, content: bytes) -> None:
        self._inner.sendall(content)

    def close(self) -> None:
        self._inner.close()


class _RecordingConnection(http.client.HTTPConnection):
    """An HTTP connection that keeps the bytes of its answers in `taken`."""

    def __init__(self, host: str, *, timeout: float) -> None:
        super().__init__(host, timeout=timeout)
        self.taken = bytearray()

    def connect(self) -> None:
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = _TeeSocket(self.sock, self.taken)
