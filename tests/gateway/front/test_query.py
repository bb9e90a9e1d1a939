"""limit, offset, sort, orderBy, filter, fields: what they do, and that they answer no question about withheld
data."""

from __future__ import annotations

import os
from dataclasses import replace
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import CallerError
from gateway.front.planes.oneroster.fields import WIRE_FIELDS, Treatment
from gateway.front.planes.oneroster.query import milliseconds, parse_query
from gateway.front.services import Limits
from gateway.holdings.selection import Logic, Operator
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import Kind
from tests.gateway.front.world import (
    GRADEBOOK,
    ROSTER,
    Vendor,
    World,
    agreement,
    masked,
    minor,
    pseudonym,
    roster,
)

THOROUGH = bool(os.environ.get("SCHUILNAAM_TEST_THOROUGH"))
ROUTES = {
    Kind.ORG: f"{ROSTER}/orgs",
    Kind.ACADEMIC_SESSION: f"{ROSTER}/academicSessions",
    Kind.ENROLLMENT: f"{ROSTER}/enrollments",
    Kind.DEMOGRAPHICS: f"{ROSTER}/demographics",
    Kind.USER: f"{ROSTER}/users",
    Kind.CLASS: f"{ROSTER}/classes",
    Kind.COURSE: f"{ROSTER}/courses",
    Kind.CATEGORY: f"{GRADEBOOK}/categories",
    Kind.LINE_ITEM: f"{GRADEBOOK}/lineItems",
    Kind.RESULT: f"{GRADEBOOK}/results",
}
LISTED = {
    "user.givenName", "user.familyName", "user.username", "user.email", "user.grades", "class.title",
    "class.grades", "class.subjects", "course.title", "org.name", "academicSession.title",
    "demographics.birthDate", "lineItem.title", "result.score", "result.scoreDate", "result.scoreStatus",
    "result.comment",
}  # fmt: skip


def withheld(kind: Kind) -> list[str]:
    return [
        line.name
        for line in WIRE_FIELDS[kind].values()
        if line.treatment is not Treatment.STRUCTURAL and f"{kind.value}.{line.name}" not in LISTED
    ]


@pytest.mark.parametrize("kind", Kind)
def test_a_withheld_field_is_refused_in_filter_with_the_bytes_of_one_that_does_not_exist(
    vendor: Vendor, world: World, kind: Kind
) -> None:
    names = [*withheld(kind), "nonsense", "no.such.thing"]
    assert len(names) > 2
    answers = {masked(vendor.get(f"{ROUTES[kind]}?filter={name}='123456782'")) for name in names}
    assert len(answers) == 1
    [(status, body, _)] = answers
    assert status == 400
    assert b"invalid_filter_field" in body
    assert b"123456782" not in body
    assert world.disclosures() == []
    assert len(world.audited(AuditEvent.REQUEST_REFUSED)) == len(names)


@pytest.mark.parametrize("kind", Kind)
def test_a_withheld_field_is_refused_in_sort_with_the_bytes_of_one_that_does_not_exist(
    vendor: Vendor, world: World, kind: Kind
) -> None:
    answers = {
        masked(vendor.get(f"{ROUTES[kind]}?sort={name}")) for name in [*withheld(kind), "nonsense", "'"]
    }
    assert len(answers) == 1
    [(status, body, _)] = answers
    assert status == 400
    assert b"invalid_selection_field" in body
    assert world.disclosures() == []


def test_fields_with_withheld_names_gives_the_rest_and_says_so(vendor: Vendor) -> None:
    answer = vendor.get(f"{ROSTER}/users?fields=sourcedId,givenName,phone,password")
    assert answer.status_code == 200
    assert all(set(user) == {"sourcedId", "givenName"} for user in answer.json()["users"])
    assert answer.headers["Schuilnaam-Withheld"] == "phone, password; agreement=VO-2026-014"


def test_fields_with_a_name_that_does_not_exist_is_refused(vendor: Vendor) -> None:
    answer = vendor.get(f"{ROSTER}/users?fields=givenName,shoeSize")
    assert (answer.status_code, minor(answer)) == (400, "invalid_selection_field")
    assert "shoeSize" not in answer.text


def test_fields_on_one_record(vendor: Vendor) -> None:
    answer = vendor.get(f"{ROSTER}/users/{pseudonym(Kind.USER, 1)}?fields=familyName,sms")
    assert answer.json() == {"user": {"familyName": "K1"}}
    assert answer.headers["Schuilnaam-Withheld"].startswith("sms;")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=1&limit=1", "repeated_parameter"),
        ("filter=status='active'&filter=status='active'", "repeated_parameter"),
        ("limit=-1", "paging"),
        ("limit=many", "paging"),
        ("limit=99999999999", "paging"),
        ("offset=1.5", "paging"),
        ("orderBy=up", "order_by"),
        ("filter=" + "x" * 2_001, "filter_length"),
        ("filter=status", "filter_syntax"),
        ("filter=status='active", "filter_syntax"),
        ("filter=status='active' AND", "filter_syntax"),
        ("filter=status='active' AND status='active' OR status='active'", "filter_syntax"),
        ("filter=dateLastModified>'yesterday'", "filter_time"),
        ("filter=dateLastModified~'2026'", "filter_field"),
        ("filter=user='x'", "filter_field"),
        ("filter=%ff", "query_syntax"),
        ("fields=" + "x," * 1_001, "fields_length"),
    ],
)
def test_what_cannot_be_used_is_refused_clearly(vendor: Vendor, world: World, query: str, code: str) -> None:
    answer = vendor.get(f"{ROSTER}/users?{query}")
    assert answer.status_code == 400
    assert answer.json()["imsx_description"].startswith(f"{code}: ")
    assert world.disclosures() == []
    assert [row.details["reason"] for row in world.audited(AuditEvent.REQUEST_REFUSED)] == [code]


