"""A result ends under the right pupil, once, whatever the order and whoever else has the same number or name."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from gateway.demo.board import split_boards
from gateway.inbox.tables import State
from gateway.roster.model import Kind
from gateway.strict_json import NumberText
from keys.keyring import KeyRing
from tests.gateway.school.delivery.rig import PRODUCTS, World, ref, rig, sqlite_urls

RESULTS = 1_000


def pupils_of(world: World, source: str) -> list[dict[str, object]]:
    board = world.systems[source].board
    return [enrolment for enrolment in board.records("enrollments") if enrolment["role"] == "student"]


def test_a_thousand_results_of_three_products_end_under_the_right_pupils(
    tmp_path: Path, ring: KeyRing
) -> None:
    dice = random.Random(4)
    boards = split_boards(3, schools=2, pupils=40)
    with rig(sqlite_urls(tmp_path), ring, boards) as world:
        expected = {source: {} for source in world.systems}
        sent = []
        for product in PRODUCTS:
            world.vendor_puts(product, Kind.CATEGORY, "cat", {"title": "Toetsen"})
            for source in world.systems:
                classes = {str(e["class"]["sourcedId"]) for e in pupils_of(world, source)}  # type: ignore[index]
                for group in sorted(classes):
                    body = {
                        "title": "Blok 3",
                        "class": ref(world.pseudonym(product, Kind.CLASS, group, source=source)),
                        "category": ref("cat"),
                    }
                    world.vendor_puts(product, Kind.LINE_ITEM, f"li-{source}-{group}", body)
        enrolments = [(source, e) for source in world.systems for e in pupils_of(world, source)]
        for number in range(RESULTS):
            product = PRODUCTS[number % 3]
            source, enrolment = dice.choice(enrolments)
            pupil, group = str(enrolment["user"]["sourcedId"]), str(enrolment["class"]["sourcedId"])  # type: ignore[index]
            # Every product numbers its results alike: r-7 exists three times.
            sent.append((product, source, pupil, group, f"r-{number // 3}", f"{number}.50"))
        dice.shuffle(sent)
        for product, source, pupil, group, identifier, score in sent:
            body = {
                "lineItem": ref(f"li-{source}-{group}"),
                "student": ref(world.pseudonym(product, Kind.USER, pupil, source=source)),
                "score": NumberText(score),
            }
            world.vendor_puts(product, Kind.RESULT, identifier, body)
            expected[source][score] = pupil
        tally = world.worker().once()
        assert set(tally) == {State.DELIVERED}
        for source in world.systems:
            results = world.at_school(source, "results")
            assert {
                f"{r['score']:.2f}": r["student"]["sourcedId"]  # type: ignore[index]
                for r in results.values()
            } == expected[source]
            assert len(results) == len(expected[source])
            writes = Counter(w.identifier for w in world.systems[source].writes if w.collection == "results")
            assert set(writes.values()) == {1}
        assert world.audited().count("gateway:result:delivered") == sum(tally.values())
        # Scores keep their text up to the byte.
        assert b'"score":7.50' in b"".join(w.body for s in world.systems.values() for w in s.writes)
