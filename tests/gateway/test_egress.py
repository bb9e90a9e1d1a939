"""One host per client, whatever anybody writes where an address can stand."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.egress import HostClient, Limits, Place, parse_place
from gateway.errors import SettingsError, SourceError
from gateway.school.sources.oneroster_rest.paging import next_link, query_of_link
from tests.gateway.school.sources.bendable_system import BendableSystem, Fault, users
from tests.gateway.school.sources.conftest import QUICK

USERS = "/ims/oneroster/rostering/v1p2/users"


class Listener:
    """Counts connections; nothing may ever come."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.port = self._socket.getsockname()[1]
        self.connections = 0
        self._open = True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while self._open:
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            self.connections += 1
            connection.close()

    def close(self) -> None:
        if not self._open:
            return
        # What was under way has arrived by now: the loopback has no delay.
        time.sleep(0.06)
        self._open = False
        self._thread.join()
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


def hosts_of(port: int) -> list[str]:
    """Ways to write the listener's host and port, or to smuggle it in."""
    return [
        f"127.0.0.1:{port}",
        f"localhost:{port}",
        f"127.1:{port}",
        f"127.0.1:{port}",
        f"2130706433:{port}",
        f"0x7f000001:{port}",
        f"0x7f.0.0.1:{port}",
        f"0177.0.0.1:{port}",
        f"017700000001:{port}",
        f"127.0.0.01:{port}",
        f"127.00.0.1:{port}",
        f"127.0.0.1.:{port}",
        f"0:{port}",
        f"0.0.0.0:{port}",
        f"[::1]:{port}",
        f"[::ffff:127.0.0.1]:{port}",
        f"[::ffff:7f00:1]:{port}",
        f"[0:0:0:0:0:ffff:127.0.0.1]:{port}",
        f"[::127.0.0.1]:{port}",
        f"[::1%25lo]:{port}",
        f"127.0.0.1%2f:{port}",
        f"127.0.0.1%00:{port}",
        f"%31%32%37.0.0.1:{port}",
        f"127。0。0。1:{port}",
        f"１２７.0.0.1:{port}",
        f"ⓛocalhost:{port}",
        f"LOCALHOST:{port}",
        f"localhost.:{port}",
        f"127.0.0.1:0{port}",
        f"127.0.0.1:+{port}",
        f"127.0.0.1: {port}",
        f"user@127.0.0.1:{port}",
        f"user:secret@127.0.0.1:{port}",
        f"@127.0.0.1:{port}",
        f"HOST@127.0.0.1:{port}",
        f"HOST:80@127.0.0.1:{port}",
        f"HOST%40127.0.0.1:{port}",
        f"127.0.0.1:{port}@127.0.0.1:{port}",
        f"HOST&@127.0.0.1:{port}",
        f"HOST#@127.0.0.1:{port}",
        f"127.0.0.1:{port}#@HOST",
        f"127.0.0.1:{port}?@HOST",
        f"127.0.0.1:{port}\\@HOST",
        f"127.0.0.1:{port};@HOST",
        f"127.0.0.1:{port}\t@HOST",
        f"HOST\\@127.0.0.1:{port}",
        f"HOST\r\nHost: 127.0.0.1:{port}",
        f"HOST%0d%0aHost:127.0.0.1:{port}",
        f"HOST 127.0.0.1:{port}",
        f"HOST,127.0.0.1:{port}",
    ]


