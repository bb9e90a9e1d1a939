"""What is joined to whom, and what is quarantined; each refusal leaves nothing at the school and is registered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from gateway.database import reading, writing
from gateway.demo.board import split_boards
from gateway.inbox.tables import State, inbox
from gateway.registers import audit
from gateway.registers.tables import Log
from gateway.roster.model import Kind, ProductId
from gateway.school.relink import minted, quarantine
from gateway.school.relink.recovering import Recoverer
from gateway.school.relink.tables import quarantine as quarantine_table
from gateway.school.relink.tables import vendor_made_ids
from keys.keyring import KeyRing
from tests.gateway.school.delivery.rig import BOARD, REKENEN, TAAL, VERVOLG, World, ref, rig, sqlite_urls
from tests.gateway.school.delivery.steps import category, enrolments, lesson, line_item, pupil, result


def another_vendors(world: World) -> str:
    return pupil(world, product=TAAL)


def of_another_kind(world: World) -> str:
    return world.pseudonym(REKENEN, Kind.CLASS, enrolments(world)[0][0])


def made_up(world: World) -> str:
    return "p" + "a" * (len(pupil(world)) - 1)


def altered(world: World) -> str:
    real = pupil(world)
    return real[:20] + ("a" if real[20] != "a" else "b") + real[21:]


def cut_off(world: World) -> str:
    return pupil(world)[:-3]


def in_mixed_case(world: World) -> str:
    return pupil(world)[:30] + pupil(world)[30:].upper()


def a_real_number(world: World) -> str:
    return enrolments(world)[0][0]


def of_the_register(world: World) -> str:
    return world.pseudonym(ProductId("_register"), Kind.USER, enrolments(world)[0][0])


FOREIGN = [
    another_vendors,
    of_another_kind,
    made_up,
    altered,
    cut_off,
    in_mixed_case,
    a_real_number,
    of_the_register,
]


@pytest.mark.parametrize("student", FOREIGN)
def test_what_the_key_did_not_make_for_this_product_is_joined_to_nobody(
    world: World, student: Callable[[World], str]
) -> None:
    lesson(world, 0)
    body = {"lineItem": ref("li-1"), "student": ref(student(world)), "score": 10, "comment": "GEHEIM"}
    world.vendor_puts(REKENEN, Kind.RESULT, "r-1", body)
    world.deliver_until_quiet(world.worker())
    assert world.at_school("las1", "results") == {}
    assert b"GEHEIM" not in world.systems["las1"].received()
    with reading(world.school) as connection:
        (kept,) = quarantine.listed(connection, board_id=BOARD)
        row = connection.execute(select(quarantine_table)).one()
    assert kept.reason == "not_made_for_product"
    # Without identity: neither the pseudonym, nor who it might be, nor what was said.
    for secret in (student(world), enrolments(world)[0][0], "GEHEIM"):
        assert secret.encode() not in repr(row).encode()
    entries = list(audit.listed(world.school, Log.AUDIT_SCHOOL, board_id=BOARD))
    assert [e.details["reason"] for e in entries if e.event == "gateway:result:quarantined"] == [
        "not_made_for_product"
    ]


def test_a_pseudonym_in_upper_case_is_joined(world: World) -> None:
    lesson(world, 0)
    body = {"lineItem": ref("li-1"), "student": ref(pupil(world).upper()), "score": 10}
    world.vendor_puts(REKENEN, Kind.RESULT, "r-1", body)
    world.deliver_until_quiet(world.worker())
    (written,) = world.at_school("las1", "results").values()
    assert written["student"]["sourcedId"] == enrolments(world)[0][0]  # type: ignore[index]


def test_an_issued_id_cannot_be_overwritten(world: World) -> None:
    lesson(world, 0)
    theirs = world.systems["las1"].board.records("lineItems")[0]["sourcedId"]
    issued = world.pseudonym(REKENEN, Kind.LINE_ITEM, str(theirs))
    line_item(world, issued)
    world.vendor_deletes(REKENEN, Kind.LINE_ITEM, issued.upper())
    world.deliver_until_quiet(world.worker())
    assert world.counts()[State.QUARANTINED] == 2
    assert world.reasons()[-2:] == ["not_its_own", "not_its_own"]


def test_a_result_may_refer_to_a_line_item_of_a_teacher(world: World) -> None:
    theirs = str(world.systems["las1"].board.records("lineItems")[0]["sourcedId"])
    issued = world.pseudonym(REKENEN, Kind.LINE_ITEM, theirs)
    result(world, "r-1", line=issued)
    world.deliver_until_quiet(world.worker())
    (written,) = world.at_school("las1", "results").values()
    assert written["lineItem"]["sourcedId"] == theirs  # type: ignore[index]


def test_references_are_built_anew_whatever_the_vendor_wrote(world: World) -> None:
    lesson(world, 0)
    evil = {"href": "https://evil.example/users/17", "type": "teacher"}
    body = {
        "lineItem": ref("li-1") | evil,
        "student": ref(pupil(world)) | evil,
        "score": 10,
        "metadata": {"bsn": "CANARY"},
        "status": "tobedeleted",
        "extra": "CANARY",
    }
    world.vendor_puts(REKENEN, Kind.RESULT, "r-1", body)
    world.deliver_until_quiet(world.worker())
    (written,) = [w.document for w in world.systems["las1"].writes if w.collection == "results"]
    assert written["student"]["type"] == "user"  # type: ignore[index]
    assert written["status"] == "active"
    assert b"evil.example" not in world.systems["las1"].received()
    assert b"CANARY" not in world.systems["las1"].received()


@pytest.fixture
def two_systems(tmp_path_factory: pytest.TempPathFactory, ring: KeyRing):  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("two")
    with rig(sqlite_urls(folder), ring, split_boards(2), now_ms=1_790_000_000_000) as made:
        yield made


def test_a_pupil_of_one_system_in_a_class_of_another_is_quarantined(two_systems: World) -> None:
    world = two_systems
    category(world)
    line_item(world)  # in las1
    other = world.pseudonym(REKENEN, Kind.USER, enrolments(world, "las2")[0][0], source="las2")
    world.vendor_puts(REKENEN, Kind.RESULT, "r-1", {"lineItem": ref("li-1"), "student": ref(other)})
    world.deliver_until_quiet(world.worker())
    assert world.reasons()[-1] == "mixed_sources"
    assert world.at_school("las1", "results") == world.at_school("las2", "results") == {}


def test_a_line_item_cannot_move_to_a_class_of_another_system(two_systems: World) -> None:
    world = two_systems
    category(world)
    line_item(world)
    group = world.pseudonym(REKENEN, Kind.CLASS, enrolments(world, "las2")[0][1], source="las2")
    body = {"title": "Blok 3", "class": ref(group), "category": ref("cat-1")}
    world.vendor_puts(REKENEN, Kind.LINE_ITEM, "li-1", body)
    world.deliver_until_quiet(world.worker())
    assert world.reasons()[-1] == "mixed_sources"
    assert world.at_school("las2", "lineItems") == {}


def test_a_category_goes_to_every_system_because_it_belongs_to_no_class(two_systems: World) -> None:
    category(two_systems)
    two_systems.deliver_until_quiet(two_systems.worker())
    assert len(two_systems.at_school("las1", "categories")) == 1
    assert (
        two_systems.at_school("las1", "categories").keys()
        == two_systems.at_school("las2", "categories").keys()
    )


def test_the_same_id_of_two_products_is_two_records_at_the_school(world: World) -> None:
    for product in (REKENEN, TAAL):
        lesson(world, 1, product=product)
    world.deliver_until_quiet(world.worker())
    assert len(world.at_school("las1", "results")) == 2


def test_the_row_leads_back_from_the_schools_record_to_the_vendors(world: World) -> None:
    lesson(world, 1)
    world.deliver_until_quiet(world.worker())
    (identifier,) = world.at_school("las1", "results")
    with reading(world.school) as connection:
        row = connection.execute(
            select(vendor_made_ids).where(vendor_made_ids.c.school_id == identifier)
        ).one()
        made = minted.made_by_vendors(
            connection, board_id=BOARD, kind=Kind.RESULT, school_ids=[identifier, "another"]
        )
    assert made == {identifier}
    assert row.product == REKENEN
    assert Recoverer(world.ring).open_vendor_id(row.vendor_id_sealed) == "r-0"
    # A UUID of version 8: fits where a school's system wants a UUID, and is taken for no other version.
    assert identifier[14] == "8"
    assert identifier[19] in "89ab"


def test_a_body_swapped_between_rows_of_the_front_database_joins_nobody(world: World) -> None:
    lesson(world, 1)
    with writing(world.front) as connection:
        sealed = connection.execute(select(inbox.c.sealed).where(inbox.c.kind == "lineItem")).scalar_one()
        connection.execute(update(inbox).where(inbox.c.kind == "result").values(sealed=sealed))
    world.deliver_until_quiet(world.worker())
    assert world.reasons()[-1] == "unopenable"
    assert world.at_school("las1", "results") == {}


def test_a_product_without_a_key_joins_nobody(world: World) -> None:
    world.vendor_puts(ProductId("nooit-gezien"), Kind.CATEGORY, "cat-1", {"title": "Toetsen"})
    world.deliver_until_quiet(world.worker())
    assert world.reasons() == ["no_key_for_product"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"score": 1}, "reference_missing"),
        ({"lineItem": ref("li-1"), "score": 1}, "reference_missing"),
        ({"lineItem": "li-1"}, "unreadable"),
        ({"lineItem": ref("li-1"), "student": {"sourcedId": 7}}, "unreadable"),
        ({"lineItem": ref("li-1"), "student": {"sourcedId": "x" * 256}}, "unreadable"),
        ({"lineItem": ref("li-1"), "student": ref("")}, "unreadable"),
    ],
)
def test_what_cannot_be_read_as_a_result_is_quarantined(
    world: World, body: dict[str, object], reason: str
) -> None:
    lesson(world, 0)
    world.vendor_puts(REKENEN, Kind.RESULT, "r-1", body)
    world.deliver_until_quiet(world.worker())
    assert world.reasons()[-1] == reason
    assert world.at_school("las1", "results") == {}


def test_many_in_a_day_raise_an_alarm_and_bodies_go_after_thirty_days(world: World) -> None:
    lesson(world, 0)
    for number in range(quarantine.ALARM_PER_DAY):
        body = {"lineItem": ref("li-1"), "student": ref(another_vendors(world)), "score": number}
        world.vendor_puts(REKENEN, Kind.RESULT, f"r-{number}", body)
    worker = world.worker()
    worker.once()
    with reading(world.school) as connection:
        assert quarantine.alarms(connection, board_id=BOARD, now_ms=world.clock()) == {REKENEN: 10}
    with reading(world.front) as connection:
        kept = connection.execute(select(inbox.c.sealed).where(inbox.c.state == "quarantined")).scalars()
        assert set(kept) == {None}
    world.now_ms = world.clock() + 31 * quarantine.DAY_MS
    worker.drop_old_bodies()
    with reading(world.school) as connection:
        assert set(connection.execute(select(quarantine_table.c.sealed)).scalars()) == {None}
        assert quarantine.alarms(connection, board_id=BOARD, now_ms=world.clock()) == {}


def test_a_product_that_continues_another_one_overwrites_and_removes_none_of_its_records(
    world: World,
) -> None:
    lesson(world, 2)
    lesson(world, 2, product=VERVOLG)
    result(world, "r-0", score=3, product=VERVOLG)
    worker = world.worker()
    world.deliver_until_quiet(worker)
    assert sorted(record["score"] for record in world.at_school("las1", "results").values()) == [0, 1, 1, 3]  # type: ignore[type-var]

    for made in (Kind.RESULT, Kind.LINE_ITEM):
        world.vendor_deletes(VERVOLG, made, "r-1" if made is Kind.RESULT else "li-1")
    world.deliver_until_quiet(worker)
    left = [record["score"] for record in world.at_school("las1", "results").values()]
    assert sorted(left) == [0, 1, 3]  # type: ignore[type-var]
    assert len(world.at_school("las1", "lineItems")) == 1
    assert State.QUARANTINED not in world.counts()


def test_a_record_that_a_continuing_product_made_under_the_ids_of_before_keeps_its_id(world: World) -> None:
    new_id, former_id = world.recoverer().school_ids(VERVOLG, Kind.CATEGORY, "cat-1")
    assert world.recoverer().school_ids(REKENEN, Kind.CATEGORY, "cat-1") == (former_id,)
    row = minted.Minted(
        product=VERVOLG, kind=Kind.CATEGORY, school_id=former_id, source=None,
        vendor_id_sealed=world.recoverer().seal_vendor_id("cat-1"),
    )  # fmt: skip
    with writing(world.school) as connection:
        minted.store(connection, [row], board_id=BOARD, now_ms=1)

    category(world, product=VERVOLG)
    world.deliver_until_quiet(world.worker())

    assert set(world.at_school("las1", "categories")) == {former_id}
    assert new_id != former_id


def test_an_id_of_before_that_the_continued_product_made_is_left_to_it(world: World) -> None:
    category(world)
    world.deliver_until_quiet(world.worker())
    (theirs,) = world.at_school("las1", "categories")
    category(world, product=VERVOLG)
    world.deliver_until_quiet(world.worker())
    assert len(world.at_school("las1", "categories")) == 2
    assert theirs in world.recoverer().school_ids(VERVOLG, Kind.CATEGORY, "cat-1")
