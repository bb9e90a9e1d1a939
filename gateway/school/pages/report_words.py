"""Words for reports, findings and logs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from flask import Flask
from flask_babel import LazyString, get_locale
from flask_babel import lazy_gettext as _l

from gateway.school.doctor.finding import Finding
from gateway.school.pages.error_words import DUTCH

VERDICTS: Final[Mapping[str, LazyString]] = {
    "ok": _l("well"),
    "warn": _l("look at it"),
    "fail": _l("wrong"),
}
CHECK_NAMES: Final[Mapping[str, LazyString]] = {
    "settings": _l("settings can be read"),
    "modes": _l("files are private"),
    "disk": _l("room on the disk"),
    "ring": _l("key ring can be read"),
    "recovery_sheet": _l("recovery sheet confirmed"),
    "storage_key": _l("storage key can be read"),
    "home": _l("home folder can be opened"),
    "schema_front": _l("front database is of this version"),
    "schema_school": _l("school database is of this version"),
    "ring_matches": _l("key ring belongs to the databases"),
    "clock": _l("clock is right"),
    "database_roles": _l("roles of the databases"),
    "backup": _l("age of the last backup"),
    "agreements": _l("agreements that end soon"),
    "refresh": _l("age of the last refresh"),
    "dead_letters": _l("results that could not be delivered"),
    "quarantine": _l("results joined to nobody"),
    "checkpoint": _l("signed checkpoint of the registers"),
    "sources": _l("school systems answer"),
    "public_url": _l("address for vendors"),
    "pages_url": _l("address of these pages"),
    "sandbox": _l("sandbox for vendors"),
    "doctor": _l("the examination itself"),
}
"""What each check of `doctor` looks at; another one is shown by its name."""
AUDIT_LOGS: Final[Mapping[str, LazyString]] = {
    "audit_school": _l("At the school"),
    "audit": _l("At the vendors’ door"),
}
REPORT_BASES: Final[Mapping[str, LazyString]] = {
    "6-1-a": _l("consent (GDPR art. 6(1)(a))"),
    "6-1-b": _l("contract (GDPR art. 6(1)(b))"),
    "6-1-c": _l("legal duty (GDPR art. 6(1)(c))"),
    "6-1-d": _l("vital interest (GDPR art. 6(1)(d))"),
    "6-1-e": _l("public task (GDPR art. 6(1)(e))"),
    "6-1-f": _l("legitimate interest (GDPR art. 6(1)(f))"),
}
CHECKS: Final[Mapping[str, tuple[LazyString, LazyString, str | None]]] = {
    "agreements": (
        _l("Agreements"),
        _l("Every agreement that runs is complete, reviewed in time and of today’s model."),
        "reports.missing",
    ),
    "fields": (
        _l("Fields"),
        _l("Every field that goes is still needed; what is not goes out of the next version."),
        "reports.matrix",
    ),
    "deletions": (
        _l("Deletions"),
        _l("Vendors whose agreement ended have confirmed the deletion in writing."),
        "deletions.listed",
    ),
    "subprocessors": (
        _l("Sub-processors"),
        _l("Announced sub-processors are answered, and the agreements list those that are in use."),
        "subprocessors.listed",
    ),
    "dpia": (
        _l("Impact assessments (DPIA)"),
        _l("Each product has one, or a written reason why none is needed; changes were assessed."),
        "reports.annex",
    ),
    "regulation": (
        _l("Privacy regulation"),
        _l("It covers what goes, and the council of parents, pupils and staff consented to this version."),
        "regulations.listed",
    ),
    "parents": (
        _l("Page for parents"),
        _l("The page on the school’s site is of today, and somebody answers questions about it."),
        "reports.parents",
    ),
    "consents": (
        _l("Consents"),
        _l("Texts are of today, and pupils who turned 16 were asked to confirm."),
        "consents.listed",
    ),
    "staff": (
        _l("People and roles"),
        _l("Who left is closed, and nobody holds a role that is not needed."),
        "staff.listed",
    ),
    "registers": (
        _l("Registers"),
        _l("`schuilnaam register verify` finds the registers whole, and a signed checkpoint lies elsewhere."),
        "registers.overview",
    ),
    "backup": (
        _l("Backups"),
        _l("A backup was put back on another machine this year (`schuilnaam restore --dry-run`)."),
        "system.overview",
    ),
    "recovery": (
        _l("Recovery key"),
        _l("The sheet or the officers’ shares are where they should be, and their check value is right."),
        "system.overview",
    ),
    "breach": (
        _l("Data breach"),
        _l(
            "Addresses for breach notices are right at the board and at each vendor, and people know what to do."
        ),
        None,
    ),
}
"""Of each item of the yearly check: its name, what to look at, and the page for it."""


def examined_text(finding: Finding) -> tuple[str, str]:
    """The sentence of a finding and the language in which it is."""
    dutch = finding.dutch or DUTCH.get(finding.code, "")
    return (dutch, "nl") if str(get_locale()) == "nl" and dutch else (finding.sentence, "en")


def install(app: Flask) -> None:
    """Give the words to templates."""
    app.jinja_env.globals.update(
        VERDICTS=VERDICTS,
        CHECK_NAMES=CHECK_NAMES,
        AUDIT_LOGS=AUDIT_LOGS,
        REPORT_BASES=REPORT_BASES,
        CHECKS=CHECKS,
        examined_text=examined_text,
        instant=datetime.fromisoformat,
    )
