"""Results files that are made to join a result to another pupil, or to keep the school side busy."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from gateway.errors import UsageError
from gateway.school.disclosure import alias_words
from gateway.school.layouts.layout import Layout, load
from gateway.school.layouts.results import find_columns
from gateway.school.relink.spreadsheet import Sheet

LAYOUT = b"""
version: 1
name: terug
vendor: Rekenwijs B.V.
rows: pupil
columns:
  - {name: Nummer, field: user.sourcedId}
results:
  title: {column: Toets}
  score: {column: Score}
"""
NAMED = {"K7Q5M2", "B3C4D5", "F6G7H8"}


@pytest.fixture(scope="module")
def layout() -> Layout:
    return load(LAYOUT, name="terug.yaml")


def known(cells: Sequence[str]) -> set[str]:
    return NAMED & set(cells)


def test_a_wide_row_among_many_short_ones_costs_no_more_than_its_own_cells(layout: Layout) -> None:
    wide = ["", *("x" for _ in range(20_000))]
    rows = [["Leerling", "Toets", "Score"], ["K7Q5M2", "T", "7"], wide, *(["a"] for _ in range(2_000))]
    began = time.process_time()

    found = find_columns(layout, Sheet(rows, ";", "\n"), known, without=frozenset())

    assert found.columns["pupil"] == 0
    assert time.process_time() - began < 1


def test_a_heading_that_stands_twice_is_refused(layout: Layout) -> None:
    rows = [["Leerling", "Toets", "Score", "score "], ["K7Q5M2", "T", "7", "3"]]

    with pytest.raises(UsageError) as refused:
        find_columns(layout, Sheet(rows, ";", "\n"), known, without=frozenset())

    assert refused.value.code == "column_twice"


def test_two_columns_that_name_different_pupils_are_refused_and_one_pupil_twice_is_not(
    layout: Layout,
) -> None:
    heading = ["Leerling", "Beoordeeld door", "Toets", "Score"]

    def found(first: str, second: str) -> int:
        rows = [heading, [first, second, "T", "7"], [first, "", "T2", "8"]]
        sheet = Sheet(rows, ";", "\n")
        same = {"K7Q5M2": 1, "B3C4D5": 1, "F6G7H8": 2}
        return find_columns(layout, sheet, known, without=frozenset(), who=same.get).columns["pupil"]

    assert found("K7Q5M2", "B3C4D5") == 0
    with pytest.raises(UsageError) as refused:
        found("K7Q5M2", "F6G7H8")
    assert refused.value.code == "pupil_unclear"


@pytest.mark.parametrize("mark", ["\u00b2", "\u2082", "\u2461", "\u00bd", "\u2488"])
def test_a_footnote_behind_an_alias_makes_it_nobodys(mark: str) -> None:
    assert alias_words.code_in("Blauwe Uil 12") is not None
    assert alias_words.code_in("\uff22lauwe Uil 1\uff12") == alias_words.code_in("Blauwe Uil 12")
    assert alias_words.code_in(f"Blauwe Uil 1{mark}") is None
    assert alias_words.code_in(f"Blauwe Uil 12{mark}") is None
