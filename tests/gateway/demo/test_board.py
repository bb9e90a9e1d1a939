"""The made-up board: the same for a seed, legal, and with everybody in it who makes hiding names hard."""

from __future__ import annotations

import datetime
import json
import re
from collections import Counter

import pytest
from stdnum.nl import bsn, onderwijsnummer

from gateway.demo.board import MadeUpBoard, giveaways, made_up_board, role_of, sourced_id, split_boards
from gateway.demo.names import FAMILY_NAMES, GIVEN_NAMES, ascii_letters, particle_of
from gateway.demo.population import IdStyle, is_nobodys
from gateway.demo.records import COLLECTIONS, singular
from gateway.demo.titles import LOOKALIKES, TITLES, possessive

DEMO_COUNTS = {
    "orgs": 3,
    "academicSessions": 7,
    "courses": 3,
    "classes": 5,
    "users": 94,
    "enrollments": 48,
    "demographics": 40,
    "categories": 3,
    "lineItems": 8,
    "results": 80,
}


@pytest.fixture(scope="module")
def board() -> MadeUpBoard:
    return made_up_board(7)


def everything(board: MadeUpBoard) -> str:
    return json.dumps([board.records(collection) for collection in COLLECTIONS])


def test_the_demo_board_has_the_counts_that_are_written_down(board: MadeUpBoard) -> None:
    assert board.counts() == DEMO_COUNTS
    roles = Counter(role_of(user) for user in board.records("users"))
    assert roles == {"student": 40, "teacher": 6, "siteAdministrator": 2, "guardian": 46}


def test_the_same_seed_gives_the_same_board_and_another_seed_another(board: MadeUpBoard) -> None:
    assert everything(made_up_board(7)) == everything(board)
    assert everything(made_up_board(8)) != everything(board)


def test_every_reference_points_at_a_record_that_is_there(board: MadeUpBoard) -> None:
    there = {
        (singular(collection), record["sourcedId"])
        for collection in COLLECTIONS
        for record in board.records(collection)
    }
    pointed = re.findall(
        r'"href": "@/\w+/([^"]+)", "sourcedId": "([^"]+)", "type": "(\w+)"', everything(board)
    )
    assert pointed
    assert {(kind, identifier) for _, identifier, kind in pointed} <= there
    assert all(place == identifier for place, identifier, _ in pointed)


def test_both_schools_have_the_same_pupil_numbers_and_no_sourced_id_in_common(board: MadeUpBoard) -> None:
    first, second = (
        [pupil for pupil in board.pupils() if sourced_id(pupil["primaryOrg"]) == school]
        for school in board.schools
    )
    assert {pupil["identifier"] for pupil in first} == {pupil["identifier"] for pupil in second}
    assert not {pupil["sourcedId"] for pupil in first} & {pupil["sourcedId"] for pupil in second}


def test_two_systems_of_one_board_give_equal_ids_to_different_people() -> None:
    one, other = split_boards(7)
    assert one.get("users", "17")["familyName"] != other.get("users", "17")["familyName"]
    assert {user["sourcedId"] for user in one.pupils()} == {user["sourcedId"] for user in other.pupils()}
    assert one.get("orgs", "2")["identifier"] == "99ZZ"
    assert other.get("orgs", "2")["identifier"] == "98YY"


def test_numbers_start_at_one_for_every_kind_in_the_number_style() -> None:
    board = made_up_board(7, ids=IdStyle.NUMBER)
    for collection in COLLECTIONS:
        ids = sorted(int(str(record["sourcedId"])) for record in board.records(collection))
        if collection != "demographics":
            assert ids == list(range(1, len(ids) + 1))


def test_no_number_in_any_record_is_a_real_citizen_service_number(board: MadeUpBoard) -> None:
    text = everything(board)
    numbers = re.findall(r"(?<![\w-])\d{8,10}(?![\w-])", text)
    assert len(numbers) >= 40
    assert not [number for number in numbers if bsn.is_valid(number) or onderwijsnummer.is_valid(number)]
    phones = re.findall(r"06[- ]\d{4} ?\d{4}", text)
    assert phones
    assert all(is_nobodys(phone) for phone in phones)
    assert all(is_nobodys(str(pupil["identifier"])) for pupil in board.pupils())


