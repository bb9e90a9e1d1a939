"""Two vendors with the same pupils lay what they received side by side.

What must join nobody: ids, references, hrefs, order, places, stamps, aliases, counts, request ids; at once and over 30
daily refreshes. What cannot be hidden (clear columns, the graph, who changes on one day) is measured, and the figures
are those of docs/linkability.md.
"""

from __future__ import annotations

import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.demo import papers
from gateway.demo.board import MadeUpBoard, made_up_board
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from gateway.roster.model import Kind, ProductId
from gateway.school import refreshing
from gateway.school.services import SchoolServices
from tests.journeys import linkage
from tests.journeys.door import Clock, opened
from tests.journeys.linkage import Copy, Pair, Record
from tests.journeys.rig import PASSPHRASE, Rig

PUPILS = 500
DAYS = 30
CHANCE = 6.0
"""Standard deviations; 1 in 10^9 for one question, so that random keys fail no test."""
ROSTER = ("users", "demographics", "orgs", "academicSessions", "courses", "classes", "enrollments")
KIND_OF = {
    "users": Kind.USER,
    "enrollments": Kind.ENROLLMENT,
    "classes": Kind.CLASS,
    "courses": Kind.COURSE,
    "orgs": Kind.ORG,
    "academicSessions": Kind.ACADEMIC_SESSION,
}
CLEAR = re.compile(
    r"users\.(enabledUser|status|grades\[\d\]|roles\[\d\]\.(roleType|role|org\.type)|primaryOrg\.type)"
    r"|users\.givenName"  # "Leerling" of an alias
    r"|demographics\.(birthDate|status)"
    r"|enrollments\.(role|primary|status|beginDate|endDate|(user|class|school)\.type)"
)
"""Columns that the agreement gives in clear or coarse, and words of the standard: measured, not at chance."""


@dataclass
class Trace:
    """What a vendor's deltas showed of the pupils."""

    stamps: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    days: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    lists: list[list[str]] = field(default_factory=list)
    """Per day, pupils in the order of the delta."""


@dataclass
class Observed:
    """Everything that the attackers and the truth have."""

    copies: dict[str, Copy]
    pairs: dict[str, list[Pair]]
    """By collection, ids of the same record at products A and B of the pair."""
    traces: dict[str, Trace]
    received: dict[str, bytes]
    changes: int
    source: dict[str, str]
    """Pupil of the school -> pseudonym at product A."""


PAIRS = {
    "exact": ("rekenwijs", "taalwijs"),
    "coarse": ("leeswijs", "schrijfwijs"),
    "none": ("nummers", "cijfers"),
}


def terms(groups: str) -> list[Record]:
    """Full terms, or nothing but aliases."""
    return papers.full_terms() if groups != "none" else papers.full_terms()[:1]


@pytest.fixture(scope="module")
def observed() -> Iterator[Observed]:
    board = made_up_board(
        5, schools=2, pupils=PUPILS, guardians=False, results_per_pupil=0, line_items_per_class=0
    )
    with tempfile.TemporaryDirectory() as folder, SimulatedSchool(board, keep_requests=False) as school:
        rig = Rig(Path(folder), [school])
        for groups, products in PAIRS.items():
            for product in products:
                rig.agree(product, services=["roster"], groups=groups, data=terms(groups))
        clock = Clock(datetime.now(UTC))
        with opened(rig, clock):
            try:
                yield _observe(rig, board, clock)
            finally:
                rig.stop()


