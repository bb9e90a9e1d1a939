"""Dutch and English: which one this answer is in, and dates and numbers as people write them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from flask import Flask, Response, redirect, request, session
from flask_babel import Babel, format_date, format_datetime, get_locale

from contracts.instants import AMSTERDAM, from_ms
from gateway.school.pages.access import ANYBODY, needs, safe_next

LANGUAGES: Final = {"nl": "Nederlands", "en": "English"}
DEFAULT: Final = "nl"


def chosen() -> str:
    """What the person chose, else what the browser prefers, else Dutch."""
    kept = session.get("language")
    if kept in LANGUAGES:
        return str(kept)
    return request.accept_languages.best_match(list(LANGUAGES), DEFAULT) or DEFAULT


def local_moment(moment: datetime | int | None) -> str:
    """An instant in Europe/Amsterdam; milliseconds are taken for a stored `_at_ms`."""
    if moment is None:
        return "–"
    if isinstance(moment, int):
        moment = from_ms(moment)
    return str(format_datetime(moment.astimezone(AMSTERDAM), "d MMM y HH:mm", rebase=False))


def local_date(day: date | None) -> str:
    """A local day as people write it."""
    return "–" if day is None else str(format_date(day, "d MMM y", rebase=False))


def install(app: Flask) -> None:
    """Add translations, the switch, and what templates use."""
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "pages/translations"
    Babel(app, locale_selector=chosen)
    app.jinja_env.filters["moment"] = local_moment
    app.jinja_env.filters["day"] = local_date
    app.context_processor(lambda: {"language": str(get_locale() or DEFAULT), "languages": LANGUAGES})

    @needs(ANYBODY)
    def choose_language() -> Response:
        wanted = request.form.get("language", "")
        if wanted in LANGUAGES:
            session["language"] = wanted
        return redirect(safe_next(request.form.get("next")), 303)  # type: ignore[return-value]

    app.add_url_rule("/language", "language", choose_language, methods=["POST"])
