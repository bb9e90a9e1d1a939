"""A school's system that speaks OneRoster 1.2 or 1.1 over REST, as a consumer reads it and writes results to
it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final
from urllib.parse import quote

from gateway.connections.source_settings import ResultsMode, SourceSettings
from gateway.egress import Answer, HostClient, Limits
from gateway.errors import DeliveryError, SourceError
from gateway.roster.model import Kind, SourceRecord
from gateway.roster.seen_ids import SeenIds
from gateway.school.sources.contract import KindCheck, SourceCheck, SourceSchool
from gateway.school.sources.oneroster_rest.access import SCOPES, Credentials, TokenKeeper, unauthorised
from gateway.school.sources.oneroster_rest.paging import Pass
from gateway.school.sources.oneroster_rest.wire import (
    NAMES,
    malformed,
    path_prefix,
    read_page,
    read_single,
    to_source_record,
    to_wire,
)

REPEATS: Final = 3
"""How often a disturbed pass is done again."""
_WRITABLE: Final = frozenset({Kind.CATEGORY, Kind.LINE_ITEM, Kind.RESULT})
_NOT_OFFERED_BY_ALL: Final = _WRITABLE | {Kind.DEMOGRAPHICS}
"""Kinds that real systems leave out altogether: an unknown path there is an empty collection, and no reason to hold
back pupils and groups.
"""


class OneRosterSource:
    """One OneRoster system. Not for several threads at once."""

    def __init__(
        self,
        settings: SourceSettings,
        *,
        client: HostClient,
        tokens: TokenKeeper,
    ) -> None:
        self._settings = settings
        self._client = client
        self._tokens = tokens

    @property
    def slug(self) -> str:
        """The name under which the board knows it."""
        return self._settings.slug

    @property
    def takes_results(self) -> bool:
        """As the board set it up."""
        return self._settings.results is ResultsMode.SOURCE

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._client.close()
        self._tokens.close()

    def read(self, kind: Kind) -> Iterator[SourceRecord]:
        """Every record of a kind, each identifier once; see `gateway.school.sources.contract.Source`."""
        given: list[SeenIds] = []
        slug = self.slug
        for _ in range(1 + REPEATS):
            one_pass = self._pass(kind)
            position = 0
            for page in one_pass.pages(partial(_records, kind, one_pass)):
                for wire in page:
                    record = to_source_record(slug, kind, position, wire)
                    position += 1
                    if one_pass.saw(record.identifier) and not any(
                        record.identifier in each for each in given
                    ):
                        yield record
            if one_pass.undisturbed:
                return
            given.append(one_pass.seen)
        raise SourceError(
            f"The school's system changes while it is read, or miscounts ({kind}).",
            code="source_moving",
            retry=True,
            remedy="Try again at a quiet moment; if it stays, ask the supplier whether X-Total-Count is right.",
        )

    def one(self, kind: Kind, identifier: str) -> SourceRecord | None:
        """One record as it is now; None when the source says that it does not exist."""
        answer = self._ask("GET", self._record_path(kind, identifier))
        if answer.status == 404 or (answer.status == 501 and kind in _NOT_OFFERED_BY_ALL):
            return None
        record = to_source_record(self.slug, kind, 0, read_single(_good(answer).body, kind))
        if record.identifier != identifier:
            raise malformed(kind, None)
        return record

    def enrolments_of(self, person: str) -> tuple[SourceRecord, ...] | None:
        """By the standard's filter on `user.sourcedId`; None where a system refuses it, or does not keep to it."""
        if "'" in person:
            return None
        one_pass = self._pass(Kind.ENROLLMENT, f"user.sourcedId='{person}'")
        found: list[SourceRecord] = []
        try:
            for page in one_pass.pages(partial(_records, Kind.ENROLLMENT, one_pass)):
                for wire in page:
                    record = to_source_record(self.slug, Kind.ENROLLMENT, len(found), wire)
                    if not one_pass.saw(record.identifier) or not _is_of(record, person):
                        return None
                    found.append(record)
        except SourceError:
            # Refused, or broken by a filter that it does not know. If the system is down, who reads all is told.
            return None
        return tuple(found) if one_pass.undisturbed else None

    def schools(self) -> tuple[SourceSchool, ...]:
        """The organisations of type school."""
        found = []
        for record in self.read(Kind.ORG):
            name, number = record.fields.get("name"), record.fields.get("identifier")
            if record.fields.get("type") == "school":
                school = SourceSchool(
                    record.identifier,
                    name if isinstance(name, str) else "",
                    number if isinstance(number, str) else "",
                    record.active,
                )
                found.append(school)
        return tuple(found)

    def check(self, kinds: Sequence[Kind] = tuple(Kind)) -> SourceCheck:
        """Read everything of these kinds and keep nothing."""
        try:
            self._tokens.authorization()
        except SourceError as error:
            reachable = error.code == "source_unauthorised"
            return SourceCheck(reachable, token=False, code=error.code, sentence=error.sentence())
        return SourceCheck(reachable=True, token=True, kinds=tuple(map(self._check_kind, kinds)))

    def _check_kind(self, kind: Kind) -> KindCheck:
        records = longest = 0
        try:
            for record in self.read(kind):
                records += 1
                longest = max(longest, len(record.identifier.encode()))
        except SourceError as error:
            return KindCheck(kind, records, longest, error.code, error.sentence())
        return KindCheck(kind, records, longest)

    def write(self, kind: Kind, identifier: str, fields: Mapping[str, object]) -> None:
        """Put a category, line item or result; see the contract."""
        body = to_wire(_writable(kind), identifier, fields)
        try:
            answer = self._ask("PUT", self._record_path(kind, identifier), body=body)
        except SourceError as error:
            raise _undelivered(error) from None
        _delivered(answer, (200, 201, 202, 204))

    def delete(self, kind: Kind, identifier: str) -> None:
        """Remove a category, line item or result; see the contract."""
        try:
            answer = self._ask("DELETE", self._record_path(_writable(kind), identifier))
        except SourceError as error:
            raise _undelivered(error) from None
        _delivered(answer, (200, 202, 204, 404, 410))

    def _pass(self, kind: Kind, filter_: str | None = None) -> Pass:
        path = self._collection_path(kind)
        ask = partial(self._ask, "GET", path)
        return Pass(
            ask=lambda query: ask(query=query),
            place=self._client.place,
            path=path,
            limit=self._settings.page_size,
            filter=filter_,
        )

    def _collection_path(self, kind: Kind) -> str:
        names = NAMES[kind]
        prefix = path_prefix(self._settings.path_version, gradebook=names.gradebook)
        return f"{prefix}/{names.collection}"

    def _record_path(self, kind: Kind, identifier: str) -> str:
        return f"{self._collection_path(kind)}/{quote(identifier, safe='')}"

    def _ask(self, method: str, path: str, *, query: str | None = None, body: bytes | None = None) -> Answer:
        answer = self._once(method, path, query, body)
        if answer.status == 401:
            # The token may have been taken back before its time; so once more with a new one.
            self._tokens.forget()
            answer = self._once(method, path, query, body)
        return answer

    def _once(self, method: str, path: str, query: str | None, body: bytes | None) -> Answer:
        headers = {"Accept": "application/json", "Authorization": self._tokens.authorization()}
        if body is not None:
            headers["Content-Type"] = "application/json"
        # Each method that is used here may be repeated: GET, PUT and DELETE on an identifier.
        return self._client.request(method, path, query=query, headers=headers, body=body, repeat=True)


