"""What a preview shows: one person as the school has that person, and as a product gets it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldPreview:
    """One field of one person."""

    field: str
    """`<kind>.<field>`."""
    real: object = dataclasses.field(repr=False)
    """As the school's system has it; None where it has none."""
    sent: object = dataclasses.field(repr=False)
    """None: does not leave."""
    form: str
    """The form of the agreement, `structural`, `reference`, `placeholder` or `withheld`."""
    reason: str | None
    """Code: why it is withheld."""
    clause: str | None


@dataclass(frozen=True, slots=True)
class GroupPreview:
    """One group in which the person is, or in which the product sees that person."""

    real: Mapping[str, object] | None = dataclasses.field(repr=False)
    """`class` (id), `title`, `role`, `beginDate`, `endDate` as the school has them; None for a made-up group."""
    sent: Mapping[str, object] | None = dataclasses.field(repr=False)
    """The enrolment as it goes: `sourcedId`, `class`, `school`, `role` and what the agreement lists; None: stays."""
    sent_class: Mapping[str, object] | None = dataclasses.field(repr=False)
    """The class as it goes. Its texts are those of the last refresh (`texts_known`)."""
    reason: str | None
    """Code: why it stays."""
    texts_known: bool = True
    """False: no refresh has published this group yet, and only one knows everybody's names: its texts are left out."""
    size: int | None = None
    """Pupils whom the product sees in the group now; None: it holds nothing of it yet."""
    small: bool = False
    """Fewer pupils than the board's setting `small_group_below`: one of few is easier to recognise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPreview:
    """One person at one product."""

    product: str
    agreement: str
    """Under which version this would go, such as `VO-2026-014/2`."""
    released: bool
    reason: str | None
    """Code: why nothing of the person goes."""
    message: str | None
    remedy: str | None
    subjects: tuple[str, ...]
    """Whom the agreement takes this person for; with more than one, each field gets the strongest protection."""
    fields: tuple[FieldPreview, ...]
    groups: tuple[GroupPreview, ...]
    suspected: tuple[str, ...] = ()
    """Fields that hold the person's own name where it may not stand: a refresh would hold everything back."""
    held: bool | None = None
    """Whether the vendor holds this person now; None for a made-up one."""
    small_below: int = 0
    """The setting by which groups are marked as small."""
    as_if: bool = False
    """The agreement is not in force: shown as if it were, for somebody made up only."""


def as_told(found: PersonPreview) -> dict[str, object]:
    """As commands and the API tell it: JSON values only."""
    told = dataclasses.asdict(found)
    told["fields"] = [dataclasses.asdict(each) for each in found.fields]
    return told
