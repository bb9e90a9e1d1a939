from __future__ import annotations

import pytest

from gateway.errors import UsageError
from gateway.school.layouts.layout import load
from gateway.school.layouts.results import BadRow, SaidRow, find_columns, read_date, read_rows
from gateway.school.relink.spreadsheet import Sheet
from tests.gateway.school.layouts.test_layout import SOUND

LAYOUT = load(
    SOUND.replace(
        "  title: {column: Toets}", "  title: {column: Toets}\n  comment: {column: Opm, optional: true}"
    )
)
HEADING = ["Leerling", "Toets", " cijfer ", "Opm"]
PUPIL = "p" + "a" * 61


def read(*rows: list[str], formulas: frozenset[tuple[int, int]] = frozenset()) -> list[SaidRow | BadRow]:
    sheet = Sheet([HEADING, *rows], ";", "\n", formulas)
    found = find_columns(LAYOUT, sheet, lambda cells: set(cells) & {PUPIL}, without=frozenset())
    return list(read_rows(LAYOUT, sheet, found))


def test_a_row_is_read_by_headings_and_the_pupil_by_what_verifies() -> None:
    (row,) = read([PUPIL, "Dictee", "7,5", "=goed gedaan"])

    assert isinstance(row, SaidRow)
    assert (row.number, row.pupil, row.title) == (2, PUPIL, "Dictee")
    assert row.fields == {"score": "7.5", "comment": "=goed gedaan"}
    assert "Dictee" not in repr(row)


def test_a_formula_in_a_column_that_counts_is_no_value() -> None:
    counted, beside = read(
        [PUPIL, "Dictee", "=1+6", ""], [PUPIL, "Dictee", "7", "x"], formulas=frozenset({(1, 2), (2, 9)})
    )

    assert counted == BadRow(2, "formula")
    assert isinstance(beside, SaidRow)


@pytest.mark.parametrize(
    "score", ["zeven", "1.234,5", "7,", "1e3", "٧", "7 8", "--7", "0x7", "NaN", "1" * 17, "'7"]
)
def test_what_could_be_two_numbers_is_none(score: str) -> None:
    assert read([PUPIL, "Dictee", score, ""]) == [BadRow(2, "score_not_number")]


def test_a_text_that_is_too_long_is_told_by_its_row() -> None:
    assert read([PUPIL, "Dictee", "7", "x" * 10_001]) == [BadRow(2, "text_unusable")]


def test_without_anybody_of_the_product_what_looks_like_a_pseudonym_is_the_column() -> None:
    sheet = Sheet([HEADING, ["p" + "b" * 61, "Dictee", "7", ""]], ";", "\n")

    assert find_columns(LAYOUT, sheet, lambda cells: set(), without=frozenset()).columns["pupil"] == 0


def test_a_file_without_pupils_or_a_column_of_the_layout_is_refused() -> None:
    for rows, code in (
        ([HEADING, ["Sem", "Dictee", "7", ""]], "nothing_to_take"),
        ([["Leerling", "Toets"], [PUPIL, "Dictee"]], "column_missing"),
    ):
        with pytest.raises(UsageError) as refused:
            find_columns(LAYOUT, Sheet(rows, ";", "\n"), lambda cells: set(), without=frozenset())
        assert refused.value.code == code
        assert "Sem" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("24-11-2026", "DD-MM-YYYY", "2026-11-24"),
        ("1/2/2026", "D/M/YYYY", "2026-02-01"),
        ("2026-11-24T09:30:00Z", "DD-MM-YYYY", "2026-11-24"),
        ("20261124", "YYYYMMDD", "2026-11-24"),
    ],
)
def test_days_are_read_in_the_form_of_the_layout_or_of_the_standard(text: str, form: str, day: str) -> None:
    assert read_date(text, form) == day
