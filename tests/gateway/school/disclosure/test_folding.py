from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.school.disclosure.folding import fold, fold_word


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Zoë", "zoe"),
        ("Zoe\u0308", "zoe"),
        ("Zo&euml;", "zoe"),
        ("Zo&#235;", "zoe"),
        ("YILDIZ Işıl İrem", "yildiz isil irem"),
        ("Łukasz Bjørn Größl", "lukasz bjorn grossl"),
        ("S\u00adem", "sem"),
        ("S\u200be\u200dm\ufeff", "sem"),
        ("Anne\u2011Fleur D\u2019Angelo", "anne-fleur d'angelo"),
        ("Ｓｅｍ １２", "sem 12"),
        ("Sem\u00a0de\u2009Vries", "sem de vries"),
        ("ĳs ﬁets", "ijs fiets"),
        ("٠٦١٢", "0612"),
        ("Ronan O`Connor", "ronan o'connor"),
        ("Zo%C3%AB%20de%20Vries", "zoe de vries"),
        ("50%25 of 5%ff", "50% of 5%ff"),
    ],
)
def test_spellings_of_one_name_fold_to_one_form(written: str, folded: str) -> None:
    assert fold_word(written) == folded


@given(st.text(max_size=40))
def test_every_folded_token_points_into_the_original(text: str) -> None:
    folded = fold(text)
    position = 0
    for token in folded.tokens():
        start, end = folded.original_span(token.start, token.end)
        assert 0 <= start < end <= len(text)
        assert start >= position or folded.starts is not None
        position = start


def test_a_combining_mark_goes_with_its_letter() -> None:
    folded = fold("Zoe\u0308!")
    assert folded.written(folded.tokens()[0]) == "Zoe\u0308"


def test_inner_capitals_part_a_token() -> None:
    folded = fold("BegeleidingSem_deVries2")
    parted = folded.split_at_capitals(folded.tokens())
    assert parted is not None
    assert [token.text for token in parted] == ["begeleiding", "sem", "de", "vries", "2"]
    assert fold("Begeleiding Sem").split_at_capitals([]) is None
