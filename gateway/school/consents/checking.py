"""What is wrong with a statement before it is recorded: every fault, as values, so that a file tells all at once.

Sentences hold no value of a record: who it is about is for the one who asked to know.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from contracts.consents import (
    AGE_OF_OWN_CONSENT,
    ConsentGiver,
    ConsentMethod,
    ConsentStep,
    Speaker,
    consent_giver,
    is_written,
    may_say,
)
from contracts.vocabulary import SubjectCategory
from gateway.errors import DisclosureRefused, GatewayError, UsageError
from gateway.school.consents.people import AskedPerson
from gateway.school.consents.products import AskedProduct, named_text
from gateway.school.consents.rows import RegisteredText

MAX_EVIDENCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody at the school records: one answer of one person about one product."""

    source: str
    identifier: str = field(repr=False)
    product: str
    step: ConsentStep
    speaker: Speaker
    method: ConsentMethod
    said_on: date
    """Local day on which it was said or signed."""
    purposes: tuple[str, ...] = ()
    """Empty: every purpose of the product."""
    evidence: str = field(default="", repr=False)
    """Where the signed form or the portal's entry is."""
    evidence_sha256: str | None = None
    text: str | None = None
    """`2`, `2/nl` or the SHA-256 on the form; None: the newest, where there is one."""
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class SaidFault:
    """One thing that must be mended before it can be recorded."""

    code: str
    message: str
    remedy: str
    usage: bool = True
    """The call is wrong; else the school must do something first, or it may not be recorded at all."""

    def error(self) -> GatewayError:
        """As an error, for whoever records one thing at a time."""
        kind = UsageError if self.usage else DisclosureRefused
        return kind(self.message, code=self.code, remedy=self.remedy)


def faults_of_statement(said: Said, product: AskedProduct, *, today: date) -> list[SaidFault]:
    """What is wrong with a statement whoever it is about; asks nothing about the person."""
    return [*_about_itself(said, today), *_about_product(said, product)]


def faults_of_person(said: Said, person: AskedPerson | None, *, known_before: bool) -> list[SaidFault]:
    """What is wrong with it for this person.

    Args:
        person: None where the school's system has nobody of this id.
        known_before: something was recorded about this person before, so a no is taken from who has left.
    """
    return list(_about_person(said, person, known_before=known_before))


def _about_itself(said: Said, today: date) -> Iterator[SaidFault]:
    if said.said_on > today:
        yield SaidFault(
            "date_in_future",
            "It was said on a day that has not come yet.",
            "Give the day on which it was said.",
        )
    if len(said.evidence) > MAX_EVIDENCE or not said.evidence.isprintable():
        yield SaidFault(
            "evidence_invalid",
            f"The reference to the evidence has more than {MAX_EVIDENCE} characters, or some that cannot be printed.",
            "Give a short one, such as the number of the folder.",
        )
    if said.step is not ConsentStep.GIVEN:
        if said.expires_on is not None:
            yield SaidFault("expiry_of_a_no", "A no has no last day.", "Leave the last day out.")
        return
    if not said.evidence.strip() and said.evidence_sha256 is None:
        yield SaidFault(
            "evidence_missing",
            "A consent is recorded with its evidence, or it cannot be proved.",
            "Say where the signed form or the portal's entry is.",
        )
    if not is_written(said.method):
        yield SaidFault(
            "method_not_written",
            "A consent that was only spoken cannot be proved.",
            "Have it written down and signed, then record that.",
            usage=False,
        )
    if said.expires_on is not None and said.expires_on < said.said_on:
        yield SaidFault("expires_before", "Its last day is before its first.", "Give a later last day.")


def _about_product(said: Said, product: AskedProduct) -> Iterator[SaidFault]:
    known = product.purposes if said.step is ConsentStep.GIVEN else product.every_purpose
    if not set(said.purposes) <= set(known):
        yield SaidFault(
            "purpose_unknown",
            "The agreement does not name this purpose for this product.",
            f"Its purposes are: {', '.join(known)}.",
        )
    if said.step is not ConsentStep.GIVEN:
        if said.text is not None and not named_text(product.texts, said.text):
            yield _unknown_text()
        return
    if not product.is_current:
        yield SaidFault(
            "consent_not_asked",
            "This product does not rest on consent any more, so none is recorded.",
            "To leave one person out of it, see `schuilnaam objection add`.",
            usage=False,
        )
    text = shown_text(said, product)
    if isinstance(text, SaidFault):
        yield text


def shown_text(said: Said, product: AskedProduct) -> RegisteredText | SaidFault:
    """The text that was shown to who gives consent; it tells all that the product gets."""
    if not product.texts:
        return SaidFault(
            "text_missing",
            "No text was registered with which consent for this product is asked.",
            "Print the form with `schuilnaam consent form`; consent is given to that text.",
            usage=False,
        )
    found = product.newest_covering if said.text is None else named_text(product.texts, said.text)
    if said.text is not None and not found:
        return _unknown_text()
    fitting = [text for text in found if text.sha256 in product.covering]
    if not fitting:
        return SaidFault(
            "text_changed",
            "That text does not tell all that the product gets today, so a consent to it does not cover it.",
            "Print the form again with `schuilnaam consent form`, and ask with that.",
            usage=False,
        )
    if len(fitting) > 1:
        return SaidFault(
            "text_ambiguous",
            "The text is there in more than one language.",
            f"Name the one that was shown: {', '.join(text.reference for text in fitting)}.",
        )
    return fitting[0]


def _unknown_text() -> SaidFault:
    return SaidFault(
        "text_unknown",
        "No such text was registered for this product.",
        "Version and hash stand on the form; see `schuilnaam consent list`.",
    )


def _about_person(said: Said, person: AskedPerson | None, *, known_before: bool) -> Iterator[SaidFault]:
    if person is None:
        if said.step is ConsentStep.GIVEN or not known_before:
            yield SaidFault(
                "pupil_unknown", "The school's system has nobody of this id.", "Look the id up there."
            )
        return
    if person.subject is SubjectCategory.GUARDIAN:
        yield SaidFault(
            "guardian_not_supported",
            "Consent of a guardian about their own data is not recorded.",
            "Without it nothing about guardians leaves on the basis of consent.",
            usage=False,
        )
        return
    if may_say(said.step, said.speaker, subject=person.subject, born_on=person.born_on, on=said.said_on):
        return
    yield _not_entitled(said, person)


def _not_entitled(said: Said, person: AskedPerson) -> SaidFault:
    if person.subject is not SubjectCategory.PUPIL:
        message, remedy = "A member of staff speaks for himself.", "Record it as said by the person."
    elif person.born_on is None:
        return SaidFault(
            "birth_date_unknown",
            "The school's system has no birth date, so nobody can show who may give consent.",
            "Add the birth date there.",
            usage=False,
        )
    elif consent_giver(person.born_on, said.said_on) is ConsentGiver.SELF:
        message = f"From {AGE_OF_OWN_CONSENT} the pupil decides; on that day no parent could say this."
        remedy = "Ask the pupil."
    else:
        message = f"Below {AGE_OF_OWN_CONSENT} a legal representative gives consent, not the pupil."
        remedy = "Ask a parent or guardian with authority."
    return SaidFault("speaker_not_entitled", message, remedy, usage=False)
