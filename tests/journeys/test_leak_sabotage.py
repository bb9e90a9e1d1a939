"""Builds that leak on purpose, end to end: the leak oracle finds every one. A search that finds nothing proves
nothing until it was seen to find.

Acceptance check S2. The builds are in `tests/sabotage/leaks.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.demo import papers
from gateway.demo.canaries import CanaryBoard, canary_board
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.vendors import SimulatedVendor
from tests.canaries import Oracle
from tests.journeys.allowed import allowed
from tests.journeys.watched import REPOSITORY, WatchedRig


@dataclass(frozen=True)
class Prepared:
    """A home folder with an agreement in force and nothing refreshed, and one vendor's credentials."""

    canaries: CanaryBoard
    rig: WatchedRig
    client: tuple[str, str]
    oracle: Oracle
    may: frozenset[str]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    canaries = canary_board(3, keep_brins=True)
    with SimulatedSchool(canaries.board) as school:
        canaries.arm(school)
        rig = WatchedRig(tmp_path_factory.mktemp("sabotage"), [school])
        terms = {"data": papers.nameless_terms(), "services": ["roster"]}
        rig.agree("leesmeter", **terms)
        issued = rig.command("client", "issue", "leesmeter")
        client = (str(issued["client_id"]), str(issued["client_secret"]))
        may = allowed(canaries, rig.record("leesmeter", **terms))
        rig.stop()
        yield Prepared(canaries, rig, client, Oracle(canaries.table), may)


def found_in(prepared: Prepared, folder: Path, sabotage: str | None) -> dict[str, set[str]]:
    """Serve a build to one vendor; what the oracle finds of it, by place."""
    environment = {
        "PYTHONPATH": str(REPOSITORY / "tests" / "sabotage"),
        "SCHUILNAAM_SABOTAGE": sabotage or "",
    }
    rig = prepared.rig.copied(folder / "build", environment=environment)
    try:
        rig.serve()
        vendor = SimulatedVendor(rig.url, f"{rig.url}/oauth2/token", *prepared.client)
        pulls = [vendor.pull(collection) for collection in ("users", "enrollments", "classes")]
        assert all(pull.refused is None for pull in pulls)
        vendor.get("users/unknown")
        vendor.close()
        files = rig.kept()
        places = {"received": vendor.received_bytes(), "said": rig.logged()}
        places["files"] = b"\n".join(
            content for name, content in files.items() if "school.sqlite" not in name
        )
    finally:
        rig.stop()
    return {
        place: {
            f"{prepared.canaries.table[finding.canary].kind}.{prepared.canaries.table[finding.canary].field}"
            for finding in prepared.oracle.search(content)
            if place != "received" or finding.canary not in prepared.may
        }
        for place, content in places.items()
    }


def test_a_sound_build_has_nothing_to_find(prepared: Prepared, tmp_path: Path) -> None:
    assert found_in(prepared, tmp_path, None) == {"received": set(), "said": set(), "files": set()}


@pytest.mark.parametrize(
    ("sabotage", "place", "what"),
    [
        ("metadata-passed", "received", "user.metadata.nested.deeper.deepest"),
        ("href-kept", "received", "user.primaryOrg.href"),
        ("value-in-a-header", "received", "user.phone"),
        ("value-in-an-error", "received", "user.phone"),
        ("record-logged", "said", "user.password"),
        ("records-spooled", "files", "user.userIds.identifier"),
        ("holdings-unsealed", "files", "class.grades"),
    ],
)
def test_a_leaking_build_is_found_where_it_leaks(
    prepared: Prepared, tmp_path: Path, sabotage: str, place: str, what: str
) -> None:
    assert what in found_in(prepared, tmp_path, sabotage)[place]
