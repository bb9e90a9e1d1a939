"""`schuilnaam refresh`: read the school's systems and publish what each product may hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import click

from contracts.instants import to_ms
from gateway.cli.console import Console, standard_options
from gateway.errors import DisclosureRefused
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId
from gateway.school import refreshing
from gateway.school.agreements import active_agreements, publish_current
from gateway.school.disclosure.refresh import ProductOutcome
from gateway.school.services import clock


def _describe(outcome: ProductOutcome) -> dict[str, object]:
    return {
        "product": outcome.product,
        "status": outcome.status,
        "reason": outcome.reason,
        "generation": outcome.generation,
        "counts": outcome.counts,
        "withheld": outcome.withheld,
        "leaks": outcome.leaks,
    }


def _text(outcome: ProductOutcome) -> str:
    lines = [f"{outcome.product}: {outcome.status}" + (f" ({outcome.reason})" if outcome.reason else "")]
    for kind, counts in sorted(outcome.counts.items()):
        shown = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        lines.append(f"  {kind:<16} {shown or 'nothing'}")
    lines += [f"  withheld         {what}: {count}" for what, count in sorted(outcome.withheld.items())]
    lines += [f"  leak guard       {field}: {count}" for field, count in sorted(outcome.leaks.items())]
    return "\n".join(lines)


_REMEDIES: Final = {
    "removal_threshold": "Look at the counts; if they are right, run refresh with --accept.",
    "agreement_changed": "The agreement was changed while this ran: run refresh again.",
    "no_key_for_product": "Its keys were destroyed: end its agreement; a new product needs another slug.",
    "refresh_overtaken": "Another refresh took over, or this one stood still for minutes: run refresh again.",
    "leak_suspected": "A field seems to hold a name that this vendor may not have: mend it in the school's system.",
}


@click.command()
@click.option("--product", help="Only this product; default: every product in force.")
@click.option("--dry-run", is_flag=True, help="Read and count; publish nothing.")
@click.option("--accept", is_flag=True, help="You have looked at what would be removed: publish it.")
@standard_options
def refresh(console: Console, product: str | None, dry_run: bool, accept: bool) -> None:
    """Read every source once and publish a new generation per product."""
    services = console.services(unlocked=True)
    now = clock()
    publish_current(services, now=now)
    in_force = [agreement.product for agreement in active_agreements(services)]
    if product is not None and product not in in_force:
        raise DisclosureRefused(
            "There is no agreement in force for this product: nothing is read and nothing leaves.",
            code="agreement_missing",
            remedy="See `schuilnaam agreement list`.",
        )
    outcomes = refreshing.refresh(
        services,
        now=now,
        products=None if product is None else [ProductId(product)],
        dry_run=dry_run,
        accept=accept,
        progress=lambda kind, count: console.progress(f"{kind.value}: {count}"),
    )
    if accept and not dry_run:
        audit.record(
            services.school,
            AuditEvent.REFRESH_ACCEPTED,
            board_id=services.board_id,
            actor=services.operator(),
            now_ms=to_ms(now),
            product=product,
        )
    text = "\n".join(_text(outcome) for outcome in outcomes)
    answer: dict[str, object] = {"products": [_describe(outcome) for outcome in outcomes]}
    held = [outcome for outcome in outcomes if outcome.status == "held_back"]
    if held:
        console.bad_news(answer, text, _held_back(held))
    console.answer(answer, text or "No agreement is in force, or there is no source: nothing was read.")


def _held_back(held: Sequence[ProductOutcome]) -> DisclosureRefused:
    return DisclosureRefused(
        f"Held back: {', '.join(f'{each.product} ({each.reason})' for each in held)}. Vendors keep what they hold.",
        code=held[0].reason or "held_back",
        remedy=_REMEDIES.get(held[0].reason or "", "See the audit log."),
    )
