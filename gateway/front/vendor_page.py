"""`GET /docs`: what a vendor's developer needs in ten minutes, without signing in. Names no board and no vendor.

Source of the list of errors: docs/decisions/0008 and 0025.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import Final

from contracts.refusals import in_general
from contracts.vocabulary import RefusalReason as Reason
from gateway.front.planes.oneroster.routes import GRADEBOOK_ROUTES, ROSTERING_ROUTES

WHOLE_PRODUCT: Final = (
    Reason.VENDOR_STOPPED,
    Reason.AGREEMENT_MISSING,
    Reason.AGREEMENT_NOT_APPROVED,
    Reason.AGREEMENT_NOT_ACTIVATED,
    Reason.AGREEMENT_NOT_STARTED,
    Reason.AGREEMENT_SUSPENDED,
    Reason.AGREEMENT_ENDED,
    Reason.AGREEMENT_ALTERED,
    Reason.CLOCK_SET_BACK,
    Reason.SERVICE_NOT_IN_AGREEMENT,
    Reason.OPERATION_NOT_IN_SERVICE,
)
"""Refusals that a vendor gets for a whole request; the rest decides about single records and shows as absence."""

REQUEST_ERRORS: Final[tuple[tuple[int, str, str], ...]] = (
    (400, "malformed_request", "The request cannot be read."),
    (400, "query_syntax", "A query parameter is unknown, twice, or not as the standard says."),
    (400, "filter_field", "The field is unknown or not agreed: filter and sort on others."),
    (400, "filter_syntax", "The filter is not one of the standard's."),
    (401, "token_missing", "Send Authorization: Bearer TOKEN."),
    (401, "token_invalid", "Get a new token; one lasts an hour."),
    (403, "scope_missing", "Ask for a token without `scope`: it gets all that is agreed."),
    (413, "body_size", "The body is larger than 1 MB."),
    (422, "unknown_reference", "The record names an id that you were never given."),
    (429, "rate_limited", "Wait as long as Retry-After says."),
    (501, "unsupported", "The gateway does not offer this route of the standard."),
    (
        503,
        "first_refresh_pending",
        "The first refresh is under way: come back after Retry-After.",
    ),
)
"""Status, code and what to do."""

_FILE: Final = Path(__file__).with_name("vendor_page.html")
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;"
    "border-bottom:1px solid #999}pre{overflow-x:auto;background:#eee;color:#111;padding:.6rem}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#eee}a{color:#8cf}}"
)


def _refusals() -> list[tuple[int, str, str]]:
    return [(403, reason.value, in_general(reason)) for reason in WHOLE_PRODUCT]


def stylesheet() -> bytes:
    """Of the page."""
    return _STYLE.encode()


def page(public_url: str, sandbox_url: str | None = None) -> bytes:
    """The page as HTML; the same for everybody."""
    base = escape(public_url)
    sandbox = (
        f'<p>No agreement yet? Build against <a href="{escape(sandbox_url)}/">made-up pupils in the sandbox</a>.</p>'
        if sandbox_url
        else ""
    )
    errors = "".join(
        f"<tr><td>{status}</td><td><code>{escape(code)}</code></td><td>{escape(text)}</td></tr>"
        for status, code, text in (*REQUEST_ERRORS, *_refusals())
    )
    template = Template(_FILE.read_text(encoding="utf-8"))
    numbers = {"reads": len(ROSTERING_ROUTES), "gradebook": len(GRADEBOOK_ROUTES)}
    return template.substitute(base=base, errors=errors, sandbox=sandbox, **numbers).encode()
