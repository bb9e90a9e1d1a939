"""Words of agreements in the language of the answer: states, categories, forms, findings, faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from flask import Flask
from flask_babel import LazyString, format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext as _n

from contracts.leaflet_changes import LeafletChange
from contracts.vocabulary import Form
from gateway.school.agreeing.overview import AgreementRow, Standing

STANDINGS: Final[Mapping[str, LazyString]] = {
    "waits_for_approval": _l("waits for approval"),
    "approved": _l("approved, not activated"),
    "active": _l("active"),
    "suspended": _l("suspended"),
    "ended": _l("ended"),
    "closed": _l("closed"),
    "replaced": _l("replaced by a newer version"),
}
STEPS: Final[Mapping[str, LazyString]] = {
    "registered": _l("registered"),
    "finding_accepted": _l("finding accepted"),
    "approved": _l("approved"),
    "activated": _l("activated"),
    "suspended": _l("suspended"),
    "resumed": _l("resumed"),
    "end_planned": _l("end planned"),
    "ended": _l("ended"),
    "closed": _l("closed"),
    "replaced": _l("replaced"),
}
MISSING: Final[Mapping[str, LazyString]] = {
    "approval": _l("approval by a second person"),
    "activation": _l("activation"),
    "breach_without_hours": _l("hours for the breach notice"),
    "no_dpia": _l("impact assessment (DPIA)"),
    "review_passed": _l("review, its date has passed"),
    "no_document": _l("signed document"),
    "joint_without_arrangement": _l("arrangement of joint controllers"),
    "consent_asked_by_recipient": _l("agreement about consents that the recipient asks"),
}
FINDINGS: Final[Mapping[str, tuple[LazyString, LazyString]]] = {
    "breach_without_hours": (
        _l("The vendor promises no number of hours for telling about a breach."),
        _l("Agree on a number; the board itself has 72 hours (GDPR art. 33)."),
    ),
    "no_dpia": (
        _l("No impact assessment is recorded for a product."),
        _l("Do one (GDPR art. 35), or accept with the reason why none is needed."),
    ),
    "review_passed": (
        _l("The date by which the agreement was to be reviewed has passed."),
        _l("Review it and register a version with a new date."),
    ),
    "no_document": (
        _l("The signed document was not given, so its hash was not compared."),
        _l("Register it again together with the signed document."),
    ),
    "joint_without_arrangement": (
        _l("No arrangement between the joint controllers is recorded."),
        _l("Write down who does what, and where it stands (GDPR art. 26)."),
    ),
    "consent_asked_by_recipient": (
        _l("The recipient asks the consent, and the board answers for it."),
        _l(
            "Agree how each consent and its evidence reach the board: nobody goes whose consent is not recorded "
            "here."
        ),
    ),
}
CONSENT_ASKERS: Final[Mapping[str, LazyString]] = {
    "board": _l("the board"),
    "recipient": _l("the recipient"),
}
FORMS: Final[Mapping[str, LazyString]] = {
    "pseudonym": _l("pseudonym"),
    "alias": _l("alias"),
    "generalised": _l("generalised"),
    "scrubbed": _l("scrubbed"),
    "clear": _l("in clear"),
}
LETTERS: Final[Mapping[str, str]] = {
    "pseudonym": "P",
    "alias": "A",
    "generalised": "G",
    "scrubbed": "S",
    "clear": "C",
}
DIRECTIONS: Final[Mapping[str, LazyString]] = {
    "out": _l("to the vendor"),
    "back": _l("back to the school"),
    "both": _l("both ways"),
}
SUBJECTS: Final[Mapping[str, LazyString]] = {
    "leerling": _l("pupils"),
    "medewerker": _l("staff"),
    "wettelijk_vertegenwoordiger": _l("legal representatives"),
}
CATEGORIES: Final[Mapping[str, LazyString]] = {
    "contactgegevens": _l("contact data"),
    "onderwijsdeelnemernummer": _l("pupil number of the school"),
    "nationaliteit_geboorteplaats": _l("nationality and place of birth"),
    "ouders_voogd": _l("parents or guardian"),
    "medisch": _l("medical data"),
    "godsdienst": _l("religion"),
    "studievoortgang": _l("progress and results"),
    "onderwijsorganisatie": _l("organisation of education"),
    "financien": _l("finance"),
    "beeldmateriaal": _l("images"),
    "docent": _l("teachers and care staff"),
    "keten_id": _l("chain identifier (ECK iD)"),
    "overige": _l("other"),
}
ROLES: Final[Mapping[str, LazyString]] = {
    "processor": _l("processor"),
    "joint_controller": _l("joint controller"),
    "controller": _l("controller"),
    "recipient_by_law": _l("recipient by law"),
}
BASES: Final[Mapping[str, LazyString]] = {
    "6-1-a": _l("consent (art. 6(1)(a))"),
    "6-1-b": _l("contract (art. 6(1)(b))"),
    "6-1-c": _l("legal duty (art. 6(1)(c))"),
    "6-1-d": _l("vital interest (art. 6(1)(d))"),
    "6-1-e": _l("public task (art. 6(1)(e))"),
    "6-1-f": _l("legitimate interest (art. 6(1)(f))"),
}
SPECIAL_GROUNDS: Final[Mapping[str, LazyString]] = {
    "9-2-a": _l("explicit consent (art. 9(2)(a))"),
    "9-2-b": _l("employment (art. 9(2)(b))"),
    "9-2-c": _l("vital interest (art. 9(2)(c))"),
    "9-2-d": _l("association (art. 9(2)(d))"),
    "9-2-e": _l("made public (art. 9(2)(e))"),
    "9-2-f": _l("legal claim (art. 9(2)(f))"),
    "9-2-g": _l("substantial public interest (art. 9(2)(g))"),
    "9-2-h": _l("health care (art. 9(2)(h))"),
    "9-2-i": _l("public health (art. 9(2)(i))"),
    "9-2-j": _l("research (art. 9(2)(j))"),
}
SERVICES: Final[Mapping[str, LazyString]] = {
    "roster": _l("pupil lists and groups"),
    "results": _l("results come back"),
    "gradebook": _l("reads the school's other results"),
}
GROUPS: Final[Mapping[str, LazyString]] = {
    "none": _l("no groups"),
    "coarse": _l("one made-up group per school and year"),
    "exact": _l("the school's own groups"),
}
IDENTIFIERS: Final[Mapping[str, LazyString]] = {
    "relationship": _l("pseudonym of this vendor alone"),
    "eckid": _l("chain identifier (ECK iD)"),
}
LEVELS: Final[Mapping[str, LazyString]] = {"laag": _l("low"), "midden": _l("middle"), "hoog": _l("high")}
ASSURANCES: Final[Mapping[str, LazyString]] = {
    "self": _l("own statement"),
    "peer": _l("peer review"),
    "external": _l("external audit"),
}
COVENANT: Final[Mapping[str, LazyString]] = {
    "deelnemer": _l("participant (deelnemer)"),
    "medestander": _l("supporter (medestander)"),
    "geen": _l("none"),
}
AUTHORISATIONS: Final[Mapping[str, LazyString]] = {
    "general": _l("general, with notice"),
    "specific": _l("each one asked first"),
}
END_ACTIONS: Final[Mapping[str, LazyString]] = {
    "delete": _l("delete"),
    "return_then_delete": _l("return, then delete"),
}
PRODUCT_KINDS: Final[Mapping[str, LazyString]] = {
    "method": _l("method software"),
    "test": _l("test"),
    "eckid_licence": _l("licence by ECK iD"),
    "photo": _l("photo platform"),
    "portal": _l("parent portal, registered only"),
    "settings": _l("the settings"),
    "leaflet": _l("the privacy leaflet"),
}
CHANGE_KINDS: Final[Mapping[str, LazyString]] = {
    "more": _l("more"),
    "less": _l("less"),
    "other": _l("otherwise"),
}
LEAFLET_PARTS: Final[Mapping[str, LazyString]] = {
    "field": _l("field"),
    "subprocessor": _l("sub-processor"),
    "country": _l("country"),
    "transfer": _l("transfer outside the EEA"),
    "purpose": _l("purpose"),
    "service": _l("service"),
    "subject": _l("persons concerned"),
    "groups": _l("how much of the groups"),
    "ai": _l("use of AI"),
    "retention": _l("retention"),
    "identifier": _l("identifier"),
    "security": _l("security"),
}
TERMS: Final[Mapping[str, LazyString]] = {
    "role": _l("role of the recipient"),
    "controller": _l("particulars of the board"),
    "processor": _l("particulars of the recipient"),
    "term": _l("first and last day"),
    "art28": _l("terms of art. 28"),
    "breach": _l("breach notice"),
    "security": _l("security"),
    "document": _l("signed document"),
    "sharing": _l("decision to share"),
    "legal_basis": _l("legal basis"),
    "purposes": _l("purposes"),
    "services": _l("services"),
    "scope": _l("schools, years and groups"),
    "subjects": _l("persons concerned"),
    "groups": _l("how much of the groups"),
    "identifier": _l("identifier"),
    "retention": _l("retention"),
    "transfers": _l("transfers outside the EEA"),
    "dpia": _l("impact assessment (DPIA)"),
    "ai": _l("use of AI"),
}


def word_of(words: Mapping[str, LazyString], value: object) -> str:
    """The word for a stored value; the value itself where there is none."""
    key = str(getattr(value, "value", value))
    return str(words.get(key, key))


def standing_text(row: AgreementRow) -> str:
    """What the chip says."""
    if row.standing is Standing.ENDING:
        days = row.days or 0
        return str(_n("ends in %(num)d day", "ends in %(num)d days", days))
    if row.standing is Standing.STARTS:
        return str(_n("starts in %(num)d day", "starts in %(num)d days", row.days or 0))
    return word_of(STANDINGS, row.standing)


def day(value: date | str | None) -> str:
    """A local day as people write it."""
    if value is None:
        return "–"
    try:
        local = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return str(value)
    return str(format_date(local, "d MMM y"))


def short_day(value: date) -> str:
    """A local day without its year, for a narrow place."""
    return str(format_date(value, "d MMM"))


def month(value: date) -> str:
    """A month as a heading of the timeline."""
    return str(format_date(value, "MMM yy"))


def form_name(form: Form | str) -> str:
    """`alias` and the like."""
    return word_of(FORMS, form)


def form_letter(form: Form | str) -> str:
    """One letter, the same in both languages, so that a printed table can be talked about."""
    return LETTERS[str(getattr(form, "value", form))]


def finding_text(code: str) -> str:
    """What is the matter."""
    found = FINDINGS.get(code)
    return code if found is None else str(found[0])


def finding_remedy(code: str) -> str:
    """What would help."""
    found = FINDINGS.get(code)
    return "" if found is None else str(found[1])


def summary_lines(summary: Any) -> list[str]:
    """A `contracts.summaries.Summary` as sentences, most important first."""
    counted = [
        (
            summary.products_added,
            _n("%(num)d more product", "%(num)d more products", len(summary.products_added)),
        ),
        (summary.fields_added, _n("%(num)d more field", "%(num)d more fields", len(summary.fields_added))),
        (
            summary.subprocessors_added,
            _n(
                "%(num)d new sub-processor",
                "%(num)d new sub-processors",
                len(summary.subprocessors_added),
            ),
        ),
        (
            summary.countries_added,
            _n("%(num)d more country", "%(num)d more countries", len(summary.countries_added)),
        ),
        (
            summary.products_removed,
            _n("%(num)d product less", "%(num)d products less", len(summary.products_removed)),
        ),
        (
            summary.fields_removed,
            _n("%(num)d field less", "%(num)d fields less", len(summary.fields_removed)),
        ),
        (
            summary.subprocessors_removed,
            _n(
                "%(num)d sub-processor less",
                "%(num)d sub-processors less",
                len(summary.subprocessors_removed),
            ),
        ),
        (
            summary.countries_removed,
            _n("%(num)d country less", "%(num)d countries less", len(summary.countries_removed)),
        ),
    ]
    lines = [f"{text}: {', '.join(_shown(each) for each in members)}" for members, text in counted if members]
    lines += [
        _(
            "%(field)s goes in another form: %(after)s, was %(before)s",
            field=change.line.field,
            after=form_name(change.after),
            before=form_name(change.before),
        )
        for change in summary.forms_changed
    ]
    if summary.terms:
        named = ", ".join(word_of(TERMS, each) for each in summary.terms)
        lines.append(_("Changed as well: %(terms)s", terms=named))
    return lines


def leaflet_counts(counts: Mapping[tuple[str, str], int]) -> str:
    """ "2 more fields, 1 new sub-processor", then how many other differences there are."""
    fields, thirds = counts.get(("more", "field"), 0), counts.get(("more", "subprocessor"), 0)
    parts = []
    if fields:
        parts.append(_n("%(num)d more field", "%(num)d more fields", fields))
    if thirds:
        parts.append(_n("%(num)d new sub-processor", "%(num)d new sub-processors", thirds))
    if other := sum(counts.values()) - fields - thirds:
        parts.append(_n("%(num)d other difference", "%(num)d other differences", other))
    return ", ".join(str(part) for part in parts)


def change_what(change: LeafletChange) -> str:
    """What a difference is about, with the words for persons and ways."""
    if change.part != "field":
        return word_of(TERMS, change.what)
    field, *rest = change.what.split(" ")
    named = [word_of(DIRECTIONS, word_of(SUBJECTS, each)) for each in rest]
    return f"{field} ({', '.join(named)})"


def change_value(change: LeafletChange, value: str) -> str:
    """One side of a difference: a form with its category in words, anything else as it stands."""
    form, _space, category = value.partition(" (")
    if change.part != "field" or not category:
        return value
    return f"{word_of(FORMS, form)} ({word_of(CATEGORIES, category.removesuffix(')'))})"


def _shown(member: object) -> str:
    return member[1] if isinstance(member, tuple) else str(member)


_FUNCTIONS: Final[tuple[Callable[..., Any], ...]] = (
    standing_text,
    form_name,
    form_letter,
    finding_text,
    finding_remedy,
    summary_lines,
    leaflet_counts,
    change_what,
    change_value,
    word_of,
)
_TABLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "STEPS": STEPS,
    "MISSING": MISSING,
    "FORMS": FORMS,
    "LETTERS": LETTERS,
    "DIRECTIONS": DIRECTIONS,
    "SUBJECTS": SUBJECTS,
    "BASES": BASES,
    "CATEGORIES": CATEGORIES,
    "RECIPIENT_ROLES": ROLES,
    "PRODUCT_KINDS": PRODUCT_KINDS,
    "CHANGE_KINDS": CHANGE_KINDS,
    "LEAFLET_PARTS": LEAFLET_PARTS,
}


def install(app: Flask) -> None:
    """Give the words to templates."""
    app.jinja_env.globals.update({each.__name__: each for each in _FUNCTIONS})
    app.jinja_env.globals.update(_TABLES)
    app.jinja_env.filters["day"] = day
    app.jinja_env.filters["short_day"] = short_day
    app.jinja_env.filters["month"] = month
