"""The token endpoint: OAuth 2.0 client credentials, by HTTP Basic or in the form.

Authlib does the protocol; what is ours is who the client is, what its agreement allows, and how a refusal is
worded. A token is refused while no agreement is in force, so that a vendor learns at its first step what is
missing. Every refusal of an unproven client has one wording: an unknown id, a wrong secret and a revoked
client cannot be told apart.

Source: RFC 6749 sections 2.3.1, 4.4 and 5.2; docs/decisions/0016.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    OAuth2Error,
    OAuth2Payload,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.errors import InvalidScopeError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant

from contracts.instants import to_ms
from contracts.refusals import Refused
from gateway.connections import clients
from gateway.connections.clients import TOKEN_LIFETIME_SECONDS, VendorClient
from gateway.database import reading, storable, writing
from gateway.front.gate import RequestRefused
from gateway.front.rate_limit import RateLimited
from gateway.front.services import FrontServices
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId

Grantable = Callable[[ProductId], "frozenset[str] | Refused"]
"""The scopes that a product's agreement allows now; a refusal when it allows none."""

_ERRORS: Final[Mapping[str, tuple[int, str]]] = {
    "invalid_client": (401, "The client is unknown, revoked, or did not prove who it is."),
    "invalid_request": (400, "The request for a token is malformed or repeats a parameter."),
    "unsupported_grant_type": (400, "Only the grant type client_credentials is offered."),
    "invalid_scope": (400, "None of the scopes asked for is in the agreement."),
}


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What the web layer read of the request."""

    method: str
    authorization: str | None
    form: tuple[tuple[str, str], ...] = field(repr=False)
    request_id: str


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """Status, JSON body, headers. `refusal` is the code to register, `client` who proved to be itself."""

    status: int
    body: Mapping[str, object] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    refusal: str | None = None
    client: VendorClient | None = None


class _Client(ClientMixin):  # type: ignore[misc]
    """One attempt to be a client. Made for every id, known or not: the work and the answer are the same."""

    def __init__(self, services: FrontServices, client_id: str) -> None:
        self._services = services
        self._client_id = storable(client_id)
        self.proved: VendorClient | None = None

    def check_client_secret(self, client_secret: str) -> bool:
        with reading(self._services.engine) as connection:
            self.proved = clients.authenticate(
                connection,
                board_id=self._services.board_id,
                client_id=self._client_id,
                secret=client_secret,
            )
        return self.proved is not None

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in ("client_secret_basic", "client_secret_post")

    def check_grant_type(self, grant_type: str) -> bool:
        offered: bool = grant_type == ClientCredentialsGrant.GRANT_TYPE
        return offered

    def get_allowed_scope(self, scope: str) -> str:
        return scope


class _Payload(OAuth2Payload):  # type: ignore[misc]
    def __init__(self, form: tuple[tuple[str, str], ...]) -> None:
        self._lists: dict[str, list[str]] = {}
        for name, value in form:
            self._lists.setdefault(name, []).append(value)

    @property
    def data(self) -> dict[str, str]:
        return {name: values[0] for name, values in self._lists.items()}

    @property
    def datalist(self) -> dict[str, list[str]]:
        return self._lists


class _Request(OAuth2Request):  # type: ignore[misc]
    def __init__(self, asked: TokenRequest) -> None:
        # Whether the connection is encrypted is the reverse proxy's business: Authlib sees a fixed https
        # address.
        headers = {} if asked.authorization is None else {"Authorization": asked.authorization}
        super().__init__(asked.method, "https://gateway.invalid/oauth2/token", headers=headers)
        self.asked = asked
        self.payload = _Payload(asked.form)

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data


class _Grant(ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")


class _NoAgreement(UnauthorizedClientError):  # type: ignore[misc]
    def __init__(self, refused: Refused) -> None:
        super().__init__()
        self.refused = refused


class _TooMany(OAuth2Error):  # type: ignore[misc]
    def __init__(self, limited: RateLimited) -> None:
        super().__init__()
        self.limited = limited


class TokenEndpoint(AuthorizationServer):  # type: ignore[misc]
    """Answers token requests; keeps nothing between them."""

    def __init__(self, services: FrontServices, grantable: Grantable) -> None:
        super().__init__()
        self._services = services
        self._grantable = grantable
        self.register_grant(_Grant)
        self.register_token_generator("default", self._make_token)

    def answer(self, asked: TokenRequest) -> TokenAnswer:
        """Issue a token or say why not.

        Guarantees: an issued token is committed, with its row in the audit log, before the answer exists.
        """
        names = [name for name, _ in asked.form]
        if len(set(names)) != len(names):
            return self._refusal("invalid_request", "repeated_parameter", None)
        answer: TokenAnswer = self.create_token_response(asked)
        return answer

    # What Authlib asks of a server.

    def query_client(self, client_id: str) -> _Client:
        return _Client(self._services, client_id)

    def create_oauth2_request(self, request: TokenRequest) -> _Request:
        return _Request(request)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        return

    def validate_requested_scope(self, scope: str | None) -> None:
        # Scopes depend on the agreement of the client: narrowed in `_make_token`.
        return

    def save_token(self, token: Mapping[str, object], request: _Request) -> None:
        # Stored in `_make_token`, in one transaction with its audit row.
        return

    def handle_response(self, status: int, body: Mapping[str, object], headers: object) -> TokenAnswer:
        return TokenAnswer(status, body)

    def handle_error_response(self, request: _Request, error: OAuth2Error) -> TokenAnswer:
        client = None if request.client is None else request.client.proved
        if isinstance(error, _NoAgreement):
            refusal = RequestRefused(error.refused, contact=self._services.contact)
            body = {
                "error": error.error,
                "error_description": _ascii(f"{refusal.code}: {refusal.sentence()}"),
            }
            return TokenAnswer(400, body, refusal=refusal.code, client=client)
        if isinstance(error, _TooMany):
            return limited_answer(error.limited, client)
        return self._refusal(error.error or "invalid_request", error.error or "invalid_request", client)

    def _refusal(self, error: str, code: str, client: VendorClient | None) -> TokenAnswer:
        status, description = _ERRORS.get(error, (400, "The request for a token was refused."))
        headers = {"WWW-Authenticate": 'Basic realm="schuilnaam"'} if status == 401 else {}
        return TokenAnswer(
            status, {"error": error, "error_description": description}, headers, refusal=code, client=client
        )

    def _make_token(self, *, client: _Client, scope: str | None, **_: object) -> dict[str, object]:
        assert client.proved is not None
        try:
            self._services.limiter.count_token(client.proved.client_id)
        except RateLimited as limited:
            raise _TooMany(limited) from None
        allowed = self._grantable(client.proved.product)
        if isinstance(allowed, Refused):
            raise _NoAgreement(allowed)
        granted = allowed if not scope else allowed & set(scope.split())
        if not granted:
            raise InvalidScopeError
        now_ms = to_ms(self._services.now())
        with writing(self._services.engine) as connection:
            token = clients.issue_token(
                connection, client.proved, board_id=self._services.board_id, scopes=granted, now_ms=now_ms
            )
            audit.record(
                connection,
                AuditEvent.TOKEN_ISSUED,
                board_id=self._services.board_id,
                actor=Actor.vendor(client.proved.client_id),
                now_ms=now_ms,
                product=client.proved.product,
                object_id=client.proved.client_id,
                details={"scopes": tuple(sorted(each.rpartition("/")[2] for each in granted))},
            )
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFETIME_SECONDS,
            "scope": " ".join(sorted(granted)),
        }


def limited_answer(limited: RateLimited, client: VendorClient | None) -> TokenAnswer:
    """Too many tokens, or too many attempts to get one. RFC 6749 has no code for it; ours is the gateway's own."""
    body = {"error": limited.code, "error_description": _ascii(limited.sentence())}
    headers = {"Retry-After": str(limited.retry_after_seconds)}
    return TokenAnswer(limited.status, body, headers, refusal=limited.code, client=client)


def _ascii(text: str) -> str:
    # RFC 6749 section 5.2 allows printable ASCII without quotation mark and backslash.
    return "".join(each if " " <= each <= "~" and each not in '"\\' else "?" for each in text)
