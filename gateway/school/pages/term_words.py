"""Words for what follows from agreements: states of deletions, notices, plans, mails, receipts, lines of the agenda."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Flask
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from gateway.school.terms.agenda import Line, Matter

DELETION_STATES: Final[Mapping[str, LazyString]] = {
    "due": _l("term runs"),
    "overdue": _l("overdue"),
    "confirmed": _l("confirmed in writing"),
    "continued": _l("goes on, nothing to delete"),
}
NOTICE_STATES: Final[Mapping[str, LazyString]] = {
    "open": _l("waits for an answer"),
    "term_over": _l("term over, the vendor may go ahead"),
    "unanswered": _l("unanswered: not permitted"),
    "objected": _l("objected"),
    "accepted": _l("accepted"),
}
SHREDDING_STATES: Final[Mapping[str, LazyString]] = {
    "planned": _l("planned"),
    "proposed": _l("proposed: a person can do it now"),
    "destroyed": _l("destroyed"),
    "dropped": _l("dropped: they are kept"),
    "continued": _l("dropped: the product goes on"),
}
MATTERS: Final[Mapping[str, LazyString]] = {
    "end": _l("agreement ends"),
    "review": _l("agreement to be reviewed"),
    "deletion": _l("vendor must have deleted"),
    "subprocessor": _l("last day to object to a sub-processor"),
    "shredding": _l("pseudonyms can be destroyed"),
}
LINE_STATES: Final[Mapping[str, LazyString]] = {
    "coming": _l("coming"),
    "due": _l("term runs"),
    "overdue": _l("overdue"),
    "open": _l("waits for an answer"),
    "unanswered": _l("unanswered: not permitted"),
    "planned": _l("planned"),
    "proposed": _l("proposed: a person can do it now"),
}
MAIL_STATES: Final[Mapping[str, LazyString]] = {
    "waiting": _l("waiting"),
    "sent": _l("sent"),
    "failed": _l("not sent"),
}
RECEIPT_KINDS: Final[Mapping[str, LazyString]] = {
    "activated": _l("put in force"),
    "changed": _l("changed"),
    "suspended": _l("suspended"),
    "resumed": _l("resumed"),
    "end_planned": _l("end set"),
    "ended": _l("ended"),
}

_TABLES: Final[Mapping[str, Mapping[str, LazyString]]] = {
    "DELETION_STATES": DELETION_STATES,
    "NOTICE_STATES": NOTICE_STATES,
    "SHREDDING_STATES": SHREDDING_STATES,
    "MATTERS": MATTERS,
    "LINE_STATES": LINE_STATES,
    "MAIL_STATES": MAIL_STATES,
    "RECEIPT_KINDS": RECEIPT_KINDS,
}


TERM_PAGES: Final[Mapping[str, str]] = {
    "end": "agreements.shown",
    "review": "agreements.shown",
    "deletion": "deletions.listed",
    "subprocessor": "subprocessors.listed",
    "shredding": "agreement_ending.shown",
}
"""Where somebody acts on a line of the agenda."""


MAIL_FAILURES: Final[Mapping[str, LazyString]] = {
    "mail_nobody": _l("None of these roles has an address in mail.toml."),
    "mail_too_old": _l("It waited for longer than a week and was given up."),
    "mail_recipient_refused": _l("The mail server takes no mail for these addresses."),
    "mail_refused": _l("The mail server refused this mail."),
    "mail_login_refused": _l("The mail server refuses our user or password."),
    "mail_unreachable": _l("The mail server does not answer."),
    "mail_not_encrypted": _l("The mail server offers no encryption, so it gets nothing."),
    "mail_certificate_refused": _l("The certificate of the mail server is not to be trusted."),
    "mail_sender_refused": _l("The mail server does not take our sender address."),
    "mail_ca_unreadable": _l("The file with the authority of the mail server cannot be read."),
    "mail_password_unreadable": _l("The file with the password for the mail server cannot be read."),
    "mail_password_exposed": _l("The file with the password for the mail server can be read by others."),
}


def mail_failure(code: str) -> str:
    """Why a mail was not sent; the code stands beside it, with the mail server's own number where it gave one."""
    return str(MAIL_FAILURES.get(code.partition(" ")[0], _l("See the code.")))


def term_place(line: Line) -> dict[str, object]:
    """What the page of a line of the agenda is asked with."""
    if line.matter in (Matter.DELETION, Matter.SUBPROCESSOR):
        return {}
    agreement_id, _slash, version = line.agreement.rpartition("/")
    return {"agreement_id": agreement_id, "version": int(version)}


def install(app: Flask) -> None:
    """Give the words to templates."""
    app.jinja_env.globals.update(_TABLES)
    app.jinja_env.globals.update(TERM_PAGES=TERM_PAGES, term_place=term_place, mail_failure=mail_failure)
