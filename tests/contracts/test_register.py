"""The life of an agreement: who may do what, and what is recorded of it."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text, update

from contracts.agreements import Agreement
from contracts.decisions import Permitted, decide, decide_return
from contracts.errors import AgreementAltered, ContractError, NotFound, RegistrationRefused, TransitionRefused
from contracts.faults import FindingCode
from contracts.refusals import Refused
from contracts.register import AgreementRegister
from contracts.tables import agreement_versions, contract_metadata
from contracts.transitions import Transition, same_person
from contracts.vocabulary import AgreementState, RefusalReason
from contracts.vocabulary import TransitionKind as Kind
from gateway.database import open_engine, writing
from tests.contracts.records import IN_TERM, agreement, day, local, plain, question

NUMBER = "VO-2026-031"
OTHER = "VO-2027-002"
State = AgreementState


@contextmanager
def _postgres() -> Iterator[Engine]:
    url = os.environ.get("SCHUILNAAM_TEST_POSTGRES")
    if not url:
        pytest.skip("needs SCHUILNAAM_TEST_POSTGRES")
    # A schema of its own, so that nothing else in that database is touched.
    schema = "test_contracts"
    engine = open_engine(url + ("&" if "?" in url else "?") + f"options=-csearch_path%3D{schema}")
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        contract_metadata.create_all(engine)
        yield engine
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "postgres":
        with _postgres() as engine:
            yield engine
        return
    engine = open_engine(f"sqlite:///{tmp_path}/school.db")
    # These tests are about states; waiting for the disk at every step would make them ten times slower.
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    contract_metadata.create_all(engine)
    yield engine
    engine.dispose()


class Book:
    """The register as a person at the command line uses it: one transaction a step; remembers transitions."""

    def __init__(self, engine: Engine, *, audited: Any = None) -> None:
        self.engine = engine
        self.said: list[Transition] = []
        self.now = IN_TERM
        self._audited = audited

    @contextmanager
    def open(self) -> Iterator[AgreementRegister]:
        said: list[Transition] = []
        with writing(self.engine) as connection:
            yield AgreementRegister(
                connection, board_id="board", on_transition=said.append, audited=self._audited
            )
        self.said += said

    def register(self, record: Agreement | None = None, by: str = "Anna de Wit", **more: Any) -> Any:
        with self.open() as register:
            return register.register(
                agreement() if record is None else record,
                by=by,
                os_account="anna",
                now=self.now,
                **{"paper_given": True, **more},
            )

    def step(self, name: str, reference: str = NUMBER, **more: Any) -> Any:
        with self.open() as register:
            return getattr(register, name)(reference, os_account="bert", now=self.now, **more)

    def approve(self, reference: str = NUMBER, by: str = "Bert Smit") -> Any:
        return self.step("approve", reference, by=by)

    def running(self, record: Agreement | None = None, **more: Any) -> Any:
        """Register, approve and activate."""
        record = agreement() if record is None else record
        registered = self.register(record, **more).version
        self.approve(registered.reference)
        return self.step("activate", registered.reference)

    def states(self) -> dict[str, str]:
        with self.open() as register:
            return {version.reference: version.state.value for version in register.listing()}

    def answer(self, now: datetime | None = None, product: str = "leesvlot") -> str:
        """What a vendor gets for a pupil's name: the form or the reason of refusal."""
        now = self.now if now is None else now
        with self.open() as register:
            answer = decide(register.compiled(product, now=now), question(product=product), now=now)
        return answer.form.value if isinstance(answer, Permitted) else answer.reason.value

    def returns(self, now: datetime | None = None) -> str:
        now = self.now if now is None else now
        with self.open() as register:
            answer = decide_return(register.compiled("leesvlot", now=now), now=now)
        return answer.reason.value if isinstance(answer, Refused) else "permitted"


@pytest.fixture
def book(engine: Engine) -> Book:
    return Book(engine)


