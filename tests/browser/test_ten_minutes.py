"""From an initialised home folder to a vendor's first pull, in the browser, by two people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from gateway.demo.board import IdStyle, made_up_board, role_of
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from tests.browser.desk import Person, served
from tests.journeys.rig import Rig

STAFF = ("teacher", "siteAdministrator")


@pytest.fixture
def school() -> Iterator[SimulatedSchool]:
    with SimulatedSchool(made_up_board(7, schools=2, pupils=24, ids=IdStyle.UUID)) as school:
        yield school


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path, [])
    yield rig
    rig.stop()


@pytest.fixture
def pages_url(rig: Rig) -> Iterator[str]:
    with served(rig) as url:
        yield url


def test_school_it_gets_from_init_to_a_vendors_first_pull_in_the_browser(
    chromium: Browser, rig: Rig, school: SimulatedSchool, pages_url: str, tmp_path: Path
) -> None:
    invited = rig.command(
        "staff", "invite", "ict@school.example", "--display-name", "ICT", "--role", "application_manager"
    )
    manager, approver = Person(chromium, pages_url), Person(chromium, pages_url, width=390)
    manager.accept_invitation(str(invited["link"]), "ict@school.example")
    manager.sign_in()
    page = manager.page
    assert "School system added and tried" in page.locator(".steps").inner_text()

    # The school system.
    manager.open("/sources/")
    for field, value in (
        ("#slug", "las-1"), ("#url", school.base_url), ("#token_url", school.token_url),
        ("#client_id", school.client_id), ("#client_secret", school.client_secret),
    ):  # fmt: skip
        page.fill(field, value)
    manager.press("Add")
    manager.press("Try it: read everything once, keep nothing")
    assert "It works" in page.locator("main").inner_text()
    assert "99ZZ" in page.locator("main").inner_text()

    # A second person, because who enters an agreement cannot approve it.
    manager.open("/staff/")
    page.fill("#display_name", "Bestuur")
    page.fill("#invite_name", "bestuur@school.example")
    page.locator("main form").filter(has_text="Make the invitation").get_by_label("Approver").check()
    manager.press("Make the invitation")
    approver.accept_invitation(page.locator("main code").inner_text(), "bestuur@school.example")
    approver.sign_in()

    # The agreement.
    record = tmp_path / "record.json"
    record.write_text(json.dumps(rig.record("rekenwijs")), encoding="utf-8")
    manager.open("/agreements/file")
    page.set_input_files("#record", record)
    manager.press("Check and register")
    shown = re.sub(r"^https?://[^/]+", "", page.url)
    approver.open(shown)
    approver.press("Approve")
    while approver.page.get_by_role("button", name="Accept", exact=True).count():
        approver.page.locator("input[name=reason][required]").first.fill("in een toets")
        with approver.page.expect_navigation():
            approver.page.get_by_role("button", name="Accept", exact=True).first.click()
    manager.open(shown)
    manager.press("Activate")

    # The vendor.
    manager.open("/vendors/rekenwijs")
    manager.press("Issue credentials")
    client_id, client_secret = page.locator("dd code").all_inner_texts()[:2]
    vendor = SimulatedVendor(rig.url, f"{rig.url}/oauth2/token", client_id, client_secret, name="rekenwijs")
    pupils = vendor.pull("users").records
    vendor.close()

    manager.open("/vendors/rekenwijs")
    assert "never" not in page.locator("dl").inner_text()
    manager.open("/")
    left = page.locator(".steps li:not(.done)").all_inner_texts()
    assert len(pupils) >= 24
    assert len(left) == 1
    assert "Recovery sheet" in left[0]
    # This agreement lists the names of staff in clear, and none of a pupil or a guardian.
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for user in school.board.records("users"):
        names[role_of(user) in STAFF].add(str(user["familyName"]))
    withheld = names[False] - names[True]
    assert len(withheld) > 5
    assert withheld.isdisjoint(str(user["familyName"]) for user in pupils)
    manager.close()
    approver.close()