@pytest.mark.parametrize("seed", [1, 7, 42, 2026])
def test_everybody_of_the_story_is_there_whatever_the_seed(seed: int) -> None:
    board = made_up_board(seed)
    cast = board.cast

    def name(identifier: str) -> tuple[object, object]:
        user = board.get("users", identifier)
        return user["givenName"], user["familyName"]

    def groups(identifier: str) -> set[str]:
        enrolments = board.records("enrollments")
        return {sourced_id(one["class"]) for one in enrolments if sourced_id(one["user"]) == identifier}

    here, there = cast.namesakes_in_two_schools
    assert name(here) == name(there) == ("Sem", "de Vries")
    assert board.get("users", here)["primaryOrg"] != board.get("users", there)["primaryOrg"]
    one, other = cast.namesakes_in_one_class
    assert one != other
    assert name(one) == name(other) == ("Mei", "Visser")
    assert groups(one) == groups(other)
    older, younger = (board.get("users", sibling)["agents"] for sibling in cast.siblings)
    assert older == younger
    assert sourced_id(older[0]) == cast.shared_guardian  # type: ignore[index]
    birth = datetime.date.fromisoformat(str(board.get("demographics", cast.turns_sixteen)["birthDate"]))
    assert datetime.date(2026, 8, 1) < birth.replace(year=birth.year + 16) < datetime.date(2027, 7, 31)
    assert groups(cast.in_two_classes) == {cast.combination_class, cast.class_named_after_pupil}
    assert board.get("users", cast.left)["status"] == "tobedeleted"
    roles = board.get("users", cast.staff_and_guardian)["roles"]
    assert [role["role"] for role in roles] == ["teacher", "guardian"]  # type: ignore[attr-defined]
    assert sourced_id(board.get("users", cast.child_of_staff)["agents"][0]) == cast.staff_and_guardian  # type: ignore[index]
    titles = [
        board.get("classes", group)["title"]
        for group in (cast.combination_class, cast.class_named_after_teacher, cast.class_named_after_pupil)
    ]
    assert titles == ["5/6 B", "Groep 7 juf Marloes", "Bijles Sem de Vries"]


def test_names_are_of_many_origins_with_particles_and_diacritics() -> None:
    board = made_up_board(3, pupils=600, schools=2)
    families = [str(pupil["familyName"]) for pupil in board.pupils()]
    with_particle = sum(1 for family in families if particle_of(family)) / len(families)
    assert 0.2 < with_particle < 0.5
    assert any(not family.isascii() for family in families)
    assert any(pupil.get("preferredFirstName") for pupil in board.pupils())
    assert len(GIVEN_NAMES) >= 200
    assert len(FAMILY_NAMES) >= 240
    assert particle_of("van 't Hof") == "van 't"
    assert particle_of("El Amrani") == "El"
    assert particle_of("Bakker") == ""
    assert ascii_letters("Łukasz Çelik") == "lukaszcelik"


def test_the_catalogue_of_titles_is_large_and_holds_words_that_are_names() -> None:
    assert len(TITLES) >= 300
    assert len(set(TITLES)) == len(TITLES)
    assert set(LOOKALIKES) < set(TITLES)
    for title in ("Mei-toets rekenen", "Bakker Bram en de taart", "Groene boekje hoofdstuk 2"):
        assert title in TITLES
    assert "Toets blok 2 breuken" in TITLES
    assert "Werkwoordspelling week 12" in TITLES


def test_what_is_planted_in_texts_stands_in_the_records(board: MadeUpBoard) -> None:
    planted = list(board.planted())
    counts = Counter(one.collection for one in planted)
    assert counts == {kind: DEMO_COUNTS[kind] for kind in ("classes", "lineItems", "results")}
    for one in planted:
        record = board.get(one.collection, one.id)
        assert record[one.field] == one.remark.text
        for word in (*one.remark.singles, *one.remark.fulls, *one.remark.numbers):
            assert word in one.remark.text
    comments = [one for one in planted if one.collection == "results"]
    assert all(sourced_id(board.get("results", one.id)["student"]) == one.pupil for one in comments)
    assert any(one.remark.singles for one in comments)
    assert any(one.remark.fulls for one in comments)
    assert any(not (one.remark.singles or one.remark.fulls or one.remark.numbers) for one in comments)
    titles = {one.id: one.remark for one in planted if one.collection == "classes"}
    assert titles[board.cast.class_named_after_teacher].singles == ("Marloes",)
    assert titles[board.cast.class_named_after_pupil].fulls == ("Sem de Vries",)


