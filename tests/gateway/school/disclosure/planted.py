"""A made-up board with planted names, for measuring the scrubber. Seeded; nobody here exists.

The name lists are written apart from the scrubber's lists of words. About one given name in ten and one
family name in four is an ordinary word as well, as in a real Dutch school.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.school.disclosure.free_text import TextKind
from gateway.school.disclosure.names import NameIndex, PersonName

_GIVEN = """
Noah Luca Lucas Mees Finn James Milan Levi Sem Daan Noud Luuk Adam Sam Liam Bram Mason Benjamin Boaz
Siem Guus Morris Olivier Thomas Teun Gijs Max Lars Hugo Stijn Floris Thijs Jesse Tijn Jens Ruben Julian
Mats Vince Jayden Jan Kees Pieter Willem Hendrik Mohammed Yusuf Ibrahim Amir Ali Ömer Emir Kerem Çağan
Bilal Ayoub Zakaria Ilyas Rayan Youssef Emma Julia Mila Sophie Olivia Yara Saar Nora Tess Noor Milou
Sara Liv Zoë Evi Anna Lotte Fenna Elin Lynn Maud Eva Nina Roos Fleur Floor Lieke Sanne Femke Britt Isa
Feline Julie Hailey Lina Jasmijn Sterre Linde Merel Iris Fien Loïs Anouk Maëlle Chloé Renée Fatima Aisha
Zeynep Elif Meryem Nisa Hira Şevval Gülsüm İrem Işıl Amina Salma Hafsa Zaynab Priya Storm Mei Bo Jo Li
Wei Xin Sky Joy Hope Faith Wolf Beer Lente Frans Ad Ties Pim Job Bas Tom Rein Mark Joost Wouter
Anne-Fleur Jan-Willem Marie-Claire Jan-Peter Lisa-Marie Pieter-Jan Eva-Lotte Emma-Sophie D'Angelo
Jean-Luc Sean Kayleigh Shanice Jaylinn Quinty Dewi Ratna Raj Kwame Kofi Abena Nguyen Minh Thi Oleksandr
Olena Jakub Zuzanna Łukasz Małgorzata Bjørn Åsa Søren Jürgen Käthe Günther Dmytro Nadia Selin Deniz Can
Efe Berat Yağız
"""
GIVEN = _GIVEN.split()
COMPOUND_GIVEN = ["Marie Louise", "Anna Sophia", "Jan Pieter", "Mohamed Amin", "Fatma Nur", "Lisa Marie"]
_FAMILY = """
|Jansen |Janssen de|Vries van_den|Berg van|Dijk |Bakker |Visser |Smit |Meijer de|Boer |Mulder de|Groot
|Bos |Vos |Peters |Hendriks van|Leeuwen |Dekker |Brouwer de|Wit |Dijkstra |Smits de|Graaf van_der|Meer
|Kok |Jacobs de|Haan |Vermeulen van_den|Heuvel van_der|Veen van_den|Broek de|Bruijn van_der|Heijden
|Schouten van|Beek |Willems van|Vliet van_de|Ven |Hoekstra |Maas |Verhoeven |Koster van|Dam |Prins |Blom
|Huisman |Peeters de|Jong |Kuipers van|Veen |Kramer van|Wijk |Postma |Martens |Vink |Groen van|Loon
|Bosman de|Lange |Schipper |Kuiper |Timmermans |Gerritsen |Jonker |Koning de|Koning |Post |Hermans
van_der|Wal |Wolters de|Leeuw |Mol |Evers 't|Hart in_'t|Veld op_den|Kamp ten|Brink ter|Horst |Yılmaz
|Kaya |Demir |Şahin |Öztürk |Çelik |Aydın |Doğan |Arslan |El_Idrissi |Bouazza |Benali |El_Amrani
|Ait_Ouahmane |Chen |Wang |Liu |Nguyen |Tran |Singh |Sharma |Pinas |Doorson |Kartosen |Soekarno
|Matulessy |Pattiwael |Kowalski |Nowak |Wiśniewska |Müller |Schröder |Größl |Sørensen |García |Muñoz
|Gonçalves da|Silva dos|Santos |O'Neill |D'Souza |Jansen-Bakker |Smit-de_Vries |Zijlstra |Hofstra
|Wiersma |Feenstra |Bruinsma |Terpstra |Kooistra |Vlaming |Roelofs |Hartman |Zandstra |Oosterhuis
|Nieuwenhuis |Hoogland |Verbeek |Verhagen |Vermeer |Verstraten |Kersten |Geurts |Driessen
"""
FAMILY = _FAMILY.split()

TITLES = (
    """