def _records(kind: Kind, one_pass: Pass, answer: Answer) -> list[object]:
    # Only where nothing was given yet: in the middle of a walk it would cut the collection short.
    if kind in _NOT_OFFERED_BY_ALL and answer.status in (404, 501) and not one_pass.seen:
        return []
    return read_page(_good(answer).body, kind)


def _is_of(enrolment: SourceRecord, person: str) -> bool:
    # A system that does not know the filter gives everybody's.
    user = enrolment.fields.get("user")
    return isinstance(user, Mapping) and user.get("sourcedId") == person


def _good(answer: Answer) -> Answer:
    if answer.status == 200:
        return answer
    if answer.status in (401, 403):
        raise unauthorised()
    raise SourceError(
        f"The school's system refuses a request (HTTP {answer.status}).",
        code="source_refused",
        retry=False,
        remedy="Check the base address and the path version of the source, and what it lets us read.",
    )


def _writable(kind: Kind) -> Kind:
    if kind not in _WRITABLE:
        raise ValueError("only categories, line items and results are written")
    return kind


def _undelivered(error: SourceError) -> DeliveryError:
    # Whoever must repair it, a result is not lost: only what the system says of the record itself is final.
    permanent = error.code == "source_path_refused"
    return DeliveryError(str(error), code=error.code, permanent=permanent, remedy=error.remedy)


def _delivered(answer: Answer, accepted: tuple[int, ...]) -> None:
    if answer.status in accepted:
        return
    if answer.status in (401, 403):
        raise _undelivered(unauthorised())
    raise DeliveryError(
        f"The school's system does not take the record (HTTP {answer.status}).",
        code="delivery_refused",
        permanent=answer.status not in (408, 409, 423, 425),
        remedy="Look at the dead letters; ask the supplier of the system what it does not accept.",
    )


def open_oneroster_rest(
    settings: SourceSettings,
    *,
    client_secret: str,
    allow_plain_http: bool = False,
    limits: Limits | None = None,
) -> OneRosterSource:
    """Make the source; nothing is asked of it yet.

    Raises:
        SettingsError: an address that is not acceptable (`gateway.egress.parse_place`).
    """
    credentials = Credentials(
        settings.client_id, client_secret=client_secret, scopes=SCOPES[settings.data_version]
    )
    token_client = HostClient(settings.token_url, limits=limits, allow_plain_http=allow_plain_http)
    return OneRosterSource(
        settings,
        client=HostClient(settings.base_url, limits=limits, allow_plain_http=allow_plain_http),
        tokens=TokenKeeper(token_client, credentials),
    )
