"""What a refresh keeps in memory per enrolment: counted, not timed, so it says the same on every machine."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.town import Town

PUPILS = 400
BYTES_PER_ENROLMENT = 160
"""Packed in arrays an enrolment takes about 95 bytes, and its share of a class 40; as a record it takes 1,500."""


def _refresh(folder: Path, *, enrolments_per_pupil: int) -> tuple[int, int]:
    """Enrolments read, and the most memory that Python objects took."""
    folder.mkdir(mode=0o700)
    with Town(folder, pupils=PUPILS, enrolments_per_pupil=enrolments_per_pupil) as town:
        town.start_source()
        town.set_up()
        town.agree("alfa", number=0)
        refresh = town.refresh(["alfa"], "--trace")
    [outcome] = refresh["outcomes"]
    assert outcome["status"] == "published"
    assert outcome["counts"]["enrollment"]["added"] > PUPILS * (enrolments_per_pupil - 1)
    return refresh["read"]["enrollment"], refresh["traced_peak"]


def test_twice_the_enrolments_take_few_bytes_more_each(tmp_path: Path) -> None:
    fewer, less = _refresh(tmp_path / "fewer", enrolments_per_pupil=8)
    more, greater = _refresh(tmp_path / "more", enrolments_per_pupil=24)
    assert (greater - less) / (more - fewer) < BYTES_PER_ENROLMENT
