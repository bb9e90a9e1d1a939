"""A rehearsed release is the refresh of everybody, for one person: also over two sources that are one system."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.agreements import CompiledAgreement
from contracts.consents import Objection
from contracts.decisions import PersonFacts
from contracts.instants import from_ms
from contracts.vocabulary import Form, Groups, LegalBasis, SubjectCategory
from gateway.errors import UsageError
from gateway.roster.model import Kind
from gateway.school.disclosure.identify import Identifier
from gateway.school.disclosure.plan import compile_plan
from gateway.school.disclosure.refresh import OpenedSource
from gateway.school.disclosure.releasing import allocating, demographic_fields
from gateway.school.disclosure.shared_spaces import brin_of_org
from gateway.school.previewing.asking import narrowed_to
from gateway.school.previewing.rehearsing import Rehearsal, Surroundings, rehearse
from keys.keyring import KeyRing
from tests.gateway.school.delivery.rig import BOARD, space_of
from tests.gateway.school.disclosure.refreshing_rig import SmallBoard, WrittenDown, entry, pupil, ref, terms

NAMES = entry("user.givenName", "user.familyName", "user.username", form=Form.ALIAS)
EVERYBODY = tuple(SubjectCategory)
PEOPLE = ("1", "2", "3", "4", "5", "6")


def role(word: str, org: str = "school-1", kind: str = "primary") -> dict[str, object]:
    return {"roleType": kind, "role": word, "org": ref(org)}


@pytest.fixture
def small(tmp_path: Path, ring: KeyRing) -> Iterator[SmallBoard]:
    """One system over two standards; each knows something that the other does not."""
    board = SmallBoard(tmp_path, ring)
    other = WrittenDown()
    board.more = [other]
    add, also = board.source.add, other.add
    also(Kind.ORG, "school-1", name="De Test", type="school")
    add(Kind.ORG, "board", name="Het bestuur", type="district")
    add(Kind.ACADEMIC_SESSION, "jaar", type="schoolYear", startDate="2026-08-01", endDate="2027-07-31")
    add(Kind.USER, "1", **pupil("Roos", "Vermeulen", grades=["5"], agents=[ref("4"), ref("5")]))
    # A pupil in the one, a teacher in the other.
    add(Kind.USER, "2", **pupil("Daan", "Kuiper"))
    also(Kind.USER, "2", **{**pupil("Daan", "Kuiper"), "roles": [role("teacher")]})
    # Only in the other, without a grade, and by enrolment in a class that the first one has.
    also(Kind.USER, "3", **{**pupil("Noor", "Bos"), "roles": [role("student", "board")]})
    add(Kind.USER, "4", **{**pupil("Peter", "Vermeulen"), "roles": [role("guardian")]})
    add(Kind.USER, "5", **{**pupil("Els", "Vermeulen"), "roles": [role("guardian", "elders")]})
    add(Kind.USER, "6", **{**pupil("Ineke", "Bos"), "roles": [role("teacher")]})
    for person in PEOPLE:
        add(Kind.DEMOGRAPHICS, person, birthDate="2014-03-04", sex="female")
    add(
        Kind.CLASS,
        "5a",
        title="Groep 5a van Ineke Bos",
        school=ref("school-1"),
        grades=["5"],
        terms=[ref("jaar")],
    )
    add(Kind.CLASS, "6b", title="Groep 6b", school=ref("school-1"), grades=["6"], terms=[ref("jaar")])
    for source, person, class_, word in (
        (board.source, "1", "5a", "student"), (other, "3", "5a", "student"), (board.source, "6", "5a", "teacher"),
        (other, "2", "6b", "student"), (board.source, "2", "5a", "teacher"), (other, "6", "6b", "teacher"),
    ):  # fmt: skip
        source.add(
            Kind.ENROLLMENT, f"{person}-{class_}", user=ref(person), school=ref("school-1"), role=word,
            beginDate="2026-09-14", **{"class": ref(class_)},
        )  # fmt: skip
    yield board
    board.close()


def rehearsed(small: SmallBoard, agreement: CompiledAgreement, identifier: str) -> Rehearsal:
    """One person, over sources narrowed to that person."""
    plan = compile_plan(agreement, now=small.now)
    sources = [
        OpenedSource(each, small.ring.space(space_of(each.slug)), each.brins)
        for each in (small.source, *small.more)
    ]
    around = Surroundings(
        spaces=[each.space for each in sources],
        brin_of_org=brin_of_org(sources),
        facts_of=small.facts_of,
        identifier=Identifier(small.ring),
        allocate=allocating(small.school, board_id=BOARD, domain="schuilnaam.invalid", now=small.now),
        coarse_space=lambda: small.ring.space(space_of("las2")),
        demographic_fields=demographic_fields([plan]),
        words_that_are_no_names=(),
        now=small.now,
    )
    narrowed, _ = narrowed_to(sources, plan, identifier)
    found = rehearse(plan, narrowed, identifier, around)
    assert found is not None
    return found


def objecting(*who: str) -> Callable[..., PersonFacts]:
    def facts(source: int, identifier: str, born_on: object) -> PersonFacts:
        objects = identifier in who
        return PersonFacts(objections=(Objection(from_ms(0), None, None),) if objects else ())

    return facts


AGREEMENTS = {
    "everybody": terms(NAMES, entry("user.grades", "enrollment.beginDate"), subjects=EVERYBODY),
    "pupils": terms(NAMES, entry("demographics.birthDate", form=Form.GENERALISED)),
    "grade": terms(NAMES, grades=("5",)),
    "class": terms(NAMES, classes=("6b",)),
    "staff": terms(entry("user.familyName"), subjects=(SubjectCategory.STAFF,)),
    "coarse": terms(NAMES, groups=Groups.COARSE, subjects=EVERYBODY),
    "none": terms(NAMES, groups=Groups.NONE, subjects=EVERYBODY),
    "consent": terms(NAMES, legal_basis=LegalBasis.CONSENT),
}


@pytest.mark.parametrize("objects", [(), ("1", "4")], ids=["nobody", "objections"])
@pytest.mark.parametrize("name", AGREEMENTS)
def test_one_person_is_rehearsed_as_the_refresh_of_everybody_releases(
    small: SmallBoard, name: str, objects: tuple[str, ...]
) -> None:
    agreement = AGREEMENTS[name]
    small.facts_of = objecting(*objects)
    (outcome,) = small.refresh(agreement)
    assert outcome.status == "published", outcome
    # Titles are left out: a narrowed reading does not know everybody's names, and is never shown for them.
    held = {
        kind: {each.id: {k: v for k, v in each.body.items() if k != "title"} for each in small.held(kind)}
        for kind in (Kind.USER, Kind.DEMOGRAPHICS, Kind.ENROLLMENT, Kind.CLASS)
    }
    met: set[str] = set()
    for person in PEOPLE:
        found = rehearsed(small, agreement, person)
        pseudonym = found.pseudonym
        if pseudonym is None:
            assert found.about(Kind.USER) == []
            continue
        met.add(pseudonym)
        for kind in (Kind.USER, Kind.DEMOGRAPHICS):
            of_person = [dict(each.body) for each in found.about(kind)]
            assert of_person == ([held[kind][pseudonym]] if pseudonym in held[kind] else [])
        theirs = {key: body for key, body in held[Kind.ENROLLMENT].items() if body["user"] == pseudonym}
        assert {each.pseudonym: dict(each.body) for each in found.about(Kind.ENROLLMENT)} == theirs
        named = {str(body["class"]) for body in theirs.values()}
        classes = {
            str(each.pseudonym): {k: v for k, v in each.body.items() if k != "title"}
            for each in found.released.get(Kind.CLASS, ())
            if each.pseudonym in named
        }
        assert classes == {key: held[Kind.CLASS][key] for key in named}
    assert met == set(held[Kind.USER])


def test_nobody_else_is_asked_for_but_the_parents_where_parents_may_go(small: SmallBoard) -> None:
    small.source.asked.clear()
    rehearsed(small, AGREEMENTS["pupils"], "1")
    assert set(small.source.asked) == {"1", "5a"}
    small.source.asked.clear()
    rehearsed(small, AGREEMENTS["everybody"], "1")
    assert set(small.source.asked) == {"1", "4", "5", "5a"}


def test_who_is_marked_as_to_be_deleted_or_not_there_is_nobody(small: SmallBoard) -> None:
    small.source.marked.add("1")
    for person in ("1", "9"):
        with pytest.raises(UsageError, match="nobody"):
            rehearsed(small, AGREEMENTS["pupils"], person)


def test_agreement_that_begins_later_lets_nobody_go(small: SmallBoard) -> None:
    small.now -= timedelta(days=3650)
    found = rehearsed(small, AGREEMENTS["pupils"], "1")
    assert found.refused is not None
    assert found.refused.reason.value == "agreement_not_started"
