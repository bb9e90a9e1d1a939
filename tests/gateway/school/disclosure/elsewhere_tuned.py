"""Names and texts for the second measurement, first half: the rules may be adjusted to these.

Slots: {n} and {m} given names of pupils, {g} a given name in the genitive, {t} a teacher's given name, {f} a
teacher's family name with its particle, {p} a pupil's family name with its particle, {x} a full name in one of its
spellings.
"""

from __future__ import annotations

from .elsewhere import Material, lines, words

GIVEN = words(
    """
    Emma Daan Sanne Tim Femke Bram Lisa Ruben Anouk Thijs Lotte Jasper Ayşe Mohamed Yasmine Bilal Karim Samira
    Hamza Soufiane Chaimae Naoufal Büşra Emre Tuğba Hüseyin Çiğdem Oğuz Agnieszka Paweł Katarzyna Wojciech
    Krystian Oliwia Zuza Shaniqua Romário Winston Dwight Ludmilla Xaviera Jelmer Sjoerd Femmy Tjitske Wytske
    Hylke Froukje Douwe Renske Gerben Noëlle Zoë Loïs Jérôme Thaïs André François Céleste Björn Jörg Saïd Naïma
    Anne-Fleur Jan-Pieter Lisa-Marie Eva-Lynn Bart-Jan Marie-José Anne-Sophie Carl-Johan Hans Lars Max Alex Felix
    Iris Boris Jonas Mats Inez Liz Roos Mees Beer Storm Fleur June Mei Bo Jet Pien Do Bas Mark Frank Job Stan
    Guus Teun Siebe Sven Ilse Jade Kiki Maud Pip Rens Sara Tessa Vera Wout Yara Zina Abel Babs Cas Dex Evi Fee
    Gijs Hidde Imke Joep Kaat Lex Mila Noa Otis Puk Quin Rosa Saar Tijn Ugo Viggo Wessel Xem Ymke Ziggy Amber
    Jaap Klaas Henk Wim Marga Trudy Ineke Annelies Gerrit Willemijn Ko Ed Jo Li An Ot Al Reza Shirin Parisa
    Kwabena Adwoa Chidi Ngozi Hoang Linh Wei Jun Satoshi Yuki Arjun Anjali Gurpreet Mehdi Leïla Zahra
    """
)
COMMON_FAMILY = words(
    """
    |Jansen de|Jong |Visser |Bakker |Smit de|Boer van_den|Berg |Mulder |Bos |Vos |Kok |Prins |Post |Blok |Kuiper
    |Koning de|Wit de|Groot van|Dijk |Meijer |Hendriks van_der|Linden |Dekker |Peters van|Leeuwen
    """
)
RARE_FAMILY = words(
    """
    |Aalbers |Boonstra |Cornelisse |Dijkman |Eikelboom |Faber |Goossens |Hollander |IJzerman |Jaspers |Kleijn
    |Lammers |Maassen |Nijhuis |Oomen |Pronk |Quispel |Rietveld |Snoek |Teunissen |Uitslag |Vermaat |Wagenaar
    |Zeldenrust van_der|Zwaag van_'t|Hof in_den|Bosch ter|Steege ten|Have van|Eijk de|Ridder de|Klerk
    op_de|Beeck uit_den|Boogaard aan_de|Wiel |Yıldırım |Korkmaz |Güneş |Ünal |Karataş |Polat |El_Haddaoui
    |Ben_Salah |Ouali |Amrani |Achahbar |Wójcik |Kamiński |Zieliński |Szymańska |Lewandowska |Ramdin |Bhagwandas
    |Sewnarain |Kromosoeto |Landveld |Naarden |Hoekema |Sikkema |Wiarda |Dykstra |Bouwmeester |Rodríguez |Núñez
    |Peña |Ferreira da|Costa |Lefèvre |Dupont |Krüger |Weiß |Schäfer |Andersson |Øvergaard |Ó_Briain |O'Connor
    |MacDonald |Brink-Visser |Van_Dam-Kok |Hofman |Zwart |Klein de|Lange van_de|Pol |Bloem |Ruiter
    """
)

