"""Rendering is the last gate: what is not in the table, or has not its shape, stays behind whatever a body
holds."""

from __future__ import annotations

import pytest

from gateway.errors import (
    CallerError,
    DeliveryError,
    DisclosureRefused,
    GatewayUnready,
    LeakSuspected,
    SettingsError,
    SourceError,
    UsageError,
)
from gateway.front.planes.oneroster.fields import WIRE_FIELDS, Treatment
from gateway.front.planes.oneroster.render import Lens, wire_time
from gateway.front.planes.oneroster.status_info import status_info
from gateway.holdings.selection import HeldRecord
from gateway.roster.model import Kind
from gateway.strict_json import NumberText, dumps

CANARY = "Kanarie-7731"


def everything(subject: str, name: str, *, stands_in: bool) -> bool:
    return True


def nothing(subject: str, name: str, *, stands_in: bool) -> bool:
    return False


def held(
    kind: Kind, body: dict[str, object], *, active: bool = True, vendor_made: bool = False
) -> HeldRecord:
    return HeldRecord(kind, "p-own", "leerling", active, 1_790_000_000_789, body, vendor_made)


@pytest.mark.parametrize("kind", Kind)
def test_a_body_full_of_canaries_shows_none_when_nothing_is_listed(kind: Kind) -> None:
    names = [*WIRE_FIELDS[kind], "bsn", "agentSourceIds", "naam"]
    structural = {n for n, line in WIRE_FIELDS[kind].items() if line.treatment is Treatment.STRUCTURAL}
    for value in (CANARY, [CANARY], {"sourcedId": CANARY}, [{"a": CANARY}], [[CANARY]]):
        body: dict[str, object] = {name: value for name in names if name not in structural}
        assert CANARY.encode() not in dumps(Lens(kind, "https://x", nothing).record(held(kind, body)))


@pytest.mark.parametrize("kind", Kind)
def test_what_is_in_no_table_never_goes_even_when_everything_is_listed(kind: Kind) -> None:
    withheld = [n for n, line in WIRE_FIELDS[kind].items() if line.treatment is Treatment.WITHHELD]
    body: dict[str, object] = dict.fromkeys(
        (*withheld, "bsn", "sourcedId", "status", "dateLastModified"), CANARY
    )
    shown = Lens(kind, "https://x", everything).record(held(kind, body))
    assert CANARY.encode() not in dumps(shown)
    assert (shown["sourcedId"], shown["status"]) == ("p-own", "active")


@pytest.mark.parametrize("kind", Kind)
def test_a_value_of_another_shape_stays_behind(kind: Kind) -> None:
    for value in ({"x": CANARY}, [{"x": CANARY}], [[CANARY]], [None, {"x": CANARY}]):
        body: dict[str, object] = dict.fromkeys(WIRE_FIELDS[kind], value)
        for vendor_made in (False, True):
            record = held(kind, body, vendor_made=vendor_made)
            assert CANARY.encode() not in dumps(Lens(kind, "https://x", everything).record(record))


@pytest.mark.parametrize("kind", Kind)
def test_a_tombstone_tells_nothing_of_a_body(kind: Kind) -> None:
    shown = Lens(kind, "https://x", nothing).record(held(kind, {}, active=False))
    assert shown["status"] == "tobedeleted"
    assert set(shown) >= {name for name, line in WIRE_FIELDS[kind].items() if line.required}


def test_a_role_is_rebuilt_and_its_dates_stay_behind() -> None:
    body: dict[str, object] = {
        "roles": [
            {
                "roleType": "primary",
                "role": "student",
                "org": "p-org",
                "beginDate": CANARY,
                "userProfile": CANARY,
            },
            {"roleType": "primary", "role": {"x": CANARY}, "org": "p-org"},
            CANARY,
        ]
    }
    shown = Lens(Kind.USER, "https://x", nothing).record(held(Kind.USER, body))
    assert CANARY.encode() not in dumps(shown)
    assert [role["role"] for role in shown["roles"]] == ["student"]  # type: ignore[attr-defined]


def test_a_number_keeps_its_text() -> None:
    shown = Lens(Kind.RESULT, "https://x", everything).record(
        held(Kind.RESULT, {"score": NumberText("7.50")})
    )
    assert b'"score":7.50' in dumps(shown)


def test_a_stamp_is_written_with_milliseconds_in_utc() -> None:
    assert wire_time(1_790_000_000_007) == "2026-09-21T14:13:20.007Z"


FAMILIES = [
    (CallerError("x", code="filter_field", status=400), 400, "invalid_filter_field"),
    (CallerError("x", code="paging", status=400), 400, "invalid_selection_field"),
    (CallerError("x", code="token_invalid", status=401), 401, "unauthorisedrequest"),
    (CallerError("x", code="unknown_object", status=404), 404, "unknownobject"),
    (CallerError("x", code="field_shape", status=422), 422, "invaliddata"),
    (DisclosureRefused("x", code="agreement_ended"), 403, "forbidden"),
    (GatewayUnready(CANARY, code="register_unwritable"), 503, "server_busy"),
    (SourceError(CANARY, code="x", retry=True), 503, "server_busy"),
    (SourceError(CANARY, code="x", retry=False), 500, "internal_server_error"),
    (DeliveryError(CANARY, code="x", permanent=True), 500, "internal_server_error"),
    (LeakSuspected(CANARY, code="x"), 500, "internal_server_error"),
    (SettingsError(CANARY, code="x"), 500, "internal_server_error"),
    (UsageError(CANARY, code="x"), 500, "internal_server_error"),
    (ValueError(CANARY), 500, "internal_server_error"),
]


@pytest.mark.parametrize(("error", "status", "minor"), FAMILIES, ids=lambda value: type(value).__name__)
def test_every_family_of_errors_is_worded_without_a_value(error: Exception, status: int, minor: str) -> None:
    info = status_info(error)
    assert info.status == status
    assert CANARY.encode() not in dumps(info.body)
    assert minor.encode() in dumps(info.body)
    assert info.body["imsx_severity"] == "error"
