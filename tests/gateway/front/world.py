"""A door on 127.0.0.1 with everything real behind it: database, registers, holdings, agreements. Made-up
people."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from requests.adapters import HTTPAdapter
from sqlalchemy import Engine, event
from urllib3.util import Retry
from werkzeug.serving import WSGIRequestHandler, make_server

from contracts.agreements import CompiledAgreement, DataEntry
from contracts.vocabulary import (
    AgreementState,
    DataCategory,
    Direction,
    Form,
    Groups,
    IdentifierScope,
    LegalBasis,
    RecipientRole,
    Service,
    SubjectCategory,
)
from gateway.connections import clients
from gateway.connections.clients import IssuedClient
from gateway.connections.compiled import publish_compiled
from gateway.database import front_metadata, open_engine, writing
from gateway.front.app import create_front_app
from gateway.front.services import FrontServices, Limits, object_index
from gateway.holdings.publishing import Publication
from gateway.holdings.reading import Holdings
from gateway.holdings.selection import Generation
from gateway.holdings.storage_key import StorageKey
from gateway.holdings.vendor_made import VendorMade
from gateway.migrations.current import head
from gateway.registers import audit
from gateway.registers.actors import Actor
from gateway.registers.audit_events import AuditEvent
from gateway.registers.log import documents
from gateway.registers.tables import Log
from gateway.roster.model import Kind, ProductId, Pseudonym, Relations, ReleasedRecord, Subject

BOARD = "b0a4d1"
PRODUCT = ProductId("rekenwijs-po")
OTHER = ProductId("taalwijs-vo")
START = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)
ROSTER = "/ims/oneroster/rostering/v1p2"
GRADEBOOK = "/ims/oneroster/gradebook/v1p2"
CONTACT = "fg@voorbeeldscholen.example"

BACK = Direction.BACK
PUPIL, STAFF = SubjectCategory.PUPIL, SubjectCategory.STAFF


def entry(
    *fields: str,
    form: Form = Form.CLEAR,
    subjects: tuple[SubjectCategory, ...] | None = None,
    direction: Direction = Direction.OUT,
    category: DataCategory = DataCategory.ORGANISATION,
) -> DataEntry:
    """One line of a data table."""
    return DataEntry(category, fields, form, direction, subjects, necessity="nodig voor de les")


ENTRIES = (
    entry("user.givenName", "user.familyName", "user.username", form=Form.ALIAS, subjects=(PUPIL,)),
    entry("user.givenName", "user.familyName", "user.email", subjects=(STAFF,)),
    entry("user.grades", "class.title", "class.grades", "class.subjects", "course.title", "org.name"),
    entry("academicSession.title"),
    entry("demographics.birthDate", form=Form.GENERALISED, subjects=(PUPIL,)),
    entry("lineItem.title", "result.score", "result.scoreDate", "result.scoreStatus", direction=BACK),
    entry("result.comment", form=Form.SCRUBBED, direction=BACK),
)


def agreement(product: str = PRODUCT, **changes: Any) -> CompiledAgreement:
    """The agreement of the example, compiled; `changes` replace parts."""
    compiled = CompiledAgreement(
        agreement_id="VO-2026-014",
        version=1,
        record_digest="0" * 64,
        product=product,
        recipient_name="Rekenwijs B.V.",
        recipient_kvk="87654321",
        board_name="Stichting Voorbeeldscholen",
        fg_contact=CONTACT,
        role=RecipientRole.PROCESSOR,
        legal_basis=LegalBasis.PUBLIC_TASK,
        purposes=("leveren_gebruik",),
        services=(Service.ROSTER, Service.RESULTS),
        schools=("99ZZ",),
        grades=None,
        classes=None,
        subjects=(PUPIL, STAFF),
        groups=Groups.EXACT,
        entries=ENTRIES,
        identifier_scope=IdentifierScope.RELATIONSHIP,
        in_force_from=date(2026, 9, 1),
        in_force_until=None,
        inbound_days_after_end=30,
        state=AgreementState.ACTIVE,
    )
    return replace(compiled, **changes)


def without(*fields: str) -> tuple[DataEntry, ...]:
    """The entries of the example without some fields."""
    kept = (
        replace(each, fields=tuple(name for name in each.fields if name not in fields)) for each in ENTRIES
    )
    return tuple(each for each in kept if each.fields)


def pseudonym(kind: Kind, number: int, product: str = PRODUCT) -> Pseudonym:
    """Looks like a pseudonym; the same every time, another for another product."""
    kind = Kind.USER if kind is Kind.DEMOGRAPHICS else kind
    digest = hashlib.sha512(f"{product}|{kind}|{number}".encode()).digest()[:38]
    return Pseudonym("p" + base64.b32encode(digest).decode().rstrip("=").lower())


def roster(product: str = PRODUCT, *, pupils: int = 8) -> list[ReleasedRecord]:
    """One school, one year with a term and a period, a course, two classes, pupils, two teachers."""

    def p(kind: Kind, number: int) -> Pseudonym:
        return pseudonym(kind, number, product)

    school, board = p(Kind.ORG, 1), p(Kind.ORG, 2)
    year, term, period = (p(Kind.ACADEMIC_SESSION, number) for number in (1, 2, 3))
    course = p(Kind.COURSE, 1)
    records = [
        ReleasedRecord(
            Kind.ORG,
            school,
            Subject.NONE,
            {"name": "De Wegwijzer", "type": "school", "parent": board},
            Relations(parent=board, role="school"),
        ),
        ReleasedRecord(
            Kind.ORG,
            board,
            Subject.NONE,
            {"name": "Stichting", "type": "district", "children": [school]},
            Relations(role="district"),
        ),
    ]
    for id, kind, parent in (
        (year, "schoolYear", None),
        (term, "term", year),
        (period, "gradingPeriod", term),
    ):
        body: dict[str, object] = {
            "title": f"{kind} 2026",
            "startDate": "2026-08-01",
            "endDate": "2027-07-31",
            "type": kind,
            "schoolYear": "2027",
        }
        if parent:
            body["parent"] = parent
        records.append(
            ReleasedRecord(Kind.ACADEMIC_SESSION, id, Subject.NONE, body, Relations(parent=parent, role=kind))
        )
    records.append(
        ReleasedRecord(
            Kind.COURSE,
            course,
            Subject.NONE,
            {"title": "Rekenen", "org": school, "schoolYear": year},
            Relations(school=school),
        )
    )
    for number in (1, 2):
        records.append(
            ReleasedRecord(
                Kind.CLASS,
                p(Kind.CLASS, number),
                Subject.NONE,
                {
                    "title": f"Groep {number}",
                    "grades": ["05"],
                    "course": course,
                    "school": school,
                    "terms": [term],
                },
                Relations(school=school, course=course, terms=(term,)),
            )
        )
    people = [(number, "student", Subject.PUPIL) for number in range(1, pupils + 1)]
    people += [(101, "teacher", Subject.STAFF), (102, "teacher", Subject.STAFF)]
    for number, role, subject in people:
        records += _person(product, number, role, subject, school)
    return records


def _person(
    product: str, number: int, role: str, subject: Subject, school: Pseudonym
) -> list[ReleasedRecord]:
    user = pseudonym(Kind.USER, number, product)
    class_ = pseudonym(Kind.CLASS, 1 if number % 2 else 2, product)
    body: dict[str, object] = {
        "enabledUser": "true",
        "givenName": "Leerling" if subject is Subject.PUPIL else "Fatima",
        "familyName": f"K{number}" if subject is Subject.PUPIL else "de Vries",
        "roles": [{"roleType": "primary", "role": role, "org": school}],
        "primaryOrg": school,
    }
    if subject is Subject.PUPIL:
        body |= {"username": f"k{number}", "grades": ["05"]}
    else:
        body |= {"email": f"leraar{number}@school.example"}
    records = [
        ReleasedRecord(Kind.USER, user, subject, body, Relations(role=role, schools=(school,))),
        ReleasedRecord(
            Kind.ENROLLMENT,
            pseudonym(Kind.ENROLLMENT, number, product),
            subject,
            {"user": user, "class": class_, "school": school, "role": role},
            Relations(user=user, class_=class_, school=school, role=role),
        ),
    ]
    if subject is Subject.PUPIL:
        records.append(ReleasedRecord(Kind.DEMOGRAPHICS, user, subject, {"birthDate": "2016-01-01"}))
    return records


@cache
def _files(*, served: bool) -> dict[str, bytes]:
    """A home folder as it starts, made once for all tests: tables only, or an agreement and a generation
    too."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        engine = open_engine(f"sqlite:///{folder / 'front.db'}")
        front_metadata.create_all(engine)
        say_that_the_schema_is_current(engine)
        folder.joinpath("home").mkdir(mode=0o700)
        StorageKey.create(folder / "home" / "storage.key")
        files = {"storage.key": folder.joinpath("home", "storage.key").read_bytes()}
        if served:
            engine.dispose()
            files = _files(served=False)
            world = World(folder / "home", files=files)
            world.refresh(world.publish_agreement(agreement()))
            world.close()
            return {**files, "front.db": folder.joinpath("home", "front.db").read_bytes()}
        engine.dispose()
        return {**files, "front.db": folder.joinpath("front.db").read_bytes()}


