"""Words of consents, objections, recipients by law and the privacy regulation, in the language of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Flask
from flask_babel import LazyString, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from contracts.consents import ConsentGiver, Standing
from contracts.regulation import Beyond, Outside
from gateway.school.consents.importing import RowFault
from gateway.school.consents.looking import PersonSay
from gateway.school.consents.words import purpose_words
from gateway.school.pages.agreement_words import CATEGORIES, word_of
from gateway.school.pages.error_words import DUTCH

STATES: Final[Mapping[str, LazyString]] = {
    "given": _l("given"),
    "refused": _l("refused"),
    "withdrawn": _l("withdrawn"),
    "unknown": _l("unknown, and that is no"),
}
ANSWERS: Final[Mapping[str, LazyString]] = {
    "given": _l("yes, given"),
    "refused": _l("no, refused"),
    "withdrawn": _l("withdrawn: it was yes, from now on no"),
}
SPEAKERS: Final[Mapping[str, LazyString]] = {
    "self": _l("the pupil"),
    "representative-1": _l("parent or guardian 1"),
    "representative-2": _l("parent or guardian 2"),
}
METHODS: Final[Mapping[str, LazyString]] = {
    "paper": _l("on paper"),
    "portal": _l("in the parent portal"),
    "in_person": _l("at school, written down and signed there"),
    "email": _l("by e-mail"),
    "telephone": _l("by telephone (a no only)"),
}
WHY_NOT: Final[Mapping[str, LazyString]] = {
    "consent_missing": _l("nobody answered"),
    "consent_refused": _l("somebody who may decide said no"),
    "consent_withdrawn": _l("it was taken back"),
    "consent_expired": _l("its last day has passed"),
    "consent_text_changed": _l("the agreement gives more than the text that was shown tells: ask again"),
    "consent_by_wrong_person": _l("who gave it might not give it on that day"),
}
CAUSES: Final[Mapping[str, LazyString]] = {
    "consent_withdrawn": _l("consent withdrawn"),
    "consent_refused": _l("consent refused"),
    "consent_expired": _l("consent ended"),
    "objection": _l("left out"),
}
PARTS: Final[Mapping[str, LazyString]] = {
    "parents": _l("parents"),
    "pupils": _l("pupils"),
    "staff": _l("staff"),
}
EXCEPTION_NAMES: Final[Mapping[str, LazyString]] = {
    "duo_rod": _l("DUO, register of pupils (register onderwijsdeelnemers)"),
    "leerplicht": _l("School attendance officer (leerplichtambtenaar) or RMC of the municipality"),
    "inspectie": _l("Inspectorate of Education"),
    "overstap": _l("The pupil’s next school"),
    "samenwerkingsverband": _l("Partnership for special needs (samenwerkingsverband passend onderwijs)"),
    "veilig_thuis": _l("Veilig Thuis (child protection)"),
    "ggd": _l("GGD, youth health care"),
    "politie_om": _l("Police or public prosecutor"),
}
EXCEPTION_ARTICLES: Final[Mapping[str, LazyString]] = {
    "leerplicht": _l("Leerplichtwet 1969, art. 18 and 21a"),
    "ggd": _l("No legal duty (Wet publieke gezondheid, art. 5, is the municipality’s)"),
}
"""Where the catalogue's own words are not Dutch already."""
EXCEPTION_NOTES: Final[Mapping[str, LazyString]] = {
    "duo_rod": _l("The national number may go here, and here only."),
    "leerplicht": _l("No account in the school’s system; only what the law lists."),
    "inspectie": _l("On request, as far as the inspection needs it."),
    "overstap": _l("Parents may see the file first."),
    "samenwerkingsverband": _l("Health data is kept there for three years."),
    "veilig_thuis": _l(
        "Only for its investigation or by the steps of the reporting code; note the step, and tell the parents."
    ),
    "ggd": _l(
        "No law obliges to it. On the public interest, weighed each time; never the national number; lists of signals "
        "need consent."
    ),
    "politie_om": _l("Only on a formal demand; note its number."),
}


def fault_told(fault: RowFault) -> str:
    """What is wrong with one row of a file; never a value of it."""
    if str(get_locale()) == "nl" and fault.code in DUTCH:
        return DUTCH[fault.code]
    return f"{fault.message} {fault.remedy}".strip()


def purpose_name(purpose: str) -> str:
    """A purpose as parents read it."""
    return purpose_words(purpose, "nl" if str(get_locale()) == "nl" else "en")


def standing_why(standing: Standing) -> str:
    """Why nothing goes, of one purpose."""
    return "" if standing.reason is None else word_of(WHY_NOT, standing.reason)


def giver_told(say: PersonSay) -> str:
    """Who decides for this person today, in plain words."""
    if not say.there:
        return str(_("The school’s system does not have this pupil any more; a no is still taken."))
    if say.giver is ConsentGiver.SELF:
        return str(
            _("16 or older: the pupil decides. A parent can give nothing and withdraw nothing any more.")
        )
    if say.giver is ConsentGiver.REPRESENTATIVE:
        return str(
            _(
                "Below 16: a parent or guardian with authority gives consent; each of them, and the pupil, may say no."
            )
        )
    return str(_("Without a birth date in the school’s system nobody can give consent; anybody may say no."))


def outside_told(found: Outside) -> str:
    """One thing that an agreement gives beyond the privacy regulation."""
    if found.what is Beyond.CATEGORY:
        return str(
            _(
                "%(product)s: the category %(what)s",
                product=found.product,
                what=word_of(CATEGORIES, found.word),
            )
        )
    if found.what is Beyond.PURPOSE:
        return str(
            _("%(product)s: the purpose %(what)s", product=found.product, what=purpose_name(found.word))
        )
    if found.word == "staff":
        return str(
            _(
                "%(product)s: no version in force has the consent of the staff part of the council",
                product=found.product,
            )
        )
    return str(
        _(
            "%(product)s: no version in force has the consent of the parents’ or the pupils’ part of the council",
            product=found.product,
        )
    )


def install(app: Flask) -> None:
    """Give words and functions to templates."""
    functions: tuple[Callable[..., Any], ...] = (
        fault_told,
        purpose_name,
        standing_why,
        giver_told,
        outside_told,
    )
    app.jinja_env.globals.update({each.__name__: each for each in functions})
    app.jinja_env.globals.update(
        CONSENT_STATES=STATES,
        ANSWERS=ANSWERS,
        SPEAKERS=SPEAKERS,
        METHODS=METHODS,
        CAUSES=CAUSES,
        PARTS=PARTS,
        EXCEPTION_NAMES=EXCEPTION_NAMES,
        EXCEPTION_ARTICLES=EXCEPTION_ARTICLES,
        EXCEPTION_NOTES=EXCEPTION_NOTES,
    )
