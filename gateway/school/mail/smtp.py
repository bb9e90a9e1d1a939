"""The only module that speaks SMTP: one mail to one mail server of the board, over verified TLS.

Attack: a machine between us and the mail server strikes STARTTLS from the greeting and reads along. So where
`security` is `starttls` a server that does not offer it gets nothing, no login either. Certificates are always
verified, against the system's authorities or the board's own.

What the other side says is not shown or stored but for its three-digit number: its text is not ours.

Source: RFC 5321, RFC 3207, RFC 8314, RFC 3834 (automatic mails).
"""

from __future__ import annotations

import contextlib
import smtplib  # noqa: TID251 (this is the module that may)
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import Any, Final, TypeAlias

from gateway.errors import DeliveryError, GatewayUnready
from gateway.settings import MailSettings

STEP_SECONDS: Final = 20
"""Longest silence of the mail server."""
TOTAL_SECONDS: Final = 120
"""One mail, from the first byte to the last."""
Mail: TypeAlias = "Message[Any, Any]"
_QUOTED: Final = Charset("utf-8")
_QUOTED.body_encoding = QP
"""Quoted-printable: seven bits, so that every server takes it, and still readable as it is."""


def message(
    settings: MailSettings,
    *,
    to: Sequence[str],
    subject: str,
    body: str,
    message_id: str,
    language: str,
    now: datetime,
    attached: tuple[str, bytes] | None = None,
) -> Mail:
    """One mail.

    Args:
        message_id: the part before the @; the same mail has the same one each time that it is tried.
        attached: file name and content of an HTML page.
    """
    mail: Mail = _part(body, "plain")
    if attached is not None:
        name, content = attached
        page = _part(content.decode(), "html")
        page.add_header("Content-Disposition", "attachment", filename=name)
        text, mail = mail, MIMEMultipart()
        mail.attach(text)
        mail.attach(page)
    mail["From"] = formataddr(("Schuilnaam", settings.sender))
    mail["To"] = Header(", ".join(to), header_name="To")
    # Encoded as a whole where it is not ASCII: a word of it alone would be set off by two spaces.
    mail["Subject"] = Header(subject, "us-ascii" if subject.isascii() else "utf-8", header_name="Subject")
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{message_id}@{_domain(settings)}>"
    # RFC 3834: no holiday notice comes back.
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = language
    return mail


def _part(text: str, subtype: str) -> Mail:
    # The library takes a `Charset` too, though its types do not say so.
    return MIMEText(text, subtype, _QUOTED)  # type: ignore[arg-type]


def send(settings: MailSettings, secrets_folder: Path, mail: Mail, to: Sequence[str]) -> list[str]:
    """Hand one mail to the mail server; returns the addresses that it would not take (never all of them).

    Raises:
        DeliveryError: `permanent` when trying again does not help.
        GatewayUnready: `mail_password_unreadable`, `mail_ca_unreadable`.
    """
    password = None if settings.password_file is None else _password(secrets_folder / settings.password_file)
    with _faults(), _connected(settings) as server:
        if settings.user is not None and password is not None:
            _log_in(server, settings.user, password)
        refused = server.send_message(mail, settings.sender, list(to))
    return sorted(refused)


def _log_in(server: smtplib.SMTP, user: str, password: str) -> None:
    try:
        server.login(user, password)
    except smtplib.SMTPServerDisconnected:
        # Some servers hang up on a wrong password.
        raise _failed("mail_login_refused", "The mail server hangs up at the login.") from None


def _domain(settings: MailSettings) -> str:
    return settings.sender.rpartition("@")[2]


@contextlib.contextmanager
def _connected(settings: MailSettings) -> Iterator[smtplib.SMTP]:
    context = _context(settings)
    # The machine's own name is not looked up, nor told.
    name = _domain(settings)
    server = (
        smtplib.SMTP_SSL(settings.host, settings.port, name, timeout=STEP_SECONDS, context=context)
        if settings.security == "tls"
        else smtplib.SMTP(settings.host, settings.port, name, timeout=STEP_SECONDS)
    )
    # A server that sends a byte now and then keeps within every step; this ends it.
    watch = threading.Timer(TOTAL_SECONDS, _cut, [server])
    watch.daemon = True
    watch.start()
    try:
        if settings.security == "starttls":
            server.starttls(context=context)
        yield server
        with contextlib.suppress(smtplib.SMTPException, OSError):
            server.quit()
    finally:
        watch.cancel()
        server.close()


def _cut(server: smtplib.SMTP) -> None:
    sock = server.sock
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _context(settings: MailSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError):
        raise GatewayUnready(
            "The certificates that the mail server is trusted by cannot be read.",
            code="mail_ca_unreadable",
            remedy="Check `ca_file` in mail.toml: a file with certificates in PEM.",
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _password(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise GatewayUnready(
                "The password of the mail server may be read by others.",
                code="mail_password_exposed",
                remedy=f"chmod 600 {path}",
            )
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise GatewayUnready(
            "The file with the password of the mail server cannot be read.",
            code="mail_password_unreadable",
            remedy="Check `password_file` in mail.toml: a file in secrets/, mode 0600.",
        ) from None


@contextlib.contextmanager
def _faults() -> Iterator[None]:
    """Errors of the library as ours; in this order, because some are kinds of others."""
    try:
        yield
    except smtplib.SMTPNotSupportedError:
        raise _failed("mail_not_encrypted", "The mail server offers no encryption, or no login.") from None
    except smtplib.SMTPAuthenticationError as error:
        raise _failed("mail_login_refused", "The mail server refuses the login.", error.smtp_code) from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted(code for code, _ in error.recipients.values())
        raise _failed(
            "mail_recipient_refused",
            "The mail server takes no mail for these addresses.",
            codes[0],
            permanent=codes[0] >= 500,
        ) from None
    except smtplib.SMTPSenderRefused as error:
        raise _failed("mail_sender_refused", "The mail server refuses the sender.", error.smtp_code) from None
    except smtplib.SMTPDataError as error:
        raise _failed(
            "mail_refused",
            "The mail server refuses the mail.",
            error.smtp_code,
            permanent=error.smtp_code >= 500,
        ) from None
    except smtplib.SMTPResponseException as error:
        raise _failed("mail_refused", "The mail server refuses.", error.smtp_code) from None
    except ssl.SSLCertVerificationError:
        raise _failed(
            "mail_certificate_refused",
            "The mail server shows a certificate that is not to be trusted, or another's.",
        ) from None
    except (smtplib.SMTPException, OSError):
        raise _failed("mail_unreachable", "The mail server does not answer.") from None


def _failed(code: str, text: str, number: int | None = None, *, permanent: bool = False) -> DeliveryError:
    shown = text if number is None else f"{text.rstrip('.')} ({number})."
    return DeliveryError(
        shown,
        code=code,
        permanent=permanent,
        remedy="Check mail.toml and the mail server; see `schuilnaam mail test`.",
    )
