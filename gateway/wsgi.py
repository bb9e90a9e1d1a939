"""How gunicorn serves the vendors' door and the staff pages: every value that matters is here, with its reason.

The worker process is gunicorn's with the manners of the door. Ordered rules:
1. A connection takes a thread only when its first byte is there: one that says nothing costs a file descriptor.
2. A request has a time in which all of it must arrive, and its answer one in which it must be fetched. Else a platform
   that broke down in the middle of one would hold a thread for ever; so would anybody who sends a byte a minute. A
   proxy in front that passes on whole requests only (deploy/Caddyfile) keeps the slow away altogether.
3. What gunicorn refuses by itself, before the application, is answered with our own headers and a constant text:
   gunicorn's repeats what it was sent.

Source: gunicorn's settings documentation; request smuggling and header confusion as in OWASP ASVS 4.2.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import sys
import time
from functools import partial
from typing import Any, Final

from gunicorn import util
from gunicorn.glogging import Logger
from gunicorn.http import errors
from gunicorn.workers.gthread import TConn, ThreadWorker

GRACEFUL_SECONDS: Final = 10
REQUEST_SECONDS: Final = 15.0
"""From the first byte of a request that a thread takes up to its last."""
ANSWER_SECONDS: Final = 120.0
"""For fetching one answer."""

_ANSWERS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (errors.LimitRequestLine, "414 URI Too Long"),
    (errors.LimitRequestHeaders, "431 Request Header Fields Too Large"),
    (errors.ExpectationFailed, "417 Expectation Failed"),
    (errors.UnsupportedTransferCoding, "501 Not Implemented"),
    (errors.ParseException, "400 Bad Request"),
    (Exception, "500 Internal Server Error"),
)
_CALLERS_FAULT: Final = b'{"code":"malformed_request","message":"The request cannot be read."}'
_OURS: Final = (
    b'{"code":"gateway_error","message":"The gateway could not answer; its operator has been told."}'
)


class DoorLogger(Logger):  # type: ignore[misc]
    """gunicorn's own log without what callers sent.

    gunicorn quotes a malformed request, and the address with its query of one that failed: pseudonyms,
    tokens, filter values.
    """

    def warning(self, msg: object, *args: Any, **kwargs: Any) -> None:
        if str(msg).startswith("Invalid request"):
            super().warning("a malformed request was refused")
        else:
            super().warning(msg, *args, **kwargs)

    def exception(self, msg: object, *args: Any, **kwargs: Any) -> None:
        kind = sys.exc_info()[0]
        super().error("a request or worker failed: %s", "unknown" if kind is None else kind.__name__)


class _Arriving:
    """A socket of which one request must be read in time. What is not reading is the socket's own."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self.until = 0.0

    def recv(self, size: int) -> bytes:
        """Raises `TimeoutError` when the time is up, however many bytes came."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        try:
            return self._socket.recv(size)
        finally:
            self._socket.settimeout(ANSWER_SECONDS)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


class _Connection(TConn):  # type: ignore[misc]
    """One connection; `init` is called by the thread that takes up a request of it."""

    def init(self) -> None:
        """Begin to read a request."""
        super().init()
        self.sock.settimeout(ANSWER_SECONDS)
        unreader = self.parser.unreader
        if not isinstance(unreader.sock, _Arriving):
            unreader.sock = _Arriving(unreader.sock)
        unreader.sock.until = time.monotonic() + REQUEST_SECONDS


class DoorWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker."""

    def accept(self, listener: socket.socket) -> None:
        """Take a connection and wait for its first byte in the loop, not in a thread."""
        try:
            opened, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        connection = _Connection(self.cfg, opened, address, listener.getsockname())
        connection.timeout = time.monotonic() + self.cfg.keepalive
        self.nr_conns += 1
        self.pending_conns.append(connection)
        readable = partial(self.on_pending_socket_readable, connection)
        self.poller.register(opened, selectors.EVENT_READ, readable)

    def handle_error(self, request: Any, opened: socket.socket, address: Any, error: Exception) -> None:
        """Answer what the application never saw."""
        status = next(status for kind, status in _ANSWERS if isinstance(error, kind))
        ours = status.startswith("500")
        body = _OURS if ours else _CALLERS_FAULT
        if ours:
            self.log.exception("Error handling request")
        else:
            self.log.warning("Invalid request")
        head = (
            f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n"
        )
        with contextlib.suppress(OSError):
            util.write_nonblock(opened, head.encode() + body)


def options(*, bind: str, workers: int, graceful_seconds: int = GRACEFUL_SECONDS) -> dict[str, object]:
    """Settings for `gunicorn.config.Config.set`."""
    return {
        "bind": bind,
        "workers": workers,
        "worker_class": DoorWorker,
        "threads": 8,
        # A thread that waits for a first refresh (20 s) must not look dead.
        "timeout": 90,
        "graceful_timeout": graceful_seconds,
        "keepalive": 5,
        # Attack: `X_Forwarded_For` and `X-Forwarded-For` become one variable; a name with an underscore is
        # refused.
        "header_map": "refuse",
        # No header of a request changes what we take for scheme, address or script name.
        "forwarder_headers": "",
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
        "proxy_protocol": "off",
        # Attack: request smuggling by what two servers read differently.
        "permit_obsolete_folding": False,
        "strip_header_spaces": False,
        "permit_unconventional_http_method": False,
        "permit_unconventional_http_version": False,
        "casefold_http_method": False,
        "limit_request_line": 4_094,
        "limit_request_fields": 50,
        "limit_request_field_size": 4_096,
        # Query strings hold pseudonyms and filter values: nothing is logged per request, the register has it.
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        "logger_class": DoorLogger,
        "capture_output": False,
        "preload_app": False,
        "max_requests": 0,
        "umask": 0o077,
        # No second way in: by default gunicorn opens a socket in the user's home through which it can be
        # steered.
        "control_socket_disable": True,
    }