def _observe(rig: Rig, board: MadeUpBoard, clock: Clock) -> Observed:
    services = rig.services().unlock(PASSPHRASE.strip())
    products = [product for pair in PAIRS.values() for product in pair]
    vendors = {product: rig.vendor(product) for product in products}
    ids = {name: [str(record["sourcedId"]) for record in board.records(name)] for name in KIND_OF}
    ids["pupils"] = [str(pupil["sourcedId"]) for pupil in board.pupils()]
    start = clock.fixed
    assert start is not None
    refreshing.refresh(services, now=start)
    copies = {
        product: Copy({name: _all(vendor, name) for name in ROSTER}) for product, vendor in vendors.items()
    }
    dice = random.Random(7)
    traces: dict[str, Trace] = {product: Trace() for product in products}
    changes = 0
    for day in range(1, DAYS + 1):
        before = clock.fixed
        clock.fixed = start + timedelta(days=day)
        for _ in range(dice.randrange(6)):
            changes += 1
            _change(board, dice, ids)
        daily = [ProductId(product) for product in PAIRS["exact"]]
        refreshing.refresh(services, now=clock.fixed, products=daily)
        clock.fixed += timedelta(minutes=10)
        for product in daily:
            vendor = vendors[product]
            vendor.token()
            assert before is not None
            _note(traces[product], vendor, since=f"{before:%Y-%m-%dT%H:%M:%S}.000Z", day=day)
    return Observed(
        copies,
        _truth(services, ids),
        traces,
        {product: vendor.received_bytes() for product, vendor in vendors.items()},
        changes,
        {},
    )


def _all(vendor: SimulatedVendor, collection: str) -> list[Record]:
    pull = vendor.pull(collection, limit=1_000)
    if pull.refused is not None:
        assert pull.refused.status in (403, 404), pull.refused.body
    return pull.records


def _note(trace: Trace, vendor: SimulatedVendor, *, since: str, day: int) -> None:
    """What a delta of the day shows: about whom, with which stamps, in which order."""
    listed: list[str] = []
    for collection, person in (
        ("users", "sourcedId"),
        ("demographics", "sourcedId"),
        ("enrollments", "user"),
    ):
        pull = vendor.delta(collection, since, limit=1_000)
        if pull.refused is not None:
            continue
        for record in pull.records:
            about = str(record["sourcedId"]) if person == "sourcedId" else linkage.ref(record, "user")
            trace.stamps[about].append(str(record["dateLastModified"]))
            trace.days[about].append(f"{day:02d}{collection}")
            if collection == "users":
                listed.append(about)
    trace.lists.append(listed)


def _change(board: MadeUpBoard, dice: random.Random, ids: dict[str, list[str]]) -> None:
    """One change of a day at school."""
    here = [pupil for pupil in board.pupils() if pupil["status"] == "active"]
    pupil = str(dice.choice(here)["sourcedId"])
    classes = [record for record in board.records("classes") if record["status"] == "active"]
    group = dice.choice(classes)
    school = linkage.ref(group, "school")
    match dice.randrange(6):
        case 0:
            new = board.add_pupil(
                given="Nieuw", family="Gekomen", school=school, group=str(group["sourcedId"])
            )
            ids["pupils"].append(new)
            ids["users"].append(new)
        case 1:
            board.remove_pupil(pupil, tombstone=True)
        case 2:
            board.change("users", pupil, grades=[dice.choice(["05", "06", "07", "08"])])
        case 3:
            board.change("demographics", pupil, birthDate=f"{dice.randrange(2014, 2020)}-03-03")
        case 4:
            board.rename(pupil, given=f"Anders{dice.randrange(99)}")
        case 5:
            board.move(pupil, school=school, group=str(group["sourcedId"]))
    ids["enrollments"] = [str(record["sourcedId"]) for record in board.records("enrollments")]


def _truth(services: SchoolServices, ids: Mapping[str, list[str]]) -> dict[str, list[Pair]]:
    agreements = refreshing.active_agreements(services)
    identifier = refreshing.identifier_of(services, agreements)
    space = refreshing.space_of(services, "las-1")
    found: dict[str, list[Pair]] = {}
    for groups, (a, b) in PAIRS.items():
        for name, kind in {"pupils": Kind.USER, **KIND_OF}.items():
            lefts, rights = (
                identifier.pseudonyms(ProductId(product), kind, space, ids[name]) for product in (a, b)
            )
            found[f"{groups}/{name}"] = list(zip(lefts, rights, strict=True))
    return found