def test_limit_zero_gives_the_count_alone(vendor: Vendor) -> None:
    answer = vendor.get(f"{ROSTER}/students?limit=0")
    assert answer.json() == {"users": []}
    assert answer.headers["X-Total-Count"] == "8"


def test_a_limit_above_the_maximum_is_lowered_and_link_leads_on(vendor: Vendor, world: World) -> None:
    world.services = replace(world.services, limits=Limits(max_page=4))
    answer = vendor.get(f"{ROSTER}/users?limit=1000000")
    assert len(answer.json()["users"]) == 4
    assert answer.links["next"]["url"].endswith("limit=4&offset=4")
    assert len(vendor.pull(f"{ROSTER}/users", "users", limit=1_000_000)) == 10


def test_a_filter_without_encoding_works_as_real_platforms_send_it(vendor: Vendor) -> None:
    answer = vendor.get(f"{ROSTER}/users?limit=10000&filter=email='leraar101@school.example'")
    assert [user["email"] for user in answer.json()["users"]] == ["leraar101@school.example"]


def test_links_keep_the_filter_encoded_and_lead_to_the_next_page(vendor: Vendor) -> None:
    answer = vendor.get(
        f"{ROSTER}/users?limit=2&filter=status='active' AND roles.role='student'&sort=username"
    )
    assert answer.headers["X-Total-Count"] == "8"
    following = answer.links["next"]["url"].removeprefix("https://schuilnaam.example")
    second = vendor.get(following)
    assert second.status_code == 200
    names = [user["username"] for user in answer.json()["users"] + second.json()["users"]]
    assert names == sorted(names)
    assert set(second.links) == {"first", "prev", "next", "last"}


def test_or_chains_of_any_length_work(vendor: Vendor) -> None:
    chain = " OR ".join(f"username='k{number}'" for number in (1, 2, 3))
    assert vendor.get(f"{ROSTER}/users", params={"filter": chain}).headers["X-Total-Count"] == "3"


def test_a_reference_can_be_filtered_on_by_id(vendor: Vendor) -> None:
    id = pseudonym(Kind.USER, 1)
    answer = vendor.get(f"{ROSTER}/enrollments?filter=user.sourcedId='{id}'")
    assert [each["user"]["sourcedId"] for each in answer.json()["enrollments"]] == [id]


def test_a_sorted_page_registers_positions(vendor: Vendor, world: World) -> None:
    vendor.get(f"{ROSTER}/users?sort=familyName&orderBy=desc&limit=2")
    [row] = world.disclosures()
    assert row["count"] == 2
    assert row["positions"]


def test_a_delta_reports_what_changed_with_our_own_stamps(vendor: Vendor, world: World) -> None:
    users = vendor.pull(f"{ROSTER}/users", "users")
    newest = max(user["dateLastModified"] for user in users)
    gone = pseudonym(Kind.USER, 3)
    world.pass_time(minutes=5)
    world.refresh(agreement(), [record for record in roster() if record.pseudonym != gone])
    delta = vendor.get(f"{ROSTER}/users", params={"filter": f"dateLastModified>'{newest}'"}).json()["users"]
    assert [(user["sourcedId"], user["status"]) for user in delta] == [(gone, "tobedeleted")]
    assert delta[0]["givenName"] == "-"
    assert delta[0]["dateLastModified"] == "2026-09-01T10:05:00.000Z"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T00:00:01Z", 1_000),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T01:00:00 01:00", 0),
        ("1970-01-01T01:00:00+0100", 0),
        ("1970-01-01T00:00:00.1239Z", 123),
        ("1970-01-01 00:00:00", 0),
        ("1970-01-01T00:01", 60_000),
    ],
)
def test_moments_are_read_as_platforms_write_them(text: str, expected: int) -> None:
    assert milliseconds(text) == expected


# A NUL is refused: no database holds one.
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


@settings(max_examples=2_000 if THOROUGH else 200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(list(Operator)), VALUES), min_size=1, max_size=5),
    st.sampled_from(list(Logic)),
)
def test_any_value_survives_the_filter_grammar(pairs: list[tuple[Operator, str]], logic: Logic) -> None:
    text = f" {logic.value} ".join(
        "familyName{}'{}'".format(operator.value, value.replace("'", "''")) for operator, value in pairs
    )
    query = parse_query([("filter", text)], kind=Kind.USER, max_limit=100, visible=lambda _: True)
    assert query.filter is not None
    assert [(each.operator, each.value) for each in query.filter.comparisons] == pairs
    assert query.filter.logic is (logic if len(pairs) > 1 else Logic.AND)


@settings(max_examples=5_000 if THOROUGH else 300, deadline=None)
@given(st.text(max_size=300))
def test_any_filter_is_read_or_refused_without_repeating_it(text: str) -> None:
    refused: CallerError | None = None
    try:
        parse_query([("filter", text)], kind=Kind.USER, max_limit=100, visible=lambda _: True)
    except CallerError as error:
        refused = error
    if refused is not None:
        assert refused.status == 400
        assert refused.code in {"filter_syntax", "filter_field", "filter_time", "filter_length"}
        assert len(text) < 6 or text not in refused.sentence()


@settings(max_examples=200 if THOROUGH else 20, deadline=None)
@given(VALUES)
def test_a_filter_is_percent_decoded_once(value: str) -> None:
    text = "familyName='" + value.replace("'", "''") + "'"
    [(_, decoded)] = parse_qsl(f"filter={quote(text)}", keep_blank_values=True)
    assert decoded == text
