"""Checks of the machine: files and their modes, room on the disk, and the certificates that callers see."""

from __future__ import annotations

import shutil
import socket
import ssl
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gateway.connections import sandbox_place
from gateway.errors import GatewayError
from gateway.holdings.storage_key import StorageKey
from gateway.school.doctor.finding import Finding
from gateway.settings import Settings

LITTLE_ROOM_BYTES: Final = 2 * 1024**3
NO_ROOM_BYTES: Final = 200 * 1024**2
CERTIFICATE_SOON_DAYS: Final = 21
_CONNECT_SECONDS: Final = 5
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def modes(settings: Settings) -> Finding:
    """Nobody but this user (and, read-only, the vendors' door as group) can reach what is in the home folder."""
    loose = list(_loose(settings.home))
    if loose:
        path, wanted = loose[0]
        others = f" and {len(loose) - 1} more" if len(loose) > 1 else ""
        more = f" en nog {len(loose) - 1}" if len(loose) > 1 else ""
        return Finding.fail(
            "modes",
            f"Others can reach {path}{others}.",
            f"chmod {wanted} '{path}'",
            dutch=f"Anderen kunnen bij {path}{more}.",
        )
    return Finding.ok(
        "modes", "Home folder and files are private.", dutch="Thuismap en bestanden zijn afgeschermd."
    )


def _loose(home: Path) -> Iterator[tuple[Path, str]]:
    # The group may be the vendors' door under a user of its own: it may enter the folder, read its own two files, and
    # share the front database and the storage key; nothing of the school side.
    if home.stat().st_mode & (stat.S_IWGRP | stat.S_IRWXO):
        yield home, "g-w,o="
    for name in ("keys", "secrets", "documents"):
        folder = home / name
        if folder.is_dir():
            yield from _open_to_any(folder, "700")
            for path in sorted(folder.iterdir()):
                yield from _open_to_any(path, "600" if path.is_file() else "700")
    for name in ("school.toml", "mail.toml", "data/school.sqlite"):
        if (home / name).exists():
            yield from _open_to_any(home / name, "600")
    for path in (home / "storage", home / "storage" / "storage.key", home / "front.toml", home / "data"):
        if path.exists():
            yield from _open_to_any(path, "700" if path.is_dir() else "600")


def _open_to_any(path: Path, wanted: str) -> Iterator[tuple[Path, str]]:
    if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        yield path, wanted


def storage_key(settings: Settings) -> Finding:
    """The key that seals the bodies of holdings is there and whole."""
    try:
        StorageKey.load(settings.storage_key_path)
    except GatewayError as error:
        return Finding.fail(
            "storage_key", str(error), error.remedy or "schuilnaam restore FILE", code=error.code
        )
    except OSError:
        return Finding.fail(
            "storage_key",
            "The storage key cannot be read.",
            "schuilnaam restore FILE",
            dutch="De opslagsleutel is niet leesbaar.",
        )
    return Finding.ok("storage_key", "The storage key is readable.", dutch="De opslagsleutel is leesbaar.")


def disk(settings: Settings) -> Finding:
    """Room where the databases are; SQLite needs some for its log."""
    free = shutil.disk_usage(settings.home).free
    room = f"{free / 1024**3:.1f} GB free at the home folder."
    room_dutch = f"{free / 1024**3:.1f} GB vrij bij de thuismap."
    if free < NO_ROOM_BYTES:
        return Finding.fail(
            "disk", room, "Make room: results that cannot be stored are refused.", dutch=room_dutch
        )
    if free < LITTLE_ROOM_BYTES:
        return Finding.warn("disk", room, "Make room before it is full.", dutch=room_dutch)
    return Finding.ok("disk", room, dutch=room_dutch)


def sandbox(settings: Settings) -> Finding:
    """Whether vendors can build against made-up pupils, and whether it is too full for that."""
    if not settings.sandbox:
        return Finding.ok(
            "sandbox", "The sandbox for vendors is off.", dutch="De zandbak voor leveranciers staat uit."
        )
    place = sandbox_place.current(settings.home.resolve())
    if place is None:
        # Under two users it stands in the folder of the door's.
        return Finding.ok(
            "sandbox",
            "The sandbox for vendors is on, and not in this folder yet.",
            dutch="De zandbak voor leveranciers staat aan, en nog niet in deze map.",
        )
    if place.is_full():
        return Finding.warn(
            "sandbox",
            "The sandbox for vendors is too full, and answers nothing until it is made anew.",
            "schuilnaam sandbox reset",
            dutch="De zandbak voor leveranciers is vol en antwoordt niet tot zij opnieuw is gemaakt.",
        )
    return Finding.ok(
        "sandbox", "The sandbox for vendors is on.", dutch="De zandbak voor leveranciers staat aan."
    )


def address(name: str, url: str | None, *, needed: bool, network: bool, now: datetime) -> Finding:
    """An address of ours: set, https, and its certificate is valid for a while.

    Args:
        name: `public_url` or `pages_url`.
        needed: whether nobody can work without it.
    """
    if url is None:
        if needed:
            return Finding.warn(
                name,
                f"{name} is not set.",
                f"Set {name} in settings.toml, and restart serve.",
                dutch=f"{name} is niet ingesteld.",
            )
        return Finding.ok(
            name,
            f"{name} is not set: no staff pages outside this machine.",
            dutch=f"{name} is niet ingesteld: geen pagina's buiten deze machine.",
        )
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https":
        if host in _LOOPBACK:
            return Finding.warn(
                name,
                f"{name} is plain http on this machine only.",
                f"Set {name} to an https address.",
                dutch=f"{name} is onversleuteld en alleen op deze machine.",
            )
        return Finding.fail(
            name, f"{name} is not https.", f"Set {name} to an https address.", dutch=f"{name} is geen https."
        )
    if not network:
        return Finding.ok(
            name,
            f"{name} is https; its certificate was not looked at.",
            dutch=f"{name} is https; naar het certificaat is niet gekeken.",
        )
    return _certificate(name, host, parts.port or 443, now)


def _certificate(name: str, host: str, port: int, now: datetime) -> Finding:
    # A handshake and nothing more: no byte of ours is sent.
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((host, port), timeout=_CONNECT_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            shown = secured.getpeercert() or {}
    except ssl.SSLCertVerificationError:
        return Finding.fail(
            name,
            f"The certificate of {host} is not accepted, or has ended.",
            "Renew it at the TLS proxy.",
            dutch=f"Het certificaat van {host} wordt niet aanvaard of is verlopen.",
        )
    except OSError:
        return Finding.fail(
            name,
            f"{host} does not answer with TLS.",
            "Start the TLS proxy, or check the address.",
            dutch=f"{host} antwoordt niet met TLS.",
        )
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)
    days = (ends - now).days
    sentence = f"The certificate of {host} is valid for {days} days more."
    dutch = f"Het certificaat van {host} geldt nog {days} dagen."
    if days < CERTIFICATE_SOON_DAYS:
        return Finding.warn(
            name,
            sentence,
            "Renew it at the TLS proxy, and see why that did not happen by itself.",
            dutch=dutch,
        )
    return Finding.ok(name, sentence, dutch=dutch)
