"""Names and texts for the second measurement, held out: measured on, never adjusted to.

Slots: see `elsewhere_tuned`. Whoever changes a rule because of a miss in here moves these texts to the tuned ones
and writes others in their place.
"""

from __future__ import annotations

from .elsewhere import Material, lines, words

GIVEN = words(
    """
    Daphne Timo Jesse Myrthe Cas Lauren Pleun Sep Evy Thijmen Loek Puck Mirte Yfke Sjors Tara Jonas Noé Vera
    Guus Elise
    Bram Fien Kyan Lize Oscar Sterre Hugo Ivy Stan Maren Tobias Jet Rens Anniek Niek Merle Julius Esmée Rosalie Vigo
    Chris Willem Margriet Anja Henk Marieke Jeroen Bianca Arjan Ellen Gert Monique Dick Tanja Wilco Lia Harm Aukje
    Sybren Nienke Tjeerd Hinke Jouke Doutzen Emir Asya Defne Kerem Ceylin Yiğit Zümra Görkem Şule Safae Anass Lina
    Ilias Malak Ziyad Nouhaila Jibril Hidaya Kuba Ola Zofia Błażej Iga Mikołaj Ananya Dhruv Faizel Radha Djavan
    Chivany
    Tyrone Kyra-Lynn Guy-Anthony Jan-Maarten Anne-Marijn Lily-Rose Zoé Clément Léonie Inês João Begoña Łucja Örs Ásta
    Sun Wen Bao Anh Roos Mees Fleur Lot Bloem Zilver Beer Dean Joy
    """
)
COMMON_FAMILY = words(
    """
    de|Jong |Jansen van_den|Berg de|Boer |Visser |Dekker van|Dam |Bos de|Haan |Schouten |Bakker |Kuiper |Vos
    """
)
RARE_FAMILY = words(
    """
    |Aarts |Bleeker |Crielaard |Donkers |Ekelmans |Fokkens |Gielen |Hazenberg |Ilmer |Joosten |Kerkhof |Luijten
    |Mourik
    |Naber |Oosterom |Pasman |Ruijs |Stevens |Tersteeg |Vaessen |Wassink |Zegveld de|Leede van_der|Schaaf van|Zanten
    van_'t|Spijker ter|Haar op_de|Laak van_de|Wetering den|Hertog |Doğru |Taş |Uçar |Yiğit |El_Boujoufi |Ouchan
    |Tahiri
    |Baran |Czajka |Wróbel |Oedit |Poerwa |Wielzen |Dijksma |Rypkema |Bergsma |Pérez da|Cruz |Fournier |Grünwald
    |Lindqvist
    |O'Leary |Hamilton |Smits-van_Dijk |Ruiter-Post |Vermeer |Hoek |Stroom |Engel |Schaap |Wouters |Molenaar
    |Pot |Kraan
    |Lee |Huynh |Ali |Chaudhry |Noori |Yohannes |Addo
    """
)

