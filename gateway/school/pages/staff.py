"""Staff: who has which role, inviting, closing, ending sessions."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.pages.words import conflict_text
from gateway.school.staff import accounts
from gateway.school.staff.accounts import grants_from, signed_in_actor
from gateway.school.staff.roles import GRANTS, PER_SCHOOL, Action, Role, conflicts

pages = Blueprint("staff", __name__, url_prefix="/staff")


@pages.get("/")
@needs(Action.STAFF_SEE)
def listed() -> str:
    """Every account, and the matrix of what roles may do."""
    rows = accounts.listed(context().services, now=context().now())
    warned = {row.name: conflicts(grant.role for grant in row.grants) for row in rows if not row.closed}
    return render_template("staff.html", accounts=rows, warned=warned, choices=_choices())


@pages.get("/roles")
@needs(Action.STAFF_SEE)
def matrix() -> str:
    """What each role may do."""
    return render_template("roles.html", roles=list(Role), grants=GRANTS)


@pages.post("/invite")
@needs(Action.STAFF_CHANGE)
def invite() -> Response | str:
    """Invite somebody; the link is shown once, to be handed over."""
    grants = grants_from(request.form.getlist("roles"))
    token = accounts.invite(
        context().services,
        name=request.form.get("name", ""),
        display_name=request.form.get("display_name", ""),
        grants=grants,
        actor=signed_in_actor(person()),
        now=context().now(),
    )
    link = f"{context().pages_url}{url_for('sign_in.invitation', token=token)}"
    warned = conflicts(grant.role for grant in grants)
    return render_template("invited.html", link=link, name=request.form.get("name", ""), warned=warned)


@pages.post("/<name>/roles")
@needs(Action.STAFF_CHANGE)
def change_roles(name: str) -> Response:
    """Give exactly these roles."""
    grants = grants_from(request.form.getlist("roles"))
    accounts.change_roles(
        context().services,
        name=name,
        grants=grants,
        actor=signed_in_actor(person()),
        now=context().now(),
    )
    flash(_("The roles are changed; they act at the next page."))
    for code in conflicts(grant.role for grant in grants):
        flash(conflict_text(code))
    return _back()


@pages.post("/<name>/close")
@needs(Action.STAFF_CHANGE)
def close(name: str) -> Response:
    """Close an account for good."""
    accounts.close(context().services, name=name, actor=signed_in_actor(person()), now=context().now())
    flash(_("The account is closed and its sessions have ended."))
    return _back()


@pages.post("/sessions/end")
@needs(Action.STAFF_CHANGE)
def end_everywhere() -> Response:
    """End every session of everybody."""
    accounts.end_sessions(context().services, actor=signed_in_actor(person()), now=context().now())
    return redirect(url_for("sign_in.form"), 303)  # type: ignore[return-value]


def _choices() -> list[str]:
    schools = context().services.settings.brins
    words: list[str] = []
    for role in Role:
        words += [f"{role.value}/{brin}" for brin in schools] if role in PER_SCHOOL else [role.value]
    return words


def _back() -> Response:
    return redirect(url_for("staff.listed"), 303)  # type: ignore[return-value]
