"""What mails say in English: subject and body per occasion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contracts.calendar import Occasion
from gateway.school.mail.phrases import Phrase

TEXTS: Final[Mapping[Occasion, tuple[str, str]]] = {
    Occasion.AGREEMENT_ENDS: (
        "Agreement {agreement} with {vendor} ends {when}",
        "The last day of processor agreement {agreement} with {vendor} is {on} ({when}).\nProducts: "
        "{products}.\n\n"
        "After it {vendor} gets nothing any more. Results are taken until and including "
        "{results_until}, and not after. The deletion term starts by itself.\n\n"
        "To go on, register a new version or a new agreement, which somebody else approves.\n\n"
        "    schuilnaam agreement show {agreement}",
    ),
    Occasion.AGREEMENT_REVIEW: (
        "Agreement {agreement} with {vendor}: review {when}",
        "Processor agreement {agreement} with {vendor} is to be reviewed by {on} ({when}).\nProducts: "
        "{products}.\n\n"
        "Nothing changes by itself. Record the outcome with a new version that has a new date.\n\n"
        "    schuilnaam agreement show {agreement}",
    ),
    Occasion.DELETION_DUE: (
        "{vendor} must have deleted the data of {product} {when}",
        "Agreement {agreement} ended on {ended_on}. {vendor} must have deleted everything of {product} by {on} "
        "({when}; {clause}){backups}.\n\n"
        "Ask for the written confirmation and record it:\n\n"
        "    schuilnaam deletion confirm {agreement} {product} --document FILE --by NAME",
    ),
    Occasion.DELETION_OVERDUE: (
        "OVERDUE: {vendor} has not confirmed the deletion of {product}",
        "{vendor} was to have deleted everything of {product} by {on} ({clause} of agreement "
        "{agreement}; {when}). No written confirmation is recorded.\n\n"
        "Remind {vendor}. Where the confirmation is there, record it:\n\n"
        "    schuilnaam deletion confirm {agreement} {product} --document FILE --by NAME",
    ),
    Occasion.OBJECTION_TERM: (
        "Sub-processor {subprocessor}: an objection is possible until {on}",
        "On {announced_on} {vendor} announced the sub-processor {subprocessor} ({country}). An "
        "objection is possible until and including {on} ({when}; {clause} of agreement {agreement}). "
        "{silence}\n\n"
        "    schuilnaam subprocessor object {number} --reason WHY --by NAME\n    schuilnaam "
        "subprocessor accept {number} --by NAME",
    ),
    Occasion.SHREDDING_PROPOSED: (
        "The pseudonyms of {product} can be destroyed",
        "When agreement {agreement} with {vendor} ended, it was chosen to destroy the pseudonyms of "
        "{product} from {on}. That does not happen by itself, because it cannot be undone: afterwards "
        "nothing that {vendor} still has or sends can be joined to a pupil.\n\n"
        "    schuilnaam key destroy {product}\n    schuilnaam agreement shredding {agreement} "
        "--keep-pseudonyms --by NAME     (to keep them after all)",
    ),
    Occasion.RECEIPT: (
        "Receipt {receipt}: {what}",
        "{what}.\n\n"
        "The receipt is attached: who, which data in which form, why, under which clause. It also "
        "stands in the register:\n\n"
        "    schuilnaam receipt show {receipt} -o FILE.html",
    ),
    Occasion.DELETION_CONFIRMED: (
        "{vendor} confirmed the deletion of {product}",
        "The written confirmation of {vendor} that everything of {product} was deleted (agreement "
        "{agreement}) was recorded by {by}.\n\n"
        "    schuilnaam deletion list",
    ),
    Occasion.DELETION_CONTINUED: (
        "The deletion term of {product} has stopped",
        "{product} of {vendor} goes on under agreement {under}. So the deletion term of agreement "
        "{agreement} has stopped.\n\n"
        "    schuilnaam deletion list",
    ),
    Occasion.SUBPROCESSOR_ANNOUNCED: (
        "{vendor} announces the sub-processor {subprocessor}",
        "On {announced_on} {vendor} announced that {subprocessor} ({country}) will process data under agreement "
        "{agreement}. {term} {silence}\n\n"
        "    schuilnaam subprocessor object {number} --reason WHY --by NAME\n"
        "    schuilnaam subprocessor accept {number} --by NAME",
    ),
    Occasion.SUBPROCESSOR_ANSWERED: (
        "Sub-processor {subprocessor} of {vendor}: {answer}",
        "About the sub-processor {subprocessor} of {vendor} (agreement {agreement}) was recorded by "
        "{by}: {answer}. Tell {vendor} in writing; the reason stands in the audit log.\n\n"
        "    schuilnaam subprocessor list",
    ),
    Occasion.VENDOR_STOPPED: (
        "{vendor} is stopped",
        "Every exchange with {vendor} was stopped by {by}: {products}. Nothing goes out and nothing "
        "comes in, whatever the agreements say. The reason stands in the audit log.\n\n"
        "    schuilnaam vendor list\n    schuilnaam vendor resume {kvk} --by NAME --reason WHY",
    ),
    Occasion.VENDOR_RESUMED: (
        "{vendor} is no longer stopped",
        "The exchange with {vendor} was resumed by {by}: {products}. The agreements decide again what "
        "may go.\n\n"
        "    schuilnaam vendor list",
    ),
}

PHRASES: Final[Mapping[Phrase, str]] = {
    Phrase.TERM: "An objection is possible until and including {on} ({clause}).",
    Phrase.NO_TERM: "The agreement names no term for an objection ({clause}); answer without delay.",
    Phrase.SILENCE_GENERAL: "Without one {vendor} may go ahead afterwards.",
    Phrase.SILENCE_SPECIFIC: "Without your permission beforehand it may not; silence is no permission.",
    Phrase.BACKUPS: ", and its backups by {backups_on}",
    Phrase.NO_BACKUPS: "",
    Phrase.OBJECTED: "objection",
    Phrase.OBJECTED_LATE: "objection, after the term",
    Phrase.ACCEPTED: "accepted",
    Phrase.ACTIVATED: "Agreement {agreement} with {vendor} is in force",
    Phrase.CHANGED: "Agreement {agreement} with {vendor} was changed",
    Phrase.SUSPENDED: "Agreement {agreement} with {vendor} is suspended",
    Phrase.RESUMED: "Agreement {agreement} with {vendor} is resumed",
    Phrase.END_PLANNED: "Agreement {agreement} with {vendor} ends on {last_day}",
    Phrase.ENDED: "Agreement {agreement} with {vendor} has ended",
}
"""Parts of sentences that depend on what happened."""
