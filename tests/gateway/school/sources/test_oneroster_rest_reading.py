from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gateway.errors import SourceError
from gateway.roster.model import Kind
from gateway.school.sources.oneroster_rest.source import OneRosterSource
from tests.gateway.school.sources.bendable_system import BendableSystem, Fault, Request, reference, users

USERS = "/ims/oneroster/rostering/v1p2/users"


def ids(source: OneRosterSource, kind: Kind = Kind.USER) -> list[str]:
    return [record.identifier for record in source.read(kind)]


def refused(source: OneRosterSource, kind: Kind = Kind.USER) -> SourceError:
    with pytest.raises(SourceError) as refusal:
        list(source.read(kind))
    assert refusal.value.__cause__ is None
    return refusal.value


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("totals", [True, False])
@pytest.mark.parametrize("cap", [10, 3])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 30])
def test_everything_is_read_once_however_the_system_pages(
    system: BendableSystem, source: OneRosterSource, links: bool, totals: bool, cap: int, count: int
) -> None:
    system.records["users"] = users(count)
    system.links, system.totals, system.page_cap = links, totals, cap
    assert ids(source) == [f"u{n}" for n in range(count)]


def test_link_that_counts_by_the_asked_limit_skips_nothing(
    system: BendableSystem, source: OneRosterSource
) -> None:
    system.records["users"] = users(30)
    system.page_cap, system.links = 4, False
    wrong = (("Link", f'<{system.url}{USERS}?limit=10&offset=10>; rel="next"'),)
    system.faults = [Fault(headers=wrong)]
    assert len(ids(source)) == 30


def test_link_with_a_cursor_is_followed(system: BendableSystem, source: OneRosterSource) -> None:
    system.records["users"] = users(4)
    system.links = system.totals = False
    system.page_cap = 2

    def turn(system: BendableSystem, request: Request) -> None:
        if "cursor" in request.query:
            request.query["offset"] = ["2"]

    system.before = turn
    system.faults = [Fault(headers=(("Link", f"<{USERS}?cursor=abc%3D>; rel=next"),))]
    assert ids(source) == ["u0", "u1", "u2", "u3"]
    assert system.asked("/users")[1].query["cursor"] == ["abc="]
    assert "limit" not in system.asked("/users")[1].query


def test_record_keeps_unknown_fields_and_loses_status_and_stamp(
    system: BendableSystem, source: OneRosterSource
) -> None:
    [user] = users(1)
    system.records["users"] = [
        user | {"status": "tobedeleted", "metadata": {"bsn": "x"}, "agentSourceIds": []}
    ]
    [record] = source.read(Kind.USER)
    assert record.source == "las1"
    assert not record.active
    assert record.fields.keys() == {
        "givenName",
        "familyName",
        "enabledUser",
        "roles",
        "metadata",
        "agentSourceIds",
    }


@pytest.mark.parametrize("key", ["users", "Users", "data"])
def test_name_around_the_list_does_not_matter(
    system: BendableSystem, source: OneRosterSource, key: str
) -> None:
    system.records["users"], system.key = users(3), key
    assert len(ids(source)) == 3


def test_user_of_one_point_one_gets_a_role_at_each_organisation(
    system: BendableSystem, source_of: Callable[..., OneRosterSource]
) -> None:
    system.records["users"] = [
        {"sourcedId": "u1", "role": "student", "orgs": [reference("o1", "org"), reference("o2", "org")]}
    ]
    [record] = source_of(data_version="1.1", path_version="v1p1").read(Kind.USER)
    assert record.fields == {
        "roles": [
            {"roleType": "primary", "role": "student", "org": reference("o1", "org")},
            {"roleType": "secondary", "role": "student", "org": reference("o2", "org")},
        ]
    }
    assert system.asked("/users")[0].path == "/ims/oneroster/v1p1/users"


def test_gradebook_has_a_path_of_its_own_in_one_point_two(
    system: BendableSystem, source: OneRosterSource
) -> None:
    system.records["results"] = []
    assert ids(source, Kind.RESULT) == []
    assert system.requests[-1].path == "/ims/oneroster/gradebook/v1p2/results"


def test_base_with_a_path_stays_under_it(
    system: BendableSystem, source_of: Callable[..., OneRosterSource]
) -> None:
    system.records["users"] = users(25)
    assert len(ids(source_of(base_url=f"{system.url}/bestuur/een/"))) == 25
    assert {request.path for request in system.asked("/users")} == {f"/bestuur/een{USERS}"}