def forms_of(port: int) -> list[str]:
    """Targets of links."""
    forms = [f"http://{host}{USERS}?limit=10&offset=10" for host in hosts_of(port)]
    forms += [f"//{host}{USERS}?limit=10&offset=10" for host in hosts_of(port)[:20]]
    start = f"127.0.0.1:{port}"
    forms += [
        f"https://{start}{USERS}?offset=10",
        f"HTTP://{start}{USERS}?offset=10",
        f"ftp://{start}{USERS}?offset=10",
        f"file://{start}{USERS}?offset=10",
        f"gopher://{start}/_GET",
        f"http:/{start}{USERS}",
        f"http:{start}{USERS}",
        f"http:///{start}{USERS}",
        f"http:////{start}{USERS}",
        f"http:\\\\{start}{USERS}",
        f"/\\{start}{USERS}",
        f"\\\\{start}{USERS}",
        f"///{start}{USERS}",
        f"////{start}{USERS}",
        f"/%2f{start}{USERS}",
        f"@{start}{USERS}",
        f":80@{start}{USERS}",
        f".{start}{USERS}",
        f"{USERS}/../../../../../../{start}",
        f"{USERS}?next=http://{start}/",
        f"{USERS}%3f@{start}",
        f"javascript://{start}/%0aalert(1)",
        f"data:text/html,http://{start}",
        f"\thttp://{start}{USERS}",
        f" http://{start}{USERS}",
        f"http://{start}{USERS}#@HOST",
        f"dict://{start}/",
        f"jar:http://{start}!/",
        f"http+unix://{start}{USERS}",
    ]
    return forms


def test_there_are_enough_tricks() -> None:
    assert len(set(forms_of(1)) | set(hosts_of(1))) >= 140


def test_no_link_brings_us_to_another_host(listener: Listener) -> None:
    with BendableSystem() as system, HostClient(f"{system.url}", limits=QUICK) as client:
        system.records["users"] = users(25)
        host = client.place.host + f":{client.place.port}"
        for form in forms_of(listener.port):
            header = f"<{form.replace('HOST', host)}>; rel=next"
            target = next_link(header)
            query = None if target is None else query_of_link(target, place=client.place, path=USERS)
            if query is not None:
                client.request("GET", USERS, query=query)
        assert system.connections <= 1
    listener.close()
    assert listener.connections == 0


@pytest.mark.parametrize(
    "target",
    [
        "{origin}{users}?limit=10&offset=10",
        "{users}?limit=10&offset=10",
        "?limit=10&offset=10",
        "{origin}{users}/?limit=10&offset=10",
        "//127.0.0.1:{port}{users}?limit=10&offset=10",
    ],
)
def test_link_to_the_same_collection_is_followed(target: str) -> None:
    place = parse_place("http://127.0.0.1:8123")
    written = target.format(origin=place.origin, users=USERS, port=8123)
    assert query_of_link(written, place=place, path=USERS) == "limit=10&offset=10"


@pytest.mark.parametrize(
    "target",
    [
        "/ims/oneroster/rostering/v1p2/classes?offset=10",
        "/admin?offset=10",
        f"{USERS}/../users?offset=10",
        f"{USERS}/%2e%2e/users?offset=10",
        f"{USERS}%2f?offset=10",
        f"http://127.0.0.1:8124{USERS}?offset=10",
        f"https://127.0.0.1:8123{USERS}?offset=10",
        f"{USERS}?offset=10#x",
        f"{USERS}?offset=é",
        f"{USERS}?off set=10",
        USERS,
        "",
    ],
)
def test_link_to_anything_else_is_not_followed(target: str) -> None:
    assert query_of_link(target, place=parse_place("http://127.0.0.1:8123"), path=USERS) is None


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('<a>; rel="next"', "a"),
        ("<a>; rel=next", "a"),
        ("<a>;rel=NEXT", "a"),
        ('<b>; rel="first", <a>; rel="next"', "a"),
        ('<a>; title="x"; rel="prefetch next"', "a"),
        ('<a>; rel="nextish"', None),
        ('<a>; rel="prev"', None),
        ("a; rel=next", None),
        ("", None),
        ("<a>", None),
        ("<" * 20_000, None),
    ],
)
def test_next_link_is_found_in_the_header(header: str, target: str | None) -> None:
    assert next_link(header) == target


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://sis.example", Place("https", "sis.example", 443, "")),
        ("https://SIS.example:8443/api/", Place("https", "sis.example", 8443, "/api")),
        ("https://10.0.0.5/x", Place("https", "10.0.0.5", 443, "/x")),
        ("https://[2001:db8::5]:444", Place("https", "[2001:db8::5]", 444, "")),
        ("http://127.0.0.1:80", Place("http", "127.0.0.1", 80, "")),
        ("http://localhost:5000", Place("http", "localhost", 5000, "")),
        ("https://xn--bcher-kva.example", Place("https", "xn--bcher-kva.example", 443, "")),
    ],
)
def test_address_of_a_system_is_read(url: str, place: Place) -> None:
    assert parse_place(url) == place


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sis.example",
        "ftp://sis.example",
        "https://",
        "https://user@sis.example",
        "https://sis.example?x=1",
        "https://sis.example#x",
        "https://sis.example/a/../b",
        "https://sis.example/%2e%2e/b",
        "https://sis.example/a b",
        "https://sis.example:0",
        "https://sis.example:99999",
        "https://sis.example:",
        "https://-sis.example",
        "https://sis..example",
        "https://sis.example\\x",
        "https://sis.example\n",
        "https://bücher.example",
    ],
)
def test_address_that_can_be_misread_is_refused(url: str) -> None:
    with pytest.raises(SettingsError):
        parse_place(url)


