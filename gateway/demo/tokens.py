"""The token endpoint of the simulated school system.

Source: RFC 6749 section 4.4 (client credentials) and 2.3.1 (Basic, or the secret in the form).
"""

from __future__ import annotations

import base64
import binascii
import secrets
import threading
import time
import urllib.parse

import orjson

from gateway.demo.wire import Answer, Asked


class AccessTokens:
    """Gives out access tokens for one client and knows which are good."""

    def __init__(self, client_id: str, client_secret: str, *, lifetime_seconds: float) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.lifetime_seconds = lifetime_seconds
        self._ends: dict[str, float] = {}
        self._lock = threading.Lock()

    def answer(self, asked: Asked) -> Answer:
        """The answer to a request for a token."""
        form = dict(urllib.parse.parse_qsl(asked.body.decode("utf-8", "replace")))
        if asked.method != "POST" or form.get("grant_type") != "client_credentials":
            return Answer(400, orjson.dumps({"error": "unsupported_grant_type"}))
        shown = _basic(asked) or (form.get("client_id", ""), form.get("client_secret", ""))
        if shown != (self.client_id, self.client_secret):
            return Answer(401, orjson.dumps({"error": "invalid_client"}), (("WWW-Authenticate", "Basic"),))
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._ends[token] = time.monotonic() + self.lifetime_seconds
        document = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": int(self.lifetime_seconds),
            "scope": form.get("scope", ""),
        }
        return Answer(200, orjson.dumps(document), (("Cache-Control", "no-store"),))

    def hold(self, asked: Asked) -> bool:
        """True when the request shows a token that is good now."""
        scheme, _, token = asked.header("Authorization").partition(" ")
        with self._lock:
            ends = self._ends.get(token.strip())
        return scheme.lower() == "bearer" and ends is not None and time.monotonic() <= ends

    def expire(self) -> None:
        """No token given out so far is good any longer."""
        with self._lock:
            self._ends.clear()


def _basic(asked: Asked) -> tuple[str, str] | None:
    scheme, _, credentials = asked.header("Authorization").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return urllib.parse.unquote(client), urllib.parse.unquote(secret)
