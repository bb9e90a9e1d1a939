"""Preview: one person as the school has that person, and as a product gets it.

A real person is for who holds `PREVIEW_PUPIL`; the access is registered before anything is asked. Both forms answer
what was sent directly: an address would hold whom it is about, and nothing of this is kept to be shown again.
"""

from __future__ import annotations

from typing import Final

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from contracts.errors import ContractError
from gateway.connections import source_settings
from gateway.errors import GatewayError, UsageError
from gateway.school.agreements import active_agreements
from gateway.school.api import problems
from gateway.school.pages import preview_words
from gateway.school.pages.access import needs, person
from gateway.school.pages.context import context
from gateway.school.pages.error_words import told
from gateway.school.previewing import asking, making_up
from gateway.school.previewing.made_up_school import MadeUpPerson
from gateway.school.previewing.shown import PersonPreview
from gateway.school.staff.accounts import signed_in_actor
from gateway.school.staff.roles import Action
from keys.errors import KeysError

pages = Blueprint("preview", __name__, url_prefix="/preview")

_WORDS: Final = (
    preview_words.why,
    preview_words.reason_text,
    preview_words.person_reason,
    preview_words.form_word,
    preview_words.form_sign,
    preview_words.field_name,
    preview_words.value_text,
)


@pages.get("/")
@needs(Action.PREVIEW_MADE_UP)
def form() -> str:
    """Choose a product, and somebody made up or (who may) a real person."""
    return _form(product=request.args.get("product", ""))


@pages.post("/made-up")
@needs(Action.PREVIEW_MADE_UP)
def made_up() -> str | tuple[str, int]:
    """Somebody who does not exist, through the real plan and release."""
    product, _at, reference = request.form.get("product", "").partition("@")
    try:
        somebody = made_up_of(request.form)
        found = making_up.preview_made_up(
            context().services,
            product=product,
            person=somebody,
            now=context().now(),
            reference=reference or None,
        )
    except (GatewayError, ContractError) as refused:
        return _form(product=product, refused=refused, about="made_up"), problems.status_of(refused)
    return _shown(found, made_up=somebody)


@pages.post("/pupil")
@needs(Action.PREVIEW_PUPIL)
def pupil() -> str | tuple[str, int]:
    """A real person; registered first."""
    product = request.form.get("product", "")
    try:
        found = asking.preview(
            context().services,
            product=product,
            source=request.form.get("source", ""),
            identifier=_identifier(request.form.get("identifier", "")),
            actor=signed_in_actor(person()),
            reason=request.form.get("reason", ""),
            now=context().now(),
        )
    except (GatewayError, ContractError, KeysError) as refused:
        return _form(product=product, refused=refused, about="pupil"), problems.status_of(refused)
    return _shown(found, made_up=None)


def _identifier(text: str) -> str:
    found = text.strip()
    if not found:
        raise UsageError("A person is asked for by the number in the school's system.", code="pupil_invalid")
    return found


def made_up_of(given: object) -> MadeUpPerson:
    """From a form. Raises `UsageError`: an age that is no number."""
    value = given.get  # type: ignore[attr-defined]
    age = str(value("age", "10")).strip()
    return MadeUpPerson(
        role=value("role", "student"),
        brin=value("brin", ""),
        grade=str(value("grade", "")).strip(),
        group=str(value("group", "")).strip(),
        age=int(age) if age.isascii() and age.isdecimal() and len(age) < 4 else -1,
        consents=value("consents") == "1",
        objects=value("objects") == "1",
    )


def _form(*, product: str = "", refused: Exception | None = None, about: str | None = None) -> str:
    services = context().services
    agreements = sorted(active_agreements(services, now=context().now()), key=lambda each: each.product)
    waiting = sorted(making_up.waiting(services), key=lambda each: (each.product, each.reference))
    known = [*agreements, *waiting]
    chosen = next((each for each in known if each.product == product), None)
    first = chosen or next(iter(known), None)
    return render_template(
        "preview.html",
        agreements=agreements,
        waiting=waiting,
        product=product,
        begin=making_up.suggestions(first) if first is not None else MadeUpPerson(),
        # With the locations that agreements name: a listed location covers nothing but itself.
        brins=sorted({*services.settings.brins, *(school for each in known for school in each.schools)}),
        sources=source_settings.listed(services.school, board_id=services.board_id),
        refused=None if refused is None else told(refused),
        refused_code=getattr(refused, "code", ""),
        about=about,
        roles={"student": _("a pupil"), "teacher": _("a teacher"), "guardian": _("a parent or guardian")},
    )


def _shown(found: PersonPreview, *, made_up: MadeUpPerson | None) -> str:
    services = context().services
    known = [*active_agreements(services, now=context().now()), *making_up.waiting(services)]
    agreement = next(
        each for each in known if (each.product, each.reference) == (found.product, found.agreement)
    )
    return render_template(
        "previewed.html",
        found=found,
        made_up=made_up,
        agreement=agreement,
        leaving=[each for each in found.fields if each.sent is not None],
        staying=[each for each in found.fields if each.sent is None],
        small=[each for each in found.groups if each.small],
        **{each.__name__: each for each in _WORDS},
    )
