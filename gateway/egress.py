"""The only module that talks to the network as a client, and only to one host per client.

A request goes to the configured scheme, host and port, whatever anybody puts in a link, a redirect, an
environment variable or a cookie: an address is built from the configured origin and a path, never taken over.
Redirects are an error. Headers are built new for every request. What comes back is bounded in size (after
decompression too) and in time, from the first byte sent to the last received.

Does not guarantee: that the name of the host leads to the right machine. TLS does, and it is always verified.

Source: RFC 9110, RFC 9112; attack T10 of the threat table (server-side request forgery).
"""

from __future__ import annotations

import ipaddress
import logging
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import requests  # noqa: TID251 (this is the module that may)
from requests.adapters import HTTPAdapter  # noqa: TID251
from requests.exceptions import RequestException, SSLError, Timeout  # noqa: TID251
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from gateway.errors import SettingsError, SourceError

# Debug lines of the library below hold addresses, and addresses hold identifiers of pupils.
logging.getLogger("urllib3").setLevel(logging.CRITICAL + 1)

REQUEST_HEADERS: Final = frozenset({"accept", "authorization", "content-type"})
"""What a caller may send. `User-Agent` and `Accept-Encoding` are ours and constant."""
ANSWER_HEADERS: Final = ("link", "x-total-count", "content-type")
"""What a caller gets to see."""

