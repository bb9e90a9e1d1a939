"""`schuilnaam staff`: accounts of staff, for the first set-up and when nobody can sign in any more."""

from __future__ import annotations

import click

from gateway.cli.console import Console, standard_options
from gateway.errors import UsageError
from gateway.registers.actors import Actor
from gateway.school.services import clock, os_account
from gateway.school.staff import accounts, api_tokens
from gateway.school.staff.accounts import StaffAccount, grants_from
from gateway.school.staff.roles import Role, conflicts

_ROLES = ", ".join(role.value for role in Role)


@click.group()
def staff() -> None:
    """Accounts of staff and their roles."""


def _word(account: StaffAccount) -> list[str]:
    return sorted(grant.role.value + (f"/{grant.school}" if grant.school else "") for grant in account.grants)


_WARNINGS = {
    "fg_decides": "The data protection officer must not decide what they then judge (GDPR art. 38(6)): "
    "give one of the two roles to somebody else.",
    "enters_and_approves": "This person can enter and approve agreements, though never the same one.",
}


def _told(warnings: list[str]) -> str:
    return "".join(f"\nWarning: {_WARNINGS[code]}" for code in warnings)


@staff.command("invite")
@click.argument("name")
@click.option("--display-name", required=True, help="As colleagues know the person.")
@click.option("--role", "roles", multiple=True, help=f"{_ROLES}; a school's role as role/BRIN.")
@click.option("--email", help="Where warnings and receipts go.")
@click.option("--by", help="Who invites: a claim, stored beside the system account.")
@standard_options
def invite(
    console: Console, name: str, display_name: str, roles: tuple[str, ...], email: str | None, by: str | None
) -> None:
    """Make an account, or let somebody choose a new password and second factor; prints a one-time link."""
    services, now = console.services(), clock()
    if services.settings.pages_url is None:
        base = ""
    else:
        base = services.settings.pages_url.rstrip("/")
    grants = grants_from(roles)
    token = accounts.invite(
        services,
        name=name,
        display_name=display_name,
        grants=grants,
        email=email,
        actor=services.operator() if by is None else Actor.person(by, os_account=os_account()),
        now=now,
    )
    link = f"{base}/invitation/{token}"
    warnings = list(conflicts(grant.role for grant in grants))
    where = "" if base else " Put the address of the staff pages before it (setting pages_url)."
    console.answer(
        {"name": accounts.require_name(name), "link": link, "hours": 48, "warnings": warnings},
        f"{link}\nOnce, within 48 hours, for {display_name} alone.{where}{_told(warnings)}",
    )


@staff.command("list")
@standard_options
def listed(console: Console) -> None:
    """Every account with its roles."""
    rows = accounts.listed(console.services(), now=clock())
    console.answer(
        [
            {
                "name": each.name,
                "display_name": each.display_name,
                "kind": each.kind,
                "roles": _word(each),
                "closed": each.closed,
                "locked": each.locked,
                "ready": each.ready,
                "warnings": list(conflicts(grant.role for grant in each.grants)),
            }
            for each in rows
        ],
        "\n".join(
            f"{each.name:<32} {'closed' if each.closed else 'open':<7} {', '.join(_word(each))}"
            for each in rows
        )
        or "No accounts. Next: schuilnaam staff invite NAME --display-name NAME --role application_manager",
    )


@staff.command("roles")
@click.argument("name")
@click.option(
    "--role", "roles", multiple=True, required=True, help=f"{_ROLES}; a school's role as role/BRIN."
)
@click.option("--by", required=True, help="Who decided: a claim, stored beside the system account.")
@standard_options
def roles(console: Console, name: str, roles: tuple[str, ...], by: str) -> None:
    """Give exactly these roles; acts at once."""
    services = console.services()
    grants = grants_from(roles)
    accounts.change_roles(
        services, name=name, grants=grants, actor=Actor.person(by, os_account=os_account()), now=clock()
    )
    warnings = list(conflicts(grant.role for grant in grants))
    console.answer(
        {"name": name, "roles": sorted(roles), "warnings": warnings},
        f"{name} now has: {', '.join(sorted(roles))}.{_told(warnings)}",
    )


@staff.command("close")
@click.argument("name")
@click.option("--by", required=True, help="Who decided: a claim, stored beside the system account.")
@standard_options
def close(console: Console, name: str, by: str) -> None:
    """Close an account for good; its sessions end now."""
    accounts.close(
        console.services(), name=name, actor=Actor.person(by, os_account=os_account()), now=clock()
    )
    console.answer({"name": name, "closed": True}, f"{name} is closed.")


@staff.command("end-sessions")
@click.argument("name", required=False)
@click.option("--all", "everybody", is_flag=True, help="Of everybody.")
@standard_options
def end_sessions(console: Console, name: str | None, everybody: bool) -> None:
    """End every session of one account, or of everybody."""
    if (name is None) != everybody:
        raise UsageError("Give a NAME, or --all.", code="staff_name_missing")
    services = console.services()
    ended = accounts.end_sessions(services, actor=services.operator(), now=clock(), name=name)
    console.answer({"ended": ended}, f"{ended} sessions ended.")


@staff.group("token")
def token() -> None:
    """Tokens with which programs act for somebody at the admin API."""


@token.command("issue")
@click.argument("name")
@click.option("--label", required=True, help="What the token is for.")
@click.option(
    "--role", "roles", multiple=True, required=True, help="Roles that it carries, of those of the person."
)
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="How long it lasts.")
@standard_options
def token_issue(console: Console, name: str, label: str, roles: tuple[str, ...], days: int) -> None:
    """Make a token for an account; it is shown this once."""
    services, now = console.services(), clock()
    found = next((each for each in accounts.listed(services, now=now) if each.name == name.casefold()), None)
    if found is None:
        raise UsageError("There is no open account of this name.", code="staff_unknown")
    issued = api_tokens.issue(
        services,
        account_id=found.account_id,
        label=label,
        grants=grants_from(roles),
        actor=services.operator(),
        now=now,
        days=days,
    )
    console.answer(
        {"token_id": issued.token_id, "token": issued.token, "days": days},
        f"{issued.token}   (shown this once)\nEnd it with: schuilnaam staff token revoke {issued.token_id}",
    )


@token.command("list")
@standard_options
def token_list(console: Console) -> None:
    """Every token without its secret."""
    rows = api_tokens.listed(console.services())
    console.answer(
        [
            {
                "token_id": each.token_id,
                "name": each.name,
                "label": each.label,
                "roles": sorted(grant.role.value for grant in each.grants),
                "expires_at_ms": each.expires_at_ms,
                "revoked": each.revoked_at_ms is not None,
            }
            for each in rows
        ],
        "\n".join(
            f"{each.token_id}  {each.name:<32} {'ended' if each.revoked_at_ms else 'open':<6} {each.label}"
            for each in rows
        )
        or "No tokens.",
    )


@token.command("revoke")
@click.argument("token_id")
@standard_options
def token_revoke(console: Console, token_id: str) -> None:
    """End a token at once."""
    services = console.services()
    api_tokens.revoke(services, token_id, actor=services.operator(), now=clock())
    console.answer({"token_id": token_id, "revoked": True}, f"{token_id} has ended.")
