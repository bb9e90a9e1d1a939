"""Every product of the board with its way, or why there is none: on a page, and for programs."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from contracts.instants import local_day
from gateway.school import vendor_access
from gateway.school.agreeing import steps
from gateway.school.vendors import routes, switch
from gateway.school.vendors.routes import Way
from tests.gateway.school.pages import papers
from tests.gateway.school.pages.office import Office, visible
from tests.gateway.school.pages.test_preview import ACTOR, agree, program
from tests.gateway.school.pages.test_vendor_pictures import fetched


@pytest.fixture(scope="module")
def desk(office: Office) -> Office:
    now = office.clock()
    for product in ("rekenwijs", "nieuw", "gestopt", "opgeschort", "voorbij"):
        agree(office, product)
    agree(office, "portaal", services=[], data=[])
    papers.register(office, papers.record(office, "wachtend"))
    vendor_access.issue(office.services, "rekenwijs", actor=ACTOR, now=now)
    fetched(office, now, client="export")
    switch.stop(office.services, ACTOR, "gestopt", reason="toets", now=now)
    steps.suspend(office.services, "VO-opgeschort/1", actor=ACTOR, now=now, reason="toets")
    steps.end(office.services, "VO-voorbij/1", actor=ACTOR, now=now, on=local_day(now), reason="toets")
    return office


def test_every_product_has_its_way_or_why_there_is_none(desk: Office) -> None:
    found = {each.product: each for each in routes.of_board(desk.services, now=desk.clock())}
    later = {
        each.product: each for each in routes.of_board(desk.services, now=desk.clock() + timedelta(days=2))
    }
    assert {product: each.ways for product, each in found.items()} == {
        "rekenwijs": (Way.ONEROSTER, Way.FILE),
        "nieuw": (Way.NOT_CONNECTED,),
        "portaal": (Way.REGISTERED_ONLY,),
        "gestopt": (Way.CLOSED,),
        "opgeschort": (Way.CLOSED,),
        "voorbij": (Way.NOT_CONNECTED,),
        "wachtend": (Way.CLOSED,),
    }
    assert later["voorbij"].ways == (Way.CLOSED,)
    assert found["rekenwijs"].last_file is not None
    assert found["rekenwijs"].last_pull is None


def test_page_says_every_way_in_words_and_prints_without_a_menu(desk: Office) -> None:
    leader = desk.employ("directeur", "school_leader/99ZZ")
    page = visible(leader.get("/what-works/").text)
    for sentence in (
        "fetches by OneRoster 1.2",
        "the school makes a file with aliases",
        "may, not connected yet",
        "registered only",
        "the board stopped this vendor",
        "the agreement is suspended",
        "the agreement is not active",
    ):
        assert sentence in page, sentence


def test_programs_get_the_same_ways_and_the_numbers_behind_the_pictures(desk: Office) -> None:
    token = program(desk, "lezer-api", "auditor")

    def get(path: str) -> requests.Response:
        return requests.get(
            f"{desk.url}/api/v1/{path}", headers={"Authorization": f"Bearer {token}"}, timeout=10
        )

    ways = {each["product"]: each["ways"] for each in get("what-works?page_size=50").json()}
    numbers = get("vendors/rekenwijs/traffic").json()
    assert ways["rekenwijs"] == ["oneroster-1.2", "file"]
    assert numbers["exported"] == 1
    assert len(numbers["days"]) == 30
    assert numbers["standing"] == "in_force"
    assert get("vendors/onbekend/traffic").status_code == 404
