"""A record goes to a file and back without loss, in both formats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import documents
from contracts.writing import ENDINGS, Ending, to_file
from tests.contracts import records
from tests.shared import shared_path

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "agreement.yaml"
_WORDS = (
    "yes",
    "no",
    "NO",
    "null",
    "~",
    "true",
    "1e3",
    "0x1F",
    "2026-09-01",
    "12:30",
    "- a",
    "# b",
    "a: b",
    "=",
    "<<",
)
# The schema refuses these in every text (`contracts.schemas`).
_UNSEEN = "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_CHARACTERS = st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters=_UNSEEN)
TEXTS = st.one_of(
    st.sampled_from(_WORDS), st.text(_CHARACTERS, min_size=1, max_size=200).map(str.strip).filter(bool)
)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("source", [EXAMPLE, records.LEESVLOT], ids=lambda path: path.stem)
def test_record_written_and_read_again_has_the_same_canonical_bytes(source: Path, ending: Ending) -> None:
    record = documents.load(source.read_bytes(), name=source.name)

    again = documents.load(to_file(record, ending), name=f"x.{ending}")

    assert again.canonical() == record.canonical()
    assert again.digest == record.digest


@pytest.mark.shared
@pytest.mark.parametrize("ending", ENDINGS)
def test_reference_record_survives_both_formats(ending: Ending) -> None:
    record = documents.load(shared_path("agreement.example.json").read_bytes(), name="x.json")

    assert documents.load(to_file(record, ending), name=f"x.{ending}").canonical() == record.canonical()


def test_no_limit_of_schools_stays_written_in_the_file() -> None:
    record = records.agreement(products__0__scope={"schools": None})

    assert json.loads(to_file(record, "json"))["products"][0]["scope"] == {"schools": None}
    assert documents.load(to_file(record, "yaml"), name="x.yaml").digest == record.digest


@given(clause=TEXTS, name=TEXTS, deviation=TEXTS)
def test_any_text_survives_both_formats(clause: str, name: str, deviation: str) -> None:
    record = records.agreement(
        art28__a_instructions__clause=clause, processor__name=name, document__deviations=[deviation, "tweede"]
    )
    for ending in ENDINGS:
        assert documents.load(to_file(record, ending), name=f"x.{ending}").canonical() == record.canonical()
