"""The pictures of a vendor's page: arrows with counts, a cross with its reason, and what was fetched per day."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from contracts.instants import local_day, to_ms
from gateway.demo.school_system import SimulatedSchool
from gateway.registers import audit, disclosures
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.registers.disclosures import DisclosureEntry
from gateway.roster.model import Kind
from gateway.school import refreshing
from gateway.school.pages.vendor_pictures import bars_of, flow_of
from gateway.school.vendors import switch, traffic
from tests.gateway.school.pages.office import Office, Person, visible
from tests.gateway.school.pages.test_preview import ACTOR, BOARD, BOTH, agree, connect, school

__all__ = ["school"]


@pytest.fixture(scope="module")
def desk(office: Office, school: SimulatedSchool) -> Office:
    connect(office, school)
    agree(office, "rekenwijs")
    agree(office, "een-groep", scope={"schools": BOTH, "grades": None, "classes": ["bestaat niet"]})
    agree(office, "gestopt")
    refreshing.refresh(office.services, now=office.clock())
    switch.stop(office.services, ACTOR, "gestopt", reason="toets", now=office.clock())
    return office


@pytest.fixture(scope="module")
def reader(desk: Office) -> Person:
    return desk.employ("lezer", "auditor")


def fetched(office: Office, at: datetime, *, client: str = "client-1", records: int = 100) -> None:
    """One page that went out at a moment."""
    disclosures.record(
        office.services.front,
        DisclosureEntry(
            board_id=office.services.board_id, agreement_id="VO-rekenwijs", agreement_version=1,
            agreement_digest="0" * 64, product="rekenwijs", client_id=client, operation="GET /users",
            service="roster", purposes=("leveren_gebruik",), kind=Kind.USER, generation=1,
            first="a", last="b", count=records,
        ),
        now_ms=to_ms(at),
    )  # fmt: skip


def test_page_draws_what_goes_where_with_counts_and_says_it_as_a_table(desk: Office, reader: Person) -> None:
    page = reader.get("/vendors/rekenwijs").text
    numbers = traffic.of_product(desk.services, "rekenwijs", now=desk.clock())
    assert numbers is not None
    assert numbers.held is not None
    persons = sum(user["status"] == "active" for user in BOARD.records("users"))
    assert numbers.read == persons
    assert 0 < numbers.held.persons < persons
    text = visible(page)
    assert f"{persons} persons read" in text
    assert f"{numbers.held.persons} persons, {numbers.fields} fields" in text
    assert "the agreement does not list such persons" in text
    assert 'class="cross"' in page
    # Results are not agreed, so the way back is crossed and the way out is not.
    crossed = [arrow.crossed is not None for arrow in flow_of_page(desk, "rekenwijs")]
    assert crossed == [False, False, True, True]
    assert 'style="' not in page
    assert "<style" not in page


def flow_of_page(office: Office, product: str) -> tuple[object, ...]:
    numbers = traffic.of_product(office.services, product, now=office.clock())
    assert numbers is not None
    with office.app.test_request_context("/"):
        return flow_of(numbers).arrows


def test_stopped_vendor_has_every_arrow_crossed_with_the_reason(desk: Office, reader: Person) -> None:
    page = reader.get("/vendors/gestopt").text
    assert page.count('class="crossed"') == 4
    assert "A cross means that nothing goes there: the board stopped this vendor" in visible(page)
    assert "persons read" not in visible(page)


def test_nobody_in_scope_is_no_cross_but_no_persons(desk: Office, reader: Person) -> None:
    text = visible(reader.get("/vendors/een-groep").text)
    assert "0 persons" in text
    assert "the group is not in the agreement" in text


def test_days_are_the_schools_own_thirty_days_and_hold_no_exported_file(desk: Office, reader: Person) -> None:
    now = desk.clock()
    today = local_day(now)
    for days, pages in ((0, 3), (1, 12), (29, 1), (30, 50), (80, 9)):
        for _ in range(pages):
            fetched(desk, now - timedelta(days=days))
    fetched(desk, now, client="export")

    numbers = traffic.of_product(desk.services, "rekenwijs", now=now)

    assert numbers is not None
    assert [(each.day, each.pages, each.records) for each in numbers.days if each.pages] == [
        (today - timedelta(days=29), 1, 100),
        (today - timedelta(days=1), 12, 1200),
        (today, 3, 300),
    ]
    assert len(numbers.days) == 30
    assert numbers.exported == 1
    heights = {bar.day.day: bar.height for bar in bars_of(numbers).bars}
    assert heights[today - timedelta(days=1)] > heights[today] > 0
    assert heights[today - timedelta(days=5)] == 0
    page = reader.get("/vendors/rekenwijs").text
    assert len(re.findall(r'<rect class="pull"', page)) == 30
    assert "12 1200" in visible(page)
    assert "16 pages fetched" in visible(page)


def test_refused_requests_are_counted_and_shown(desk: Office, reader: Person) -> None:
    for _ in range(2):
        audit.record(
            desk.services.front, AuditEvent.REQUEST_REFUSED, board_id=desk.services.board_id,
            actor=Actor.vendor("client-1"), now_ms=to_ms(desk.clock()), product="rekenwijs",
            details={"reason": "agreement_ended"},
        )  # fmt: skip
    assert "refused 2 requests" in visible(reader.get("/vendors/rekenwijs").text)
