"""Sentence 22 of the seed page: sometimes a law compels; the list is closed."""

from __future__ import annotations

import pytest

from contracts.legal_exceptions import BY_CODE, CATALOGUE, LegalException, not_listed

STORED = "duo_rod leerplicht inspectie overstap samenwerkingsverband veilig_thuis ggd politie_om"


def test_sentence_22_codes_of_the_catalogue_never_change() -> None:
    # Add new ones at the end; never remove one.
    assert [entry.code for entry in CATALOGUE] == STORED.split()


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.code)
def test_sentence_22_every_entry_names_article_recipient_and_a_closed_list(entry: LegalException) -> None:
    assert entry.article
    assert entry.recipient
    assert entry.fields
    assert len(set(entry.fields)) == len(entry.fields)
    assert not_listed(entry, entry.fields) == ()
    assert not_listed(entry, ["naam", "lievelingskleur", "lievelingskleur"]) == ("lievelingskleur",)


def test_sentence_22_the_municipal_health_service_is_not_automatic_and_gets_no_national_number() -> None:
    ggd = BY_CODE["ggd"]
    assert not ggd.automatic
    assert not_listed(ggd, ["persoonsgebonden_nummer", "signalen"]) == ("persoonsgebonden_nummer", "signalen")


def test_sentence_22_the_national_number_goes_to_the_register_of_pupils_alone() -> None:
    assert [entry.code for entry in CATALOGUE if "persoonsgebonden_nummer" in entry.fields] == ["duo_rod"]


def test_the_digest_tells_what_an_entry_said() -> None:
    assert len({entry.digest for entry in CATALOGUE}) == len(CATALOGUE)