def test_odd_way_to_write_an_address_is_refused_and_reaches_nobody(listener: Listener) -> None:
    plain = {f"127.0.0.1:{listener.port}", f"localhost:{listener.port}", f"LOCALHOST:{listener.port}"}
    plain |= {f"[::1]:{listener.port}"}
    for host in hosts_of(listener.port):
        if host in plain:
            continue
        with pytest.raises(SettingsError):
            HostClient(f"http://{host.replace('HOST', '127.0.0.1:1')}/x")
    listener.close()
    assert listener.connections == 0


@pytest.mark.parametrize("url", ["http://sis.example", "http://10.0.0.5", "http://localhost.example"])
def test_plain_http_is_for_this_machine_unless_allowed(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_place(url)
    assert refused.value.code == "address_not_encrypted"
    assert parse_place(url, allow_plain_http=True).scheme == "http"


def test_certificates_cannot_be_left_unverified() -> None:
    with pytest.raises(ValueError):
        HostClient("https://sis.example", verify=False)


@pytest.fixture
def system() -> Iterator[BendableSystem]:
    with BendableSystem() as system:
        system.records["users"] = users(5)
        system.tokens.add("t")
        yield system


def get(system: BendableSystem, *, limits: Limits = QUICK, **more: Any) -> bytes:
    with HostClient(system.url, limits=limits, sleep=lambda _: None) as client:
        return client.request("GET", USERS, headers={"Authorization": "Bearer t"}, **more).body


def test_environment_changes_nothing(
    system: BendableSystem, listener: Listener, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{listener.port}")
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login jip password geheim\n")
    os.chmod(tmp_path / ".netrc", 0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with HostClient(system.url, limits=QUICK) as client:
        client.request("GET", USERS)
    assert "authorization" not in system.requests[-1].headers
    listener.close()
    assert listener.connections == 0


@pytest.mark.parametrize("header", ["Cookie", "X-Forwarded-For", "Host", "Proxy-Authorization"])
def test_header_that_is_not_on_the_list_is_not_sent(system: BendableSystem, header: str) -> None:
    with HostClient(system.url, limits=QUICK) as client, pytest.raises(ValueError):
        client.request("GET", USERS, headers={header: "x"})
    assert system.requests == []


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "é"])
def test_header_with_a_line_break_is_not_sent(system: BendableSystem, value: str) -> None:
    with HostClient(system.url, limits=QUICK) as client, pytest.raises(ValueError):
        client.request("GET", USERS, headers={"Authorization": value})
    assert system.requests == []


def test_body_that_is_too_large_is_not_taken_in(system: BendableSystem) -> None:
    system.faults = [Fault(body=b"x" * 5_000)]
    with pytest.raises(SourceError) as refused:
        get(system, limits=Limits(response_bytes=4_999))
    assert (refused.value.code, refused.value.retry) == ("source_too_large", False)


def test_small_body_that_unpacks_to_a_large_one_is_not_taken_in(system: BendableSystem) -> None:
    system.faults = [Fault(body=b"x" * 50_000_000, zipped=True)]
    with pytest.raises(SourceError) as refused:
        get(system, limits=Limits(response_bytes=1_000_000))
    assert refused.value.code == "source_too_large"


def test_zipped_body_is_unpacked(system: BendableSystem) -> None:
    system.faults = [Fault(body=b"x" * 300_000, zipped=True)]
    assert get(system) == b"x" * 300_000


@pytest.mark.parametrize("cut", [0, 5, 60])
def test_zipped_body_that_is_cut_is_an_error(system: BendableSystem, cut: int) -> None:
    system.faults = [Fault(body=os.urandom(200), zipped=True, cut=cut)] * 3
    with pytest.raises(SourceError) as refused:
        get(system)
    assert refused.value.code == "source_unreachable"


def test_one_who_drips_is_cut_off_at_the_deadline(system: BendableSystem) -> None:
    system.faults = [Fault(body=b"x" * 1_000, drip=0.05)]
    start = time.monotonic()
    with pytest.raises(SourceError) as refused:
        get(system, limits=Limits(read_seconds=5, total_seconds=0.4, attempts=1))
    assert refused.value.code == "source_timeout"
    assert time.monotonic() - start < 2


def test_one_who_drips_headers_is_cut_off_at_the_deadline() -> None:
    """No answer at all, but a byte of a header before every timeout."""
    server = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = server.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            for _ in range(200):
                connection.sendall(b"X")
                time.sleep(0.02)

    threading.Thread(target=drip, daemon=True).start()
    start = time.monotonic()
    url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with (
        HostClient(url, limits=Limits(read_seconds=5, total_seconds=0.3, attempts=1)) as client,
        pytest.raises(SourceError) as refused,
    ):
        client.request("GET", "/x")
    assert refused.value.code == "source_timeout"
    assert time.monotonic() - start < 2
    server.close()


def test_request_that_may_not_be_repeated_is_sent_once(system: BendableSystem) -> None:
    system.faults = [Fault(503)] * 4
    with HostClient(system.url, limits=QUICK, sleep=lambda _: None) as client:
        with pytest.raises(SourceError):
            client.request("PUT", f"{USERS}/u1", body=b"{}")
        assert len(system.requests) == 1
        with pytest.raises(SourceError):
            client.request("PUT", f"{USERS}/u1", body=b"{}", repeat=True)
    assert len(system.requests) == 4


def test_waits_grow_and_differ(system: BendableSystem) -> None:
    waits: list[float] = []
    system.faults = [Fault(503)] * 6
    limits = Limits(attempts=6, first_wait_seconds=1, longest_wait_seconds=5)
    with HostClient(system.url, limits=limits, sleep=waits.append) as client, pytest.raises(SourceError):
        client.request("GET", USERS)
    assert [
        low <= wait <= high
        for wait, (low, high) in zip(waits, [(0.5, 1), (1, 2), (2, 4), (2.5, 5), (2.5, 5)], strict=True)
    ] == [True] * 5
    assert len(set(waits)) == 5


def test_nothing_of_an_address_is_logged(system: BendableSystem, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with HostClient(system.url, limits=QUICK) as client:
        client.request("GET", "/ims/oneroster/rostering/v1p2/users/leerling-7")
    assert "leerling-7" not in caplog.text


def test_answer_shows_its_status_only() -> None:
    from gateway.egress import Answer

    assert repr(Answer(200, {"link": "leerling-7"}, b"leerling-7")) == "Answer(status=200)"


def test_untrusted_certificate_is_told_as_such(tmp_path: Any) -> None:
    with tls_server(tmp_path) as url:
        with HostClient(url, limits=QUICK) as client, pytest.raises(SourceError) as refused:
            client.request("GET", "/x")
        assert (refused.value.code, refused.value.retry) == ("source_tls", False)
        with HostClient(url, limits=QUICK, verify=str(tmp_path / "cert.pem")) as client:
            assert client.request("GET", "/x").body == b"ok"


class tls_server:
    """Answers `ok` over TLS with a certificate that nobody knows."""

    def __init__(self, folder: Any) -> None:
        import datetime
        import ipaddress
        import ssl

        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sis")])
        start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
        alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start.replace(year=2120))
            .add_extension(alternative, critical=False)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
        (folder / "key.pem").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self._socket = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> str:
        threading.Thread(target=self._serve, daemon=True).start()
        return f"https://127.0.0.1:{self._socket.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(connection, server_side=True) as encrypted:
                    encrypted.recv(4096)
                    encrypted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            except OSError:
                continue

    def __exit__(self, *_: object) -> None:
        self._socket.close()
