"""Words beside which a name stands, and words beside which a thing stands. Folded.

They tell a name that is an ordinary word from that word (`evidence`); nothing else depends on them.
"""

from __future__ import annotations

from typing import Final

from gateway.school.disclosure.ordinary_words import MONTH_WORDS, word_set

HONORIFICS: Final = word_set(
    """
    juf juffrouw juffie juffen meester mstr meneer mijnheer mevrouw mevr mevrw mw mvr dhr heer mr mrs ms
    miss sir dr
    drs ir ing prof docent docente docenten leraar lerares lerarin leerkracht leerkrachten mentor mentrix
    coach tutor
    begeleider begeleidster stagiair stagiaire ib iber rter lio onderwijsassistent onderwijsassistente
    assistent assistente
    invaller invalster vervanger leerling leerlinge ll pupil broer broertje zus zusje zusjes broertjes
    moeder vader mama
    papa ouder ouders opa oma oom tante verzorger verzorgers voogd vriend vriendin vriendje vriendinnetje
    klasgenoot
    klasgenote collega duo maatje buddy teamleider conrector rector directeur directrice afdelingsleider
    decaan orthopedagoog
    conciierge conc toa surveillant examinator vakdocent
    mme mlle monsieur madame mademoiselle frau herr fraulein senor senora signora signor teacher lehrer
    lehrerin
    """
)
"""Words right before a name of a person."""

SUPPORT_CUES: Final = word_set(
    """
    begeleiding bijles rt ondersteuning coaching mentorgroep mentorklas mentoruur stamgroep stamklas
    tutorgroep groepje inhalen inhaal inh gesprek kindgesprek oudergesprek handelingsplan ontwikkelplan opp
    dossier bespreking leerlingbespreking observatie logboek portfolio afspraak afspraken afspr maatwerk
    arrangement remedial logopedie fysio ergo dyslexie plusklas individueel apart ziek afwezig herkansing
    herk
    verlenging inhaaltoets verlengd hulp klusjes namens volgens aldus dankzij
    logo mentorgesprek taalhulp rekenhulp klassikaal nabespreking voortgang vervanging kernteam spreekuur
    coachgroep tutoring
    lesgroep coachklas groeigesprek startgesprek kindgesprekje kindplan groeidoc intake terugkoppeling
    overleg
    verzuim verzuimgesprek herstelgesprek instaples toezicht verjaardag traktatie absentie kindkaart
    """
)
"""Words after which a person is named, in titles too."""

ADDRESS_CUES: Final = word_set(
    """
    hee heey beste hoi hallo dag hey hai hi dear lieve gefeliciteerd bravo bedankt dankjewel dank sorry
    succes gedaan
    gewerkt complimenten compliment welkom groetjes groeten groet wat goed goedzo hulde proficiat chapeau
    topper kanjer held vooruit kom zeg ja nee zo top super knap netjes prima mooi fijn leuk jammer geoefend
    bezig gelukt verbeterd werk hoor gemaakt geleerd gelezen gerekend opgelet gescoord meegedaan geschreven
    bien bravo gemacht done job
    """
)
"""Words before the name of someone who is spoken to."""

PERSON_VERBS: Final = word_set(
    """
    heeft is kan werkt moet wil doet zit gaat mag was had leest rekent schrijft begrijpt snapt vindt blijft
    maakt let oefent luistert haalt krijgt helpt laat weet durft speelt toont stelt vraagt lijkt scoort
    scoorde liet deed ging kon moest werkte haalde maakte zal zou hoeft mist miste vergat vergeet levert
    leverde komt kwam loopt gedraagt praat kletst concentreert ontwikkelt groeit leert denkt telt kent wordt
    werd vond begint begon doorloopt heb hebt bent ben kunt kun wilt moeten mogen kijk kijkt probeert
    probeer staat zet pakt neemt geeft houdt zoekt heefft herkent beheerst gebruikt toonde luisterde dacht
    las schreef rekende hielp presenteert presenteerde
    kreeg gaf zei sprak liep bleef nam hielp keek wilde mocht vroeg toont werken werkten deden doen waren
    zijn hebben hadden gingen maakten samen lacht vertelt vertelde stoort reageert luister
    has does was can needs works reads est fait hat muss kann
    """
)
"""Verb forms right after a person as the subject."""

IMPERSONAL_VERBS: Final = PERSON_VERBS | word_set("lukt lukte valt viel bevalt kost gelukt")
"""Verbs before "het" that has no noun: "lukt het Roos"."""

STATE_CUES: Final = word_set(
    """
    te weer niet nog ook al jarig ziek afwezig absent klaar thuis kwijt ingehaald gemist uitgesteld
    aangepast verplaatst
    vergeten ontbreekt herkanst gespijbeld gemaakt besproken gebeld later mist haalt overslaan inleveren
    nagekeken vrij
    en ouders ouder moeder vader
    """
) - frozenset({"en"})
"""Words right after somebody of whom something is told in few words: "Roos te laat"."""

MONTH_ABBREVIATIONS: Final = frozenset({"jan", "jun", "jul", "sep", "sept", "mei"})
"""Abbreviated months that are given names: months only beside a number or another month."""

MONTH_NAMERS: Final = frozenset({"of", "month", "maand", "months", "maanden"})
"""Words before a month: "the month of June"."""

SEASON_WORDS: Final = MONTH_WORDS | word_set(
    "lente voorjaar zomer herfst najaar winter kerst pasen summer autumn"
)

COLOURS: Final = word_set("rood blauw geel groen wit zwart bruin paars oranje roze grijs goud zilver brons")

