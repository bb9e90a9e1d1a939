"""Every mail in both languages, with the same facts, and nothing left unfilled."""

from __future__ import annotations

import re
import string
from datetime import date

import pytest

from contracts.calendar import Occasion
from gateway.school.mail.phrases import Phrase
from gateway.school.mail.roles import MAIL_ROLES, ROLES_OF, addresses_of
from gateway.school.mail.wording import PHRASES, TEXTS, spelled, when, worded
from gateway.settings import MailSettings
from tests.shared import ROOT

FACTS = {
    "agreement": "VO-2026-031/1", "vendor": "Leesvlot Uitgevers B.V.", "product": "leesvlot",
    "products": ("leesvlot", "rekenvlot"), "on": date(2027, 7, 31), "results_until": date(2027, 8, 14),
    "ended_on": date(2027, 7, 31), "clause": "art. 13", "backups_on": None, "backups": Phrase.NO_BACKUPS,
    "by": "Bert Smit", "under": "VO-2027-002/1", "subprocessor": "Rekencentrum Zuid", "country": "NL",
    "announced_on": date(2027, 1, 31), "number": "7", "term": Phrase.TERM, "silence": Phrase.SILENCE_GENERAL,
    "answer": Phrase.OBJECTED, "receipt": "12", "what": Phrase.END_PLANNED, "last_day": date(2027, 7, 31),
    "kvk": "76543210",
}  # fmt: skip


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("occasion", Occasion)
def test_every_occasion_has_both_languages_with_the_same_facts_and_somebody_to_tell(
    occasion: Occasion,
) -> None:
    dutch, english = TEXTS["nl"][occasion], TEXTS["en"][occasion]
    assert places(dutch[0] + dutch[1]) == places(english[0] + english[1])
    assert dutch != english
    assert ROLES_OF[occasion]
    assert set(ROLES_OF[occasion]) <= set(MAIL_ROLES)


@pytest.mark.parametrize("phrase", Phrase)
def test_every_phrase_has_both_languages_with_the_same_facts(phrase: Phrase) -> None:
    assert places(PHRASES["nl"][phrase]) == places(PHRASES["en"][phrase])


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("occasion", Occasion)
def test_every_mail_is_filled_and_names_a_command_that_exists(occasion: Occasion, language: str) -> None:
    import click

    from gateway.cli.main import cli

    subject, body = worded(occasion, FACTS, language=language, board="Stichting X", today=date(2027, 7, 1))
    assert "{" not in subject + body
    assert "\n" not in subject
    commands = re.findall(r"^ {4}schuilnaam ([a-z-]+) ([a-z-]+)", body, flags=re.MULTILINE)
    assert commands
    for group_name, name in commands:
        group = cli.commands[group_name]
        assert isinstance(group, click.Group)
        options = {option for each in group.commands[name].params for option in each.opts}
        used = re.findall(rf"schuilnaam {group_name} {name}.*", body)
        assert {option for line in used for option in re.findall(r"--[a-z-]+|-o\b", line)} <= options


def test_days_are_said_as_people_say_them() -> None:
    assert [when(days, "nl") for days in (30, 1, 0, -1, -8)] == [
        "over 30 dagen", "morgen", "vandaag", "gisteren", "8 dagen geleden",
    ]  # fmt: skip
    assert [when(days, "en") for days in (30, 1, 0, -1, -8)] == [
        "in 30 days", "tomorrow", "today", "yesterday", "8 days ago",
    ]  # fmt: skip
    assert spelled(date(2027, 3, 1), "nl") == "1 maart 2027"
    assert spelled(None, "en") == "unknown"


def test_missing_fact_is_a_mistake_and_not_an_empty_place() -> None:
    with pytest.raises(KeyError):
        worded(Occasion.VENDOR_STOPPED, {"vendor": "x"}, language="nl", board="b")


def test_role_of_a_newer_program_has_no_address() -> None:
    settings = MailSettings(host="h", sender="a@b.example", approver=("c@d.example", "c@d.example"))
    assert addresses_of(settings, ("approver", "auditor_of_2030")) == ("c@d.example",)


def test_only_one_module_speaks_smtp() -> None:
    speaking = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "gateway").rglob("*.py")
        if re.search(r"^\s*(import|from) smtplib", path.read_text(), flags=re.MULTILINE)
    ]
    assert speaking == ["gateway/school/mail/smtp.py"]
