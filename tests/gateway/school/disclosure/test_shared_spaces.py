"""One system of the school, reached over two standards: everybody in it is one person, decided about once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from contracts.decisions import PersonFacts
from contracts.vocabulary import DataCategory, Direction, Form, LegalBasis, SubjectCategory
from gateway.roster.model import Kind, Subject
from keys.keyring import KeyRing
from tests.gateway.school.delivery.rig import REKENEN
from tests.gateway.school.disclosure.refreshing_rig import (
    BRIN,
    DataEntry,
    SmallBoard,
    WrittenDown,
    entry,
    pupil,
    ref,
    terms,
)

NAMES = ("user.givenName", "user.familyName")
BOTH = (SubjectCategory.PUPIL, SubjectCategory.STAFF)


def as_staff(given: str, family: str) -> dict[str, object]:
    role = {"roleType": "primary", "role": "teacher", "org": ref("school-1")}
    return {**pupil(given, family), "roles": [role]}


@pytest.fixture
def small(tmp_path: Path, ring: KeyRing) -> Iterator[SmallBoard]:
    """The first source delivers pupils 1 and 2, the other standard pupil 2 and teacher 3."""
    board = SmallBoard(tmp_path, ring)
    other = WrittenDown()
    other.add(Kind.ORG, "school-1", name="De Test", type="school")
    # A system of its own between the two, so that their order matters.
    board.more = [WrittenDown(slug="las2"), other]
    board.source.add(Kind.USER, "1", **pupil("Roos", "Vermeulen"))
    board.source.add(Kind.USER, "2", **pupil("Daan", "Kuiper"))
    other.add(Kind.USER, "2", **pupil("Daniel", "Kuiper"))
    other.add(Kind.USER, "3", **as_staff("Ineke", "Bos"))
    yield board
    board.close()


def test_who_is_in_both_is_held_once_with_the_fields_of_the_first(small: SmallBoard) -> None:
    small.refresh(terms(entry(*NAMES), subjects=BOTH))
    assert len(small.held(Kind.USER)) == 3
    assert "Daan" in small.told()
    assert "Daniel" not in small.told()


def test_a_pupil_in_one_of_them_who_is_staff_in_the_other_is_not_released_as_staff(small: SmallBoard) -> None:
    small.more[1].add(Kind.USER, "2", **as_staff("Daan", "Kuiper"))
    (outcome,) = small.refresh(terms(entry(*NAMES), subjects=(SubjectCategory.STAFF,)))
    assert "Bos" in small.told()
    assert "Kuiper" not in small.told()
    assert outcome.withheld["user:subject_not_in_agreement"] == 2


@pytest.mark.parametrize("pupil_first", [True, False])
def test_who_is_a_pupil_in_one_and_staff_in_the_other_gets_the_stronger_protection(
    small: SmallBoard, pupil_first: bool
) -> None:
    one, other = (small.source, small.more[1]) if pupil_first else (small.more[1], small.source)
    one.add(Kind.USER, "2", **pupil("Daan", "Kuiper"))
    other.add(Kind.USER, "2", **as_staff("Daan", "Kuiper"))
    of_staff = DataEntry(
        DataCategory.CONTACT, NAMES, Form.CLEAR, Direction.OUT, subjects=(SubjectCategory.STAFF,)
    )
    of_pupils = DataEntry(
        DataCategory.CONTACT, NAMES, Form.ALIAS, Direction.OUT, subjects=(SubjectCategory.PUPIL,)
    )
    small.refresh(terms(of_staff, of_pupils, subjects=BOTH))
    assert "Bos" in small.told()
    assert "Kuiper" not in small.told()
    (twice,) = (each for each in small.held(Kind.USER) if len(each.body["roles"]) == 2)  # type: ignore[arg-type]
    assert twice.subject == Subject.PUPIL_STAFF


def test_enrolments_of_one_and_classes_of_the_other_belong_together(small: SmallBoard) -> None:
    small.source.add(Kind.CLASS, "5a", title="Groep 5a", school=ref("school-1"), terms=[])
    for source in (small.source, small.more[1]):
        source.add(
            Kind.ENROLLMENT,
            "2-5a",
            user=ref("2"),
            school=ref("school-1"),
            role="student",
            **{"class": ref("5a")},
        )
    small.more[1].add(
        Kind.ENROLLMENT,
        "3-5a",
        user=ref("3"),
        school=ref("school-1"),
        role="teacher",
        **{"class": ref("5a")},
    )
    small.refresh(terms(entry(*NAMES), subjects=BOTH))
    assert len(small.held(Kind.ENROLLMENT)) == 2
    assert len(small.held(Kind.CLASS)) == 1


def test_an_organisation_that_they_say_is_two_schools_is_in_nobodys_scope(small: SmallBoard) -> None:
    small.more[1].brins = {"school-1": "32ZZ"}
    small.refresh(terms(entry(*NAMES), subjects=BOTH, schools=(BRIN, "32ZZ")))
    assert small.held(Kind.USER) == []


def test_an_organisation_that_only_one_of_them_knows_as_a_school_is_that_school(small: SmallBoard) -> None:
    small.more[1].brins = {}
    small.refresh(terms(entry(*NAMES), subjects=BOTH))
    assert len(small.held(Kind.USER)) == 3


@pytest.mark.parametrize("knows", [0, 1])
def test_who_is_missed_by_all_pages_stays_when_any_of_them_knows_that_person(
    small: SmallBoard, knows: int
) -> None:
    agreement = terms(entry(*NAMES), subjects=BOTH)
    small.refresh(agreement)
    sources = (small.source, small.more[1])
    sources[knows].skipped.add("2")
    del sources[1 - knows].records[Kind.USER]["2"]
    for _ in range(2):
        (outcome,) = small.refresh(agreement, threshold=0)
        assert outcome.status == "published"
        assert "Kuiper" in small.told()
    assert [source.asked for source in sources] == [["2", "2"]] * 2
    assert small.more[0].asked == []


def test_who_is_known_to_one_while_the_other_is_silent_stays_as_held_and_is_not_released_anew(
    small: SmallBoard,
) -> None:
    agreement = terms(entry(*NAMES), subjects=BOTH)
    small.refresh(agreement)
    small.source.skipped.add("2")
    small.source.add(Kind.USER, "2", **pupil("Daan", "Kuiper-Smit"))
    small.more[1].hidden.add("2")
    for _ in range(3):
        small.refresh(agreement, threshold=0)
        assert "'Kuiper'" in small.told()
        assert "Smit" not in small.told()


def test_who_is_known_to_neither_goes(small: SmallBoard) -> None:
    agreement = terms(entry(*NAMES), subjects=BOTH)
    small.refresh(agreement)
    for source in (small.source, small.more[1]):
        del source.records[Kind.USER]["2"]
    small.refresh(agreement)
    assert "Kuiper" not in small.told()


def test_whom_one_marks_as_gone_stays_while_the_other_delivers_that_person(small: SmallBoard) -> None:
    agreement = terms(entry(*NAMES), subjects=BOTH)
    small.refresh(agreement)
    small.source.marked.add("2")
    small.refresh(agreement)
    assert "Daniel" in small.told()


def test_names_are_scrubbed_however_either_of_them_writes_them(small: SmallBoard) -> None:
    small.more[1].add(Kind.USER, "2", **pupil("Daniel", "Kuypers"))
    small.source.add(Kind.CLASS, "5a", title="Clubje van Daan en Daniel", school=ref("school-1"), terms=[])
    small.source.add(
        Kind.ENROLLMENT, "2-5a", user=ref("2"), school=ref("school-1"), role="student", **{"class": ref("5a")}
    )
    small.refresh(terms(entry("class.title")))
    (group,) = small.held(Kind.CLASS)
    assert "Daan" not in str(group.body["title"])
    assert "Daniel" not in str(group.body["title"])


def test_birth_dates_that_differ_are_none_where_consent_asks_who_may_give_it(small: SmallBoard) -> None:
    small.source.add(Kind.DEMOGRAPHICS, "1", birthDate="2009-03-04")
    small.source.add(Kind.DEMOGRAPHICS, "2", birthDate="2009-03-04")
    small.more[1].add(Kind.DEMOGRAPHICS, "2", birthDate="2015-03-04")
    asked: dict[str, date | None] = {}

    def facts(source: int, identifier: str, born_on: date | None) -> PersonFacts:
        asked[identifier] = born_on
        return PersonFacts(born_on=born_on)

    small.facts_of = facts
    small.refresh(terms(entry(*NAMES), legal_basis=LegalBasis.CONSENT, subjects=BOTH))
    assert asked == {"1": date(2009, 3, 4), "2": None, "3": None}
    assert small.held(Kind.USER, REKENEN) == []
