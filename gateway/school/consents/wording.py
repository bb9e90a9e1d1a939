"""The text with which consent is asked, in plain Dutch and English (level B1), as lines that can be printed.

It tells what, why, to whom and how long, that a no changes nothing, and how to withdraw (GDPR art. 7, 13). Its SHA-256
is over these lines, not over the page that shows them: a page may be laid out anew, the text may not change.

Lines begin with a mark: `# ` and `## ` for headings, `- ` for an item of a list, `? ` for a purpose to answer with yes
or no, `o ` for one to tick, `_ ` for something to fill in; a line without one is a paragraph.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Final

from contracts.agreements import DataEntry
from contracts.consent_texts import Told
from contracts.vocabulary import Direction, IdentifierScope, RecipientRole, SubjectCategory
from gateway.school.consents.words import FORMS, Language, Words, field_words, purpose_words


def consent_text(told: Told, language: Language, *, version: int) -> str:
    """The whole text about one product. Its number is part of it, so that two versions never share a hash."""
    return "\n".join((*told_lines(told, language), _NUMBERED.of(language).format(version=version)))


def told_lines(told: Told, language: Language) -> tuple[str, ...]:
    """The text without its number: equal where people read the same."""
    return tuple(_WRITERS[language](told))


def text_sha256(text: str) -> str:
    """What stands on the form and in every consent to this text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _dutch(told: Told) -> Iterator[str]:
    name, recipient = told.terms.name, told.recipient
    yield f"# Mogen wij gegevens delen met {name}?"
    yield f"{told.board} vraagt toestemming. Lees dit eerst. Hebt u een vraag? Mail naar {told.contact}."
    yield "## Waarvoor vragen wij toestemming?"
    yield "Kies bij elk doel ja of nee. Elk doel mag een ander antwoord hebben."
    for purpose in told.terms.purposes:
        yield f"? {purpose_words(purpose, 'nl')}"
    yield "## Welke gegevens?"
    yield "De echte naam van de leerling gaat alleen mee als dat hieronder staat. Het gaat om:"
    if told.terms.identifier.scope is IdentifierScope.ECKID:
        yield "- het ECK iD van de leerling: een code die ook andere bedrijven kennen"
    else:
        yield "- een code voor de leerling; alleen de school weet wie daarbij hoort"
    yield from _data(told, "nl", "komt terug van", "gaat heen en weer met")
    yield "## Wie krijgt de gegevens?"
    yield f"{recipient}, KvK-nummer {told.recipient_kvk}, land: {told.recipient_country}."
    yield {
        RecipientRole.PROCESSOR: "Dit bedrijf werkt in opdracht van de school. Wij hebben daar een contract over.",
        RecipientRole.JOINT_CONTROLLER: "De school en dit bedrijf zijn samen verantwoordelijk voor de gegevens.",
        RecipientRole.CONTROLLER: "Dit bedrijf is zelf verantwoordelijk voor wat het met de gegevens doet.",
        RecipientRole.BY_LAW: "De wet noemt deze ontvanger.",
    }[told.role]
    if told.used_for is not None:
        yield f"Het bedrijf gebruikt de gegevens hiervoor: {told.used_for}."
    yield from _helpers(told, "Deze bedrijven helpen daarbij:")
    yield f"De gegevens staan in: {', '.join(told.terms.storage_countries)}."
    for transfer in told.terms.transfers:
        yield f"- Ook in {transfer.country}, met deze afspraak: {transfer.mechanism}"
    if told.terms.ai not in (None, "none"):
        yield f"Het leermiddel gebruikt kunstmatige intelligentie: {told.terms.ai}."
    yield "## Hoe lang?"
    yield (
        f"Zo lang als de school {name} gebruikt, of tot de toestemming wordt ingetrokken. "
        f"Daarna moet {recipient} de gegevens binnen {told.delete_within_days} dagen wissen."
    )
    yield "## U mag nee zeggen"
    yield "Zegt u nee? Dan verandert er verder niets. De leerling doet gewoon mee met de lessen."
    yield "Vult u niets in? Dan is het antwoord nee."
    yield "## Toestemming intrekken"
    yield f"Dat mag altijd. U hoeft niet te zeggen waarom. Zeg het op school of mail naar {told.contact}."
    yield (
        f"Vanaf dat moment krijgt {recipient} niets meer over de leerling. "
        f"Wij vragen {recipient} dan ook om de gegevens te wissen. Wat eerder is gebeurd, blijft toegestaan."
    )
    yield "## Wie vult dit in?"
    if told.pupils_of_16:
        yield "- Is de leerling 16 jaar of ouder? Dan vult de leerling dit zelf in. Ouders kunnen dat dan niet doen."
        yield "- Is de leerling jonger dan 16? Dan vult een ouder of voogd met gezag dit in."
        yield (
            "- Wordt de leerling 16? Dan blijft de toestemming gelden. Wij vragen de leerling om het zelf te "
            "bevestigen."
        )
    else:
        yield "- Een ouder of voogd met gezag vult dit in."
    yield "- Zijn er twee ouders met gezag, en zegt een van hen nee? Dan is het antwoord nee."
    yield "- De leerling mag zelf ook altijd nee zeggen."
    yield "## Handtekening"
    yield "_ Naam en groep van de leerling"
    yield "_ Naam van wie dit invult"
    for who in ("de leerling zelf", "ouder of voogd 1", "ouder of voogd 2"):
        if told.pupils_of_16 or who != "de leerling zelf":
            yield f"o Ik ben {who}"
    yield "_ Datum"
    yield "_ Handtekening"