class TestMovingSource:
    def test_pupil_who_shifts_to_an_earlier_page_is_read_in_a_second_pass(
        self, system: BendableSystem, source: OneRosterSource
    ) -> None:
        """Page 1 is read; then the first pupil leaves, so the eleventh moves to page 1 and is skipped."""
        system.records["users"] = users(20)

        def leave(system: BendableSystem, request: Request) -> None:
            if len(system.asked("/users")) == 2:
                del system.records["users"][0]

        system.before = leave
        read = ids(source)
        assert sorted(read) == sorted(f"u{n}" for n in range(20))
        assert "u10" in read

    def test_pupil_who_shifts_to_a_later_page_is_given_once(
        self, system: BendableSystem, source: OneRosterSource
    ) -> None:
        system.records["users"] = users(20)

        def arrive(system: BendableSystem, request: Request) -> None:
            if len(system.asked("/users")) == 2:
                system.records["users"].insert(0, users(1, start=99)[0])

        system.before = arrive
        assert sorted(ids(source)) == sorted(["u99", *(f"u{n}" for n in range(20))])

    @pytest.mark.parametrize("totals", [True, False])
    def test_source_that_never_rests_is_refused_after_four_passes(
        self, system: BendableSystem, source: OneRosterSource, totals: bool
    ) -> None:
        system.records["users"], system.totals = users(20), totals

        def arrive(system: BendableSystem, request: Request) -> None:
            system.records["users"].insert(0, users(1, start=100 + len(system.requests))[0])

        system.before = arrive
        error = refused(source)
        assert (error.code, error.retry) == ("source_moving", True)
        assert len([r for r in system.asked("/users") if r.query["offset"] == ["0"]]) == 4

    def test_total_that_is_not_what_is_there_is_refused(
        self, system: BendableSystem, source: OneRosterSource
    ) -> None:
        system.records["users"], system.total_offset = users(20), 3
        assert refused(source).code == "source_moving"

    def test_system_that_gives_the_same_page_for_ever_does_not_hold_us(
        self, system: BendableSystem, source: OneRosterSource
    ) -> None:
        system.records["users"], system.links, system.totals = users(5), False, False
        system.before = lambda system, request: request.query.update(offset=["0"])
        assert refused(source).code == "source_moving"
        assert len(system.asked("/users")) == 8


class TestAccess:
    def test_token_is_asked_once_and_sent_with_every_request(
        self, system: BendableSystem, source: OneRosterSource
    ) -> None:
        system.records["users"] = users(25)
        ids(source)
        assert len(system.asked("/token")) == 1
        assert {r.headers["authorization"] for r in system.asked("/users")} == {"Bearer t1"}
        assert set(system.asked("/users")[0].headers) == {
            "host",
            "user-agent",
            "accept",
            "accept-encoding",
            "authorization",
        }

    def test_system_that_knows_the_form_only_is_given_the_form(
        self, system: BendableSystem, source: OneRosterSource
    ) -> None:
        system.records["users"], system.basic = users(1), False
        assert ids(source) == ["u0"]
        assert len(system.asked("/token")) == 2

    def test_token_that_was_taken_back_in_the_middle_is_replaced_once(
        self, system: BendableSystem, source: OneRosterSource
    ) -> None:
        system.records["users"] = users(25)

        def take_back(system: BendableSystem, request: Request) -> None:
            if len(system.tokens) == 1:
                system.tokens.clear()
                system.tokens.add("spent")

        system.before = take_back
        assert len(ids(source)) == 25
        assert len(system.asked("/token")) == 2

    def test_token_that_is_about_to_expire_is_renewed_before(
        self, system: BendableSystem, source_of: Callable[..., OneRosterSource]
    ) -> None:
        now = [0.0]
        system.records["users"], system.expires_in = users(25), 100
        source = source_of(monotonic=lambda: now[0])
        system.before = lambda *_: now.__setitem__(0, now[0] + 40)
        assert len(ids(source)) == 25
        assert len(system.asked("/token")) == 2

    def test_wrong_secret_is_an_error_without_the_secret(
        self, system: BendableSystem, source: OneRosterSource
    ) -> None:
        system.client_secret = "changed"
        error = refused(source)
        assert error.code == "source_unauthorised"
        assert "geheim" not in error.sentence()
        assert system.asked("/users") == []

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"[]",
            b'{"access_token":5}',
            b'{"access_token":"a\\r\\nX: y"}',
            b'{"access_token":"a b"}',
            b'{"access_token":"a","token_type":"mac"}',
            b'{"access_token":"a","access_token":"b"}',
        ],
    )
    def test_token_that_is_none_is_refused(
        self, system: BendableSystem, source: OneRosterSource, body: bytes
    ) -> None:
        system.token_faults = [Fault(body=body)]
        assert refused(source).code == "source_unauthorised"

    def test_secret_is_not_shown_by_repr(self, source: OneRosterSource) -> None:
        assert "geheim" not in repr(vars(source)) + repr(vars(source._tokens))


