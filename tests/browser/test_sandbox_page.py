"""The page of the sandbox in a browser: a place, buttons, what happened, in both languages and at both widths."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from gateway.demo.vendors import SimulatedVendor
from tests.browser.desk import Person
from tests.journeys.rig import Rig
from tests.journeys.sandboxed import door_with_sandbox, sandbox_at_work


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    rig = Rig(tmp_path_factory.mktemp("sandbox"), [])
    try:
        with door_with_sandbox(rig), sandbox_at_work(rig.home):
            yield f"{rig.url}/sandbox"
    finally:
        rig.stop()


@pytest.mark.parametrize(
    ("language", "width", "take", "ends", "done"),
    [
        ("en", 1280, "Take a place", "The agreement ends", "done"),
        ("nl", 390, "Neem een plek", "De overeenkomst eindigt", "gebeurd"),
    ],
)
def test_developer_takes_a_place_in_a_browser_and_lets_the_agreement_end(
    chromium: Browser, url: str, language: str, width: int, take: str, ends: str, done: str
) -> None:
    person = Person(chromium, url, language=language, width=width)
    page = person.page
    person.open("/")
    assert page.locator("html").get_attribute("lang") == language
    person.press(take)
    client_id, secret = (page.locator("main td code").nth(number).inner_text() for number in (0, 1))
    vendor = SimulatedVendor(url, f"{url}/oauth2/token", client_id, secret)
    assert vendor.pull("users").refused is None

    person.press(ends)

    assert ends in page.locator("main").inner_text()
    assert done in page.locator("main").inner_text()
    # Shown once: it goes along in the forms, and is not told again.
    assert secret not in page.locator("main").inner_text()
    assert secret not in page.url
    assert vendor.get("users").status == 403
    vendor.close()
    person.close()


def test_wrong_secret_is_told_on_the_page_and_nothing_happens(chromium: Browser, url: str) -> None:
    person = Person(chromium, url, language="en")
    person.open("/?lang=en")
    person.page.get_by_label("Client ID").fill("c-0000000000000000")
    person.page.get_by_label("Client secret").fill("<b>niet</b>")
    with person.page.expect_navigation() as navigation:
        person.page.get_by_role("button", name="Show my place").click()
    answer = navigation.value
    assert answer is not None
    assert answer.status == 401
    assert "client_refused" in person.page.get_by_role("alert").inner_text()
    assert "niet" not in person.page.content()
    person.close()
