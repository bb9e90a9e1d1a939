"""What a vendor may have, by field, from the agreement's text: never by looking at what was sent.

Written a second time, and simpler, beside `gateway.school.disclosure`: the leak oracle must not ask the code
under test what it would allow.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.demo.board import MadeUpBoard
from gateway.demo.canaries import Canary, CanaryBoard

_OPEN = ("scrubbed", "clear")
_GRADEBOOK = ("category", "lineItem", "result")
_STAFF = frozenset({"teacher", "administrator", "aide", "proctor", "principal", "siteAdministrator"})


def allowed(canaries: CanaryBoard, record: Mapping[str, object]) -> frozenset[str]:
    """The canaries that may reach the vendor of an agreement record while it is in force."""
    product = _product(record)
    who = _subjects(canaries.board)
    return frozenset(
        text for text, canary in canaries.table.items() if _may(canary, product, who.get(canary.record, ""))
    )


STRUCTURE = {
    "org": "name type identifier parent children",
    "academicSession": "title startDate endDate type parent children schoolYear",
    "enrollment": "user class school role primary",
    "demographics": "",
    "user": "enabledUser givenName familyName roles primaryOrg agents",
    "class": "title classType course school terms",
    "course": "title courseCode schoolYear org",
    "category": "title",
    "lineItem": "title assignDate dueDate class school category gradingPeriod academicSession",
    "result": "lineItem student class scoreStatus scoreDate",
}
"""Members that a record may have whatever is listed: the standard requires them, or they say how records hang
together. Their values are pseudonyms, words of the standard, or placeholders."""


def _product(record: Mapping[str, object]) -> Mapping[str, object]:
    products = record["products"]
    assert isinstance(products, list)
    assert len(products) == 1
    product: Mapping[str, object] = products[0]
    return product


def members(record: Mapping[str, object], kind: str) -> frozenset[str]:
    """The members that a record of a kind may have on the wire under an agreement."""
    product = _product(record)
    entries = product["data"]
    assert isinstance(entries, list)
    listed = {
        str(name) for entry in entries for name in entry["fields"] if entry["direction"] in ("out", "both")
    }
    named = {name.partition(".")[2].partition(".")[0] for name in listed if name.partition(".")[0] == kind}
    return frozenset({"sourcedId", "status", "dateLastModified", *STRUCTURE[kind].split(), *named})


def _may(canary: Canary, product: Mapping[str, object], subject: str) -> bool:
    services, entries = product["services"], product["data"]
    assert isinstance(services, list)
    assert isinstance(entries, list)
    service = "gradebook" if canary.kind in _GRADEBOOK else "roster"
    if service not in services:
        return False
    return any(
        f"{canary.kind}.{canary.field}" in entry["fields"]
        and entry["form"] in _OPEN
        and entry["direction"] in ("out", "both")
        and (canary.kind not in ("user", "demographics") or subject in entry.get("subjects", (subject,)))
        for entry in entries
    )


def _subjects(board: MadeUpBoard) -> dict[str, str]:
    """Who somebody is; with roles of two kinds nobody, so that only what is listed for all may go."""
    found = {}
    for user in board.records("users"):
        roles = {str(role["role"]) for role in user["roles"]}  # type: ignore[attr-defined]
        kinds = {_subject(role) for role in roles}
        found[str(user["sourcedId"])] = kinds.pop() if len(kinds) == 1 else "both"
    return found


def _subject(role: str) -> str:
    if role == "student":
        return "leerling"
    return "medewerker" if role in _STAFF else "wettelijk_vertegenwoordiger"


def forbidden_days(canaries: CanaryBoard) -> frozenset[bytes]:
    """Moments and days that reach nobody: change stamps, days of birth, days on which somebody came or left."""
    told = {
        text
        for session in canaries.board.records("academicSessions")
        for text in (str(session["startDate"]), str(session["endDate"]))
    }
    return frozenset(
        text.encode()
        for text, canary in canaries.dates.items()
        if canary.field.rpartition(".")[2] in ("dateLastModified", "birthDate", "beginDate", "endDate")
        and text not in told
    )
