"""The commands by name; the module of each is loaded when the command is used.

`schuilnaam serve` runs as long as the gateway, and `schuilnaam refresh` shares the machine's memory with it: neither
keeps the code of the others (20 MB: the made-up board, the web framework, what migrates).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import click

NAMES: Final = (
    "init",
    "key",
    "source",
    "agreement",
    "client",
    "refresh",
    "preview",
    "preview-made-up",
    "export",
    "layout",
    "results",
    "alias",
    "serve",
    "deliver",
    "school-year",
    "switchover",
    "quarantine",
    "dead-letters",
    "relink",
    "register",
    "staff",
    "vendor",
    "terms",
    "deletion",
    "subprocessor",
    "receipt",
    "mail",
    "report",
    "consent",
    "objection",
    "legal-exception",
    "regulation",
    "doctor",
    "health",
    "config",
    "backup",
    "restore",
    "db",
    "sandbox",
    "demo",
)


class Commands(Mapping[str, click.Command]):
    """Every command; asking for one loads it."""

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)

    def __getitem__(self, name: str) -> click.Command:
        match name:
            case "init":
                from gateway.cli.setup import init

                return init
            case "key":
                from gateway.cli.key import key
                from gateway.cli.recovery import confirm_share, recover, shares

                for ceremony in (recover, shares, confirm_share):
                    key.add_command(ceremony)
                return key
            case "source":
                from gateway.cli.source import source

                return source
            case "agreement":
                from gateway.cli.agreement import agreement

                return agreement
            case "client":
                from gateway.cli.client import client

                return client
            case "refresh":
                from gateway.cli.refresh import refresh

                return refresh
            case "preview":
                from gateway.cli.preview import preview

                return preview
            case "preview-made-up":
                from gateway.cli.preview import preview_made_up

                return preview_made_up
            case "export":
                from gateway.cli.export import export

                return export
            case "results":
                from gateway.cli.results import results

                return results
            case "alias":
                from gateway.cli.alias import alias

                return alias
            case "layout":
                from gateway.cli.layout import layout

                return layout
            case "serve":
                from gateway.cli.serve import serve

                return serve
            case "deliver":
                from gateway.cli.deliver import deliver

                return deliver
            case "school-year":
                from gateway.cli.school_year import school_year

                return school_year
            case "switchover":
                from gateway.cli.switchover import switchover

                return switchover
            case "quarantine":
                from gateway.cli.deliver import quarantine

                return quarantine
            case "dead-letters":
                from gateway.cli.deliver import dead_letters

                return dead_letters
            case "relink":
                from gateway.cli.relink import relink

                return relink
            case "register":
                from gateway.cli.register import register

                return register
            case "staff":
                from gateway.cli.staff import staff

                return staff
            case "vendor":
                from gateway.cli.vendor import vendor

                return vendor
            case "terms":
                from gateway.cli.terms import terms

                return terms
            case "deletion":
                from gateway.cli.deletion import deletion

                return deletion
            case "subprocessor":
                from gateway.cli.subprocessor import subprocessor

                return subprocessor
            case "receipt":
                from gateway.cli.receipt import receipt

                return receipt
            case "mail":
                from gateway.cli.mail import mail

                return mail
            case "report":
                from gateway.cli.report import report

                return report
            case "consent":
                from gateway.cli.consent import consent

                return consent
            case "objection":
                from gateway.cli.objection import objection

                return objection
            case "legal-exception":
                from gateway.cli.legal_exception import legal_exception

                return legal_exception
            case "regulation":
                from gateway.cli.regulation import regulation

                return regulation
            case "doctor":
                from gateway.cli.doctor import doctor

                return doctor
            case "health":
                from gateway.cli.doctor import health

                return health
            case "config":
                from gateway.cli.config import config

                return config
            case "backup":
                from gateway.cli.backup import backup

                return backup
            case "restore":
                from gateway.cli.backup import restore

                return restore
            case "db":
                from gateway.cli.database import db

                return db
            case "sandbox":
                from gateway.cli.sandbox import sandbox

                return sandbox
            case "demo":
                from gateway.cli.demo import demo

                return demo
        raise KeyError(name)
