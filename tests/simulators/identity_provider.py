"""A simulated identity provider over real HTTP: discovery, keys, code with PKCE, and ways to misbehave."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID = "schuilnaam-pages"
CLIENT_SECRET = "een geheim van de identiteitsprovider"


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


class IdentityProviderSimulator:
    """Signs in whoever `claims` describes, without asking; `bend` changes the token before it is signed."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.bend: Callable[[dict[str, Any]], None] = lambda claims: None
        self.algorithm = "RS256"
        self.discovery: dict[str, Any] = {}
        self.answer_more: dict[str, str] = {}
        self.groups: list[str] = []
        self.asked: list[tuple[str, str, dict[str, str], str]] = []
        self._codes: dict[str, dict[str, str]] = {}
        self.keys: list[RSAKey] = []
        self.new_key()
        simulator = self

        class Asked(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                simulator._get(self)

            def do_POST(self) -> None:
                simulator._post(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def new_key(self) -> None:
        """Change keys: from now on tokens are signed by another, and the old one is published no more."""
        self.keys = [RSAKey.generate_key(2048, parameters={"kid": secrets.token_hex(4), "use": "sig"})]

    # -- answers --------------------------------------------------------------------------------------------------

    def _get(self, asked: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(asked.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append(("GET", parts.path, query, ""))
        if parts.path == "/.well-known/openid-configuration":
            document = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                **self.discovery,
            }
            self._json(asked, 200, document)
        elif parts.path == "/keys":
            self._json(asked, 200, {"keys": [key.as_dict(private=False) for key in self.keys]})
        elif parts.path == "/authorize":
            code = secrets.token_urlsafe(16)
            self._codes[code] = query
            back = {"code": code, "state": query["state"], **self.answer_more}
            asked.send_response(302)
            asked.send_header("Location", f"{query['redirect_uri']}?{urlencode(back)}")
            asked.end_headers()
        else:
            self._json(asked, 404, {})

    def _post(self, asked: BaseHTTPRequestHandler) -> None:
        body = asked.rfile.read(int(asked.headers.get("Content-Length", 0))).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.asked.append(("POST", asked.path, form, asked.headers.get("Authorization", "")))
        if asked.path == "/groups":
            self._json(asked, 200, {"value": self.groups})
            return
        question = self._codes.pop(form.get("code", ""), None)
        right = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET.replace(' ', '+')}".encode()).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            question is None
            or asked.headers.get("Authorization") != f"Basic {right}"
            or question["redirect_uri"] != form.get("redirect_uri")
            or question["code_challenge"] != challenge.decode().rstrip("=")
        ):
            self._json(asked, 400, {"error": "invalid_grant"})
            return
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": question["nonce"],
            "sub": "s-1", "preferred_username": "zij@school.example", "name": "Zij", **self.claims,
        }  # fmt: skip
        self.bend(claims)
        self._json(
            asked, 200, {"access_token": "toegang", "token_type": "Bearer", "id_token": self._signed(claims)}
        )

    def _signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": self.keys[0].kid}
        if self.algorithm in ("none", "HS256"):
            text = f"{_part(json.dumps(header).encode())}.{_part(json.dumps(claims).encode())}"
            # Attack: nothing, or the public key as a shared secret.
            mark = hmac.digest(self.keys[0].as_pem(private=False), text.encode(), "sha256")
            return f"{text}.{_part(mark) if self.algorithm == 'HS256' else ''}"
        return jwt.encode(header, claims, self.keys[0])

    @staticmethod
    def _json(asked: BaseHTTPRequestHandler, status: int, document: object) -> None:
        content = json.dumps(document).encode()
        asked.send_response(status)
        asked.send_header("Content-Type", "application/json")
        asked.send_header("Content-Length", str(len(content)))
        asked.end_headers()
        asked.wfile.write(content)
