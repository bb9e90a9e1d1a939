"""Names and texts for the second measurement, harder than any school: half of the given names are words as well.

Slots: see `elsewhere_tuned`. The rules have been adjusted to these too. The clean titles are nearly all about somebody
or something that is a name here.
"""

from __future__ import annotations

from .elsewhere import Material, lines, words

GIVEN = words(
    """
    Lieke Stijn Nienke Koen Marit Joris Sterre Lente Kik Ziva Bloem Dennis Wolf Isa Joy Merel Linde Hope Faith Lot
    Rik Pepijn Pippa Jip Sil Vos Raaf Valentijn Robin Puck Engel Zon Ster Luna Maan Juni Summer Winter Nova Pim
    Tom Jim Jack Olaf Gert Bert Kees Piet Hein Leo Rosalie Eline Julot Quinten Daniëlle Michèle Eugène Gaël Aimée
    Inès Søs Pål Åke Jürgen Götz Müge Gökçe Şeyma Barış Çetin Özlem Umut Serkan Tarık Nurten Malika Ouassima
    Redouan Driss Ikram Mounir Souhaila Yassin Abdelhak Ewelina Bartosz Małgosia Grzegorz Stanisław Beata Jacek
    Orlando Humphrey Iwan Soerya Radj Chandra Meredith Giovanni Sharmila Nynke Tsjerk Jildau Eelke Bouke Fokje
    Sietske Rixt Anna-Maria Jan-Joost Pieter-Bas Fleur-Anne Noor-Sophie Karel-Jan Mia-Lou Ben-Ali Dirk Kees-Jan
    Floor Loek Mus Teuntje Bodhi Fos Jinthe Kyara Lev Mare Nikki Oscar Philip Ravi Sofie Tygo Valerie Willem
    Xander Yente Zev Aart Bep Cor Dinie Els Fred Greet Hetty Ivo Joke Kirsten Lies Mieke Nelleke Onno Paula
    Roel Sjaak Tonny Ursula Victor Wil Yvonne Os Ry Mo Fa Ka Nhung Quang Sakura Haruto Deepak Sunita Omid
    Farzaneh Tewodros Selam Ayaan Hodan Oluwaseun Temitope Rachid Abdullah Nour Rania Tariq Yusra
    """
)
COMMON_FAMILY = words(
    """
    de|Vries van|Dijk |Janssen van_den|Broek |Brouwer de|Haan |Schouten |Kramer |Koster |Timmerman |Molenaar |Schipper
    |Vink |Zwaan de|Leeuw |Keizer |Snijders van_der|Meer |Maas |Verhoeven |Scholten van_der|Wal |Mol |Evers
    """
)
RARE_FAMILY = words(
    """
    |Abbink |Bijlsma |Claassen |Drost |Engelen |Flipse |Gelderblom |Hagenaars |Idema |Jorritsma |Knol |Loeffen
    |Meulenbelt |Noordam |Otten |Poelman |Reijnders |Spaans |Tromp |Uijterwaal |Vogel |Witteveen |Zeeman
    van_der|Vaart van_'t|Riet in_'t|Hout ter|Beek ten|Cate op_'t|Hoog de|Bont de|Kat van|Buuren van|Rijn onder_de|Boom
    |Yalçın |Şimşek |Aktaş |Gündoğan |Tekin |Erdoğan |El_Mourabit |Ait_Taleb |Bouhaddou |Chaouch |Lahlou |Woźniak
    |Dąbrowski |Jabłońska |Król |Pawlak |Jagroep |Mahabier |Kalloe |Wongsowikromo |Amatmoekrim |Zuidema |Postmus
    |Hettinga |Algra |Fernández |Ibáñez |Carvalho de|Sousa |Benoît |Girard |Schütz |Böhm |Nyström |Kjær |O'Hara |D'Arcy
    |McGregor |Mulder-Zwaan |De_Haan-Vink |Braun |Stok |Hamer de|Jager |Wolf |Berends |Engels |Brand |Sterk
    |Lam de|Rooij |Tuinstra |Vierkant |Nguyễn |Trần |Zhang |Kaur |Ahmadi |Tesfay |Okafor |Hussein
    """
)

