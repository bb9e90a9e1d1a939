"""Collections, filters, sorting, positions and age, on released records only."""

from __future__ import annotations

import pytest

from gateway.holdings.errors import HoldingsTooOld
from gateway.holdings.reading import MAX_AGE_MS, Holdings
from gateway.holdings.selection import Collection, Comparison, Filter, Generation, Logic, Operator, Selection
from gateway.roster.model import Kind
from tests.gateway.holdings.conftest import NOW, PRODUCT, Refresher
from tests.gateway.holdings.released import class_, enrollment, org, pseudonym, pupil


@pytest.fixture
def generation(refresh: Refresher) -> Generation:
    """Two schools; classes 0 and 1; pupils 0-9 (even in school 0, odd in 1), teacher 10 of class 0."""
    return refresh(
        org(0),
        org(1),
        *(enrollment(n, user=n, in_class=n % 2, school=n % 2) for n in range(10)),
        enrollment(10, user=10, in_class=0, role="teacher"),
        *(pupil(n, school=n % 2, name=f"N{n}") for n in range(10)),
        pupil(10, role="teacher", name="Juf"),
        class_(0, school=0, terms=(1,)),
        class_(1, school=1),
    )


def users(held: Holdings, generation: Generation, **narrowed: object) -> list[object]:
    selection = Selection(Collection(Kind.USER, **narrowed))  # type: ignore[arg-type]
    return sorted(str(r.body["givenName"]) for r in held.page(PRODUCT, generation, selection).records)


def test_collections_are_narrowed_by_relations(held: Holdings, generation: Generation) -> None:
    school, group = pseudonym(Kind.ORG, 0), pseudonym(Kind.CLASS, 0)
    assert users(held, generation, roles=("teacher",)) == ["Juf"]
    assert users(held, generation, in_class=group, roles=("student",)) == ["N0", "N2", "N4", "N6", "N8"]
    assert users(held, generation, in_class=group, roles=("teacher",)) == ["Juf"]
    assert users(held, generation, in_school=school, roles=("student",)) == ["N0", "N2", "N4", "N6", "N8"]
    assert users(held, generation, in_school=school, in_class=pseudonym(Kind.CLASS, 1)) == []

    def classes(**narrowed: object) -> list[str]:
        selection = Selection(Collection(Kind.CLASS, **narrowed))  # type: ignore[arg-type]
        return [record.id for record in held.page(PRODUCT, generation, selection).records]

    assert classes(of_user=pseudonym(Kind.USER, 3)) == [pseudonym(Kind.CLASS, 1)]
    assert classes(of_term=pseudonym(Kind.ACADEMIC_SESSION, 1)) == [group]
    assert classes(in_school=school) == [group]


@pytest.mark.parametrize(
    ("path", "operator", "value", "count"),
    [
        (("givenName",), Operator.EQUAL, "N3", 1),
        (("givenName",), Operator.NOT_EQUAL, "N3", 10),
        (("givenName",), Operator.CONTAINS, "N", 10),
        (("givenName",), Operator.GREATER_OR_EQUAL, "N5", 5),
        (("grades",), Operator.EQUAL, "05", 5),
        (("grades",), Operator.CONTAINS, "0", 11),
        (("enabledUser",), Operator.EQUAL, "true", 11),
        (("roles", "role"), Operator.EQUAL, "teacher", 1),
        (("roles", "org", "sourcedId"), Operator.EQUAL, pseudonym(Kind.ORG, 1), 5),
        (("absent",), Operator.NOT_EQUAL, "x", 11),
        (("absent",), Operator.EQUAL, "x", 0),
        (("sourcedId",), Operator.EQUAL, pseudonym(Kind.USER, 3), 1),
        (("status",), Operator.EQUAL, "active", 11),
        (("status",), Operator.EQUAL, "tobedeleted", 0),
        (("dateLastModified",), Operator.GREATER, str(NOW - 1), 11),
        (("dateLastModified",), Operator.GREATER, str(NOW), 0),
        (("dateLastModified",), Operator.LESS_OR_EQUAL, str(NOW), 11),
    ],
)
def test_filters(
    held: Holdings,
    generation: Generation,
    path: tuple[str, ...],
    operator: Operator,
    value: str,
    count: int,
) -> None:
    selection = Selection(Collection(Kind.USER), limit=3, filter=Filter((Comparison(path, operator, value),)))
    page = held.page(PRODUCT, generation, selection)
    assert (page.total, len(page.records)) == (count, min(count, 3))


def test_a_filter_with_or_joins_columns_and_bodies(held: Holdings, generation: Generation) -> None:
    either = Filter(
        (
            Comparison(("givenName",), Operator.EQUAL, "Juf"),
            Comparison(("sourcedId",), Operator.EQUAL, pseudonym(Kind.USER, 3)),
        ),
        Logic.OR,
    )
    assert held.page(PRODUCT, generation, Selection(Collection(Kind.USER), filter=either)).total == 2


def test_references_are_filtered_in_the_index(held: Holdings, generation: Generation) -> None:
    of_class = Filter((Comparison(("class", "sourcedId"), Operator.EQUAL, pseudonym(Kind.CLASS, 0)),))
    assert held.page(PRODUCT, generation, Selection(Collection(Kind.ENROLLMENT), filter=of_class)).total == 6


@pytest.mark.parametrize("narrowed", [{}, {"roles": ("student",)}])
@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize("sort", [None, ("sourcedId",), ("givenName",), ("dateLastModified",)])
@pytest.mark.parametrize("descending", [False, True])
def test_pages_in_any_order_of_asking_are_the_whole(
    held: Holdings, generation: Generation, narrowed: dict, filtered: bool, sort, descending: bool
) -> None:
    filter_ = Filter((Comparison(("givenName",), Operator.CONTAINS, "N"),)) if filtered else None

    def page(offset: int, limit: int):
        return held.page(
            PRODUCT,
            generation,
            Selection(
                Collection(Kind.USER, **narrowed),
                offset=offset,
                limit=limit,
                filter=filter_,
                sort=sort,
                descending=descending,
            ),
        )

    whole = page(0, 100)
    order = held.page(PRODUCT, generation, Selection(Collection(Kind.USER), limit=100)).records
    for offset in (4, 8, 0, 2, 6, 10):
        part = page(offset, 2)
        assert part.records == whole.records[offset : offset + 2]
        assert part.total == whole.total
        if not part.contiguous:
            assert [order[position].id for position in part.positions] == [r.id for r in part.records]


def test_sorting_on_a_field_breaks_ties_by_id(held: Holdings, generation: Generation) -> None:
    page = held.page(PRODUCT, generation, Selection(Collection(Kind.USER), sort=("enabledUser",)))
    ids = [record.id for record in page.records]
    assert ids == sorted(ids)


def test_holdings_older_than_max_age_are_not_served(held: Holdings, generation: Generation) -> None:
    assert held.current(PRODUCT, now_ms=NOW + MAX_AGE_MS) == generation
    with pytest.raises(HoldingsTooOld):
        held.current(PRODUCT, now_ms=NOW + MAX_AGE_MS + 1)


def test_a_staged_record_was_not_issued(held: Holdings, refresh: Refresher, generation: Generation) -> None:
    refresh.begin(now_ms=NOW + 1).put([pupil(50)])
    ids = [pseudonym(Kind.USER, 50), pseudonym(Kind.USER, 3), pseudonym(Kind.USER, 3, "taalwijs"), "x"]
    assert held.ever_issued(PRODUCT, Kind.USER, ids) == {pseudonym(Kind.USER, 3)}
