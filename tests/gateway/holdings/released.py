"""Made-up released records, with pseudonyms that only look like pseudonyms."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.roster.model import Kind, Pseudonym, Relations, ReleasedRecord, Subject


@functools.lru_cache(50_000)
def pseudonym(kind: Kind, number: int, product: str = "rekenwijs") -> Pseudonym:
    """The same every time; another for another product."""
    digest = hashlib.sha512(f"{product}|{kind}|{number}".encode()).digest()[:38]
    return Pseudonym("p" + base64.b32encode(digest).decode().rstrip("=").lower())


def org(number: int, *, product: str = "rekenwijs", name: str = "School") -> ReleasedRecord:
    return ReleasedRecord(
        Kind.ORG,
        pseudonym(Kind.ORG, number, product),
        Subject.NONE,
        {"name": f"{name} {number}", "type": "school"},
        Relations(role="school"),
    )


def pupil(
    number: int, *, product: str = "rekenwijs", school: int = 0, name: str = "Leerling", role: str = "student"
) -> ReleasedRecord:
    org_id = pseudonym(Kind.ORG, school, product)
    return ReleasedRecord(
        Kind.USER,
        pseudonym(Kind.USER, number, product),
        Subject.PUPIL if role == "student" else Subject.STAFF,
        {
            "givenName": name,
            "familyName": f"K{number}",
            "enabledUser": True,
            "grades": ["05", "06"] if number % 2 else ["07"],
            "roles": [{"roleType": "primary", "role": role, "org": org_id}],
        },
        Relations(role=role, schools=(org_id,)),
    )


def class_(
    number: int,
    *,
    product: str = "rekenwijs",
    school: int = 0,
    title: str = "Groep",
    terms: tuple[int, ...] = (),
) -> ReleasedRecord:
    org_id = pseudonym(Kind.ORG, school, product)
    term_ids = tuple(pseudonym(Kind.ACADEMIC_SESSION, term, product) for term in terms)
    return ReleasedRecord(
        Kind.CLASS,
        pseudonym(Kind.CLASS, number, product),
        Subject.NONE,
        {"title": f"{title} {number}", "school": org_id, "terms": list(term_ids)},
        Relations(school=org_id, terms=term_ids),
    )


def enrollment(
    number: int,
    *,
    user: int,
    in_class: int,
    product: str = "rekenwijs",
    school: int = 0,
    role: str = "student",
    begin: str = "2026-08-01",
) -> ReleasedRecord:
    user_id = pseudonym(Kind.USER, user, product)
    class_id = pseudonym(Kind.CLASS, in_class, product)
    org_id = pseudonym(Kind.ORG, school, product)
    return ReleasedRecord(
        Kind.ENROLLMENT,
        pseudonym(Kind.ENROLLMENT, number, product),
        Subject.PUPIL if role == "student" else Subject.STAFF,
        {
            "user": user_id,
            "class": class_id,
            "school": org_id,
            "role": role,
            "primary": False,
            "beginDate": begin,
        },
        Relations(user=user_id, class_=class_id, school=org_id, role=role),
    )


def line_item(
    number: int, *, in_class: int = 0, product: str = "rekenwijs", title: str = "Toets"
) -> ReleasedRecord:
    class_id = pseudonym(Kind.CLASS, in_class, product)
    return ReleasedRecord(
        Kind.LINE_ITEM,
        pseudonym(Kind.LINE_ITEM, number, product),
        Subject.NONE,
        {"title": f"{title} {number}", "class": class_id},
        Relations(class_=class_id),
    )


@dataclass(frozen=True, slots=True)
class Board:
    """A made-up board in one size."""

    pupils: int
    enrollments: int
    schools: int = 20
    product: str = "rekenwijs"

    def chunks(self, *, chunk: int = 1_000, name: str = "Leerling") -> Iterator[list[ReleasedRecord]]:
        """Everything, in the order of a refresh, never more than a chunk in memory."""
        yield [org(number, product=self.product) for number in range(self.schools)]
        classes = max(1, self.pupils // 20)
        for start in range(0, self.enrollments, chunk):
            yield [
                enrollment(
                    number,
                    user=number % self.pupils,
                    in_class=(number * 7919) % classes,
                    school=number % self.pupils % self.schools,
                    product=self.product,
                )
                for number in range(start, min(start + chunk, self.enrollments))
            ]
        for start in range(0, self.pupils, chunk):
            yield [
                pupil(number, school=number % self.schools, product=self.product, name=name)
                for number in range(start, min(start + chunk, self.pupils))
            ]
        for start in range(0, classes, chunk):
            yield [
                class_(number, school=number % self.schools, product=self.product)
                for number in range(start, min(start + chunk, classes))
            ]
