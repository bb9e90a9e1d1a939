"""Settings of one home folder: one dataclass, every default visible, unit beside the number.

Files, so that under two operating-system users each side reads its own: `settings.toml` (no secrets), `front.toml`
(database of the vendors' door), `school.toml` (database of the school side), and `mail.toml` where the school side
sends mail.
"""

from __future__ import annotations

import ast
import json
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from gateway.errors import SettingsError, UsageError

SETTINGS_FILE: Final = "settings.toml"
FRONT_FILE: Final = "front.toml"
SCHOOL_FILE: Final = "school.toml"
MAIL_FILE: Final = "mail.toml"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What both sides may know."""

    home: Path
    board_id: str
    """Random, minted at `init`; in every table."""
    board_name: str
    brins: tuple[str, ...] = ()
    """BRIN of each school of the board."""
    public_url: str | None = None
    """How vendors reach the gateway; our own URLs come from here, never from a request's Host header."""
    contact: str = ""
    """Whom a vendor writes to; shown in refusals."""
    alias_email_domain: str = "leerling.invalid"
    """Domain of e-mail aliases; reserved (RFC 2606), so that no such message is ever delivered."""
    words_that_are_no_names: tuple[str, ...] = ()
    """Words that the board says are no names, for the scrubbing of free text."""
    removal_threshold_percent: int = 30
    """A refresh in which the source drops more persons of one school than this is held back."""
    small_group_below: int = 5
    """A group with fewer pupils than this is pointed out in a preview: one of few is easily recognised."""
    max_age_days: int = 14
    """Holdings older than this are no longer served."""
    first_pull_wait_seconds: int = 20
    """How long a first pull waits for a refresh before it answers 503."""
    refresh_every_hours: int = 24
    """How often the school side refreshes by itself; 0 is never."""
    pages_url: str | None = None
    """How staff reach their pages; links and the identity provider's way back are made of it."""
    oidc_issuer: str | None = None
    """The school's identity provider, exactly as it calls itself; None: local accounts only."""
    oidc_client_id: str | None = None
    """Ours at the identity provider; the secret is in secrets/oidc.secret."""
    oidc_name: str = ""
    """What the button says, such as the name of the school's account."""
    oidc_scope: str = "openid profile email"
    """What is asked for."""
    oidc_roles_claim: str = "roles"
    """The claim with app roles or groups; `a.b` for one inside another."""
    oidc_roles: tuple[str, ...] = ()
    """Which value of that claim is which role: VALUE=role or VALUE=role/BRIN."""
    oidc_name_claim: str = "preferred_username"
    """The claim by which registers name the person; it should not be given to another later."""
    oidc_groups_url: str | None = None
    """Where groups are asked for when a token has too many (Microsoft Graph: .../me/getMemberObjects)."""
    staff_idle_minutes: int = 30
    """A session of staff that is not used for so long ends."""
    staff_session_hours: int = 10
    """A session of staff lasts at most so long."""
    vendor_requests_per_minute: int = 6_000
    """Of one client; more is answered 429. A walk over 250,000 records in pages of 100 is 2,500. 0 is no limit."""
    vendor_tokens_per_minute: int = 60
    """Access tokens that one client may get; one lasts an hour."""
    stranger_requests_per_minute: int = 600
    """Of one address, of requests that do not prove who sends them."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses of reverse proxies; the last entry of their `X-Forwarded-For` is the address that is counted."""
    sandbox: bool = False
    """Offer vendors made-up pupils to build against, below `/sandbox`. `init` switches it on; docs/sandbox.md."""
    regulation_blocks_activation: bool = False
    """Refuse to activate an agreement that goes beyond the privacy regulation, instead of saying so."""
    allow_plain_http_sources: bool = False
    """Let a source be read over http outside this machine. Only for a closed network."""
    language: str = "nl"
    """Of mails and receipts: nl or en."""

    @property
    def ring_path(self) -> Path:
        """The key ring; school side only."""
        return self.home / "keys" / "ring"

    @property
    def storage_key_path(self) -> Path:
        """The storage key that seals bodies of holdings; front and school side."""
        return self.home / "storage" / "storage.key"

    @property
    def pages_key_path(self) -> Path:
        """The key of the staff pages; school side only."""
        return self.home / "secrets" / "pages.key"

    @property
    def oidc_secret_path(self) -> Path:
        """Our secret at the identity provider; school side only."""
        return self.home / "secrets" / "oidc.secret"

    @property
    def secrets_folder(self) -> Path:
        """Secrets of sources and of the mail server; school side only."""
        return self.home / "secrets"

    @property
    def documents_folder(self) -> Path:
        """Papers that vendors sent, under their SHA-256; school side only."""
        return self.home / "documents"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontSettings:
    """What the vendors' door needs besides `Settings`."""

    database: str
    """SQLAlchemy address of the `front` database."""
    intake_public_key: str
    """Hex of the public half of the intake key: what vendors return is sealed to it."""
    rate_limit_store: str = ""
    """Address of a Redis in which doors on several machines count together; empty: each door by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolSettings:
    """What the school side needs besides `Settings` and `FrontSettings`."""

    database: str
    """SQLAlchemy address of the `school` database."""
    front_database: str
    """Address of the `front` database with the school side's own credentials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """Through which server the school side sends mail, and to whom. Without the file no mail is sent."""

    host: str
    """Name or address of the mail server (SMTP submission)."""
    sender: str
    """Address that mails come from."""
    port: int = 587
    security: str = "starttls"
    """`starttls`, `tls` (from the first byte, mostly port 465), or `none` for a server on this machine only."""
    ca_file: str | None = None
    """Certificates to trust instead of the system's, for a mail server with a certificate of the board's own."""
    user: str | None = None
    password_file: str | None = None
    """Name of a file in `secrets/`, mode 0600."""
    application_manager: tuple[str, ...] = ()
    """Addresses of whoever keeps agreements, sources and clients."""
    approver: tuple[str, ...] = ()
    privacy_officer: tuple[str, ...] = ()
    data_protection_officer: tuple[str, ...] = ()
    """Addresses of the FG (functionaris gegevensbescherming)."""