_LABEL: Final = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?"
# The last label has a letter first: so 2130706433, 0x7f.1 and 127.1 are no names.
_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z)({_LABEL}\.)*[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?\Z")
_PATH: Final = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*\Z")
_QUERY: Final = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*\Z")
_READ_BYTES: Final = 65_536
_RETRIED: Final = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much; every default is here."""

    connect_seconds: float = 10
    read_seconds: float = 60
    """Longest silence."""
    total_seconds: float = 300
    """One attempt, from its first byte to its last."""
    response_bytes: int = 32 * 1024 * 1024
    """Largest body, decompressed."""
    attempts: int = 5
    """For requests that may be repeated."""
    first_wait_seconds: float = 1
    longest_wait_seconds: float = 60
    """Also of what the other side asks with Retry-After."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, the few headers that matter, and the body. `repr` shows the status only."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case, of `ANSWER_HEADERS`."""
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """Scheme, host and port, and the path under which everything lies."""

    scheme: str
    host: str
    """Lower case; an IPv6 address in brackets."""
    port: int
    path: str
    """Empty, or beginning with `/` and not ending with it."""

    @property
    def origin(self) -> str:
        """`https://sis.example:8443`; the port only where it is not the scheme's own."""
        standard = {"http": 80, "https": 443}[self.scheme]
        return f"{self.scheme}://{self.host}" + ("" if self.port == standard else f":{self.port}")


def parse_place(url: str, *, allow_plain_http: bool = False) -> Place:
    """Read an address that somebody at the school typed.

    Raises:
        SettingsError: code `address_refused`: not http(s), user or password in it, a query, an IP address
            in a form that readers understand differently; `address_not_encrypted`: plain http to another
            machine (unless allowed).
    """
    refused = SettingsError(
        "The address of the school's system is not acceptable.",
        code="address_refused",
        remedy="Give https://host[:port][/path], without user name, query or fragment; "
        "an IP address in its plain form.",
    )
    if not url.isascii() or any(character <= " " or character in '\\"<>^`{|}\x7f' for character in url):
        raise refused
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise refused from None
    # Attack: readers differ on where the host ends when there is more than one of these.
    if (
        parts.scheme not in ("http", "https")
        or "@" in parts.netloc
        or "%" in parts.netloc
        or not url.isprintable()
    ):
        raise refused
    if "?" in url or "#" in url:
        raise refused
    host = _host(parts.hostname)
    path = parts.path.rstrip("/")
    if host is None or not _plain_port(parts.netloc, port) or (path and not is_plain_path(path)):
        raise refused
    if parts.scheme == "http" and not allow_plain_http and not _is_loopback(host):
        raise SettingsError(
            "The address of the school's system is not encrypted.",
            code="address_not_encrypted",
            remedy="Use an https address; plain http is for this machine only.",
        )
    return Place(parts.scheme, host, port or {"http": 80, "https": 443}[parts.scheme], path)


def _plain_port(netloc: str, port: int | None) -> bool:
    """No port at all, or one from 1 up in plain decimal."""
    _, colon, written = netloc.rpartition("]")[2].rpartition(":")
    return not colon if port is None else port > 0 and written == str(port)


def _host(name: str | None) -> str | None:
    if not name:
        return None
    if ":" in name:
        try:
            return f"[{ipaddress.IPv6Address(name)}]" if str(ipaddress.IPv6Address(name)) == name else None
        except ValueError:
            return None
    if name[-1].isdigit():
        try:
            return name if str(ipaddress.IPv4Address(name)) == name else None
        except ValueError:
            return None
    return name if _NAME.match(name) else None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_plain_path(path: str) -> bool:
    """Whether every reader takes the path for the same one: no dot segments, no encoded separators."""
    if not _PATH.match(path) or re.search(r"%(?![0-9A-Fa-f]{2})", path):
        return False
    plain = re.sub(r"%2[eE]", ".", path)
    return not any(segment in (".", "..") for segment in plain.split("/"))


def is_plain_query(query: str) -> bool:
    """Whether the text can stand behind the question mark as it is."""
    return len(query) <= 4_000 and _QUERY.match(query) is not None


class HostClient:
    """Requests to one place. Not for several threads at once.

    `path` in requests is below the place's own path and begins with `/`.
    """

    def __init__(
        self,
        base_url: str,
        *,
        limits: Limits | None = None,
        allow_plain_http: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        verify: bool | str = True,
    ) -> None:
        """Open no connection yet.

        Args:
            verify: True, or the path of a file of certificate authorities of the school's own; never False.
        """
        if verify is False:
            raise ValueError("certificates are always verified")
        self.place: Final = parse_place(base_url, allow_plain_http=allow_plain_http)
        self.limits: Final = limits or Limits()
        self._sleep = sleep
        self._verify = verify
        self._sockets: set[socket.socket] = set()
        self._session = requests.Session()
        # Attack: HTTPS_PROXY, .netrc and REQUESTS_CA_BUNDLE would send credentials elsewhere.
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.clear()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, _Adapter(self._sockets))

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()

    def __enter__(self) -> HostClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | str | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        repeat: bool | None = None,
    ) -> Answer:
        """Ask, and ask again where that is safe and helps.

        Args:
            query: names and values, or text that is encoded already.
            repeat: whether asking twice does no harm; by default for GET only.

        Raises:
            SourceError: `source_unreachable`, `source_timeout`, `source_tls`, `source_redirects`,
                `source_too_large`, or after all attempts `source_busy` (429) and `source_failing` (5xx).
        """
        url = self._url(path, query)
        may_repeat = method == "GET" if repeat is None else repeat
        attempts = self.limits.attempts if may_repeat else 1
        for attempt in range(1, attempts + 1):
            asked_wait: float | None = None
            try:
                answer, asked_wait = self._once(method, url, headers or {}, body)
                if answer.status not in _RETRIED:
                    return answer
                failure = _status_error(answer.status)
            except SourceError as error:
                if not error.retry:
                    raise
                failure = error
            if attempt < attempts:
                self._sleep(self._wait(attempt, asked_wait))
        raise failure

    def _url(self, path: str, query: Mapping[str, str] | str | None) -> str:
        # The empty path is the place itself, as a token address is.
        if path and not is_plain_path(path):
            raise SourceError(
                "An identifier cannot stand in an address.", code="source_path_refused", retry=False
            )
        text = query if isinstance(query, str) else urlencode(query or {})
        if not is_plain_query(text):
            raise SourceError("A query cannot stand in an address.", code="source_path_refused", retry=False)
        return self.place.origin + self.place.path + path + (f"?{text}" if text else "")

    def _wait(self, attempt: int, asked: float | None) -> float:
        # Full jitter: many gateways that were refused together must not come back together.
        ceiling = min(self.limits.first_wait_seconds * 2 ** (attempt - 1), self.limits.longest_wait_seconds)
        jittered = ceiling * (0.5 + secrets.randbelow(1_000) / 2_000)
        wait: float = min(max(asked or 0.0, jittered), self.limits.longest_wait_seconds)
        return wait

    def _once(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[Answer, float | None]:
        for name, value in headers.items():
            if name.lower() not in REQUEST_HEADERS or not value.isascii() or not value.isprintable():
                raise ValueError("a header that may not be sent")
        sent = {**headers, "User-Agent": "schuilnaam", "Accept-Encoding": "gzip"}
        deadline = _Deadline(self._sockets, self.limits.total_seconds)
        try:
            with (
                deadline,
                self._session.request(
                    method,
                    url,
                    headers=sent,
                    data=body,
                    stream=True,
                    allow_redirects=False,
                    timeout=(self.limits.connect_seconds, self.limits.read_seconds),
                    verify=self._verify,
                    proxies={},
                ) as response,
            ):
                if 300 <= response.status_code < 400:
                    raise SourceError(
                        "The school's system sends us to another address.",
                        code="source_redirects",
                        retry=False,
                        remedy="Check the address of the source: it must be the final one.",
                    )
                content = self._body(response)
                # A socket that was shut while headers came looks like their end.
                if deadline.passed or (method == "GET" and not content and _has_no_end(response)):
                    raise _unreachable()
                return _answer(response, content), _retry_after(response.headers.get("Retry-After"))
        except SourceError as error:
            raise _timeout() if deadline.passed and error.retry else error from None
        except SSLError:
            raise SourceError(
                "The certificate of the school's system is not accepted.",
                code="source_tls",
                retry=False,
                remedy="Check the address, or the certificate with the system's supplier.",
            ) from None
        # ValueError, OSError and AttributeError: what a library makes of a socket that the deadline shut.
        except (RequestException, HTTPError, OSError, ValueError, AttributeError) as error:
            timed_out = deadline.passed or isinstance(error, Timeout)
            raise _timeout() if timed_out else _unreachable() from None

    def _body(self, response: requests.Response) -> bytes:
        raw = response.raw
        declared = response.headers.get("Content-Length")
        chunks: list[bytes] = []
        size = 0
        while True:
            # read1 gives what has arrived; read would wait for a full block from one who drips.
            chunk = raw.read1(_READ_BYTES, decode_content=True)
            if not chunk:
                break
            size += len(chunk)
            if size > self.limits.response_bytes:
                raise SourceError(
                    "The school's system answers with more than is taken in at once.",
                    code="source_too_large",
                    retry=False,
                    remedy="Lower the page size of the source.",
                )
            chunks.append(chunk)
        # Attack and accident: a body cut off in the middle can still be valid JSON.
        if declared is not None and declared.isdecimal() and int(declared) != raw.tell():
            raise _unreachable()
        return b"".join(chunks)


def _has_no_end(response: requests.Response) -> bool:
    """Neither a length nor chunks say where the body ends: with nothing in it, it was broken off."""
    return not {"content-length", "transfer-encoding"} & {name.lower() for name in response.headers}


def _answer(response: requests.Response, content: bytes) -> Answer:
    seen = {name: response.headers[name] for name in ANSWER_HEADERS if name in response.headers}
    return Answer(response.status_code, seen, content)


def _retry_after(value: str | None) -> float | None:
    """RFC 9110, section 10.2.3: seconds, or a date."""
    if value is None or len(value) > 40:
        return None
    if value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, moment.timestamp() - time.time())


