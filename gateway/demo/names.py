"""Dutch names as a school has them, so that what hides names is tried on names that are hard to hide.

Made up by combining two lists. In them on purpose: particles, diacritics, given names with a usual call
name, Frisian, Turkish, Moroccan, Surinamese and Polish names in about the shares of a Dutch town, and
family and given names that are also words of the language ("Mei", "Roos", "Groen", "Bakker", "Kok").
"""

from __future__ import annotations

import random  # noqa: TID251 (seeded: made-up people, no secrets)
import unicodedata
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class GivenName:
    """One given name."""

    text: str
    sex: str
    """`female` or `male`, the words of OneRoster."""
    call: str = ""
    """Roepnaam, where it is another one."""


@dataclass(frozen=True, slots=True)
class PersonName:
    """The name of one person."""

    given: str
    family: str
    """With its particle, as OneRoster has no field for it: `van den Berg`."""
    particle: str
    call: str
    sex: str

    @property
    def full(self) -> str:
        return f"{self.given} {self.family}"


_FEMALE: Final = {
    "nl": "Emma Julia Mila Tess Sophie Zoë Sara Nora Yara Eva Liv Lotte Saar Lisa Evi Noor Anna Fleur "
    "Roos Maud Isa Lynn Elin Fenna Sofie Olivia Nina Lieke Maria=Mieke Vera Milou Amy Charlotte "
    "Hanna Bo Juul Loïs Chloë Danique Marloes Anouk Esmée Renée Merel Linde Iris Jasmijn "
    "Madelief Wilhelmina=Willemijn Catharina=Trijn Elisabeth=Liesbeth Johanna=Jo Mei Bloem June",
    "fy": "Femke Jildou Silke Nynke Froukje Baukje Sietske Tjitske Wietske Hiske",
    "tr": "Elif Zeynep Ayşe Defne Ecrin Büşra Gülsüm Çağla Şeyma Nisa",
    "ma": "Fatima Yasmina Amina Salma Hafsa Imane Naima Soumaya Ikram Khadija",
    "sr": "Shanti Naomi Chanel Shanice Jaïra Radha Priya Rowena Gaitrie Anjali",
    "pl": "Zofia Maja Zuzanna Oliwia Małgorzata=Gosia Agnieszka Kinga",
}
_MALE: Final = {
    "nl": "Noah Liam Lucas Sem Daan Finn Luuk Levi James Milan Bram Mees Thomas Sam Thijs Jesse Lars "
    "Ruben Gijs Max Daniël André Björn Tijn Guus Hidde Teun Stijn Cas Olivier Siem Jan Piet Kees "
    "Joost Pim Floris Boaz Mats Job Raphaël Michaël Joël Niels Jan-Willem Storm River "
    "Johannes=Hans Wilhelmus=Wim Cornelis=Cor Antonius=Ton Hendrikus=Rik Gerardus=Gerard",
    "fy": "Sjoerd Jelle Douwe Wiebe Tjeerd Sybren Hessel Rients Jorrit Fedde",
    "tr": "Emir Yusuf Kerem Ömer Çınar Efe Barış Gökhan Uğur Mert",
    "ma": "Mohamed=Mo Ayoub Bilal Anas Zakaria Ilyas Soufiane Hamza Rachid Youssef",
    "sr": "Jayden Dwayne Ravi Winston Rishi Clyde Vinod Anil Humberto Sherwin",
    "pl": "Jakub Szymon Łukasz Paweł Mikołaj Stanisław=Staś Wojciech",
}
_FAMILY: Final = {
    "nl": "de Jong|Jansen|de Vries|van den Berg|van Dijk|Bakker|Janssen|Visser|Smit|Meijer|de Boer|"
    "Mulder|de Groot|Bos|Vos|Peters|Hendriks|van Leeuwen|Dekker|Brouwer|de Wit|Dijkman|Smits|"
    "de Graaf|van der Meer|van der Linden|Kok|Jacobs|de Haan|Vermeulen|van den Heuvel|"
    "van der Veen|van den Broek|de Bruijn|van der Heijden|Schouten|van Beek|Willems|van Vliet|"
    "van de Ven|Hoekman|Maas|Verhoeven|Koster|van Dam|van der Wal|Prins|Blom|Huisman|Peeters|"
    "de Jonge|Kuipers|van Veen|Post|Kuiper|Veenman|Kramer|van den Brink|Scholten|van Wijk|Postma|"
    "Martens|Vink|de Ruiter|Timmermans|Groen|Gerritsen|Jonker|van Loon|Boer|van der Velde|"
    "Willemsen|Smeets|de Lange|de Vos|van Dongen|Schipper|de Koning|van der Laan|Koning|"
    "van der Velden|Driessen|van Doorn|Hermans|Evers|van den Bosch|van der Meulen|Hofman|Bosman|"
    "Wolters|Sanders|van der Horst|Mol|Kuijpers|Molenaar|van de Pol|de Leeuw|Verbeek|Mei|Roos|"
    "Storm|Zomer|Winter|de Winter|Lente|Maandag|Zondag|Klein|de Kleine|Lang|Kort|Wit|Zwart|"
    "de Rooij|Rood|Goud|Pot|Kip|Haas|de Beer|Vogel|Appel|Boom|Bloem|Berg|Toets|Boek|Les|Punt|"
    "Keizer|Paus|van 't Hof|van 't Hoff|in 't Veld|'t Hart|ten Brink|ten Cate|ten Have|ter Horst|"
    "ter Braak|te Velde|op den Akker|op de Beek|aan de Stegge|uit den Bogaard|van de Wetering|"
    "van der Ploeg|van der Schaaf|von Mansfeld|de la Rie|d'Hont|Van der Kooij|Bakker-Smit|"
    "de Vries-Jansen|Nijhof|Wesseling|Oude Luttikhuis|Groot Zevert|Cornelissen|van Es|van As|Bos|"
    "Sels|Vroom|Knap|de Goede|Sterk|Wijs|Vrolijk|Best",
    "fy": "Hoekstra|Dijkstra|Hofstra|Wiersma|Postma|Boersma|Zijlstra|Terpstra|Bouma|Sikkema|Veenstra|"
    "Jellema|Miedema|Bergsma|Wijngaarden|Kooistra|Hiemstra|Feenstra|Reitsma|Algra|Ypma|Wagenaar",
    "tr": "Yılmaz|Kaya|Demir|Çelik|Şahin|Özdemir|Yıldız|Öztürk|Aydın|Arslan|Doğan|Kılıç|Çetin|Koç|Kurt|Güneş",
    "ma": "El Amrani|Bouali|Ben Ali|El Idrissi|Aït Ouali|El Khattabi|Bakkali|Chaoui|Haddou|Ouchan|"
    "El Yousfi|Benali|Saïdi|Azzouzi|Tahiri|Amrani",
    "sr": "Ramdin|Sewpersad|Jagessar|Pinas|Kartosen|Bhagwandas|Doekhi|Ramautar|Landveld|Wijntuin|"
    "Soekhai|Kromosoeto|Biharie|Vrede|Blijd|Goedhart",
    "pl": "Kowalski|Nowak|Wiśniewska|Wójcik|Kamiński|Zieliński|Szymański|Woźniak|Dąbrowska|Król",
}
_SHARES: Final = {"nl": 70, "fy": 7, "tr": 7, "ma": 8, "sr": 5, "pl": 3}
_PARTICLES: Final = frozenset(
    "van de der den ten ter te 't in op aan uit von la d' Van Oude Groot El Ben Aït".split()
)
_FOLDED: Final = str.maketrans({"ł": "l", "Ł": "L", "ı": "i", "İ": "I", "ø": "o", "ß": "ss", "đ": "d"})


