"""The leak oracle: a school in which everything is a canary, everything that can be asked, and no canary outside.

Acceptance checks S1, S2 and S7; leak map of the OneRoster reference.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.canaries import Oracle
from tests.journeys.leak_scene import LeakScene, played


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LeakScene]:
    with played(tmp_path_factory.mktemp("leaks")) as scene:
        yield scene


@pytest.fixture(scope="module")
def oracle(scene: LeakScene) -> Oracle:
    return Oracle([*scene.canaries.table, *scene.fault_texts])


def found(scene: LeakScene, oracle: Oracle, content: bytes, allowed: frozenset[str]) -> list[str]:
    """What stands in these bytes and may not, in words that tell where it came from."""
    return sorted(
        f"{canary.kind}.{canary.field} ({finding.how})" if canary else f"{finding.canary} ({finding.how})"
        for finding in oracle.search(content)
        if finding.canary not in allowed
        for canary in [scene.canaries.table.get(finding.canary)]
    )


def test_no_vendor_received_what_its_agreement_does_not_list(scene: LeakScene, oracle: Oracle) -> None:
    leaks = {
        name: found(scene, oracle, part.vendor.received_bytes(), part.allowed)
        for name, part in scene.parts.items()
    }
    print(scene.seconds, scene.refreshes, scene.delivered, scene.dead_letters, {n: (p.requests, len(p.vendor.received_bytes())) for n, p in scene.parts.items()})
    assert leaks == {name: [] for name in scene.parts}


def test_files(scene: LeakScene, oracle: Oracle) -> None:
    print({n: len(v) for n, v in scene.files.items()})
    assert {n: f for n, v in scene.files.items() if (f := found(scene, oracle, v, frozenset()))} == {}


def test_outputs(scene: LeakScene, oracle: Oracle) -> None:
    assert {n: f for n, v in scene.outputs.items() if (f := found(scene, oracle, v, frozenset()))} == {}
