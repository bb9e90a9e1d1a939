"""What is kept of texts that were looked at: the same answers, and none from before a name was read."""

from __future__ import annotations

from gateway.roster.model import Kind
from gateway.school.disclosure.board_names import BoardFreeText
from gateway.school.disclosure.free_text import TextKind
from gateway.school.disclosure.guarding import Guarding, names_are_known
from gateway.school.disclosure.leak_guard import LeakGuard, SuspicionKind
from gateway.school.disclosure.names import NameIndex, PersonName
from gateway.school.disclosure.scrub import Scrubber
from gateway.school.disclosure.tally import Tally

SEM, NOOR = PersonName(given=("Sem",), family="Vries"), PersonName(given=("Noor",), family="Bakker")


def index_of(*names: PersonName) -> NameIndex:
    index = NameIndex()
    for number, name in enumerate(names):
        index.add(number, name)
    return index


def test_a_text_is_scrubbed_for_each_class_by_its_own_members() -> None:
    scrubber = Scrubber(index_of(SEM, NOOR))
    for _ in range(2):
        assert scrubber.scrub("Hulp aan Sem", members=[0]).text != "Hulp aan Sem"
        assert scrubber.scrub("Hulp aan Sem", members=[1]).text == "Hulp aan Sem"
        assert scrubber.scrub("Hulp aan Sem", members=None).text == "Hulp aan Sem"


def test_a_text_is_scrubbed_anew_when_another_name_was_read() -> None:
    index = index_of(SEM)
    scrubber = Scrubber(index)
    assert scrubber.scrub("Overleg Noor Bakker").text == "Overleg Noor Bakker"
    index.add(1, NOOR)
    assert "Noor" not in scrubber.scrub("Overleg Noor Bakker").text


def test_a_kind_of_text_is_not_answered_by_another() -> None:
    scrubber = Scrubber(index_of(SEM))
    assert scrubber.scrub("bel 0612345678", kind=TextKind.STRUCTURAL).text == "bel 0612345678"
    assert scrubber.scrub("bel 0612345678", kind=TextKind.TITLE).text != "bel 0612345678"


def test_the_guard_asks_each_time_whom_a_product_may_see() -> None:
    guard = LeakGuard(index_of(SEM))
    for _ in range(2):
        assert guard.inspect([("title", "Sem Vries")], allowed_persons=[0]) == []
        [suspicion] = guard.inspect([("title", "Sem Vries")], allowed_persons=[])
        assert suspicion.kind is SuspicionKind.FULL_NAME


def test_the_guard_looks_anew_when_another_name_was_read() -> None:
    index = index_of(SEM)
    guard = LeakGuard(index)
    assert guard.inspect([("title", "Noor Bakker")]) == []
    index.add(1, NOOR)
    assert len(guard.inspect([("title", "Noor Bakker")])) == 1


def test_what_was_released_before_all_names_were_read_is_looked_at_for_every_product() -> None:
    # Of unequal numbers of chunks: no product's last one is forgotten.
    tallies = [Tally(), Tally()]
    first, second = map(Guarding, tallies)
    for chunk in range(3):
        first.look(Kind.USER, {"grades": ["Noor Bakker"]}, chunk)
        first.close_chunk()
    second.look(Kind.USER, {"familyName": "Vries", "grades": ["6"]}, 0)
    second.close_chunk()
    second.look(Kind.USER, {"middleName": "Noor Bakker"}, 0)
    names_are_known([first, second], BoardFreeText(index_of(SEM, NOOR), ()))
    assert tallies[0].leaks_held_back == {"user.grades": 3}
    assert tallies[1].leaks_held_back == {"user.middleName": 1}
