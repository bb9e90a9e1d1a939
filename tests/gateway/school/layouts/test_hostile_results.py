"""Results files that are made to join a result to another pupil, or to keep the school side busy."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from gateway.errors import UsageError
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


@pytest.mark.xfail(reason="known defect: every column is filled up to the widest row", strict=True)
def test_a_wide_row_among_many_short_ones_costs_no_more_than_its_own_cells(layout: Layout) -> None:
    wide = ["", *("x" for _ in range(20_000))]
    rows = [["Leerling", "Toets", "Score"], ["K7Q5M2", "T", "7"], wide, *(["a"] for _ in range(2_000))]
    began = time.process_time()

    found = find_columns(layout, Sheet(rows, ";", "\n"), known, without=frozenset())

    assert found.columns["pupil"] == 0
    assert time.process_time() - began < 1


@pytest.mark.xfail(reason="known defect: the first of the two is taken without a word", strict=True)
def test_a_heading_that_stands_twice_is_refused(layout: Layout) -> None:
    rows = [["Leerling", "Toets", "Score", "score "], ["K7Q5M2", "T", "7", "3"]]

    with pytest.raises(UsageError) as refused:
        find_columns(layout, Sheet(rows, ";", "\n"), known, without=frozenset())

    assert refused.value.code == "column_twice"