@contextmanager
def refused(code: str, kind: type[ContractError] = ContractError) -> Iterator[None]:
    with pytest.raises(kind) as caught:
        yield
    assert caught.value.code == code
    assert caught.value.message.endswith((".", "!"))
    assert caught.value.remedy.endswith(".")


# --- the straight way ---


def test_registered_approved_active_each_step_decides_and_is_recorded(book: Book) -> None:
    assert book.answer() == "agreement_missing"
    book.register()
    assert book.answer() == "agreement_not_approved"
    book.approve()
    assert book.answer() == "agreement_not_activated"
    book.step("activate")
    assert book.answer() == "alias"

    assert [(said.kind, said.from_state, said.to_state) for said in book.said] == [
        (Kind.REGISTERED, None, State.REGISTERED),
        (Kind.APPROVED, State.REGISTERED, State.APPROVED),
        (Kind.ACTIVATED, State.APPROVED, State.ACTIVE),
    ]
    assert book.said[0].actor.name == "Anna de Wit"
    assert book.said[0].actor.os_account == "anna"
    assert book.said[2].actor.name == "bert"
    assert {said.digest for said in book.said} == {agreement().digest}


def test_a_transition_carries_the_digest_of_what_the_door_must_serve(book: Book) -> None:
    book.running()
    with book.open() as register:
        terms = register.compiled("leesvlot", now=book.now)
    assert terms is not None

    assert book.said[-1].compiled_digests == (("leesvlot", terms.digest),)


def test_suspended_refuses_both_ways_and_is_resumed(book: Book) -> None:
    book.running()
    book.step("suspend", reason="datalek")

    assert book.answer() == "agreement_suspended"
    assert book.returns() == "agreement_suspended"
    book.step("activate")
    assert book.answer() == "alias"
    assert [said.kind for said in book.said[-2:]] == [Kind.SUSPENDED, Kind.RESUMED]


def test_ended_at_once_results_go_on_then_it_is_closed(book: Book) -> None:
    book.running()
    book.step("end")

    assert book.answer() == "agreement_ended"
    assert book.returns() == "permitted"
    assert book.returns(local(2026, 12, 8, 23, 59, 59)) == "permitted"
    assert book.returns(local(2026, 12, 9)) == "agreement_ended"
    book.now = local(2026, 12, 9)
    with book.open() as register:
        assert [said.kind for said in register.advance(book.now)] == [Kind.CLOSED]
    assert book.states() == {f"{NUMBER}/1": "closed"}


def test_ended_on_a_day_that_day_is_the_last(book: Book) -> None:
    book.running()
    book.step("end", on=day("2026-11-30"))

    assert book.answer(local(2026, 11, 30, 23, 59, 59)) == "alias"
    assert book.answer(local(2026, 12, 1)) == "agreement_ended"
    assert book.returns(local(2026, 12, 14, 23, 59, 59)) == "permitted"
    assert book.returns(local(2026, 12, 15)) == "agreement_ended"
    assert book.states() == {f"{NUMBER}/1": "active"}
    book.now = local(2026, 12, 1)
    with book.open() as register:
        register.advance(book.now)
    assert book.states() == {f"{NUMBER}/1": "ended"}
    assert book.said[-1].actor.name == "schuilnaam"


def test_ended_on_a_day_that_has_passed_stops_at_once(book: Book) -> None:
    book.running()
    book.step("end", on=day("2026-11-20"))

    assert book.answer() == "agreement_ended"
    assert book.returns(local(2026, 12, 4, 23, 59, 59)) == "permitted"
    assert book.returns(local(2026, 12, 5)) == "agreement_ended"


def test_an_end_only_comes_nearer(book: Book) -> None:
    book.running()
    book.step("end", on=day("2026-12-01"))

    with refused("end_later", TransitionRefused):
        book.step("end", on=day("2026-12-02"))
    with refused("end_before_start"):
        book.step("end", on=day("2026-07-01"))
    book.step("end", on=day("2026-11-30"))
    assert book.answer(local(2026, 12, 1)) == "agreement_ended"