def _english(told: Told) -> Iterator[str]:
    name, recipient = told.terms.name, told.recipient
    yield f"# May we share data with {name}?"
    yield f"{told.board} asks for consent. Please read this first. Any questions? Write to {told.contact}."
    yield "## What do we ask consent for?"
    yield "Choose yes or no for each purpose. Each purpose may have another answer."
    for purpose in told.terms.purposes:
        yield f"? {purpose_words(purpose, 'en')}"
    yield "## Which data?"
    yield "The pupil's real name goes along only if it says so below. It is about:"
    if told.terms.identifier.scope is IdentifierScope.ECKID:
        yield "- the pupil's ECK iD: a code that other companies know too"
    else:
        yield "- a code for the pupil; only the school knows who it stands for"
    yield from _data(told, "en", "comes back from", "goes back and forth with")
    yield "## Who gets the data?"
    yield f"{recipient}, chamber of commerce number {told.recipient_kvk}, country: {told.recipient_country}."
    yield {
        RecipientRole.PROCESSOR: "This company works for the school. We have a contract about it.",
        RecipientRole.JOINT_CONTROLLER: "The school and this company are responsible for the data together.",
        RecipientRole.CONTROLLER: "This company itself is responsible for what it does with the data.",
        RecipientRole.BY_LAW: "The law names this recipient.",
    }[told.role]
    if told.used_for is not None:
        yield f"The company uses the data for this: {told.used_for}."
    yield from _helpers(told, "These companies help with it:")
    yield f"The data is kept in: {', '.join(told.terms.storage_countries)}."
    for transfer in told.terms.transfers:
        yield f"- In {transfer.country} too, with this arrangement: {transfer.mechanism}"
    if told.terms.ai not in (None, "none"):
        yield f"The learning material uses artificial intelligence: {told.terms.ai}."
    yield "## How long?"
    yield (
        f"As long as the school uses {name}, or until consent is withdrawn. "
        f"After that {recipient} must delete the data within {told.delete_within_days} days."
    )
    yield "## You may say no"
    yield "Do you say no? Then nothing else changes. The pupil takes part in the lessons as before."
    yield "Do you fill in nothing? Then the answer is no."
    yield "## Withdrawing consent"
    yield f"You can always do that. You need not say why. Tell the school, or write to {told.contact}."
    yield (
        f"From that moment {recipient} gets nothing more about the pupil. "
        f"We also ask {recipient} to delete the data then. What happened before remains allowed."
    )
    yield "## Who fills this in?"
    if told.pupils_of_16:
        yield "- Is the pupil 16 or older? Then the pupil fills this in. Parents cannot do it then."
        yield "- Is the pupil younger than 16? Then a parent or guardian with authority fills this in."
        yield "- Does the pupil become 16? Then the consent stays valid. We ask the pupil to confirm it."
    else:
        yield "- A parent or guardian with authority fills this in."
    yield "- Are there two parents with authority, and does one of them say no? Then the answer is no."
    yield "- The pupil may always say no too."
    yield "## Signature"
    yield "_ Name and class of the pupil"
    yield "_ Name of who fills this in"
    for who in ("the pupil", "parent or guardian 1", "parent or guardian 2"):
        if told.pupils_of_16 or who != "the pupil":
            yield f"o I am {who}"
    yield "_ Date"
    yield "_ Signature"


_NUMBERED: Final = Words("Dit is tekst {version}.", "This is text {version}.")
_WRITERS: Final[dict[Language, Callable[[Told], Iterator[str]]]] = {"nl": _dutch, "en": _english}


def _data(told: Told, language: Language, back: str, both: str) -> Iterator[str]:
    """Each field about pupils, or about their groups, with the form in which it goes."""
    seen: dict[str, None] = {}
    for entry in told.terms.data:
        if entry.subjects is not None and SubjectCategory.PUPIL not in entry.subjects:
            continue
        for field in entry.fields:
            seen[_line(entry, field, told, language, back, both)] = None
    yield from seen


def _line(entry: DataEntry, field: str, told: Told, language: Language, back: str, both: str) -> str:
    way = {Direction.OUT: "", Direction.BACK: f" ({back} {told.recipient})"}
    how = way.get(entry.direction, f" ({both} {told.recipient})")
    return f"- {field_words(field, language)}: {FORMS[entry.form].of(language)}{how}"


def _helpers(told: Told, heading: str) -> Iterator[str]:
    if told.terms.subprocessors:
        yield heading
    for each in told.terms.subprocessors:
        yield f"- {each.name} ({each.country}): {each.service}"
