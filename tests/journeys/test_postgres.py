"""The whole round trip on PostgreSQL: two schemas, two roles, and registers that no role can rewrite."""

from __future__ import annotations

import os
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError

from gateway.demo.board import MadeUpBoard, role_of, sourced_id
from gateway.demo.school_system import SimulatedSchool
from tests.journeys.rig import Rig
from tests.journeys.saying import Desk, students, tombstones

ADDRESS = os.environ.get("SCHUILNAAM_TEST_POSTGRES", "")
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(not ADDRESS, reason="needs SCHUILNAAM_TEST_POSTGRES"),
]
REGISTERS = {
    "front": ("disclosures", "audit", "field_sets"),
    "school": (
        "accesses",
        "audit_school",
        "consent_texts",
        "consent_statements",
        "objection_statements",
        "deletion_requests",
        "privacy_regulations",
    ),
}


def _owner() -> str:
    # Read late: tests get a database of their own when they start.
    return os.environ["SCHUILNAAM_TEST_POSTGRES"]


@pytest.fixture
def rig(tmp_path: Path, school: SimulatedSchool) -> Iterator[Rig]:
    rig = Rig(tmp_path, [school], database=_owner())
    try:
        yield rig
    finally:
        rig.stop()
        _drop(_suffix(rig))


def _suffix(rig: Rig) -> str:
    return str(tomllib.loads((rig.home / "settings.toml").read_text())["board_id"])[:12]


def _drop(suffix: str) -> None:
    """Roles belong to the server, not to the database of this test."""
    engine = create_engine(make_url(_owner()).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        for side in ("front", "school"):
            name = f"schuilnaam_{side}_{suffix}"
            connection.execute(text(f"DROP SCHEMA IF EXISTS {name} CASCADE"))
        for side in ("front", "school"):
            name = f"schuilnaam_{side}_{suffix}"
            connection.execute(text(f"DROP OWNED BY {name}"))
            connection.execute(text(f"DROP ROLE {name}"))
    engine.dispose()


def _addresses(rig: Rig) -> dict[str, str]:
    front = tomllib.loads((rig.home / "front.toml").read_text())
    school = tomllib.loads((rig.home / "school.toml").read_text())
    return {"front": front["database"], "school": school["database"], "both": school["front_database"]}


def _refused(address: str, statement: str) -> bool:
    engine = create_engine(address)
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    except ProgrammingError as error:
        return "permission denied" in str(error)
    finally:
        engine.dispose()
    return False


def test_front_role_reads_nothing_of_the_school_and_no_role_rewrites_a_register(rig: Rig) -> None:
    suffix, addresses = _suffix(rig), _addresses(rig)
    school = f"schuilnaam_school_{suffix}"

    for table in ("sources", "aliases", "agreement_versions", "accesses"):
        assert _refused(addresses["front"], f"SELECT * FROM {school}.{table}"), table
    for side, roles in (("front", ("front", "both")), ("school", ("school",))):
        for table in REGISTERS[side]:
            for role in roles:
                name = f"schuilnaam_{side}_{suffix}.{table}"
                assert not _refused(addresses[role], f"SELECT count(*) FROM {name}")
                assert _refused(addresses[role], f"UPDATE {name} SET board_id = 'x'"), (role, table)
                assert _refused(addresses[role], f"DELETE FROM {name}"), (role, table)
                assert _refused(addresses[role], f"TRUNCATE {name}"), (role, table)


def test_init_again_with_the_same_server_changes_nothing(rig: Rig) -> None:
    before = {path.name: path.read_bytes() for path in rig.home.glob("*.toml")}

    again = rig.command("init", "--board", "Stichting Toets", "--database", _owner())

    assert again["created"] is False
    assert {path.name: path.read_bytes() for path in rig.home.glob("*.toml")} == before
    assert str(make_url(_owner()).database) in before["school.toml"].decode()
    rig.command("agreement", "list")


def test_pupils_go_out_and_a_result_comes_home(rig: Rig, school: SimulatedSchool, board: MadeUpBoard) -> None:
    rig.agree("rekenwijs")
    assert rig.refresh()["products"][0]["status"] == "published"  # type: ignore[index]
    vendor = rig.vendor("rekenwijs")
    rig.serve()

    pupils = [user for user in vendor.pull("users", limit=7).records if role_of(user) == "student"]
    enrolment = next(each for each in vendor.pull("enrollments").records if each["role"] == "student")
    pupil, group = sourced_id(enrolment["user"]), sourced_id(enrolment["class"])
    answers = [
        vendor.put("categories", "soort", {"title": "Toetsen"}),
        vendor.put(
            "lineItems",
            "toets",
            {"title": "Toets", "assignDate": "2026-11-02", "dueDate": "2026-11-09",
             "class": {"sourcedId": group}, "category": {"sourcedId": "soort"}},
        ),
        vendor.put(
            "results",
            "uitslag",
            {"lineItem": {"sourcedId": "toets"}, "student": {"sourcedId": pupil}, "score": 7.5,
             "scoreStatus": "fully graded", "scoreDate": "2026-11-09"},
        ),
    ]  # fmt: skip
    deadline = time.monotonic() + 30
    while not any(write.collection == "results" for write in school.writes) and time.monotonic() < deadline:
        time.sleep(0.1)

    assert len(pupils) == sum(each["status"] == "active" for each in board.pupils())
    assert [answer.status for answer in answers] == [201, 201, 201]
    assert [write.collection for write in school.writes] == ["categories", "lineItems", "results"]
    assert rig.command("register", "verify")["intact"] is True
    assert rig.disclosures()


def test_a_consent_is_given_and_withdrawn_while_a_refresh_runs(
    rig: Rig, school: SimulatedSchool, board: MadeUpBoard
) -> None:
    desk = Desk(rig)
    rig.agree(desk.product, legal_basis="6-1-a")
    vendor = rig.vendor(desk.product)
    desk.form()
    first, second = [str(user["sourcedId"]) for user in board.pupils() if user["status"] == "active"][:2]
    desk.say("give", first)
    desk.say("give", second)
    rig.refresh()
    rig.serve()
    before = students(vendor)
    assert len(before) == 2

    school.faults.calls("classes", lambda: desk.say("withdraw", first), times=1)
    rig.refresh()

    assert len(students(vendor)) == 1
    assert set(tombstones(vendor)) == before - students(vendor)
    desk.say("withdraw", second, method="telephone")
    assert students(vendor) == set()
    assert rig.command("register", "verify")["intact"] is True


def test_server_that_stopped_is_exit_5_and_no_traceback(rig: Rig) -> None:
    path = rig.home / "school.toml"
    whole = path.read_text()
    path.write_text(
        whole.replace(":5432", ":1") if ":5432" in whole else whole.replace("@127.0.0.1/", "@127.0.0.1:1/")
    )
    try:
        assert rig.refused("agreement", "list") == (5, "database_unavailable")
    finally:
        path.write_text(whole)
