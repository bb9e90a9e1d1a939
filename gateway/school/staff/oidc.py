"""Signing in by the school's own identity provider: OpenID Connect, authorization code with PKCE.

Guarantees: the provider is the one of the settings (discovery must name it), the answer belongs to the question that
this browser asked (state, nonce, PKCE), the token is signed by a current key of the provider with an asymmetric
algorithm and made for us; roles come by the board's own mapping and nobody gets one by default.

Source: OpenID Connect Core 1.0 section 3.1.3.7, Discovery 1.0 section 4.3, RFC 7636, RFC 9207; OAuth 2.0 security best
current practice (RFC 9700). Group overage: Microsoft identity platform, ID token claims reference.
"""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gateway import strict_json
from gateway.egress import Answer, HostClient, Limits
from gateway.errors import DisclosureRefused, GatewayUnready, SettingsError, SourceError
from gateway.school.staff.roles import Role, RoleGrant
from gateway.settings import Settings

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "PS512", "ES512", "EdDSA")
"""Asymmetric ones only. Attack: `none`, or HS256 with the provider's public key as the secret."""
LEEWAY_SECONDS: Final = 60
KEYS_AGAIN_SECONDS: Final = 60
DISCOVERY_SECONDS: Final = 3_600
_LIMITS: Final = Limits(read_seconds=10, total_seconds=20, response_bytes=1_000_000, attempts=2)
_MAX_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, kept in the browser's signed cookie until the answer comes."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Vouched:
    """Somebody whom the provider vouches for."""

    issuer: str
    subject: str
    name: str
    display_name: str
    email: str | None
    grants: frozenset[RoleGrant]


@dataclass(frozen=True, slots=True)
class _Provider:
    authorization: str
    token: str
    keys: str
    names_itself: bool
    """RFC 9207: it says in every answer who it is, so an answer that does not is refused."""


def _refused(code: str, message: str, remedy: str = "") -> DisclosureRefused:
    return DisclosureRefused(message, code=code, remedy=remedy)


def _not_believed() -> DisclosureRefused:
    # One answer to everything that is wrong with a token: nobody learns how to make a better one.
    return _refused(
        "oidc_answer_refused",
        "The answer of the identity provider cannot be believed.",
        "Sign in once more; when it stays so, the application manager looks at the settings of both sides.",
    )


def role_map(lines: Iterable[str]) -> dict[str, RoleGrant]:
    """`VALUE=role` or `VALUE=role/BRIN` per line, as in the setting `oidc_roles`; raises `SettingsError`."""
    found: dict[str, RoleGrant] = {}
    for line in lines:
        value, _, word = line.rpartition("=")
        role, _, school = word.strip().partition("/")
        try:
            grant = RoleGrant(Role(role), school or None)
        except ValueError:
            raise SettingsError(
                "settings.toml: `oidc_roles` has a line that is not VALUE=role or VALUE=role/BRIN.",
                code="settings_invalid",
            ) from None
        if not value.strip() or value.strip() in found:
            raise SettingsError(
                "settings.toml: `oidc_roles` has a value without a name, or twice.", code="settings_invalid"
            )
        found[value.strip()] = grant
    return found


@dataclass(slots=True)
class _Kept:
    provider: _Provider | None = None
    provider_at: float = 0.0
    keys: KeySet | None = None
    keys_at: float = 0.0


