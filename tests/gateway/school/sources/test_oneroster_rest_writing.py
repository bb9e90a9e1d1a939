from __future__ import annotations

import pytest

from gateway.errors import DeliveryError
from gateway.roster.model import Kind
from gateway.school.sources.oneroster_rest.source import OneRosterSource
from gateway.strict_json import NumberText
from tests.gateway.school.sources.bendable_system import BendableSystem, Fault, reference

RESULT = {"lineItem": reference("l1", "lineItem"), "student": reference("u1", "user"), "score": 7}


def undelivered(source: OneRosterSource) -> DeliveryError:
    with pytest.raises(DeliveryError) as refusal:
        source.write(Kind.RESULT, "r1", RESULT)
    assert refusal.value.__cause__ is None
    return refusal.value


def test_result_is_put_under_its_identifier(system: BendableSystem, source: OneRosterSource) -> None:
    source.write(Kind.RESULT, "r1", RESULT)
    assert system.written == {("results", "r1"): {"result": {"sourcedId": "r1", **RESULT}}}
    assert system.requests[-1].path == "/ims/oneroster/gradebook/v1p2/results/r1"
    assert system.requests[-1].headers["content-type"] == "application/json"


def test_grade_keeps_its_text(system: BendableSystem, source: OneRosterSource) -> None:
    source.write(Kind.RESULT, "r1", {"score": NumberText("7.50")})
    assert b'"score":7.50' in system.requests[-1].body


def test_delete_of_what_is_not_there_is_no_error(system: BendableSystem, source: OneRosterSource) -> None:
    source.write(Kind.LINE_ITEM, "l1", {})
    source.delete(Kind.LINE_ITEM, "l1")
    source.delete(Kind.LINE_ITEM, "l1")
    assert system.written == {}


def test_result_is_put_again_after_a_passing_fault(system: BendableSystem, source: OneRosterSource) -> None:
    system.faults = [Fault(500), Fault(reset=True)]
    source.write(Kind.RESULT, "r1", RESULT)
    assert len(system.written) == 1


@pytest.mark.parametrize("status", [400, 404, 405, 422])
def test_record_that_the_system_does_not_take_is_permanent(
    system: BendableSystem, source: OneRosterSource, status: int
) -> None:
    system.faults = [Fault(status, body=b'{"imsx_description":"Jip de Vries"}')]
    error = undelivered(source)
    assert error.permanent
    assert "Jip" not in error.sentence()


@pytest.mark.parametrize(
    "fault", [Fault(403), Fault(409), Fault(429), Fault(503), Fault(302), Fault(reset=True)], ids=str
)
def test_what_the_system_may_get_over_is_not_permanent(
    system: BendableSystem, source: OneRosterSource, fault: Fault
) -> None:
    system.faults = [fault] * 3
    assert not undelivered(source).permanent


def test_lost_access_is_not_permanent(system: BendableSystem, source: OneRosterSource) -> None:
    system.client_secret = "changed"
    error = undelivered(source)
    assert (error.code, error.permanent) == ("source_unauthorised", False)


@pytest.mark.parametrize("kind", [Kind.USER, Kind.ORG, Kind.ENROLLMENT])
def test_roster_is_never_written(system: BendableSystem, source: OneRosterSource, kind: Kind) -> None:
    with pytest.raises(ValueError):
        source.write(kind, "u1", {})
    with pytest.raises(ValueError):
        source.delete(kind, "u1")
    assert system.requests == []
