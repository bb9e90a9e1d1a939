from __future__ import annotations

import pytest

from gateway.school.disclosure.leak_guard import LeakGuard, Suspicion, SuspicionKind
from gateway.school.disclosure.names import NameIndex, PersonName


@pytest.fixture
def guard() -> LeakGuard:
    index = NameIndex()
    index.add(0, PersonName(given=("Sem",), family="Vries", particle="de"), ["semdv2013", "900123456"])
    index.add(1, PersonName(given=("Sem",), family="Vries", particle="de"), ["sem2.vries@school.example"])
    index.add(2, PersonName(given=("Noor",), family="Bakker"), ["thomas", "leerling"])
    index.add(3, PersonName(given=("Thomas",), family="Smeets"))
    return LeakGuard(index)


def test_a_full_name_and_an_identifier_are_suspected_by_field(guard: LeakGuard) -> None:
    texts = [
        ("class.title", "Bijles Sem de Vries"),
        ("class.location", "kast semdv2013"),
        ("class.classCode", "3A"),
    ]
    assert guard.inspect(texts) == [
        Suspicion("class.title", SuspicionKind.FULL_NAME),
        Suspicion("class.location", SuspicionKind.IDENTIFIER),
    ]


def test_a_single_name_or_word_is_no_suspicion(guard: LeakGuard) -> None:
    assert guard.inspect([("class.title", "Bijles Sem, Noor; thomas leerling bakker")]) == []


def test_people_this_vendor_may_have_are_no_suspicion(guard: LeakGuard) -> None:
    texts = [("user.familyName", "Noor Bakker")]
    assert guard.inspect(texts, allowed_persons={2}) == []
    assert guard.inspect(texts, allowed_persons={0}) == [
        Suspicion("user.familyName", SuspicionKind.FULL_NAME)
    ]


def test_a_namesake_who_is_allowed_makes_a_name_no_suspicion(guard: LeakGuard) -> None:
    assert guard.inspect([("user.x", "Sem de Vries")], allowed_persons={1}) == []
    assert guard.inspect([("user.x", "semdv2013")], allowed_persons={1}) != []


def test_a_suspicion_holds_no_value(guard: LeakGuard) -> None:
    shown = repr(guard.inspect([("class.title", "Bijles Sem de Vries 900123456")])) + repr(guard)
    for value in ("Sem", "Vries", "900123456"):
        assert value not in shown


def test_a_pseudonym_and_an_alias_are_no_suspicion(guard: LeakGuard) -> None:
    texts = [
        ("user.sourcedId", "p" + "abcdefgh234567" * 4),
        ("user.familyName", "K7Q5M2"),
        ("user.username", "leerling-k7q5m2"),
    ]
    assert guard.inspect(texts) == []


def test_initials_and_family_name_are_suspected_in_a_text_but_not_in_an_address(guard: LeakGuard) -> None:
    assert guard.inspect([("class.title", "Bijles S. de Vries")]) == [
        Suspicion("class.title", SuspicionKind.FULL_NAME)
    ]
    # The address of somebody who was once called so.
    assert guard.inspect([("user.email", "s.devries@school.example")], allowed_persons={3}) == []
