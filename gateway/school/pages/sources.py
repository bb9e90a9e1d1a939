"""School systems: add one, try it, say which of its schools is which BRIN."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from gateway.connections import source_settings
from gateway.errors import GatewayError, UsageError
from gateway.school import source_setup
from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

pages = Blueprint("sources", __name__, url_prefix="/sources")


@pages.get("/")
@needs(Action.SOURCE_SEE)
def listed() -> str:
    """Every source, and the form for a new one."""
    return _listed({}, None)


@pages.post("/")
@needs(Action.SOURCE_CHANGE)
def add() -> Response | tuple[str, int]:
    """Add a source; what was typed stays when something is wrong, except the secret."""
    typed = {
        name: request.form.get(name, "").strip()
        for name in ("slug", "standard", "url", "token_url", "client_id", "results")
    }
    secret = request.form.get("client_secret", "").strip()
    try:
        if not secret:
            raise UsageError(_("The client secret is missing."), code="secret_missing")
        settings = source_setup.settings_of(
            slug=typed["slug"],
            standard=typed["standard"],
            url=typed["url"],
            token_url=typed["token_url"],
            client_id=typed["client_id"],
            results="keep" if typed["results"] == "keep" else "source",
        )
        source_setup.add(
            context().services,
            settings,
            secret.encode(),
            actor=signed_in_actor(person()),
            now=context().now(),
        )
    except UsageError as refused:
        return _listed(typed, refused), 422
    flash(_("Added. Now try it."))
    return redirect(url_for("sources.one", slug=settings.slug), 303)  # type: ignore[return-value]


def _listed(typed: dict[str, str], refused: UsageError | None) -> str:
    services = context().services
    return render_template(
        "sources.html",
        sources=source_settings.listed(services.school, board_id=services.board_id),
        standards=source_setup.STANDARDS,
        typed=typed,
        refused=refused,
    )


@pages.get("/<slug>")
@needs(Action.SOURCE_SEE)
def one(slug: str) -> tuple[str, int]:
    """One source; nothing is asked of it."""
    return _one(slug, None, None, None), 200


@pages.post("/<slug>/check")
@needs(Action.SOURCE_CHANGE)
def check(slug: str) -> tuple[str, int]:
    """Read everything once and keep nothing; then tie the schools that say their BRIN."""
    services, actor, now = context().services, signed_in_actor(person()), context().now()
    try:
        found = source_setup.check(services, slug, actor=actor, now=now)
        schools = source_setup.schools(services, slug, {}, actor=actor, now=now)
    except GatewayError as failed:
        return _one(slug, None, None, failed), 502
    return _one(slug, found, schools, None), 200


@pages.post("/<slug>/schools")
@needs(Action.SOURCE_CHANGE)
def map_schools(slug: str) -> tuple[str, int]:
    """Tie schools to the BRIN that was chosen for each."""
    given = {
        name.removeprefix("brin:"): value.strip().upper()
        for name, value in request.form.items()
        if name.startswith("brin:") and value.strip()
    }
    services, actor, now = context().services, signed_in_actor(person()), context().now()
    try:
        schools = source_setup.schools(services, slug, given, actor=actor, now=now)
    except GatewayError as failed:
        return _one(slug, None, None, failed), 422
    flash(_("The schools are tied."))
    return _one(slug, None, schools, None), 200


def _one(
    slug: str,
    found: source_setup.CheckedSource | None,
    schools: list[source_setup.SchoolOfSource] | None,
    failed: GatewayError | None,
) -> str:
    services = context().services
    return render_template(
        "source.html",
        source=source_settings.get(services.school, slug, board_id=services.board_id),
        mapped=source_settings.schools(services.school, slug, board_id=services.board_id),
        found=found,
        schools=schools,
        failed=failed,
        brins=services.settings.brins,
    )
