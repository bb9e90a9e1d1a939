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
    (product,) = record["products"]  # type: ignore[misc]
    who = _subjects(canaries.board)
    return frozenset(
        text for text, canary in canaries.table.items() if _may(canary, product, who.get(canary.record, ""))
    )


def _may(canary: Canary, product: Mapping[str, object], subject: str) -> bool:
    services = product["services"]
    service = "gradebook" if canary.kind in _GRADEBOOK else "roster"
    if service not in services:  # type: ignore[operator]
        return False
    return any(
        f"{canary.kind}.{canary.field}" in entry["fields"]
        and entry["form"] in _OPEN
        and entry["direction"] in ("out", "both")
        and (canary.kind not in ("user", "demographics") or subject in entry.get("subjects", (subject,)))
        for entry in product["data"]  # type: ignore[attr-defined]
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
