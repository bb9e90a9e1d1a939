"""A receipt of every activation, change and end: complete, printable, without script, and never another one later."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from sqlalchemy import text, update

from contracts.vocabulary import Direction, Form, Groups, IdentifierScope, LegalBasis, RecipientRole
from gateway.database import writing
from gateway.errors import GatewayUnready, UsageError
from gateway.school.mail import sending
from gateway.school.receipts import making
from gateway.school.receipts.stored import ReceiptKind
from gateway.school.receipts.tables import receipts
from gateway.school.receipts.words import WORDS
from tests.contracts.records import day
from tests.contracts.test_terms import other_role
from tests.gateway.school.terms.world import NUMBER, TermsWorld
from tests.simulators.mail_server import MailServer


class Page(HTMLParser):
    """The text of a page, its tags and attributes."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(content.decode())
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


def page(world: TermsWorld, number: int) -> Page:
    return Page(making.receipt(world.services, number).content)


def kinds(world: TermsWorld) -> list[str]:
    return [each.kind.value for each in reversed(making.receipts(world.services))]


def test_receipt_says_who_what_in_which_form_why_and_under_which_clause(world: TermsWorld) -> None:
    world.agree()
    text_ = page(world, 1).text
    for said in (
        "Overeenkomst in werking gesteld", "24 november 2026, 10:00:00", "Bert Smit ( systeemaccount bert )",
        "Anna de Wit", "Goedgekeurd door Bert Smit", "schuilnaam agreement activate VO-2026-031/1",
        "Stichting Onderwijs Waterland-Zuid", "Leesvlot Uitgevers B.V.", "76543210", "29 februari 2028",
        "14 maart 2028", "1 augustus 2027", "publieke taak", "leveren_gebruik", "31PQ, 32RS01",
        "user.givenName", "schuilnaam", "naar leverancier", "de leraar vindt de eigen klas terug", "bijlage 1, tabel 3",
        "result.comment", "geschoond", "terug naar school", "art. 13", "geen gegevens van leerlingen",
    ):  # fmt: skip
        assert said in text_.replace("(systeemaccount bert)", "( systeemaccount bert )"), said


def test_every_activation_change_and_end_has_its_receipt_in_the_audit_log_and_the_outbox(
    world: TermsWorld,
) -> None:
    world.agree()
    world.suspend()
    world.activate(NUMBER)
    world.register(world.record(products__0__groups="none"))
    world.end(on=day("2027-01-31"))
    world.run(2027, 2, 1)
    assert kinds(world) == ["activated", "suspended", "resumed", "changed", "end_planned", "ended"]
    assert [about for _, about in world.events("receipt")] == [f"receipt/{number}" for number in range(1, 7)]
    assert [mail.receipt for mail in world.mails("receipt")] == [1, 2, 3, 4, 5, 6]
    assert [mail.subject for mail in world.mails("receipt")][-2:] == [
        "Bewijs 5: Overeenkomst VO-2026-031/2 met Leesvlot Uitgevers B.V. eindigt op 31 januari 2027",
        "Bewijs 6: Overeenkomst VO-2026-031/2 met Leesvlot Uitgevers B.V. is geëindigd",
    ]


def test_change_says_what_became_wider_and_narrower(world: TermsWorld) -> None:
    world.agree()
    world.register(world.record(products__0__groups="none"))
    narrower = page(world, 2).text
    assert "Deze versie vervangt VO-2026-031/1." in narrower
    assert "Enger leesvlot: groups lowered" in narrower
    assert "Ruimer niets" in narrower
    assert "schuilnaam agreement register FILE" in narrower
    wider = world.register(world.record(products__0__groups="exact"))
    world.approve(wider.reference)
    world.activate(wider.reference)
    assert "Ruimer leesvlot: groups raised" in page(world, 3).text


def test_end_says_until_when_the_vendor_deletes_and_what_becomes_of_pseudonyms(world: TermsWorld) -> None:
    world.agree()
    world.end(shred_on=day("2026-12-09"))
    found = page(world, 2).text
    assert "verwijderd uiterlijk 14 december 2026 (art. 13)" in found
    assert "kunnen worden vernietigd vanaf 9 december 2026" in found
    assert "schuilnaam agreement end VO-2026-031/1 --shred-on 2026-12-09" in found


def test_end_by_the_calendar_names_nobody_and_no_command(world: TermsWorld) -> None:
    world.agree()
    world.run(2028, 3, 1)
    found = page(world, 2).text
    assert "vanzelf: de laatste dag is voorbij" in found
    assert "Opdracht" not in found
    assert "blijven bewaard" in found


