"""Events of the audit log in the words of people: subject and action of `source:subject:action`.

English is what the name says itself; a word that is not here is shown in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Flask
from flask_babel import get_locale

DUTCH_SUBJECTS: Final[Mapping[str, str]] = {
    "agreement": "overeenkomst",
    "alias_style": "soort schuilnaam",
    "backup": "back-up",
    "board": "bestuur",
    "client": "toegangsgegevens",
    "clock": "klok",
    "consent": "toestemming",
    "consent_text": "toestemmingstekst",
    "database": "database",
    "dead_letter": "onbestelbaar resultaat",
    "deletion": "verwijdering",
    "deletion_request": "verzoek om verwijdering",
    "disclosure": "verstrekking",
    "export": "exportbestand",
    "generation": "stand van de gegevens",
    "holdings": "klaargezette gegevens",
    "key": "sleutel",
    "layout": "indeling van een bestand",
    "leaflet": "privacybijsluiter",
    "leak": "mogelijk lek",
    "legal_delivery": "levering volgens de wet",
    "mail": "bericht",
    "objection": "bezwaar",
    "page": "pagina",
    "receipt": "bewijs",
    "refresh": "verversing",
    "register": "register",
    "regulation": "privacyreglement",
    "request": "verzoek van een leverancier",
    "result": "resultaat",
    "results": "resultaten",
    "ring": "sleutelring",
    "school_year": "schooljaar",
    "shredding": "vernietigen van pseudoniemen",
    "source": "bron",
    "staff": "account",
    "subprocessor": "subverwerker",
    "switchover": "overstap",
    "token": "token",
    "vendor": "leverancier",
    "yearly_check": "jaarlijkse controle",
}
DUTCH_ACTIONS: Final[Mapping[str, str]] = {
    "accepted": "aanvaard",
    "activated": "geactiveerd",
    "added": "toegevoegd",
    "advised": "advies gegeven",
    "announced": "aangekondigd",
    "answered": "beantwoord",
    "approved": "goedgekeurd",
    "asked": "gevraagd",
    "backed_up": "veiliggesteld",
    "changed": "gewijzigd",
    "checked": "geprobeerd",
    "checkpointed": "controlepunt gemaakt",
    "chosen": "gekozen",
    "closed": "gesloten",
    "compiled": "doorgegeven aan de deur",
    "confirmed": "bevestigd",
    "continued": "loopt door",
    "created": "gemaakt",
    "credentials_set": "aanmeldgegevens gekozen",
    "dead_lettered": "onbestelbaar",
    "delivered": "afgeleverd",
    "destroyed": "vernietigd",
    "drafted": "opgesteld",
    "dropped": "vervallen",
    "end_planned": "einde vastgelegd",
    "ended": "geëindigd",
    "enforcement_chosen": "gekozen of het blokkeert",
    "exceeded": "overschreden",
    "expired": "verlopen",
    "failed": "mislukt",
    "finding_accepted": "bevinding aanvaard",
    "finished": "klaar",
    "found_altered": "gewijzigd aangetroffen",
    "found_overdue": "te laat bevonden",
    "given": "gegeven",
    "held_back": "tegengehouden",
    "imported": "ingelezen",
    "invited": "uitgenodigd",
    "issued": "uitgegeven",
    "kept": "bewaard",
    "lifted": "opgeheven",
    "locked": "geblokkeerd",
    "made": "gemaakt",
    "narrowed": "versmald",
    "not_sent": "niet verzonden",
    "noted": "vastgelegd",
    "objected": "bezwaar gemaakt",
    "passkey_added": "passkey toegevoegd",
    "passkey_removed": "passkey verwijderd",
    "passphrase_changed": "wachtzin gewijzigd",
    "planned": "gepland",
    "product_added": "product toegevoegd",
    "proposed": "voorgesteld",
    "published": "gepubliceerd",
    "quarantined": "in quarantaine",
    "read": "ingezien",
    "recorded": "vastgelegd",
    "recovered": "hersteld",
    "recovery_code_used": "herstelcode gebruikt",
    "refused": "geweigerd",
    "registered": "vastgelegd",
    "replaced": "vervangen",
    "requested": "gevraagd",
    "resent": "opnieuw verzonden",
    "restored": "teruggezet",
    "resumed": "hervat",
    "retried": "opnieuw geprobeerd",
    "revoked": "beëindigd",
    "roles_changed": "rollen gewijzigd",
    "schools_mapped": "scholen gekoppeld",
    "sessions_ended": "sessies beëindigd",
    "set_back": "teruggezet",
    "share_confirmed": "deel bevestigd",
    "shares_printed": "delen afgedrukt",
    "sheet_confirmed": "herstelblad bevestigd",
    "sheet_printed": "herstelblad afgedrukt",
    "signed_in": "aangemeld",
    "started": "begonnen",
    "stopped": "stilgezet",
    "suspended": "opgeschort",
    "taken": "ingenomen",
    "tested": "uitgeprobeerd",
    "ticked": "onderdeel afgevinkt",
    "token_issued": "token uitgegeven",
    "token_revoked": "token ingetrokken",
    "unlocked": "ontgrendeld",
    "upgraded": "bijgewerkt",
    "verified": "gecontroleerd",
    "version_added": "versie toegevoegd",
    "version_retired": "versie uitgefaseerd",
    "withdrawn": "ingetrokken",
    "withheld": "achtergehouden",
    "written": "geschreven",
}


def event_text(event: str) -> str:
    """What happened, as `vendor: stopped`; the event itself where it is not of our grammar."""
    _source, _colon, rest = event.partition(":")
    subject, colon, action = rest.partition(":")
    if not colon:
        return event
    if str(get_locale()) == "nl":
        subject, action = DUTCH_SUBJECTS.get(subject, subject), DUTCH_ACTIONS.get(action, action)
    return f"{subject}: {action}".replace("_", " ")


def install(app: Flask) -> None:
    """Give the words to templates."""
    app.jinja_env.globals["event_text"] = event_text