class TestFaults:
    @pytest.mark.parametrize(
        "fault",
        [
            Fault(429),
            Fault(500),
            Fault(502),
            Fault(503),
            Fault(504),
            Fault(reset=True),
            Fault(cut=40),
            Fault(wait=0.7),
            Fault(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n{"),
            Fault(raw=b"nonsense\r\n\r\n"),
        ],
        ids=str,
    )
    def test_passing_fault_is_outlived(
        self, system: BendableSystem, source: OneRosterSource, waits: list[float], fault: Fault
    ) -> None:
        system.records["users"] = users(25)
        system.faults = [Fault(), fault]
        assert len(ids(source)) == 25
        assert len(waits) == 1

    @pytest.mark.parametrize(
        ("fault", "code"),
        [
            (Fault(429), "source_busy"),
            (Fault(500), "source_failing"),
            (Fault(reset=True), "source_unreachable"),
            (Fault(cut=40), "source_unreachable"),
            (Fault(wait=0.7), "source_timeout"),
        ],
    )
    def test_lasting_fault_ends_after_three_attempts_and_may_be_tried_later(
        self, system: BendableSystem, source: OneRosterSource, waits: list[float], fault: Fault, code: str
    ) -> None:
        system.records["users"] = users(25)
        system.faults = [fault] * 3
        error = refused(source)
        assert (error.code, error.retry) == (code, True)
        assert len(waits) == 2

    @pytest.mark.parametrize("status", [400, 403, 404, 410, 422])
    def test_refusal_is_final_and_relays_no_text(
        self, system: BendableSystem, source: OneRosterSource, status: int
    ) -> None:
        system.records["users"] = users(25)
        system.faults = [Fault(status, body=b'{"imsx_description":"Jip de Vries"}')]
        error = refused(source)
        assert not error.retry
        assert "Jip" not in error.sentence()
        assert len(system.asked("/users")) == 1

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_redirect_is_an_error_and_is_not_followed(
        self, system: BendableSystem, source: OneRosterSource, status: int
    ) -> None:
        system.records["users"] = users(5)
        system.faults = [Fault(status, headers=(("Location", f"{system.url}{USERS}?x=1"),))]
        assert refused(source).code == "source_redirects"
        assert len(system.asked("/users")) == 1

    def test_retry_after_is_honoured_and_capped(
        self, system: BendableSystem, source: OneRosterSource, waits: list[float]
    ) -> None:
        system.records["users"] = users(5)
        for asked in ("7", "86400", "Fri, 31 Dec 1999 23:59:59 GMT", "soon"):
            system.faults.append(Fault(429, headers=(("Retry-After", asked),)))
            ids(source)
        assert [round(wait, 1) for wait in waits] == [7.0, 60.0, 0.0, 0.0]

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"not json",
            b'{"users":[{"sourcedId":"u1","sourcedId":"u2"}]}',
            b'{"users":[{"sourcedId":"u1","score":NaN}]}',
            b'{"users":[{"sourcedId":"\\ud800"}]}',
            b'{"users":' + b"[" * 100 + b"]" * 100 + b"}",
            b'{"users":5}',
            b'{"a":[],"b":[]}',
            b"\xff",
        ],
    )
    def test_page_that_is_no_strict_json_is_malformed(
        self, system: BendableSystem, source: OneRosterSource, body: bytes
    ) -> None:
        system.records["users"] = users(5)
        system.faults = [Fault(body=body)]
        assert refused(source).code == "source_malformed"

    @pytest.mark.parametrize(
        "wrong",
        [
            "u1",
            {},
            {"sourcedId": ""},
            {"sourcedId": 5},
            {"sourcedId": "x" * 256},
            {"sourcedId": "a\nb"},
            {"sourcedId": "u1", "status": 1},
            {"sourcedId": "u1", "roles": "student"},
            {"sourcedId": "u1", "roles": [{"role": "student"}]},
            {"sourcedId": "u1", "roles": [{"role": 5, "org": {"sourcedId": "o1"}}]},
            {"sourcedId": "u1", "primaryOrg": "o1"},
            {"sourcedId": "u1", "agents": [{"href": "x"}]},
        ],
    )
    def test_record_that_is_none_is_named_by_kind_and_position_only(
        self, system: BendableSystem, source: OneRosterSource, wrong: Any
    ) -> None:
        system.records["users"] = [*users(12), wrong]
        error = refused(source)
        assert error.code == "source_malformed"
        assert "(user, record 13)" in str(error)

    def test_null_references_are_as_good_as_absent(
        self, system: BendableSystem, source: OneRosterSource
    ) -> None:
        system.records["users"] = [{"sourcedId": "u1", "roles": None, "agents": None, "primaryOrg": None}]
        [record] = source.read(Kind.USER)
        assert record.fields == {}

    def test_hostile_headers_change_nothing(self, system: BendableSystem, source: OneRosterSource) -> None:
        system.records["users"] = users(25)
        hostile = (
            ("Set-Cookie", "session=jip; Path=/"),
            ("Refresh", "0; url=http://127.0.0.1:1/"),
            ("X-Total-Count", "not a number"),
            ("Server", "x" * 4_000),
            ("Authorization", "Bearer other"),
        )
        system.faults = [Fault(headers=hostile)]
        assert len(ids(source)) == 25
        assert all("cookie" not in request.headers for request in system.requests)


