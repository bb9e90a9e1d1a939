"""Start page, sources and vendors over real HTTP, beside a simulated school system."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts import documents
from gateway.connections import clients
from gateway.database import reading, writing
from gateway.demo import papers
from gateway.demo.board import IdStyle, made_up_board
from gateway.demo.school_system import SimulatedSchool
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId
from gateway.school import agreements
from tests.gateway.school.pages.office import Office, Person, visible

BOARD = made_up_board(3, schools=2, pupils=12, ids=IdStyle.NUMBER)


@pytest.fixture(scope="module")
def school() -> Iterator[SimulatedSchool]:
    with SimulatedSchool(BOARD) as school:
        yield school


@pytest.fixture(scope="module")
def ict(office: Office) -> Person:
    return office.employ("ict", "application_manager")


def _source(school: SimulatedSchool, **changes: str) -> dict[str, object]:
    return {
        "slug": "las-1", "standard": "oneroster-1.2", "url": school.base_url, "token_url": school.token_url,
        "client_id": school.client_id, "client_secret": school.client_secret, "results": "source", **changes,
    }  # fmt: skip


def _agree(office: Office, product: str) -> str:
    record = papers.agreement(
        f"VO-{product}", vendor="Rekenwijs B.V.", kvk="12345678", product=product, board="Stichting Toets",
        brins=["99ZZ", "98YY"], data=papers.full_terms(), services=["roster"], today=datetime.now(UTC).date(),
    )  # fmt: skip
    loaded = documents.load(json.dumps(record).encode(), name="x.json")
    now = office.clock()

    def step(book):  # type: ignore[no-untyped-def]
        done = book.register(loaded, by="ict", os_account="x", now=now, new=True)
        for finding in done.findings:
            book.accept_finding(
                done.version.reference,
                finding.code.value,
                reason="toets",
                by="bestuur",
                os_account="x",
                now=now,
            )
        return book.approve(done.version.reference, by="bestuur", os_account="x", now=now).reference

    reference = agreements.change(office.services, step, now=now)
    agreements.change(
        office.services, lambda book: book.activate(reference, os_account="x", now=now), now=now, gives=True
    )
    return str(reference)


def test_start_page_lists_what_is_still_to_be_set_up(office: Office, ict: Person) -> None:
    page = visible(ict.get("/").text)
    assert "✓ done: Key ring made" in page
    assert "○ to do: School system added and tried" in page


def test_wrong_source_is_told_keeps_what_was_typed_and_adds_nothing(
    office: Office, ict: Person, school: SimulatedSchool
) -> None:
    for changes, code in (
        ({"slug": "Las 1"}, "source_setting"),
        ({"url": "ftp://school.example"}, ""),
        ({"standard": "sis-9"}, "standard_unknown"),
        ({"client_secret": ""}, "secret_missing"),
        ({"url": "http://school.example"}, ""),
    ):
        refused = ict.post("/sources/", _source(school, **changes))
        assert refused.status_code == 422, changes
        assert code in refused.text
        assert school.client_id in refused.text
        assert school.client_secret not in refused.text

    assert office.events(AuditEvent.SOURCE_ADDED) == []
    assert list(office.services.settings.secrets_folder.glob("source-*")) == []


def test_source_is_added_tried_and_its_schools_tie_themselves(
    office: Office, ict: Person, school: SimulatedSchool
) -> None:
    added = ict.post("/sources/", _source(school))
    tried = ict.post("/sources/las-1/check", page="/sources/las-1")

    assert added.url.endswith("/sources/las-1")
    assert re.search(r"user \d+", visible(tried.text))
    assert "99ZZ" in visible(tried.text)
    (event,) = office.events(AuditEvent.SOURCE_ADDED)
    assert event.actor["claim"] == "ict"
    assert event.actor["os_account"].startswith("page:")
    assert school.client_secret not in added.text + tried.text
    assert "✓ done: School system added and tried" in visible(ict.get("/").text)


def test_source_that_does_not_answer_is_told_on_its_page(
    office: Office, ict: Person, school: SimulatedSchool
) -> None:
    ict.post(
        "/sources/",
        _source(school, slug="las-stuk", url="http://127.0.0.1:9", token_url="http://127.0.0.1:9/t"),
    )
    tried = ict.post("/sources/las-stuk/check", page="/sources/las-stuk")
    assert tried.status_code == 502
    assert 'role="alert"' in tried.text


def test_page_shows_no_name_of_anybody_in_the_school_system(
    office: Office, ict: Person, school: SimulatedSchool
) -> None:
    tried = ict.post("/sources/las-1/check", page="/sources/las-1")
    names = {str(user["familyName"]) for user in BOARD.records("users")}
    assert len(names) > 5
    assert not [name for name in names if f">{name}<" in tried.text or f" {name} " in visible(tried.text)]


def test_credentials_are_shown_once_work_and_end_at_once(office: Office, ict: Person) -> None:
    _agree(office, "rekenwijs")
    page = ict.post("/vendors/rekenwijs/clients", page="/vendors/rekenwijs")
    client_id, secret = re.findall(r"<dd><code[^>]*>([^<]+)</code></dd>", page.text)[:2]

    with writing(office.services.front) as connection:
        known = clients.authenticate(
            connection, board_id=office.services.board_id, client_id=client_id, secret=secret
        )
    assert known is not None
    assert secret not in ict.get("/vendors/rekenwijs").text

    ended = ict.post(f"/vendors/clients/{client_id}/revoke", page="/vendors/rekenwijs")
    assert ended.status_code == 200
    with reading(office.services.front) as connection:
        (left,) = clients.listed(
            connection, board_id=office.services.board_id, product=ProductId("rekenwijs")
        )
    assert left.revoked_at_ms is not None


def test_refresh_is_asked_for_a_product_in_force_only(office: Office, ict: Person) -> None:
    asked = ict.post("/vendors/rekenwijs/refresh", page="/vendors/rekenwijs")
    unknown = ict.post("/vendors/onbekend/refresh", page="/vendors/rekenwijs")

    assert "under way" in visible(asked.text)
    assert unknown.status_code == 404


def test_who_may_not_change_sees_no_button_for_it(office: Office, ict: Person) -> None:
    auditor = office.employ("kijker", "auditor")
    for path in ("/sources/", "/sources/las-1", "/vendors/rekenwijs", "/staff/"):
        page = auditor.get(path)
        assert page.status_code == 200
        body = page.text.partition("<main")[2].partition("</main>")[0]
        assert "<button" not in body, path


def test_files_of_the_home_folder_stay_private(office: Office) -> None:
    folder: Path = office.services.settings.secrets_folder
    assert [path.name for path in folder.iterdir() if path.stat().st_mode & 0o077] == []
