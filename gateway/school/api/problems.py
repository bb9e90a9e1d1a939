"""Errors of the admin API as RFC 9457 problems. No value of a record, no text of another system."""

from __future__ import annotations

import json
import sys
from http import HTTPStatus
from typing import Final

from flask import Response, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from contracts.errors import ContractError, NotFound
from contracts.faults import DocumentRefused
from gateway.errors import DisclosureRefused, GatewayError, GatewayUnready, SourceError, UsageError
from gateway.school.consents.importing import ImportRefused
from keys.errors import KeysError

PREFIX: Final = "/api/"
CONTENT_TYPE: Final = "application/problem+json"
_CODES: Final = {
    400: "malformed_request",
    401: "token_refused",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    412: "changed_meanwhile",
    413: "too_large",
    415: "media_type",
    422: "members_refused",
    428: "if_match_missing",
}


def status_of(error: Exception) -> int:
    """The HTTP status of one of our errors, for pages and API alike."""
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, UsageError | DocumentRefused):
        return 422
    if isinstance(error, SourceError):
        return 502
    if isinstance(error, GatewayUnready):
        return 503
    if isinstance(error, DisclosureRefused | ContractError):
        return 409
    return 500


def problem(status: int, code: str, detail: str, *, faults: object = None) -> Response:
    """One problem."""
    body: dict[str, object] = {
        "type": f"urn:schuilnaam:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if faults is not None:
        body["faults"] = faults
    answer = Response(json.dumps(body, ensure_ascii=False), status=status, content_type=CONTENT_TYPE)
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="schuilnaam"'
    return answer


def of_error(error: Exception) -> Response:
    """The problem for any error of a view."""
    if isinstance(error, HTTPException):
        status = error.code or 500
        # flask-smorest: which members were refused and why; names of members and rules, no values.
        messages = getattr(error, "data", {}).get("messages") if hasattr(error, "data") else None
        return problem(status, _CODES.get(status, "malformed_request"), _detail(status), faults=messages)
    if isinstance(error, DocumentRefused):
        faults = [
            {"path": each.path, "code": each.code, "message": each.message, "remedy": each.remedy}
            for each in error.faults
        ]
        return problem(422, error.code, str(error), faults=faults)
    if isinstance(error, ImportRefused):
        rows = [
            {"row": each.row, "code": each.code, "message": each.message, "remedy": each.remedy}
            for each in error.faults
        ]
        return problem(status_of(error), error.code, str(error), faults=rows)
    if isinstance(error, GatewayError | ContractError | KeysError):
        return problem(status_of(error), error.code, f"{error} {getattr(error, 'remedy', '')}".strip())
    if isinstance(error, DBAPIError):
        return problem(503, "database_unavailable", "A database does not answer. Try again in a minute.")
    place = f"{request.method} {request.endpoint}"
    print(f"schuilnaam: A request failed: {type(error).__name__} at {place}. [unexpected]", file=sys.stderr)
    return problem(500, "unexpected", "The gateway could not do this. Its operator has been told.")


def _detail(status: int) -> str:
    return {
        401: "Send a token of the admin API: Authorization: Bearer sn_...",
        403: "The token's role does not allow this.",
        404: "There is no such thing.",
        412: "It was changed meanwhile: fetch it again and repeat.",
        422: "Members are missing, unknown or not as they must be; `faults` lists all.",
        428: "Send If-Match with the ETag of what you read.",
    }.get(status, "The request cannot be read.")
