"""Recipients to whom a school gives data about one pupil because a law says so, or allows it: a closed catalogue.

These deliveries do not go through the vendors' door and ask no consent; the school's system makes them. They are noted
here so that the register of disclosures is whole (GDPR art. 5(2), 15(1)(c), 30). What is not in the catalogue has no
legal exception, and a field that an entry does not list may not be noted under it.

The catalogue is no legal advice: it holds what is usually cited, and the board's privacy officer checks it.

Compatibility: codes and names of fields stand in the register for ever; they never change and are never used again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contracts import canonical


@dataclass(frozen=True, slots=True)
class LegalException:
    """One recipient by law, and the closed list of what it may get about a pupil."""

    code: str
    recipient: str
    article: str
    fields: tuple[str, ...]
    """In Dutch, as the school's system calls them. Never the national number, unless the law names it."""
    automatic: bool = True
    """False: no law obliges; the school weighs each delivery and writes the reason down."""
    note: str = ""

    @property
    def digest(self) -> str:
        """Of what the entry said when a delivery was noted under it."""
        return canonical.digest(canonical.to_bytes(self))


_IDENTITY: Final = ("naam", "geboortedatum", "geslacht")
_ADDRESS: Final = ("adres", "postcode", "woonplaats")

CATALOGUE: Final[tuple[LegalException, ...]] = (
    LegalException(
        "duo_rod",
        "DUO, register onderwijsdeelnemers",
        "Wet register onderwijsdeelnemers",
        (
            "persoonsgebonden_nummer",
            *_IDENTITY,
            *_ADDRESS,
            "inschrijving",
            "uitschrijving",
            "leerjaar",
            "diploma",
        ),
        note="The national number may go here, and here only.",
    ),
    LegalException(
        "leerplicht",
        "Leerplichtambtenaar or RMC of the municipality",
        "Leerplichtwet 1969, art. 18 and 21a",
        (*_IDENTITY, *_ADDRESS, "telefoon", "ouders_voogd", "inschrijving", "uitschrijving", "verzuim"),
        note="No account in the school's system; only what the law lists.",
    ),
    LegalException(
        "inspectie",
        "Inspectie van het Onderwijs",
        "Wet op het onderwijstoezicht; Algemene wet bestuursrecht, art. 5:20",
        (*_IDENTITY, "leerjaar", "groep", "verzuim", "leerresultaten", "ondersteuning"),
        note="On request, as far as the inspection needs it.",
    ),
    LegalException(
        "overstap",
        "The pupil's next school",
        "Wet op het primair onderwijs, art. 42; Wet voortgezet onderwijs 2020",
        (
            *_IDENTITY,
            *_ADDRESS,
            "ouders_voogd",
            "leerjaar",
            "leerresultaten",
            "ondersteuning",
            "schooladvies",
        ),
        note="Parents may see the file first.",
    ),
    LegalException(
        "samenwerkingsverband",
        "Samenwerkingsverband passend onderwijs",
        "Wet op het primair onderwijs, art. 18a(13); Wet voortgezet onderwijs 2020",
        (*_IDENTITY, "leerjaar", "leerresultaten", "ondersteuning", "gezondheid"),
        note="Health data is kept there for three years.",
    ),
    LegalException(
        "veilig_thuis",
        "Veilig Thuis",
        "Wet maatschappelijke ondersteuning 2015, art. 5.2.6; meldcode",
        (*_IDENTITY, *_ADDRESS, "telefoon", "ouders_voogd", "verzuim", "signalen"),
        automatic=False,
        note="Only for its investigation or by the steps of the reporting code; note the step, and tell the parents.",
    ),
    LegalException(
        "ggd",
        "GGD, jeugdgezondheidszorg",
        "No legal duty (Wet publieke gezondheid, art. 5, is the municipality's)",
        ("naam", "geboortedatum", "brin", "onderwijssoort", "datum_inschrijving", "groep"),
        automatic=False,
        note="On the public interest, weighed each time; never the national number; lists of signals need consent.",
    ),
    LegalException(
        "politie_om",
        "Police or public prosecutor",
        "Wetboek van Strafvordering, art. 126nd",
        (*_IDENTITY, *_ADDRESS, "telefoon", "ouders_voogd", "verzuim"),
        automatic=False,
        note="Only on a formal demand; note its number.",
    ),
)
"""Everything there is; see the module's docstring."""

BY_CODE: Final = {entry.code: entry for entry in CATALOGUE}


def not_listed(entry: LegalException, fields: Sequence[str]) -> tuple[str, ...]:
    """The fields that may not be noted under this entry, in order."""
    return tuple(field for field in dict.fromkeys(fields) if field not in entry.fields)
