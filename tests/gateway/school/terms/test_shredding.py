"""What becomes of pseudonyms when an agreement ends: chosen with the end, proposed on its day, done by a person."""

from __future__ import annotations

import pytest

from contracts.errors import TransitionRefused
from gateway.school.terms import shredding
from tests.contracts.records import day, local
from tests.gateway.school.terms.world import NUMBER, TermsWorld

# Ended on 24 November 2026, results come back for 14 days: the last is 8 December.
EARLIEST = day("2026-12-09")


def states(world: TermsWorld) -> list[str]:
    return [each.plan.state(world.now.date()).value for each in shredding.plans(world.services)]


def test_pseudonyms_are_kept_unless_a_day_is_chosen(world: TermsWorld) -> None:
    world.agree()
    world.end()
    assert shredding.plans(world.services) == []
    world.run(2030, 1, 1)
    assert not any("pseudoniemen van" in mail.subject for mail in world.mails())


@pytest.mark.parametrize(
    ("chosen", "fits"), [("2026-12-08", False), ("2026-12-09", True), ("2026-12-10", True)],
    ids=["last day for results", "day after", "later"],
)  # fmt: skip
def test_day_before_results_can_no_longer_come_back_is_refused_and_ends_nothing(
    world: TermsWorld, chosen: str, fits: bool
) -> None:
    world.agree()
    if fits:
        assert world.end(shred_on=day(chosen)).state.value == "ended"
        assert states(world) == ["planned"]
        return
    with pytest.raises(TransitionRefused) as refused:
        world.end(shred_on=day(chosen))
    assert refused.value.code == "shredding_too_early"
    assert EARLIEST.isoformat() in refused.value.remedy
    assert world.events("agreement:ended") == []
    assert world.deletion_states() == {}
    assert [mail.subject for mail in world.mails("receipt")] == [
        "Bewijs 1: Overeenkomst VO-2026-031/1 met Leesvlot Uitgevers B.V. is in werking"
    ]


def test_planned_end_counts_from_its_last_day(world: TermsWorld) -> None:
    world.agree()
    with pytest.raises(TransitionRefused):
        world.end(on=day("2026-12-31"), shred_on=day("2027-01-14"))
    world.end(on=day("2026-12-31"), shred_on=day("2027-01-15"))
    assert states(world) == ["planned"]


def test_on_its_day_it_is_proposed_and_told_and_nothing_is_destroyed(world: TermsWorld) -> None:
    world.agree()
    world.end(shred_on=EARLIEST)
    assert world.run(2026, 12, 8).proposed == 0
    ran = world.run(2026, 12, 9)
    assert (ran.proposed, states(world)) == (1, ["proposed"])
    mail = next(mail for mail in world.mails() if mail.occasion == "shredding_proposed")
    assert "schuilnaam key destroy leesvlot" in mail.body
    assert world.run(2027, 12, 9).proposed == 0
    assert [event for event, _ in world.events("shredding")] == [
        "person:shredding:planned", "gateway:shredding:proposed",
    ]  # fmt: skip
    assert [event for event, _ in world.events("key:")] == []


def test_choice_can_be_changed_until_it_is_carried_out(world: TermsWorld) -> None:
    world.agree()
    world.end(shred_on=EARLIEST)
    world.run(2026, 12, 10)
    shredding.decide(world.services, world.person(), NUMBER, None, now=world.now)
    assert states(world) == ["dropped"]
    shredding.decide(world.services, world.person(), NUMBER, day("2027-01-31"), now=world.now)
    assert states(world) == ["planned"]
    assert world.run(2027, 1, 31).proposed == 1
    shredding.destroyed(world.services, "leesvlot", now=world.now)
    assert states(world) == ["destroyed"]


def test_agreement_without_an_end_and_one_never_in_force_have_nothing_to_choose(world: TermsWorld) -> None:
    world.agree(world.record(term__until=None, term__review_by=None))
    with pytest.raises(TransitionRefused) as refused:
        shredding.decide(world.services, world.person(), NUMBER, day("2030-01-01"), now=world.now)
    assert refused.value.code == "shredding_without_end"
    waiting = world.register(world.record(agreement_id="VO-9", products__0__product_id="anders"), new=True)
    with pytest.raises(TransitionRefused) as never:
        world.end(waiting.reference, shred_on=day("2030-01-01"))
    assert never.value.code == "shredding_without_end"


def test_agreement_that_ran_out_by_itself_can_still_be_chosen_for(world: TermsWorld) -> None:
    world.agree()
    world.run(2028, 6, 1)
    plans = shredding.decide(world.services, world.person(), NUMBER, day("2028-07-01"), now=world.now)
    assert [each.plan.product for each in plans] == ["leesvlot"]


def test_product_that_goes_on_is_not_proposed(world: TermsWorld) -> None:
    world.agree()
    world.end(shred_on=EARLIEST)
    world.now = local(2026, 12, 1)
    world.agree(world.record(agreement_id="VO-2026-099", term__from="2026-12-01", term__review_by=None))
    world.run(2026, 12, 9)
    assert states(world) == ["continued"]
    assert world.events("shredding:continued") == [("gateway:shredding:continued", f"{NUMBER}/1")]
