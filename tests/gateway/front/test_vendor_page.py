"""`/docs` at the vendors' door: for everybody, about nobody."""

from __future__ import annotations

import re
from pathlib import Path

import requests

from contracts.vocabulary import RefusalReason
from gateway.front import vendor_page
from tests.gateway.front.world import World


def test_page_is_read_without_signing_in_and_tells_no_board_vendor_or_person(world: World) -> None:
    answer = requests.get(f"{world.url}/docs", timeout=10)
    style = requests.get(f"{world.url}/docs/style.css", timeout=10)

    assert (answer.status_code, style.status_code) == (200, 200)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    text = answer.text
    assert f"{world.services.public_url}/oauth2/token" in text
    assert world.services.board_name not in text
    assert "<script" not in text
    assert world.disclosures() == []


def test_every_code_on_the_page_is_one_that_the_door_answers() -> None:
    source = "".join(path.read_text() for path in Path("gateway/front").rglob("*.py"))
    known = {*re.findall(r'code="([a-z_]+)"', source), *(reason.value for reason in RefusalReason)}
    shown = re.findall(r"<code>([a-z_]+)</code></td>", vendor_page.page("https://x.example").decode())
    assert len(shown) > 15
    assert [code for code in shown if code not in known] == []
