"""The leak oracle: a school in which everything is a canary, everything that can be asked, and no canary outside.

Acceptance checks S1, S2 and S7; leak map of the OneRoster reference. The scene is played once (`leak_scene`);
each test searches a part of what is left. What is allowed comes from the agreements, by field (`allowed`).
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterable, Iterator

import pytest

from gateway.demo.vendors import Exchange
from gateway.front.planes.oneroster.fields import PLURAL, SINGULAR
from gateway.roster.model import Kind
from tests.canaries import ENCODINGS, Oracle, plant
from tests.journeys.allowed import forbidden_days, members
from tests.journeys.driving import ROUTES, told
from tests.journeys.leak_scene import NOTHING, LeakScene, played

IN_FORCE = ("rekenwijs", "leesmeter", "toetsblik", "wisselmaat")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LeakScene]:
    with played(tmp_path_factory.mktemp("leaks")) as scene:
        print(scene.figures())
        yield scene


@pytest.fixture(scope="module")
def oracle(scene: LeakScene) -> Oracle:
    return Oracle([*scene.canaries.table, *scene.fault_texts])


def leaks(
    scene: LeakScene, oracle: Oracle, content: bytes, allowed: frozenset[str] = NOTHING, fields: str = ""
) -> list[str]:
    """What stands in these bytes and may not, in words that tell where it came from.

    `fields`: places that may stand there whatever their record, as `org.sourcedId`.
    """
    found = []
    for finding in oracle.search(content):
        canary = scene.canaries.table.get(finding.canary)
        place = finding.canary if canary is None else f"{canary.kind}.{canary.field}"
        if finding.canary not in allowed and place not in fields.split():
            found.append(f"{place} ({finding.how})")
    return sorted(found)


def days(scene: LeakScene, content: bytes) -> list[bytes]:
    """Change stamps, birthdays and the like of the source that stand in these bytes and never may."""
    return [day for day in forbidden_days(scene.canaries) if day in content]


def records_of(received: Iterable[Exchange]) -> Iterator[tuple[str, dict[str, object]]]:
    """Every record in these answers, with the name of its kind."""
    kinds = {PLURAL[kind]: SINGULAR[kind] for kind in Kind}
    for exchange in received:
        if exchange.status != 200 or "/v1p2/" not in exchange.target or "/discovery/" in exchange.target:
            continue
        if exchange.body:
            for wrapper in exchange.document():
                for record in exchange.records():
                    # `students` and `schools` are wrapped as what they are.
                    if "sourcedId" in record:
                        yield kinds.get(wrapper, wrapper), record


@pytest.mark.parametrize("product", [*IN_FORCE, "oudleer", "nieuwkomer", "eersteling"])
def test_no_vendor_receives_what_its_agreement_does_not_list(
    scene: LeakScene, oracle: Oracle, product: str
) -> None:
    part = scene.parts[product]
    received = part.vendor.received_bytes()
    assert leaks(scene, oracle, received, part.allowed) == []
    # `/me` tells the days of the agreement, which are nobody's.
    records = b"".join(each.raw for each in part.vendor.received if not each.target.startswith("/me"))
    assert days(scene, records) == []


@pytest.mark.parametrize("product", IN_FORCE)
def test_what_the_agreement_lists_in_clear_does_arrive(scene: LeakScene, product: str) -> None:
    """Else the search would find nothing because nothing was sent."""
    part = scene.parts[product]
    arrived = {f"{each.kind}.{each.field}" for each in scene.canaries.found_in(part.vendor.received_bytes())}
    listed = {
        f"{scene.canaries.table[text].kind}.{scene.canaries.table[text].field}" for text in part.allowed
    }
    assert arrived == listed


def test_after_a_suspension_nothing_arrives(scene: LeakScene, oracle: Oracle) -> None:
    later = scene.parts["wisselmaat"].later
    assert later.count(b"agreement_suspended") > 100
    assert leaks(scene, oracle, later) == []
    assert b'"sourcedId":"' not in later


@pytest.mark.parametrize("product", ["rekenwijs", "leesmeter", "toetsblik"])
def test_records_have_no_member_that_the_agreement_does_not_list(scene: LeakScene, product: str) -> None:
    """Numbers, days and words are no canaries; a member that is not there holds none of them."""
    part = scene.parts[product]
    unlisted = set()
    for kind, record in records_of(part.vendor.received):
        # What the vendor made itself it reads back as it wrote it.
        if str(record["sourcedId"]).startswith("p"):
            unlisted |= {f"{kind}.{name}" for name in set(record) - members(part.record, kind)}
    assert unlisted == set()


@pytest.mark.parametrize("product", ["rekenwijs", "leesmeter", "toetsblik"])
def test_references_in_a_record_are_in_the_order_of_their_pseudonyms(scene: LeakScene, product: str) -> None:
    """The source's order of two parents or terms would be the same at every vendor."""
    lists = [
        [str(each["sourcedId"]) for each in value]
        for _, record in records_of(scene.parts[product].vendor.received)
        for value in record.values()
        if isinstance(value, list) and value and isinstance(value[0], dict) and "href" in value[0]
    ]
    assert any(len(each) > 1 for each in lists)
    assert [each for each in lists if each != sorted(each)] == []


