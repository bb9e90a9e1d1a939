"""Words that are names of people and also ordinary words in the titles and comments of Dutch schools.

A single word of these lists counts as a name only with further evidence (`scrub`). The lists hold folded
words. They steer single names only: a full name or a unique identifier is found whatever stands here.

Stored nowhere; a board adds its own words in its settings.
"""

from __future__ import annotations

from typing import Final


def word_set(text: str) -> frozenset[str]:
    """Words of a list with comment lines."""
    return frozenset(
        word for line in text.splitlines() if not line.lstrip().startswith("#") for word in line.split()
    )


MONTH_WORDS: Final = word_set(
    """
    januari februari maart april mei juni juli augustus september oktober november december feb mrt apr
    aug sept okt nov dec january february march may june july august october
    """
)

SUBJECT_WORDS: Final = word_set(
    """
    frans engels duits nederlands spaans latijn grieks fries turks arabisch chinees italiaans russisch pools
    deens zweeds noors rekenen taal lezen spelling wiskunde biologie natuurkunde scheikunde aardrijkskunde
    geschiedenis economie muziek kunst tekenen gym gymnastiek sport techniek drama dans handvaardigheid
    godsdienst levensbeschouwing filosofie informatica maatschappijleer verkeer schrijven topo topografie
    begrijpend technisch wereldorientatie art maths math english french german spanish history science
    physics music nask mens zorg welzijn bio natuur ckv kcv lo bv bsm anw pws tl gl bb kb
    """
)

THEME_WORDS: Final = MONTH_WORDS | word_set(
    """
    # days, seasons, feasts, weather
    maandag dinsdag woensdag donderdag vrijdag zaterdag zondag lente voorjaar zomer herfst najaar winter
    kerst pasen pinksteren carnaval sint sinterklaas piet advent vakantie feest dag nacht ochtend morgen
    middag avond storm wind regen sneeuw hagel vorst dauw mist zon zonne maan ster hemel wolk weer
    zonneschijn donder bliksem vuur ijs
    # colours, materials, directions
    rood blauw geel groen wit zwart bruin paars oranje roze grijs goud zilver brons koper ijzer staal steen
    diamant parel robijn saffier smaragd koraal kristal marmer hout glas noord zuid oost
    west
    # land and water
    bos berg heuvel dal veld velden akker weide wei beek rivier zee meer plas sloot gracht dijk dam brug
    eiland strand duin heide hei moeras veen ven polder kust haven kade wal water bron vijver boom bomen
    tuin park natuur aarde wereld grond land woud brink es kamp hof horst donk laar broek goor waard zand
    klei rots grot wad zijl
    # animals
    leeuw beer wolf vos haas hert hond kat poes muis rat mol egel das otter bever paard veulen koe kalf os
    stier schaap lam bok geit ram zwijn varken kip haan hen kuiken eend gans zwaan uil valk arend havik
    adelaar kraai raaf vink spreeuw mus lijster zwaluw leeuwerik kievit reiger ooievaar duif
    pauw fazant specht ekster gaai mug vlieg bij wesp hommel vlinder spin mier tor kever krekel slak kikker
    pad slang draak tijger panter olifant aap giraf vis haring snoek baars zalm karper paling kreeft walvis
    dolfijn haai zeehond wulp
    # plants
    rozen lelie tulp viool anemoon margriet klaproos vergeetmijniet hyacint
    narcis krokus dahlia eik beuk berk els wilg olm den spar esdoorn kastanje hazelaar
    olijf laurier palm bloem bloemen blad bladeren tak wortel zaad gras mos riet klimop klaver hulst vlier
    doorn netel distel braam aardbei appel peer pruim kers perzik citroen sinaasappel noot ui prei kool boon
    erwt peper zout suiker honing saffraan rozemarijn tijm salie basilicum munt lavendel
    """
)