SINGLE_TITLES = lines(
    """
    {n} leest voor
    Vervolgafspraak {n}
    Presentatielijst: {n}, {m}
    PO deel 2 (samen met {n})
    3TLA - {n} - resit
    {g} leeskaart
    groepje 4 {n}/{m}
    Rooster na operatie {n}
    mondelinge overhoring {n}
    Kleutertoets {n} nieuw
    startopdracht {n}
    Faalangsttraining {n}
    Leerlijn 7 {n} getallen
    Toneelrol {n}
    verslag sportdag door {n}
    {n} niet beoordelen
    poster van {n} en {m}
    LVS-gegevens {n}
    Stilteplek {n}
    {n}: motoriek
    concept betoog {n}
    Bel moeder {n}
    ontruiming - {n} helpt
    SOVA {n} 3/8
    Toetsbespreking {n}
    Vrij lezen met {n}
    """
)
STAFF_TITLES = lines(
    """
    1 havo B mentor mw {f}
    Nederlands {f} 3C
    groep 3 ({t})
    Rekenen bij juf {t}
    Tekstverklaren {f} uur 3
    Kunst dhr. {f}
    Ruimte & vorm bij {f}
    Toernooi 5v5 {f}
    bijles van {t}
    Flexuur {f} B12
    M. {f}, lokaal 8
    Bovenbouw juf {t} (ma-wo)
    """
)
SINGLE_PROSE = lines(
    """
    {n} begint steeds meer op te bloeien.
    Vandaag zag ik {n} voor het eerst hardop lachen.
    Deze toets is afgenomen door juf {t}, omdat ik ziek was.
    Bijna goed, {n}. Kijk nog eens naar vraag 5.
    De samenwerking tussen {n} en {m} verdient aandacht.
    Inzet van {n}: prima, resultaat valt tegen
    Mag {n} dit in de vakantie afmaken?
    Oom heeft {n} opgehaald om 14 uur.
    Ik mis de handtekening van de ouders van {n}.
    {g} uitleg was helder
    schitterend {n}
    Herkansing aangevraagd door {n} zelf.
    als groep hebben jullie het goed gedaan, vooral {n}
    Vond {n} de toets lastig? Ja.
    In gesprek bleek dat {n} thuis geen plek heeft om te leren.
    Met een beetje hulp van {m} kwam {n} er zelf uit.
    {n} stopt met Latijn.
    Nagevraagd bij meneer {f}.
    Mentor {f} is op de hoogte
    {f} geeft dit cijfer door
    Thanks {n}, great effort
    Een 4,8. {n} schrok ervan.
    Gelukt! {n} heeft diploma B.
    """
)
CLEAN_TITLES = lines(
    """
    Toets H1-H3
    Leesautobiografie
    Weekopening
    Formatieve toets algebra
    SO Grieks les 4
    Onderzoeksvraag formuleren
    Kahoot natuur
    Samenvatten stap 2
    Muzieknoten lezen
    Voortgangstoets P4
    Woordenlijst 12 t/m 15
    Schaakclub
    Verhaaltjessommen
    Groep 6 topo Gelderland
    Spelling categorie 9
    Schooltuin
    Examentraining scheikunde
    Huiswerkvrij
    Portretfotografie
    Vaardigheden tabellen
    Einstein en relativiteit
    Schrijversbezoek
    Ouderbijdrage kamp
    Vakkenpakket
    Eerste hulp les 2
    Verzorgende beroepen
    Tijdvak 6 regenten en vorsten
    Zinsontleding
    Nieuwjaarsbrief
    Afsluiting jaar 3
    Beeldbespreking stilleven
    Vocabulaire voyage
    Hörtest A2
    Past perfect
    Verslag bezoek museum
    Ecosystemen
    Haakjes wegwerken
    Gatentekst
    Oefen-CE 2023-II
    Reflectie LOB
    Bloem en bestuiving
    Zilver, goud en brons
    De beer in winterslaap
    Fleurige kaarten maken
    Bloemlezing gedichten
    Op het schaap en de wolf
    De vos als bode
    Stroom en spanning
    De engel en de herder
    Een pot thee: recept
    Kraan en pomp
    Hoekmeting met de geodriehoek
    Rozen snoeien
    Mezen in het nestkastje
    Deanlezing en debat
    Molenaar, bakker en smid: gilden
    Het bos van de reus
    Visser zoekt vis
    Sint Willibrord
    Beerze, Dommel en Aa: beken
    """
)
FULL_TEXTS = lines(
    """
    Spreekuur {x} 11.20u
    {x} naar de gang
    Cijfers van {x} gecontroleerd
    Verzoek: {x} apart zetten
    groep 7: {x}
    AVG-akkoord {x} binnen
    Tafel 3 {x}
    Overstapdossier {x}.pdf
    {x}?
    """
)

HELD_OUT = Material(
    given=GIVEN,
    common_family=COMMON_FAMILY,
    rare_family=RARE_FAMILY,
    single_titles=SINGLE_TITLES,
    staff_titles=STAFF_TITLES,
    single_prose=SINGLE_PROSE,
    clean_titles=CLEAN_TITLES,
    full_texts=FULL_TEXTS,
)