def _status_error(status: int) -> SourceError:
    if status == 429:
        return SourceError(
            "The school's system is busy.", code="source_busy", retry=True, remedy="Try again later."
        )
    return SourceError(
        f"The school's system fails (HTTP {status}).",
        code="source_failing",
        retry=True,
        remedy="Try again later, or ask its supplier.",
    )


def _timeout() -> SourceError:
    return SourceError(
        "The school's system does not answer in time.",
        code="source_timeout",
        retry=True,
        remedy="Try again later.",
    )


def _unreachable() -> SourceError:
    return SourceError(
        "The school's system cannot be reached, or breaks off.",
        code="source_unreachable",
        retry=True,
        remedy="Check the address and the network, and try again.",
    )


class _Deadline:
    """Shuts the sockets of a client when time is up: a timeout per read does not stop one who drips bytes."""

    def __init__(self, sockets: set[socket.socket], seconds: float) -> None:
        self.passed = False
        self._sockets = sockets
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True

    def _shut(self) -> None:
        self.passed = True
        for opened in list(self._sockets):
            try:
                # Not the method of a TLS socket: that one takes the connection apart under the reader.
                socket.socket.shutdown(opened, socket.SHUT_RDWR)
            except OSError:
                continue

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


class _Adapter(HTTPAdapter):
    """Keeps account of open sockets, so that a deadline can shut them."""

    def __init__(self, sockets: set[socket.socket]) -> None:
        self._sockets = sockets
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Have the pool make connections that tell which socket they have."""
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = _pools(self._sockets)


def _pools(sockets: set[socket.socket]) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            sockets.add(self.sock)

        def close(self) -> None:
            sockets.discard(self.sock)
            super().close()

    class Encrypted(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            sockets.add(self.sock)

        def close(self) -> None:
            sockets.discard(self.sock)
            super().close()

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    return {"http": PlainPool, "https": EncryptedPool}
