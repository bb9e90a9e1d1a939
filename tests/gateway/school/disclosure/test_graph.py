"""Ids and memberships of one refresh."""

from __future__ import annotations

import tracemalloc
import uuid
from array import array

from hypothesis import given
from hypothesis import strategies as st

from gateway.school.disclosure.graph import NONE, Alike, Enrolments, Grouping, Numbering, RosterGraph
from gateway.school.disclosure.identify import pack_id, unpack_id


def test_equal_identifiers_of_two_sources_are_two_persons() -> None:
    numbers = Numbering()
    assert numbers.number(0, "17") != numbers.number(1, "17")
    assert numbers.find(0, "17") == 0
    assert numbers.find(2, "17") == NONE


@given(st.lists(st.tuples(st.integers(-1, 5), st.integers(0, 99)), max_size=60))
def test_grouping_gives_each_owner_its_members_in_order(pairs: list[tuple[int, int]]) -> None:
    owners, members = array("i", [o for o, _ in pairs]), array("i", [m for _, m in pairs])
    grouping = Grouping(owners, members, 6)
    for owner in range(6):
        assert list(grouping[owner]) == [member for each, member in pairs if each == owner]
    assert list(grouping[6]) == []
    assert list(grouping[-1]) == []


def test_enrolments_come_back_as_they_were_read() -> None:
    graph = RosterGraph()
    for source, identifier, school, alike in (
        (0, "é-1", None, ("student", "true", "2026-09-01", None)),
        (1, "2", "s", ("teacher", None, None, "2027-07-01")),
        (1, "f3a0b1c2-0000-4000-8000-1234567890ab", "s", ("teacher", None, None, "2027-07-01")),
    ):
        role, primary, begin_on, end_on = alike
        graph.add_enrolment(
            source,
            pack_id(identifier),
            user="u",
            class_="c",
            school=school,
            role=role,
            primary=primary,
            begin_on=begin_on,
            end_on=end_on,
        )
    graph.close_enrolments()

    rows = graph.enrolments
    found = [unpack_id(packed) for packed in rows.packed_ids([2, 0, 1])]
    assert found == ["f3a0b1c2-0000-4000-8000-1234567890ab", "é-1", "2"]
    assert [rows.alikes[number] for number in rows.alike] == [
        (0, "student", "true", "2026-09-01", None),
        (1, "teacher", None, None, "2027-07-01"),
        (1, "teacher", None, None, "2027-07-01"),
    ]
    assert list(rows.schools) == [NONE, 0, 0]
    first, second, third = rows.persons
    assert first != second == third
    assert graph.classes_of_person(first) == [rows.classes[0]]
    assert graph.places_of(second) == [(0, "teacher"), (0, "teacher")]
    assert graph.classes_of_person(99) == []


def test_an_enrolment_takes_few_bytes() -> None:
    rows = Enrolments()
    packed = [pack_id(str(uuid.uuid4())) for _ in range(50_000)]
    tracemalloc.start()
    for each in packed:
        rows.append(each, alike=Alike(0, "student", None, None, None), person=1, class_=2, school=3)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # 37 each and what arrays keep in reserve.
    assert taken < 50_000 * 50


def test_graph_shows_counts_only() -> None:
    graph = RosterGraph()
    graph.persons.number(0, "geheim")
    assert "geheim" not in repr(graph)
