"""What a refresh leaves in the holdings of a product, whatever the school's system and the agreement did meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.consents import Objection
from contracts.decisions import PersonFacts
from contracts.instants import to_ms
from contracts.vocabulary import Form, Groups, Service, SubjectCategory
from gateway.holdings.withdrawal import withdraw_product
from gateway.roster.model import Kind, ProductId, Subject
from keys.keyring import KeyRing
from tests.contracts.records import IN_TERM
from tests.gateway.school.delivery.rig import BOARD, TAAL
from tests.gateway.school.disclosure.refreshing_rig import SmallBoard, WrittenDown, entry, pupil, ref, terms

NAMES = ("user.givenName", "user.familyName")


@pytest.fixture
def small(tmp_path: Path, ring: KeyRing) -> Iterator[SmallBoard]:
    board = SmallBoard(tmp_path, ring)
    board.source.add(Kind.USER, "1", **pupil("Roos", "Vermeulen", email="roos@school.example"))
    board.source.add(Kind.USER, "2", **pupil("Daan", "Kuiper", email="daan@school.example"))
    yield board
    board.close()


def test_a_person_of_whom_a_refresh_is_not_sure_stays(small: SmallBoard) -> None:
    agreement = terms(entry(*NAMES))
    small.refresh(agreement)
    small.source.hidden.add("1")
    assert [each.status for each in small.refresh(agreement)] == ["published"]
    assert "Vermeulen" in small.told()


def test_who_stays_keeps_enrolments_results_and_the_rest(gradebook: SmallBoard) -> None:
    small = gradebook
    small.source.add(Kind.DEMOGRAPHICS, "1", birthDate="2014-03-04", sex="female")
    agreement = terms(
        entry(*NAMES, "demographics.sex", "result.comment"), services=(Service.ROSTER, Service.GRADEBOOK)
    )
    kinds = (Kind.USER, Kind.DEMOGRAPHICS, Kind.ENROLLMENT, Kind.RESULT)
    small.refresh(agreement)
    before = {kind: small.held(kind) for kind in kinds}
    assert all(before.values())

    small.source.skip_user("1")
    (outcome,) = small.refresh(agreement)

    assert outcome.status == "published"
    for kind in kinds:
        assert small.held(kind) == before[kind], kind
    # A second refresh agrees: then all of it goes.
    small.refresh(agreement)
    assert [len(small.held(kind)) for kind in kinds] == [1, 0, 0, 0]


def test_nobody_stays_who_objects_by_now(small: SmallBoard) -> None:
    agreement = terms(entry(*NAMES))
    small.refresh(agreement)
    small.facts_of = lambda source, identifier, born_on: PersonFacts(
        objections=(Objection(IN_TERM, None, None),) if identifier == "1" else ()
    )
    small.source.skip_user("1")
    small.source.skip_user("2")
    (outcome,) = small.refresh(agreement, threshold=0)
    assert outcome.status == "published"
    assert "Vermeulen" not in small.told()
    assert "Kuiper" in small.told()


def test_nobody_stays_of_a_source_that_was_taken_away(small: SmallBoard) -> None:
    other = WrittenDown(slug="las2")
    other.add(Kind.ORG, "school-1", name="Elders", type="school")
    other.add(Kind.USER, "9", **pupil("Noor", "Bos"))
    small.more = [other]
    agreement = terms(entry(*NAMES))
    small.refresh(agreement)
    assert "Bos" in small.told()
    small.more = []
    small.refresh(agreement)
    assert "Bos" not in small.told()


def test_a_result_of_nobody_known_is_not_given_to_one_who_stays(gradebook: SmallBoard) -> None:
    small = gradebook
    small.source.add(Kind.RESULT, "x-r", lineItem=ref("teacher-l"), student=ref("9"), comment="Van een ander")
    agreement = terms(entry(*NAMES, "result.comment"), services=(Service.ROSTER, Service.GRADEBOOK))
    small.refresh(agreement)
    # Of this pupil nothing is known but the name: no enrolment gives a number.
    small.source.skip_user("2")
    small.refresh(agreement)
    assert len(small.held(Kind.USER)) == 2
    assert "Van een ander" not in small.told(Kind.RESULT)


def test_who_stays_keeps_the_made_up_group(gradebook: SmallBoard) -> None:
    small = gradebook
    small.source.add(
        Kind.ACADEMIC_SESSION, "jaar", type="schoolYear", startDate="2026-08-01", endDate="2027-07-31"
    )
    for person in ("1", "2"):
        name = small.source.records[Kind.USER][person]
        small.source.add(Kind.USER, person, **{**name, "grades": ["05"]})
    agreement = terms(entry(*NAMES), groups=Groups.COARSE)
    small.refresh(agreement)
    before = small.held(Kind.ENROLLMENT)
    assert len(before) == 2
    small.source.skip_user("1")
    small.refresh(agreement)
    assert small.held(Kind.ENROLLMENT) == before


def test_nobody_stays_as_an_agreement_of_before_released_them(small: SmallBoard) -> None:
    small.refresh(terms(entry(*NAMES, "user.email")))
    small.source.hidden.add("1")
    small.refresh(terms(entry(*NAMES, form=Form.ALIAS)))
    assert len(small.held(Kind.USER)) == 1
    for real in ("Roos", "Vermeulen", "Daan", "Kuiper", "school.example"):
        assert real not in small.told()


@pytest.fixture
def gradebook(small: SmallBoard) -> SmallBoard:
    add = small.source.add
    add(Kind.CLASS, "5a", title="Groep 5a", school=ref("school-1"), terms=[])
    add(
        Kind.ENROLLMENT, "1-5a", user=ref("1"), school=ref("school-1"), role="student", **{"class": ref("5a")}
    )
    for maker in ("teacher", "vendor"):
        add(Kind.CATEGORY, f"{maker}-c", title=f"Soort {maker}")
        item = {"class": ref("5a"), "school": ref("school-1"), "category": ref(f"{maker}-c")}
        add(Kind.LINE_ITEM, f"{maker}-l", title=f"Toets {maker}", **item)
        add(Kind.RESULT, f"{maker}-r", lineItem=ref(f"{maker}-l"), student=ref("1"), comment=f"Door {maker}")
    return small


def test_what_a_vendor_returned_to_the_school_goes_to_no_vendor(gradebook: SmallBoard) -> None:
    gradebook.made_by_vendors = frozenset({"vendor-c", "vendor-l", "vendor-r"})
    texts = entry("category.title", "lineItem.title", "result.comment")
    gradebook.refresh(terms(texts, services=(Service.ROSTER, Service.GRADEBOOK)))
    for kind in (Kind.CATEGORY, Kind.LINE_ITEM, Kind.RESULT):
        assert len(gradebook.held(kind)) == 1, kind
        assert "teacher" in gradebook.told(kind)
        assert "vendor" not in gradebook.told(kind)


def test_coarse_groups_hold_no_real_class_or_enrolment(gradebook: SmallBoard) -> None:
    gradebook.refresh(terms(entry(*NAMES)))
    real = {kind: {each.id for each in gradebook.held(kind)} for kind in (Kind.CLASS, Kind.ENROLLMENT)}
    assert all(real.values())
    gradebook.refresh(terms(entry(*NAMES), groups=Groups.COARSE))
    for kind, ids in real.items():
        assert not ids & {each.id for each in gradebook.held(kind)}, kind


def test_what_somebody_is_called_stays_behind_in_whatever_field_it_stands(small: SmallBoard) -> None:
    small.source.add(Kind.USER, "1", **pupil("Roos", "Vermeulen", grades=["05", "Roos Vermeulen"]))
    agreement = terms(entry(*NAMES, form=Form.ALIAS), entry("user.grades"))
    (outcome,) = small.refresh(agreement)
    assert (outcome.status, outcome.reason) == ("held_back", "leak_suspected")


def test_facts_about_a_person_that_hold_a_name_hold_the_generation_back(small: SmallBoard) -> None:
    small.source.add(Kind.DEMOGRAPHICS, "1", sex="female", publicSchoolResidenceStatus="bij Daan Kuiper")
    agreement = terms(entry(*NAMES), entry("demographics.publicSchoolResidenceStatus"))
    (outcome,) = small.refresh(agreement)
    assert (outcome.status, outcome.reason) == ("held_back", "leak_suspected")


def role(word: str, school: str) -> dict[str, object]:
    return {"roleType": "primary", "role": word, "org": ref(school)}


@pytest.mark.parametrize(("enrolled_as", "released"), [("student", 1), ("teacher", 0)])
def test_who_is_a_pupil_elsewhere_goes_only_with_an_enrolment_as_a_pupil(
    gradebook: SmallBoard, enrolled_as: str, released: int
) -> None:
    small = gradebook
    small.source.add(Kind.ORG, "school-2", name="Elders", type="school")
    small.source.add(Kind.USER, "3", **{**pupil("Noor", "Bos"), "roles": [role("student", "school-2")]})
    small.source.add(
        Kind.ENROLLMENT,
        "3-5a",
        user=ref("3"),
        school=ref("school-1"),
        role=enrolled_as,
        **{"class": ref("5a")},
    )
    small.refresh(terms())
    assert len(small.held(Kind.USER)) == 2 + released


def test_of_those_related_to_a_pupil_only_guardians_are_named(small: SmallBoard) -> None:
    small.source.add(Kind.USER, "9", **{**pupil("Ans", "Vermeulen"), "roles": [role("parent", "school-1")]})
    agents = [ref("2"), ref("9")]
    small.source.add(Kind.USER, "1", **pupil("Roos", "Vermeulen", agents=agents))
    small.refresh(terms(subjects=(SubjectCategory.PUPIL, SubjectCategory.GUARDIAN)))
    (guardian,) = (each.id for each in small.held(Kind.USER) if each.subject == Subject.GUARDIAN)
    assert [each.body["agents"] for each in small.held(Kind.USER) if "agents" in each.body] == [[guardian]]


def test_a_product_that_is_stopped_in_the_last_moment_holds_back_no_other(small: SmallBoard) -> None:
    mine, other = terms(entry(*NAMES)), terms(entry(*NAMES), product=TAAL)

    def stop_first(product: ProductId) -> str:
        # Asked just before each is published.
        if product == mine.product:
            withdraw_product(small.front, board_id=BOARD, product=product, now_ms=to_ms(small.now))
        return mine.digest if product == mine.product else other.digest

    small.digest_now = stop_first
    outcomes = small.refresh(mine, other)
    assert [(each.status, each.reason) for each in outcomes] == [
        ("held_back", "refresh_overtaken"),
        ("published", None),
    ]
    assert len(small.held(Kind.USER, TAAL)) == 2