def test_one_in_twelve_titles_of_line_items_names_somebody() -> None:
    board = made_up_board(5, schools=6, pupils=3000, line_items_per_class=10)
    titles = [one.remark for one in board.planted() if one.collection == "lineItems"]
    naming = [title for title in titles if title.singles or title.fulls]
    assert len(titles) > 1000
    assert 0.05 < len(naming) / len(titles) < 0.12
    assert {title.text for title in titles if title not in naming} <= set(TITLES)


def test_giveaways_are_what_tells_who_a_user_is(board: MadeUpBoard) -> None:
    fields = dict(giveaways(board.get("users", board.cast.in_two_classes)))
    assert fields["fullName"] == "Sem de Vries"
    assert {"sourcedId", "username", "email", "userMasterIdentifier", "metadata.onderwijsnummer"} < set(
        fields
    )


def test_possessives_follow_dutch_spelling() -> None:
    assert [possessive(name) for name in ("Sem", "Emma", "Lars", "Zoë")] == [
        "Sems",
        "Emma's",
        "Lars'",
        "Zoë's",
    ]


def test_a_board_of_six_thousand_pupils_has_the_sizes_asked_for() -> None:
    board = made_up_board(5, schools=6, pupils=6000, enrolments_per_pupil=4, results_per_pupil=1)
    assert len(board.shelf("demographics")) == 6000
    assert len(board.shelf("enrollments")) == 6000 * 4 + 1 + sum(
        1 for record in board.records("enrollments") if record["role"] == "teacher"
    )


# Changes during the year


def test_an_added_pupil_has_a_user_demographics_and_an_enrolment() -> None:
    board = made_up_board(7)
    pupil = board.add_pupil(
        given="Roos", family="Mei", school=board.schools[0], group=board.cast.combination_class
    )
    assert board.get("users", pupil)["familyName"] == "Mei"
    assert board.get("demographics", pupil)["sourcedId"] == pupil
    assert sourced_id(board.records("enrollments")[-1]["user"]) == pupil


def test_every_change_gets_a_later_stamp_and_keeps_its_place() -> None:
    board = made_up_board(7)
    order = board.shelf("users").ids()
    before = max(str(user["dateLastModified"]) for user in board.records("users"))
    board.rename(order[3], given="Rosa")
    first = str(board.get("users", order[3])["dateLastModified"])
    board.touch("users", order[3])
    assert before < first < str(board.get("users", order[3])["dateLastModified"])
    assert board.get("users", order[3])["givenName"] == "Rosa"
    assert board.shelf("users").ids() == order


def test_a_removed_pupil_is_gone_or_marked_as_asked() -> None:
    board = made_up_board(7)
    first, second = board.shelf("demographics").ids()[:2]
    board.remove_pupil(first)
    board.remove_pupil(second, tombstone=True)
    assert first not in everything(board).replace(f'"sourcedId": "{first}", "type"', "")
    assert board.get("users", second)["status"] == "tobedeleted"
    assert not [r for r in board.records("results") if sourced_id(r["student"]) == first]


def test_a_moved_pupil_belongs_to_the_other_school_only() -> None:
    board = made_up_board(7)
    pupil = board.cast.in_two_classes
    board.move(pupil, school=board.schools[1], group=board.records("classes")[2]["sourcedId"])  # type: ignore[arg-type]
    enrolments = [one for one in board.records("enrollments") if sourced_id(one["user"]) == pupil]
    assert [sourced_id(one["school"]) for one in enrolments] == [board.schools[1]]
    assert sourced_id(board.get("users", pupil)["primaryOrg"]) == board.schools[1]


def test_records_may_be_put_at_a_place_and_listed_in_another_order() -> None:
    board = made_up_board(7)
    shelf = board.shelf("categories")
    ids = shelf.ids()
    board.put("categories", {"sourcedId": "new", "title": "Extra"}, position=1)
    assert shelf.ids() == [ids[0], "new", *ids[1:]]
    shelf.reorder(sorted(shelf.ids(), reverse=True))
    assert [record["sourcedId"] for record in shelf.records()] == sorted([*ids, "new"], reverse=True)
    board.remove("categories", ids[1])
    assert ids[1] not in shelf.ids()
    assert len(shelf) == len(ids)
