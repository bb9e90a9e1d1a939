"""A school side that runs follows what is done to the key ring meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.school.delivery.running import DeliveryRun
from gateway.school.services import SchoolServices, clock, open_services
from keys.errors import KeysError
from keys.keyring import VersionState
from tests.journeys.rig import PASSPHRASE, Rig


@pytest.fixture
def running(rig: Rig) -> Iterator[tuple[SchoolServices, DeliveryRun]]:
    rig.agree("rekenwijs")
    rig.refresh()
    services = open_services(rig.home).unlock(PASSPHRASE)
    run = DeliveryRun(services, now=clock)
    run.once()
    yield services, run
    run.close()
    services.front.dispose()
    services.school.dispose()


def test_a_product_that_was_added_meanwhile_has_its_key(
    rig: Rig, running: tuple[SchoolServices, DeliveryRun]
) -> None:
    services, run = running
    rig.agree("taalplezier")
    rig.refresh()
    run.once()
    assert "taalplezier" in {each.slug for each in services.ring.products()}


def test_a_key_version_that_was_retired_meanwhile_is_retired(
    rig: Rig, running: tuple[SchoolServices, DeliveryRun]
) -> None:
    services, run = running
    rig.command("key", "add-version", "rekenwijs")
    rig.command("key", "retire", "rekenwijs")
    run.once()
    states = [each.state for each in services.ring.versions("rekenwijs")]
    assert states == [VersionState.RETIRED, VersionState.LIVE]


def test_nothing_is_joined_with_a_key_that_was_destroyed_meanwhile(
    rig: Rig, running: tuple[SchoolServices, DeliveryRun]
) -> None:
    _, run = running
    rig.command("key", "destroy", "rekenwijs")
    for _ in range(2):
        with pytest.raises(KeysError):
            run.once()