def test_ending_a_suspended_agreement_does_not_open_the_way_back(book: Book) -> None:
    book.running()
    book.step("suspend")
    book.step("end")

    assert book.answer() == "agreement_ended"
    assert book.returns() == "agreement_suspended"


def test_ending_what_never_ran_closes_it(book: Book) -> None:
    book.register()
    book.step("end")

    assert book.states() == {f"{NUMBER}/1": "closed"}
    assert book.answer() == "agreement_ended"


def test_the_last_day_passes_without_anybody_doing_anything(book: Book) -> None:
    book.running()

    assert book.answer(local(2028, 2, 29, 23, 59, 59)) == "alias"
    assert book.answer(local(2028, 3, 1)) == "agreement_ended"
    assert book.returns(local(2028, 3, 14)) == "permitted"


# --- four eyes ---


@pytest.mark.parametrize(
    "name",
    [
        "Anna de Wit",
        "anna de wit",
        " ANNA  DE WIT ",
        "Anna-de-Wit",
        "De Wit, Anna",
        "Änna de Wít",
        "Anna\u200bde Wit",
    ],
)
def test_the_same_person_cannot_approve_however_the_name_is_written(book: Book, name: str) -> None:
    book.register()

    with refused("four_eyes", TransitionRefused):
        book.approve(by=name)
    assert book.states() == {f"{NUMBER}/1": "registered"}
    assert [said.kind for said in book.said] == [Kind.REGISTERED]


@pytest.mark.parametrize("name", ["", "  ", "--", "123"])
def test_nobody_cannot_register_or_approve(book: Book, name: str) -> None:
    with refused("person_missing"):
        book.register(by=name)
    book.register()
    with refused("person_missing"):
        book.approve(by=name)


def test_no_step_goes_round_approval(book: Book) -> None:
    book.register()

    with refused("agreement_not_approved"):
        book.step("activate")
    with refused("agreement_not_active"):
        book.step("suspend")
    with refused("already_registered", RegistrationRefused):
        book.register(by="Bert Smit")
    assert book.answer() == "agreement_not_approved"


def test_an_approval_does_not_carry_over_to_another_version(book: Book) -> None:
    book.register()
    book.approve()
    book.register(agreement(products__0__groups="none"))

    with refused("agreement_not_approved"):
        book.step("activate", f"{NUMBER}/2")


def with_eckid(**more: Any) -> Agreement:
    """The record with a product that is to get the chain identifier."""
    entry = {"category": "keten_id", "fields": [], "form": "clear", "direction": "out"}
    return agreement(
        products__0__data=[*plain()["products"][0]["data"], entry],
        products__0__identifier={"scope": "eckid", "eckid_basis": "WPO art. 178a"},
        **more,
    )


def test_an_agreement_on_the_chain_identifier_is_not_activated_as_one_on_pseudonyms(book: Book) -> None:
    book.register(with_eckid())
    book.approve()

    with refused("eckid_not_available", TransitionRefused):
        book.step("activate")

    assert book.states() == {f"{NUMBER}/1": "approved"}
    assert book.answer() == "agreement_not_activated"
    assert [said.kind for said in book.said] == [Kind.REGISTERED, Kind.APPROVED]


def test_an_agreement_on_the_chain_identifier_does_not_take_the_place_of_the_running_one(book: Book) -> None:
    book.running()
    book.register(with_eckid())
    book.approve()

    with refused("eckid_not_available", TransitionRefused):
        book.step("activate", f"{NUMBER}/2")

    assert book.states() == {f"{NUMBER}/1": "active", f"{NUMBER}/2": "approved"}
    assert book.answer() == "alias"


def test_an_agreement_that_lets_nothing_flow_may_name_the_chain_identifier(book: Book) -> None:
    book.running(with_eckid(products__0__services=[]))
    assert book.states() == {f"{NUMBER}/1": "active"}


def test_narrowing_then_widening_back_needs_approval(book: Book) -> None:
    book.running()
    book.register(agreement(products__0__data__0__form="pseudonym"))
    assert book.answer() == "pseudonym"

    back = book.register()

    assert back.version.state is State.REGISTERED
    assert book.answer() == "pseudonym"
    with refused("four_eyes"):
        book.approve(by="Anna de Wit")


