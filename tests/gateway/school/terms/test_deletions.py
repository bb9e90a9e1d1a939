"""The deletion clock and the vendor's written confirmation (seed 18: the end of an agreement holds deletion)."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.database import writing
from gateway.errors import DisclosureRefused, GatewayUnready, UsageError
from gateway.school.documents import MAX_BYTES, Paper
from gateway.school.terms import deletions
from tests.contracts.records import day
from tests.contracts.test_terms import other_role
from tests.gateway.school.terms.world import NUMBER, TermsWorld

PAPER = Paper(b"%PDF-1.7 wij hebben alles verwijderd", "Bevestiging Sem de Vries.PDF")


def confirm(
    world: TermsWorld, agreement: str = NUMBER, product: str = "leesvlot", paper: Paper = PAPER
) -> object:
    return deletions.confirm(world.services, world.person(), agreement, product, paper=paper, now=world.now)


def test_seed_18_end_starts_the_clock_and_unconfirmed_is_an_alarm(world: TermsWorld) -> None:
    world.agree()
    world.end()
    (found,) = deletions.deletions(world.services)
    assert (found.clock.ended_on, found.clock.due_on) == (day("2026-11-24"), day("2026-12-14"))
    assert found.clock.backups_on == day("2027-01-23")
    assert world.deletion_states() == {f"{NUMBER}/1 leesvlot": "due"}
    world.run(2026, 12, 15)
    assert world.deletion_states() == {f"{NUMBER}/1 leesvlot": "overdue"}
    alarm = world.mails()[-1]
    assert (
        alarm.subject == "TE LAAT: Leesvlot Uitgevers B.V. heeft de verwijdering van leesvlot niet bevestigd"
    )
    assert alarm.roles == ("privacy_officer", "data_protection_officer")
    assert world.events("found_overdue") == [("gateway:deletion:found_overdue", f"{NUMBER}/1")]


def test_confirmation_is_kept_with_its_hash_registered_and_ends_the_alarm(world: TermsWorld) -> None:
    world.agree()
    world.end()
    world.run(2026, 12, 20)

    confirm(world)

    (found,) = deletions.deletions(world.services)
    digest = hashlib.sha256(PAPER.content).hexdigest()
    assert (found.confirmed_by, found.clock.confirmed_on) == ("Bert Smit", day("2026-12-20"))
    assert found.document is not None
    assert (found.document.sha256, found.document.file) == (digest, f"{digest}.pdf")
    kept = world.home / "documents" / found.document.file
    assert kept.read_bytes() == PAPER.content
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    assert world.events("confirmed") == [("person:deletion:confirmed", f"{NUMBER}/1")]
    assert world.mails()[-1].occasion == "deletion_confirmed"
    assert world.run(2027, 3, 1).told == 0


def test_recipient_by_law_has_no_deletion_term_whenever_it_is_looked_at(world: TermsWorld) -> None:
    world.agree(other_role("recipient_by_law"))
    world.end()
    assert world.run().deletions == 0
    assert world.deletion_states() == {}


def test_name_of_the_file_is_not_kept(world: TermsWorld) -> None:
    world.agree()
    world.end()
    confirm(world)
    everything = b"".join(path.read_bytes() for path in world.home.rglob("*") if path.is_file())
    assert b"Sem de Vries" not in everything
    assert repr(PAPER) == f"<Paper of {len(PAPER.content)} bytes>"


def test_ending_that_no_program_should_open_is_not_kept(world: TermsWorld) -> None:
    world.agree()
    world.end()
    confirm(world, paper=Paper(b"MZ", "bevestiging.exe"))
    (found,) = deletions.deletions(world.services)
    assert found.document is not None
    assert found.document.file == found.document.sha256


@pytest.mark.parametrize(
    ("agreement", "product"),
    [
        (NUMBER, "rekenvlot"),
        ("VO-1", "leesvlot"),
        (f"{NUMBER}/2", "leesvlot"),
        ("VO / x", "leesvlot"),
        ("", ""),
    ],
)
def test_confirmation_of_what_is_not_due_is_refused_and_nothing_is_kept(
    world: TermsWorld, agreement: str, product: str
) -> None:
    world.agree()
    world.end()
    with pytest.raises(UsageError) as refused:
        confirm(world, agreement, product)
    assert refused.value.code == "deletion_unknown"
    assert not (world.home / "documents").exists()


def test_before_the_end_there_is_nothing_to_confirm(world: TermsWorld) -> None:
    world.agree()
    with pytest.raises(UsageError) as refused:
        confirm(world)
    assert refused.value.code == "deletion_unknown"


def test_confirmed_deletion_is_not_confirmed_again(world: TermsWorld) -> None:
    world.agree()
    world.end()
    confirm(world)
    with pytest.raises(DisclosureRefused) as refused:
        confirm(world, paper=Paper(b"anders", "x.pdf"))
    assert refused.value.code == "deletion_confirmed"
    assert len(list((world.home / "documents").iterdir())) == 1


def test_empty_and_endless_papers_are_refused(world: TermsWorld) -> None:
    world.agree()
    world.end()
    for content, code in ((b"", "file_empty"), (bytes(MAX_BYTES + 1), "file_too_large")):
        with pytest.raises(UsageError) as refused:
            confirm(world, paper=Paper(content, "x.pdf"))
        assert refused.value.code == code
    assert world.deletion_states() == {f"{NUMBER}/1 leesvlot": "due"}


def test_paper_that_cannot_be_kept_records_nothing(world: TermsWorld) -> None:
    world.agree()
    world.end()
    (world.home / "documents").write_text("hier staat een bestand")
    with pytest.raises(GatewayUnready) as refused:
        confirm(world)
    assert refused.value.code == "documents_unwritable"
    assert world.deletion_states() == {f"{NUMBER}/1 leesvlot": "due"}


def test_newest_end_is_meant_without_a_version_and_an_older_one_with(world: TermsWorld) -> None:
    world.agree()
    world.end()
    world.agree(world.record(term__review_by=None))
    world.end()
    with writing(world.services.school) as connection:
        connection.execute(text("UPDATE deletions SET continued_under = NULL"))
    confirm(world)
    states = world.deletion_states()
    assert states == {f"{NUMBER}/1 leesvlot": "due", f"{NUMBER}/2 leesvlot": "confirmed"}
    confirm(world, f"{NUMBER}/1")
    assert set(world.deletion_states().values()) == {"confirmed"}


def test_same_paper_for_two_products_is_kept_once(world: TermsWorld, tmp_path: Path) -> None:
    from tests.contracts.records import plain

    other = {**plain()["products"][0], "product_id": "rekenvlot", "name": "Rekenvlot"}
    world.agree(world.record(products=[plain()["products"][0], other]))
    world.end()
    confirm(world)
    confirm(world, product="rekenvlot")
    assert len(list((world.home / "documents").iterdir())) == 1
    assert set(world.deletion_states().values()) == {"confirmed"}
