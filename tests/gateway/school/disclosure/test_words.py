"""Words of the standard's lists, and what becomes of others."""

from __future__ import annotations

import pytest

from gateway.school.disclosure.words import OTHER, known_word


@pytest.mark.parametrize(
    ("field", "word"),
    [
        ("role", "student"),
        ("type", "school"),
        ("type", "term"),
        ("classType", "homeroom"),
        ("schoolYear", "2026"),
    ],
)
def test_a_word_of_the_standard_stays_what_it_is(field: str, word: str) -> None:
    assert known_word(field, word) == word


@pytest.mark.parametrize("field", ["role", "type", "classType", "scoreStatus", "schoolYear"])
@pytest.mark.parametrize(
    "word", ["ext:mentor van Sem de Vries", "123456782", "Student", "ext:other word", "٢٠٢٦"]
)
def test_a_word_of_the_systems_own_leaves_as_one_constant(field: str, word: str) -> None:
    assert known_word(field, word) == OTHER
