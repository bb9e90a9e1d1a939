"""More names and texts for the second measurement, to which rules may be adjusted. Slots: see `elsewhere_tuned`."""

from __future__ import annotations

from .elsewhere import Material, lines, words

GIVEN = words(
    """
    Lynn Jayden Nova Noortje Senna Loïs Ella Jelte Fabian Thomas Isabel Naomi Eline Oscar Melle Fedde Madelief Vlinder
    Skye Olivier Dani Jaylen Kaylee Roan Dex Maeve Elin Cato Juul Pippa Norah Hannah Suze Ravi Elisa Lizzy Jula Kate
    Carmen Bowie Milo Aiden Damian Xavi Jorn Merijn Rowan Bente Jip Tygo Jurre Senne Wessel Hessel Sietse Jorrit Wiebe
    Baukje Geertje Hilde Marije Annemiek Bernadette Corrie Dieuwertje Elly Gerda Hennie Ilona Jolanda Kitty Loes
    Mirjam
    Nelly Petra Ria Saskia Tineke Ursula Wendy Erik Rob Peter Paul Rutger Sander Maarten Michiel Patrick Ronald
    Theo Ton
    Dirk-Jan Marie-Claire Jan-Kees Louis-Philippe Ann-Sophie Yasmin-Noor Zuhal İlayda Eymen Miraç Gülşen Ömür Şeref
    Nihat Reyhan Hatice Abdelkarim Chahid Dounia Fouad Ghizlane Hanane Imane Jamila Khadija Lahcen Mustapha
    Najat Otman
    Aleksandra Bartłomiej Dorota Franciszek Hanna Jadwiga Kacper Michał Natalia Piotr Rafał Szymon Tymoteusz Wiktoria
    Anousha Clyde Djenairo Gwendolyn Jerrel Marvin Quincy Rishi Shivani Virgil Amrita Kavita Vikram Mariam
    Habiba Idris
    Kofi Esi Mbali Thabo Minh-Anh Tuan Xiaoyu Jie Hyun Sofía Mateo José María Íñigo Águeda Benoît Gwenaëlle
    Maïté Élodie
    Gretel Jörn Käthe Björk Øyvind Rosie Stella Floor Amber Robin Roos Storm Mees Lente Lot Joy Harm Pien Joost
    Frank Bas Faas
    """
)
COMMON_FAMILY = words(
    """
    |Jansen de|Vries van_de|Berg |Bakker van|Dijk |Visser |Smit |Meijer |Hoekstra |Kuipers |Veenstra de|Bruin |Post
    |Vermeulen |Koning van_der|Heide |Prins |Huisman |Peeters |Kok |Mulder |Willems |Jacobs |Schutte |Schipper
    """
)
RARE_FAMILY = words(
    """
    |Alberts |Baars |Coenen |Doornbos |Elzinga |Franken |Groeneveld |Heijmans |Ide |Jurgens |Kamphuis |Leenders
    |Mertens
    |Nauta |Oudshoorn |Pietersma |Rademaker |Sluiter |Tielemans |Uittenbogaard |Verstegen |Wijnen |Zandbergen
    van_der|Ploeg van_'t|Hek in_'t|Groen op_den|Velde ter|Avest ten|Broeke van_den|Bosch de|Roos de|Bie de|Goede
    van|Ommen bij_de|Vaate von|Bergen |Kılıç |Aslan |Çakır |Özdemir |Bulut |Yavuz |El_Khattabi |Ben_Haddou |Oulad_Ali
    |Azzouzi |Zaoui |Kwiatkowski |Wieczorek |Grabowska |Sikora |Bielecki |Ramcharan |Soerdjan |Brandon |Wijdenbosch
    |Karijopawiro |Hiemstra |Ypma |Faber |Rinsma |Gómez |Muñiz de|Almeida dos|Reis |Leclercq |Noël |Strauß |Köhler
    |Håkansson |Bæk |O'Sullivan |McCarthy |Peters-de_Groot |Van_Loon-Vos |Stam |Bosch |Wind |Bron |Klaver |Keijzer
    |Valk |Nagel |Poort |Steen |Wals |Kroon |Duin |Nguyen |Zhao |Kim |Gill |Rahimi |Haile |Mensah |Abdi
    """
)

