"""Home folders as earlier versions stored them (tests/stored), with the school's system of that time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.demo.board import made_up_board
from gateway.demo.school_system import SimulatedSchool
from gateway.demo.stage import write_private
from tests.journeys.desk import Outcome, typed
from tests.stored.store import PUPILS, SCHOOLS, SEED

STORED = sorted((Path(__file__).parents[1] / "stored").glob("schema_*"))


@dataclass(frozen=True, slots=True)
class Earlier:
    """A home folder as an earlier version left it, and the school's system of that time."""

    home: Path
    passphrase_file: Path
    facts: dict[str, object]
    school: SimulatedSchool

    def command(self, *arguments: str) -> Outcome:
        where = ("--home", str(self.home), "--passphrase-file", str(self.passphrase_file), "--json")
        return typed([*arguments, *where])


@contextmanager
def earlier_home(stored: Path, folder: Path) -> Iterator[Earlier]:
    """One of `STORED`, with embedded databases, as a home in `folder`."""
    facts = json.loads((stored / "facts.json").read_text())
    home = folder / "home"
    for name in ("keys", "storage", "secrets", "data"):
        (home / name).mkdir(parents=True, mode=0o700)
    home.chmod(0o700)
    for name, place in (
        ("ring", "keys/ring"), ("storage.key", "storage/storage.key"), ("source-las-1", "secrets/source-las-1"),
        ("settings.toml", "settings.toml"),
    ):  # fmt: skip
        write_private(home / place, (stored / name).read_bytes())
    write_private(folder / "passphrase", (stored / "passphrase").read_bytes())
    address = f"sqlite:///{home}/data"
    write_private(
        home / "front.toml",
        (stored / "front.toml").read_bytes().replace(b"sqlite:///HOME/data", address.encode()),
    )
    write_private(
        home / "school.toml",
        f'database = "{address}/school.sqlite"\nfront_database = "{address}/front.sqlite"\n'.encode(),
    )
    with SimulatedSchool(made_up_board(SEED, schools=SCHOOLS, pupils=PUPILS)) as school:
        for side in ("front", "school"):
            database = sqlite3.connect(home / "data" / f"{side}.sqlite")
            # The school's system has another port today, and other credentials.
            script = (stored / f"{side}.sql").read_text().replace(facts["source_url"], school.base_url)
            database.executescript(script)
            database.close()
            (home / "data" / f"{side}.sqlite").chmod(0o600)
        write_private(home / "secrets" / "source-las-1", school.client_secret.encode())
        with sqlite3.connect(home / "data" / "school.sqlite") as database:
            database.execute("UPDATE sources SET client_id = ?", (school.client_id,))
        database.close()
        yield Earlier(home, folder / "passphrase", facts, school)


def assert_same_pupils(earlier: Earlier) -> None:
    """Every pupil has the pseudonym and alias of then, what waited is delivered about the right one."""
    known = earlier.facts["pseudonym_and_alias"]
    assert isinstance(known, dict)
    for identifier, stored in known.items():
        shown = earlier.command(
            "preview",
            "--pupil",
            f"las-1:{identifier}",
            "--product",
            "rekenwijs",
            "--as",
            "toets",
            "--reason",
            "toets",
        )
        sent = {row["field"]: row["sent"] for row in shown.json()["fields"]}  # type: ignore[attr-defined]
        assert [sent["user.sourcedId"], sent["user.familyName"]] == stored
    assert earlier.command("deliver", "--once").status == 0
    results = [write for write in earlier.school.writes if write.collection == "results"]
    assert [write.document["student"]["sourcedId"] for write in results] == [  # type: ignore[index]
        earlier.facts["waiting_result_is_about"]
    ]
    assert earlier.command("register", "verify").json()["intact"] is True
