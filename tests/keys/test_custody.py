"""The ring file: what opens it, what does not, and what survives two programs and a crash."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import resource
import secrets
import signal
import stat
import threading
import time
from dataclasses import asdict
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys import ceremony, custody, errors, ringfile
from keys.custody import add_product, add_space, open_ring, read_public, reload
from keys.keyring import KeyRing, content_of, ring_key_of
from keys.pseudonyms import pseudonymise
from keys.recovery import Recovered, recover
from keys.ringfile import parse
from keys.scope import RecordKind
from tests.keys import rings
from tests.keys.conftest import PASSPHRASE

FORK = multiprocessing.get_context("fork")


def test_what_was_made_before_closing_recovers_after_opening(path: Path, ring: KeyRing) -> None:
    product, space = add_product(path, ring, "taal", "12345678"), add_space(path, ring, "las1/leerling")
    made = pseudonymise(ring, ring.scope("taal", RecordKind.PERSON), space, ["17"])
    opened = open_ring(path, PASSPHRASE)
    assert (opened.product("taal"), opened.space("las1/leerling")) == (product, space)
    assert recover(opened, opened.scope("taal", RecordKind.PERSON), made) == [Recovered(space, "17")]


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_one_line_break_behind_the_passphrase_is_ignored(path: Path, ring: KeyRing, ending: bytes) -> None:
    assert open_ring(path, PASSPHRASE + ending).check_value == ring.check_value


@pytest.mark.parametrize("wrong", [b"", b"x", PASSPHRASE[:-1], PASSPHRASE + b" ", PASSPHRASE + b"\n\n"])
def test_another_passphrase_is_a_wrong_passphrase(path: Path, ring: KeyRing, wrong: bytes) -> None:
    with pytest.raises(errors.WrongPassphrase) as refusal:
        open_ring(path, wrong)
    assert refusal.value.code == "ring_wrong_passphrase"
    assert not wrong or wrong.decode() not in str(refusal.value).split()


def test_every_truncation_is_called_truncated(path: Path, ring: KeyRing) -> None:
    whole = path.read_bytes()
    for length in [*range(64), *range(64, len(whole), 7), len(whole) - 1]:
        with pytest.raises(errors.RingTruncated):
            parse(whole[:length])
    path.write_bytes(whole[:-1])
    with pytest.raises(errors.RingTruncated):
        open_ring(path, PASSPHRASE)


def test_every_flipped_byte_is_called_damaged_and_in_the_first_fifteen_foreign(
    path: Path, ring: KeyRing
) -> None:
    whole = path.read_bytes()
    for place in range(len(whole)):
        for flip in (0x01, 0x80, 0xFF):
            altered = whole[:place] + bytes((whole[place] ^ flip,)) + whole[place + 1 :]
            with pytest.raises(errors.ForeignFile if place < 15 else errors.RingDamaged):
                parse(altered)
    with pytest.raises(errors.RingDamaged):
        parse(whole + b"\0")


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 a zip", b"{}", b"-----BEGIN", os.urandom(500)], ids=range(4)
)
def test_something_else_is_called_foreign(path: Path, ring: KeyRing, content: bytes) -> None:
    path.write_bytes(content)
    for opening in (lambda: open_ring(path, PASSPHRASE), lambda: read_public(path)):
        with pytest.raises(errors.ForeignFile):
            opening()


def test_a_newer_format_is_called_foreign_and_asks_for_an_update(path: Path, ring: KeyRing) -> None:
    whole = bytearray(path.read_bytes())
    whole[15] = 2
    whole[24:32] = hashlib.sha256(whole[:24]).digest()[:8]
    with pytest.raises(errors.ForeignFile, match="newer"):
        parse(bytes(whole))


def test_no_ring_and_an_unreadable_one_are_called_missing(path: Path) -> None:
    for opening in (lambda: open_ring(path, PASSPHRASE), lambda: read_public(path)):
        with pytest.raises(errors.RingMissing):
            opening()


def _with_public(whole: bytes, **changes: object) -> bytes:
    """The file as somebody would write it who has no key, digest and lengths renewed."""
    length = int.from_bytes(whole[32:36], "big")
    public = json.loads(whole[36 : 36 + length])
    public.update(changes)
    part = json.dumps(public, sort_keys=True, separators=(",", ":")).encode()
    return _with_part(whole, part)


def _with_part(whole: bytes, part: bytes) -> bytes:
    length = int.from_bytes(whole[32:36], "big")
    sealed = whole[36 + length : -32]
    head = whole[:16] + (36 + len(part) + len(sealed) + 32).to_bytes(8, "big")
    head += hashlib.sha256(head).digest()[:8] + len(part).to_bytes(4, "big") + part + sealed
    return head + hashlib.sha256(head).digest()


@pytest.mark.parametrize(
    "change",
    [
        {"board_name": "Stichting Elders"},
        {"intake_public_key": "00" * 32},
        {"checkpoint_public_key": "11" * 32},
        {"sheet_confirmed": True},
        {"check_value": "0000-0000"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_public_part_changed_on_purpose_does_not_survive_unlocking(
    path: Path, ring: KeyRing, change: dict[str, object]
) -> None:
    # Attack: the intake key replaced, so that the front seals results to somebody else.
    path.write_bytes(_with_public(path.read_bytes(), **change))
    with pytest.raises(errors.RingDamaged):
        open_ring(path, PASSPHRASE)


def test_a_board_id_or_slot_changed_on_purpose_opens_nothing(path: Path, ring: KeyRing) -> None:
    whole = path.read_bytes()
    slots = json.loads(whole[36 : 36 + int.from_bytes(whole[32:36], "big")])["slots"]
    slots[0]["sealed"] = slots[0]["sealed"][:-2] + "00"
    for altered in (_with_public(whole, slots=slots), _with_public(whole, board_id="00" * 16)):
        path.write_bytes(altered)
        with pytest.raises(errors.WrongPassphrase):
            open_ring(path, PASSPHRASE)


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff",
        b"[" * 5000,
        b'{"slots":[]}',
        b'{"slots":5}',
        b'{"slots":[{}]}',
        b'{"slots":[null]}',
    ],
    ids=range(10),
)
def test_any_public_part_that_somebody_makes_up_is_called_damaged(
    path: Path, ring: KeyRing, part: bytes
) -> None:
    with pytest.raises(errors.RingDamaged):
        parse(_with_part(path.read_bytes(), part))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("memory_kib", 1024 * 1024 + 1),
        ("memory_kib", 0),
        ("memory_kib", "much"),
        ("iterations", 17),
        ("iterations", 0),
        ("lanes", 17),
        ("lanes", -1),
        ("lanes", 4.0),
        ("iterations", True),
        ("salt", "zz"),
        ("sealed", ""),
        ("kind", 5),
        ("sealed", None),
    ],
)
def test_a_slot_that_would_take_all_memory_or_is_none_is_called_damaged(
    path: Path, ring: KeyRing, name: str, value: object
) -> None:
    whole = path.read_bytes()
    slots = json.loads(whole[36 : 36 + int.from_bytes(whole[32:36], "big")])["slots"]
    slots[0] |= {"memory_kib": 1024 * 1024, name: value}
    with pytest.raises(errors.RingDamaged):
        parse(_with_public(whole, slots=slots))


def test_public_part_tells_what_the_ring_is_and_no_secret(path: Path, ring: KeyRing) -> None:
    public = read_public(path)
    assert (public.board_name, public.board_id, public.check_value) == (
        "Stichting Voorbeeld",
        ring.board_id,
        ring.check_value,
    )
    assert len(public.intake_public_key) == len(public.checkpoint_public_key) == 32
    assert not public.sheet_confirmed
    whole, content = path.read_bytes(), content_of(ring)
    secret_values = [
        ring_key_of(ring),
        content.intake_key,
        content.checkpoint_key,
        content.school_row_key,
        content.recovery_key,
        content.products[0].versions[0].key,
        PASSPHRASE,
    ]
    for secret in secret_values:
        assert secret not in whole
        assert secret.hex().encode() not in whole
    assert b"_register" not in whole


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o620, 0o777])
def test_a_ring_that_others_can_reach_is_refused_with_the_command_that_repairs_it(
    path: Path, ring: KeyRing, mode: int
) -> None:
    path.chmod(mode)
    for opening in (
        lambda: open_ring(path, PASSPHRASE),
        lambda: read_public(path),
        lambda: reload(path, ring),
    ):
        with pytest.raises(errors.LooseModes) as refusal:
            opening()
        assert refusal.value.remedy == f"Repair with: chmod 600 '{path}'"
    path.chmod(0o600)
    assert open_ring(path, PASSPHRASE)


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o711, 0o755, 0o770, 0o1777])
def test_a_folder_that_others_can_enter_is_refused_also_for_a_new_ring(
    path: Path, ring: KeyRing, mode: int
) -> None:
    path.parent.chmod(mode)
    with pytest.raises(errors.LooseModes) as refusal:
        open_ring(path, PASSPHRASE)
    assert refusal.value.remedy == f"Repair with: chmod 700 '{path.parent}'"
    with pytest.raises(errors.LooseModes):
        ceremony.create_ring(path.with_name("other"), "Stichting Elders", PASSPHRASE)
    assert not path.with_name("other").exists()


def test_ring_lock_and_folder_have_tight_modes_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ring"
    before = os.umask(0)
    try:
        ring = ceremony.create_ring(path, "Stichting Voorbeeld", PASSPHRASE)
        add_product(path, ring, "taal", "12345678")
    finally:
        os.umask(before)
    modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in path.parent.iterdir()}
    assert modes == {"ring": 0o600, "ring.lock": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_symbolic_link_and_a_pipe_are_no_ring(path: Path, ring: KeyRing) -> None:
    link, pipe = path.with_name("link"), path.with_name("pipe")
    link.symlink_to(path)
    os.mkfifo(pipe, 0o600)
    with pytest.raises(errors.RingMissing):
        open_ring(link, PASSPHRASE)
    with pytest.raises(errors.ForeignFile):
        open_ring(pipe, PASSPHRASE)


def test_adding_the_same_again_changes_nothing(path: Path, ring: KeyRing) -> None:
    product, space = add_product(path, ring, "taal", "12345678"), add_space(path, ring, "las1/leerling")
    before = path.read_bytes()
    assert add_product(path, ring, "taal", "12345678") == product
    assert add_space(path, ring, "las1/leerling") == space
    assert path.read_bytes() == before


def test_a_slug_of_another_recipient_is_refused_and_nothing_is_written(path: Path, ring: KeyRing) -> None:
    add_product(path, ring, "taal", "12345678")
    before = path.read_bytes()
    with pytest.raises(errors.ProductRefused):
        add_product(path, ring, "taal", "87654321")
    assert path.read_bytes() == before
    assert ring.recipient_kvk("taal") == "12345678"


@pytest.mark.parametrize("slug", ["", "_register", "Taal", "taal nu", "-taal", "taal\n", "é", "a" * 64])
def test_what_is_no_slug_is_refused(path: Path, ring: KeyRing, slug: str) -> None:
    with pytest.raises(errors.ProductRefused):
        add_product(path, ring, slug, "12345678")


@pytest.mark.parametrize("kvk", ["", "1234567", "123456789", "1234567a", "١٢٣٤٥٦٧٨", "12345678\n"])
def test_what_is_no_kvk_number_is_refused(path: Path, ring: KeyRing, kvk: str) -> None:
    with pytest.raises(errors.ProductRefused):
        add_product(path, ring, "taal", kvk)


@pytest.mark.parametrize("name", ["", "/leerling", "las1 leerling", "las1/leerling\n", "a" * 129])
def test_what_is_no_name_of_a_space_is_refused(path: Path, ring: KeyRing, name: str) -> None:
    with pytest.raises(errors.SpaceRefused):
        add_space(path, ring, name)


def test_a_space_in_other_case_is_refused_because_it_would_give_everyone_a_second_pseudonym(
    path: Path, ring: KeyRing
) -> None:
    add_space(path, ring, "las1/leerling")
    with pytest.raises(errors.SpaceRefused):
        add_space(path, ring, "LAS1/leerling")


def test_unknown_products_and_spaces_are_lookup_errors(ring: KeyRing) -> None:
    with pytest.raises(LookupError):
        ring.product("taal")
    with pytest.raises(LookupError):
        ring.scope("taal", RecordKind.PERSON)
    with pytest.raises(LookupError):
        ring.space("las1/leerling")
    with pytest.raises(errors.UnknownProduct):
        ring.versions("taal")


def test_the_register_product_is_there_from_the_start_and_among_no_vendors(path: Path, ring: KeyRing) -> None:
    assert ring.product("_register").slug == "_register"
    add_product(path, ring, "taal", "12345678")
    assert [product.slug for product in ring.products()] == ["taal"]


def test_key_ids_product_ids_keys_and_space_numbers_are_random_and_unique(path: Path, ring: KeyRing) -> None:
    for number in range(40):
        add_product(path, ring, f"product-{number}", "12345678")
        add_space(path, ring, f"las{number}")
    entries = content_of(ring).products
    assert (
        len({entry.product.id for entry in entries})
        == len({entry.versions[0].key for entry in entries})
        == 41
    )
    key_ids = [entry.versions[0].key_id for entry in entries]
    assert len(set(key_ids)) == 41
    assert key_ids != sorted(key_ids)
    numbers = [space.number for space in ring.spaces()]
    assert len(set(numbers)) == 40
    assert max(numbers) < 2**24
    assert numbers != sorted(numbers)


def test_a_key_id_that_any_version_ever_had_is_not_drawn_again() -> None:
    left = b"\x12\x34"
    taken = [number.to_bytes(2, "big") for number in range(65_536)]
    versions = [rings.version(b"", key_id, "destroyed") for key_id in taken if key_id != left]
    content = content_of(rings.ring_of(rings.product("taal", *versions)))
    assert custody.new_version(content).key_id == left


def test_a_space_number_that_is_taken_is_not_drawn_again(
    path: Path, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = add_space(path, ring, "las1/leerling").number
    drawn = iter([taken, taken, taken ^ 1])
    monkeypatch.setattr(secrets, "randbits", lambda bits: next(drawn))
    assert add_space(path, ring, "las1/leerkracht").number == taken ^ 1


def test_an_older_handle_sees_what_another_program_added_after_reloading(path: Path, ring: KeyRing) -> None:
    other = open_ring(path, PASSPHRASE)
    add_product(path, other, "taal", "12345678")
    with pytest.raises(errors.UnknownProduct):
        ring.product("taal")
    assert reload(path, ring) is ring
    assert ring.product("taal") == other.product("taal")


def test_a_ring_of_somebody_else_in_its_place_is_not_reloaded_nor_edited(path: Path, ring: KeyRing) -> None:
    path.rename(path.with_name("before"))
    ceremony.create_ring(path, "Stichting Elders", PASSPHRASE)
    before = path.read_bytes()
    with pytest.raises(errors.RingRekeyed):
        reload(path, ring)
    with pytest.raises(errors.RingRekeyed):
        add_product(path, ring, "taal", "12345678")
    assert path.read_bytes() == before


def _add_many(path: Path, ring: KeyRing, prefix: str) -> None:
    for number in range(15):
        add_product(path, ring, f"{prefix}-{number}", "12345678")
        add_space(path, ring, f"{prefix}/{number}")


def test_two_programs_that_add_at_once_lose_nothing(path: Path, ring: KeyRing) -> None:
    programs = [
        FORK.Process(target=_add_many, args=(path, ring, prefix)) for prefix in ("een", "twee", "drie")
    ]
    for program in programs:
        program.start()
    for program in programs:
        program.join(30)
        assert program.exitcode == 0
    opened = open_ring(path, PASSPHRASE)
    assert len(opened.products()) == len(opened.spaces()) == 45
    key_ids = [version.key_id for product in opened.products() for version in opened.versions(product.slug)]
    assert len(set(key_ids)) == 45


def test_threads_that_add_with_one_handle_lose_nothing(path: Path, ring: KeyRing) -> None:
    threads = [threading.Thread(target=_add_many, args=(path, ring, f"draad{number}")) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(open_ring(path, PASSPHRASE).products()) == len(ring.products()) == 45


def _die_before_renaming(path: Path, ring: KeyRing) -> None:
    os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    add_product(path, ring, "verloren", "12345678")


def test_a_program_killed_between_writing_and_renaming_leaves_the_old_ring_and_no_lock(
    path: Path, ring: KeyRing
) -> None:
    add_product(path, ring, "taal", "12345678")
    before = path.read_bytes()
    program = FORK.Process(target=_die_before_renaming, args=(path, ring))
    program.start()
    program.join(30)
    assert program.exitcode == -signal.SIGKILL
    assert path.with_name("ring.new").exists()
    assert path.read_bytes() == before
    assert [product.slug for product in open_ring(path, PASSPHRASE).products()] == ["taal"]
    add_product(path, ring, "rekenen", "12345678")
    assert not path.with_name("ring.new").exists()
    assert [product.slug for product in open_ring(path, PASSPHRASE).products()] == ["taal", "rekenen"]


def _add_for_ever(path: Path, ring: KeyRing) -> None:
    for number in range(10_000):
        add_product(path, ring, f"product-{number}", "12345678")


def test_a_program_killed_at_any_moment_leaves_a_ring_that_opens(path: Path, ring: KeyRing) -> None:
    for attempt in range(20 if os.environ.get("SCHUILNAAM_TEST_THOROUGH") else 6):
        program = FORK.Process(target=_add_for_ever, args=(path, ring))
        program.start()
        time.sleep(0.05 + 0.013 * attempt)
        program.kill()
        program.join(30)
        before = len(ring.products())
        assert len(reload(path, ring).products()) >= before
    assert len(open_ring(path, PASSPHRASE).products()) == len(ring.products()) > 0


def _full_disk(path: Path, ring: KeyRing) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    try:
        add_product(path, ring, "taal", "12345678")
    except errors.RingUnusable:
        os._exit(0)
    os._exit(1)


def test_a_full_disk_is_an_error_and_leaves_the_old_ring(path: Path, ring: KeyRing) -> None:
    before = path.read_bytes()
    program = FORK.Process(target=_full_disk, args=(path, ring))
    program.start()
    program.join(30)
    assert program.exitcode == 0
    assert path.read_bytes() == before
    assert open_ring(path, PASSPHRASE).products() == ()


def test_nothing_is_written_in_a_folder_that_is_gone(path: Path, ring: KeyRing) -> None:
    gone = path.parent.with_name("weg") / "ring"
    with pytest.raises(errors.RingUnusable):
        add_product(gone, ring, "taal", "12345678")


def test_the_passphrase_profile_is_the_second_of_rfc_9106(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(custody.ARGON2ID_RFC9106_SECOND, "memory_kib", 64 * 1024)
    ceremony.create_ring(path, "Stichting Voorbeeld", PASSPHRASE)
    slot = next(slot for slot in parse(path.read_bytes()).slots if slot.kind == "passphrase")
    assert (slot.memory_kib, slot.iterations, slot.lanes, len(slot.salt)) == (65536, 3, 4, 32)
    assert open_ring(path, PASSPHRASE)


def test_every_write_has_a_new_nonce(path: Path, ring: KeyRing) -> None:
    nonces = set()
    for number in range(10):
        add_space(path, ring, f"las{number}")
        nonces.add(parse(path.read_bytes()).sealed[:12])
    assert len(nonces) == 10


def test_every_field_of_the_content_survives_the_file(path: Path, ring: KeyRing) -> None:
    add_product(path, ring, "taal", "12345678")
    add_space(path, ring, "las1/leerling")
    file = parse(path.read_bytes())
    plain = AESGCM(ring_key_of(ring)).decrypt(file.sealed[:12], file.sealed[12:], file.associated)
    opened = open_ring(path, PASSPHRASE)
    assert ringfile._canonical(asdict(content_of(opened))) == plain