PLACE_WORDS: Final = word_set(
    """
    roma asia china england holland brabant zeeland vlaanderen duitsland belgie nederland europa afrika
    azie amerika rome athene londen parijs berlijn brussel antwerpen gent brugge amsterdam rotterdam
    utrecht groningen drenthe gelderland overijssel flevoland limburg friesland delft leiden gouda breda
    tilburg eindhoven arnhem nijmegen zwolle alkmaar edam texel urk maastricht london york
    ireland brooklyn denver houston phoenix alexandria virginia adelaide maas rijn waal schelde ijssel
    vecht linge amstel eem dommel haarlem luxemburg engeland frankrijk spanje italie portugal schotland
    denemarken noorwegen zweden finland polen rusland turkije marokko suriname indonesie egypte
    griekenland deventer zutphen apeldoorn almere lelystad hilversum roermond helmond waalwijk dordrecht
    zoetermeer vlaardingen middelburg vlissingen terneuzen assen hoogeveen harlingen drachten almelo
    enschede doetinchem wageningen valkenburg purmerend volendam beverwijk zandvoort katwijk noordwijk
    fries
    """
)
"""Towns, regions and rivers that are family names: "kaart van Utrecht" is not about Jan van Utrecht."""

FUNCTION_WORDS: Final = word_set(
    """
    van de der den het te ter in op om aan bij met voor door na uit over onder tot tussen als dan dat die
    dit deze wie wat waar wel niet nooit altijd soms vaak veel weinig meer minder al alle alles iets niets
    niemand iemand ander andere zelf samen alleen ook nog maar want dus en of ja nee nou nu toen hier daar
    ergens zo zoals ik jij je u hij zij ze we wij jullie hun hen ons onze mijn jouw zijn haar ben bent is
    was waren wil wilt wou kan kun kunt mag moet moest zal zou heb hebt heeft had doe doet deed ga gaat ging
    kom komt kwam zit zat sta staat lig ligt loop loopt geef geeft gaf neem neemt nam zie ziet zag weet wist
    kent kijk kijkt lees leest las schrijf maak maakt speel speelt hoor hoort vind vindt vond blijf blijft
    bleef houd houdt hield leg legt sla slaat vraag vraagt zeg zegt zei denk denkt dacht laat liet lach
    lacht kies kiest bid bidt rust rusten dien dienen mis mist pas past ruim ruimt stap stel stelt til tilt
    tel telt trek trekt trap val valt veeg vang vangt vul vult win wint zoek zoekt zorg zorgt ken min
    per
    werd worden wordt the und von
    """
)
"""Words that sentences cannot do without: a person only where a title, an initial or a greeting says so."""