def test_a_version_narrower_than_one_that_only_was_registered_does_not_run(book: Book) -> None:
    book.register(agreement(products__0__scope__grades=None))

    assert book.register().version.state is State.REGISTERED


def test_names_of_two_persons_differ() -> None:
    assert not same_person("Anna de Wit", "Anne de Wit")
    assert not same_person("J. de Vries", "P. de Vries")


# --- findings ---


def test_findings_stop_activation_until_each_is_accepted_with_a_reason(book: Book) -> None:
    registered = book.register(agreement(products__0__dpia=None), paper_given=False)
    assert [finding.code for finding in registered.findings] == [FindingCode.NO_DPIA, FindingCode.NO_DOCUMENT]
    book.approve()

    with refused("findings_open"):
        book.step("activate")
    with refused("reason_missing"):
        book.step("accept_finding", code="no_dpia", reason=" ", by="Bert Smit")
    with refused("finding_unknown"):
        book.step("accept_finding", code="review_passed", reason="x", by="Bert Smit")
    book.step("accept_finding", code="no_dpia", reason="alleen aliassen", by="Bert Smit")
    with refused("findings_open"):
        book.step("activate")
    book.step("accept_finding", code="no_document", reason="ligt bij de notaris", by="Bert Smit")
    book.step("activate")

    assert book.answer() == "alias"
    accepted = [said for said in book.said if said.kind is Kind.FINDING_ACCEPTED]
    assert [(said.finding, said.reason) for said in accepted] == [
        (FindingCode.NO_DPIA, "alleen aliassen"),
        (FindingCode.NO_DOCUMENT, "ligt bij de notaris"),
    ]


def test_a_review_date_that_passes_after_registration_stops_activation(book: Book) -> None:
    book.register()
    book.approve()
    book.now = local(2027, 8, 2)

    with refused("findings_open"):
        book.step("activate")


# --- one in force ---


def test_another_agreement_on_the_product_waits_for_the_first_to_end(book: Book) -> None:
    book.running()
    book.register(agreement(agreement_id=OTHER))
    book.approve(OTHER)

    with refused("another_in_force"):
        book.step("activate", OTHER)
    book.step("suspend")
    with refused("another_in_force"):
        book.step("activate", OTHER)
    book.step("end")
    book.step("activate", OTHER)

    assert book.states() == {f"{NUMBER}/1": "ended", f"{OTHER}/1": "active"}
    with book.open() as register:
        found = register.in_force("leesvlot", now=book.now)
    assert found is not None
    assert found.reference == f"{OTHER}/1"


def test_a_renewal_for_the_days_after_is_activated_beforehand(book: Book) -> None:
    book.running()
    book.running(agreement(agreement_id=OTHER, term__from="2028-03-01", term__until=None))

    for now, reference in (
        (local(2028, 2, 29, 23, 59, 59), f"{NUMBER}/1"),
        (local(2028, 3, 1), f"{OTHER}/1"),
    ):
        with book.open() as register:
            found = register.in_force("leesvlot", now=now)
            terms = register.compiled("leesvlot", now=now)
        assert found is not None
        assert terms is not None
        assert found.reference == terms.reference == reference


def test_a_renewal_that_starts_one_day_early_is_refused(book: Book) -> None:
    book.running()

    with refused("another_in_force"):
        book.running(agreement(agreement_id=OTHER, term__from="2028-02-29", term__until=None))


def test_a_wider_version_runs_after_approval_and_the_older_one_is_replaced(book: Book) -> None:
    book.running()
    wide = book.register(agreement(products__0__data__0__form="clear"))
    assert wide.difference is not None
    assert wide.difference.widened
    assert book.answer() == "alias"
    book.approve()
    book.step("activate")

    assert book.answer() == "clear"
    assert book.states() == {f"{NUMBER}/1": "replaced", f"{NUMBER}/2": "active"}


