"""Titles of lessons and tests and remarks about results, as Dutch teachers type them.

Two uses. The titles name nobody, though many hold words that are names as well (May, Rose, Baker, Storm):
what hides names must leave them alone. The remarks do name people, in the ways in which teachers do: alone,
in full, in capitals, possessive, abbreviated, beside a telephone number; each comes with what was planted
in it, so that what is found can be counted.
"""

from __future__ import annotations

import random  # noqa: TID251 (seeded: made-up people, no secrets)
from dataclasses import dataclass
from typing import Final

from gateway.demo.names import PersonName

_SUMS: Final = (
    "breuken procenten kommagetallen verhoudingen klokkijken geld meten oppervlakte inhoud grafieken tafels "
    "staartdelen hoofdrekenen schatten vermenigvuldigen negatieve-getallen machten coördinaten"
).split()
_SPELLING: Final = (
    "open lettergreep|gesloten lettergreep|ei of ij|au of ou|verkleinwoorden|leenwoorden|trema|apostrof|"
    "werkwoorden tegenwoordige tijd|voltooid deelwoord|stofnamen|samenstellingen"
).split("|")
_MONTHS: Final = "januari februari maart april mei juni september oktober november december".split()
_SEASONS: Final = "lente zomer herfst winter".split()
_SUBJECTS: Final = (
    "aardrijkskunde geschiedenis natuur techniek Engels Frans Duits biologie scheikunde natuurkunde muziek "
    "tekenen gym verkeer burgerschap economie wiskunde"
).split()

LOOKALIKES: Final = (
    "Mei-toets rekenen",
    "Meitoets begrijpend lezen",
    "Bakker Bram en de taart",
    "Groene boekje hoofdstuk 2",
    "De bakker en de slager: beroepen",
    "Visser op zee: begrijpend lezen",
    "Storm op komst, tekst 3",
    "Weerbericht: storm, mist en hagel",
    "De groene draak, hoofdstuk 4",
    "Kleuren: rood, groen, wit en zwart",
    "Roos en distel: bloemen in de berm",
    "maan roos vis, kern 1",
    "Kern 3: doos poes koek ijs",
    "Bloem, blad en stengel",
    "Moederdag: wit als een lelie",
    "De koning en de jonge prins",
    "Koning Willem I en de grondwet",
    "Prins, prinses en kikker",
    "De oude molen en de molenaar",
    "Timmerman en smid: oude beroepen",
    "Kok in de keuken: recept lezen",
    "De kuiper maakt een vat",
    "Vogels: mees, vink en merel",
    "De merel zingt in mei",
    "Vos en haas spreekbeurt",
    "De wolf, de vos en de haas",
    "Haas en schildpad, fabel",
    "De beer is los",
    "Het kleine meisje met de zwavelstokjes",
    "Lange en korte klanken",
    "Kort dictee week 6",
    "Punt, komma en vraagteken",
    "Werkstuk over de zondag in Nederland",
    "Dagen van de week: maandag tot en met zondag",
    "Planten: de iris en de tulp",
    "Jasmijn, lavendel en andere geuren",
    "Het madeliefje onder de loep",
    "Linde, eik en beuk herkennen",
    "Rivieren: Maas, Waal en IJssel",
    "De Maas en de Rijn",
    "River Deep: luisterliedje Engels",
    "June, July and August: the months",
    "May I come in? Engels unit 2",
    "Will you or won't you: future tense",
    "Max en maximum: functies",
    "Grafiek: max. en min. aflezen",
    "De post: brief en adres",
    "Job application letter",
    "Bo en Bas, leesboekje 2 (uitgave school)",
    "Anna's dagboek: Tweede Wereldoorlog",
    "Het Achterhuis, fragment 1",
    "Koning Arthur en de ridders",
    "Rembrandt en de Gouden Eeuw",
    "De Gouden Eeuw: goud en specerijen",
    "Napoleon en de Franse tijd",
    "Floris V en de kastelen",
    "Karel de Grote",
    "Sint Maarten: lampionnen",
    "Sinterklaasrijm maken",
    "Pim-pam-pet woordenschat",
    "Van der Waalskrachten",
    "Wet van Ohm practicum",
    "Stelling van Pythagoras",
    "Wet van Newton, toets 1",
    "Driehoek van Pascal",
    "Schaal van Richter",
    "Graden Celsius en Fahrenheit",
    "De eik en het riet",
    "Sterk en zwak werkwoord",
    "Sterke verhalen schrijven",
    "Goed, beter, best: trappen van vergelijking",
    "Wijs en dwaas: spreekwoorden",
    "Vrolijk Kerstfeest: woordzoeker",
    "Vrede en recht, hoofdstuk 1",
    "Boom, roos, vis, vuur",
    "Appel en peer: verhoudingen",
    "Het weer in de winter",
    "Zomer- en wintertijd",
    "Lente: bol en knol",
    "Kip of ei? Onderzoekend leren",
    "Pot, pan, lepel: woordenschat NT2",
    "Het hart en de bloedsomloop",
    "'t Kofschip oefenen",
    "Ter plekke of te allen tijde: vaste uitdrukkingen",
    "Ten tijde van de Romeinen",
    "De jacht: boot of jagen? Homoniemen",
    "Keizer Augustus en zijn rijk",
    "Paus en keizer in de Middeleeuwen",
    "Schipper mag ik overvaren",
    "De kramer op de markt, tekst 7",
    "De ruiter en het paard",
    "Dekker of afdekken: werkwoordspelling",
    "Brouwen en bakken: gist",
    "Smit of smid? Eindletters",
    "Boer zoekt vouw: meetkunde",
    "Berg en dal: hoogtelijnen",
    "Bos, heide en duin",
    "De bos en het bos: lidwoorden",
    "Veen en klei, hoofdstuk 3",
    "Dam, dijk en polder",
    "Dijk en duin: kustverdediging",
    "Kaart lezen: Jura en Alpen",
    "Sara en Abraham: verjaardagen en cijfers",
    "Adam en Eva in de kunst",
    "Noach en de ark: tekst 2",
    "Job en zijn vrienden, levensbeschouwing",
    "Thomas de trein, leesdictee",
    "Jip en Janneke voorleesboek",
    "Pluk van de Petteflet, hoofdstuk 5",
    "Kruistocht in spijkerbroek: boekverslag",
    "Dik Trom, begrijpend luisteren",
)
"""Titles that name no pupil and hold words that are also given or family names, or famous people."""