LANGUAGES: Final = ("nl", "en")
_SECURITY: Final = ("starttls", "tls", "none")
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])\Z"
)
_HOST: Final = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,39})\Z")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def check_public_url(url: str) -> str:
    """Return the address without a trailing slash; https, or http on loopback.

    Raises:
        UsageError: not an absolute address, or plain http that leaves this machine.
    """
    parts = urlsplit(url)
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if (
        not parts.hostname
        or parts.scheme not in ("http", "https")
        or parts.query
        or parts.fragment
        or parts.username
    ):
        raise UsageError(
            "The public address must be an absolute address such as https://schuilnaam.school.example.",
            code="public_url_invalid",
        )
    if parts.scheme == "http" and not loopback:
        raise UsageError(
            "The public address must be https: tokens and pupils' records travel over it.",
            code="public_url_not_https",
        )
    return url.rstrip("/")


def toml_value(value: object) -> str:
    """One value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    # A JSON string is a TOML basic string; DEL is the one character that JSON leaves bare and TOML forbids.
    return json.dumps(str(value)).replace("\x7f", "\\u007f")


def write_toml(path: Path, values: Mapping[str, object]) -> None:
    """Write a flat settings file, 0600, replacing it in one step."""
    # What is not set stands there too, so that what can be set is seen in the file.
    text = "".join(
        f"# {key} =\n" if value is None else f"{key} = {toml_value(value)}\n" for key, value in values.items()
    )
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _read_toml(path: Path) -> dict[str, object]:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(
            f"There is no {path.name} in the home folder.",
            code="home_not_initialised",
            remedy="Run `schuilnaam init` first, or give the folder with --home.",
        ) from None
    except (OSError, UnicodeDecodeError):
        raise SettingsError(
            f"{path.name} cannot be read.", code="settings_unreadable", remedy="Check its owner and mode."
        ) from None
    if path.name != SETTINGS_FILE and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(
            f"{path.name} may be read by others.",
            code="settings_mode",
            remedy=f"chmod 600 {path}",
        )
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        # Attack: the front's user, who may read it, changes what the school side takes for its settings.
        raise SettingsError(
            f"{path.name} may be changed by others.", code="settings_mode", remedy=f"chmod go-w {path}"
        )
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise SettingsError(
            f"{path.name} is not a settings file.",
            code="settings_invalid",
            remedy="Restore it from a backup.",
        ) from None


def _typed(path: Path, cls: type, values: dict[str, object]) -> dict[str, object]:
    known = {item.name: item for item in fields(cls)}
    typed: dict[str, object] = {}
    for key, value in values.items():
        if key not in known or key == "home":
            raise SettingsError(f"{path.name} has an unknown setting `{key}`.", code="settings_unknown")
        if isinstance(value, list):
            value = tuple(value)
        expected = str(known[key].type)
        right = {
            "str": isinstance(value, str),
            "str | None": isinstance(value, str),
            "int": isinstance(value, int) and not isinstance(value, bool) and value >= 0,
            "bool": isinstance(value, bool),
            "tuple[str, ...]": isinstance(value, tuple) and all(isinstance(item, str) for item in value),
        }[expected]
        if not right:
            raise SettingsError(f"{path.name}: `{key}` must be {expected}.", code="settings_invalid")
        typed[key] = value
    return typed


def _load(folder: Path, name: str, cls: type[_T], **more: object) -> _T:
    path = folder / name
    values = _typed(path, cls, _read_toml(path))
    try:
        return cls(**values, **more)
    except TypeError:
        raise SettingsError(f"{name} misses a setting.", code="settings_invalid") from None


def load_settings(home: Path) -> Settings:
    """Raises `SettingsError` when the home folder is not initialised or a setting is wrong."""
    settings = _load(home, SETTINGS_FILE, Settings, home=home)
    if settings.language not in LANGUAGES:
        raise SettingsError(f"{SETTINGS_FILE}: `language` is nl or en.", code="settings_invalid")
    return settings


def load_front_settings(home: Path) -> FrontSettings:
    """Read `front.toml`; readable by the front's user and the school side's."""
    return _load(home, FRONT_FILE, FrontSettings)


def load_school_settings(home: Path) -> SchoolSettings:
    """Read `school.toml`; the front's user cannot."""
    return _load(home, SCHOOL_FILE, SchoolSettings)


