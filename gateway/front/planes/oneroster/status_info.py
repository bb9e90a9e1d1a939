"""Errors as OneRoster 1.2 words them: `imsx_StatusInfo`, for every family of `gateway.errors`.

`imsx_description` holds our stable code, a fixed sentence, and for the school's refusals the number of the
agreement and whom to ask. It never holds what the caller sent nor anything of a record.

Source: OneRoster 1.2 REST binding, appendix on error codes; docs/decisions/0008.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.errors import (
    CallerError,
    DeliveryError,
    DisclosureRefused,
    GatewayUnready,
    LeakSuspected,
    SettingsError,
    SourceError,
)
from gateway.front.rate_limit import RateLimited

RETRY_AFTER_SECONDS: Final = 30

_FILTER_CODES: Final = frozenset({"filter_field", "filter_syntax", "filter_length", "filter_time"})
_MINOR_BY_STATUS: Final[Mapping[int, str]] = {
    400: "invalid_selection_field",
    401: "unauthorisedrequest",
    403: "forbidden",
    404: "unknownobject",
    413: "invaliddata",
    415: "invaliddata",
    422: "invaliddata",
    429: "server_busy",
    500: "internal_server_error",
    503: "server_busy",
}
_UNSUPPORTED: Final = frozenset({405, 501})


@dataclass(frozen=True, slots=True)
class StatusInfo:
    """An error answer."""

    status: int
    body: dict[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)


def status_of(error: Exception) -> int:
    """The HTTP status of an error, family by family."""
    match error:
        case CallerError():
            return error.status
        case DisclosureRefused():
            return 403
        case GatewayUnready() | SourceError(retry=True):
            return 503
        case SourceError() | DeliveryError() | LeakSuspected() | SettingsError() | _:
            return 500


def status_info(error: Exception) -> StatusInfo:
    """Word an error as the standard does.

    Guarantees: only errors that the vendor or the school must act on are shown in their own words; of one
    that the operator must act on only its code; of all others, and of what nobody foresaw, one fixed
    sentence.
    """
    status = status_of(error)
    if isinstance(error, CallerError | DisclosureRefused):
        description = f"{error.code}: {error.sentence()}"
    elif isinstance(error, GatewayUnready):
        # Its sentence is for the operator and speaks of files and commands; the vendor needs the code.
        description = f"{error.code}: The gateway cannot answer now. Ask again after the time in Retry-After."
    else:
        description = "gateway_error: The gateway could not answer; its operator has been told."
    headers: dict[str, str] = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="schuilnaam"'
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after_seconds)
    elif status == 503:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return StatusInfo(
        status, _body(status, code=getattr(error, "code", ""), description=description), headers
    )


def _body(status: int, *, code: str, description: str) -> dict[str, object]:
    body: dict[str, object] = {
        "imsx_codeMajor": "unsupported" if status in _UNSUPPORTED else "failure",
        "imsx_severity": "error",
        "imsx_description": description,
    }
    minor = "invalid_filter_field" if code in _FILTER_CODES else _MINOR_BY_STATUS.get(status)
    if minor is not None:
        body["imsx_CodeMinor"] = {
            "imsx_codeMinorField": [
                {"imsx_codeMinorFieldName": "TargetEndSystem", "imsx_codeMinorFieldValue": minor}
            ]
        }
    return body