def _catalogue() -> tuple[str, ...]:
    titles = list(LOOKALIKES)
    for number, topic in enumerate(_SUMS, start=1):
        plain = topic.replace("-", " ")
        titles += [
            f"Toets blok {number % 9 + 1} {plain}",
            f"Rekenen {plain} les {number}",
            f"Weektaak {plain}",
        ]
        titles += [f"Herhaling {plain} (blok {number % 9 + 1})", f"{plain.capitalize()}: plustaak"]
    for number, rule in enumerate(_SPELLING, start=1):
        titles += [f"Werkwoordspelling week {number + 9}", f"Spelling thema {number}: {rule}"]
        titles += [f"Dictee {rule}", f"Spelling {rule}, signaaldictee {number}"]
    for number, month in enumerate(_MONTHS, start=1):
        titles += [f"Leestoets {month}", f"Woordenschat {month} {number}", f"Boekbespreking {month}"]
        titles += [f"Planning {month}", f"Huiswerk week {number * 4} ({month})"]
    for season in _SEASONS:
        titles += [f"Thema {season}", f"Natuur in de {season}", f"{season.capitalize()}rapport lezen"]
    for number, subject in enumerate(_SUBJECTS, start=1):
        titles += [f"SO {subject} H{number % 7 + 1}", f"Proefwerk {subject} hoofdstuk {number % 8 + 1}"]
        titles += [f"Werkstuk {subject}", f"{subject.capitalize()} PTA periode {number % 4 + 1}"]
        titles += [f"Herkansing {subject}", f"Presentatie {subject} (groepswerk)"]
    return tuple(dict.fromkeys(titles))


TITLES: Final = _catalogue()
"""Several hundred titles, each once, in a fixed order."""

DESCRIPTIONS: Final = (
    "Zie methode, toets aan het eind van het blok.",
    "Kladpapier mag, rekenmachine niet.",
    "Wie klaar is, pakt een boek.",
    "In tweetallen, inleveren voor vrijdag.",
    "Normering volgens de handleiding.",
)