ORDINARY_WORDS: Final = (
    THEME_WORDS
    | SUBJECT_WORDS
    | FUNCTION_WORDS
    | PLACE_WORDS
    | word_set(
        """
    # trades and stations, most of them family names
    bakker smid slager visser boer molenaar timmerman schilder schipper schippers brouwer
    kok wever wevers snijder snijders koopman schoenmaker metselaar
    schaper herder jager jagers voerman koster meester meesters schout burger burgers
    keizer koning koningin prins prinses graaf hertog ridder baron heer heren dame vrouw man mannen
    knecht bode wachter ruiter soldaat kapitein schutter zeeman
    waterman tuinman postman
    tapper drukker schrijver lezer zanger speelman dokter barbier leraar schoolmeester leerling
    student bisschop paus pastoor monnik non priester pater abt deken kardinaal domine glazenmaker
    ketelaar kolenbrander pottenbakker pannenkoek stoker brander spinner
    volder verver kleermaker pelser ververs kaars zegers kruier trommel fluit hoorn harp bas alt tenor cello
    trom
    # qualities
    groot grote klein kleine lang lange kort korte dik dikke dun dunne hoog hoge laag lage oud oude jong
    jonge nieuw nieuwe goed goede slecht best beste mooi mooie lief lieve zoet zoete zuur bitter warm koud
    heet rijk rijke arm vroom wijs wijze slim dom sterk sterke zwak snel snelle traag stil stille luid
    vrolijk blij blijde droef droog nat hard zacht zachte recht rechte krom kromme rond ronde plat scherp
    stomp vol volle leeg open dicht vrij vrije trouw trouwe waar ware echt echte fijn fijne grof ruw glad
    schoon schone vuil vals eerlijk dapper moedig flink fris helder licht donker bont bonte kaal ruig
    reine puur simpel enkel dubbel half heel hele heilig zalig edel vet mager gezond ziek moe wakker bang
    boos kwaad tof top super gaaf leuk knap netjes prima perfect zwaar makkelijk moeilijk laat late vroeg
    eerste tweede derde vierde laatste volgende vorige linker rechter boven beneden midden
    # things, house, food, body
    huis kerk toren kasteel burcht poort muur hek deur raam dak zolder kelder kamer keuken stoel tafel bank
    bed kast klok kaart boek blad brief pen potlood krijt bord schrift map tas bal spel bel ring ketting
    kroon hoed pet mantel jas broek rok hemd schoen laars klomp sok kous riem knoop naald draad wiel kar
    wagen koets schip boot bark anker zeil mast roer net hamer bijl zaag spade schop hark zeis ploeg sikkel
    mes schaar lepel vork pan pot ketel kan kruik fles kop beker schaal korf mand ton vat zak zakken kist
    brood kaas boter melk meel koren graan rogge tarwe haver gerst bier wijn ei eieren soep vlees spek
    worst koek taart brok korst hart hand voet hoofd oog oor neus mond tand baard haar been knie rug borst
    vinger vuist bol knol kluit stok staf paal balk plank spijker nagel haak slot sleutel spiegel lamp
    kaars toorts fakkel vlam vonk rook as kool turf stro hooi molen mole markt straat weg steeg laan
    plein pad hoek kant zijde eind einde rand punt kruis ster vlag schild zwaard speer boog pijl helm lans
    steek slag strijd vrede oorlog geluk vreugde hoop liefde geloof faith hope joy grace genade zegen deugd
    eer roem kracht macht moed geest ziel droom slaap leven dood tijd uur week jaar eeuw engel engelen god
    duivel reus dwerg elf fee heks tover toverij sprook verhaal lied zang stem klank toon noot muzikant
    # numbers, measures, school
    een twee drie vier vijf zes zeven acht negen tien elf twaalf honderd duizend helft kwart maat meter
    liter gram max min plus keer deel som ten test toets les lessen klas groep school leer leren werk
    werken taak opdracht cijfer punt punten niveau rapport blok hoofdstuk thema project periode rooster
    mentor docent team kring unit huiswerk spreekbeurt werkstuk presentatie oefening dictee proef proefwerk
    examen overhoring verslag inleveren herkansing
    # more words that are family names here or there
    landen witte haag brand branden kosten lijn lijnen oosten westen noorden zuiden leek arts artsen
    bergen wensen wens hoeven hoeve vroege zaal nek grand massa broeders broeder sprong sprongen ham
    schrik room kale hak hakken oever kas kassen stralen straal kerkhof hoes pol winters lier schenk
    gratie spier spieren linden velde rek loep schakelaar scheer stichter kolen worden wordt won
    gewonnen nieuwenhuis huizen dorpen steden bossen velden akkers weiden rivieren meren bruggen
    dammen sluizen sluis wegen straten muren poorten torens kerken kloosters klooster kapel altaar
    kruisen graf graven grafiek gravin wapen wapens helmen pijlen bogen schilden zwaarden bakkers
    slagers vissers boeren smeden wevers brouwers koks herders jagers molens molenaars ridders
    koningen prinsen keizers vossen beren wolven hazen herten leeuwen mollen vissen vogels vogel
    kraaien duiven zwanen ganzen eenden hanen hennen bijen mieren spinnen appels peren pruimen
    kersen noten bonen erwten wortels tulpen lelies bomen eiken beuken berken elzen wilgen takken
    stammen stam wortelen hamers zagen spijkers nagels schoenen jassen hoeden mutsen muts kleed
    kleden laken lakens kussen kussens dekens dekenkist glazen potten pannen ketels borden messen
    lepels bekers manden korf korven tonnen vaten zakje emmer emmers bak bakken trog grote lange
    korte jonge oude nieuwe kleine rijke arme wijze goede zachte harde sterke zwarte blauwe groene
    gele rode grijze bruine gouden zilveren eerste tweede derde achtste laatste enige overige
    verschillende bijzondere algemene eigen vaste losse vrijdagmiddag begin einde midden boven onder
    achter voor naast links rechts hoger lager groter kleiner langer korter halve hele dubbele
    enkele gehele ronde vierkante rechte schuine steile vlakke platte bolle holle boekje boeken
    boekenkast brieven kaarten platen plaat prent prenten beeld beelden doek doeken verf verven
    kwast kwasten krijtje klank klanken liedje liederen toon tonen snaar snaren trommels fluiten
    harpen hoorns klokken bellen stap stappen sprint loop lopen rennen springen klimmen zwemmen
    duiken varen vaart vaarten vliegen vlucht vluchten rijden rit ritten denker denkers dichter
    dichters schrijvers zanger zangers spelers speler dansers danser reiziger reizigers zoeker
    zoekers vinder vinders wandelaar wandelaars loper lopers drager dragers bouwer bouwers bouw
    bouwen maker makers dekkers metselaars timmerlieden leraren meesters juffen scholieren
    leerlingen studenten kinderen jongens meisjes mensen mannen vrouwen bries orkaan tornado bui
    buien donderdag vloed eb golf golven stroom stromen bron bronnen beken beekjes schatten schat
    munten munt penning penningen daalder stuiver gulden guldens euro euros cent centen kern kernen
    deel delen helften stuk stukken rest resten reeks reeksen rij rijen kring kringen cirkel cirkels
    lust lusten rusteloos vrees angst zorgen smart pijn ziekte ziekten koorts wond wonden kuur
    genezing troost geduld eer trots gemak gebrek nood noden plicht plichten recht rechten wet
    wetten straf straffen boete overwinning nederlaag strijden slagen veldslag beleg leger legers
    vloot vloten admiraal generaal majoor sergeant schoon schoonheid reinheid wasser wassen bleek
    bleker pruimers snoep snoepje taarten broodje beschuit muisjes verstand begrip inzicht leren
    kennen weten kunnen willen mogen moeten zullen zouden durven pet petten pak pakken pakket riemen
    gordel gordels knopen haken ogen oren neuzen tanden handen voeten benen armen
    # words that are given names elsewhere
    max rosa iris jasmijn linde madelief mees merel roos
    can do will bill art sky dean lot
    maat mus puk kit
    wolf pluk max pen ad an be bas ton ed el em do ro
    lux nine one ally my hoe long king young page major prince stone rose summer autumn sunny
    happy lucky star angel india
    hoorn
    post geld bode pass pet loon prijs koers rente winst schuld last lasten huur pacht tol
    tiende stad dorp buurt wijk gemeente provincie rijk staat volk kind kinderen jongen jongens meisje
    meisjes baby vader moeder opa oma oom tante broer zus neef nicht gast gasten buur buren vriend vrienden
    vijand held helden dief schurk gek zot snaak schalk spook kaal bult pruik snor kuif krul lok vlecht
    strik lint kant zijde wol katoen linnen leer bont vacht veer veren vleugel staart poot klauw bek snavel
    nest hol kooi stal schuur hok wei tijd pauze start stop finale basis bonus extra info code link media
    video film foto beeld scherm muis toetsenbord net web site blog chat mail poll quiz game level team club
    sport fit yoga judo zwem zwemmen bal voetbal hockey tennis turn turnen dans ballet ski skate
    """
    )
)
"""Everything that is a word as well as a name; includes the themes and the subjects."""