@pytest.mark.parametrize("product", ["rekenwijs", "leesmeter", "toetsblik"])
@pytest.mark.parametrize("option", ["filter", "sort"])
def test_a_withheld_field_is_refused_as_one_that_does_not_exist(
    scene: LeakScene, product: str, option: str
) -> None:
    """Else the difference would be an answer: filter=identifier='123456782'."""
    part = scene.parts[product]
    refusals: dict[str, set[bytes]] = {}
    for exchange in part.vendor.received:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(exchange.target).query)
        if exchange.status == 400 and option in query and set(query) <= {option, "limit", "orderBy"}:
            name = re.split("[^A-Za-z.]", query[option][0])[0]
            # A filter that cannot be read, and a moment that is none, are refused for what they are.
            if len(name) < 50 and name != "dateLastModified" and query.get("orderBy") != ["up"]:
                refusals.setdefault(name, set()).add(told(exchange))
    assert len(refusals) > 10
    if product == "rekenwijs":
        assert {"noSuchField", "metadata", "identifier", "password"} <= set(refusals)
    assert len(set().union(*refusals.values())) == 1


def test_ids_that_a_vendor_may_not_know_cannot_be_told_apart(scene: LeakScene) -> None:
    assert len(scene.probes) >= 25
    different = {route: answers for route, answers in scene.probes.items() if len(set(answers.values())) != 1}
    assert different == {}


def test_no_process_prints_or_logs_a_value(scene: LeakScene, oracle: Oracle) -> None:
    found = {}
    for name, content in scene.outputs.items():
        # The command lists organisations to map, for the school's own staff.
        fields = "org.sourcedId org.name" if name.endswith("source schools") else ""
        found[name] = leaks(scene, oracle, content, fields=fields)
    assert {name: each for name, each in found.items() if each} == {}


def test_databases_and_files_hold_no_value_in_clear(scene: LeakScene, oracle: Oracle) -> None:
    """Both databases with their -wal files, queue rows, settings, temporary files; served and stopped."""
    found = {}
    for name, content in scene.files.items():
        if name.endswith("front.sqlite (served)"):
            continue  # Its pages are in the stopped file, or were replaced from the -wal file that is searched.
        # Organisations are no persons: which of them is which BRIN is a setting of the school side.
        fields = "org.sourcedId" if "school.sqlite" in name else ""
        found[name] = leaks(scene, oracle, content, fields=fields)
    assert any("front.sqlite-wal" in name for name in found)
    assert any("school.sqlite" in name for name in found)
    assert {name: each for name, each in found.items() if each} == {}


def test_an_export_holds_what_its_agreement_lists_and_nothing_else(scene: LeakScene, oracle: Oracle) -> None:
    assert leaks(scene, oracle, scene.export, scene.parts["leesmeter"].allowed) == []
    assert days(scene, scene.export) == []


def test_the_scene_was_as_big_as_it_says(scene: LeakScene, oracle: Oracle) -> None:
    assert len(oracle) >= 5_000
    assert sum(route.service == "roster" for route in ROUTES) == 41
    assert scene.parts["rekenwijs"].requests > 1_500
    assert all(scene.parts[name].requests > 300 for name in IN_FORCE)
    assert scene.delivered >= 6
    assert scene.dead_letters >= 1
    assert sum(status != 0 for status in scene.refreshes.values()) >= 6
    served = [exchange for part in scene.parts.values() for exchange in part.vendor.received]
    assert {exchange.status for exchange in served} >= {200, 201, 400, 401, 403, 404, 405, 422, 501, 503}
    assert {exchange.method for exchange in served} >= {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"}


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
def test_a_leak_planted_in_what_was_received_is_found(
    scene: LeakScene, oracle: Oracle, encoding: str
) -> None:
    """Each encoding, in the body, the header and the log of this very scene, with canaries of this very board."""
    places = (
        scene.parts["rekenwijs"].vendor.received[300].raw,
        scene.parts["leesmeter"].vendor.received_bytes()[:20_000],
        scene.outputs["served processes"],
    )
    withheld = [canary.text for canary in scene.canaries.table.values() if canary.field == "phone"][:5]
    for canary in (*withheld, scene.canaries.header_canaries[0], scene.fault_texts[0]):
        for place in places:
            assert canary in {finding.canary for finding in oracle.search(plant(encoding, canary, place))}
