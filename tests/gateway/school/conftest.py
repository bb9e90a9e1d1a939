"""One key ring for all tests of the way back: making one takes a second on purpose."""

from __future__ import annotations

from pathlib import Path

import pytest

from keys.ceremony import create_ring
from keys.custody import add_product, add_space
from keys.keyring import KeyRing
from tests.gateway.school.delivery.rig import PRODUCTS, space_of


@pytest.fixture(scope="session")
def ring_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ring")
    folder.chmod(0o700)
    path = folder / "ring"
    ring = create_ring(path, "Stichting Voorbeeldscholen", b"een lange wachtzin")
    for number, slug in enumerate(PRODUCTS):
        add_product(path, ring, slug, f"1234567{number}")
    for source in ("las1", "las2"):
        add_space(path, ring, space_of(source))
    return path


@pytest.fixture(scope="session")
def ring(ring_path: Path) -> KeyRing:
    from keys.custody import open_ring

    return open_ring(ring_path, b"een lange wachtzin")
