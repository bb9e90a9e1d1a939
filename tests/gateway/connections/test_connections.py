"""Clients, tokens, compiled agreements and the clock's mark, on the database alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine, func, select

from contracts.vocabulary import AgreementState
from gateway.connections import clients, clock, compiled
from gateway.connections.clients import TOKEN_LIFETIME_SECONDS, VendorClient
from gateway.connections.tables import access_tokens, clock_marks
from gateway.database import reading, writing
from gateway.roster.model import ProductId
from tests.gateway.front.world import agreement

BOARD = "b0a4d1"
PRODUCT = ProductId("rekenwijs-po")
NOW = 1_790_000_000_000


def issue(engine: Engine, board_id: str = BOARD) -> clients.IssuedClient:
    with writing(engine) as connection:
        return clients.issue(connection, board_id=board_id, product=PRODUCT, now_ms=NOW)


def authenticate(engine: Engine, id: str, secret: str, board_id: str = BOARD) -> VendorClient | None:
    with reading(engine) as connection:
        return clients.authenticate(connection, board_id=board_id, client_id=id, secret=secret)


def token(engine: Engine, client: VendorClient, now_ms: int = NOW) -> str:
    with writing(engine) as connection:
        return clients.issue_token(connection, client, board_id=BOARD, scopes=["b", "a"], now_ms=now_ms)


def resolve(engine: Engine, text: str, now_ms: int = NOW, board_id: str = BOARD) -> clients.Session | None:
    with reading(engine) as connection:
        return clients.resolve_token(connection, board_id=board_id, token=text, now_ms=now_ms)


def test_a_client_proves_itself_with_its_secret_only(engine: Engine) -> None:
    issued = issue(engine)
    known = authenticate(engine, issued.client_id, issued.client_secret)
    assert known is not None
    assert known.product == PRODUCT
    assert authenticate(engine, issued.client_id, issued.client_secret + "x") is None
    assert authenticate(engine, issued.client_id, "") is None
    assert authenticate(engine, "nobody", issued.client_secret) is None
    assert authenticate(engine, issued.client_id, issued.client_secret, "another-board") is None
    assert authenticate(engine, issued.client_id, "\ud800") is None


def test_a_token_stands_for_its_client_until_it_expires(engine: Engine) -> None:
    issued = issue(engine)
    known = authenticate(engine, issued.client_id, issued.client_secret)
    assert known is not None
    text = token(engine, known)
    session = resolve(engine, text)
    assert session is not None
    assert (session.client_id, session.product, session.scopes) == (issued.client_id, PRODUCT, {"a", "b"})
    assert text not in session.token_id
    assert resolve(engine, text, NOW + TOKEN_LIFETIME_SECONDS * 1_000 - 1) is not None
    assert resolve(engine, text, NOW + TOKEN_LIFETIME_SECONDS * 1_000) is None
    assert resolve(engine, text, board_id="another-board") is None
    assert resolve(engine, "made-up") is None


def test_revoking_ends_the_client_and_its_tokens_and_keeps_the_first_moment(engine: Engine) -> None:
    issued = issue(engine)
    known = authenticate(engine, issued.client_id, issued.client_secret)
    assert known is not None
    text = token(engine, known)
    for later in (1, 2):
        with writing(engine) as connection:
            revoked = clients.revoke(
                connection, board_id=BOARD, client_id=issued.client_id, now_ms=NOW + later
            )
    assert revoked is not None
    assert revoked.revoked_at_ms == NOW + 1
    assert resolve(engine, text) is None
    assert authenticate(engine, issued.client_id, issued.client_secret) is None
    with writing(engine) as connection:
        assert clients.revoke(connection, board_id=BOARD, client_id="nobody", now_ms=NOW) is None


def test_clients_are_listed_oldest_first(engine: Engine) -> None:
    issued = {issue(engine).client_id for _ in range(3)}
    with reading(engine) as connection:
        found = clients.listed(connection, board_id=BOARD, product=PRODUCT)
        assert clients.listed(connection, board_id=BOARD, product=ProductId("other")) == []
    assert {client.client_id for client in found} == issued


def test_expired_tokens_are_removed_when_the_next_is_issued(engine: Engine) -> None:
    issued = issue(engine)
    known = authenticate(engine, issued.client_id, issued.client_secret)
    assert known is not None
    token(engine, known)
    token(engine, known, NOW + TOKEN_LIFETIME_SECONDS * 1_000)
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(access_tokens)).scalar() == 1


def load(engine: Engine, digest: str | None) -> compiled.Loaded:
    with reading(engine) as connection:
        return compiled.load(connection, board_id=BOARD, product=PRODUCT, recorded_digest=digest)


def test_the_newest_published_agreement_counts_and_older_ones_are_kept_by_digest(engine: Engine) -> None:
    first, second = agreement(), agreement(state=AgreementState.SUSPENDED)
    for each in (first, second):
        with writing(engine) as connection:
            compiled.publish_compiled(connection, each, board_id=BOARD, now_ms=NOW)
    assert load(engine, second.digest) == compiled.Loaded(second, altered=False)
    assert load(engine, first.digest).altered
    assert load(engine, None).altered
    with reading(engine) as connection:
        for each in (first, second):
            found = compiled.by_digest(connection, board_id=BOARD, product=PRODUCT, digest=each.digest)
            assert found == each
        assert compiled.by_digest(connection, board_id=BOARD, product=PRODUCT, digest="0" * 64) is None


def test_nothing_published_is_no_agreement(engine: Engine) -> None:
    assert load(engine, None) == compiled.Loaded(None, altered=False)
    assert load(engine, "0" * 64) == compiled.Loaded(None, altered=True)


def test_the_mark_only_rises_and_outlives_the_process(engine: Engine) -> None:
    assert clock.high_water(engine, board_id=BOARD, now_ms=NOW) == NOW
    assert clock.high_water(engine, board_id=BOARD, now_ms=NOW - 86_400_000) == NOW
    later = NOW + clock.GRAIN_MS
    assert clock.high_water(engine, board_id=BOARD, now_ms=later) == later
    assert clock.high_water(engine, board_id=BOARD, now_ms=NOW) == later
    assert clock.high_water(engine, board_id=BOARD, now_ms=later * 2, keep=False) == later * 2
    assert clock.high_water(engine, board_id=BOARD, now_ms=NOW) == later


def test_workers_that_start_together_make_one_mark(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as workers:
        marks = list(
            workers.map(lambda n: clock.high_water(engine, board_id=BOARD, now_ms=NOW + n), range(8))
        )
    assert len(marks) == 8
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(clock_marks)).scalar() == 1
