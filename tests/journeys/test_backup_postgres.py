"""A backup of embedded databases goes back into PostgreSQL and the other way round: rows, registers and pseudonyms."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.database import open_engine
from gateway.demo.school_system import SimulatedSchool
from tests.journeys.desk import typed
from tests.journeys.rig import Rig

pytestmark = pytest.mark.postgres


@pytest.fixture
def server() -> Iterator[str]:
    """A database of its own, with the roles that were made in it."""
    address = os.environ.get("SCHUILNAAM_TEST_POSTGRES")
    if not address:
        pytest.skip("SCHUILNAAM_TEST_POSTGRES is not set")
    name = f"backup_{secrets.token_hex(6)}"
    owner = open_engine(address).execution_options(isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield address.rpartition("/")[0] + f"/{name}"
    with owner.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        roles = connection.exec_driver_sql(
            "SELECT rolname FROM pg_roles WHERE rolname ~ '^schuilnaam_(front|school)_[0-9a-f]{12}$'"
        ).scalars()
        for role in roles.all():
            if role.rpartition("_")[2] in _suffixes:
                connection.exec_driver_sql(f"DROP ROLE {role}")
    owner.dispose()


_suffixes: set[str] = set()


def _moved(rig: Rig, *more: str) -> dict[str, object]:
    ring, file, home = (rig.folder / f"{name}-{secrets.token_hex(3)}" for name in ("ring", "file", "home"))
    rig.command("key", "backup", str(ring))
    rig.command("backup", "-o", str(file))
    outcome = typed(
        ["restore", str(file), "--ring", str(ring), "--home", str(home), "--json", "--moved",
         "--passphrase-file", str(rig.passphrase_file), *more]
    )  # fmt: skip
    assert (outcome.status, outcome.stderr) == (0, "")
    rig.move_to(home)
    return outcome.json()


def test_board_moves_to_postgresql_and_back_with_its_pseudonyms(
    tmp_path: Path, school: SimulatedSchool, server: str
) -> None:
    rig = Rig(tmp_path, [school])
    try:
        rig.agree("rekenwijs")
        rig.refresh()
        vendor = rig.vendor("rekenwijs")
        rig.serve()
        before = {str(user["sourcedId"]): str(user["familyName"]) for user in vendor.pull("users").records}
        rig.stop()
        _suffixes.add(rig.services().board_id[:12])

        over = _moved(rig, "--database", server)
        rig.serve()
        there = {str(user["sourcedId"]): str(user["familyName"]) for user in vendor.pull("users").records}
        rig.stop()
        intact = rig.command("register", "verify")["intact"]
        doctor = typed(["doctor", "--home", str(rig.home), "--no-network", "--json"]).json()["checks"]
        refused = typed(
            ["restore", str(next(tmp_path.glob("file-*"))), "--ring", str(next(tmp_path.glob("ring-*"))),
             "--home", str(tmp_path / "third"), "--json", "--database", server,
             "--passphrase-file", str(rig.passphrase_file)]
        )  # fmt: skip
        # The refused one changed nothing on the server: the gateway there still gets in.
        back = _moved(rig)
        rig.serve()
        again = {str(user["sourcedId"]): str(user["familyName"]) for user in vendor.pull("users").records}
        rig.stop()

        assert before == there == again
        assert before
        assert intact is True
        assert int(str(back["rows"])) > int(str(over["rows"]))
        roles = next(each for each in doctor if each["check"] == "database_roles")  # type: ignore[attr-defined]
        assert roles["verdict"] == "ok", roles
        assert (refused.status, refused.code) == (5, "database_not_empty")
        assert not (tmp_path / "third" / "data").exists()
    finally:
        rig.stop()