HONORIFICS: Final = word_set(
    """
    juf juffrouw juffie juffen meester meneer mijnheer mevrouw mevr mw dhr heer mr mrs ms miss sir dr drs ir
    ing prof docent docente leraar lerares leerkracht mentor mentrix coach tutor begeleider begeleidster
    stagiair stagiaire ib rter onderwijsassistent assistent invaller invalster vervanger leerling pupil
    broer broertje zus zusje zusjes broertjes moeder vader mama papa ouder ouders opa oma oom tante
    verzorger verzorgers voogd vriend vriendin collega duo maatje buddy teamleider conrector rector
    directeur afdelingsleider decaan orthopedagoog
    """
)
"""Words right before a name of a person."""

SUPPORT_CUES: Final = word_set(
    """
    begeleiding bijles rt ondersteuning coaching mentorgroep mentorklas mentoruur stamgroep stamklas
    tutorgroep groepje inhalen inhaal gesprek kindgesprek oudergesprek handelingsplan ontwikkelplan opp
    dossier bespreking leerlingbespreking observatie logboek portfolio afspraak afspraken maatwerk
    arrangement remedial logopedie fysio ergo dyslexie plusklas individueel apart ziek afwezig herkansing
    verlenging inhaaltoets verlengd hulp klusjes namens volgens aldus
    logo mentorgesprek taalhulp rekenhulp klassikaal nabespreking
    """
)
"""Words after which a person is named, in titles too."""

