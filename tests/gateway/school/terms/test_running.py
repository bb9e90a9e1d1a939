"""The calendar at work: what is due is done and told once, whoever runs it and how often."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update

from contracts.tables import agreement_versions
from gateway.database import open_engine, writing
from gateway.school import agreements
from gateway.school.terms import agenda, deletions
from gateway.school.terms.running import Ran
from tests.contracts.records import local
from tests.gateway.school.terms.world import NUMBER, TermsWorld

# The record runs until 29 February 2028, takes results for 14 days, is reviewed by 1 August 2027; the vendor deletes
# within 20 days and its backups 40 days after that.
NOTHING = Ran(transitions=0, deletions=0, continued=0, proposed=0, told=0)


def occasions(world: TermsWorld) -> list[tuple[str, str]]:
    return [(mail.occasion, mail.key.rpartition(" ")[2]) for mail in world.mails()]


def test_day_by_day_an_agreement_runs_out_and_each_thing_is_told_once(world: TermsWorld) -> None:
    world.agree()
    told: dict[str, list[str]] = {}
    day = local(2027, 5, 25, 6)
    while day < local(2028, 4, 20):
        before = len(world.mails())
        world.now = day
        world.run()
        for mail in world.mails()[before:]:
            told.setdefault(day.date().isoformat(), []).append(mail.occasion)
        day += timedelta(days=1)
    assert told == {
        "2027-06-02": ["agreement_review"],
        "2027-07-02": ["agreement_review"],
        "2027-07-25": ["agreement_review"],
        "2027-08-01": ["agreement_review"],
        "2027-12-31": ["agreement_ends"],
        "2028-01-30": ["agreement_ends"],
        "2028-02-22": ["agreement_ends"],
        "2028-02-29": ["agreement_ends"],
        "2028-03-06": ["deletion_due"],
        "2028-03-17": ["deletion_due"],
        "2028-03-20": ["deletion_due"],
        "2028-03-21": ["deletion_overdue"],
        "2028-03-28": ["deletion_overdue"],
        "2028-04-04": ["deletion_overdue"],
        "2028-04-11": ["deletion_overdue"],
        "2028-04-18": ["deletion_overdue"],
    }
    assert world.deletion_states() == {f"{NUMBER}/1 leesvlot": "overdue"}
    assert [mail.occasion for mail in world.mails("receipt")] == ["receipt", "receipt"]
    ended = [event for event, _ in world.events("agreement:")][-2:]
    assert ended == ["person:agreement:ended", "gateway:agreement:closed"]
    assert len(world.events("found_overdue")) == 5


def test_running_it_twice_or_at_once_tells_nothing_twice(world: TermsWorld) -> None:
    world.agree()
    assert world.run(2028, 1, 31).told == 2
    assert world.run() == NOTHING
    world.now = local(2028, 3, 22)
    ran: list[Ran] = []
    threads = [threading.Thread(target=lambda: ran.append(world.run())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(each.told for each in ran) == 1
    assert sum(each.transitions for each in ran) == 2
    assert len(set(world.mail_keys())) == len(world.mail_keys())


@pytest.fixture
def on_postgres(tmp_path: Path) -> Iterator[TermsWorld]:
    server = os.environ.get("SCHUILNAAM_TEST_POSTGRES")
    if not server:
        pytest.skip("SCHUILNAAM_TEST_POSTGRES is not set")
    owner = open_engine(server)
    with owner.begin() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS terms CASCADE"))
        connection.execute(text("CREATE SCHEMA terms"))
    world = TermsWorld(tmp_path, school=f"{server}?options=-csearch_path%3Dterms")
    yield world
    world.close()
    with owner.begin() as connection:
        connection.execute(text("DROP SCHEMA terms CASCADE"))
    owner.dispose()


@pytest.mark.postgres
def test_on_postgresql_running_it_at_once_tells_nothing_twice(on_postgres: TermsWorld) -> None:
    world = on_postgres
    world.agree()
    world.now = local(2028, 3, 22)
    ran: list[Ran] = []
    threads = [threading.Thread(target=lambda: ran.append(world.run())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(each.told for each in ran) == 1
    assert sum(each.transitions for each in ran) == 2
    assert world.deletion_states() == {f"{NUMBER}/1 leesvlot": "overdue"}


def test_machine_that_was_off_tells_the_nearest_only_and_says_how_many_days_are_left(
    world: TermsWorld,
) -> None:
    world.agree(world.record(term__review_by=None))
    world.run(2028, 2, 20)
    (mail,) = world.mails()
    assert mail.subject == "Overeenkomst VO-2026-031/1 met Leesvlot Uitgevers B.V. loopt over 9 dagen af"
    assert "29 februari 2028" in mail.body
    assert "tot en met 14 maart 2028" in mail.body


def test_end_that_comes_nearer_is_told_anew(world: TermsWorld) -> None:
    world.agree(world.record(term__review_by=None))
    world.run(2028, 1, 31)
    world.end(on=local(2028, 2, 5).date())
    assert world.run().told == 1
    assert [key.split()[2:] for key in world.mail_keys()] == [["2028-02-29", "30"], ["2028-02-05", "7"]]


def test_narrower_version_repeats_no_warning(world: TermsWorld) -> None:
    world.agree(world.record(term__review_by=None))
    world.run(2028, 1, 31)
    world.register(world.record(term__review_by=None, products__0__groups="none"))
    assert [version.reference for version in running_versions(world)] == [f"{NUMBER}/2"]
    assert world.run().told == 0


def running_versions(world: TermsWorld) -> list[object]:
    with agreements.reading_agreements(world.services) as register:
        return [version for version in register.listing() if version.state.value == "active"]


# -- what goes on -----------------------------------------------------------------------------------------------------


def renewal(world: TermsWorld, begins: str = "2028-03-01", **bent: object) -> object:
    return world.record(
        agreement_id="VO-2028-002", term__from=begins, term__until="2030-02-28", term__review_by=None, **bent
    )


def test_renewed_agreement_is_not_warned_of_and_starts_no_deletion(world: TermsWorld) -> None:
    world.agree(world.record(term__review_by=None))
    world.agree(renewal(world))
    assert world.run(2028, 2, 22).told == 0
    world.run(2028, 3, 1)
    assert world.deletion_states() == {f"{NUMBER}/1 leesvlot": "continued"}
    assert world.mails() == []
    (receipt,) = [mail for mail in world.mails("receipt") if "geëindigd" in mail.subject]
    assert receipt.agreement == f"{NUMBER}/1"


def test_agreement_that_is_resumed_late_stops_the_deletion_clock_and_says_so(world: TermsWorld) -> None:
    world.agree(world.record(term__review_by=None))
    world.run(2028, 3, 18)
    assert world.deletion_states() == {f"{NUMBER}/1 leesvlot": "due"}
    world.agree(renewal(world, "2028-03-01"))
    ran = world.run(2028, 4, 1)
    assert ran.continued == 1
    assert world.deletion_states() == {f"{NUMBER}/1 leesvlot": "continued"}
    assert world.mails()[-1].occasion == "deletion_continued"
    assert "VO-2028-002/1" in world.mails()[-1].body
    assert world.run(2028, 6, 1).told == 0
    assert [about for event, about in world.events("deletion:continued")] == [f"{NUMBER}/1"]


def test_approved_agreement_stops_no_clock_before_it_is_active(world: TermsWorld) -> None:
    world.agree(world.record(term__review_by=None))
    world.run(2028, 3, 18)
    waiting = world.register(renewal(world, "2028-03-01"))
    world.approve(waiting.reference)
    assert world.run(2028, 4, 1).continued == 0
    assert world.deletion_states() == {f"{NUMBER}/1 leesvlot": "overdue"}


def second_product(world: TermsWorld) -> dict[str, object]:
    from tests.contracts.records import plain

    return {**plain()["products"][0], "product_id": "rekenvlot", "name": "Rekenvlot"}


def test_product_that_a_new_version_no_longer_has_must_be_deleted(world: TermsWorld) -> None:
    from tests.contracts.records import plain

    both = world.record(products=[plain()["products"][0], second_product(world)])
    world.agree(both)
    narrower = world.register()
    assert narrower.state.value == "active"
    assert world.deletion_states() == {f"{NUMBER}/1 rekenvlot": "due"}
    assert world.events("deletion:started") == [("gateway:deletion:started", f"{NUMBER}/1")]


def test_agreement_that_was_never_in_force_starts_no_clock_and_gives_no_receipt(world: TermsWorld) -> None:
    world.register()
    world.end()
    assert world.deletion_states() == {}
    assert world.mails("receipt") == []
    world.run(2029, 1, 1)
    assert world.deletion_states() == {}


def test_agreement_that_ended_before_there_were_clocks_gets_one(world: TermsWorld) -> None:
    world.agree()
    world.end()
    with writing(world.services.school) as connection:
        connection.execute(text("DELETE FROM deletions"))
    assert world.run().deletions == 1
    assert world.deletion_states() == {f"{NUMBER}/1 leesvlot": "due"}
    assert world.run().deletions == 0


# -- safety -----------------------------------------------------------------------------------------------------------


def test_row_that_was_changed_behind_our_back_is_told_nothing_about(world: TermsWorld) -> None:
    world.agree()
    with writing(world.services.school) as connection:
        connection.execute(update(agreement_versions).values(ended_on="2026-12-01"))
    assert world.run(2026, 11, 30).told == 0


def test_mail_holds_nothing_that_was_typed_as_a_reason(world: TermsWorld) -> None:
    world.agree()
    world.end(reason="ouders van Sem de Vries klagen")
    world.run(2026, 12, 20)
    assert "Sem" not in "".join(
        mail.subject + mail.body for mail in (*world.mails(), *world.mails("receipt"))
    )
    with world.looking() as connection:
        pages = connection.execute(text("SELECT content FROM receipts")).scalars().all()
    assert b"Sem" not in b"".join(pages)


def test_agenda_tells_what_is_late_first_and_what_is_coming(world: TermsWorld) -> None:
    world.agree()
    world.now = local(2028, 1, 10)
    found = agenda.agenda(world.services, now=world.now)
    assert [(line.matter.value, line.state, line.days_left) for line in found] == [
        ("review", "overdue", -162), ("end", "coming", 50),
    ]  # fmt: skip
    assert agenda.agenda(world.services, now=world.now, days=10)[-1].matter.value == "review"
    world.run(2028, 3, 25)
    found = agenda.agenda(world.services, now=world.now)
    assert [(line.matter.value, line.product, line.late) for line in found] == [
        ("deletion", "leesvlot", True)
    ]
    assert deletions.deletions(world.services)[0].clock.clause == "art. 13"