def test_a_narrower_version_acts_at_once_and_is_recorded(book: Book) -> None:
    book.running()
    book.register(agreement(products__0__data__0__form="pseudonym"), by="Anna de Wit")

    assert book.answer() == "pseudonym"
    assert book.states() == {f"{NUMBER}/1": "replaced", f"{NUMBER}/2": "active"}
    assert [said.kind for said in book.said[-3:]] == [Kind.REGISTERED, Kind.REPLACED, Kind.ACTIVATED]
    assert book.said[-1].reason == f"narrows {NUMBER}/1"


def test_a_narrower_version_keeps_a_planned_end_and_a_suspension(book: Book) -> None:
    book.running()
    book.step("end", on=day("2026-12-01"))
    book.step("suspend")
    book.register(agreement(products__0__data__0__form="pseudonym"))

    assert book.answer() == "agreement_suspended"
    book.step("activate")
    assert book.answer(local(2026, 12, 1)) == "pseudonym"
    assert book.answer(local(2026, 12, 2)) == "agreement_ended"


def test_a_waiting_wider_version_is_dropped_when_a_newer_one_takes_effect(book: Book) -> None:
    book.running()
    book.register(agreement(products__0__data__0__form="clear"))
    book.register(agreement(products__0__groups="none"))

    assert book.states() == {f"{NUMBER}/1": "replaced", f"{NUMBER}/2": "replaced", f"{NUMBER}/3": "active"}
    with refused("already_approved"):
        book.approve(f"{NUMBER}/2")


def test_a_version_that_starts_later_does_not_push_out_the_running_one(book: Book) -> None:
    book.running()
    book.register(agreement(term__from="2027-01-01", products__0__data__0__form="clear"))
    book.approve()

    with refused("agreement_not_started"):
        book.step("activate")
    assert book.answer() == "alias"


def test_what_has_lapsed_is_not_activated(book: Book) -> None:
    book.register()
    book.approve()
    book.now = local(2028, 3, 1)
    book.step("accept_finding", code="review_passed", reason="x", by="Bert Smit")

    with refused("agreement_ended"):
        book.step("activate")


# --- products and recipients ---


def test_a_product_of_another_recipient_is_refused(book: Book) -> None:
    book.register()

    with refused("product_of_other_recipient", RegistrationRefused):
        book.register(agreement(agreement_id=OTHER, processor__kvk="11111111"))
    assert book.states() == {f"{NUMBER}/1": "registered"}


def test_a_new_product_of_a_known_recipient_says_what_it_is(book: Book) -> None:
    book.register()
    plus = agreement(agreement_id=OTHER, products__0__product_id="leesvlot-plus")

    with refused("product_relation"):
        book.register(plus)
    with refused("product_relation"):
        book.register(plus, new=True, continues="leesvlot")
    with refused("product_unknown"):
        book.register(plus, continues="rekenvlot")
    with refused("product_known"):
        book.register(agreement(agreement_id="VO-9"), new=True)
    book.register(plus, continues="leesvlot")
    book.register(agreement(agreement_id="VO-3", products__0__product_id="leesvlot-xl"), new=True)

    with book.open() as register:
        owners = {owner.product: owner.continues for owner in register.products()}
    assert owners == {"leesvlot": None, "leesvlot-plus": "leesvlot", "leesvlot-xl": None}


def test_a_product_of_another_recipient_cannot_be_continued(book: Book) -> None:
    book.register()

    with refused("product_unknown"):
        book.register(
            agreement(agreement_id=OTHER, processor__kvk="11111111", products__0__product_id="taal"),
            continues="leesvlot",
        )


# --- names, history, other boards ---


@pytest.mark.parametrize("reference", ["VO-1", f"{NUMBER}/2", f"{NUMBER}/0", "", "a b", f"{NUMBER}/1/1"])
def test_an_unknown_agreement_is_said_to_be_unknown(book: Book, reference: str) -> None:
    book.register()

    with refused("agreement_unknown", NotFound):
        book.approve(reference)


