"""The demo holds as it is, and `--check` notices each of the faults that a gateway could really have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sabotage.demo_faults import SABOTAGES

SABOTAGE = Path(__file__).parents[1] / "sabotage"

NOTICED = {
    "scrub_off": "free_text_is_scrubbed",
    "scope_constant": "vendors_cannot_be_joined",
    "register_ignored": "register_before_release",
    "order_shared": "order_and_stamps_are_our_own",
    "one_space": "everyone_in_scope_is_there_once",
    "names_passed": "pupils_have_aliases",
    "metadata_passed": "only_listed_fields_left",
    "stamps_passed": "order_and_stamps_are_our_own",
    "agreement_not_asked": "no_agreement_means_no_data",
    "birth_dates_whole": "birth_dates_are_years",
    "next_pupil": "results_are_at_the_right_pupil",
    "other_source": "results_are_at_the_right_pupil",
    "plain_hash": "vendors_cannot_be_joined",
}
"""Which check notices which fault; others may fail too."""


def _demo(sabotage: str | None, *more: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SCHUILNAAM")}
    if sabotage is not None:
        environment |= {"SCHUILNAAM_SABOTAGE": sabotage, "PYTHONPATH": str(SABOTAGE)}
    return subprocess.run(
        [sys.executable, "-m", "gateway.cli.main", "demo", *more],
        cwd=SABOTAGE.parents[1],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_demo_holds(tmp_path: Path) -> None:
    done = _demo(None, "--check", "--keep", str(tmp_path / "kept"))

    assert done.returncode == 0, done.stderr
    assert "all holds" in done.stdout
    assert done.stderr == ""
    assert (tmp_path / "kept" / "home" / "settings.toml").is_file()


@pytest.mark.parametrize("fault", sorted(SABOTAGES))
def test_check_of_the_demo_notices_the_fault(fault: str) -> None:
    done = _demo(fault, "--check")

    assert done.returncode == 3, done.stderr
    assert f"FAILED {NOTICED[fault]}:" in done.stderr
    assert "demo_check_failed" in done.stderr
    assert "Traceback" not in done.stderr
