"""The file with a source's secret is used only while nobody else can reach it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.errors import SettingsError
from gateway.school import source_secrets

SECRET = b"eenGeheim-7\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source_secrets.keep(tmp_path / "secrets", "source-las", SECRET)
    return tmp_path / "secrets"


def test_a_secret_that_was_kept_is_read_and_stands_in_closed_modes(folder: Path) -> None:
    assert source_secrets.read(folder, "source-las") == "eenGeheim-7"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "source-las").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o601])
def test_a_secret_that_others_can_reach_is_refused_with_the_command_that_repairs_it(
    folder: Path, mode: int
) -> None:
    (folder / "source-las").chmod(mode)
    with pytest.raises(SettingsError) as refused:
        source_secrets.read(folder, "source-las")
    assert refused.value.code == "source_secret_mode"
    assert f"chmod 600 '{folder}/source-las'" in refused.value.remedy
    assert "eenGeheim" not in refused.value.sentence()


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o755])
def test_a_folder_that_others_can_enter_is_refused_and_nothing_is_put_in_it(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    for step in (
        lambda: source_secrets.read(folder, "source-las"),
        lambda: source_secrets.keep(folder, "source-new", SECRET),
    ):
        with pytest.raises(SettingsError) as refused:
            step()
        assert refused.value.code == "source_secret_mode"
        assert f"chmod 700 '{folder}'" in refused.value.remedy
    assert [path.name for path in folder.iterdir()] == ["source-las"]


def replace_by_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def empty(path: Path) -> None:
    path.write_bytes(b" \n")


def not_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


@pytest.mark.parametrize("spoil", [Path.unlink, replace_by_link, empty, not_text])
def test_a_secret_that_is_no_text_in_a_file_of_its_own_is_refused(
    folder: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(folder / "source-las")
    with pytest.raises(SettingsError) as refused:
        source_secrets.read(folder, "source-las")
    assert refused.value.code == "source_secret_missing"


def test_a_secret_is_never_written_over_another_one(folder: Path) -> None:
    with pytest.raises(FileExistsError):
        source_secrets.keep(folder, "source-las", b"ander")
    assert source_secrets.read(folder, "source-las") == "eenGeheim-7"