ADDRESS_CUES: Final = word_set(
    """
    hee heey beste hoi hallo dag hey hai hi dear lieve gefeliciteerd bravo bedankt dankjewel dank sorry
    succes gedaan
    gewerkt complimenten compliment welkom groetjes groeten groet wat goed goedzo hulde proficiat chapeau
    topper kanjer held vooruit kom zeg ja nee zo top super knap netjes prima mooi fijn leuk jammer geoefend
    bezig gelukt verbeterd werk hoor gemaakt geleerd gelezen gerekend opgelet gescoord meegedaan
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
    zijn hebben hadden gingen maakten samen
    """
)
"""Verb forms right after a person as the subject."""

MONTH_ABBREVIATIONS: Final = frozenset({"jan", "jun", "jul", "sep", "sept", "mei"})
"""Abbreviated months that are given names: months only beside a number."""

COLOURS: Final = word_set("rood blauw geel groen wit zwart bruin paars oranje roze grijs goud zilver brons")

SUBJECT_CUES: Final = frozenset(
    {
        "bijles",
        "rt",
        "inhalen",
        "inhaal",
        "herkansing",
        "ondersteuning",
        "begeleiding",
        "hulp",
        "maatwerk",
        "plusklas",
        "inhaaltoets",
        "verlenging",
        "verlengd",
        "groepje",
        "arrangement",
        "coaching",
        "remedial",
    }
)
"""Words that stand before a subject of lessons as well as before a pupil: "bijles Frans"."""

