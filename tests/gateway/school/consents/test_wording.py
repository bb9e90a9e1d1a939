"""The text with which consent is asked: what it must tell (sentence 10 of the seed page), in words that people read."""

from __future__ import annotations

import re
from typing import Any

import pytest

from contracts.consent_texts import Told, told_by
from contracts.fields import FIELDS, FieldNature
from contracts.vocabulary import Form
from gateway.school.consents import words
from gateway.school.consents.printing import printed
from gateway.school.consents.rows import RegisteredText
from gateway.school.consents.wording import consent_text, text_sha256, told_lines
from gateway.school.consents.words import LANGUAGES, Language, purpose_words
from tests.contracts.records import agreement

languages = pytest.mark.parametrize("language", LANGUAGES)


def told(*, pupils_of_16: bool = True, **bent: Any) -> Told:
    return told_by(agreement(**bent), "leesvlot", pupils_of_16=pupils_of_16)


def page(language: Language, **bent: Any) -> str:
    content = consent_text(told(**bent), language, version=3)
    return printed(
        RegisteredText(
            product="leesvlot",
            version=3,
            language=language,
            sha256=text_sha256(content),
            content=content,
            told=told(**bent),
            agreement_id="VO-1",
            agreement_version=1,
            registered_at_ms=0,
        )
    )


def test_every_field_that_can_leave_has_words_in_both_languages() -> None:
    can_leave = {name for name, field in FIELDS.items() if field.nature is FieldNature.ORDINARY}
    assert can_leave <= words.FIELDS.keys()
    assert set(words.FORMS) == set(Form)
    for each in (*words.FIELDS.values(), *words.FORMS.values(), *words.PURPOSES.values()):
        assert each.nl.strip()
        assert each.en.strip()


@languages
def test_sentence_10_the_text_tells_what_why_to_whom_how_long_and_how_to_withdraw(language: Language) -> None:
    text = "\n".join(told_lines(told(), language))
    record = agreement()
    for word in (
        record.controller.name, record.controller.fg_contact, record.processor.name, record.processor.kvk,
        "Leesvlot", "Rekencentrum Noord B.V.", "NL, NO", "20",
        *(purpose_words(purpose, language) for purpose in record.products[0].purposes),
    ):  # fmt: skip
        assert word in text, word
    must = {
        "nl": (
            "nee zeggen", "verandert er verder niets", "Vult u niets in? Dan is het antwoord nee",
            "Toestemming intrekken", "Dat mag altijd", "16 jaar of ouder", "een van hen nee", "schuilnaam",
        ),
        "en": (
            "say no", "nothing else changes", "Do you fill in nothing? Then the answer is no",
            "Withdrawing consent", "always do that", "16 or older", "one of them say no", "assumed name",
        ),
    }  # fmt: skip
    for word in must[language]:
        assert word in text, word


@languages
def test_each_purpose_is_answered_apart(language: Language) -> None:
    questions = [line for line in told_lines(told(), language) if line.startswith("? ")]
    assert questions == [f"? {purpose_words(each, language)}" for each in told().terms.purposes]
    assert page(language).count('class="answer"') == len(questions)


@languages
def test_every_field_about_pupils_is_told_with_its_form_and_none_about_others(language: Language) -> None:
    items = [line for line in told_lines(told(), language) if line.startswith("- ")]
    name, mail = {"nl": ("voornaam", "e-mailadres"), "en": ("first name", "e-mail address")}[language]
    assert [item for item in items if item.startswith(f"- {name}")] == [
        f"- {name}: {words.FORMS[Form.ALIAS].of(language)}"
    ]
    # Only of teachers in this agreement.
    assert not any(mail in item for item in items)
    birth = words.FIELDS["demographics.birthDate"].of(language)
    assert f"- {birth}: {words.FORMS[Form.GENERALISED].of(language)}" in items


@languages
def test_a_board_of_primary_schools_does_not_speak_of_pupils_of_16(language: Language) -> None:
    text = "\n".join(told_lines(told(pupils_of_16=False), language))
    assert "16" not in text.replace("016", "")
    assert "de leerling zelf" not in text
    assert "I am the pupil" not in text


@languages
def test_sentences_are_short(language: Language) -> None:
    # Level B1: what is longer than 20 words is two sentences.
    for line in told_lines(told(), language):
        for sentence in re.split(r"(?<=[.?!]) ", line):
            assert len(sentence.split()) <= 20, sentence


def test_two_versions_never_share_a_hash_and_the_page_shows_it() -> None:
    first, second = (consent_text(told(), "nl", version=version) for version in (1, 2))
    assert text_sha256(first) != text_sha256(second)
    assert text_sha256(consent_text(told(), "nl", version=3)) in page("nl")
    assert "3/nl" in page("nl")


def test_more_is_told_where_the_agreement_gives_more() -> None:
    plain = told_lines(told(), "nl")
    ai = told_lines(told(products__0__ai="aanbevelingen"), "nl")
    abroad = told_lines(
        told(
            products__0__storage_countries=["NL", "US"],
            products__0__transfers=[{"country": "US", "mechanism": "SCC"}],
        ),
        "nl",
    )
    assert [line for line in ai if line not in plain] == [
        "Het leermiddel gebruikt kunstmatige intelligentie: aanbevelingen."
    ]
    assert [line for line in abroad if line not in plain] == [
        "De gegevens staan in: NL, US.",
        "- Ook in US, met deze afspraak: SCC",
    ]


@languages
def test_the_page_needs_nothing_from_outside_and_runs_nothing(language: Language) -> None:
    hostile = page(
        language,
        processor__name='<script src="https://x.example/a.js">',
        products__0__name="<img src=x onerror=alert(1)>",
        controller__name="A & B",
    )
    assert "<script" not in hostile
    assert "<img" not in hostile
    assert "&lt;script" in hostile
    assert "A &amp; B" in hostile
    assert not re.search(r"""(src|href|action)\s*=\s*["']""", hostile)
    assert "url(" not in hostile
    assert "@import" not in hostile
    for element in ("main", "ul", "html", "body"):
        assert len(re.findall(rf"<{element}[ >]", hostile)) == hostile.count(f"</{element}>")
