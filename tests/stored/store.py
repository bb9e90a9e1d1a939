"""Stores a home folder of a version of this program, for the tests of upgrades of all later ones.

Run it with the code of that version: check it out somewhere, and there
`PYTHONPATH=. python THIS/tests/stored/store.py THIS/tests/stored/schema_NNNN`. It is not run again for a schema that is
stored: what a later version must be able to read is what this one wrote.

Stored are both databases as SQL text, the ring, the storage key, the settings, and in `facts.json` what must stay true.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

from gateway.demo.board import made_up_board, role_of
from gateway.demo.school_system import SimulatedSchool
from tests.journeys.rig import PASSPHRASE, Rig

SEED, SCHOOLS, PUPILS = 11, 1, 6


def store(place: Path) -> None:
    """A board of six pupils with an agreement without end, its roster published, and a result that waits."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SimulatedSchool(made_up_board(SEED, schools=SCHOOLS, pupils=PUPILS)) as school,
    ):
        rig = Rig(Path(folder), [school])
        try:
            rig.agree("rekenwijs", brins=["99ZZ"], term={"until": "2090-07-31"})
            rig.refresh()
            vendor = rig.vendor("rekenwijs")
            rig.serve_front()
            users = vendor.pull("users").records
            group = vendor.pull("classes").records[0]
            pupil = next(user for user in users if role_of(user) == "student")
            vendor.put("categories", "c", {"title": "Toetsen"})
            vendor.put(
                "lineItems", "l",
                {
                    "title": "Toets", "assignDate": "2026-11-02", "dueDate": "2026-11-09",
                    "class": {"sourcedId": group["sourcedId"]}, "category": {"sourcedId": "c"},
                },
            )  # fmt: skip
            answer = vendor.put(
                "results", "r",
                {
                    "lineItem": {"sourcedId": "l"}, "student": {"sourcedId": pupil["sourcedId"]}, "score": 8,
                    "scoreStatus": "fully graded", "scoreDate": "2026-11-09",
                },
            )  # fmt: skip
            assert answer.status == 201
            rig.stop()
            who = ("--product", "rekenwijs", "--as", "toets", "--reason", "toets")
            named = {}
            for each in school.board.pupils():
                shown = rig.command("preview", "--pupil", f"las-1:{each['sourcedId']}", *who)
                sent = {row["field"]: row["sent"] for row in shown["fields"]}  # type: ignore[attr-defined]
                named[str(each["sourcedId"])] = [sent["user.sourcedId"], sent["user.familyName"]]
            facts = {
                "url": rig.url,
                "source_url": school.base_url,
                "pseudonym_and_alias": named,
                "waiting_result_is_about": next(
                    known for known, (pseudonym, _) in named.items() if pseudonym == pupil["sourcedId"]
                ),
                "client": [vendor.client_id, vendor.client_secret],
            }
            _write(rig.home, place, facts)
        finally:
            rig.stop()


def _write(home: Path, place: Path, facts: dict[str, object]) -> None:
    place.mkdir(exist_ok=True)
    for side in ("front", "school"):
        database = sqlite3.connect(home / "data" / f"{side}.sqlite")
        (place / f"{side}.sql").write_text("\n".join(database.iterdump()) + "\n", encoding="utf-8")
        database.close()
    shutil.copyfile(home / "keys" / "ring", place / "ring")
    shutil.copyfile(home / "storage" / "storage.key", place / "storage.key")
    shutil.copyfile(home / "settings.toml", place / "settings.toml")
    shutil.copyfile(home / "front.toml", place / "front.toml")
    shutil.copyfile(home / "secrets" / "source-las-1", place / "source-las-1")
    (place / "passphrase").write_bytes(PASSPHRASE)
    (place / "facts.json").write_text(
        json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    store(Path(sys.argv[1]))
