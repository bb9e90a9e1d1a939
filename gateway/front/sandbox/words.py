"""What the page of the sandbox says, in Dutch and English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from gateway.connections.sandbox_presses import Happening, PressState
from gateway.inbox.tables import State

Language = Literal["nl", "en"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Every sentence of the page; `{}` stands for a value that is ours, never a caller's."""

    title: str
    other_language: str
    intro: tuple[str, ...]
    resets: str
    start_title: str
    start_text: str
    basis: str
    on_task: str
    on_consent: str
    start: str
    known_title: str
    client_id: str
    client_secret: str
    show: str
    place_title: str
    shown_once: str
    base: str
    token_url: str
    first_lines: str
    buttons_title: str
    buttons_text: str
    happenings: dict[Happening, tuple[str, str]]
    """Label of the button, and what a vendor then sees."""
    look: str
    latest_title: str
    nothing_yet: str
    what: str
    when: str
    state: str
    states: dict[PressState, str]
    arrived_title: str
    arrived_text: str
    count: str
    letters: dict[State, str]
    script_title: str
    script_text: str
    errors: dict[str, str]
    other_error: str


_H, _P, _S = Happening, PressState, State

EN: Final = Words(
    title="Sandbox for vendors",
    other_language="Nederlands",
    intro=(
        "Build against this gateway before any school has signed. The pupils, teachers and schools here are made up; "
        "everything else is real: tokens, agreements, refusals, changes, limits and results go through the same "
        "program as with a school.",
        "Nothing of a real school can be reached from here, and what you get here opens nothing there. "
        "Do not send data of real people.",
    ),
    resets="Everything here is thrown away and made anew on {}, or earlier when it gets too full. "
    "Then take a new place.",
    start_title="Take a place",
    start_text="You get a made-up vendor with a product, a processor agreement in force, and a client of your own.",
    basis="What the product rests on",
    on_task="the school's task: everybody of the group is in it",
    on_consent="consent: only who gave it is in it (here everybody did)",
    start="Take a place",
    known_title="I have a client already",
    client_id="Client ID",
    client_secret="Client secret",
    show="Show my place",
    place_title="Your place",
    shown_once="The secret is shown on this page only: copy it now. We keep no more than its hash.",
    base="Base address",
    token_url="Address for tokens",
    first_lines="First lines",
    buttons_title="Let something happen",
    buttons_text="Each of these will happen to your product one day. Press, and pull again.",
    happenings={
        _H.AGREEMENT_BEGINS: (
            "An agreement begins",
            "After an agreement ended: a new one is in force, and the pseudonyms are the same.",
        ),
        # As a place is taken; it is no button.
        _H.AGREEMENT_ON_CONSENT_BEGINS: ("An agreement on consent begins", ""),
        _H.AGREEMENT_ENDS: (
            "The agreement ends",
            "Every pull is refused with 403 agreement_ended; results may still be returned for 30 days.",
        ),
        _H.FIELD_LOST: (
            "A field is lost",
            "A new version of the agreement gives no year of birth any more: it is absent, and a delta shows who changed.",
        ),
        _H.PSEUDONYMS_CHANGE: (
            "All pseudonyms change",
            "The school renews its key: a delta shows a tombstone for every old id, and everybody under a new one. "
            "Results under old ids are still taken.",
        ),
        _H.PUPIL_LEAVES_OUT: (
            "One pupil is left out",
            "Consent is withdrawn, or parents object. You cannot tell which: a delta shows a tombstone.",
        ),
        _H.NEW_SCHOOL_YEAR: (
            "A new school year",
            "Leavers, newcomers and new groups. It happens for everybody who builds here now, and is a lot at once.",
        ),
        _H.VENDOR_STOPPED: (
            "The board stops you",
            "Every request is refused with 403 vendor_stopped from the next one on.",
        ),
        _H.VENDOR_RESUMED: ("The board lifts the stop", "It goes on as before."),
    },
    look="Look again, also for results",
    latest_title="What happened",
    nothing_yet="Nothing yet.",
    what="What",
    when="When",
    state="State",
    states={
        _P.WAITING: "under way: look again in a few seconds",
        _P.DONE: "done",
        _P.REFUSED: "not possible now",
    },
    arrived_title="Results that you returned",
    arrived_text="PUT a category, a line item and a result; here you see whether they arrived in the school's system.",
    count="Records",
    letters={
        _S.RECEIVED: "Taken in",
        _S.CLAIMED: "Being delivered",
        _S.WAITING: "Waiting for something that they refer to, or for the school's system",
        _S.PARKED: "Waiting for one that was refused",
        _S.DELIVERED: "Arrived in the school's system",
        _S.KEPT: "Kept for the school",
        _S.SUPERSEDED: "Overtaken by a newer version",
        _S.DEAD: "Refused by the school's system",
        _S.QUARANTINED: "Could not be joined to anybody",
    },
    script_title="From a test of your own",
    script_text="The same without a browser; answers are JSON:",
    errors={
        "client_refused": "This client is unknown, or the secret is another. After a reset, take a new place.",
        "rate_limited": "Too much at once. Wait a minute and try again.",
        "sandbox_places_today": "Your address took several places today. Use one of them, or come back tomorrow.",
        "sandbox_places_full": "All places are taken. They are free again after the next reset.",
        "sandbox_busy": "Too much is waiting to happen. Try again in a minute.",
        "basis_unknown": "Choose what the product rests on.",
        "happening_unknown": "There is no such button.",
    },
    other_error="That did not work.",
)