Wiskunde A H3|Rekenen groep 6|Toets hoofdstuk 4|Spelling blok 3 week 2|Thema: het bos en de dieren
Project Water en lucht
Begrijpend lezen niveau 2|Mei toetsweek|Toetsweek mei 2026|De boer en zijn dieren|Lente in de klas
Storm op zee
Kleur groen en geel|De roos en de doorn|Frans 3 havo|Toets Frans hoofdstuk 2|Engels woordjes unit 5
Eindtoets juni
Proefwerk ecologie|De gouden eeuw|Koning Willem I|Het dagboek van Anne Frank|Romeo en Julia
Jip en Janneke leesboek
Dictee 12 mei|Tafels van 7|Breuken en procenten|Werkstuk over vogels|Spreekbeurt dieren|Verkeersexamen
Sinterklaasgedicht
Kerstmusical|Groep 8 musical|Klas 2B mentorles|4 vwo biologie cluster 2|Economie domein D|PO geschiedenis
SE periode 2
Herkansing SE 3|Natuurkunde practicum licht|Scheikunde zuren en basen|Topo Nederland
Hoofdsteden van Europa|Groep 7/8 gym
De bakker om de hoek|Een vos in het bos|Ridders en kastelen|Vissen en vogels|Op het land van de boer
Het jonge dier
Van graan tot brood|De lange weg|Kleine en grote getallen|Wit licht en kleuren|Zon, maan en sterren
Winterslaap
Blok 5 les 3 meten|Meetkunde max 20 punten|Open dag|Studievaardigheden|Woordenschat thema markt
Handschrift hoofdletters
Boekbespreking|Leesverslag 1|Gedichten schrijven|Muziek: ritme en maat|Tekenen met houtskool
Drama en dans|Schoolreis
Kunst en cultuur|Maatschappijleer media|Debat klimaat|Engels listening test|Duits Kapitel 3|Latijn pensum
Rekentoets 3F
Groep geel instructie|Team blauw|Weektaak 14|Dagtaak dinsdag|Ster rekenen|Bas en melodie|Cito M6
Dyslexiescreening
Zwemles|Project de zee|Thema lente|Thema herfst|Wereldoriëntatie: de berg|Boom en blad
De wolf en de zeven geitjes
Kikker en pad|Sparen bij de bank|Mijn huis|De jager en de prooi|Lied van de maand|Vriendschap
Pesten en plagen|EHBO
TOETS HOOFDSTUK 5|REKENEN MEI|HERKANSING FRANS|Toets Over De Zee|Het Bos In|Werkblad Kleine Getallen
De Groene Draad
""".replace("\n", "|")
    .strip("|")
    .split("|")
)

PROSE = (
    """
Goed gewerkt deze week.|Let op de spelling van de persoonsvorm.|Inleveren voor 12 mei, met bronnen.
Prima gedaan!
De toets is goed gemaakt, volgende keer netter schrijven.
Lees eerst hoofdstuk 3 en maak daarna opdracht 4 tot en met 9.
Heeft moeite met de tafels, oefent thuis.|Werkt rustig en zelfstandig.
Mooie presentatie over het bos en de dieren.
""".replace("\n", "|")
    .strip("|")
    .split("|")
)

SINGLE_TITLES = (
    """
