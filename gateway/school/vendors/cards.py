"""The card of a client: the one file that tells a vendor's platform everything.

The card holds addresses, the agreement's state and dates, schools, and every field with its form. It holds a secret
only where the caller asks for it, and nothing of a person ever.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from contracts.agreements import CompiledAgreement
from contracts.instants import local_day
from contracts.vocabulary import Service
from gateway.connections.clients import IssuedClient
from gateway.errors import UsageError
from gateway.roster.model import ProductId
from gateway.school.agreements import at_the_door
from gateway.school.services import SchoolServices

FORMAT: Final = 1
"""Of the card. A field is never renamed; new ones may be added within a format."""
ROSTERING: Final = "/ims/oneroster/rostering/v1p2"
GRADEBOOK: Final = "/ims/oneroster/gradebook/v1p2"


def require_public_url(services: SchoolServices) -> str:
    """The address for vendors; raises `UsageError` where none is set."""
    base = services.settings.public_url
    if base is None:
        raise UsageError(
            "Vendors must know how to reach the gateway.",
            code="public_url_missing",
            remedy="Set public_url in settings.toml.",
        )
    return base


def card(
    services: SchoolServices, product: ProductId, issued: IssuedClient, *, with_secret: bool, now: datetime
) -> dict[str, object]:
    """What goes to the vendor, as plain JSON values.

    Raises:
        UsageError: `public_url_missing`.
    """
    base = require_public_url(services)
    known = at_the_door(services, product)
    # What an altered row says is not to be believed.
    agreement = None if known.altered else known.agreement
    credentials = {"client_id": issued.client_id}
    if with_secret:
        credentials["client_secret"] = issued.client_secret
    return {
        "card": FORMAT,
        "made_at": now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "board": services.settings.board_name,
        "contact": services.settings.contact or (None if agreement is None else agreement.fg_contact),
        "product": product,
        "urls": _urls(base, agreement),
        "credentials": credentials,
        "agreement": None if agreement is None else _agreement(agreement),
        "schools": [] if agreement is None else list(agreement.schools),
        "fields": [] if agreement is None else _fields(agreement),
    }


def _urls(base: str, agreement: CompiledAgreement | None) -> dict[str, str]:
    urls = {"base": base, "token": f"{base}/oauth2/token", "me": f"{base}/me"}
    services = () if agreement is None else agreement.services
    if Service.ROSTER in services:
        urls["rostering"] = base + ROSTERING
    if Service.RESULTS in services or Service.GRADEBOOK in services:
        urls["gradebook"] = base + GRADEBOOK
    return urls


def _agreement(agreement: CompiledAgreement) -> dict[str, object]:
    until = agreement.inbound_until
    results = None if until is None else local_day(until) - timedelta(days=1)
    return {
        "id": agreement.agreement_id,
        "version": agreement.version,
        "state": "stopped" if agreement.stopped else agreement.state.value,
        "recipient": agreement.recipient_name,
        "kvk": agreement.recipient_kvk,
        "services": [service.value for service in agreement.services],
        "purposes": list(agreement.purposes),
        "legal_basis": agreement.legal_basis.value,
        "groups": agreement.groups.value,
        "grades": None if agreement.grades is None else list(agreement.grades),
        "from": agreement.in_force_from.isoformat(),
        "until": None if agreement.last_day is None else agreement.last_day.isoformat(),
        "results_until": None if results is None else results.isoformat(),
    }


def _fields(agreement: CompiledAgreement) -> list[dict[str, object]]:
    return [
        {
            "field": name,
            "form": entry.form.value,
            "direction": entry.direction.value,
            "subjects": [subject.value for subject in entry.subjects or tuple(agreement.subjects)],
        }
        for entry in agreement.entries
        for name in entry.fields
    ]
