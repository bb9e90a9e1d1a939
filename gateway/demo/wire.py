"""A small HTTP/1.1 server that keeps every byte that it was asked and can misbehave on purpose.

Own code rather than a framework, because the bytes of a request are evidence here, and because a server
that must cut a body short or reset a connection has to hold the socket. Only for the simulated school
system on the loopback.

Source: RFC 9112.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from io import BufferedReader
from typing import Final

_MAX_HEAD: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in."""

    number: int
    """Counts from 1."""
    method: str
    path: str
    """Percent-decoded, without the query."""
    query: tuple[tuple[str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    raw: bytes = field(repr=False)
    """Request line, headers and body as received."""

    def header(self, name: str) -> str:
        """The first header of that name, empty where there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def parameter(self, name: str) -> str | None:
        return next((value for key, value in self.query if key == name), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. The last four are ways to misbehave."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"
    delay_seconds: float = 0.0
    keep_bytes: int | None = None
    """Promise the whole body, send so many bytes of it and close."""
    reset: bool = False
    """No answer: reset the connection."""
    close: bool = False

    def altered(self, **changes: object) -> Answer:
        return replace(self, **changes)  # type: ignore[arg-type]


class WireServer:
    """Serves on 127.0.0.1, a thread for each connection."""

    def __init__(self, respond: Callable[[Asked], Answer], *, port: int = 0) -> None:
        self._respond = respond
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._count = 0
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, name="simulated-school", daemon=True)

    def start(self) -> None:
        self._accepting.start()

    def stop(self) -> None:
        """Close everything and wait for the threads, so that a test leaves nothing behind."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            threads = list(self._threads)
        if self._accepting.is_alive():
            self._accepting.join(timeout=5)
        for thread in threads:
            thread.join(timeout=5)

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than the server runs."""
        self._stopping.wait(seconds)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._converse, args=(connection,), daemon=True)
            with self._lock:
                self._open.add(connection)
                self._threads = [other for other in self._threads if other.is_alive()]
                self._threads.append(thread)
                # Started under the lock, so that stop() never joins a thread that has not begun.
                thread.start()

    def _converse(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as incoming:
                while not self._stopping.is_set():
                    try:
                        asked = self._read(incoming)
                    except ValueError:
                        return
                    if asked is None or not self._answer(connection, asked):
                        return
        except OSError:
            return
        finally:
            with self._lock:
                self._open.discard(connection)

    def _read(self, incoming: BufferedReader) -> Asked | None:
        head = bytearray()
        while not head.endswith(b"\r\n\r\n"):
            line = incoming.readline(_MAX_HEAD)
            if not line or len(head) > _MAX_HEAD:
                return None
            head += line
        lines = head.decode("latin-1").split("\r\n")
        method, _, rest = lines[0].partition(" ")
        target = rest.rpartition(" ")[0]
        pairs = (line.partition(":") for line in lines[1:] if line)
        headers = tuple((name, value.strip()) for name, _, value in pairs)
        known = {name.lower(): value for name, value in headers}
        if "chunked" in known.get("transfer-encoding", "").lower():
            body, wire = _chunks(incoming)
        else:
            body = wire = incoming.read(int(known.get("content-length") or 0))
        path, _, query = target.partition("?")
        with self._lock:
            self._count += 1
            number = self._count
        return Asked(
            number=number,
            method=method,
            path=urllib.parse.unquote(path),
            query=tuple(urllib.parse.parse_qsl(query, keep_blank_values=True)),
            headers=headers,
            body=body,
            raw=bytes(head) + wire,
        )

    def _answer(self, connection: socket.socket, asked: Asked) -> bool:
        """Send the answer; True when the connection stays open."""
        answer = self._respond(asked)
        if answer.delay_seconds:
            self.pause(answer.delay_seconds)
        if answer.reset:
            # Attack: a connection that dies without a word. Linger 0 makes it a reset instead of an end.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        wants_close = asked.header("Connection").lower() == "close"
        close = answer.close or answer.keep_bytes is not None or wants_close
        try:
            reason = HTTPStatus(answer.status).phrase
        except ValueError:
            reason = "Odd"
        lines = [f"HTTP/1.1 {answer.status} {reason}"]
        if answer.status != HTTPStatus.NO_CONTENT:
            lines += [f"Content-Type: {answer.content_type}", f"Content-Length: {len(answer.body)}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        if close:
            lines.append("Connection: close")
        head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
        body = b"" if asked.method == "HEAD" or answer.status == HTTPStatus.NO_CONTENT else answer.body
        if answer.keep_bytes is not None:
            body = body[: answer.keep_bytes]
        connection.sendall(head + body)
        return not close


def _chunks(incoming: BufferedReader) -> tuple[bytes, bytes]:
    """A body in chunks, and the same as it was on the wire."""
    body = bytearray()
    wire = bytearray()
    while True:
        line = incoming.readline(1024)
        wire += line
        size = int(line.split(b";")[0] or b"0", 16)
        if size == 0:
            break
        chunk = incoming.read(size)
        wire += chunk + incoming.read(2)
        body += chunk
    while (line := incoming.readline(1024)) not in (b"\r\n", b""):
        wire += line
    return bytes(body), bytes(wire + line)
