"""`schuilnaam staff`: accounts of staff, for the first set-up and when nobody can sign in any more."""

from __future__ import annotations

import click

from gateway.cli.console import Console, standard_options
from gateway.errors import UsageError
from gateway.registers.actors import Actor
from gateway.school.services import clock, os_account
from gateway.school.staff import accounts
from gateway.school.staff.accounts import StaffAccount, grants_from
from gateway.school.staff.roles import Role, conflicts

_ROLES = ", ".join(role.value for role in Role)


@click.group()
def staff() -> None:
    """Accounts of staff and their roles."""


def _word(account: StaffAccount) -> list[str]:
    return sorted(grant.role.value + (f"/{grant.school}" if grant.school else "") for grant in account.grants)


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
        f"{link}\nOnce, within 48 hours, for {display_name} alone.{where}",
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
    console.answer({"name": name, "roles": sorted(roles)}, f"{name} now has: {', '.join(sorted(roles))}.")


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
