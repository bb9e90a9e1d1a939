"""One served office per module, one scene of consent for all: making a key ring takes a second on purpose."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateway.school.pages.consent_scene import Scene, staged
from tests.gateway.school.pages.office import Office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    office = Office(tmp_path_factory.mktemp("office"))
    yield office
    office.close()


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with staged(tmp_path_factory.mktemp("scene")) as scene:
        yield scene