SINGLE_TITLES = lines(
    """
    Inhalen PTA {n} lokaal 114
    verzuimgesprek {n}
    Kopje thee met {n}
    dyscalculieonderzoek {n}
    T3 – {n} – bijgewerkt
    2M4/{n}
    MOL-gesprek {n}
    {g} portfolio
    Stand van zaken {n}
    {n} & {m}: duo-opdracht
    Leeslijst {n}
    EVALUATIE {n} NOV
    Toetsafname apart: {n}
    Rekenhulp ma. ({n})
    Werkhouding {n}
    {n}_PWS_def
    verbeterversie {n}
    Uitdeler: {n}
    hulpouder {n}
    Logopedie {n} 10.15u
    groeigesprek {n} + ouders
    {n} overslaan bij blok 5
    PWS {n} / {m}
    reservetoets t.b.v. {n}
    Naar gr. 7 voor rekenen: {n}
    Aandachtspunten {n}
    Cijferlijst {n}
    Signaleringstoets {n}
    Dagopening {n}
    Klassendienst {n}, {m}
    {n}: niet gemaakt
    Herstelgesprek {n} en {m}
    Gesprek 1: {n} 8.30
    Mondeling {n}
    Vrijstelling LO {n}
    schriftje {n}
    {n}....nog nakijken
    Make-up test {n}
    Spreekvaardigheid {n} x {m}
    sociogram (zie {n})
    """
)
STAFF_TITLES = lines(
    """
    Ned {f} 2hv3
    {f} - Wiskunde B
    leerkracht: {t}
    Unit 3 (juf {t}, meester {t})
    M&O bij dhr {f}
    A2a.EN.{f}
    Coachgroep {f}
    Instaples mevr {f}
    gr 5/6 {t} + {f}
    Sectie DU: {f}
    Bovenbouw meester {t}
    PLUSKLAS JUF {t}
    4A FA mw {f}
    wo groep {f}
    Toezicht {f}
    Bandgroep {f} vr 3e
    onderwijsassistente {t}
    Tutoring door {f}
    Lesgroep {f} (di/do)
    """
)
SINGLE_PROSE = lines(
    """
    {n} is een vrolijke leerling die graag helpt.
    Gisteren vertelde {n} over het nieuwe broertje.
    Een sterke periode, {n}! Blijf zo doorgaan.
    Er is contact geweest met de vader van {n} over het verzuim.
    {n} vindt samenwerken met {m} nog lastig.
    Bij rekenen ontbreekt {n} soms de concentratie.
    {g} tekening hangt in de gang
    Wij zien {n} groeien in zelfvertrouwen
    ik heb {n} gevraagd de toets opnieuw te maken
    Dit verslag is door {n} en {m} gemaakt.
    Ruzie tussen {n} en {m} op het plein, uitgesproken.
    Jouw verhaal was spannend, {n}!
    nog even oefenen {n}
    heel netjes geschreven {n}
    {n} mist nog twee opdrachten
    Tip voor {n}: lees de vraag twee keer.
    Waar {n} eerst afhaakte, zet zij nu door.
    Zit naast {n}. Werkt daardoor beter.
    Had ruzie met {n}, daarna uitgepraat.
    Dankzij {n} is het groepswerk af.
    Een 8! Net als {n}.
    Bij deze toets was {n} afgeleid door {m}
    Vanwege een operatie is {n} twee weken thuis.
    Het valt op dat {n} vaker lacht.
    Zonder {n} was dit niet gelukt
    Hoe gaat het nu, {n}?
    {n} ingehaald op 3/11
    onvoldoende, {n} moet harder werken
    Well done {n}, I am proud of you
    De mentor bespreekt dit met {n} en ouders.
    Zijn vriend {n} heeft meegeholpen.
    Samen met haar zusje {n} opgehaald.
    {n} (en ook {m}) mogen dit herkansen.
    Ouders: {n} slaapt slecht.
    Toets nagekeken door mevr. {f}
    {t} neemt het over na de vakantie
    Na overleg met meneer {f} verplaatst.
    Vraag juf {t} om uitleg.
    {p} heeft boek niet bij zich
    prima gedaan {p}
    heeft les van {f}, vandaar de andere versie
    collega {f} tekent mee
    """
)
CLEAN_TITLES = lines(
    """
    2hv3 Ned so woordsoorten
    PWS tijdlijn
    Amber: hars en fossiel
    Petra en de woestijn, wonderen
    José de timmerman, tekst Spaans
    Kate and Leopold, film Engels
    Kern 2: teen, een, neus, buik, oog
    De wolf en de drie biggetjes
    Pas op voor de wolf
    Lente: bloesem en bij
    Lentekriebels week
    Lente- en herfstpunt
    Zomer, herfst, winter, lente
    Zon, wind en wolken
    De zon en de maan
    Maan en getijden
    Ster of planeet?
    Nova: krachten H2
    Nova scheikunde toets 1
    Engel van het Noorden
    Engels: Stones unit 7
    Hope and fear, poem
    Faith and religion in the USA
    Enjoy your meal, spreken
    Joyriding, reading text
    Winter in Nederland
    Winterdip: begrijpend lezen
    Zeeman-effect
    De zeeman en de storm
    Sterk water
    Sterke en zwakke zuren
    Sterke werkwoorden
    De vogel vliegt uit
    Vogel- en habitatrichtlijn
    Vogels in de tuin
    Raaf, ekster en kraai
    De raaf en de vos (fabel)
    Mol in de grond
    Mol en massa: rekenen aan reacties
    Molberekeningen
    De haan kraait
    De jager uit Sneeuwwitje
    Jager-verzamelaars
    Jagers en boeren tv1
    Keizer Karel V
    De keizer van China
    Romeinse keizers
    Rivieren: Maas en Rijn
    De Maas stroomt door Limburg
    Rembrandt van Rijn
    Meer of minder
    Meer en rivier
    Meer dan 1000
    Het IJsselmeer
    De leeuw en de muis
    Leeuw van Vlaanderen
    Brand! Veiligheid in huis
    Brandpunt en lens
    Brand en blussen H4
    De timmerman: beroepenweek
    De schipper mag ik overvaren
    Molenaar en molen
    De brouwer en het bier
    Lam, kip en varken
    Mus of merel
    Os en ezel: kerstverhaal
    Moment van bezinning
    Wil en plicht
    Lot en toeval: kansrekening
    Het lot
    Loterij en kans
    Robin Hood, film
    Willem van Oranje
    Willem II en Thorbecke
    Zeeslag bij Duins
    Piet Mondriaan, lijnen
    Piet Hein en de zilvervloot
    Winnie de Poeh voorlezen
    Tom Hanks in Cast Away
    Leo Messi en sport in de media
    Dolfje Weerwolfje H1-3
    Oorlogswinter (Terlouw)
    Koning van Katoren
    Jack London, Call of the Wild
    Fred Astaire en de musical
    Jim Crow laws
    Valentijnskaart
    Valentijn knutselen
    Luna 3 vwo: hoofdstuk 5
    Jack and the Beanstalk
    Stelling van Fermat
    Kansboom en Bernoulli
    Wet van Archimedes
    Riemannsom
    Daltons atoommodel
    Wet van Hooke practicum
    Cel van Daniell
    Sint Nicolaas
    Sint Jan kathedraal, kunst
    Den Bosch excursie
    Los Angeles en New York, ak
    Sint-Petersburg
    Santa Cruz, klimaatgrafiek
    San Francisco H3
    Hamer en zaag: veiligheid techniek
    Stok en bal
    Bont en leer, ethiek
    Kat en hond
    Wal en schip (uitdrukkingen)
    Broek, jas, trui: kleding
    Wandelen langs de beek
    Riet en rietdekkers
    Dirkjan strip, humor
    Els, eik, berk: bomen
    Hartslag en cor
    Juni toetsen overzicht
    Inleveren eind juni
    De juni-opdracht
    SO 12 juni
    Vier-op-een-rij breuken
    Numo domein meten
    Gynzy werelddelen
    Blits studievaardigheden
    Argus Clou natuur thema 2
    Meander ak blok 4
    Brandaan H3
    Naut thema 5
    Talent Nederlands H2
    Op niveau tl 3
    Plot 26, thema 2
    Biologie voor jou B5
    Polaris natuurkunde
    Buitenland hv2
    Feniks gs H6
    Kijk op geschiedenis
    D'accord unité 2
    Trabi Tour Kapitel 6
    Na klar! 3h
    Math with Menno: ruimtefiguren
    Toets lineaire verbanden
    Spelling week 22 ei/ij
    Klokkijken kwart over
    Taal in blokjes oranje
    Signaaldictee
    Studiewijzer P3
    Mentorles: plannen en leren
    Schoolkamp paklijst
    Zorg en welzijn: EHBO
    Praktijkexamen koken
    Ouderavond profielkeuze
    """
)
FULL_TEXTS = lines(
    """
    Verslag oudergesprek {x}
    {x} (3T2)
    Verwijsbrief {x} logopedie
    uitnodiging aan {x}
    NAW: {x}
    Aanwezig: IB, {x}
    "{x}" op de deur
    {x} komt er bij
    Broer van {x}
    PWS {x} – natuur
    Presentielijst - {x} - afwezig
    In gesprek met {x}?
    t.a.v. {x}
    beste {x}
    Uitslag {x}: voldoende
    Toets {x} nog nakijken!
    """
)

HARD = Material(
    given=GIVEN,
    common_family=COMMON_FAMILY,
    rare_family=RARE_FAMILY,
    single_titles=SINGLE_TITLES,
    staff_titles=STAFF_TITLES,
    single_prose=SINGLE_PROSE,
    clean_titles=CLEAN_TITLES,
    full_texts=FULL_TEXTS,
)