def two(observed: Observed, groups: str) -> tuple[Copy, Copy, list[Pair]]:
    """Both vendors' copies and the pupils that both have."""
    a, b = (observed.copies[product] for product in PAIRS[groups])
    here, there = set(a.pupils()), set(b.pupils())
    return a, b, [pair for pair in observed.pairs[f"{groups}/pupils"] if pair[0] in here and pair[1] in there]


@pytest.mark.parametrize("groups", PAIRS)
def test_no_column_but_the_clear_ones_joins_pupils_better_than_chance(
    observed: Observed, groups: str
) -> None:
    a, b, pairs = two(observed, groups)
    assert len(pairs) > PUPILS * 0.9
    left, right = a.column(), b.column()
    tried = 0
    for one, ones in left.items():
        for other, others in right.items():
            if CLEAR.fullmatch(one) and one == other:
                continue
            tried += 1
            same, deviations = linkage.agreement(pairs, ones, others)
            # Fewer than four of 500 may be chance where values are drawn from many, as aliases are.
            assert same < 4 or deviations < CHANCE, (one, other, same, deviations)
    assert tried > 50


@pytest.mark.parametrize("groups", PAIRS)
def test_no_order_of_anything_joins_pupils_better_than_chance(observed: Observed, groups: str) -> None:
    a, b, pairs = two(observed, groups)
    left, right = a.column(), b.column()
    tried = []
    for channel in left.keys() & right.keys():
        if CLEAR.fullmatch(channel) or len(set(left[channel].values())) < len(pairs) * 0.9:
            continue  # A column of few values is an order of groups; groups are asked about below.
        tried.append(channel)
        deviations = linkage.correlation(pairs, left[channel], right[channel])
        assert abs(deviations) < CHANCE, (channel, deviations)
    assert {"users position", "users.sourcedId", "users.familyName", "users.username"} <= set(tried)
    assert linkage.by_rank(pairs, a.pupils(), b.pupils()) < 10
    assert linkage.by_rank(pairs, sorted(a.pupils()), sorted(b.pupils())) < 10


@pytest.mark.parametrize("collection", ["enrollments", "classes"])
def test_no_order_joins_records_of_other_kinds(observed: Observed, collection: str) -> None:
    a, b = (observed.copies[product].collections[collection] for product in PAIRS["exact"])
    places = [
        {str(record["sourcedId"]): f"{n:06d}" for n, record in enumerate(records)} for records in (a, b)
    ]
    pairs = [
        pair
        for pair in observed.pairs[f"exact/{collection}"]
        if pair[0] in places[0] and pair[1] in places[1]
    ]
    assert len(pairs) > 15
    assert abs(linkage.correlation(pairs, *places)) < CHANCE
    names = [{id: id for id in each} for each in places]
    assert abs(linkage.correlation(pairs, *names)) < CHANCE


def test_lists_inside_a_record_are_in_no_order_of_the_school(observed: Observed) -> None:
    for product in PAIRS["exact"]:
        for class_ in observed.copies[product].collections["classes"]:
            terms_ = [str(term["sourcedId"]) for term in class_["terms"]]  # type: ignore[attr-defined]
            assert terms_ == sorted(terms_)


def test_no_stamp_joins_anybody_over_thirty_days(observed: Observed) -> None:
    a, b = (observed.traces[product] for product in PAIRS["exact"])
    pairs = observed.pairs["exact/pupils"]
    assert min(len(a.stamps), len(b.stamps)) > 20
    stamps_a = {stamp for stamps in a.stamps.values() for stamp in stamps}
    stamps_b = {stamp for stamps in b.stamps.values() for stamp in stamps}
    # Every exact moment that both vendors know would join the pupils who carry it.
    assert not stamps_a & stamps_b
    same, _ = linkage.agreement(
        pairs,
        {id: tuple(stamps) for id, stamps in a.stamps.items()},
        {id: tuple(stamps) for id, stamps in b.stamps.items()},
    )
    assert same == 0


