"""Ids and memberships of one refresh."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from gateway.school.disclosure.graph import NONE, Grouping, Numbering, RosterGraph


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
    graph.add_enrolment(
        0,
        "é-1",
        user="u",
        class_="c",
        school=None,
        role="student",
        primary="true",
        begin_on="2026-09-01",
        end_on=None,
    )
    graph.add_enrolment(
        1,
        "2",
        user="u",
        class_="c",
        school="s",
        role="teacher",
        primary=None,
        begin_on=None,
        end_on="2027-07-01",
    )
    graph.close_enrolments()

    first, second = graph.enrolments()

    assert (first.identifier, first.school, first.role, first.begin_on) == (
        "é-1",
        NONE,
        "student",
        "2026-09-01",
    )
    assert (second.identifier, second.role, second.end_on, second.primary) == (
        "2",
        "teacher",
        "2027-07-01",
        None,
    )
    assert first.person != second.person
    assert list(graph.classes_of_person[first.person]) == [first.class_]


def test_graph_shows_counts_only() -> None:
    graph = RosterGraph()
    graph.persons.number(0, "geheim")
    assert "geheim" not in repr(graph)
