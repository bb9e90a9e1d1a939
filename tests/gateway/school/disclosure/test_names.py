from __future__ import annotations

import copy
import json
import pickle
import random
import tracemalloc

import pytest

from gateway.school.disclosure.names import NameIndex, PersonName
from gateway.school.disclosure.particles import part_particle


@pytest.mark.parametrize(
    ("written", "particle", "family"),
    [
        ("de Vries", "de", "Vries"),
        ("van der Berg", "van der", "Berg"),
        ("Berg, van der", "van der", "Berg"),
        ("'t Hart", "'t", "Hart"),
        ("in 't Veld", "in 't", "Veld"),
        ("Jansen van Doorn", "", "Jansen van Doorn"),
        ("El Idrissi", "El", "Idrissi"),
        ("Van", "", "Van"),
        ("Bakker", "", "Bakker"),
        ("", "", ""),
    ],
)
def test_particles_are_parted_from_family_names(written: str, particle: str, family: str) -> None:
    assert part_particle(written) == (particle, family)


def test_particles_in_the_middle_name_are_understood() -> None:
    name = PersonName.of_user({"givenName": "Sem", "middleName": "Johan van den", "familyName": "Berg"})
    assert (name.particle, name.middle, name.family) == ("van den", "Johan", "Berg")


def test_a_person_is_found_by_any_given_and_family_name() -> None:
    index = NameIndex()
    fields = {"givenName": "Anne-Fleur", "preferredFirstName": "Annie", "familyName": "de Vries-Bakker"}
    index.add(7, PersonName.of_user(fields, nicknames=["Flo"]))
    for given in ("anne", "fleur", "annefleur", "annie", "flo"):
        for family in ("vries", "bakker"):
            one, other = index.number_of(given), index.number_of(family)
            assert one is not None
            assert other is not None
            assert index.owners_of_pair(one, other) == (7,)
            assert index.owners_of_pair(other, one) == (7,)


def test_namesakes_share_a_pair() -> None:
    index = NameIndex()
    for person in (0, 1, 2):
        index.add(person, PersonName(given=("Jan",), family="Jansen"))
    one, other = index.number_of("jan"), index.number_of("jansen")
    assert one is not None
    assert other is not None
    assert index.owners_of_pair(one, other) == (0, 1, 2)


def test_an_identifier_of_many_people_or_a_plain_word_identifies_nobody() -> None:
    index = NameIndex()
    for person in range(10):
        index.add(
            person, PersonName(given=("Thomas",), family="X"), ["school-17", "12345", f"eigen-{person}"]
        )
    index.add(10, PersonName(given=("Lisa",), family="Y"), ["thomas", "bakker", "thomas77"])
    assert index.owners_of_identifier("school-17") == ()
    assert index.owners_of_identifier("12345") == ()
    assert index.owners_of_identifier("thomas") == ()
    assert index.owners_of_identifier("bakker") == ()
    assert index.owners_of_identifier("thomas77") == (10,)
    assert index.owners_of_identifier("eigen-3") == (3,)


def test_the_index_shows_counts_only_and_is_not_stored() -> None:
    index = NameIndex()
    name = PersonName(given=("Sem",), family="Vries", particle="de")
    index.add(0, name, ["sem.devries"])
    assert repr(index) == str(index) == "<NameIndex of 1 people>"
    assert "Sem" not in repr(name)
    assert "sem" not in repr(index.words_of(0))
    for store in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            store(index)


def test_a_large_board_fits_in_60_mb() -> None:
    # 20,000 pupils, 40,000 guardians, 4,000 staff; four identifiers each; scaled from a quarter of them.
    people = 16_000
    chosen = random.Random(1)
    syllables = [a + b for a in "bdfghjklmnprst" for b in ("a", "e", "i", "o", "oe", "ij")]
    given = ["".join(chosen.choices(syllables, k=2)) for _ in range(3_000)]
    family = ["".join(chosen.choices(syllables, k=3)) for _ in range(12_000)]
    names = [(chosen.choice(given), chosen.choice(family)) for _ in range(people)]
    tracemalloc.start()
    index = NameIndex()
    for number, (first, last) in enumerate(names):
        identifiers = [f"user{number}", f"mail{number}@school.example", f"{number:032x}", f"{10**8 + number}"]
        index.add(number, PersonName(given=(first,), family=last, particle="van der"), identifiers)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(index) == people
    assert peak * 4 < 60_000_000