Begeleiding {n}|RT {n}|Groepje {n}|Bijles {n} dinsdag|Toets inhalen {n}|Extra rekenen ({n})|Werk van {n}
Plan voor {n}
Gesprek {n} en ouders|Herkansing {n}|Leesgroep {n} en {m}|Maatwerk {n}|Klusjes met {n}|Mentorgroep {n}
Inhaaltoets {n}
Handelingsplan {n}|{n}: extra uitleg|{n} inhalen|Groep {n}|Overleg over {n}|Verslag {n}
Toets hoofdstuk 3 ({n})|Taken {n}
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
STAFF_TITLES = (
    """
Groep 5 juf {n}|Klas meester {n}|Wiskunde bij {n}|3B mentor {n}|Groep 7 meneer {f}|Stamgroep mevrouw {f}
Klas dhr. {f}
2A docent {f}|Groep 3 juf {n} en juf {m}|H4 wi mevr. {f}|Gym {f}|Klas van {n}|Groep {f}
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
SINGLE_PROSE = (
    """
Goed gedaan {n}!|goed gedaan {n}!|{n} heeft hard gewerkt.|Met {n} besproken dat het netter kan.
top {n}, ga zo door
Vandaag was {n} ziek.|{n} en {m} werkten samen.|{n} kan dit al goed|Fijn gewerkt, {n}.
Ik heb {n} geholpen met de som.
Hoi {n}, kijk nog even naar som 3.|{n}, let op je spelling|Samen met {n} gemaakt|volgens {n} was het makkelijk
Het werk van {n} was netjes.|Vraag het aan {n}|{n}'s presentatie was mooi|{n} moet som 4 nog maken
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
FULL_TEXTS = (
    """
Begeleiding {x}|{x}|Overleg {x} en IB|Toets inhalen: {x}|Goed gedaan {x}!|Besproken met {x}.
{x} heeft hard gewerkt
Verslag van {x} (groep 6)|Groep 5 - {x}|Afgenomen bij {x}, 10 juni|moeder van {x} gebeld|{x} toets 3
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


@dataclass(frozen=True, slots=True)
class Person:
    given: str
    family: str
    particle: str

    @property
    def full(self) -> str:
        return " ".join(part for part in (self.given, self.particle, self.family) if part)

    @property
    def surname(self) -> str:
        return f"{self.particle} {self.family}".strip()


@dataclass(frozen=True, slots=True)
class Planted:
    """A text, the class it belongs to, and the words that must not be left in it."""

    text: str
    members: Sequence[int]
    kind: TextKind
    gone: tuple[str, ...] = ()


class PlantedBoard:
    """A board of pupils and teachers in classes of 25, with texts."""

    def __init__(
        self, seed: int, *, pupils: int = 6_000, given: Sequence[str] = (), family: Sequence[str] = ()
    ) -> None:
        self.random = random.Random(seed)
        self._given = list(given) or [*GIVEN, *COMPOUND_GIVEN]
        self._family = list(family) or FAMILY
        # A few names are frequent and many are rare.
        self._given_weights = [1 / (1 + place % 40) + 0.1 for place in range(len(self._given))]
        self._family_weights = [1 / (1 + place / 6) + 0.1 for place in range(len(self._family))]
        self.people = [self._person() for _ in range(pupils + pupils // 15)]
        self.index = NameIndex()
        for number, person in enumerate(self.people):
            fields = {"givenName": person.given}
            if number % 2:
                fields |= {"familyName": person.surname}
            else:
                fields |= {"familyName": person.family, "middleName": person.particle}
            self.index.add(
                number, PersonName.of_user(fields), [f"ll{number:06d}", f"{number}@school.example"]
            )
        staff = list(range(pupils, len(self.people)))
        order = list(range(pupils))
        self.random.shuffle(order)
        self.classes = [
            [*order[first : first + 25], *self.random.sample(staff, 2)] for first in range(0, pupils, 25)
        ]

    def _person(self) -> Person:
        given = self.random.choices(self._given, self._given_weights)[0]
        particle, _, family = self.random.choices(self._family, self._family_weights)[0].rpartition("|")
        return Person(given, family.replace("_", " "), particle.replace("_", " "))

    def _class(self) -> list[int]:
        return self.random.choice(self.classes)

    def clean_titles(self, count: int) -> Iterator[Planted]:
        for _ in range(count):
            yield Planted(self.random.choice(TITLES), self._class(), TextKind.TITLE)

    def single_names(self, count: int) -> Iterator[Planted]:
        """A given name of a pupil or teacher, or the family name of a teacher, in a title or comment."""
        for _ in range(count):
            members = self._class()
            pupil, other, teacher = (
                self.people[p] for p in (*self.random.sample(members[:25], 2), members[-1])
            )
            shape = self.random.random()
            if shape < 0.45:
                template, person, kind = self.random.choice(SINGLE_TITLES), pupil, TextKind.TITLE
            elif shape < 0.6:
                template, person, kind = self.random.choice(STAFF_TITLES), teacher, TextKind.TITLE
            else:
                template, person, kind = self.random.choice(SINGLE_PROSE), pupil, TextKind.PROSE
            gone = [person.family if "{f}" in template else person.given]
            if "{m}" in template:
                gone.append(other.given)
            text = template.format(n=person.given, m=other.given, f=person.surname)
            yield Planted(self._spelt(text, kind), members, kind, tuple(gone))

    def _spelt(self, text: str, kind: TextKind) -> str:
        chance = self.random.random()
        if kind is TextKind.PROSE and chance < 0.2:
            return text.lower()
        if chance < 0.03:
            return text.upper()
        if chance < 0.1:
            return (
                text.replace("é", "e").replace("ë", "e").replace("ï", "i").replace("ü", "u").replace("ö", "o")
            )
        return text

    def full_names(self, count: int) -> Iterator[Planted]:
        """The full name of anyone of the board, in anyone's class, in the spellings of school life."""
        for _ in range(count):
            person = self.random.choice(self.people)
            template = self.random.choice(FULL_TEXTS)
            kind = self.random.choice(list(TextKind))
            text = template.format(x=self._full(person))
            yield Planted(text, self._class(), kind, (person.given, person.family))

    def _full(self, person: Person) -> str:
        short = "".join(f"{word[0]}." for word in person.particle.replace("'", "").split())
        tail = f" {person.particle}" if person.particle else ""
        spellings = [
            person.full, person.full, person.full,
            f"{person.surname}, {person.given}", f"{person.family}, {person.given}{tail}",
            f"{person.given} {short} {person.family}" if short else person.full,
            f"{person.given} {person.family}", person.full.upper(), person.full.lower(),
            person.full.replace(" ", "_"), person.full.replace(" ", "  "), person.full.replace(" ", "\n"),
            person.full.replace("-", "\u2011").replace("'", "\u2019"), person.full.replace(" ", "\u00a0"),
            f"{person.given} J. {person.surname}",
        ]  # fmt: skip
        return self.random.choice(spellings)