PLAIN_REMARKS: Final = (
    "Goed gewerkt!",
    "Let op de breuken en op netjes schrijven.",
    "Volgende keer de vraag eerst helemaal lezen.",
    "Mooi resultaat, ga zo door.",
    "In mei herkansen.",
    "De toets is op een groene kaart gemaakt.",
    "Nog moeite met de lange en korte klank.",
    "Had meer tijd nodig, dat is goed.",
    "Sterk in hoofdrekenen, zwak in meten.",
    "Ziek tijdens de toets, ingehaald op maandag.",
    "Werkt rustig en wijs.",
    "Storm in een glas water: één foutje.",
)

NAMING_REMARKS: Final = (
    "{single} heeft hard gewerkt.",
    "Werkte samen met {single}.",
    "{single} en {other} hebben dezelfde fouten; samen gemaakt?",
    "{possessive} werk is netter dan vorige keer.",
    "Heel goed, {single}!",
    "Afgesproken met {full}: morgen inhalen.",
    "{full} zat naast {otherfull}.",
    "Gesprek gehad met de moeder van {single}.",
    "{upper} MOET NOG INLEVEREN",
    "let op: {lower} was ziek",
    "Besproken met {teacher}.",
    "({single}) zie ook de map van {other}",
    "{single}: 7, {other}: 6",
    "Juf {teacher} heeft {single} geholpen.",
    "Bellen met thuis: {phone}",
    "Mail naar {mail} gestuurd over {single}.",
    "{initial} {family} heeft de toets apart gemaakt.",
    "Na de ruzie met {single} ging het beter.",
)


NAMING_TITLES: Final = (
    "Inhaaltoets {single}",
    "Herkansing {full}",
    "{possessive} spreekbeurt",
    "Extra opdracht voor {single} (breuken)",
    "Leesgroepje {single} week 6",
    "Toets blok 4 {teacher}",
    "{upper} - AANGEPASTE TOETS",
)


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark or title, and what in it tells who somebody is."""

    text: str
    singles: tuple[str, ...] = ()
    """Given or family names that stand alone, spelled as in the text."""
    fulls: tuple[str, ...] = ()
    """Full names, spelled as in the text."""
    numbers: tuple[str, ...] = ()
    """Telephone numbers and mail addresses."""


def possessive(name: str) -> str:
    """`Sem` owns `Sems` things, `Zoë` `Zoë's`, `Lars` `Lars'`."""
    if name.lower().endswith(("s", "x", "z", "ş", "š")):
        return f"{name}'"
    return f"{name}'s" if name[-1].lower() in "aiouyáóúéë" else f"{name}s"


def remark(
    dice: random.Random,
    *,
    pupil: PersonName,
    classmate: PersonName,
    teacher: PersonName,
    phone: str,
    mail: str,
) -> Remark:
    """A remark about a result; four in ten name nobody."""
    if dice.random() < 0.4:
        return Remark(dice.choice(PLAIN_REMARKS))
    one, other = (pupil, classmate) if dice.random() < 0.6 else (classmate, pupil)
    words = _words(one, other, teacher) | {"phone": phone, "mail": mail}
    return _filled(dice.choice(NAMING_REMARKS), words)


def title(dice: random.Random, *, pupil: PersonName, teacher: PersonName) -> Remark:
    """A title of a line item; one in twelve names somebody."""
    if dice.random() >= 1 / 12:
        return Remark(dice.choice(TITLES))
    return _filled(dice.choice(NAMING_TITLES), _words(pupil, pupil, teacher))


def _words(one: PersonName, other: PersonName, teacher: PersonName) -> dict[str, str]:
    # Many are called by their call name, also by the teacher.
    single = one.call or one.given
    return {
        "single": single,
        "other": other.call or other.given,
        "possessive": possessive(single),
        "full": one.full,
        "otherfull": other.full,
        "upper": single.upper(),
        "lower": single.lower(),
        "teacher": teacher.given,
        "initial": f"{one.given[0]}.",
        "family": one.family,
    }


def _filled(template: str, words: dict[str, str]) -> Remark:
    used = [slot for slot in words if "{" + slot + "}" in template]

    def texts(*slots: str) -> tuple[str, ...]:
        return tuple(words[slot] for slot in used if slot in slots)

    return Remark(
        template.format(**words),
        singles=texts("single", "other", "possessive", "upper", "lower", "teacher", "family"),
        fulls=texts("full", "otherfull"),
        numbers=texts("phone", "mail"),
    )
