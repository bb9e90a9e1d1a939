"""Each file of `deploy/` is accepted by its own tool, and says what the documentation promises."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from gateway.cli.config import environment_example, settings_example
from tests.shared import ROOT

DEPLOY = ROOT / "deploy"
SERVICES = sorted((DEPLOY / "systemd").glob("*.service"))
TIMERS = sorted((DEPLOY / "systemd").glob("*.timer"))
COMPOSE = sorted(DEPLOY.glob("compose*.yaml"))


def _tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def _run(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **more}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)


def test_containerfile_has_no_fault_and_a_planted_one_is_found(tmp_path: Path) -> None:
    tool, file = _tool("hadolint"), DEPLOY / "Containerfile"
    planted = tmp_path / "Containerfile"
    planted.write_text(file.read_text() + "RUN cd /tmp && sudo apt-get install curl\n")

    assert (_run(tool, str(file)).returncode, _run(tool, str(planted)).returncode) == (0, 1)


def test_container_runs_as_a_number_without_root_with_its_own_health_command() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    assert re.findall(r"^USER (.+)$", text, re.M) == ["10001:10001"]
    assert len(re.findall(r"^FROM ", text, re.M)) == 2
    assert 'CMD ["schuilnaam", "health"]' in text
    assert "--require-hashes" in text
    assert "passphrase" not in text.lower()


@pytest.mark.parametrize("file", COMPOSE, ids=lambda path: path.name)
def test_compose_file_fits_the_specification_and_a_misspelt_key_does_not(file: Path, tmp_path: Path) -> None:
    tool = _tool("check-jsonschema")
    planted = tmp_path / "compose.yaml"
    planted.write_text(file.read_text().replace("cap_drop:", "cap_dorp:"))
    line = (tool, "--builtin-schema", "vendor.compose-spec")

    assert _run(*line, str(file)).returncode == 0
    assert _run(*line, str(planted)).returncode == 1


@pytest.mark.parametrize("file", COMPOSE, ids=lambda path: path.name)
def test_every_service_of_ours_is_hardened_and_reached_on_this_machine_only(file: Path) -> None:
    services = yaml.safe_load(file.read_text())["services"]
    ours = {name: each for name, each in services.items() if "schuilnaam" in str(each["image"])}
    assert ours
    for name, service in ours.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not str(service["user"]).startswith("0"), name
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ())), name
        assert not any("PASSPHRASE" in key and not key.endswith("_FILE") for key in service["environment"]), (
            name
        )
    assert all("ports" not in each for name, each in services.items() if name not in ours)


def test_front_service_has_neither_passphrase_nor_the_school_sides_home_or_user() -> None:
    services = yaml.safe_load((DEPLOY / "compose.postgres.yaml").read_text())["services"]
    front, school = services["front"], services["school"]
    assert "secrets" not in front
    assert school["secrets"] == ["passphrase"]
    assert front["user"] != school["user"]
    assert not set(front["volumes"]) & set(school["volumes"])
    assert set(front["networks"]) & set(school["networks"]) == {"databases"}


@pytest.mark.parametrize("file", SERVICES, ids=lambda path: path.name)
def test_exposure_of_a_unit_is_at_most_two(file: Path) -> None:
    ended = _run(_tool("systemd-analyze"), "security", "--offline=true", "--threshold=20", str(file))
    assert ended.returncode == 0, ended.stdout[-500:]


def test_exposure_of_a_unit_without_its_fences_is_found(tmp_path: Path) -> None:
    text = (DEPLOY / "systemd" / "schuilnaam-school.service").read_text()
    planted = tmp_path / "schuilnaam-school.service"
    planted.write_text(re.sub(r"^(Protect|Private|Restrict|SystemCall|Capability).*\n", "", text, flags=re.M))

    ended = _run(_tool("systemd-analyze"), "security", "--offline=true", "--threshold=20", str(planted))

    assert ended.returncode == 1


def test_units_are_accepted_without_a_word(tmp_path: Path) -> None:
    """`verify` answers 0 with warnings: what it says counts, not how it ends."""
    tool = _tool("systemd-analyze")
    copies = []
    for file in [*SERVICES, *TIMERS]:
        copy = tmp_path / file.name
        # The program is not installed here; everything else is as it stands.
        copy.write_text(file.read_text().replace("/opt/schuilnaam/bin/schuilnaam", "/bin/true"))
        copies.append(str(copy))
    planted = tmp_path / "planted.service"
    planted.write_text("[Service]\nExecStart=/bin/true\nProtectSytem=strict\n")

    ended = _run(tool, "verify", "--man=no", *copies)
    told = _run(tool, "verify", "--man=no", str(planted))

    assert (ended.returncode, ended.stdout + ended.stderr) == (0, "")
    assert "ProtectSytem" in told.stderr


@pytest.mark.parametrize("file", SERVICES, ids=lambda path: path.name)
def test_passphrase_is_a_credential_and_never_in_the_environment(file: Path) -> None:
    text = file.read_text()
    assert "SCHUILNAAM_PASSPHRASE" not in text
    wants = "passphrase" in text.replace("LoadCredential=passphrase", "")
    assert ("LoadCredential=passphrase:/etc/schuilnaam/passphrase" in text) == wants
    if file.name == "schuilnaam-front.service":
        assert not wants
        assert "InaccessiblePaths=-/var/lib/schuilnaam -/etc/schuilnaam" in text


def test_every_timer_has_its_service_and_is_caught_up() -> None:
    assert {path.stem for path in TIMERS} == {
        "schuilnaam-backup",
        "schuilnaam-checkpoint",
        "schuilnaam-doctor",
    }
    for path in TIMERS:
        assert path.with_suffix(".service").exists()
        assert "Persistent=yes" in path.read_text()


def test_proxy_settings_are_valid_and_a_misspelt_one_is_not(tmp_path: Path) -> None:
    tool, file = _tool("caddy"), DEPLOY / "Caddyfile"
    planted = tmp_path / "Caddyfile"
    planted.write_text(file.read_text().replace("max_size", "max_sise"))
    where = {"XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)}

    good = _run(tool, "validate", "--adapter", "caddyfile", "--config", str(file), **where)
    bad = _run(tool, "validate", "--adapter", "caddyfile", "--config", str(planted), **where)

    assert good.returncode == 0, good.stderr[-500:]
    assert bad.returncode != 0


def test_proxy_has_both_addresses_each_with_a_limit_and_logs_no_request() -> None:
    text = (DEPLOY / "Caddyfile").read_text()
    assert {"127.0.0.1:8080", "127.0.0.1:8081"} == set(re.findall(r"reverse_proxy (\S+)", text))
    assert text.count("max_size") == text.count("reverse_proxy") == text.count("import both") == 2
    assert "output discard" in text


def test_examples_are_what_the_settings_are() -> None:
    """After a change of the settings: schuilnaam config example > deploy/settings.example.toml, and with --env."""
    assert (DEPLOY / "settings.example.toml").read_text() == settings_example()
    assert (DEPLOY / "schuilnaam.env.example").read_text() == environment_example()


def test_commands_that_the_pages_show_exist() -> None:
    import click

    from gateway.cli.main import cli

    shown = set()
    for page in DEPLOY.glob("*.md"):
        for line in re.findall(r"(?:^|`|/)schuilnaam ((?:[a-z][a-z-]* ?)+)", page.read_text(), re.M):
            shown.add(tuple(line.split()))
    assert len(shown) > 5
    for words in shown:
        command: click.Command = cli
        for word in words:
            if isinstance(command, click.Group):
                assert word in command.commands, words
                command = command.commands[word]