def test_page_is_printable_in_one_file_without_script_or_anything_from_elsewhere(world: TermsWorld) -> None:
    world.agree()
    found = page(world, 1)
    content = making.receipt(world.services, 1).content.decode()
    assert not {"script", "img", "link", "iframe", "object", "form", "a"} & set(found.tags)
    assert not [
        name for name, _ in found.attributes if name.startswith("on") or name in ("src", "href", "style")
    ]
    assert "url(" not in content
    assert "@media print" in content
    assert "default-src 'none'" in content
    assert ("lang", "nl") in found.attributes


def test_text_of_the_agreement_is_text_and_no_markup(world: TermsWorld) -> None:
    hostile = '<script>alert("x")</script>&amp;'
    world.agree(world.record(processor__name=hostile, products__0__data__1__necessity=hostile))
    content = making.receipt(world.services, 1).content.decode()
    assert "<script" not in content
    assert Page(content.encode()).text.count(hostile) == 4


def test_receipt_of_a_recipient_that_is_no_processor_names_the_decision_and_no_article_28(
    world: TermsWorld,
) -> None:
    world.agree(other_role("controller"))
    world.end()
    found = page(world, 2).text
    assert "Besluit om te verstrekken" in found
    assert "besluit 2026-17" in found
    assert "Artikel 28" not in found
    assert "verwijderd uiterlijk 23 januari 2027 (besluit 2026-17)" in found


def test_receipts_are_in_english_where_the_board_chose_it(world: TermsWorld) -> None:
    world.with_settings(language="en")
    world.agree()
    assert "Agreement put in force" in page(world, 1).text
    assert ("lang", "en") in page(world, 1).attributes


@pytest.mark.parametrize("what", ["content", "both"])
def test_receipt_that_was_changed_afterwards_is_not_shown(world: TermsWorld, what: str) -> None:
    world.agree()
    from contracts.canonical import digest

    other = making.receipt(world.services, 1).content.replace(b"schuilnaam", b"leesbaar")
    changed: dict[str, object] = {"content": other}
    if what == "both":
        changed["digest"] = digest(other)
    with writing(world.services.school) as connection:
        connection.execute(update(receipts).values(changed))
    with pytest.raises(GatewayUnready) as refused:
        making.receipt(world.services, 1)
    assert refused.value.code == "receipt_altered"


def test_unknown_receipt_is_told_and_lists_are_by_agreement(world: TermsWorld) -> None:
    world.agree()
    with pytest.raises(UsageError) as refused:
        making.receipt(world.services, 2)
    assert refused.value.code == "receipt_unknown"
    assert [each.number for each in making.receipts(world.services, agreement=NUMBER)] == [1]
    assert [each.number for each in making.receipts(world.services, agreement=f"{NUMBER}/1")] == [1]
    assert making.receipts(world.services, agreement=f"{NUMBER}/2") == []
    assert making.receipts(world.services, agreement="VO-1") == []


def test_mailed_receipt_is_the_page_that_was_made(
    world: TermsWorld, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with MailServer(tmp_path_factory.mktemp("mail")) as server:
        server.write(world.home)
        world.agree()
        sending.send_due(world.services, now=lambda: world.now)
    (mail,) = server.mails
    assert mail.to == ["beheer@school.example", "bestuur@school.example", "privacy@school.example"]
    assert [part.replace("\r\n", "\n") for part in mail.pages] == [
        making.receipt(world.services, 1).content.decode()
    ]


def test_a_receipt_that_cannot_be_kept_activates_nothing(world: TermsWorld) -> None:
    version = world.register()
    world.approve(version.reference)
    with writing(world.services.school) as connection:
        connection.execute(text("ALTER TABLE receipts RENAME TO elsewhere"))
    with pytest.raises(Exception, match="no such table"):
        world.activate(version.reference)
    assert world.events("agreement:activated") == []


def test_there_is_a_word_for_every_stored_value_in_both_languages() -> None:
    assert WORDS["nl"].keys() == WORDS["en"].keys()
    for words, stored in (
        ("form", Form), ("direction", Direction), ("groups", Groups), ("basis", LegalBasis), ("role", RecipientRole),
        ("identifier", IdentifierScope), ("what", ReceiptKind),
    ):  # fmt: skip
        for value in stored:
            assert f"{words}_{value.value}" in WORDS["nl"]
    for kind in ReceiptKind:
        assert kind.value in WORDS["nl"]
        for language in WORDS:
            said = WORDS[language][f"what_{kind.value}"]
            assert set(re.findall(r"{(\w+)}", said)) <= {"replaced"}
