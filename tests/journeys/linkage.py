"""An attacker with everything that two vendors received, who wants to know which pupils are the same.

Two questions per channel (a column, a position, a sequence of stamps):
- do true pairs agree on its value more often than pupils paired by lot would (`agreement`)?
- do true pairs stand at like ranks by it (`correlation`)?
Both are given in standard deviations from what chance gives. The measured tables (`unique_share`) say what share of
pupils a column or a combination joins for certain.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Record = dict[str, object]
Pair = tuple[str, str]
"""The pupil's id at vendor A and at vendor B: what the attacker wants and only the test knows."""


def leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a record with the path to it; places in a list are part of the path."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{place}]")
    elif value is not None:
        yield path, str(value)


def ref(record: Record, name: str) -> str:
    found = record.get(name)
    return str(found["sourcedId"]) if isinstance(found, dict) else ""


@dataclass
class Copy:
    """What one vendor has: collections as received, in the order received."""

    collections: dict[str, list[Record]]
    _about: dict[str, list[tuple[str, Record, int]]] = field(default_factory=dict)

    def pupils(self) -> list[str]:
        return [
            str(user["sourcedId"])
            for user in self.collections["users"]
            if any(role["role"] == "student" for role in user["roles"])  # type: ignore[attr-defined]
        ]

    def about(self, pupil: str) -> list[tuple[str, Record, int]]:
        """(collection, record, place) of everything that is about a pupil."""
        if not self._about:
            index: dict[str, list[tuple[str, Record, int]]] = defaultdict(list)
            for name, records in self.collections.items():
                for place, record in enumerate(records):
                    match name:
                        case "users" | "demographics":
                            index[str(record["sourcedId"])].append((name, record, place))
                        case "enrollments":
                            index[ref(record, "user")].append((name, record, place))
            self._about = dict(index)
        return self._about.get(pupil, [])

    def column(self) -> dict[str, dict[str, str]]:
        """By channel, the value of each pupil who has one. Several records give one value: all of them, sorted."""
        found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for pupil in self.pupils():
            for collection, record, place in self.about(pupil):
                for path, value in leaves(record):
                    found[f"{collection}.{path}"][pupil].append(value)
                found[f"{collection} position"][pupil].append(f"{place:06d}")
        return {
            channel: {pupil: "\x1f".join(sorted(values)) for pupil, values in by_pupil.items()}
            for channel, by_pupil in found.items()
        }


def agreement(
    pairs: Sequence[Pair], a: Mapping[str, Hashable], b: Mapping[str, Hashable]
) -> tuple[int, float]:
    """How many true pairs have the same value, and how many standard deviations that is above pairing by lot.

    Mean and variance of a permutation statistic over the pupils that have a value at both (exact, no simulation).
    """
    known = [(a[left], b[right]) for left, right in pairs if left in a and right in b]
    n = len(known)
    if n < 2:
        return 0, 0.0
    same = sum(left == right for left, right in known)
    lefts, rights = Counter(left for left, _ in known), Counter(right for _, right in known)
    common = set(lefts) & set(rights)
    mean = sum(lefts[v] * rights[v] for v in common) / n
    # Row and column means of the matrix "do i and j agree", by value; doubly centred and squared.
    grand = mean / n
    total = 0.0
    rows = Counter[float]()
    columns = Counter[float]()
    for value, count in lefts.items():
        rows[rights[value] / n] += count
    for value, count in rights.items():
        columns[lefts[value] / n] += count
    for row, r_count in rows.items():
        for column, c_count in columns.items():
            total += r_count * c_count * (grand - row - column) ** 2
    for value in common:
        row, column = rights[value] / n, lefts[value] / n
        off, on = (grand - row - column) ** 2, (1 + grand - row - column) ** 2
        total += lefts[value] * rights[value] * (on - off)
    deviation = math.sqrt(total / (n - 1))
    return same, (same - mean) / deviation if deviation > 1e-9 else 0.0


def correlation(pairs: Sequence[Pair], a: Mapping[str, str], b: Mapping[str, str]) -> float:
    """Spearman's rank correlation of true pairs, in standard deviations; what an order kept would show."""
    known = [(left, right) for left, right in pairs if left in a and right in b]
    n = len(known)
    if n < 3:
        return 0.0
    x, y = _ranks([a[left] for left, _ in known]), _ranks([b[right] for _, right in known])
    mx, my = sum(x) / n, sum(y) / n
    spread = math.sqrt(sum((i - mx) ** 2 for i in x) * sum((j - my) ** 2 for j in y))
    if not spread:
        return 0.0
    rho = sum((i - mx) * (j - my) for i, j in zip(x, y, strict=True)) / spread
    return rho * math.sqrt(n - 1)


def _ranks(values: Sequence[str]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for place in range(start, end):
            ranks[order[place]] = (start + end - 1) / 2
        start = end
    return ranks


def joined(pairs: Iterable[Pair], a: Mapping[str, Hashable], b: Mapping[str, Hashable]) -> int:
    """How many pupils the attacker joins for certain: a value that one pupil of each vendor has, the same one."""
    owners_a, owners_b = _owners(a), _owners(b)
    return sum(
        1
        for left, right in pairs
        if left in a and right in b and a[left] == b[right]
        and owners_a[a[left]] == 1 and owners_b[b[right]] == 1
    )  # fmt: skip


def _owners(values: Mapping[str, Hashable]) -> Counter[Hashable]:
    return Counter(values.values())


def by_rank(pairs: Sequence[Pair], a: Sequence[str], b: Sequence[str]) -> int:
    """How many pupils are joined by pairing the n-th of one list with the n-th of the other."""
    truth = dict(pairs)
    return sum(truth.get(left) == right for left, right in zip(a, b, strict=False))


# -- the graph -------------------------------------------------------------------------------------------------


def refined(copy: Copy, seeds: Mapping[str, Hashable], *, rounds: int = 4) -> dict[str, str]:
    """What the graph says about each pupil: classes by size and members, members by their classes, and so on.

    Colours are refined until they tell nothing new (Weisfeiler and Leman); ids play no part, so two vendors' colours
    can be compared. `seeds` are what is known of a person to begin with.
    """
    of_class: dict[str, list[tuple[str, str]]] = defaultdict(list)
    of_person: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for record in copy.collections.get("enrollments", []):
        user, class_, role = ref(record, "user"), ref(record, "class"), str(record["role"])
        of_class[class_].append((role, user))
        of_person[user].append((role, class_))
    people = {
        str(user["sourcedId"]): _colour(seeds.get(str(user["sourcedId"])))
        for user in copy.collections["users"]
    }
    classes = {class_: _colour(seeds.get(class_)) for class_ in of_class}
    for _ in range(rounds):
        classes = {
            class_: _colour(classes[class_], sorted((role, people.get(user, "")) for role, user in members))
            for class_, members in of_class.items()
        }
        people = {
            person: _colour(
                colour, sorted((role, classes[class_]) for role, class_ in of_person.get(person, []))
            )
            for person, colour in people.items()
        }
    return people


def _colour(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def shuffled(values: Sequence[str], seed: int) -> list[str]:
    """The values in an order that says nothing."""
    mixed = list(values)
    random.Random(seed).shuffle(mixed)
    return mixed
