from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway.connections.source_settings import SourceSettings
from gateway.egress import HostClient, Limits
from gateway.school.sources.oneroster_rest.access import SCOPES, Credentials, TokenKeeper
from gateway.school.sources.oneroster_rest.source import OneRosterSource
from tests.gateway.school.sources.bendable_system import BendableSystem

QUICK = Limits(connect_seconds=1, read_seconds=0.5, total_seconds=1, first_wait_seconds=0.01, attempts=3)


@pytest.fixture
def system() -> Iterator[BendableSystem]:
    with BendableSystem() as system:
        yield system


@pytest.fixture
def waits() -> list[float]:
    """How long a client said it would wait, in place of waiting."""
    return []


@pytest.fixture
def source_of(system: BendableSystem, waits: list[float]) -> Iterator[Callable[..., OneRosterSource]]:
    opened: list[OneRosterSource] = []

    def make(*, monotonic: Any = None, limits: Limits = QUICK, **changes: Any) -> OneRosterSource:
        given: dict[str, Any] = {
            "slug": "las1",
            "standard": "oneroster-1.2",
            "base_url": system.url,
            "token_url": f"{system.url}/token",
            "client_id": system.client_id,
            "secret_file": "las1",
            "space": "las1/personen",
            "page_size": 10,
        }
        settings = SourceSettings(**{**given, **changes})
        credentials = Credentials(system.client_id, system.client_secret, SCOPES[settings.data_version])
        token_client = HostClient(settings.token_url, limits=limits, sleep=waits.append)
        clock = {} if monotonic is None else {"monotonic": monotonic}
        source = OneRosterSource(
            settings,
            client=HostClient(settings.base_url, limits=limits, sleep=waits.append),
            tokens=TokenKeeper(token_client, credentials, **clock),
        )
        opened.append(source)
        return source

    yield make
    for source in opened:
        source.close()


@pytest.fixture
def source(source_of: Callable[..., OneRosterSource]) -> OneRosterSource:
    return source_of()
