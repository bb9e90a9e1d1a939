"""Products that rest on consent: their texts, how many said what, and requests to delete. Nobody is named here."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from contracts.vocabulary import AgreementState
from gateway.database import reading
from gateway.errors import DisclosureRefused, GatewayError, UsageError
from gateway.school.api.problems import status_of
from gateway.school.consents import counting, requests, texts
from gateway.school.consents.counting import ProductCounts
from gateway.school.consents.printing import body_of, printed, title_of
from gateway.school.consents.products import AskedProduct, asked_product, consent_products
from gateway.school.pages.access import needs, person
from gateway.school.pages.asking import source_names
from gateway.school.pages.context import context
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action

pages = Blueprint("consents", __name__, url_prefix="/consents")


@pages.get("/")
@needs(Action.CONSENT_SEE)
def listed() -> str:
    """The products that rest on consent; a board that has none is told so, and nothing else."""
    return _overview()


@pages.post("/counts")
@needs(Action.CONSENT_SEE)
def counts() -> str | tuple[str, int]:
    """Count what was said; the school's systems are asked how old everybody is, so it is asked for."""
    services, now = context().services, context().now()
    try:
        found = counting.counts(
            services, signed_in_actor(person()), consent_products(services, now=now), now=now
        )
    except GatewayError as refused:
        return _overview(refused=refused), status_of(refused)
    return _overview(counted=found)


def _overview(*, counted: Sequence[ProductCounts] | None = None, refused: GatewayError | None = None) -> str:
    services = context().services
    return render_template(
        "consents.html",
        products=consent_products(services, now=context().now()),
        counted=counted,
        refused=refused,
        active=AgreementState.ACTIVE,
    )


@pages.get("/products/<product>")
@needs(Action.CONSENT_SEE)
def one(product: str) -> str:
    """One product: purposes, texts with their hashes, and the way to look up one pupil."""
    return product_page(found_product(product))


def found_product(product: str) -> AskedProduct:
    """Raises `NotFound` for one that does not rest on consent, or is none."""
    services = context().services
    with reading(services.school) as connection:
        try:
            return asked_product(services, connection, product, now=context().now())
        except (UsageError, DisclosureRefused) as refused:
            if refused.code in ("product_unknown", "consent_not_asked"):
                raise NotFound from None
            raise


def product_page(asked: AskedProduct, *, refused: GatewayError | None = None) -> str:
    """The page of one product."""
    return render_template(
        "consent_product.html", asked=asked, sources=source_names(), refused=refused, typed=request.form
    )


@pages.post("/products/<product>/texts")
@needs(Action.CONSENT_RECORD)
def register_text(product: str) -> Response | tuple[str, int]:
    """Register the text of today's agreement in a language, so that consents can refer to it."""
    asked = found_product(product)
    language = request.form.get("language")
    try:
        text = texts.register_text(
            context().services,
            signed_in_actor(person()),
            asked.product,
            language="en" if language == "en" else "nl",
            pupils_of_16=request.form.get("pupils_of_16") == "yes",
            now=context().now(),
        )
    except GatewayError as refused:
        return product_page(asked, refused=refused), status_of(refused)
    flash(_("Text %(reference)s is registered. Print it, and ask with it.", reference=text.reference))
    return redirect(url_for("consents.one", product=asked.product), 303)


@pages.get("/products/<product>/texts/<int:version>/<language>")
@needs(Action.CONSENT_SEE)
def form(product: str, version: int, language: str) -> Response | str:
    """A registered text as a page to print, or as the file that the command line writes."""
    asked = found_product(product)
    text = next((each for each in asked.texts if (each.version, each.language) == (version, language)), None)
    if text is None:
        raise NotFound
    if request.args.get("as") == "file":
        answer = Response(printed(text), content_type="text/html; charset=utf-8")
        name = f"{asked.product}_{text.version}_{text.language}.html"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
    # Everything in it is escaped where it is made (`printing`).
    return render_template("consent_form.html", text=text, title=title_of(text), body=Markup(body_of(text)))  # noqa: S704


@pages.get("/requests")
@needs(Action.CONSENT_SEE)
def requests_listed() -> str:
    """Requests to delete that were drafted, without whom they are about."""
    return render_template("consent_requests.html", found=requests.listed(context().services))


@pages.get("/requests/<int:number>")
@needs(Action.CONSENT_SEE)
def request_shown(number: int) -> str:
    """One request in both languages, for somebody to send; who looks is registered first."""
    services, now = context().services, context().now()
    try:
        found = requests.shown(services, signed_in_actor(person()), number, now=now)
    except UsageError:
        raise NotFound from None
    return render_template(
        "consent_request.html", found=found, letters=requests.request_texts(services, found, now=now)
    )
