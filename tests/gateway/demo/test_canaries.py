"""The canary board: every string is unique, in the table, and the board stays legal."""

from __future__ import annotations

import json

from gateway.demo.canaries import CANARY, canary_board
from gateway.demo.records import COLLECTIONS
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor

FIXED = {
    "active", "tobedeleted", "true", "false", "primary", "secondary", "student", "teacher", "guardian",
    "siteAdministrator", "school", "district", "homeroom", "scheduled", "schoolYear", "term", "gradingPeriod",
    "male", "female", "fully graded", "case", "2027",
    "org", "academicSession", "course", "class", "user", "category", "lineItem", "resource", "scoreScale",
}  # fmt: skip


def strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in strings(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in strings(inner)]
    return [value] if isinstance(value, str) else []


def test_every_string_is_a_canary_a_date_or_a_word_of_the_standard() -> None:
    canaries = canary_board(7)
    for collection in COLLECTIONS:
        for record in canaries.board.records(collection):
            for text in strings(record):
                assert text in FIXED or text in canaries.dates or CANARY.search(text), text


def test_every_canary_is_in_the_table_and_stands_in_the_board_in_one_record() -> None:
    canaries = canary_board(7)
    places: dict[str, set[tuple[str, object]]] = {}
    for collection in COLLECTIONS:
        for record in canaries.board.records(collection):
            for text in CANARY.findall(json.dumps(record)):
                places.setdefault(text, set()).add((collection, record["sourcedId"]))
    assert set(places) == set(canaries.table) - set(canaries.header_canaries)
    for text, found in places.items():
        canary = canaries.table[text]
        assert canary.text == text
        if canary.field != "sourcedId":
            assert [identifier for _, identifier in found] == [canary.record]
    assert len(places) >= 5000


def test_keys_of_metadata_and_extra_credentials_are_canaries() -> None:
    canaries = canary_board(7)
    fields = {canary.field for canary in canaries.table.values() if canary.kind == "user"}
    assert "metadata.nested.deeper.deepest" in fields
    assert "metadata.nested.deeper#key" in fields
    assert "userProfiles.credentials.extra#key" in fields
    assert {"agents.href", "roles.org.href", "roles.userProfile", "pronouns", "password"} <= fields


def test_demographics_share_the_id_of_their_user() -> None:
    board = canary_board(7).board
    users = set(board.shelf("users").ids())
    assert set(board.shelf("demographics").ids()) <= users


def test_the_same_seed_plants_the_same_canaries_and_another_seed_none_of_them() -> None:
    assert set(canary_board(7).table) == set(canary_board(7).table)
    assert not set(canary_board(7).table) & set(canary_board(8).table)


def test_canaries_are_found_in_what_a_vendor_got_and_in_headers() -> None:
    canaries = canary_board(7)
    with SimulatedSchool(canaries.board) as school:
        canaries.arm(school)
        vendor = SimulatedVendor(school.base_url, school.token_url, school.client_id, school.client_secret)
        vendor.pull("users")
        vendor.close()
    found = canaries.found_in(vendor.received_bytes())
    kinds = {canary.kind for canary in found}
    assert {"user", "org", "header"} <= kinds
    assert "enrollment" not in kinds