def parse_settings(text: str, home: Path) -> Settings:
    """Settings out of the text of a `settings.toml` that does not stand in its place yet. Raises `SettingsError`."""
    try:
        values = tomllib.loads(text)
        return Settings(**_typed(home / SETTINGS_FILE, Settings, values), home=home)  # type: ignore[arg-type]
    except (tomllib.TOMLDecodeError, TypeError):
        raise SettingsError(f"{SETTINGS_FILE} is not a settings file.", code="settings_invalid") from None


def documented_fields(cls: type) -> dict[str, str]:
    """What stands under each field of one of the settings classes of this module."""
    found: dict[str, str] = {}
    body = next(
        node.body
        for node in ast.parse(Path(__file__).read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name == cls.__name__
    )
    for field, after in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            text = (
                after.value.value
                if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                else ""
            )
            found[field.target.id] = str(text)
    return found


def settings_in_file(home: Path, name: str) -> dict[str, object]:
    """What stands in one of the three files, as it stands there. Raises `SettingsError`."""
    return _read_toml(home / name)


def load_mail_settings(home: Path) -> MailSettings | None:
    """Read `mail.toml`; None when there is none, so that no mail is sent.

    Raises:
        SettingsError: a setting is missing, unknown or of another type; `mail_setting_refused`: no address or server
            could be that; `mail_not_encrypted`: a connection without TLS that would leave this machine.
    """
    if not (home / MAIL_FILE).exists():
        return None
    found = _load(home, MAIL_FILE, MailSettings)
    addresses = (
        found.sender,
        *found.application_manager,
        *found.approver,
        *found.privacy_officer,
        *found.data_protection_officer,
    )
    faults = {
        "host": not _HOST.match(found.host),
        "port": not 0 < found.port < 65_536,
        "security": found.security not in _SECURITY,
        "sender or an address of a role": any(not _ADDRESS.match(address) for address in addresses),
        "user, password_file": (found.user is None) != (found.password_file is None),
        # Attack: a name with a slash reads any file of the school side to whoever keeps the mail server.
        "password_file": found.password_file is not None
        and (not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", found.password_file)),
    }
    wrong = [name for name, is_wrong in faults.items() if is_wrong]
    if wrong:
        raise SettingsError(
            f"{MAIL_FILE}: not acceptable: {'; '.join(wrong)}.",
            code="mail_setting_refused",
            remedy="See docs/terms.md for every setting.",
        )
    if found.security == "none" and found.host not in _LOOPBACK:
        raise SettingsError(
            f"{MAIL_FILE}: mail without encryption is for a server on this machine only.",
            code="mail_not_encrypted",
            remedy='Set security = "starttls" or "tls".',
        )
    return found


def store_settings(settings: Settings) -> None:
    """Write `settings.toml` with every setting, so that what can be set is seen in the file."""
    write_toml(
        settings.home / SETTINGS_FILE,
        {item.name: getattr(settings, item.name) for item in fields(settings) if item.name != "home"},
    )
