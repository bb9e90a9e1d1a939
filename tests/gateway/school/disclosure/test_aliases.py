from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from gateway.database import open_engine, school_metadata, writing
from gateway.demo import names
from gateway.registers.tables import audit_school
from gateway.roster.model import ProductId, Pseudonym, Subject
from gateway.school.disclosure import alias_words
from gateway.school.disclosure import aliases as module
from gateway.school.disclosure.aliases import Alias, Style, allocate, choose_style, code_in, pseudonyms_of
from gateway.school.disclosure.tables import alias_styles, aliases

TAAL, REKENEN = ProductId("taal"), ProductId("rekenen")


def _databases() -> list[str]:
    return ["sqlite", "postgres"] if os.environ.get("SCHUILNAAM_TEST_POSTGRES") else ["sqlite"]


@pytest.fixture(params=_databases())
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/school.db"
    if request.param == "postgres":
        url = os.environ["SCHUILNAAM_TEST_POSTGRES"]
    engine = open_engine(url)
    school_metadata.drop_all(engine, tables=[aliases, alias_styles, audit_school])
    school_metadata.create_all(engine, tables=[aliases, alias_styles, audit_school])
    yield engine
    school_metadata.drop_all(engine, tables=[aliases, alias_styles, audit_school])
    engine.dispose()


def _people(first: int, count: int, subject: Subject = Subject.PUPIL) -> dict[Pseudonym, Subject]:
    return {Pseudonym(f"p{number:061d}"): subject for number in range(first, first + count)}


def _allocate(
    engine: Engine, people: dict[Pseudonym, Subject], product: ProductId = TAAL, board: str = "b1"
) -> dict[Pseudonym, Alias]:
    with writing(engine) as connection:
        return allocate(connection, board_id=board, product=product, people=people, now_ms=1)


def test_an_alias_is_allocated_once_and_kept(engine: Engine) -> None:
    first = _allocate(engine, _people(0, 1_000))
    again = _allocate(engine, _people(500, 1_000))
    assert len({alias.code for alias in (first | again).values()}) == 1_500
    assert all(first[p] == again[p] for p in first.keys() & again.keys())


def test_another_product_or_board_gives_other_aliases(engine: Engine) -> None:
    people = _people(0, 300)
    taal, rekenen, other = (
        _allocate(engine, people),
        _allocate(engine, people, REKENEN),
        _allocate(engine, people, board="b2"),
    )
    assert sum(taal[p].code == rekenen[p].code for p in people) <= 1
    assert sum(taal[p].code == other[p].code for p in people) <= 1


def test_codes_have_one_length_whatever_the_order_of_allocation(engine: Engine) -> None:
    codes = [
        a.code for first in range(0, 5_000, 1_000) for a in _allocate(engine, _people(first, 1_000)).values()
    ]
    assert {len(code) for code in codes} == {6}


def test_codes_spell_nothing_and_look_like_nothing_else(engine: Engine) -> None:
    for alias in _allocate(engine, _people(0, 1_000)).values():
        assert re.fullmatch(r"(?:[CDFHJKMNPQRTVWX][256789]){3}", alias.code)


def test_codes_grow_when_a_product_fills_up() -> None:
    assert module._length_for(60_000) == 6
    assert module._length_for(100_000) == 8
    assert len(module._draw(8)) == 8


def test_a_code_that_is_taken_is_drawn_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["C2C2C2", "C2C2C2", "C2C2C2", "D2D2D2"])
    monkeypatch.setattr(module, "_draw", lambda length: next(drawn))
    assert {a.code for a in _allocate(engine, _people(0, 2)).values()} == {"C2C2C2", "D2D2D2"}


