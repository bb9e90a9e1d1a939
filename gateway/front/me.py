"""`GET /me`: what a vendor may know about its own agreement, in or out of force."""

from __future__ import annotations

from datetime import UTC, datetime

from contracts.agreements import CompiledAgreement
from contracts.refusals import Refused
from gateway.connections.compiled import Loaded
from gateway.front.gate import Caller
from gateway.front.services import FrontServices
from gateway.holdings.errors import HoldingsStopped, HoldingsTooOld
from gateway.holdings.selection import Generation


def describe(
    services: FrontServices, who: Caller, known: Loaded, standing: Refused | None, *, now: datetime
) -> dict[str, object]:
    """The body of `/me`. No record, no count: an agreement and the age of what is held."""
    generation = _generation(services, who, now)
    shown: dict[str, object] = {
        "product": who.product,
        "board": services.board_name,
        "contact": services.contact,
        "in_force": standing is None,
        "agreement": None,
        "services": [],
        "fields": [],
        "generation": None if generation is None else generation.number,
        # Of the product's own stamp. Attack: the exact moment of a refresh is the same for every product of it.
        "refreshed_at": None if generation is None else _time(generation.stamp_ms),
        "request_id": who.request_id,
    }
    if standing is not None:
        shown["refusal"] = {
            "code": standing.reason.value,
            "message": standing.message,
            "remedy": standing.remedy,
        }
    # What an altered row says is not to be believed, so it is not shown either.
    if known.agreement is not None and not known.altered:
        shown |= _agreement(known.agreement)
    return shown


def _agreement(agreement: CompiledAgreement) -> dict[str, object]:
    return {
        "agreement": agreement.agreement_id,
        "version": agreement.version,
        "state": agreement.state.value,
        "services": [service.value for service in agreement.services],
        "purposes": list(agreement.purposes),
        "schools": list(agreement.schools),
        "groups": agreement.groups.value,
        "in_force_from": agreement.in_force_from.isoformat(),
        "in_force_until": None if agreement.last_day is None else agreement.last_day.isoformat(),
        "results_until": _moment(agreement.inbound_until),
        "fields": [
            {
                "field": name,
                "form": entry.form.value,
                "direction": entry.direction.value,
                "subjects": [subject.value for subject in entry.subjects or tuple(agreement.subjects)],
            }
            for entry in agreement.entries
            for name in entry.fields
        ],
    }


def _generation(services: FrontServices, who: Caller, now: datetime) -> Generation | None:
    try:
        return services.holdings.current(who.product, now_ms=int(now.timestamp() * 1_000))
    except (HoldingsTooOld, HoldingsStopped):
        return None


def _moment(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _time(at_ms: int) -> str:
    return _moment(datetime.fromtimestamp(at_ms / 1_000, UTC)) or ""
