"""A network that misbehaves: a TCP proxy before one server of this machine, with one toxic at a time in one direction.

The seven are those of the well-known tool of that name (latency, bandwidth, slicer, limit_data, reset_peer, timeout,
slow_close); own code, because that one is another program to install.

Example:
    with ToxicProxy(school_port) as proxy:
        proxy.poison(Toxic.LIMIT_DATA, "down", 900)       the first 900 bytes of every connection's answers, then closed
        ...
        proxy.heal()
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Literal, Self

Direction = Literal["up", "down"]
"""`up`: toward the server; `down`: what it answers."""


class Toxic(StrEnum):
    """What happens to the bytes, and what the amount means."""

    LATENCY = "latency"
    """Each piece waits so many seconds."""
    BANDWIDTH = "bandwidth"
    """So many bytes a second."""
    SLICER = "slicer"
    """In pieces of so many bytes."""
    LIMIT_DATA = "limit_data"
    """So many bytes of a connection, then it is closed."""
    RESET_PEER = "reset_peer"
    """So many bytes of a connection, then it is reset at both ends."""
    TIMEOUT = "timeout"
    """So many bytes of a connection, then silence."""
    SLOW_CLOSE = "slow_close"
    """The end of a connection is told so many seconds late."""


@dataclass(frozen=True, slots=True)
class _Poison:
    toxic: Toxic
    direction: Direction
    amount: float


class ToxicProxy:
    """Listens on 127.0.0.1; every connection to it is one to the server."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._poison: _Poison | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    def poison(self, toxic: Toxic, direction: Direction, amount: float) -> None:
        """From now on, for connections that are open as well."""
        self._poison = _Poison(toxic, direction, amount)

    def heal(self) -> None:
        """Behave; connections that were open are closed, because what they lost will not come."""
        self._poison = None
        self._cut()

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._cut()
        for thread in (self._accepting, *self._threads):
            thread.join(timeout=5)

    def _cut(self) -> None:
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._server_port))
            except OSError:
                if self._stopping.is_set():
                    return
                continue
            thread = threading.Thread(target=self._converse, args=(near, far), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _converse(self, near: socket.socket, far: socket.socket) -> None:
        # One thread for both directions: a socket in which another thread waits cannot be reset.
        with self._lock:
            self._open.update((near, far))
        other: dict[socket.socket, tuple[socket.socket, Direction]] = {near: (far, "up"), far: (near, "down")}
        passed: dict[Direction, int] = {"up": 0, "down": 0}
        with contextlib.suppress(OSError), selectors.DefaultSelector() as selector:
            for connection in other:
                selector.register(connection, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select():
                    source = key.fileobj
                    assert isinstance(source, socket.socket)
                    target, direction = other[source]
                    piece = source.recv(65_536)
                    poison = self._poison
                    if poison is not None and poison.direction != direction:
                        poison = None
                    if not piece:
                        if poison is not None and poison.toxic is Toxic.SLOW_CLOSE:
                            self._stopping.wait(poison.amount)
                        selector.unregister(source)
                        target.shutdown(socket.SHUT_WR)
                    elif poison is None:
                        target.sendall(piece)
                    else:
                        self._pass_poisoned(poison, piece, passed[direction], source, target)
                    passed[direction] += len(piece)
        for connection in other:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _pass_poisoned(
        self, poison: _Poison, piece: bytes, passed: int, source: socket.socket, target: socket.socket
    ) -> None:
        """Raises `OSError` when the connection has ended by it."""
        amount = poison.amount
        if poison.toxic is Toxic.LATENCY:
            self._stopping.wait(amount)
            target.sendall(piece)
        elif poison.toxic is Toxic.BANDWIDTH:
            for start in range(0, len(piece), 512):
                part = piece[start : start + 512]
                target.sendall(part)
                self._stopping.wait(len(part) / amount)
        elif poison.toxic is Toxic.SLICER:
            for start in range(0, len(piece), int(amount)):
                target.sendall(piece[start : start + int(amount)])
        elif poison.toxic in (Toxic.LIMIT_DATA, Toxic.RESET_PEER, Toxic.TIMEOUT):
            rest = int(amount) - passed
            target.sendall(piece[: max(0, rest)])
            if len(piece) <= rest or poison.toxic is Toxic.TIMEOUT:
                return
            if poison.toxic is Toxic.RESET_PEER:
                for connection in (source, target):
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise ConnectionResetError
        else:
            target.sendall(piece)