def _given(words: str, sex: str) -> tuple[GivenName, ...]:
    pairs = (word.partition("=") for word in words.split())
    return tuple(GivenName(text, sex, call) for text, _, call in pairs)


_GIVEN: Final = {
    origin: _given(_FEMALE[origin], "female") + _given(_MALE[origin], "male") for origin in _SHARES
}
_FAMILIES: Final = {origin: tuple(_FAMILY[origin].split("|")) for origin in _SHARES}
GIVEN_NAMES: Final = tuple(name for names in _GIVEN.values() for name in names)
FAMILY_NAMES: Final = tuple(dict.fromkeys(name for names in _FAMILIES.values() for name in names))


def particle_of(family: str) -> str:
    """What stands before the family name proper: `van den` of `van den Berg`, empty where there is none."""
    words = family.split(" ")
    count = 0
    while count < len(words) - 1 and words[count] in _PARTICLES:
        count += 1
    return " ".join(words[:count])


def draw_family(dice: random.Random) -> tuple[str, str]:
    """Origin and family name of a household."""
    origin = dice.choices(tuple(_SHARES), weights=tuple(_SHARES.values()))[0]
    return origin, dice.choice(_FAMILIES[origin])


def draw_name(dice: random.Random, household: tuple[str, str] | None = None) -> PersonName:
    """A name; of that household where one is given. One in eight given names is of another origin."""
    origin, family = household or draw_family(dice)
    pool = _GIVEN[origin] if dice.random() < 0.875 else GIVEN_NAMES
    given = dice.choice(pool)
    return named(given.text, family, sex=given.sex, call=given.call)


def named(given: str, family: str, *, sex: str, call: str = "") -> PersonName:
    """A name that a scene needs to be exactly this one."""
    return PersonName(given=given, family=family, particle=particle_of(family), call=call, sex=sex)


def ascii_letters(text: str) -> str:
    """Lower case without diacritics, spaces and signs: as user names are made."""
    plain = unicodedata.normalize("NFD", text.translate(_FOLDED)).lower()
    return "".join(character for character in plain if character.isascii() and character.isalnum())