BARE_ADJECTIVES: Final = COLOURS - {"oranje", "roze", "goud", "zilver", "brons"} | word_set(
    "groot klein lang kort dik dun hoog laag oud jong nieuw goed wijs vroom zoet stil rijk"
)
"""Adjectives that get an e after "de": "de groot" is no Dutch but for a name."""

SUBJECT_CUES: Final = word_set(
    """
    bijles rt inhalen inhaal inh herkansing herk ondersteuning begeleiding hulp maatwerk plusklas
    inhaaltoets
    verlenging verlengd groepje arrangement coaching remedial
    """
)
"""Words that stand before a subject of lessons as well as before a pupil: "bijles Frans"."""

SUBJECT_CODES: Final = word_set(
    """
    wi wa wb wc wd ne ned nl eng entl du dutl fa fatl bi bio ak gs ec eco nat sk sch lo mu tek kv ckv maw
    nask
    nsk fi ltc gr gtc sp beco bsm inf net anw kua mo gd gds lv vm bv ha tn pws lob tw bwi pie zw hbr
    """
)
"""Subjects as timetables abbreviate them."""

GROUP_WORDS: Final = word_set("groep gr team niveau kleur lijn route ronde tafel eiland unit")
"""Words before a colour that names a group: "groep Groen" is nobody's."""

NUMBERED_WORDS: Final = word_set(
    "groep klas hoofdstuk les week blok unit periode toets niveau kern thema opdracht som"
)
"""Words with a number that is no day of a month: "week 3 mei"."""

ACTION_CUES: Final = SUPPORT_CUES | word_set(
    """
    maandag dinsdag woensdag donderdag vrijdag ma di wo do vr
    oefenen helpen begeleiden bespreken nakijken beoordelen ondersteunen observeren spreken bellen toetsen
    extra uitleg rt plan evaluatie weektaak dagtaak aanpak doelen leerlijn
    """
)
"""Words right after the person they are about."""

THEME_CUES: Final = word_set(
    """
    thema project hoofdstuk blok les lessen lesson toets proefwerk kleur kleuren boek lied liedje kern
    verhaal tekst woord woorden woordenlijst woordenschat spelling werkblad module niveau periode week
    toetsweek maand kalender planning rooster dag seizoen dier dieren bloem vogel boom werkstuk spreekbeurt
    paragraaf unit deel level film gedicht kunstwerk knutselen excursie uitstapje expo presentatie route
    werk opdracht som sommen vak taal cluster fase ronde versie toernooi kleurgroep
    speurtocht knutselles tulpen collage proef sprookje fabel methode month story chapter kapitel chapitre
    """
)
"""Words after which a thing is named."""

WORK_CUES: Final = word_set(
    """
    toets opdracht werk werkblad presentatie werkstuk spreekbeurt versie proefwerk week deel module
    project excursie
    """
)
"""Of `THEME_CUES` those that may as well stand before whose work it is."""

LAW_CUES: Final = word_set(
    """
    stelling wet wetten formule driehoek schaal principe constante theorie paradox theorem law
    """
)
"""What is named after who found it: "stelling van Thales"."""

ARTICLES: Final = word_set("de het een t geen elke elk the a der das den la le el un una")

DETERMINERS: Final = word_set(
    """
    de het een t den der des geen elk elke ieder iedere dit dat deze die mijn jouw onze ons zijn haar hun
    welk welke veel meer minder the this that every alle beide eerste tweede derde vierde vijfde laatste
    nieuwe mooie grote kleine
    das la le el un una
    """
)
"""Words after which a noun stands, not a name."""

PREPOSITIONS: Final = word_set("voor van door met bij aan naar tegen naast zonder tussen over for by with")
"""Words between an activity and a person; a Dutch noun would have its article here."""

LINKING_WORDS: Final = word_set("en and et of met und or in on at for to are is van de het the")
"""Words after which a plural ends: "storms and floods"; a genitive has its noun there."""

DATE_CUES: Final = word_set("in begin eind einde half medio tot vanaf sinds tm per m late early since until")
"""Words before a month."""

_PERSON_ENDINGS: Final = (
    *(
        "docent",
        "docente",
        "leraar",
        "lerares",
        "leerkracht",
        "juf",
        "meester",
        "mentor",
        "mentrix",
        "coach",
        "tutor",
    ),
    *(
        "begeleider",
        "begeleidster",
        "specialist",
        "specialiste",
        "coordinator",
        "leider",
        "leidster",
        "therapeut",
    ),
    *(
        "assistent",
        "assistente",
        "stagiair",
        "stagiaire",
        "moeder",
        "vader",
        "vriend",
        "vriendin",
        "broer",
        "zus",
    ),
)
_SUPPORT_ENDINGS: Final = (
    *(
        "gesprek",
        "gesprekje",
        "begeleiding",
        "dossier",
        "overleg",
        "bespreking",
        "handelingsplan",
        "spreekuur",
    ),
    *("mentoruur", "coachuur", "vervanging", "observatie", "portfolio", "logboek", "herkansing", "toezicht"),
)


def announces(word: str) -> bool:
    """Whether a name of a person follows: a title or function, also compounded ("rekenspecialist")."""
    return word in HONORIFICS or word.endswith(_PERSON_ENDINGS)


def supports(word: str) -> bool:
    """Whether a person is named after this word in titles too, also compounded ("voortgangsgesprek")."""
    return word in SUPPORT_CUES or word.endswith(_SUPPORT_ENDINGS)
