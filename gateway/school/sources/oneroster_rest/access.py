"""Access to a OneRoster system: the client-credentials token, kept and renewed.

Source: RFC 6749 sections 2.3.1 and 4.4; OneRoster 1.2 security framework.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote_plus, urlencode

from gateway import strict_json
from gateway.egress import Answer, HostClient
from gateway.errors import SourceError

MAX_TOKEN_BYTES: Final = 64_000
RENEW_SECONDS_BEFORE: Final = 30
_TOKEN: Final = re.compile(r"[\x21-\x7e]{1,16000}\Z")

_PREFIX: Final = "https://purl.imsglobal.org/spec/or/v1p2/scope/"
SCOPES: Final = {
    "1.2": tuple(
        _PREFIX + name
        for name in (
            "roster.readonly",
            "roster-demographics.readonly",
            "gradebook.readonly",
            "gradebook.createput",
            "gradebook.delete",
        )
    ),
    "1.1": (
        "https://purl.imsglobal.org/spec/or/v1p1/scope/roster.readonly",
        "https://purl.imsglobal.org/spec/or/v1p1/scope/roster-demographics.readonly",
        "https://purl.imsglobal.org/spec/or/v1p1/scope/resource.readonly",
    ),
}
"""What is asked for, by data version; a system gives what it likes of it."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are to the school's system. `repr` shows no secret."""

    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...] = ()


class TokenKeeper:
    """Asks for a token when there is none that lasts, and again when the system no longer takes it."""

    def __init__(
        self,
        client: HostClient,
        credentials: Credentials,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._credentials = credentials
        self._monotonic = monotonic
        self._token: str | None = None
        self._until = 0.0

    def authorization(self) -> str:
        """Value of the header.

        Raises:
            SourceError: `source_unauthorised`, or as `gateway.egress`.
        """
        if self._token is None or self._monotonic() >= self._until:
            self._renew()
        return f"Bearer {self._token}"

    def forget(self) -> None:
        """The system refused the token: the next request asks for another."""
        self._token = None

    def close(self) -> None:
        """Close the connection that is kept open."""
        self._client.close()

    def _renew(self) -> None:
        self._token = None
        answer = self._ask(basic=True)
        # Some systems know credentials in the form only; RFC 6749 section 2.3.1 lets them.
        if answer.status in (400, 401, 403, 415):
            answer = self._ask(basic=False)
        if answer.status != 200:
            raise unauthorised()
        token, seconds = _read_token(answer.body)
        self._token = token
        self._until = self._monotonic() + max(seconds * 0.5, seconds - RENEW_SECONDS_BEFORE)

    def _ask(self, *, basic: bool) -> Answer:
        form = {"grant_type": "client_credentials"}
        if self._credentials.scopes:
            form["scope"] = " ".join(self._credentials.scopes)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if basic:
            pair = f"{quote_plus(self._credentials.client_id)}:{quote_plus(self._credentials.client_secret)}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form |= {
                "client_id": self._credentials.client_id,
                "client_secret": self._credentials.client_secret,
            }
        # Asking for a token twice does no harm.
        return self._client.request("POST", "", headers=headers, body=urlencode(form).encode(), repeat=True)


def _read_token(body: bytes) -> tuple[str, float]:
    try:
        document = strict_json.loads(body, max_bytes=MAX_TOKEN_BYTES)
    except strict_json.NotStrictJson:
        raise unauthorised() from None
    if not isinstance(document, Mapping):
        raise unauthorised()
    token, kind = document.get("access_token"), document.get("token_type", "bearer")
    # Attack: a line break in the token would add a header of the other side's choice to our requests.
    if not isinstance(token, str) or not _TOKEN.match(token):
        raise unauthorised()
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise unauthorised()
    expires = document.get("expires_in", 3600)
    try:
        seconds = float(expires) if isinstance(expires, int | str) else 3600.0
    except ValueError:
        seconds = 3600.0
    return token, min(max(seconds, 1.0), 86_400.0)


def unauthorised() -> SourceError:
    """The school's system does not let us in."""
    return SourceError(
        "The school's system does not give us access.",
        code="source_unauthorised",
        retry=False,
        remedy="Check the client id, the secret's file and the token address of the source.",
    )