SINGLE_TITLES = lines(
    """
    Nakijken presentatie {n}
    Logboekje van {n}
    {n} + {m} klusjes tuin
    voortgangsgesprek {n} (ouders + mentor)
    Pechcijfer {n}?
    Reflectieverslag – {n}
    {g} eigen taak
    {g} boek
    H5 ZS Nask {n} uitstel
    observatie {n}, 1e ronde
    Trajectplan {n}
    Rekenmuurtje {n}
    {n} doet toets op vrijdag
    Weekplan groepje {n}
    Foto's diploma {n}
    Ontwikkelingsperspectief {n} (concept)
    Luisteren met {n}
    FO {n} / leren leren
    toelatingstest {n}
    Proefles {n} & {m}
    Verkeersexamen inhaalmoment {n}
    SE Du mondeling 09:20 {n}
    tweede kans: {n}
    Map van {n}
    Bovenschools overleg inz. {n}
    Herkansers: {n}, {m}
    Beoordelingsformulier stage {n}
    Schrijfopdracht {n} v2
    huiswerkklas {n}
    leerkuil {n}
    S.O. H2 ({n} en {m} apart)
    Warme overdracht {n}
    onderzoekje {n}
    Brugklasweekend: slaapt bij {n}
    Feedback {n}
    mail thuis {n}
    PvA {n} maart
    Dossier-{n}
    Kindgesprek {n} 2x
    Cadeautje voor {n}
    {n} (LWOO) aangepast
    """
)
STAFF_TITLES = lines(
    """
    groep 8b {t}/{t}
    Klas 2D - {f}
    sc {f} 5v
    Extra uur {f}
    Project burgerschap {f}
    Brons 1F rekenen {f}
    V6 Natuurkunde {f}
    schoonschrift bij juf {t}
    Practicum sk {f}
    h4a.netl.{f}
    uur 5 {f} lok 023
    studie-uur mw {f}
    Atelier meester {t}
    Theater mevr. {f}
    kleuters juf {t} ochtend
    Rekenspecialist: {f}
    Werkplaats van {t}
    Handvaardigheid {f} A/B-week
    mentor {f} 1C
    Sport dhr {f}
    Lezen bij {t}
    Tl3 Engels van mevrouw {f}
    """
)
SINGLE_PROSE = lines(
    """
    Ik ben trots op {n}, want de klok is nu helemaal geautomatiseerd.
    {n} kwam vanmorgen verdrietig binnen en heeft even bij mij gezeten.
    Nog niet alles af; {n} rondt dit thuis af.
    In de kring vertelde {n} honderduit over Turkije.
    {n} vraagt soms te snel om hulp.
    Sterk gedaan dit keer {n}, vooral de inleiding.
    Volgende week bespreek ik de resultaten met {n} zelf.
    Tafelgroep: {n}, {m} en twee nieuwe kinderen.
    Geen idee waarom {n} dit fout had.
    top hoor {n}! je inzet is geweldig
    bij {n} thuis is het onrustig
    Ouders bezorgd. {n} slaapt weinig.
    Het cijfer van {n} klopt niet, graag aanpassen.
    {g} handschrift is verzorgd.
    dit kan {n} beter dan {m}
    Gebruikt spiekbrief van {n}?
    Zou {n} een keer kunnen bijspijkeren?
    Prachtige zinnen, {n}. Let wel op hoofdletters.
    Naast {n} gezet vanwege drukte
    Heeft samen met {n} gespiekt, toets ongeldig.
    {n} 6,5 {m} 7,0
    Wacht op reactie van de ouders van {n}
    Kom je morgen even langs, {n}?
    lieve {n}, wat een feest om dit te lezen
    {n} zit beter in haar vel
    Sinds de scheiding trekt {n} zich terug.
    De fiets van {n} is gestolen
    hoe {n} dit aanpakt is knap
    Net als {m} heeft {n} extra tijd gekregen
    Overgenomen van {n}, dus 1,0
    I really liked your story, {n}!
    Bravo {n}, belle présentation
    Juf {t} belt vrijdag terug.
    Afspraak verzet door mevrouw {f}
    Volgens {t} is dit niveau M5
    Zie mail {f} van 3 maart
    Inschatting van {f}: havo/vwo
    {p} spijbelde het zevende uur
    Waarschuwing gegeven aan {p}
    door {t} en {f} samen nagekeken
    """
)
CLEAN_TITLES = lines(
    """
    Toetsrooster juni
    Joy to the world
    Lot van de vluchteling
    Harm en schade: juridisch Engels
    V6 PWS voortgang
    Examenbundel oefenen CSE 2024-I
    Schrijfopdracht betoog v2
    Rekenblok 7: schaal en verhouding
    Zaken van Zwijsen
    Ik zie de zon (gedicht)
    Storm des levens
    Door de storm heen, leesboek
    Stormvloed 1953
    Roos en doorn, spreekwoorden
    In de roos!
    Kompasroos tekenen
    Rozenkrans
    De amberkleurige vlag
    Kruidenierswaren bij de bakker om de hoek
    Bakken en braden
    Warme bakker, koude bakker
    Visser van Ma Yuan
    Vissersdorp Urk
    Een kok aan het woord
    Kok en ober: beroepsoriëntatie
    Postkantoor spelen
    Postzegels en enveloppen
    Post-impressionisme
    Een prins op het witte paard
    Prinsjesdag
    De kikkerkoning
    Koning voor een dag
    Koningsdag spelletjes
    Schipper naast God
    Scheepvaart: schipper en stuurman
    Mol, das en konijn: gangen graven
    Smeden en smelten
    Heide en vennen
    Op de hei
    Bergen van Europa
    De berg op, de berg af
    Groene Hart en Randstad
    Bruine bonen
    Grote en kleine bloedsomloop
    Wind en water, H1
    Wind mee, wind tegen
    De bron van de Nijl
    Bronnenonderzoek
    Klaver vier (kansspel)
    De valk en de muis
    Nagels met koppen
    Een steen in de vijver
    Van steen tot brons
    Kroon op je werk
    De kroon van Willem
    Duin, strand, zee
    Duinen en kustlijn
    Kim-blaadjes kern 6
    De poort van Constantinopel
    Robinia en esdoorn
    Roodborst en merel
    Roodborstje tikt
    Vloer, plafond, muur
    Op de vloer: 2e verdieping
    Stella Artois? Reclame analyseren
    Lente in het bos
    Lentepoezie
    Welke lente?
    Joods verzet: Anne Frank Huis
    Brief aan Kitty
    Hansje Brinker legende
    Kinderen voor Kinderen dans
    Week van het griezelboek
    Peter Pan, musical
    Tom Poes
    Frank en vrij (debat)
    Bassleutel en vioolsleutel
    Basisregels boekhouden
    Thomas van Aquino
    De bende van Olivier B. Bommel
    Zeven goede jaren
    Goede Vrijdag
    Nataliteit en mortaliteit
    Erik of het klein insectenboek
    Kim en Trump: wereldpolitiek
    Maria en het kindje
    Stelling van Stokes
    Wet van Snellius
    Wet van Faraday
    Bernoulli en kansen
    Van der Waalsbinding
    Sint Eustatius en Saba
    Sint-Michielsgestel fietsroute
    Den Helder en Texel
    Van Dale opzoeken
    Van den Ende musical
    Groep 6 ontdekt
    Kidsweek quiz
    Bareka toets 4
    Levelwerk pluskring
    Flits en Dia taal
    Taalverhaal thema 7
    Junior Einstein toets
    Muiswerk spelling
    Malmberg oefentoets
    Karakter thema 2
    Blink wereld
    Semsom kleuters
    Of Course! 2 vwo unit 4
    Chapitre 5 grammaire
    Kapitel 9 Wortschatz
    Unidad 3 vocabulario
    lectio 8 woordjes
    hw donderdag 3e
    Rapportcijfer gym
    Creatief circuit
    Herhalingsles redactiesommen
    """
)
FULL_TEXTS = lines(
    """
    Mondeling {x} 10:40
    {x} heeft een 6 gehaald
    Kluisnr 114 {x}
    Toestemming fotogebruik ({x})
    Afwezig gemeld: {x}
    PWS: {x} over windenergie
    Naar decaan, {x}
    zorgteam {x}/ouders
    groepje van {x}
    Mail aan {x} verstuurd
    Van {x} ontvangen
    Vriendje: {x}
    """
)

TUNED_TOO = Material(
    given=GIVEN,
    common_family=COMMON_FAMILY,
    rare_family=RARE_FAMILY,
    single_titles=SINGLE_TITLES,
    staff_titles=STAFF_TITLES,
    single_prose=SINGLE_PROSE,
    clean_titles=CLEAN_TITLES,
    full_texts=FULL_TEXTS,
)