NL: Final = Words(
    title="Zandbak voor leveranciers",
    other_language="English",
    intro=(
        "Bouw op deze gateway voordat een school heeft getekend. De leerlingen, leraren en scholen hier zijn verzonnen; "
        "al het andere is echt: tokens, overeenkomsten, weigeringen, wijzigingen, limieten en resultaten gaan door "
        "hetzelfde programma als bij een school.",
        "Niets van een echte school is van hieruit te bereiken, en wat u hier krijgt opent daar niets. "
        "Stuur geen gegevens van echte mensen.",
    ),
    resets="Alles hier wordt weggegooid en opnieuw gemaakt op {}, of eerder als het te vol raakt. "
    "Neem dan een nieuwe plek.",
    start_title="Neem een plek",
    start_text="U krijgt een verzonnen leverancier met een product, een verwerkersovereenkomst die van kracht is, "
    "en een eigen client.",
    basis="Waarop het product berust",
    on_task="de taak van de school: de hele groep doet mee",
    on_consent="toestemming: alleen wie die gaf doet mee (hier gaf iedereen die)",
    start="Neem een plek",
    known_title="Ik heb al een client",
    client_id="Client-ID",
    client_secret="Clientgeheim",
    show="Toon mijn plek",
    place_title="Uw plek",
    shown_once="Het geheim staat alleen op deze pagina: kopieer het nu. Wij bewaren alleen de hash ervan.",
    base="Basisadres",
    token_url="Adres voor tokens",
    first_lines="Eerste regels",
    buttons_title="Laat iets gebeuren",
    buttons_text="Dit alles overkomt uw product een keer. Druk, en haal opnieuw op.",
    happenings={
        _H.AGREEMENT_BEGINS: (
            "Een overeenkomst begint",
            "Nadat een overeenkomst is geëindigd: er is een nieuwe van kracht, en de pseudoniemen zijn dezelfde.",
        ),
        _H.AGREEMENT_ON_CONSENT_BEGINS: ("Een overeenkomst op toestemming begint", ""),
        _H.AGREEMENT_ENDS: (
            "De overeenkomst eindigt",
            "Ophalen wordt geweigerd met 403 agreement_ended; resultaten mogen nog 30 dagen terugkomen.",
        ),
        _H.FIELD_LOST: (
            "Een veld vervalt",
            "Een nieuwe versie van de overeenkomst geeft geen geboortejaar meer: het ontbreekt, en een delta toont "
            "bij wie iets veranderde.",
        ),
        _H.PSEUDONYMS_CHANGE: (
            "Alle pseudoniemen veranderen",
            "De school vernieuwt haar sleutel: een delta toont een grafsteen voor elk oud id, en iedereen onder een "
            "nieuw. Resultaten onder oude id's worden nog aangenomen.",
        ),
        _H.PUPIL_LEAVES_OUT: (
            "Eén leerling doet niet meer mee",
            "Toestemming wordt ingetrokken, of ouders maken bezwaar. U ziet niet welke van de twee: een delta toont "
            "een grafsteen.",
        ),
        _H.NEW_SCHOOL_YEAR: (
            "Een nieuw schooljaar",
            "Vertrekkers, nieuwkomers en nieuwe groepen. Het gebeurt voor iedereen die hier nu bouwt, en het is veel "
            "ineens.",
        ),
        _H.VENDOR_STOPPED: (
            "Het bestuur stopt u",
            "Elk verzoek wordt vanaf het eerstvolgende geweigerd met 403 vendor_stopped.",
        ),
        _H.VENDOR_RESUMED: ("Het bestuur heft de stop op", "Het gaat verder als voorheen."),
    },
    look="Kijk opnieuw, ook naar resultaten",
    latest_title="Wat er gebeurde",
    nothing_yet="Nog niets.",
    what="Wat",
    when="Wanneer",
    state="Stand",
    states={
        _P.WAITING: "bezig: kijk over enkele seconden opnieuw",
        _P.DONE: "gebeurd",
        _P.REFUSED: "kan nu niet",
    },
    arrived_title="Resultaten die u terugstuurde",
    arrived_text="PUT een categorie, een lineItem en een resultaat; hier ziet u of ze in het systeem van de school "
    "zijn aangekomen.",
    count="Records",
    letters={
        _S.RECEIVED: "Aangenomen",
        _S.CLAIMED: "Wordt afgeleverd",
        _S.WAITING: "Wacht op iets waarnaar ze verwijzen, of op het systeem van de school",
        _S.PARKED: "Wacht op iets dat geweigerd is",
        _S.DELIVERED: "Aangekomen in het systeem van de school",
        _S.KEPT: "Bewaard voor de school",
        _S.SUPERSEDED: "Ingehaald door een nieuwere versie",
        _S.DEAD: "Geweigerd door het systeem van de school",
        _S.QUARANTINED: "Bij niemand onder te brengen",
    },
    script_title="Vanuit een eigen toets",
    script_text="Hetzelfde zonder browser; de antwoorden zijn JSON:",
    errors={
        "client_refused": "Deze client is onbekend, of het geheim is een ander. Neem na een herstart van de zandbak "
        "een nieuwe plek.",
        "rate_limited": "Te veel ineens. Wacht een minuut en probeer het opnieuw.",
        "sandbox_places_today": "Vanaf uw adres zijn vandaag al plekken genomen. Gebruik daar een van, of kom morgen terug.",
        "sandbox_places_full": "Alle plekken zijn bezet. Na de volgende keer dat alles opnieuw begint zijn ze vrij.",
        "sandbox_busy": "Er wacht te veel dat nog moet gebeuren. Probeer het over een minuut opnieuw.",
        "basis_unknown": "Kies waarop het product berust.",
        "happening_unknown": "Die knop is er niet.",
    },
    other_error="Dat is niet gelukt.",
)

WORDS: Final[dict[Language, Words]] = {"nl": NL, "en": EN}
