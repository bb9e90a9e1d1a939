"""The words of a request to a vendor to delete what it has about one person, in Dutch and English.

It names the person by the vendor's own pseudonym and by nothing else, and does not say why: a vendor is not told that
somebody withdrew, objected or was left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from contracts.transitions import Version
from gateway.database import reading
from gateway.errors import UsageError
from gateway.registers.actors import Actor
from gateway.school.consents.people import subjects_of
from gateway.school.consents.products import require_known
from gateway.school.consents.recording import register_access
from gateway.school.consents.rows import ConsentRows, DeletionRequest
from gateway.school.consents.words import LANGUAGES, Language
from gateway.school.services import SchoolServices


@dataclass(frozen=True, slots=True)
class ListedRequest:
    """One request without whom it is about: neither the pupil nor what the vendor calls the pupil."""

    number: int
    product: str
    cause: str
    due_on: date
    agreement: str
    drafted_at_ms: int


def listed(services: SchoolServices) -> list[ListedRequest]:
    """Every request that was drafted, the newest first; nobody is in it, so nothing is registered."""
    with reading(services.school) as connection:
        found = ConsentRows(connection, services.ring, board_id=services.board_id).requests()
    return [
        ListedRequest(
            number=each.number,
            product=each.product,
            cause=each.cause,
            due_on=each.due_on,
            agreement=f"{each.agreement_id}/{each.agreement_version}",
            drafted_at_ms=each.drafted_at_ms,
        )
        for each in reversed(found)
    ]


def shown(services: SchoolServices, actor: Actor, number: int, *, now: datetime) -> DeletionRequest:
    """One request with the vendor's pseudonym; who looks is registered first.

    Raises:
        UsageError: code `request_unknown`.
    """
    with reading(services.school) as connection:
        found = ConsentRows(connection, services.ring, board_id=services.board_id).requests()
    request = next((each for each in found if each.number == number), None)
    if request is None:
        raise UsageError("There is no request of this number.", code="request_unknown")
    subject = subjects_of(services, request.whom)[0]
    register_access(
        services, actor, [subject], product=request.product, now=now, reason="sending a request to delete"
    )
    return request


def request_texts(services: SchoolServices, request: DeletionRequest, *, now: datetime) -> dict[str, str]:
    """By language; for a person at the school to send. Raises `UsageError`, code `product_unknown`."""
    versions = require_known(services, request.product, now=now)
    drafted = (request.agreement_id, request.agreement_version)
    version = next((each for each in versions if (each.agreement_id, each.version) == drafted), versions[0])
    return {language: request_text(request, version, language) for language in LANGUAGES}


def request_text(request: DeletionRequest, version: Version, language: Language) -> str:
    """One request; the terms are those of the agreement under which it was drafted."""
    agreement = version.agreement
    terms = agreement.product(request.product)
    name = request.product if terms is None else terms.name
    pseudonyms = "\n".join(request.pseudonyms)
    # Of a recipient that is no processor there is no clause; the law asks to tell it (GDPR art. 19).
    clause = "AVG art. 19" if language == "nl" else "GDPR art. 19"
    if agreement.art28 is not None:
        clause = agreement.art28.g_end.clause
    due = request.due_on.isoformat()
    if language == "nl":
        return (
            f"Aan {agreement.processor.name}\n\n"
            f"Op grond van overeenkomst {version.reference} ({clause}) vragen wij u om alle persoonsgegevens in "
            f"{name} te wissen die horen bij dit pseudoniem, ook resultaten en ook bij uw subverwerkers:\n\n"
            f"{pseudonyms}\n\n"
            f"Doe dit uiterlijk op {due} en bevestig het ons schriftelijk. Reservekopieën volgen de termijn van de "
            f"overeenkomst. De gegevens worden u niet meer geleverd.\n\n"
            f"{agreement.controller.name}\n{agreement.controller.fg_contact}\n"
        )
    return (
        f"To {agreement.processor.name}\n\n"
        f"Under agreement {version.reference} ({clause}) we ask you to delete all personal data in {name} that belongs "
        f"to this pseudonym, results included, and at your sub-processors as well:\n\n"
        f"{pseudonyms}\n\n"
        f"Please do so by {due} and confirm it to us in writing. Backups follow the term of the agreement. The data is "
        f"no longer served to you.\n\n"
        f"{agreement.controller.name}\n{agreement.controller.fg_contact}\n"
    )
