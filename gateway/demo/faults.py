"""Ways in which a school system misbehaves, each in one line of a test.

Example:
    school.faults.status("users", 500, times=2)               the first two requests for users
    school.faults.status("enrollments", 429, retry_after=1, times=1, after=3)      the fourth page
    school.faults.status("results", 500, once_written=True)   writes, then says that it failed
    school.faults.calls("users", lambda: board.remove("users", "17"), after=1)     moves while it is paged
    school.faults.clear()

A prefix is a path below the service address without a leading slash (`users`, `results/17`), or a whole
path that begins with one (`/oauth2/token`). An empty prefix is everything.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from gateway.demo.wire import Answer, Asked

Instead = Callable[[Asked], Answer | None]
"""Answers in place of the school system, or does something first and returns None."""
Afterwards = Callable[[Asked, Answer], Answer]
"""Alters what the school system wanted to answer; a write has taken place by then."""


@dataclass(slots=True)
class Fault:
    """One fault; `hits` counts how often it struck."""

    prefix: str
    method: str | None
    times: int | None
    """None: from now on."""
    after: int
    """So many matching requests pass first."""
    instead: Instead | None = None
    afterwards: Afterwards | None = None
    seen: int = 0
    hits: int = 0

    def strikes(self, asked: Asked, below: str) -> bool:
        """Counts the request; True when the fault strikes. `below`: the path below the service address."""
        place = asked.path if self.prefix.startswith("/") else below
        if not place.startswith(self.prefix) or self.method not in (None, asked.method):
            return False
        self.seen += 1
        if self.seen <= self.after or (self.times is not None and self.hits >= self.times):
            return False
        self.hits += 1
        return True


class Faults:
    """The faults of one school system. Each method returns the fault, whose `hits` can be asked."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def before(self, asked: Asked, below: str) -> tuple[Answer | None, list[Afterwards]]:
        """The answer in place of the school system if there is one, and what alters its own."""
        with self._lock:
            struck = [fault for fault in self._faults if fault.strikes(asked, below)]
        later = [fault.afterwards for fault in struck if fault.afterwards is not None]
        for fault in struck:
            if fault.instead is not None and (answer := fault.instead(asked)) is not None:
                return answer, later
        return None, later

    def add(
        self,
        prefix: str,
        *,
        instead: Instead | None = None,
        afterwards: Afterwards | None = None,
        method: str | None = None,
        times: int | None = None,
        after: int = 0,
    ) -> Fault:
        """A fault of the test's own making."""
        fault = Fault(prefix, method, times, after, instead, afterwards)
        with self._lock:
            self._faults.append(fault)
        return fault

    def status(
        self,
        prefix: str,
        status: int,
        *,
        times: int | None = None,
        after: int = 0,
        method: str | None = None,
        retry_after: int | str | None = None,
        once_written: bool = False,
        text: str = "internal failure",
    ) -> Fault:
        """Answer with this status. `once_written`: the request is carried out first."""
        headers = (("Retry-After", str(retry_after)),) if retry_after is not None else ()
        document = {
            "imsx_codeMajor": "failure",
            "imsx_severity": "error",
            "imsx_codeMinor": "internal_server_error",
            "imsx_description": text,
        }

        def refusal(asked: Asked) -> Answer:
            # Real systems echo what they were sent; so an error of theirs may hold anything.
            sent = asked.body[:200].decode("utf-8", "replace")
            echo = {"imsx_description": f"{text}: {asked.method} {asked.path} {sent}"}
            return Answer(status, orjson.dumps(document | echo), headers)

        if once_written:
            return self.add(
                prefix, afterwards=lambda asked, _: refusal(asked), method=method, times=times, after=after
            )
        return self.add(prefix, instead=refusal, method=method, times=times, after=after)

    def refuse(
        self, prefix: str, status: int = 422, *, times: int | None = None, method: str = "PUT"
    ) -> Fault:
        """A write that the school system will never take."""
        return self.status(prefix, status, times=times, method=method, text="not acceptable")

    def slow(self, prefix: str, seconds: float, *, times: int | None = None, after: int = 0) -> Fault:
        """Answer late; later than the caller waits, and it is a time-out. A write has taken place by then."""
        return self.add(
            prefix,
            afterwards=lambda _, answer: answer.altered(delay_seconds=seconds),
            times=times,
            after=after,
        )

    def reset(
        self, prefix: str, *, times: int | None = None, after: int = 0, once_written: bool = False
    ) -> Fault:
        """No answer but a reset connection."""
        gone = Answer(500, reset=True)
        if once_written:
            return self.add(prefix, afterwards=lambda _, __: gone, times=times, after=after)
        return self.add(prefix, instead=lambda _: gone, times=times, after=after)

    def truncate(self, prefix: str, *, share: float = 0.5, times: int | None = None, after: int = 0) -> Fault:
        """Promise the whole body, send a part and hang up."""
        return self.add(
            prefix,
            afterwards=lambda _, answer: answer.altered(keep_bytes=int(len(answer.body) * share)),
            times=times,
            after=after,
        )

    def cut_json(self, prefix: str, *, times: int | None = None, after: int = 0) -> Fault:
        """A complete answer by its length, with half a document in it."""
        return self.add(
            prefix,
            afterwards=lambda _, answer: answer.altered(body=answer.body[: len(answer.body) // 2]),
            times=times,
            after=after,
        )

    def body(
        self,
        prefix: str,
        body: bytes,
        *,
        status: int = 200,
        content_type: str = "application/json",
        times: int | None = None,
        after: int = 0,
    ) -> Fault:
        """Answer with exactly these bytes."""
        answer = Answer(status, body, content_type=content_type)
        return self.add(prefix, instead=lambda _: answer, times=times, after=after)

    def duplicate_keys(self, prefix: str, *, times: int | None = None, after: int = 0) -> Fault:
        """Two `sourcedId`s in the first record. Attack: one is checked and the other used."""
        first = b'{"sourcedId":'

        def twice(_: Asked, answer: Answer) -> Answer:
            return answer.altered(body=answer.body.replace(first, b'{"sourcedId":"other","sourcedId":', 1))

        return self.add(prefix, afterwards=twice, times=times, after=after)

    def huge(self, prefix: str, size_bytes: int, *, times: int | None = None, after: int = 0) -> Fault:
        """The right page, blown up with blanks to so many bytes."""
        return self.add(
            prefix,
            afterwards=lambda _, answer: answer.altered(
                body=answer.body + b" " * (size_bytes - len(answer.body))
            ),
            times=times,
            after=after,
        )

    def redirect(
        self, prefix: str, to: str, *, status: int = 302, times: int | None = None, after: int = 0
    ) -> Fault:
        """Send the caller elsewhere. Attack: the bearer token follows."""
        answer = Answer(status, headers=(("Location", to),))
        return self.add(prefix, instead=lambda _: answer, times=times, after=after)

    def headers(
        self, prefix: str, headers: Mapping[str, str], *, times: int | None = None, after: int = 0
    ) -> Fault:
        """More headers on the right answer."""
        more = tuple(headers.items())
        return self.add(
            prefix,
            afterwards=lambda _, answer: answer.altered(headers=answer.headers + more),
            times=times,
            after=after,
        )

    def calls(
        self, prefix: str, action: Callable[[], object], *, times: int | None = 1, after: int = 0
    ) -> Fault:
        """Do something just before a request is answered, e.g. move records while they are paged."""

        def act(_: Asked) -> None:
            action()

        return self.add(prefix, instead=act, times=times, after=after)