def test_the_order_within_a_days_delta_joins_nobody_better_than_chance(observed: Observed) -> None:
    a, b = (observed.traces[product] for product in PAIRS["exact"])
    pairs = observed.pairs["exact/users"] + observed.pairs["exact/pupils"]
    hits = sum(linkage.by_rank(pairs, one, other) for one, other in zip(a.lists, b.lists, strict=True))
    days = sum(bool(one) for one in a.lists)
    # A list in an order that says nothing has one pupil in his own place, whatever its length: Poisson(1) a day.
    assert hits < days + CHANCE * days**0.5 + 1


def test_no_id_or_request_id_reaches_both_vendors(observed: Observed) -> None:
    # Two pupils of two vendors may draw one alias by chance: aliases are asked about with the columns.
    token = re.compile(rb"[A-Za-z0-9][A-Za-z0-9_-]{7,}")
    for a, b in PAIRS.values():
        shared = set(token.findall(observed.received[a])) & set(token.findall(observed.received[b]))
        telling = {word for word in shared if re.match(rb"p[a-z2-7]{40,}|r-[0-9a-f]{20}", word)}
        assert not telling
        ids = {
            record["sourcedId"] for records in observed.copies[a].collections.values() for record in records
        }
        assert not {str(id).encode() for id in ids} & shared


def test_a_kept_order_or_stamp_would_have_been_found(observed: Observed) -> None:
    # The attack itself, tried on a gateway that would pass the school's order and stamps on.
    _, _, pairs = two(observed, "exact")
    mixed = linkage.shuffled([left for left, _ in pairs], 3)
    truth = dict(pairs)
    kept = {left: f"{place:06d}" for place, left in enumerate(mixed)}
    passed_on = {truth[left]: value for left, value in kept.items()}
    assert linkage.correlation(pairs, kept, passed_on) > 3 * CHANCE
    assert linkage.agreement(pairs, kept, passed_on)[1] > 3 * CHANCE
    nearly = {
        truth[left]: f"{max(0, place + random.Random(place).randrange(-60, 60)):06d}"
        for place, left in enumerate(mixed)
    }
    assert linkage.correlation(pairs, kept, nearly) > 3 * CHANCE


# -- what cannot be hidden: measured, and published in docs/linkability.md -----------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """What one thing laid side by side gives."""

    certain: float
    """Share of pupils who are joined for certain."""
    candidates: float
    """Mean number of pupils of the other vendor who look the same."""


def measured(a: Copy, b: Copy, pairs: list[Pair]) -> dict[str, Found]:
    """Share of pupils that an attacker joins, by what is laid side by side."""
    clear_a, clear_b = _clear(a), _clear(b)
    plain_a, plain_b = _roles(a), _roles(b)
    named_a, named_b = plain_a | _names(a), plain_b | _names(b)
    known_a, known_b = named_a | clear_a, named_b | clear_b
    both = {
        "clear columns": (clear_a, clear_b),
        "graph": (linkage.refined(a, plain_a), linkage.refined(b, plain_b)),
        "graph, teachers and titles": (linkage.refined(a, named_a), linkage.refined(b, named_b)),
        "all of it": (linkage.refined(a, known_a), linkage.refined(b, known_b)),
    }
    return {
        name: Found(
            round(linkage.joined(pairs, *each) / len(pairs), 3), round(linkage.candidates(pairs, *each), 1)
        )
        for name, each in both.items()
    }


def _clear(copy: Copy) -> dict[str, object]:
    """Grade, year of birth and school, as far as they are given."""
    found: dict[str, object] = {}
    born = {str(record["sourcedId"]): record.get("birthDate") for record in copy.collections["demographics"]}
    names = {str(org["sourcedId"]): org.get("name") for org in copy.collections["orgs"]}
    users = {str(user["sourcedId"]): user for user in copy.collections["users"]}
    for pupil in copy.pupils():
        user = users[pupil]
        found[pupil] = repr((user.get("grades"), born.get(pupil), names.get(linkage.ref(user, "primaryOrg"))))
    return found


