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


def test_every_reason_is_on_the_page_or_shows_only_as_absence() -> None:
    of_one_record = {
        reason
        for reason in RefusalReason
        if reason.value.startswith(("consent_", "field_", "direction_"))
        or reason.value.endswith(("_out_of_scope", "_without_ground", "_too_revealing"))
    } | {
        RefusalReason.OBJECTION,
        RefusalReason.PRODUCT_NOT_IN_AGREEMENT,
        RefusalReason.SUBJECT_NOT_IN_AGREEMENT,
        RefusalReason.GROUPS_NOT_IN_AGREEMENT,
    }
    assert of_one_record | set(vendor_page.WHOLE_PRODUCT) == set(RefusalReason)
    assert of_one_record.isdisjoint(vendor_page.WHOLE_PRODUCT)