def test_two_refreshes_at_once_give_one_person_one_alias(engine: Engine) -> None:
    results: list[dict[Pseudonym, Alias]] = []
    people = _people(0, 800)
    threads = [threading.Thread(target=lambda: results.append(_allocate(engine, people))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(result == results[0] for result in results)
    with engine.connect() as connection:
        assert len(connection.execute(select(aliases.c.code)).all()) == 800


def test_more_than_a_thousand_people_or_no_person_is_refused(engine: Engine) -> None:
    with pytest.raises(ValueError, match="1,000"):
        _allocate(engine, _people(0, 1_001))
    with pytest.raises(ValueError, match="only people"):
        _allocate(engine, _people(0, 1, Subject.NONE))


def test_an_alias_names_the_kind_of_person() -> None:
    alias = Alias("K7Q5M2", Subject.PUPIL)
    assert (alias.given_name, alias.family_name, alias.user_name) == ("Leerling", "K7Q5M2", "leerling-k7q5m2")
    assert alias.email("school.example") == "leerling-k7q5m2@school.example"
    assert alias.email().endswith(".invalid")
    assert Alias("K7Q5M2", Subject.GUARDIAN).given_name == "Ouder"
    assert Alias("K7Q5M2", Subject.STAFF).user_name == "medewerker-k7q5m2"


@pytest.mark.parametrize(
    "text", ["Leerling K7Q5M2", "K7Q5M2", " k7q5m2 ", "leerling-k7q5m2", "leerling-k7q5m2@schuilnaam.invalid"]
)
def test_a_code_is_read_back_from_what_a_vendor_shows(text: str) -> None:
    assert code_in(text) == "K7Q5M2"


@pytest.mark.parametrize("text", ["Leerling", "K7Q4M2", "Sem de Vries", "", "K7Q5M2x", "3A"])
def test_other_text_holds_no_code(text: str) -> None:
    assert code_in(text) is None


def test_pseudonyms_are_found_by_code_within_the_product(engine: Engine) -> None:
    made = _allocate(engine, _people(0, 3))
    codes = [alias.code for alias in made.values()]
    with writing(engine) as connection:
        found = pseudonyms_of(connection, board_id="b1", product=TAAL, codes=[*codes, "X9X9X9"])
        assert found == {alias.code: pseudonym for pseudonym, alias in made.items()}
        assert pseudonyms_of(connection, board_id="b1", product=REKENEN, codes=codes) == {}


# -- words ---------------------------------------------------------------------------------------------------------


def _choose(engine: Engine, style: Style, product: ProductId = TAAL) -> bool:
    with writing(engine) as connection:
        return choose_style(connection, board_id="b1", product=product, style=style, now_ms=1)


def test_pupils_of_a_product_that_chose_words_are_called_by_words_and_staff_by_a_code(engine: Engine) -> None:
    assert _choose(engine, Style.WORDS)
    assert not _choose(engine, Style.WORDS)

    pupils = _allocate(engine, _people(0, 1_000))
    staff = _allocate(engine, _people(2_000, 10, Subject.STAFF))

    shape = re.compile(r"[A-Z][a-z]+ [A-Z][a-z]+ [1-9][0-9]\Z")
    assert all(shape.match(alias.given_name) for alias in pupils.values())
    assert {alias.family_name for alias in pupils.values()} == {"Leerling"}
    assert len({alias.given_name for alias in pupils.values()}) == 1_000
    assert all(alias.words is None for alias in staff.values())
    assert all(len(alias.code) <= 16 for alias in pupils.values())


def test_aliases_that_were_given_out_stay_when_the_style_changes(engine: Engine) -> None:
    before = _allocate(engine, _people(0, 20))
    _choose(engine, Style.WORDS)
    after = _allocate(engine, _people(0, 40))
    _choose(engine, Style.CODE)
    again = _allocate(engine, _people(0, 60))

    assert all(after[each] == before[each] for each in before)
    assert all(again[each] == after[each] for each in after)
    assert [bool(alias.words) for alias in again.values()] == [False] * 20 + [True] * 20 + [False] * 20
    with engine.connect() as connection:
        codes = [alias.code for alias in again.values()]
        known = pseudonyms_of(connection, board_id="b1", product=TAAL, codes=codes)
    assert known == {alias.code: pseudonym for pseudonym, alias in again.items()}


@pytest.mark.parametrize(
    "text",
    [
        "Blauwe Uil 12",
        " BLAUWE UIL 12 ",
        "blauwe-uil-12",
        "blauwe-uil-12@schuilnaam.invalid",
        "Blauwe Uil 12 Leerling",
        "Leerling, Blauwe Uil 12",
        "Bláuwe Üil 12",
        "blauweuil12",
    ],
)
def test_words_are_read_back_whatever_was_made_of_case_accents_and_spaces(text: str) -> None:
    assert code_in(text) == "w000-000-12"


@pytest.mark.parametrize(
    "text",
    ["Blauwe Uil", "Uil 12", "12", "Blauwe Uil 1", "Blauwe Uil 012", "Blauwe Wolf 12", "Sem de Vries", ""],
)
def test_half_an_alias_is_nobody(text: str) -> None:
    assert code_in(text) is None


def test_every_alias_of_words_is_read_back_as_itself() -> None:
    for adjective in range(len(alias_words.ADJECTIVES)):
        for animal in range(len(alias_words.ANIMALS)):
            code = f"w{adjective:03d}-{animal:03d}-47"
            words = alias_words.words_of(code)
            assert words is not None
            assert code_in(words) == code
            assert code_in(words.upper().replace(" ", "")) == code


def test_the_words_are_enough_for_twenty_thousand_pupils_and_never_taken_out_of_the_lists() -> None:
    assert alias_words.space(2) >= 8 * 20_000
    assert len(set(alias_words.ADJECTIVES)) == len(alias_words.ADJECTIVES)
    assert len(set(alias_words.ANIMALS)) == len(alias_words.ANIMALS)
    # Stored for ever by their places: add words at the end, and the hash of what was there stays.
    text = " ".join((*alias_words.ADJECTIVES[:44], *alias_words.ANIMALS[:66]))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "9741bc6311953844"


def test_no_word_of_an_alias_is_a_name_of_the_made_up_people() -> None:
    words = {*alias_words.ADJECTIVES, *alias_words.ANIMALS}
    people = {each.lower() for each in (*(str(one.text) for one in names.GIVEN_NAMES), *names.FAMILY_NAMES)}
    assert not words & people