def _roles(copy: Copy) -> dict[str, object]:
    return {str(user["sourcedId"]): user["roles"][0]["role"] for user in copy.collections["users"]}  # type: ignore[index]


def _names(copy: Copy) -> dict[str, object]:
    staff = {
        str(user["sourcedId"]): (user["givenName"], user["familyName"])
        for user in copy.collections["users"]
        if user["givenName"] != "Leerling"
    }
    titles = {str(record["sourcedId"]): record.get("title") for record in copy.collections["classes"]}
    return {**staff, **titles}


@pytest.mark.parametrize("groups", PAIRS)
def test_primary_schools_give_what_is_published(observed: Observed, groups: str) -> None:
    a, b, pairs = two(observed, groups)
    found = measured(a, b, pairs)
    print("primary", groups, found)
    assert found["clear columns"].certain < 0.02
    assert found["all of it"].certain < {"exact": 0.5, "coarse": 0.02, "none": 0.001}[groups]


def _choose_subjects(board: MadeUpBoard) -> None:
    """Every pupil chooses six of 24 subject classes, as in the upper years of secondary education."""
    dice = random.Random(9)
    pattern = board.records("classes")[0]
    subjects = [f"subject-{number}" for number in range(24)]
    for subject in subjects:
        board.put("classes", pattern | {"sourcedId": subject, "title": f"Vak {subject[8:]}", "classCode": ""})
    for pupil in board.pupils():
        for subject in dice.sample(subjects, 6):
            board.enrol(str(pupil["sourcedId"]), subject)


def test_a_timetable_of_chosen_subjects_is_as_telling_as_published() -> None:
    board = made_up_board(
        6, schools=1, pupils=PUPILS, guardians=False, results_per_pupil=0, line_items_per_class=0
    )
    _choose_subjects(board)
    with tempfile.TemporaryDirectory() as folder, SimulatedSchool(board, keep_requests=False) as school:
        rig = Rig(Path(folder), [school])
        clock = Clock(datetime.now(UTC))
        try:
            for groups, products in PAIRS.items():
                for product in products:
                    rig.agree(product, services=["roster"], groups=groups, data=terms(groups))
            services = rig.services().unlock(PASSPHRASE.strip())
            with opened(rig, clock):
                refreshing.refresh(services, now=datetime.now(UTC))
                ids = {name: [str(record["sourcedId"]) for record in board.records(name)] for name in KIND_OF}
                truth = _truth(services, {**ids, "pupils": ids["users"]})
                found = {}
                for groups, products in PAIRS.items():
                    a, b = (
                        Copy({name: _all(rig.vendor(product), name) for name in ROSTER})
                        for product in products
                    )
                    here = set(a.pupils())
                    found[groups] = measured(
                        a, b, [pair for pair in truth[f"{groups}/pupils"] if pair[0] in here]
                    )
                    print("secondary", groups, found[groups])
        finally:
            rig.stop()
    assert found["exact"]["graph"].certain > 0.9
    assert found["coarse"]["all of it"].certain < 0.05
    assert found["none"]["all of it"].certain < 0.001


def test_who_changes_on_one_day_is_as_published(observed: Observed) -> None:
    a, b = (observed.traces[product] for product in PAIRS["exact"])
    pairs = [pair for pair in observed.pairs["exact/pupils"] if pair[0] in a.days and pair[1] in b.days]
    joined = linkage.joined(
        pairs, *({id: tuple(days) for id, days in trace.days.items()} for trace in (a, b))
    )
    print("by day", len(pairs), joined, observed.changes)
    # It cannot be hidden: one newcomer a day joins any two deltas. A change that a vendor may not see shows in none.
    assert 0 < joined <= len(pairs) < observed.changes
