from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from gateway.connections import source_settings
from gateway.connections.source_settings import ResultsMode, SourceSettings
from gateway.database import open_engine, school_metadata, writing
from gateway.errors import UsageError

BOARD = "4f1d2c3b5a697887"
NOW = 1_788_266_096_789


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'school.sqlite'}")
    school_metadata.create_all(engine, tables=[source_settings.sources, source_settings.source_schools])
    yield engine
    engine.dispose()


def las(**changes: Any) -> SourceSettings:
    given: dict[str, Any] = {
        "slug": "las1",
        "standard": "oneroster-1.2",
        "base_url": "https://sis.example",
        "token_url": "https://sis.example/token",
        "client_id": "schuilnaam",
        "secret_file": "las1",
        "space": "las1/personen",
    }
    return SourceSettings(**{**given, **changes})


def add(engine: Engine, settings: SourceSettings) -> bool:
    return source_settings.add(engine, settings, board_id=BOARD, now_ms=NOW)


def change(engine: Engine, settings: SourceSettings, *, now_ms: int) -> None:
    with writing(engine) as connection:
        source_settings.change(connection, settings, board_id=BOARD, now_ms=now_ms)


def test_source_that_was_added_is_found_again_as_it_was(engine: Engine) -> None:
    assert add(engine, las(results=ResultsMode.KEEP, path_version="v1p1"))
    assert source_settings.get(engine, "las1", board_id=BOARD) == las(
        results=ResultsMode.KEEP, path_version="v1p1"
    )


def test_adding_the_same_source_twice_changes_nothing(engine: Engine) -> None:
    assert add(engine, las())
    assert not add(engine, las())
    assert source_settings.listed(engine, board_id=BOARD) == (las(),)


def test_another_source_under_the_same_name_is_refused(engine: Engine) -> None:
    add(engine, las())
    with pytest.raises(UsageError) as refused:
        add(engine, las(base_url="https://other.example"))
    assert refused.value.code == "source_exists"
    assert source_settings.listed(engine, board_id=BOARD) == (las(),)


def test_settings_change_and_the_identifier_space_does_not(engine: Engine) -> None:
    add(engine, las())
    moved = las(base_url="https://new.example")
    change(engine, moved, now_ms=NOW + 1)
    assert source_settings.get(engine, "las1", board_id=BOARD) == moved
    with pytest.raises(UsageError) as refused:
        change(engine, las(space="las2"), now_ms=NOW + 2)
    assert refused.value.code == "source_space_fixed"


UNKNOWN: dict[str, Callable[[Engine], object]] = {
    "get": lambda engine: source_settings.get(engine, "las1", board_id=BOARD),
    "change": lambda engine: change(engine, las(), now_ms=NOW),
    "map": lambda engine: source_settings.map_schools(engine, "las1", {}, board_id=BOARD, now_ms=NOW),
}


@pytest.mark.parametrize("call", UNKNOWN.values(), ids=UNKNOWN)
def test_source_that_is_not_there_is_told(engine: Engine, call: Callable[[Engine], object]) -> None:
    with pytest.raises(UsageError) as refused:
        call(engine)
    assert refused.value.code == "source_unknown"


@pytest.mark.parametrize(
    "changes",
    [
        {"slug": "LAS"},
        {"slug": ""},
        {"slug": "a" * 41},
        {"space": ""},
        {"space": "a b"},
        {"data_version": "1.3"},
        {"path_version": "v2"},
        {"page_size": 0},
        {"page_size": 10_001},
    ],
)
def test_setting_that_is_not_acceptable_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        las(**changes)


def test_schools_are_mapped_and_mapped_anew(engine: Engine) -> None:
    add(engine, las())
    first = {"o1": "99ZZ", "o2": "98YY01"}
    assert source_settings.map_schools(engine, "las1", first, board_id=BOARD, now_ms=NOW) == 2
    assert source_settings.map_schools(engine, "las1", first, board_id=BOARD, now_ms=NOW) == 0
    assert source_settings.map_schools(engine, "las1", {"o2": "98YY"}, board_id=BOARD, now_ms=NOW) == 1
    assert source_settings.schools(engine, "las1", board_id=BOARD) == {"o1": "99ZZ", "o2": "98YY"}


@pytest.mark.parametrize("brin", ["", "99zz", "9ZZ9", "99ZZ1", "99ZZ011"])
def test_school_with_something_else_than_a_brin_changes_nothing(engine: Engine, brin: str) -> None:
    add(engine, las())
    with pytest.raises(UsageError) as refused:
        source_settings.map_schools(engine, "las1", {"o1": "99ZZ", "o2": brin}, board_id=BOARD, now_ms=NOW)
    assert refused.value.code == "brin_malformed"
    assert source_settings.schools(engine, "las1", board_id=BOARD) == {}


def test_only_organisations_with_a_brin_of_the_board_map_themselves() -> None:
    numbers = {"o1": "99ZZ", "o2": "98yy01 ", "o3": "97XX", "o4": "", "o5": "school"}
    assert source_settings.self_mapping(numbers, brins=frozenset({"99ZZ", "98YY"})) == {
        "o1": "99ZZ",
        "o2": "98YY01",
    }


def test_another_board_has_its_own_sources(engine: Engine) -> None:
    add(engine, las())
    assert source_settings.listed(engine, board_id="another") == ()
    assert dataclasses.replace(las()) == las()
