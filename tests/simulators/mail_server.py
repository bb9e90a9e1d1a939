"""A mail server of the board that tests can bend: real SMTP on 127.0.0.1, with STARTTLS and login when asked.

Example:
    with MailServer(folder) as server:
        write_settings(home, server); ...; assert server.mails[0].to == ["fg@school.example"]
        server.answers["DATA"] = "451 4.3.0 later"
"""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "schuilnaam", "een wachtwoord voor de post"


@dataclass
class Mail:
    """One mail as the server took it."""

    sender: str
    to: list[str]
    content: bytes
    encrypted: bool
    logged_in: bool

    @property
    def message(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def subject(self) -> str:
        # A long one is folded, and this parser keeps the space at which it was.
        return str(self.message["Subject"]).strip()

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    @property
    def pages(self) -> list[str]:
        return [str(part.get_content()) for part in self.message.iter_attachments()]


@dataclass
class MailServer:
    """Takes mail and remembers it."""

    folder: Path
    tls: bool = True
    login: bool = True
    name_on_certificate: str = "127.0.0.1"
    mails: list[Mail] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    """Addresses that it would not take."""
    answers: dict[str, str] = field(default_factory=dict)
    """What it says instead, by command: `MAIL`, `DATA`."""
    connections: int = 0

    def __post_init__(self) -> None:
        self.ca_file = self.folder / "ca.pem"
        self._context = self._certificate() if self.tls else None
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            self.port = int(chosen.getsockname()[1])

    def __enter__(self) -> MailServer:
        self._controller = _Controller(self, self._context)
        self._controller.start()
        # Starting it, the library connects once itself.
        self.connections = 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()

    def settings(self, **changes: object) -> dict[str, object]:
        """What `mail.toml` says for it."""
        told: dict[str, object] = {
            "host": "127.0.0.1",
            "port": self.port,
            "security": "starttls" if self.tls else "none",
            "sender": "schuilnaam@school.example",
            "application_manager": ("beheer@school.example",),
            "approver": ("bestuur@school.example",),
            "privacy_officer": ("privacy@school.example",),
            "data_protection_officer": ("fg@school.example",),
        }
        if self.tls:
            told["ca_file"] = str(self.ca_file)
        if self.login:
            told |= {"user": USER, "password_file": "smtp-password"}
        return {**told, **changes}

    def write(self, home: Path, **changes: object) -> None:
        """Write `mail.toml` and the password into a home folder."""
        from gateway.settings import MAIL_FILE, write_toml

        write_toml(home / MAIL_FILE, self.settings(**changes))
        secrets = home / "secrets"
        secrets.mkdir(mode=0o700, exist_ok=True)
        password = secrets / "smtp-password"
        password.touch(mode=0o600)
        password.write_text(f"{PASSWORD}\n")

    def told(self, address: str) -> list[str]:
        """Subjects of what an address got, in order."""
        return [mail.subject for mail in self.mails if address in mail.to]

    def _certificate(self) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        import ipaddress

        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
        shown: x509.GeneralName = x509.DNSName(self.name_on_certificate)
        if self.name_on_certificate[0].isdigit():
            shown = x509.IPAddress(ipaddress.ip_address(self.name_on_certificate))
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([shown]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        own = self.folder / "mail.key"
        own.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca_file, own)
        return context


class _Handler:
    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "MAIL" in self._server.answers:
            return self._server.answers["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._server.refused:
            return f"550 5.1.1 no such mailbox {address}"
        if "RCPT" in self._server.answers:
            return self._server.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if "DATA" in self._server.answers:
            return self._server.answers["DATA"]
        content = envelope.content
        assert isinstance(content, bytes)
        self._server.mails.append(
            Mail(
                envelope.mail_from or "",
                list(envelope.rcpt_tos),
                content,
                encrypted=session.ssl is not None,
                logged_in=bool(session.authenticated),
            )
        )
        return "250 OK"


class _Controller(Controller):  # type: ignore[misc]
    def __init__(self, server: MailServer, context: ssl.SSLContext | None) -> None:
        self._mail_server = server
        self._starttls = context
        super().__init__(_Handler(server), hostname="127.0.0.1", port=server.port)

    def factory(self) -> Any:
        self._mail_server.connections += 1

        def authenticate(
            _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
        ) -> AuthResult:
            right = isinstance(given, LoginPassword) and (given.login, given.password) == (
                USER.encode(),
                PASSWORD.encode(),
            )
            return AuthResult(success=right, handled=False)

        wants_login = self._mail_server.login
        return SMTP(
            self.handler,
            hostname="mail.school.example",
            tls_context=self._starttls,
            auth_required=wants_login,
            auth_require_tls=self._starttls is not None,
            authenticator=authenticate if wants_login else None,
            decode_data=False,
        )
