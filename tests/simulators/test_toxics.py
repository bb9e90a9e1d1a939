"""The toxics do what they say: a test of harm that does none proves nothing."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.simulators.toxics import Toxic, ToxicProxy

SAID = b"x" * 3_000


@pytest.fixture
def proxy() -> Iterator[ToxicProxy]:
    """Before a server that answers every connection with `SAID`, after its first bytes, and closes."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            # One of the toxics resets it: then there is nobody to answer.
            with contextlib.suppress(ConnectionResetError), connection:
                if connection.recv(100):
                    connection.sendall(SAID)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with ToxicProxy(server.getsockname()[1]) as proxy:
            yield proxy
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def ask(proxy: ToxicProxy, *, patience: float = 5.0) -> tuple[bytes, str, float]:
    """What arrives, how it ended, and after how many seconds."""
    began, received = time.monotonic(), b""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=patience) as connection:
        try:
            connection.sendall(b"hello")
            while piece := connection.recv(65_536):
                received += piece
            end = "closed"
        except TimeoutError:
            end = "silent"
        except ConnectionError:
            end = "reset"
    return received, end, time.monotonic() - began


def test_without_a_toxic_all_passes(proxy: ToxicProxy) -> None:
    assert ask(proxy)[:2] == (SAID, "closed")


def test_latency_waits(proxy: ToxicProxy) -> None:
    proxy.poison(Toxic.LATENCY, "down", 0.3)
    received, end, seconds = ask(proxy)
    assert (received, end) == (SAID, "closed")
    assert seconds >= 0.3


def test_bandwidth_is_so_many_bytes_a_second(proxy: ToxicProxy) -> None:
    proxy.poison(Toxic.BANDWIDTH, "down", 6_000)
    received, end, seconds = ask(proxy)
    assert (received, end) == (SAID, "closed")
    assert seconds >= 0.4


def test_slicer_changes_nothing_but_the_pieces(proxy: ToxicProxy) -> None:
    proxy.poison(Toxic.SLICER, "down", 7)
    assert ask(proxy)[:2] == (SAID, "closed")


def test_limit_data_closes_in_the_middle(proxy: ToxicProxy) -> None:
    proxy.poison(Toxic.LIMIT_DATA, "down", 500)
    assert ask(proxy)[:2] == (SAID[:500], "closed")


def test_reset_peer_resets(proxy: ToxicProxy) -> None:
    proxy.poison(Toxic.RESET_PEER, "up", 0)
    received, end, _ = ask(proxy)
    assert received == b""
    assert end == "reset"


def test_timeout_is_silence(proxy: ToxicProxy) -> None:
    proxy.poison(Toxic.TIMEOUT, "up", 0)
    assert ask(proxy, patience=0.4)[:2] == (b"", "silent")


def test_slow_close_tells_the_end_late(proxy: ToxicProxy) -> None:
    proxy.poison(Toxic.SLOW_CLOSE, "down", 0.3)
    received, end, seconds = ask(proxy)
    assert (received, end) == (SAID, "closed")
    assert seconds >= 0.3


def test_healed_all_passes_again(proxy: ToxicProxy) -> None:
    proxy.poison(Toxic.LIMIT_DATA, "down", 0)
    assert ask(proxy)[0] == b""
    proxy.heal()
    assert ask(proxy)[:2] == (SAID, "closed")
