"""`schuilnaam mail`: what was told to whom, and whether the mail server can be reached."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from gateway.cli.console import Console, somebody, standard_options
from gateway.errors import UsageError
from gateway.school.mail import sending
from gateway.school.mail.roles import MAIL_ROLES
from gateway.school.mail.stored import MailState, StoredMail
from gateway.school.services import clock
from gateway.school.staff.roles import Role


@click.group()
def mail() -> None:
    """Mails to the officers of the board."""


def _at(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1_000, UTC).isoformat(timespec="seconds")


def _described(mail: StoredMail) -> dict[str, object]:
    return {
        "id": mail.number,
        "occasion": mail.occasion,
        "state": mail.state.value,
        "subject": mail.subject,
        "body": mail.body,
        "roles": list(mail.roles),
        "agreement": mail.agreement,
        "product": mail.product,
        "receipt": mail.receipt,
        "created_at": _at(mail.created_at_ms),
        "sent_at": _at(mail.sent_at_ms),
        "sent_to": list(mail.sent_to),
        "refused_for": list(mail.refused_for),
        "attempts": mail.attempts,
        "next_attempt_at": _at(mail.due_at_ms) if mail.state is MailState.WAITING else None,
        "failure": mail.failure,
    }


@mail.command("outbox")
@click.option(
    "--state", type=click.Choice([state.value for state in MailState]), help="Only those; default: all."
)
@standard_options
def outbox(console: Console, state: str | None) -> None:
    """The newest mails: sent, waiting and failed, with what they say."""
    found = sending.outbox(console.services(), state=None if state is None else MailState(state))
    lines = []
    for each in found:
        to = ", ".join(each.sent_to) or ", ".join(each.roles)
        failure = "" if each.failure is None else f"  [{each.failure}, {each.attempts} attempts]"
        lines.append(
            f"{each.number:>6} {_at(each.created_at_ms)} {each.state.value:<8} {each.subject}  ({to}){failure}"
        )
    console.answer(
        {"mails": [_described(each) for each in found]}, "\n".join(lines) or "The outbox is empty."
    )


@mail.command("resend")
@click.argument("number")
@click.option("--by", required=True, help="Who has it sent again: a claim, stored beside the system account.")
@standard_options
def resend(console: Console, number: str, by: str) -> None:
    """Let a mail that could not be sent wait again; it goes to the addresses that its roles have now."""
    services = console.services()
    if not number.isdecimal() or len(number) > 12:
        raise UsageError(
            "There is no mail of this number.", code="mail_unknown", remedy="See `schuilnaam mail outbox`."
        )
    found = sending.resend(services, somebody(services, by), int(number), now=clock())
    console.answer(_described(found), f"{found.number} waits again: {found.subject}")


@mail.command("test")
@click.option(
    "--role", type=click.Choice([role.value for role in MAIL_ROLES]), help="Default: every address."
)
@standard_options
def test(console: Console, role: str | None) -> None:
    """Send one mail now, to see whether the settings in mail.toml work."""
    services = console.services()
    tested = sending.send_test(
        services, services.operator(), role=None if role is None else Role(role), now=clock()
    )
    text = f"Sent to: {', '.join(tested.to)}"
    if tested.refused:
        text += f"\nThe mail server would not take: {', '.join(tested.refused)}"
    console.answer({"sent_to": list(tested.to), "refused_for": list(tested.refused)}, text)