SINGLE_TITLES = lines(
    """
    Herkansing NE – {n}
    gesprek ouders v. {n}
    MO {n} & {m} 12/3
    {g} spreekbeurt
    3V1 inhaal wi {n}
    SO wo H3 ({n} later)
    Tussentoets {n}/{m}
    RT-plan {n} p2
    {n} – verlengde instructie
    Kindgesprekje {n}
    OPP {n} eval. jan
    Groeidoc {n}
    Kamerplan {n}
    afspr. {n} IB
    4H2 PO {n}+{m}
    tafeldiploma {n}
    Boekbespreking {n} (uitgesteld)
    weektaak {n} aangepast
    Inh. {n} di 8e
    {n}: rekenen 1F
    leesmaatjes {n} - {m}
    Presentatie {n}, {m} en rest
    voortgang {n}
    ToetsHerkansing_{n}
    klaar_{n}.docx
    🎉{n} jarig
    {n}2
    Verslag project {n}
    [{n}] extra tijd
    Sp. ww {n} ingehaald
    aanvraag TLV {n}
    #bijles {n}
    Terugkoppeling {n}
    groepsplan C ({n}, {m})
    Overstap {n} 2T→2H
    Check-in {n}
    Time-out {n}
    Werkboek {n} kwijt
    intake {n}
    Pluswerk: {n}; {m}
    diplomazwemmen {n}
    {n} te laat
    NT2 {n}
    Deelcijfer {n}
    maatwerkroute {n}
    Oral exam {n}
    Extra lesson for {n}
    {n}'s reading log
    Exposé de {n}
    Referat {n}
    Nachschreiben {n}
    Rattrapage {n}
    """
)
STAFF_TITLES = lines(
    """
    3V1 wi {f}
    mw. {f} - ne 2
    klas juf {t}
    Groep 4A juf {t} & juf {f}
    En H3A dhr {f}
    gs4 {f}
    lo1 {f}/vervanger
    Groep 1/2 {t}
    Mentoruur {f}
    4GTL bio docent: {f}
    5v ak mevrouw {f}
    VERVANGING {f}
    Kernteam {f}
    H4C – {f}
    keuzeuur bij {f}
    invaller juf {t}
    wisk A {f}
    stamgroep Geel ({t})
    dhr. {f} B1 sk
    les v. meester {t}
    muziek mr {f}
    duits2 van {f}
    {f} en wi
    spreekuur {f}
    Mme {f} 2e
    Mr {f}'s group
    """
)
SINGLE_PROSE = lines(
    """
    {n} heeft deze periode grote stappen gezet met rekenen.
    Wat een prachtig werkstuk {n}, daar mag je trots op zijn!
    Vanmorgen gebeld met moeder van {n}, ze komt morgen weer.
    Tijdens de toets zat {n} te kletsen met {m}.
    {g} motivatie is toegenomen.
    Ik zie dat {n} nog moeite heeft met de keersommen.
    Moeder geeft aan dat {n} thuis veel over school praat.
    helaas was {n} niet aanwezig
    {n} en {m} hebben elkaar geholpen bij de opdracht
    Knap hoor {n} :)
    Let op, {n}: bronvermelding ontbreekt.
    {n} mag maandag herkansen
    In het groepje van {n} wordt goed overlegd.
    Afspraak met {n} gemaakt over huiswerk.
    Je werkt hard {n}!
    volgende keer beter {n}
    Complimenten voor {n} en {m}, zij werkten zelfstandig.
    Zij speelt vooral met {n} en {m}.
    Hij wordt soms boos op {n}.
    Nakijken samen met {n}, die had dezelfde fout
    Het lezen gaat vooruit. {n} leest nu op M4.
    {n} laat zien dat ze de stof beheerst.
    Bij de start van het jaar had {n} het lastig.
    Vergeten in te leveren, {n} levert morgen in
    Cijfer aangepast n.a.v. mail van {n}.
    Door ziekte van {n} uitgesteld
    Zie notitie bij {n}
    {n} toonde inzet, {m} minder.
    Fijn dat je {n} hebt geholpen
    Als {n} blijft oefenen komt het goed.
    Deze week heeft {n} de weektaak af. Super!
    Good job, {n}! Keep it up.
    Très bien {n}
    Gut gemacht, {n}!
    {n} -> zie vorige opmerking
    ({n} was ziek)
    Ouders van {n} gesproken 14-3
    eerst wilde {n} niet, later wel
    Met wat hulp lukt het {n} prima.
    Overleg gehad met meester {t} en de intern begeleider.
    Juf {t} heeft de toets afgenomen.
    Mevrouw {f} geeft aan dat het beter gaat.
    Cijfer in overleg met {f} aangepast.
    Volgens dhr. {f} mag dit ingehaald worden
    gemaakt bij {f}
    {p} weer te laat
    Goede inbreng, {p}.
    doorverwezen naar mw {f}
    """
)
CLEAN_TITLES = lines(
    """
    3V1 wi so H4
    Herkansing NE
    PO geschiedenis: WO II
    SE1 Nederlands schrijfvaardigheid
    Kern 5: zee, boom, vis
    kern 1 ik - maan - roos - vis - sok
    Bloem en zaad H2 biologie
    Thema Wie werkt hier? bakker, kok, visser
    Beroepen: de smid en de kuiper
    Max Havelaar, leesverslag
    Het dagboek van Anne Frank (fragment)
    Jip en Janneke: voorlezen
    De stelling van Thales
    Formule van De Moivre
    Wet van Lenz
    Excursie Den Haag: Binnenhof
    Sint Maarten knutselen
    Topo: Emmeloord, Lelystad, Dronten
    Kastelen: Floris V en Muiderslot
    Frans: vocabulaire chapitre 3
    Grandes Lignes ch. 4
    Neue Kontakte Kap. 2
    Stepping Stones unit 3
    Moderne wiskunde H7 meetkunde
    Getal & Ruimte H3 kwadraten
    Nova nask H5
    Taal actief thema 4 les 6
    Wereld in getallen blok 5
    Staal spelling blok 3
    Veilig leren lezen kern 8
    Lijn 3: thema 4
    Nieuwsbegrip week 12: storm in Nederland
    Pluspunt toets blok 6
    Estafette lezen
    Snappet rekenen
    Storm op zee (tekst)
    Zware storm: begrijpend lezen
    De koning en de prins, dictee
    Prins en bedelknaap, boekverslag
    Koning winter: liedje
    De post: brief schrijven
    Beer is op Vlinder
    Een kleine beer, prentenboek
    Mees en merel: tuinvogels
    Koolmees en pimpelmees
    roos, tulp, narcis
    Bos en hei
    Vos en haas
    De boer op
    Bij de bakker
    Rekenen met geld: bij de bakker
    Kleuren mengen: wit en zwart
    Groot en klein, lang en kort
    Wit licht, prisma
    Van den vos Reynaerde
    Hoe overleef ik de brugklas
    Berg en dal
    Mei: planning
    toetsweek mei
    1 mei inleverdatum
    Jan t/m mrt planning
    ma di wo do vr
    June holidays: listening
    Unit 4 The month of June
    June, July, August
    Do you like pizza? unit 1
    To do or not to do
    Do's and don'ts
    Jet lag, reading
    Jet d'eau
    Job interview B1
    Job application
    Alex Rider boekverslag
    De gebroeders Leeuwenhart
    Wit-Rusland en Oekraïne
    Zwart-wit fotografie
    Rood staan: economie H1
    Blok 4 klok en kalender
    Blokfluit les 2
    Post-its en mindmap
    Kok worden: praktijkles
    Boogdans in 4/4 maat
    Ruiter te paard, tekenen
    Klein vermogen
    Lange vocalen
    Bas- en vioolsleutel
    Bas en drum
    Basisvaardigheden
    Slag bij Nieuwpoort
    Wereldoorlogen toets
    Kinderrechten
    Sociale kaart
    Rekentoets 2F versie B
    Taalverzorging d/t
    so woordjes H1 t/m 3
    SO Capítulo 2
    Latijn les 14 participium
    SE literatuur 19e eeuw
    PTA H5 P2
    CE-training ak
    Handelingsdeel LOB
    Profielwerkstuk startgesprek
    DTT rekenen
    Cito B8 LVS
    IEP eindtoets
    dictee week 34
    Woordpakket 12
    Tafels 1 t/m 10
    Automatiseren splitsen tot 20
    Begrijpend luisteren groep 3
    Technisch lezen AVI M5
    Motoriek kleuters
    Kring: weekend
    Gym: trefbal
    Methode-onafhankelijke toets
    Ruiten, vierkanten en rechthoeken
    Hans en Grietje, hoorspel
    Winterjas en muts
    Luchtdruk en storm
    Ridders, koningen en boeren
    Vissen: snoek en baars
    Praktische opdracht evolutie
    Boekverslag naar keuze
    Poster klimaatverandering
    Debat kernenergie
    Luistertoets Engels mei
    """
)
FULL_TEXTS = lines(
    """
    Overdracht {x}
    {x} / 2B / wi
    gespreksverslag {x} 3-10
    Kopie toets {x}
    ({x})
    Stage {x} week 12
    cc: {x}
    Herkansing Engels {x}, lok. 12
    met {x} doorgesproken
    zie ook dossier van {x}.
    {x}: 7,4
    Geachte {x},
    opa van {x} haalt op
    {x} + begeleider
    Nieuw in de klas: {x}!
    {x} en de rest van het groepje
    Werkstuk van {x}; beoordeling volgt
    """
)

TUNED = Material(
    given=GIVEN,
    common_family=COMMON_FAMILY,
    rare_family=RARE_FAMILY,
    single_titles=SINGLE_TITLES,
    staff_titles=STAFF_TITLES,
    single_prose=SINGLE_PROSE,
    clean_titles=CLEAN_TITLES,
    full_texts=FULL_TEXTS,
)
