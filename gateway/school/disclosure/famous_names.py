"""Well-known people and books of school, whose names are nobody's of the class. Folded.

They spare single names only: a full name of somebody of the board is found whatever stands here.
"""

from __future__ import annotations

from typing import Final

from gateway.school.disclosure.ordinary_words import word_set

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
    reinaert de vos | maan roos vis | roos maan vis | mei juni | april mei | mei en juni | april en mei |
    jan van eyck | jan vermeer | jan luyken | jan wolkers | jan jans en de kinderen | jan en alleman | jan
    rap | jan modaal
    | jan salie | jan pieterszoon coen | jan de witt | cornelis de witt | hugo claus | victor hugo | oscar
    wilde | mark
    twain | mark rutte | philip glass | philips glas | leo vroman | leo tolstoj | thea beckman | tonke
    dragt | imme dros |
    paul biegel | guus kuijer | joke van leeuwen | jacques vriens | francine oomen | anke de vries | max
    velthuijs | max
    planck | max verstappen | dick bruna | dick laan | pim pandoer | pim pam pet |
    kuifje en bobbie | tom poes | tom en jerry | tom thumb | klein duimpje | hans brinker | hans christian
    andersen | hans
    kazan | hans klok | sara en abraham | abraham en sara | noach en de ark | job en zijn vrienden | jakob
    en rachel |
    david copperfield | daniel defoe | robinson crusoe | jules verne | jane austen | jane eyre | emily
    bronte | charlotte
    bronte | virginia woolf | george orwell | george washington | john lennon | john locke | john
    steinbeck |
    john f kennedy | bob dylan | bob marley | michael jackson | elvis presley | johann sebastian bach |
    johann
    strauss | joseph haydn | frank sinatra | billie holiday | louis armstrong | louis braille | louis
    pasteur | louis
    couperus | simon vestdijk | simon stevin | simon bolivar | antoni van leeuwenhoek | christiaan huygens
    | jacob cats |
    jacob van maerlant | gerard reve | willem frederik hermans | willem elsschot | willem barentsz |
    willem drees | willem
    wilmink | toon hermans | toon tellegen | herman van veen | herman koch | lucas van leyden | karel
    appel | karel
    marx | karl marx | adam smith | thomas edison | thomas hobbes | thomas more | thomas mann | thomas de
    trein | nikola
    tesla | ada lovelace | alan turing | alexander fleming | alexander graham bell | niels bohr | neil
    armstrong | amelia
    earhart | florence nightingale | coco chanel | frida kahlo | andy warhol | leonardo da vinci | claude
    monet | edgar
    allan poe | edgar degas | pablo picasso | keith haring | pieter stuyvesant | pieter langendijk |
    sophie scholl | sophie
    s world | alex rider | percy jackson | mary shelley | mary poppins | mary stuart | bridget jones |
    forrest gump | emil
    en zijn detectives | mees kees | bas en lies | lies en bas | boer boris | kees en ko | kikker en eend
    | beer en wezel |
    vos en haas | lieve lotte | oom wim | tante sidonia | bert en ernie | ernie en bert | sint joris |
    sint pieter | sint
    antonius | sint lucia | sint lucas | sint anna | santa maria | santa lucia | santa claus | san marino
    | san jose | san
    salvador | el salvador | jan huygen | berend botje | vader jacob | hansje pansje | do you | to do | do
    s and don ts | do
    s en don ts | job interview | job application | job description | jet lag | jet stream | jet d eau |
    art deco | art
    nouveau | bill of rights | will smith | april fools | may day | joy division | new hope | rose garden
    | summer school |
    fleur de lis | bel air | sol lewitt | robin en batman | batman en robin | ivo de wijs | els borst |
    hella haasse | annie
    lennox | ella fitzgerald | nina simone | amy winehouse | stevie wonder | emma watson | anna karenina |
    anna enquist |
    anna bijns | maria magdalena | maria stuart | maria theresia | maria van bourgondie | margaretha van
    parma | filips de
    goede | filips ii | lodewijk napoleon | lodewijk xiv | jacoba van beieren | floris en blancefloer |
    tristan en isolde |
    orpheus en eurydice | philemon en baucis | daedalus en icarus | romulus en remus | tijl uilenspiegel |
    sander en sanne |
    good job | great job | ot en sien | piet piraat | robert boyle | robert hooke | robert schuman |
    maria en het kind | maria en het kindje | heilige maria | brief aan kitty | olivier b bommel |
    heer bommel | erik of het klein insectenboek | stella artois | frank en vrij | gitaar en bas | drum en
    bas | tenor en bas | alt en bas | beer is op vlinder | isa power | sint en
    piet | sinterklaas en piet | sint piet | piet en sint | nova scheikunde | nova natuurkunde | nova nask
    | kim versie | jan piet en klaas | wo do | di do | do
    vr | ma do | di en do | wo en do | do en vr
    """

NOT_NAMES_TOGETHER: Final = tuple(tuple(phrase.split()) for phrase in _PHRASES.split("|"))
"""Well-known people and titles: the words of such a phrase are no single names there."""
