"""Aliases: what a vendor's screens call a person whose name it may not have ("Leerling K7Q5M2").

A standard requires names and user names that are not empty; a class on a screen needs pupils that can be told
apart.

Guarantees: an alias is drawn at random, never derived from name, identifier or pseudonym; allocated once per
(product, pseudonym); unique in the product; never used for another person. All codes of a product have one
length until a product has more than `_FULLEST` of the codes of that length: a length that grew with the first
refresh would tell two vendors who stands where in the school system's order.

Does not guarantee: that a teacher cannot learn whose alias it is; that is what the screens are for.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle, islice
from typing import Final

from sqlalchemy import Connection, Insert, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.errors import GatewayUnready
from gateway.roster.model import ProductId, Pseudonym, Subject
from gateway.school.backup.record import restores
from gateway.school.disclosure import alias_words
from gateway.school.disclosure.tables import alias_styles, aliases

# Letter, digit, letter, digit: no two letters stand together, so no code spells or abbreviates anything. No
# vowels, and neither of two characters that look alike (B 8, D 0 O, G 6, I 1 L, S 5, Z 2) or read as vowels
# (3, 4) is there with the other.
_LETTERS: Final = "CDFHJKMNPQRTVWX"
_DIGITS: Final = "256789"
_SHORTEST: Final = 6
_LONGEST: Final = 12
"""Six pairs, the most that a typed alias is read with; two draws of 10^3 codes of it meet once in 500,000 times."""
_FULLEST: Final = 8
"""A code length is left when one in this many codes is taken."""
_BATCH: Final = 1_000
_ROUNDS: Final = 25

GIVEN_NAMES: Final[Mapping[Subject, str]] = {
    Subject.PUPIL: "Leerling",
    Subject.STAFF: "Medewerker",
    Subject.GUARDIAN: "Ouder",
}
"""Given name of an alias. Part of what vendors hold: values never change."""

DEFAULT_EMAIL_DOMAIN: Final = "schuilnaam.invalid"
"""Reserved: mail to it reaches nobody. Source: RFC 2606."""

_ALIAS_TEXT: Final = re.compile(
    rf"(?:(?:leerling|medewerker|ouder)[\s\-]+)?((?:[{_LETTERS}][{_DIGITS}]){{3,6}})(?:@\S+)?", re.IGNORECASE
)


class Style(StrEnum):
    """How new aliases of a product look. Stored; values never change."""

    CODE = "code"
    WORDS = "words"
    """For pupils: "Blauwe Uil 12" (`alias_words`); staff and guardians can read a code."""


@dataclass(frozen=True, slots=True)
class Alias:
    """What one person is called at one product."""

    code: str
    """Unique in the product, upper case."""
    subject: Subject

    @property
    def words(self) -> str | None:
        """ "Blauwe Uil 12" where it is one of words."""
        return alias_words.words_of(self.code)

    @property
    def given_name(self) -> str:
        """The kind of person, in Dutch; or the words, because screens for young children show no more than this."""
        return self.words or GIVEN_NAMES[self.subject]

    @property
    def family_name(self) -> str:
        """The code; or, behind words, the kind of person."""
        return GIVEN_NAMES[self.subject] if self.words else self.code

    @property
    def user_name(self) -> str:
        """Lower case, without spaces."""
        if self.words is not None:
            return self.words.lower().replace(" ", "-")
        return f"{self.given_name}-{self.code}".lower()

    def email(self, domain: str = DEFAULT_EMAIL_DOMAIN) -> str:
        """An address at a reserved domain, for standards and products that require one."""
        return f"{self.user_name}@{domain}"


def allocate(
    connection: Connection,
    *,
    board_id: str,
    product: ProductId,
    people: Mapping[Pseudonym, Subject],
    now_ms: int,
) -> dict[Pseudonym, Alias]:
    """The aliases of people at a product, made for those who have none yet.

    Call it in a write transaction, with at most 1,000 people. Two refreshes at once give
    one person one alias.

    Raises:
        ValueError: more than 1,000 people, or a subject that has no alias.
        GatewayUnready: no free code was found (cannot happen before the longest codes run out).
    """
    if len(people) > _BATCH:
        raise ValueError("aliases are allocated for at most 1,000 people at a time")
    if not GIVEN_NAMES.keys() >= set(people.values()):
        raise ValueError("only people have aliases")
    codes = _codes_of(connection, board_id, product, people)
    # Sorted, so that two refreshes take their row locks in the same order.
    missing = sorted(people.keys() - codes.keys())
    length = digits = 0
    words = False
    if missing:
        taken = _taken(connection, board_id, product) + len(missing)
        # A code that was given out after a backup is unknown once that is restored: a length that was never used
        # before cannot hit it.
        restored = restores(connection, board_id=board_id)
        length = max(_length_for(taken), min(_length_for(taken) + 2 * restored, _LONGEST))
        words = style_of(connection, board_id=board_id, product=product) is Style.WORDS
        digits = max(_digits_for(taken), min(_digits_for(taken) + restored, alias_words.LONGEST))
    for _ in range(_ROUNDS):
        if not missing:
            return {pseudonym: Alias(codes[pseudonym], subject) for pseudonym, subject in people.items()}
        rows = [
            {
                "board_id": board_id,
                "product": product,
                "pseudonym": pseudonym,
                "code": alias_words.draw(digits)
                if words and people[pseudonym] is Subject.PUPIL
                else _draw(length),
                "allocated_at_ms": now_ms,
            }
            for pseudonym in missing
        ]
        # A row whose code is taken, or whose person another refresh has just given an alias, is left out.
        connection.execute(_insert_unless_taken(connection), rows)
        codes.update(_codes_of(connection, board_id, product, missing))
        missing = [pseudonym for pseudonym in missing if pseudonym not in codes]
    raise GatewayUnready(
        "No free alias was found.", code="aliases_exhausted", remedy="Report this as a defect."
    )


def imagine(
    connection: Connection, *, board_id: str, product: ProductId, people: Mapping[Pseudonym, Subject]
) -> dict[Pseudonym, Alias]:
    """As `allocate` would, and nothing is stored: a new alias is another one each time."""
    codes = _codes_of(connection, board_id, product, people)
    style = style_of(connection, board_id=board_id, product=product)
    return {
        pseudonym: Alias(codes[pseudonym], subject) if pseudonym in codes else unallocated(subject, style)
        for pseudonym, subject in people.items()
    }


def unallocated(subject: Subject, style: Style) -> Alias:
    """An alias as a product has them, for somebody who is made up: drawn, and kept nowhere."""
    words = style is Style.WORDS and subject is Subject.PUPIL
    return Alias(alias_words.draw(_digits_for(1)) if words else _draw(_SHORTEST), subject)


def pseudonyms_of(
    connection: Connection, *, board_id: str, product: ProductId, codes: Sequence[str]
) -> dict[str, Pseudonym]:
    """Whose the codes are, for relinking a file that holds aliases only; unknown codes are left out."""
    found: dict[str, Pseudonym] = {}
    for first in range(0, len(codes), _BATCH):
        rows = connection.execute(
            select(aliases.c.code, aliases.c.pseudonym).where(
                aliases.c.board_id == board_id,
                aliases.c.product == product,
                aliases.c.code.in_(codes[first : first + _BATCH]),
            )
        )
        found.update((row.code, Pseudonym(row.pseudonym)) for row in rows)
    return found


def code_in(text: str) -> str | None:
    """The code in "Leerling K7Q5M2", "k7q5m2", "leerling-k7q5m2" or an e-mail address of these; else None.

    Of words likewise: "Blauwe Uil 12" in whatever case, with or without the kind of person around it.
    """
    found = _ALIAS_TEXT.fullmatch(text.strip())
    return found.group(1).upper() if found else alias_words.code_in(text)


def style_of(connection: Connection, *, board_id: str, product: str) -> Style:
    """How new aliases of a product look."""
    found = connection.scalar(
        select(alias_styles.c.style).where(
            alias_styles.c.board_id == board_id, alias_styles.c.product == product
        )
    )
    return Style.CODE if found is None else Style(found)


def choose_style(
    connection: Connection, *, board_id: str, product: ProductId, style: Style, now_ms: int
) -> bool:
    """From now on new aliases look so; those that were given out stay. False when it was so already."""
    if style_of(connection, board_id=board_id, product=product) is style:
        return False
    key = (alias_styles.c.board_id == board_id, alias_styles.c.product == product)
    connection.execute(delete(alias_styles).where(*key))
    connection.execute(
        insert(alias_styles).values(
            board_id=board_id, product=product, style=style.value, chosen_at_ms=now_ms
        )
    )
    return True


def taken(connection: Connection, *, board_id: str, product: ProductId) -> int:
    """How many aliases a product was given."""
    return _taken(connection, board_id, product)


def _codes_of(
    connection: Connection, board_id: str, product: str, pseudonyms: Iterable[Pseudonym]
) -> dict[Pseudonym, str]:
    rows = connection.execute(
        select(aliases.c.pseudonym, aliases.c.code).where(
            aliases.c.board_id == board_id,
            aliases.c.product == product,
            aliases.c.pseudonym.in_(list(pseudonyms)),
        )
    )
    return {Pseudonym(row.pseudonym): row.code for row in rows}


def _taken(connection: Connection, board_id: str, product: str) -> int:
    count = select(func.count()).where(aliases.c.board_id == board_id, aliases.c.product == product)
    return int(connection.execute(count).scalar_one())


def _insert_unless_taken(connection: Connection) -> Insert:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(aliases).on_conflict_do_nothing()
    return postgresql.insert(aliases).on_conflict_do_nothing()


def _length_for(count: int) -> int:
    length = _SHORTEST
    while (len(_LETTERS) * len(_DIGITS)) ** (length // 2) < count * _FULLEST:
        length += 2
    return length


def _digits_for(count: int) -> int:
    digits = alias_words.SHORTEST
    while alias_words.space(digits) < count * _FULLEST:
        digits += 1
    return digits


def _draw(length: int) -> str:
    return "".join(secrets.choice(characters) for characters in islice(cycle((_LETTERS, _DIGITS)), length))
