"""How gunicorn serves the vendors' door and the staff pages: every value that matters is here, with its reason.

Source: gunicorn's settings documentation; request smuggling and header confusion as in OWASP ASVS 4.2.
"""

from __future__ import annotations

import sys
from typing import Any, Final

from gunicorn.glogging import Logger

GRACEFUL_SECONDS: Final = 10


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


def options(*, bind: str, workers: int, graceful_seconds: int = GRACEFUL_SECONDS) -> dict[str, object]:
    """Settings for `gunicorn.config.Config.set`."""
    return {
        "bind": bind,
        "workers": workers,
        "worker_class": "gthread",
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
