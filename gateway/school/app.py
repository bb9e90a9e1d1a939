"""The staff pages as a web application. Runs on the school side; the vendors' door knows nothing of it.

Guarantees: every view declares who may open it, or the application does not start; every form carries a token against
forgery; every answer has the same security headers; an error shows a sentence and a code, never a value of a record.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, g, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, SecurityError

from contracts.errors import ContractError
from gateway.errors import GatewayError
from gateway.school.api import installing, problems
from gateway.school.doctor.background import Examiner
from gateway.school.pages import (
    access,
    agenda,
    agreement_ending,
    agreement_faults,
    agreement_files,
    agreement_pictures,
    agreement_words,
    agreements,
    app_parts,
    consent_answers,
    consent_words,
    consents,
    deletions,
    drafts,
    event_words,
    headers,
    language,
    layouts,
    leaflets,
    legal_exceptions,
    mail,
    objections,
    oidc,
    passkeys,
    preview,
    receipts,
    registers,
    regulations,
    report_words,
    reports,
    routes,
    row_words,
    school_year,
    sign_in,
    sources,
    staff,
    start,
    subprocessors,
    switchovers,
    system,
    term_words,
    vendors,
    words,
)
from gateway.school.pages.context import PagesContext, keep
from gateway.school.pages.error_words import told
from gateway.school.pages.uploads import InMemoryRequest
from gateway.school.services import SchoolServices
from gateway.school.staff.oidc import IdentityProvider
from gateway.school.staff.pages_key import PagesKey
from gateway.school.staff.roles import Action
from gateway.school.staff.sessions import SessionLimits
from keys.errors import KeysError

PAGES: Final[tuple[Blueprint, ...]] = (
    start.pages,
    sign_in.pages,
    oidc.pages,
    passkeys.pages,
    sources.pages,
    vendors.pages,
    staff.pages,
    agreements.pages,
    agreement_files.pages,
    drafts.pages,
    leaflets.pages,
    agreement_pictures.pages,
    preview.pages,
    routes.pages,
    agreement_ending.pages,
    deletions.pages,
    subprocessors.pages,
    agenda.pages,
    mail.pages,
    receipts.pages,
    reports.pages,
    registers.pages,
    system.pages,
    consents.pages,
    consent_answers.pages,
    objections.pages,
    legal_exceptions.pages,
    regulations.pages,
    layouts.pages,
    school_year.pages,
    switchovers.pages,
)
"""Every set of pages. Adding one is a module and a line here."""

MAX_UPLOAD_BYTES: Final = 60 * 1024 * 1024


def create_school_app(services: SchoolServices, *, pages_url: str, now: Callable[[], datetime]) -> Flask:
    """Build the application; everything that lasts is in the databases."""
    settings = services.settings
    pages = PagesContext(
        services=services,
        key=PagesKey.open(settings.pages_key_path),
        pages_url=pages_url.rstrip("/"),
        now=now,
        examiner=Examiner(settings.home),
        identity_provider=IdentityProvider.of_settings(settings, pages_url=pages_url),
        limits=SessionLimits(
            idle_ms=settings.staff_idle_minutes * 60_000, whole_ms=settings.staff_session_hours * 3_600_000
        ),
    )
    app = Flask(
        __name__, static_folder="pages/static", static_url_path="/static", template_folder="pages/templates"
    )
    app.request_class = InMemoryRequest
    app.config.update(
        SECRET_KEY=pages.key.cookie_secret(),
        MAX_CONTENT_LENGTH=MAX_UPLOAD_BYTES,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        # An agreement of ten products is a form of about 1,500 parts.
        MAX_FORM_PARTS=10_000,
        PROPAGATE_EXCEPTIONS=False,
        SESSION_COOKIE_NAME="__Host-schuilnaam" if pages.secure else "schuilnaam",
        SESSION_COOKIE_SECURE=pages.secure,
        SESSION_COOKIE_HTTPONLY=True,
        # Lax: the identity provider sends people back with a link. Forms carry a token besides.
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=30),
        # As long as the session: a form may wait over lunch.
        WTF_CSRF_TIME_LIMIT=None,
        TRUSTED_HOSTS=[urlsplit(pages.pages_url).hostname],
    )
    keep(app.extensions, pages)
    app.view_functions["static"] = access.needs(access.ANYBODY)(app.view_functions["static"])
    app_parts.install(app)
    csrf = CSRFProtect(app)
    headers.install(app, secure=pages.secure)
    access.install(app)
    language.install(app)
    words.install(app)
    row_words.install(app)
    agreement_words.install(app)
    agreement_faults.install(app)
    term_words.install(app)
    report_words.install(app)
    event_words.install(app)
    consent_words.install(app)
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    installing.install(app, csrf)
    oidc_name = None if pages.identity_provider is None else settings.oidc_name or "OpenID Connect"
    app.context_processor(
        lambda: {
            "me": g.get("person"),
            "Action": Action,
            "board": settings.board_name,
            "oidc_name": oidc_name,
        }
    )
    app.jinja_env.globals["passkey_options"] = passkeys.sign_in_options
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    _install_errors(app)
    access.require_declarations(app)
    return app


def _install_errors(app: Flask) -> None:
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _failed)


def _page(status: int, code: str, text: str) -> tuple[str, int]:
    return render_template("error.html", status=status, code=code, text=text), status


def _forged(error: CSRFError) -> tuple[str, int]:
    return _page(400, "form_too_old", _("This form was open too long. Open the page again and repeat."))


def _http(error: HTTPException) -> tuple[str, int] | Response:
    status = error.code or 500
    if request.path.startswith(problems.PREFIX):
        return problems.of_error(error)
    if isinstance(error, SecurityError):
        # Asked under another name than ours: no page is drawn, because no link of it would be right.
        return "Ask for this page by its own address (setting pages_url).", 400
    if status == 404:
        return _page(404, "not_found", _("There is no such page."))
    if status == 403:
        return _page(
            403, "not_allowed", _("Your role does not allow this. Ask the application manager who may.")
        )
    if status == 413:
        return _page(413, "too_large", _("This file is too large."))
    return _page(status, "malformed_request", _("The request cannot be read."))


def _failed(error: Exception) -> tuple[str, int] | Response:
    """Our own errors say what to do; of any other only its kind is told, because its text may hold a value."""
    if request.path.startswith(problems.PREFIX):
        return problems.of_error(error)
    status, code = 500, "unexpected"
    text = _("The gateway could not do this. Its operator has been told.")
    if isinstance(error, GatewayError | ContractError | KeysError):
        status, code = problems.status_of(error), error.code
        text = told(error)
    elif isinstance(error, DBAPIError):
        status, code = 503, "database_unavailable"
        text = _("A database does not answer. Try again in a minute.")
    if status >= 500:
        place = f"{request.method} {request.endpoint}"
        print(f"schuilnaam: A page failed: {type(error).__name__} at {place}. [{code}]", file=sys.stderr)
    return _page(status, code, text)