def test_the_history_tells_who_when_and_from_which_account(book: Book) -> None:
    book.running()
    with book.open() as register:
        history = register.history(NUMBER)

    assert [(row["kind"], row["claimed_by"], row["os_account"]) for row in history] == [
        ("registered", "Anna de Wit", "anna"),
        ("approved", "Bert Smit", "bert"),
        ("activated", "bert", "bert"),
    ]


def test_boards_do_not_see_each_others_agreements(book: Book) -> None:
    book.running()
    with writing(book.engine) as connection:
        other = AgreementRegister(connection, board_id="other", on_transition=book.said.append)

        assert other.listing() == []
        assert other.compiled("leesvlot", now=book.now) is None


def test_nothing_changes_when_the_audit_log_cannot_be_written(book: Book) -> None:
    book.register()

    def full(_: Transition) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"), writing(book.engine) as connection:
        AgreementRegister(connection, board_id="board", on_transition=full).approve(
            NUMBER, by="Bert Smit", os_account="bert", now=book.now
        )
    assert book.states() == {f"{NUMBER}/1": "registered"}


# --- rows changed behind the program's back ---


@pytest.mark.parametrize(
    "change",
    [
        {"state": "active"},
        {"registered_by": "Somebody Else"},
        {"paper_given": False},
        {"suspended": True},
        {"ended_on": "2099-01-01"},
        {"ended_at_ms": 1},
        {"record": b"{}"},
        {"digest": "0" * 64},
        {"record": agreement(products__0__data__0__form="clear").canonical()},
        {
            "record": agreement(products__0__data__0__form="clear").canonical(),
            "digest": agreement(products__0__data__0__form="clear").digest,
        },
    ],
    ids=str,
)
def test_a_row_changed_behind_the_programs_back_is_refused(book: Book, change: dict[str, Any]) -> None:
    book.register()
    with writing(book.engine) as connection:
        connection.execute(update(agreement_versions).values(**change))

    with pytest.raises(AgreementAltered):
        book.answer()
    with pytest.raises(AgreementAltered):
        book.approve()
    with book.open() as register:
        assert register.altered() == [f"{NUMBER}/1"]
        assert register.listing() == []


def test_rows_and_transitions_changed_together_are_found_by_the_audit_log(engine: Engine) -> None:
    log: dict[tuple[str, int], str] = {}
    book = Book(engine, audited=lambda id_, version: log.get((id_, version)))

    def record() -> None:
        for said in book.said:
            log[said.agreement_id, said.version] = said.standing_digest

    book.register()
    record()
    assert book.answer() == "agreement_not_approved"
    forged = dataclasses.replace(
        book.register(agreement(agreement_id=OTHER)).version, state=AgreementState.ACTIVE
    )
    with writing(engine) as connection:
        connection.execute(
            text("UPDATE agreement_versions SET state = 'active' WHERE agreement_id = :id"), {"id": OTHER}
        )
        connection.execute(
            text("UPDATE agreement_transitions SET standing_digest = :digest WHERE agreement_id = :id"),
            {"digest": forged.standing_digest, "id": OTHER},
        )
    record()

    with pytest.raises(AgreementAltered):
        book.answer()
    assert RefusalReason.AGREEMENT_ALTERED.value == "agreement_altered"


# --- two at the same time ---


def test_two_activations_at_the_same_time_leave_one_in_force(engine: Engine) -> None:
    book = Book(engine)
    numbers = [f"VO-{number}" for number in range(6)]
    for number in numbers:
        book.register(agreement(agreement_id=number))
        book.approve(number)
    start = threading.Barrier(len(numbers))
    outcomes: list[str] = []

    def activate(number: str) -> None:
        start.wait()
        try:
            outcomes.append(Book(engine).step("activate", number).state.value)
        except TransitionRefused as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=activate, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert sorted(outcomes) == ["active", *["another_in_force"] * 5]
    assert sorted(book.states().values()) == ["active", *["approved"] * 5]
    assert book.answer(book.now + timedelta(seconds=1)) == "alias"
