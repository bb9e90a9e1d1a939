"""What all OneRoster records of the made-up board have in common."""

from __future__ import annotations

import datetime
import hashlib
import random  # noqa: TID251 (seeded: made-up people, no secrets)
from typing import Final

from gateway.demo.population import IdStyle, Population
from gateway.demo.shelf import OWN, Record

COLLECTIONS: Final = (
    "orgs",
    "academicSessions",
    "courses",
    "classes",
    "users",
    "enrollments",
    "demographics",
    "categories",
    "lineItems",
    "results",
)
"""Collections of the school system, by their wire names."""


class Pen:
    """Begins records: ids, stamps and a dice for each collection, all from the seed."""

    def __init__(self, drawn: Population, *, seed: int, ids: IdStyle) -> None:
        self.drawn = drawn
        self.year_begins = datetime.date(drawn.year, 8, 1)
        self._seed = f"schuilnaam/{seed}/{drawn.board_id}"
        self._ids = ids

    def dice(self, collection: str) -> random.Random:
        """Fresh for each walk over a collection, so that every walk gives the same records."""
        return random.Random(f"{self._seed}/{collection}")

    def id(self, kind: str, number: int) -> str:
        """The id of record `number` of a kind that is not kept in the population."""
        if self._ids is IdStyle.NUMBER:
            return str(number + 1)
        mark = hashlib.blake2b(f"{self._seed}/{kind}/{number}".encode(), digest_size=16).hexdigest()
        # Written out by hand, as are the stamps below: there are a quarter of a million of them.
        return (
            f"{mark[:8]}-{mark[8:12]}-4{mark[13:16]}-{'89ab'[int(mark[16], 16) % 4]}{mark[17:20]}-{mark[20:]}"
        )

    def start(self, identifier: str, dice: random.Random, *, active: bool = True) -> Record:
        """What every record has. The stamp is a moment of the summer before the school year."""
        day, ms = divmod(dice.randrange(62 * 86_400_000), 86_400_000)
        month, day = (7, day + 1) if day < 31 else (8, day - 30)
        hour, minute, second = ms // 3_600_000, ms // 60_000 % 60, ms // 1000 % 60
        clock = f"{hour:02d}:{minute:02d}:{second:02d}.{ms % 1000:03d}"
        return {
            "sourcedId": identifier,
            "status": "active" if active else "tobedeleted",
            "dateLastModified": f"{self.drawn.year}-{month:02d}-{day:02d}T{clock}Z",
        }


_SINGULAR: Final = {
    "orgs": "org",
    "academicSessions": "academicSession",
    "courses": "course",
    "classes": "class",
    "users": "user",
    "enrollments": "enrollment",
    "demographics": "demographics",
    "categories": "category",
    "lineItems": "lineItem",
    "results": "result",
}


def singular(collection: str) -> str:
    """The wire name of one record: `class` of `classes`."""
    return _SINGULAR[collection]


def ref(collection: str, identifier: str) -> Record:
    """A reference; `@` stands for the address of the school system."""
    return {
        "href": f"{OWN}/{collection}/{identifier}",
        "sourcedId": identifier,
        "type": _SINGULAR[collection],
    }


def stamp(moment: datetime.datetime) -> str:
    """A moment as OneRoster writes it, in milliseconds UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def eck_id(dice: random.Random) -> str:
    """Looks like a chain identifier (ECK iD) and is nobody's."""
    return f"https://ketenid.nl/201703/{dice.getrandbits(512):0128x}"
