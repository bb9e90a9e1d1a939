"""Our errors in Dutch, by their stable code. English is what the error says itself.

A code that is not here is shown in English: better than nothing.
"""

from __future__ import annotations

from typing import Final

from flask_babel import get_locale

DUTCH: Final[dict[str, str]] = {
    "address_not_encrypted": "Het adres moet https zijn: er gaan tokens en gegevens van leerlingen overheen.",
    "address_refused": "Dit adres is niet bruikbaar. Geef https://host[:poort][/pad], zonder gebruikersnaam, vraag of fragment.",
    "agreement_altered": "De overeenkomst in de database is niet wat is vastgelegd. Vergelijk haar met het auditlog en zet een back-up terug.",
    "agreement_ended": "De overeenkomst is geëindigd. Leg een versie met een latere laatste dag vast.",
    "agreement_missing": "Voor dit product geldt geen overeenkomst: er zou niets vertrekken.",
    "agreement_not_active": "De overeenkomst is niet actief.",
    "agreement_not_approved": "De overeenkomst is niet goedgekeurd en niet opgeschort, dus activeren kan niet.",
    "agreement_not_started": "De overeenkomst begint later. Activeer haar op de eerste dag.",
    "agreement_unknown": "Zo'n overeenkomst is niet vastgelegd.",
    "already_approved": "Er is niets goed te keuren.",
    "already_registered": "Dit record is al vastgelegd. Ga met die versie verder.",
    "another_in_force": "Voor dit product geldt al een andere overeenkomst. Beëindig die eerst.",
    "brin_not_of_board": "De overeenkomst noemt een school die niet van het bestuur is. Zet het BRIN in de instellingen, of verbeter het record.",
    "client_unknown": "Deze toegangsgegevens bestaan niet.",
    "date_invalid": "De laatste dag is een datum, zoals 2027-07-31.",
    "draft_limit": "Er zijn al 50 concepten. Gooi weg wat niet nodig is.",
    "draft_too_large": "Het concept is te groot. Leg de producten apart vast.",
    "draft_unknown": "Zo'n concept is er niet. Kijk in uw lijst met concepten.",
    "end_before_start": "De laatste dag ligt voor de eerste. Geef een andere dag.",
    "end_later": "De overeenkomst eindigt al eerder. Een langere looptijd is een nieuwe versie die goedkeuring vraagt.",
    "file_too_large": "Het bestand is te groot. Geef een kleiner bestand.",
    "finding_unknown": "Deze overeenkomst heeft die bevinding niet.",
    "findings_open": "Er zijn bevindingen die niemand heeft aanvaard. Aanvaard elk met een reden, of verbeter ze in een nieuwe versie.",
    "format_unknown": "Een record is YAML of JSON.",
    "four_eyes": "Wie de overeenkomst vastlegde, kan haar niet goedkeuren. Een ander keurt haar goed.",
    "identifier_too_long": "Het schoolsysteem gebruikt nummers die langer zijn dan een pseudoniem kan dragen.",
    "invitation_ended": "Deze uitnodiging is gebruikt of te oud. Vraag de applicatiebeheerder om een nieuwe.",
    "leaflet_unanswered": "Elk verschil wordt aanvaard of geweigerd.",
    "leaflet_unknown": "Zo'n bijsluiter is niet ingelezen. Lees hem opnieuw in.",
    "made_up_invalid": "Een verzonnen persoon is een leerling, leraar of ouder van een school van het bestuur, 0 tot 25 jaar oud, met een leerjaar en een groep van hooguit 60 tekens.",
    "oidc_answer_refused": "Het antwoord van de identiteitsprovider is niet te vertrouwen. Meld u nog een keer aan; blijft het zo, dan kijkt de applicatiebeheerder naar de instellingen aan beide kanten.",
    "oidc_discovery": "De beschrijving van de identiteitsprovider ontbreekt of spreekt namens een ander. Stel oidc_issuer in op precies de naam die hij zelf gebruikt.",
    "oidc_groups_overage": "U zit in zoveel groepen dat de identiteitsprovider ze niet noemt. De applicatiebeheerder koppelt app-rollen, of stelt oidc_groups_url in.",
    "oidc_no_name": "De identiteitsprovider geeft geen naam voor u. De applicatiebeheerder stelt een andere claim in.",
    "oidc_no_role": "De identiteitsprovider geeft u hier geen rol. De applicatiebeheerder koppelt een groep of app-rol aan een rol.",
    "oidc_question_unknown": "Het aanmelden duurde te lang of is in een andere browser begonnen. Meld u opnieuw aan.",
    "oidc_refused": "De identiteitsprovider heeft u niet aangemeld. Probeer het opnieuw of vraag de beheerder ervan.",
    "oidc_unreachable": "De identiteitsprovider antwoordt niet. Probeer het over een minuut opnieuw, of meld u aan met een account van deze gateway.",
    "organisation_unknown": "De bron levert deze organisatie niet.",
    "own_roles": "Niemand wijzigt de eigen rollen. Vraag een andere applicatiebeheerder.",
    "password_length": "Een wachtwoord heeft 12 tot 200 tekens. Een zin is goed te onthouden.",
    "password_weak": "Dit wachtwoord is makkelijk te raden. Kies een eigen zin.",
    "product_invalid": "Een product is een korte naam van letters, cijfers en streepjes.",
    "product_known": "Alle producten van dit record zijn al bekend.",
    "product_of_other_recipient": "Dit product hoort bij een andere ontvanger. Geef het een andere korte naam.",
    "product_relation": "Deze ontvanger heeft al producten. Zeg of dit product nieuw is of een ander voortzet.",
    "product_unknown": "Alleen een product van dezelfde ontvanger kan worden voortgezet.",
    "pupil_invalid": "Een persoon wordt gezocht met het nummer in het schoolsysteem.",
    "pupil_unknown": "Het schoolsysteem heeft niemand met dit nummer.",
    "reason_missing": "Dit vraagt een reden: zeg waarom, in hooguit 500 tekens.",
    "register_unwritable": "Het register kan niet worden geschreven, dus er gebeurt niets wat erin moet staan.",
    "ring_locked": "De sleutelring is vergrendeld.",
    "source_exists": "Er is al een bron met deze naam en een ander geheim. Kies een andere naam.",
    "source_moving": "Het schoolsysteem verandert terwijl het wordt gelezen. Probeer het op een rustig moment.",
    "source_refused": "Het schoolsysteem weigert een vraag. Kijk naar het adres en de versie van de bron, en wat zij ons laat lezen.",
    "source_timeout": "Het schoolsysteem antwoordt niet op tijd.",
    "source_tls": "Het certificaat van het schoolsysteem klopt niet.",
    "source_unauthorised": "Het schoolsysteem weigert onze toegangsgegevens. Kijk naar client-id en geheim.",
    "source_unknown": "Deze bron bestaat niet.",
    "source_unreachable": "Het schoolsysteem is niet bereikbaar. Kijk naar adres en netwerk.",
    "staff_account_closed": "Dit account is gesloten.",
    "staff_display_name_invalid": "Een naam heeft 1 tot 200 tekens.",
    "staff_name_invalid": "Een aanmeldnaam heeft 2 tot 120 tekens: letters, cijfers en . _ @ + -. Neem het e-mailadres of de accountnaam van school.",
    "staff_name_taken": "Een ander account heeft deze naam. Neem een andere, of sluit het andere account.",
    "staff_role_missing": "Een account heeft minstens één rol nodig.",
    "staff_role_unknown": "Deze rol bestaat niet.",
    "staff_unknown": "Er is geen open account met deze naam.",
    "standard_unknown": "Deze standaard is niet bekend.",
    "totp_wrong": "De code hoort niet bij deze sleutel. Kijk of de klok van uw telefoon goed staat en geef de nieuwste code.",
    "vendor_stopped": "Het bestuur heeft deze leverancier gestopt: er vertrekt niets.",
}


def told(error: Exception) -> str:
    """What an error says to the person who reads the page."""
    code = getattr(error, "code", "")
    if str(get_locale()) == "nl" and code in DUTCH:
        return DUTCH[code]
    return f"{error} {getattr(error, 'remedy', '')}".strip()
