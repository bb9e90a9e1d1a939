"""A worker in a process of its own, to be killed: `python -m ... FRONT_URL SCHOOL_URL RING BASE_URL SECRET`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from gateway.connections.source_settings import SourceSettings
from gateway.database import open_engine
from gateway.roster.model import Kind
from gateway.school.delivery.joining import School
from gateway.school.delivery.outbox import Taker
from gateway.school.delivery.worker import Worker
from gateway.school.relink.recovering import Recoverer
from gateway.school.sources.oneroster_rest.source import open_oneroster_rest
from keys.custody import open_ring
from tests.gateway.school.delivery.rig import BOARD, EVERYTHING, LIMITS, space_of

LEASE_MS = 500


def main() -> None:
    front, school_url, ring_path, base_url, client_id, secret = sys.argv[1:]
    settings = SourceSettings(
        slug="las1",
        standard="oneroster-1.2",
        base_url=base_url,
        token_url=f"{base_url}/oauth2/token",
        client_id=client_id,
        secret_file="secret",
        space=space_of("las1"),
    )
    source = open_oneroster_rest(settings, client_secret=secret, limits=LIMITS)

    def address(kind: Kind, identifier: str) -> str:
        return f"{base_url}/{kind.value}/{identifier}"

    def fields_back(kind: Kind, at_ms: int) -> frozenset[str]:
        return EVERYTHING

    school = School(
        board_id=BOARD,
        recoverer=Recoverer(open_ring(Path(ring_path), b"een lange wachtzin")),
        takers={"las1": Taker(source, address)},
        source_of_space={space_of("las1"): "las1"},
        terms=lambda product: fields_back,
    )
    worker = Worker(
        open_engine(front),
        open_engine(school_url),
        school,
        clock=lambda: int(time.time() * 1_000),
        lease_ms=LEASE_MS,
    )
    while True:
        if not worker.round():
            time.sleep(0.05)


if __name__ == "__main__":
    main()