GROUP_WORDS: Final = frozenset(
    {"groep", "team", "klas", "niveau", "kleur", "lijn", "route", "ronde", "tafel", "eiland"}
)
"""Words before a colour that names a group: "groep Groen" is nobody's."""

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
    thema project hoofdstuk blok les lessen lesson toets proefwerk kleur kleuren boek lied liedje
    verhaal tekst woord woorden woordenlijst woordenschat spelling werkblad module niveau periode week
    toetsweek maand kalender planning rooster dag seizoen dier dieren bloem vogel boom werkstuk spreekbeurt
    paragraaf unit deel level film gedicht kunstwerk knutselen excursie uitstapje expo presentatie route
    werk opdracht som sommen vak taal cluster fase ronde versie toernooi kleurgroep
    speurtocht knutselles tulpen collage proef
    """
)
"""Words after which a thing is named."""

ARTICLES: Final = frozenset(
    {
        "de",
        "het",
        "een",
        "t",
        "geen",
        "elke",
        "elk",
        "the",
        "a",
        "der",
        "das",
        "den",
        "la",
        "le",
        "el",
        "un",
        "una",
    }
)

WORK_CUES: Final = word_set(
    "toets opdracht werk werkblad presentatie werkstuk spreekbeurt versie proefwerk week deel module"
)
"""Of `THEME_CUES` those that may as well stand before whose work it is."""

DETERMINERS: Final = word_set(
    """
    de het een t den der des geen elk elke ieder iedere dit dat deze die mijn jouw onze ons zijn haar hun
    welk welke veel meer minder the this that every alle beide eerste tweede derde vierde vijfde laatste
    nieuwe mooie grote kleine
    das la le el un una
    """
)
"""Words after which a noun stands, not a name."""

PREPOSITIONS: Final = word_set(
    """
    voor van door met bij aan naar tegen naast zonder for by with
    """
)
"""Words between an activity and a person; a Dutch noun would have its article here."""

RULER_WORDS: Final = word_set(
    """
    koning koningin prins prinses keizer keizerin graaf gravin hertog paus sint
    king queen prince princess
    """
)
"""Titles before a given name: "Prins Willem" is not the pupil Willem Prins."""

ROYAL_NAMES: Final = word_set(
    """
    willem alexander karel filips lodewijk maurits bernhard claus hendrik frederik amalia alexia ariane
    beatrix
    maxima juliana wilhelmina emma david salomo saul arthur floris jan johan george charles william
    harry elizabeth
    victoria nicolaas maarten maximiliaan napoleon augustus franciscus benedictus johannes paulus
    """
)
"""Given names that stand after a ruler's title in school books."""

RULERS_WITHOUT_NUMBER: Final = word_set(
    "arthur david salomo saul bernhard claus maurits boudewijn filip albert midas"
)
"""Of those the ones that books name without a number: "Koning Arthur"."""

_PHRASES: Final = """
    anne frank | romeo en julia | romeo and juliet | adam en eva | jip en janneke | max havelaar | willem
    van oranje | willem de zwijger | willem alexander | karel de grote | karel ende elegast | karel de
    stoute | floris de vijfde | floris v | jan van schaffelaar | jan steen | jan klaassen | jantje beton |
    johan cruijff | johannes vermeer | vincent van gogh | frans hals | piet mondriaan | michiel de ruyter |
    piet hein | zwarte piet | roodkapje en de wolf | hans en grietje | annie m g schmidt | annie mg schmidt
    | roald dahl | paul van loon | carry slee | jan terlouw | harry potter | dolfje weerwolfje | pippi
    langkous | pluk van de petteflet | kees de jongen | koning david | david en goliath | ark van noach |
    ark van noah | daniel in de leeuwenkuil | jona en de walvis | jozef en maria | maria en jozef | kaïn en
    abel | kain en abel | jakob en esau | ruth en naomi | mozes en aaron | koningin esther | martin luther
    king | nelson mandela | rosa parks | marie curie | albert einstein | isaac newton | charles darwin |
    pieter bruegel | peter pan | alice in wonderland | tom sawyer | oliver twist | robin hood | sint maarten
    | sint nicolaas | sint jan | don quichot | thomas van aquino | jeanne d arc | aletta jacobs | johan de
    witt | johan van oldenbarnevelt | hugo de groot | maria montessori | peter petersen | max en moritz |
    suske en wiske | bob en bobbie | bassie en adriaan | koning willem | koningin maxima | koningin beatrix
    | koningin wilhelmina | prinses amalia | sofie s wereld | de wereld van sofie | mariken van nieumeghen |
    reinaert de vos | maan roos vis | roos maan vis | mei juni | april mei | mei en juni | april en mei
    """

NOT_NAMES_TOGETHER: Final = tuple(tuple(phrase.split()) for phrase in _PHRASES.split("|"))
"""Well-known people and titles: the words of such a phrase are no single names there."""
