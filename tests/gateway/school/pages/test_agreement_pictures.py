"""The timeline and the matrix of all agreements: right for the eye, and the same for a screen reader."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from contracts.instants import local_day
from contracts.vocabulary import AgreementState, Form
from gateway.registers.actors import Actor
from gateway.school.agreeing import steps
from gateway.school.pages.agreement_pictures import months_from
from gateway.school.reports.matrix import Cell, cells_of
from tests.contracts import records
from tests.gateway.school.pages import papers
from tests.gateway.school.pages.office import Office, visible

ACTOR = Actor.person("tweede persoon", os_account="page:1")


def _running(office: Office, name: str, **bent: object) -> None:
    papers.register(office, papers.record(office, name, **bent))
    for step in (steps.approve, steps.activate):
        step(office.services, f"VO-{name}/1", actor=ACTOR, now=office.clock())
    assert papers.version(office, f"VO-{name}").state is AgreementState.ACTIVE


def test_timeline_shows_an_agreement_that_ends_soon_in_amber_and_with_its_days(office: Office) -> None:
    today = local_day(office.clock())
    _running(
        office, "kort", term__until=(today + timedelta(days=29)).isoformat(), term__review_by=records.DROP
    )
    _running(office, "lang", term__until=None)
    papers.register(office, papers.record(office, "wachtend"))
    reader = office.employ("tijdlezer", "auditor")

    page = reader.get("/agreements/timeline").text
    text = visible(page)

    bars = re.findall(r'<rect class="bar bar-(\w+)" x="(\d+)" y="\d+" width="(\d+)"', page)
    assert {kind for kind, _, _ in bars} == {"ending", "active"}
    short, long = (
        next(int(width) for kind, _, width in bars if kind == each) for each in ("ending", "active")
    )
    assert 0 < short < long
    assert "VO-kort/1 Kort B.V." in text
    assert "ends in 30 days" in text
    assert "not agreed" in text
    assert "Not running yet VO-wachtend/1" in text
    # Words that do not fit stand behind the bar, where they are read on the page's own ground.
    assert not re.search(r'class="on-bar"[^>]*>ends in 30 days', page)
    assert "style=" not in page


def test_matrix_shows_per_product_and_field_the_form_with_letter_and_word(office: Office) -> None:
    _running(office, "kruis")
    _running(office, "stil", products__0__services=[])
    reader = office.employ("kruislezer", "data_protection_officer")

    page = reader.get("/agreements/fields").text

    names = re.findall(r'<th scope="col"><a[^>]*>([^<]+)</a>', page)
    row = page[page.index("<code>user.givenName</code>") :]
    cells = re.findall(r"<td>(.*?)</td>", row[: row.index("</tr>")])
    expected = cells_of(papers.version(office, "VO-kruis").agreement.products[0])["user.givenName"].out
    assert expected is not None
    assert f'class="form form-{expected.value}"' in cells[names.index("Kruis")]
    assert visible(cells[names.index("Stil")]) == "not"
    assert "registered only" in visible(page)
    assert "style=" not in page


def test_registered_only_product_gets_nothing_in_the_matrix() -> None:
    terms = records.agreement(products__0__services=[]).products[0]

    assert cells_of(terms) == {}


def test_cell_shows_the_most_revealing_form_of_all_persons() -> None:
    names = {"fields": ["user.givenName"]}
    pupils = {"category": "contactgegevens", "subjects": ["leerling"], "form": "alias", "direction": "out"}
    staff = {"category": "docent", "subjects": ["medewerker"], "form": "clear", "direction": "both"}
    data = [{**names, **pupils}, {**names, **staff}]
    terms = records.agreement(products__0__data=data).products[0]

    assert cells_of(terms) == {"user.givenName": Cell(Form.CLEAR, Form.CLEAR)}


@pytest.mark.parametrize(
    ("today", "last"), [(date(2026, 1, 31), date(2027, 1, 1)), (date(2026, 12, 1), date(2027, 12, 1))]
)
def test_twelve_months_start_with_this_one(today: date, last: date) -> None:
    months = months_from(today)

    assert months[0] == today.replace(day=1)
    assert months[-1] == last
    assert len(months) == 13
