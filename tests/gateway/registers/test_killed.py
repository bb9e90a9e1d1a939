"""A process that is killed while it registers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import Engine

from gateway.registers.tables import Log
from gateway.registers.verify import BoardLog, verify_logs
from tests.gateway.registers.examples import BOARD

WRITER = """
import sys
from gateway.database import open_engine
from gateway.registers import disclosures
from tests.gateway.registers.examples import NOW, disclosure
engine = open_engine(sys.argv[1])
while True:
    print(disclosures.record(engine, disclosure(), now_ms=NOW), flush=True)
"""


def test_what_was_registered_before_a_kill_is_there_and_the_chain_goes_on(engine: Engine) -> None:
    """What a vendor was told was registered; a row more than was told is allowed, a row less never."""
    told = 0
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, engine.url.render_as_string(hide_password=False)],
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdout is not None
            for _, line in zip(range(15), writer.stdout, strict=False):
                told = int(line)
            writer.kill()
            told = max([told, *(int(line) for line in writer.stdout if line.endswith("\n"))])
        [found] = verify_logs([BoardLog(engine, Log.DISCLOSURES, BOARD)]).logs
        assert found.problem_count == 0
        assert told <= found.rows <= told + 1
