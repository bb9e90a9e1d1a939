"""The order to rename and wipe that goes with the list of a switch-over; without names, in Dutch or English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What the order says."""

    number: int
    board: str
    vendor: str
    product: str
    agreement: str
    matched: int
    unmatched: int
    list_sha256: str
    made_on: date
    contact: str


WORDS: Final[Mapping[str, str]] = {
    "nl": """Opdracht tot hernoemen en wissen ({number})

Van:            {board}
Aan:            {vendor}
Product:        {product}
Overeenkomst:   {agreement}
Datum:          {made_on}
Hoort bij:      lijst met SHA-256 {list_sha256}

1. De lijst noemt {matched} van uw accounts bij uw eigen nummer, met het pseudoniem en de alias die u voortaan gebruikt.
   Sla het pseudoniem op als het nummer van de leerling. Vervang voornaam, achternaam, gebruikersnaam en
   e-mailadres door wat in de lijst staat; staat er niets, maak ze dan leeg.
2. Wis van deze accounts alles wat de leerling verder aanwijst: geboortedatum, leerlingnummer, ECK iD, inlognaam bij de
   school, adres, telefoonnummer, foto, en namen in opmerkingen. Resultaten en voortgang blijven.
3. Accounts van deze school die niet in de lijst staan ({unmatched} van de lijst die u ons gaf) verwijdert u, met alles
   wat eraan hangt.
4. Doe hetzelfde in reservekopieën, logboeken en bij uw subverwerkers, binnen de termijnen van de overeenkomst.
5. Bewaar geen lijst waarin oude en nieuwe gegevens naast elkaar staan, ook deze niet: wis haar als u klaar bent.
6. Bevestig schriftelijk aan {contact} dat 1 tot en met 5 gedaan is, met het nummer van deze opdracht.
""",
    "en": """Order to rename and wipe ({number})

From:           {board}
To:             {vendor}
Product:        {product}
Agreement:      {agreement}
Date:           {made_on}
Belongs to:     list with SHA-256 {list_sha256}

1. The list names {matched} of your accounts by your own id, with the pseudonym and the alias that you use from now on.
   Store the pseudonym as the id of the pupil. Replace given name, family name, user name and e-mail address by what the
   list says; where it says nothing, empty them.
2. Wipe from these accounts whatever else points at the pupil: date of birth, pupil number, ECK iD, school login,
   address, telephone number, photograph, and names in comments. Results and progress stay.
3. Accounts of this school that are not in the list ({unmatched} of the list that you gave us) you delete, with all that
   hangs on them.
4. Do the same in backups, logs and at your sub-processors, within the terms of the agreement.
5. Keep no list in which old and new data stand side by side, this one included: wipe it when you are done.
6. Confirm in writing to {contact} that 1 to 5 are done, with the number of this order.
""",
}


def order_text(facts: OrderFacts, language: str) -> str:
    """The order in `nl` or `en`."""
    return WORDS[language].format(
        number=facts.number,
        board=facts.board,
        vendor=facts.vendor,
        product=facts.product,
        agreement=facts.agreement,
        matched=facts.matched,
        unmatched=facts.unmatched,
        list_sha256=facts.list_sha256,
        made_on=facts.made_on.isoformat(),
        contact=facts.contact,
    )
