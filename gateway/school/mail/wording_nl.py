"""What mails say in Dutch: subject and body per occasion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contracts.calendar import Occasion
from gateway.school.mail.phrases import Phrase

TEXTS: Final[Mapping[Occasion, tuple[str, str]]] = {
    Occasion.AGREEMENT_ENDS: (
        "Overeenkomst {agreement} met {vendor} loopt {when} af",
        "De laatste dag van verwerkersovereenkomst {agreement} met {vendor} is {on} "
        "({when}).\nProducten: {products}.\n\n"
        "Daarna krijgt {vendor} niets meer. Resultaten worden aangenomen tot en met {results_until}; "
        "daarna niet meer. De verwijdertermijn gaat vanzelf lopen.\n\n"
        "Doorgaan kan met een nieuwe versie of een nieuwe overeenkomst, die iemand anders "
        "goedkeurt.\n\n"
        "    schuilnaam agreement show {agreement}",
    ),
    Occasion.AGREEMENT_REVIEW: (
        "Overeenkomst {agreement} met {vendor}: evaluatie {when}",
        "Verwerkersovereenkomst {agreement} met {vendor} wordt uiterlijk op {on} geëvalueerd "
        "({when}).\nProducten: {products}.\n\n"
        "Er verandert niets vanzelf. Leg de uitkomst vast met een nieuwe versie met een nieuwe "
        "datum.\n\n"
        "    schuilnaam agreement show {agreement}",
    ),
    Occasion.DELETION_DUE: (
        "{vendor} moet {when} de gegevens van {product} hebben verwijderd",
        "Overeenkomst {agreement} is op {ended_on} geëindigd. {vendor} moet uiterlijk op {on} alle "
        "gegevens van {product} hebben verwijderd ({when}; {clause}){backups}.\n\n"
        "Vraag om de schriftelijke bevestiging en leg die vast:\n\n"
        "    schuilnaam deletion confirm {agreement} {product} --document BESTAND --by NAAM",
    ),
    Occasion.DELETION_OVERDUE: (
        "TE LAAT: {vendor} heeft de verwijdering van {product} niet bevestigd",
        "{vendor} moest uiterlijk op {on} alle gegevens van {product} hebben verwijderd ({clause} van "
        "overeenkomst {agreement}; {when}). Er is geen schriftelijke bevestiging vastgelegd.\n\n"
        "Maan {vendor} aan. Is de bevestiging er wel, leg haar dan vast:\n\n"
        "    schuilnaam deletion confirm {agreement} {product} --document BESTAND --by NAAM",
    ),
    Occasion.OBJECTION_TERM: (
        "Bezwaar tegen subverwerker {subprocessor} kan tot en met {on}",
        "{vendor} kondigde op {announced_on} subverwerker {subprocessor} ({country}) aan. Bezwaar "
        "maken kan tot en met {on} ({when}; {clause} van overeenkomst {agreement}). {silence}\n\n"
        "    schuilnaam subprocessor object {number} --reason WAAROM --by NAAM\n    schuilnaam "
        "subprocessor accept {number} --by NAAM",
    ),
    Occasion.SHREDDING_PROPOSED: (
        "De pseudoniemen van {product} kunnen worden vernietigd",
        "Bij het einde van overeenkomst {agreement} met {vendor} is gekozen om de pseudoniemen van "
        "{product} vanaf {on} te vernietigen. Dat gebeurt niet vanzelf, omdat het niet ongedaan te "
        "maken is: daarna is niets wat {vendor} nog heeft of stuurt aan een leerling te koppelen.\n\n"
        "    schuilnaam key destroy {product}\n    schuilnaam agreement shredding {agreement} "
        "--keep-pseudonyms --by NAAM     (toch bewaren)",
    ),
    Occasion.RECEIPT: (
        "Bewijs {receipt}: {what}",
        "{what}.\n\n"
        "Het bewijs is bijgevoegd: wie, welke gegevens in welke vorm, waarom, volgens welk artikel. "
        "Het staat ook in het register:\n\n"
        "    schuilnaam receipt show {receipt} -o BESTAND.html",
    ),
    Occasion.DELETION_CONFIRMED: (
        "{vendor} heeft de verwijdering van {product} bevestigd",
        "De schriftelijke bevestiging van {vendor} dat de gegevens van {product} zijn verwijderd "
        "(overeenkomst {agreement}) is vastgelegd door {by}.\n\n"
        "    schuilnaam deletion list",
    ),
    Occasion.DELETION_CONTINUED: (
        "De verwijdertermijn van {product} loopt niet door",
        "{product} van {vendor} gaat verder onder overeenkomst {under}. De verwijdertermijn van "
        "overeenkomst {agreement} is daarom gestopt.\n\n"
        "    schuilnaam deletion list",
    ),
    Occasion.SUBPROCESSOR_ANNOUNCED: (
        "{vendor} kondigt subverwerker {subprocessor} aan",
        "{vendor} kondigde op {announced_on} aan dat {subprocessor} ({country}) gegevens gaat verwerken onder "
        "overeenkomst {agreement}. {term} {silence}\n\n"
        "    schuilnaam subprocessor object {number} --reason WAAROM --by NAAM\n"
        "    schuilnaam subprocessor accept {number} --by NAAM",
    ),
    Occasion.SUBPROCESSOR_ANSWERED: (
        "Subverwerker {subprocessor} van {vendor}: {answer}",
        "Over subverwerker {subprocessor} van {vendor} (overeenkomst {agreement}) is vastgelegd door "
        "{by}: {answer}. Deel het {vendor} schriftelijk mee; de reden staat in het logboek.\n\n"
        "    schuilnaam subprocessor list",
    ),
    Occasion.VENDOR_STOPPED: (
        "{vendor} is stilgezet",
        "Alle verkeer met {vendor} is stilgezet door {by}: {products}. Er gaat niets meer uit en er "
        "komt niets meer in, wat de overeenkomsten ook zeggen. De reden staat in het logboek.\n\n"
        "    schuilnaam vendor list\n    schuilnaam vendor resume {kvk} --by NAAM --reason WAAROM",
    ),
    Occasion.VENDOR_RESUMED: (
        "{vendor} is niet langer stilgezet",
        "Het verkeer met {vendor} is hervat door {by}: {products}. De overeenkomsten bepalen weer wat "
        "mag.\n\n"
        "    schuilnaam vendor list",
    ),
}

PHRASES: Final[Mapping[Phrase, str]] = {
    Phrase.TERM: "Bezwaar maken kan tot en met {on} ({clause}).",
    Phrase.NO_TERM: "De overeenkomst noemt geen termijn voor bezwaar ({clause}); antwoord zonder uitstel.",
    Phrase.SILENCE_GENERAL: "Zonder bezwaar mag {vendor} daarna zijn gang gaan.",
    Phrase.SILENCE_SPECIFIC: "Zonder uw toestemming vooraf mag het niet; zwijgen is geen toestemming.",
    Phrase.BACKUPS: ", reservekopieën uiterlijk op {backups_on}",
    Phrase.NO_BACKUPS: "",
    Phrase.OBJECTED: "bezwaar",
    Phrase.OBJECTED_LATE: "bezwaar, na de termijn",
    Phrase.ACCEPTED: "akkoord",
    Phrase.ACTIVATED: "Overeenkomst {agreement} met {vendor} is in werking",
    Phrase.CHANGED: "Overeenkomst {agreement} met {vendor} is gewijzigd",
    Phrase.SUSPENDED: "Overeenkomst {agreement} met {vendor} is opgeschort",
    Phrase.RESUMED: "Overeenkomst {agreement} met {vendor} is hervat",
    Phrase.END_PLANNED: "Overeenkomst {agreement} met {vendor} eindigt op {last_day}",
    Phrase.ENDED: "Overeenkomst {agreement} met {vendor} is geëindigd",
}
"""Parts of sentences that depend on what happened."""
