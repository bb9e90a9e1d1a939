"""The source against the simulated school, which was written by others from the standard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway.connections.source_settings import SourceSettings
from gateway.demo.board import made_up_board
from gateway.demo.school_system import SimulatedSchool
from gateway.egress import HostClient
from gateway.errors import SourceError
from gateway.roster.model import Kind
from gateway.school.sources.oneroster_rest.access import SCOPES, Credentials, TokenKeeper
from gateway.school.sources.oneroster_rest.source import OneRosterSource
from gateway.school.sources.oneroster_rest.wire import NAMES
from gateway.school.sources.standards import open_source
from tests.gateway.school.sources.conftest import QUICK

Opened = tuple[SimulatedSchool, OneRosterSource]


@pytest.fixture
def opened() -> Iterator[Callable[..., Opened]]:
    closing: list[Any] = []

    def make(
        *, page_size: int = 50, path_version: str = "v1p2", data_version: str = "1.2", **how: Any
    ) -> Opened:
        versions: dict[str, Any] = {"path_version": path_version, "data_version": data_version}
        school = SimulatedSchool(made_up_board(7), **versions, **how).start()
        settings = settings_of(school, page_size=page_size, **versions)
        credentials = Credentials(school.client_id, school.client_secret, SCOPES[data_version])
        source = OneRosterSource(
            settings,
            client=HostClient(school.base_url, limits=QUICK, sleep=lambda _: None),
            tokens=TokenKeeper(HostClient(school.token_url, limits=QUICK), credentials),
        )
        closing.extend((source.close, school.stop))
        return school, source

    yield make
    for close in closing:
        close()


def settings_of(school: SimulatedSchool, **changes: Any) -> SourceSettings:
    return SourceSettings(
        slug="las1",
        standard="oneroster-1.2",
        base_url=school.base_url,
        token_url=school.token_url,
        client_id=school.client_id,
        secret_file="las1",
        space="las1/personen",
        **changes,
    )


def held(school: SimulatedSchool, kind: Kind) -> set[str]:
    return {str(record["sourcedId"]) for record in school.board.records(NAMES[kind].collection)}


HOW = {
    "standard": {},
    "page cap": {"page_cap": 7},
    "no Link": {"link_header": False},
    "no total": {"total_count": False},
    "no Link, no total, page cap": {"link_header": False, "total_count": False, "page_cap": 7},
    "prefix": {"prefix": "/api/v2"},
    "1.2 data on a 1.1 path": {"path_version": "v1p1"},
    "1.1": {"path_version": "v1p1", "data_version": "1.1"},
    "token of a moment": {"token_lifetime_seconds": 0.05},
}


@pytest.mark.parametrize("how", HOW.values(), ids=HOW)
def test_whole_board_is_read(opened: Callable[..., Opened], how: dict[str, Any]) -> None:
    school, source = opened(**how)
    for kind in Kind:
        read = [record.identifier for record in source.read(kind)]
        assert len(read) == len(set(read))
        assert set(read) == held(school, kind)


def test_user_of_one_point_one_has_roles(opened: Callable[..., Opened]) -> None:
    _, source = opened(path_version="v1p1", data_version="1.1")
    for record in source.read(Kind.USER):
        assert "role" not in record.fields
        assert isinstance(record.fields["roles"], list)


def test_faults_of_every_kind_are_outlived(opened: Callable[..., Opened]) -> None:
    school, source = opened(page_size=10)
    faults = [
        school.faults.status("enrollments", 500, times=1),
        school.faults.status("enrollments", 429, times=1, after=2, retry_after=1),
        school.faults.reset("enrollments", times=1, after=4),
        school.faults.truncate("enrollments", times=1, after=6),
        school.faults.slow("enrollments", 0.7, times=1, after=8),
    ]
    assert {record.identifier for record in source.read(Kind.ENROLLMENT)} == held(school, Kind.ENROLLMENT)
    assert [fault.hits for fault in faults] == [1] * 5


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda f: f.cut_json("users"), "source_malformed"),
        (lambda f: f.duplicate_keys("users"), "source_malformed"),
        (lambda f: f.redirect("users", "http://127.0.0.1:9/"), "source_redirects"),
        (lambda f: f.huge("users", 40_000_000), "source_too_large"),
        (lambda f: f.status("users", 403), "source_unauthorised"),
    ],
)
def test_spoiled_answer_is_an_error(
    opened: Callable[..., Opened], spoil: Callable[[Any], object], code: str
) -> None:
    school, source = opened()
    spoil(school.faults)
    with pytest.raises(SourceError) as refused:
        list(source.read(Kind.USER))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        (Kind.DEMOGRAPHICS, "demographics"),
        (Kind.CATEGORY, "categories"),
        (Kind.LINE_ITEM, "lineItems"),
        (Kind.RESULT, "results"),
    ],
)
def test_collection_that_a_system_does_not_offer_is_empty(
    opened: Callable[..., Opened], kind: Kind, path: str
) -> None:
    school, source = opened()
    school.faults.status(path, 404)
    assert list(source.read(kind)) == []


def test_unknown_path_in_the_middle_of_a_walk_is_an_error(opened: Callable[..., Opened]) -> None:
    school, source = opened()
    school.page_cap = 5
    school.faults.status("demographics", 404, after=1)
    with pytest.raises(SourceError):
        list(source.read(Kind.DEMOGRAPHICS))


def test_hostile_headers_send_us_nowhere(opened: Callable[..., Opened]) -> None:
    school, source = opened()
    link = '<http://127.0.0.1:9/ims/oneroster/rostering/v1p2/users?offset=50>; rel="next"'
    school.link_header = False
    school.faults.headers("users", {"Link": link, "Set-Cookie": "a=b"})
    assert {record.identifier for record in source.read(Kind.USER)} == held(school, Kind.USER)
    assert b"cookie" not in school.received().lower()


def test_token_that_ends_in_the_middle_is_renewed(opened: Callable[..., Opened]) -> None:
    school, source = opened(page_size=10)
    school.faults.calls("users", school.expire_tokens, after=2)
    assert {record.identifier for record in source.read(Kind.USER)} == held(school, Kind.USER)
    assert school.asked("token", method="POST") == 2


def test_pupil_who_leaves_while_pages_are_read_makes_nobody_else_vanish(
    opened: Callable[..., Opened],
) -> None:
    school, source = opened(page_size=10)
    first = str(school.board.records("users")[0]["sourcedId"])
    school.faults.calls("users", lambda: school.board.remove("users", first), after=2)
    before = held(school, Kind.USER)
    assert {record.identifier for record in source.read(Kind.USER)} == before
    assert held(school, Kind.USER) == before - {first}


def test_one_record_and_the_schools_are_read(opened: Callable[..., Opened]) -> None:
    school, source = opened()
    pupil = str(school.board.pupils()[0]["sourcedId"])
    record = source.one(Kind.USER, pupil)
    assert record is not None
    assert record.identifier == pupil
    assert source.one(Kind.USER, "nobody") is None
    assert {found.identifier for found in source.schools()} == set(school.board.schools)


def test_line_item_is_written_read_back_and_removed(opened: Callable[..., Opened]) -> None:
    school, source = opened()
    some = next(iter(source.read(Kind.LINE_ITEM)))
    source.write(Kind.LINE_ITEM, "nieuw-1", {"status": "active", **some.fields, "title": "Toets"})
    written = source.one(Kind.LINE_ITEM, "nieuw-1")
    assert written is not None
    assert written.fields["title"] == "Toets"
    source.delete(Kind.LINE_ITEM, "nieuw-1")
    assert [write.method for write in school.writes] == ["PUT", "DELETE"]


def test_source_is_opened_by_its_standard(opened: Callable[..., Opened]) -> None:
    school, _ = opened()
    source = open_source(settings_of(school), client_secret=school.client_secret)
    check = source.check([Kind.ORG])
    assert check.usable
    source.close()