QUICK = Limits(first_pull_wait_seconds=0.0, first_pull_poll_seconds=0.02)


def home(folder: Path, *, served: bool = False, limits: Limits = QUICK, database: str | None = None) -> World:
    """A world in an empty folder."""
    return World(folder, files=_files(served=served), limits=limits, database=database)


def say_that_the_schema_is_current(engine: Engine) -> None:
    """Tables that were made without migrations: the door serves from the schema of this version only."""
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{head('front')}')")


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *args: object) -> None:
        return


class _Switch:
    """One door for all tests: which board's services it works with is the newest world's."""

    world: World

    def __getattr__(self, name: str) -> Any:
        return getattr(self.world.services, name)


_SWITCH = _Switch()


@cache
def _server() -> str:
    app = create_front_app(_SWITCH)  # type: ignore[arg-type]
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def _door(world: World) -> str:
    _SWITCH.world = world
    return _server()


def _without_fsync(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous = OFF")


@dataclass
class World:
    """One board's front: bend the agreement, move the clock, publish, and ask over HTTP."""

    folder: Path
    files: dict[str, bytes]
    limits: Limits = field(default_factory=lambda: QUICK)
    database: str | None = None
    """Another database than SQLite in the folder; emptied."""

    def __post_init__(self) -> None:
        self.folder.chmod(0o700)
        self.now = START
        for name, content in self.files.items():
            self.folder.joinpath(name).write_bytes(content)
            self.folder.joinpath(name).chmod(0o600)
        self.engine: Engine = open_engine(self.database or f"sqlite:///{self.folder / 'front.db'}")
        if self.database is None:
            # What survives a power cut is tested elsewhere; here it would cost more than all the rest.
            event.listen(self.engine, "connect", _without_fsync)
        else:
            front_metadata.drop_all(self.engine)
            front_metadata.create_all(self.engine)
            say_that_the_schema_is_current(self.engine)
        self.storage_key = StorageKey.load(self.folder / "storage.key")
        self.intake_key = X25519PrivateKey.generate()
        self.holdings = Holdings(self.engine, self.storage_key, board_id=BOARD)
        self.services = FrontServices(
            engine=self.engine,
            holdings=self.holdings,
            board_id=BOARD,
            board_name="Stichting Voorbeeldscholen",
            contact=CONTACT,
            public_url="https://schuilnaam.example",
            vendor_made=VendorMade(self.storage_key, board_id=BOARD),
            object_index=object_index(self.storage_key, board_id=BOARD),
            intake_public_key=self.intake_key.public_key().public_bytes_raw(),
            now=lambda: self.now,
            limits=self.limits,
        )
        self.url = _door(self)
        self.http = requests.Session()
        # A busy machine resets a kept-alive connection now and then; nothing was answered, so it is asked again.
        again = HTTPAdapter(max_retries=Retry(connect=2, read=2, respect_retry_after_header=False))
        self.http.mount("http://", again)
        self.http.trust_env = False

    def close(self) -> None:
        self.http.close()
        self.engine.dispose()

    # -- the school's side, as far as the door sees it
    # ---------------------------------------------------------

    @property
    def now_ms(self) -> int:
        return int(self.now.timestamp() * 1_000)

    def pass_time(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    def publish_agreement(self, compiled: CompiledAgreement) -> CompiledAgreement:
        with writing(self.engine) as connection:
            publish_compiled(connection, compiled, board_id=BOARD, now_ms=self.now_ms)
            audit.record(
                connection,
                AuditEvent.AGREEMENT_COMPILED,
                board_id=BOARD,
                actor=Actor.gateway(),
                now_ms=self.now_ms,
                product=compiled.product,
                object_id=compiled.product,
                details={"digest": compiled.digest, "version": compiled.version},
            )
        return compiled

    def refresh(
        self, compiled: CompiledAgreement, records: Sequence[ReleasedRecord] | None = None
    ) -> Generation:
        product = ProductId(compiled.product)
        publication = Publication.begin(
            self.engine,
            self.storage_key,
            board_id=BOARD,
            product=product,
            plan_digest=compiled.digest,
            now_ms=self.now_ms,
        )
        given = roster(product) if records is None else records
        for kind in Kind:
            some = [record for record in given if record.kind is kind]
            if some:
                publication.put(some)
        return publication.publish(self.now_ms)

    def issue(self, product: str = PRODUCT) -> IssuedClient:
        with writing(self.engine) as connection:
            return clients.issue(connection, board_id=BOARD, product=ProductId(product), now_ms=self.now_ms)

    def revoke(self, client_id: str) -> None:
        with writing(self.engine) as connection:
            clients.revoke(connection, board_id=BOARD, client_id=client_id, now_ms=self.now_ms)

    # -- what was registered
    # ------------------------------------------------------------------------------------

    def disclosures(self) -> list[dict[str, Any]]:
        return list(documents(self.engine, Log.DISCLOSURES, board_id=BOARD))

    def audited(self, event: AuditEvent) -> list[audit.Audited]:
        return list(audit.listed(self.engine, Log.AUDIT, board_id=BOARD, event=event))


@dataclass
class Vendor:
    """A vendor's platform that speaks OneRoster over HTTP and keeps every byte it got."""

    world: World
    client: IssuedClient
    token: str | None = None
    received: list[requests.Response] = field(default_factory=list)
    http: requests.Session | None = None
    """A connection of its own, for vendors that ask at the same time."""

    def ask_token(self, *, scope: str | None = None, basic: bool = True) -> requests.Response:
        form = {"grant_type": "client_credentials"}
        if scope is not None:
            form["scope"] = scope
        auth = (self.client.client_id, self.client.client_secret) if basic else None
        if not basic:
            form |= {"client_id": self.client.client_id, "client_secret": self.client.client_secret}
        answer = self.world.http.post(f"{self.world.url}/oauth2/token", data=form, auth=auth, timeout=30)
        self.received.append(answer)
        if answer.ok:
            self.token = answer.json()["access_token"]
        return answer

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        answer = (self.http or self.world.http).request(
            method, self.world.url + path, headers=headers, timeout=30, allow_redirects=False, **options
        )
        self.received.append(answer)
        return answer

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.ask("GET", path, **options)

    def pull(self, path: str, member: str, *, limit: int = 3) -> list[dict[str, Any]]:
        """Every page of a collection, by Link."""
        records: list[dict[str, Any]] = []
        url: str | None = f"{self.world.url}{path}?limit={limit}"
        while url:
            answer = self.get(url.removeprefix(self.world.url))
            assert answer.status_code == 200, answer.text
            records += answer.json()[member]
            url = answer.links.get("next", {}).get("url")
            if url:
                url = url.replace("https://schuilnaam.example", self.world.url)
        return records


def minor(answer: requests.Response) -> str | None:
    """The code minor of an error answer."""
    with suppress(KeyError, ValueError):
        value: str = answer.json()["imsx_CodeMinor"]["imsx_codeMinorField"][0]["imsx_codeMinorFieldValue"]
        return value
    return None


def masked(answer: requests.Response) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
    """Status, body and headers of an answer without what names the request."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("X-Request-Id", "Date")}
    return answer.status_code, answer.content, tuple(sorted(headers.items()))
