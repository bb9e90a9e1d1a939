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

RIVERS: Final = word_set("maas rijn waal schelde ijssel vecht linge amstel eem dommel")
"""Rivers have an article or a list around them: "de Maas", "Maas en Waal"."""

THEME_WORDS: Final = (
    MONTH_WORDS
    | RIVERS
    | word_set(
        """
    # days, seasons, feasts, weather
    valentijn valentijnsdag
    maandag dinsdag woensdag donderdag vrijdag zaterdag zondag lente voorjaar zomer herfst najaar winter
    kerst pasen pinksteren carnaval sint sinterklaas pieten advent vakantie feest dag nacht ochtend morgen
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
)

PLACE_WORDS: Final = word_set(
    """
    roma asia china england holland brabant zeeland vlaanderen duitsland belgie nederland europa afrika
    azie amerika rome athene londen parijs berlijn brussel antwerpen gent brugge amsterdam rotterdam
    utrecht groningen drenthe gelderland overijssel flevoland limburg friesland delft leiden gouda breda
    tilburg eindhoven arnhem nijmegen zwolle alkmaar edam texel urk maastricht london york
    ireland brooklyn denver houston phoenix alexandria virginia adelaide haarlem luxemburg engeland
    frankrijk spanje italie portugal schotland
    denemarken noorwegen zweden finland polen rusland turkije marokko suriname indonesie egypte
    griekenland deventer zutphen apeldoorn almere lelystad hilversum roermond helmond waalwijk dordrecht
    zoetermeer vlaardingen middelburg vlissingen terneuzen assen hoogeveen harlingen drachten almelo
    enschede doetinchem wageningen valkenburg purmerend volendam beverwijk zandvoort katwijk noordwijk
    fries
    """
)
"""Towns and regions that are family names: "kaart van Utrecht" is not about Jan van Utrecht."""

NAMES_FIRST: Final = word_set(
    """
    piet harm trees sun max rosa iris jasmijn merel linde madelief roos mees bas ton ed jo an art will bill dean lot joy
    hope faith grace
    rose puk kit ko mo lux bo el em ad pol mark job jet floor amber robin ruby jade luna nova kim guy rob
    jack tom tim
    river ocean sky dawn ivy lily daisy violet olive pearl crystal eve jazz kick stella vera chris ward
    mason wil
    """
)
"""Given names that are words as well, but seldom of titles: where nothing says "word" they are the person."""

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
    werd worden wordt the und von elke anders
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
    bakker kuiper kramer smid slager visser boer molenaar timmerman schilder schipper schippers brouwer
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
    piet harm trees sun max rosa iris jasmijn linde madelief mees merel roos
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
    # words that are seldom thought of as family names
    woord rol persoon winkel winkels middel baan kennis burgemeester vlak schade praat kost bus advocaat
    woning
    baas merk spoor uitslag blik fase kamp kampen tip pop banken plant planten haast ramp harder tempel
    ras keus boel
    stelling knop klap bond schot avontuur monster dwars spits vleugels weerstand streng buurman schakel
    kap kabel
    lever lek griep gok schijf schijven duim bloot konijn lijst touw touwen lens sap stapel pap borg lof
    dorst
    kraan buit vlug vlot koel koele kappen zomers kaak hut glorie dek vlek plak pit nota rus pomp mouw
    mouwen kater
    planken knip fontein smal waterval schimmel stijf poel los lip stip helling worm stout klep krap stuit
    kuip kuil
    voogd turk schets mosterd lap klop schotel duiker zwager tolk slik struik dop moor tap boomgaard stek
    ballast
    reus reuzen knoppen ploegen zomertijd patrijs stoker trap trappen heg wolken sluiter hengel hengels
    """
    )
    | NAMES_FIRST
)
"""Everything that is a word as well as a name; includes the themes and the subjects."""
