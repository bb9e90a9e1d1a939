"""How gunicorn serves the door: every value that matters is here, with its reason.

Source: gunicorn's settings documentation; request smuggling and header confusion as in OWASP ASVS 4.2.
"""

from __future__ import annotations

from typing import Final

GRACEFUL_SECONDS: Final = 10


def options(*, bind: str, workers: int) -> dict[str, object]:
    """Settings for `gunicorn.config.Config.set`."""
    return {
        "bind": bind,
        "workers": workers,
        "worker_class": "gthread",
        "threads": 8,
        # A thread that waits for a first refresh (20 s) must not look dead.
        "timeout": 90,
        "graceful_timeout": GRACEFUL_SECONDS,
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
        "capture_output": False,
        "preload_app": False,
        "max_requests": 0,
        "umask": 0o077,
    }