class IdentityProvider:
    """The school's identity provider, as its settings say. Safe for several threads: what is kept is replaced whole."""

    def __init__(
        self,
        settings: Settings,
        *,
        redirect_uri: str,
        secret: str,
        allow_plain_http: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._issuer = settings.oidc_issuer.rstrip("/") if settings.oidc_issuer else ""
        self._redirect_uri = redirect_uri
        self._secret = secret
        self._plain = allow_plain_http
        self._monotonic = monotonic
        self._roles = role_map(settings.oidc_roles)
        self._kept = _Kept()

    @classmethod
    def of_settings(cls, settings: Settings, *, pages_url: str) -> IdentityProvider | None:
        """The provider of the settings; None where none is set.

        Raises:
            SettingsError: incomplete, or its secret cannot be read.
        """
        if not settings.oidc_issuer:
            return None
        if not settings.oidc_client_id or not settings.oidc_roles:
            raise SettingsError(
                "settings.toml: an identity provider needs `oidc_client_id` and `oidc_roles`.",
                code="settings_invalid",
            )
        return cls(
            settings,
            redirect_uri=f"{pages_url.rstrip('/')}/oidc/callback",
            secret=_secret(settings.oidc_secret_path),
            allow_plain_http=settings.allow_plain_http_sources,
        )

    # -- asking ---------------------------------------------------------------------------------------------------

    def ask(self) -> tuple[str, Question]:
        """Where to send the browser, and what to keep.

        Raises:
            GatewayUnready: the provider does not answer, or its discovery document is not its own.
        """
        question = Question(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))
        query = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self._settings.oidc_scope,
            "state": question.state,
            "nonce": question.nonce,
            "code_challenge": create_s256_code_challenge(question.verifier),
            "code_challenge_method": "S256",
        }
        address = self._discovered().authorization
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", question

    # -- the answer -----------------------------------------------------------------------------------------------

    def answered(self, query: Mapping[str, str], question: Question, *, now: datetime) -> Vouched:
        """Believe the provider's answer, or not.

        Raises:
            DisclosureRefused: it is not an answer to this question, or gives no role here.
            GatewayUnready: the provider does not answer.
        """
        if not compare_digest(query.get("state", "").encode(), question.state.encode()):
            # Attack: somebody else's answer is put into this browser (login forgery).
            raise _not_believed()
        provider = self._discovered()
        told = query.get("iss")
        if (told is None and provider.names_itself) or (
            told is not None and told.rstrip("/") != self._issuer
        ):
            # Attack: mix-up, the answer of another provider (RFC 9207).
            raise _not_believed()
        if "code" not in query:
            raise _refused(
                "oidc_refused", "The identity provider did not sign you in.", "Try again, or ask its manager."
            )
        tokens = self._redeem(provider, query["code"], question)
        claims = self._claims(provider, tokens, question, now=now)
        return self._vouched(claims, tokens)

    def _redeem(self, provider: _Provider, code: str, question: Question) -> dict[str, object]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": question.verifier,
        }
        pair = f"{quote_plus(str(self._settings.oidc_client_id))}:{quote_plus(self._secret)}"
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            "Authorization": "Basic " + base64.b64encode(pair.encode()).decode(),
        }
        answer = self._http("POST", provider.token, headers=headers, body=urlencode(form).encode())
        document = _json(answer) if answer.status == 200 else None
        if not isinstance(document, dict) or not isinstance(document.get("id_token"), str):
            raise _not_believed()
        return document

    def _claims(
        self, provider: _Provider, tokens: Mapping[str, object], question: Question, *, now: datetime
    ) -> CodeIDToken:
        text = str(tokens["id_token"])
        try:
            decoded = self._decoded(provider, text)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": self._issuer_claim(decoded.claims.get("iss"))},
                    "aud": {"essential": True, "value": self._settings.oidc_client_id},
                    "nonce": {"essential": True},
                },
                {
                    "nonce": question.nonce,
                    "client_id": self._settings.oidc_client_id,
                    "access_token": tokens.get("access_token"),
                },
            )
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError):
            raise _not_believed() from None
        if not isinstance(claims.get("sub"), str) or not 0 < len(claims["sub"]) <= 255:
            raise _not_believed()
        return claims

    def _issuer_claim(self, said: object) -> str:
        # Some providers end their name with a slash and some leave it out; nothing else may differ.
        return f"{self._issuer}/" if said == f"{self._issuer}/" else self._issuer

    def _decoded(self, provider: _Provider, text: str) -> jwt.Token:
        try:
            return jwt.decode(text, self._keys(provider, fresh=False), algorithms=list(ALGORITHMS))
        except (JoseError, ValueError, KeyError):
            # The provider may have changed its keys since: asked again, and at most once a minute.
            return jwt.decode(text, self._keys(provider, fresh=True), algorithms=list(ALGORITHMS))

    # -- who, and which roles -------------------------------------------------------------------------------------

    def _vouched(self, claims: Mapping[str, Any], tokens: Mapping[str, object]) -> Vouched:
        values = self._values(claims, tokens)
        grants = frozenset(self._roles[value] for value in values if value in self._roles)
        if not grants:
            raise _refused(
                "oidc_no_role",
                "The identity provider gives you no role at this gateway.",
                "The application manager maps a group or app role to one (setting oidc_roles).",
            )
        email = claims.get("email")
        name = claims.get(self._settings.oidc_name_claim) or email
        if not isinstance(name, str):
            raise _refused(
                "oidc_no_name",
                "The identity provider tells no name for you.",
                "The application manager sets oidc_name_claim to a claim that it gives.",
            )
        shown = claims.get("name")
        return Vouched(
            issuer=self._issuer,
            subject=str(claims["sub"]),
            name=name,
            display_name=shown if isinstance(shown, str) else name,
            email=email if isinstance(email, str) else None,
            grants=grants,
        )

    def _values(self, claims: Mapping[str, Any], tokens: Mapping[str, object]) -> frozenset[str]:
        claim = self._settings.oidc_roles_claim
        found: Any = claims
        # `realm_access.roles` of Keycloak is one inside another.
        for part in (claim,) if claim in claims else claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        if isinstance(found, str):
            return frozenset(found.split())
        if isinstance(found, list):
            return frozenset(each for each in found if isinstance(each, str))
        elsewhere = claims.get("_claim_names")
        if isinstance(elsewhere, Mapping) and claim in elsewhere:
            return self._overage(tokens)
        return frozenset()

    def _overage(self, tokens: Mapping[str, object]) -> frozenset[str]:
        """The groups of somebody who is in too many of them for the token.

        The address is the setting's, never the token's: what a token names is not asked with a token.
        """
        if not self._settings.oidc_groups_url:
            raise _refused(
                "oidc_groups_overage",
                "You are in so many groups that the identity provider does not name them.",
                "The application manager maps app roles instead, or sets oidc_groups_url.",
            )
        answer = self._http(
            "POST",
            self._settings.oidc_groups_url,
            headers={
                "Accept": "application/json",
                "Content-Type": "application/json",
                "Authorization": f"Bearer {tokens.get('access_token')}",
            },
            body=b'{"securityEnabledOnly": false}',
        )
        document = _json(answer) if answer.status == 200 else None
        groups = document.get("value") if isinstance(document, dict) else None
        if not isinstance(groups, list):
            raise _not_believed()
        return frozenset(each for each in groups if isinstance(each, str))

    # -- what the provider says about itself ----------------------------------------------------------------------

    def _discovered(self) -> _Provider:
        kept = self._kept
        if kept.provider is not None and self._monotonic() - kept.provider_at < DISCOVERY_SECONDS:
            return kept.provider
        answer = self._http("GET", f"{self._issuer}/.well-known/openid-configuration")
        document = _json(answer) if answer.status == 200 else None
        if not isinstance(document, dict) or str(document.get("issuer", "")).rstrip("/") != self._issuer:
            # Attack: a document that speaks for another issuer (Discovery 1.0 section 4.3).
            raise GatewayUnready(
                "The identity provider's own description is missing or speaks for another.",
                code="oidc_discovery",
                remedy="Set oidc_issuer to exactly what the provider calls itself.",
            )
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        addresses = [document.get(name) for name in names]
        if not all(isinstance(each, str) and self._acceptable(each) for each in addresses):
            raise GatewayUnready(
                "The identity provider names an address that is not acceptable.", code="oidc_discovery"
            )
        provider = _Provider(
            str(addresses[0]),
            str(addresses[1]),
            str(addresses[2]),
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        )
        self._kept = _Kept(provider, self._monotonic(), kept.keys, kept.keys_at)
        return provider

    def _acceptable(self, address: str) -> bool:
        return address.startswith("https://") or self._plain or _on_loopback(address)

    def _keys(self, provider: _Provider, *, fresh: bool) -> KeySet:
        kept = self._kept
        if kept.keys is not None and (not fresh or self._monotonic() - kept.keys_at < KEYS_AGAIN_SECONDS):
            return kept.keys
        answer = self._http("GET", provider.keys)
        document = _json(answer) if answer.status == 200 else None
        if not isinstance(document, dict):
            raise ValueError("no keys")
        listed = document.get("keys")
        usable = [
            each
            for each in (listed if isinstance(listed, list) else [])
            if isinstance(each, dict) and each.get("kty") in ("RSA", "EC", "OKP") and each.get("use") != "enc"
        ]
        keys = KeySet.import_key_set({"keys": usable})
        self._kept = _Kept(kept.provider, kept.provider_at, keys, self._monotonic())
        return keys

    def _http(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        try:
            with HostClient(
                address, limits=_LIMITS, allow_plain_http=self._plain or _on_loopback(address)
            ) as client:
                return client.request(
                    method, "", headers=headers or {"Accept": "application/json"}, body=body
                )
        except (SourceError, SettingsError):
            raise GatewayUnready(
                "The identity provider does not answer.",
                code="oidc_unreachable",
                remedy="Try again in a minute, or sign in with an account of this gateway.",
            ) from None


def question_of(kept: object) -> Question | None:
    """What was kept in the cookie; None where it is not a question."""
    if isinstance(kept, Mapping) and all(
        isinstance(kept.get(name), str) for name in ("state", "nonce", "verifier")
    ):
        return Question(kept["state"], kept["nonce"], kept["verifier"])
    return None


def _json(answer: Answer) -> object:
    try:
        return strict_json.loads(answer.body, max_bytes=_MAX_BYTES)
    except strict_json.NotStrictJson:
        return None


def _on_loopback(address: str) -> bool:
    return address.startswith(("http://127.0.0.1:", "http://localhost:", "http://[::1]:"))


def _secret(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(
            "The file with our secret at the identity provider cannot be read.",
            code="oidc_secret_missing",
            remedy=f"Put it into {path}, mode 0600.",
        ) from None
    if mode & 0o077:
        raise SettingsError(
            "Our secret at the identity provider may be read by others.",
            code="oidc_secret_mode",
            remedy=f"chmod 600 {path}",
        )
    return text