def test_one_record_is_read_as_it_is_now(system: BendableSystem, source: OneRosterSource) -> None:
    system.records["users"] = users(3)
    record = source.one(Kind.USER, "u1")
    assert record is not None
    assert record.fields["givenName"] == "Naam1"
    assert source.one(Kind.USER, "u7") is None


@pytest.mark.parametrize("identifier", ["a/b", "a?b#c", "é ü", "100%", "..a", "a\\b", "a;b", "x" * 255])
def test_identifier_with_any_character_is_asked_for_as_one_segment(
    system: BendableSystem, source: OneRosterSource, identifier: str
) -> None:
    [user] = users(1)
    system.records["users"] = [user | {"sourcedId": identifier}]
    record = source.one(Kind.USER, identifier)
    assert record is not None
    assert record.identifier == identifier


@pytest.mark.parametrize("identifier", [".", ".."])
def test_identifier_that_would_climb_out_of_the_path_is_not_asked_for(
    system: BendableSystem, source: OneRosterSource, identifier: str
) -> None:
    with pytest.raises(SourceError) as refusal:
        source.one(Kind.USER, identifier)
    assert refusal.value.code == "source_path_refused"
    assert system.asked("users/") == []


def test_other_record_than_was_asked_for_is_malformed(
    system: BendableSystem, source: OneRosterSource
) -> None:
    system.records["users"] = users(3)
    system.faults = [Fault(body=json.dumps({"user": users(1)[0]}).encode())]
    with pytest.raises(SourceError, match="no OneRoster record"):
        source.one(Kind.USER, "u1")


def test_schools_are_the_organisations_of_that_type(system: BendableSystem, source: OneRosterSource) -> None:
    system.records["orgs"] = [
        {"sourcedId": "o1", "name": "De Regenboog", "type": "school", "identifier": "99ZZ"},
        {"sourcedId": "o2", "name": "Bestuur", "type": "district", "identifier": "99999"},
        {"sourcedId": "o3", "name": "De Zon", "type": "school", "status": "tobedeleted", "identifier": None},
    ]
    assert [(s.identifier, s.name, s.number, s.active) for s in source.schools()] == [
        ("o1", "De Regenboog", "99ZZ", True),
        ("o3", "De Zon", "", False),
    ]


class TestCheck:
    def test_counts_and_longest_identifiers_are_told(
        self, system: BendableSystem, source: OneRosterSource
    ) -> None:
        system.records["users"], system.records["orgs"] = users(12), []
        check = source.check([Kind.USER, Kind.ORG])
        assert check.usable
        assert [(k.kind, k.records, k.longest_identifier) for k in check.kinds] == [
            (Kind.USER, 12, 3),
            (Kind.ORG, 0, 0),
        ]

    def test_kind_that_cannot_be_read_is_told_and_the_others_are_read(
        self, system: BendableSystem, source: OneRosterSource
    ) -> None:
        system.records["users"] = users(2)
        check = source.check([Kind.ORG, Kind.USER])
        assert not check.usable
        assert [(k.code, k.records) for k in check.kinds] == [("source_refused", 0), (None, 2)]

    def test_system_that_gives_no_access_or_is_not_there_is_told_apart(
        self, system: BendableSystem, source_of: Callable[..., OneRosterSource]
    ) -> None:
        source = source_of()
        system.client_secret = "changed"
        check = source.check([Kind.USER])
        assert (check.reachable, check.token, check.code) == (True, False, "source_unauthorised")
        gone = source_of(token_url="http://127.0.0.1:9/token").check([Kind.USER])
        assert (gone.reachable, gone.token, gone.code) == (False, False, "source_unreachable")
