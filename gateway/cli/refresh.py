"""`schuilnaam refresh`: read the school's systems and publish what each product may hold."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import click

from contracts.instants import to_ms
from gateway.cli.console import Console, standard_options
from gateway.errors import DisclosureRefused, GatewayError, GatewayUnready, SourceError, UsageError
from gateway.registers import audit
from gateway.registers.audit_events import AuditEvent
from gateway.roster.model import ProductId
from gateway.school import fetching, refreshing
from gateway.school.agreements import publish_current
from gateway.school.disclosure.refresh import ProductOutcome
from gateway.school.fetching import Fetched
from gateway.school.services import SchoolServices, clock


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
    "removal_threshold": "Look at the counts; if they are right, run refresh with --accept. A summer: school-year.",
    "agreement_changed": "The agreement was changed while this ran: run refresh again.",
    "no_key_for_product": "Its keys were destroyed: end its agreement; a new product needs another slug.",
    "refresh_overtaken": "Another refresh took over, or this one stood still for minutes: run refresh again.",
    "leak_suspected": "A field seems to hold a name that this vendor may not have: mend it in the school's system.",
}


WAIT_SECONDS: Final = 120
_POLL_SECONDS: Final = 0.25
_WHOLE: Final = "Everything was read: read for one school alone, every other school's pupils would look gone."


@click.command()
@click.option("--product", help="Only this product; default: every product in force.")
@click.option(
    "--school", metavar="BRIN", help="Only products with this school in their scope; all is read for them."
)
@click.option("--ask", is_flag=True, help="Let the running `serve` do it, now; needs no passphrase.")
@click.option(
    "--wait",
    type=click.IntRange(0, 3_600),
    default=WAIT_SECONDS,
    show_default=True,
    help="With --ask: for how many seconds.",
)
@click.option("--dry-run", is_flag=True, help="Read and count; publish nothing.")
@click.option("--accept", is_flag=True, help="You have looked at what would be removed: publish it.")
@standard_options
def refresh(
    console: Console,
    product: str | None,
    school: str | None,
    ask: bool,
    wait: int,
    dry_run: bool,
    accept: bool,
) -> None:
    """Read every source once and publish a new generation per product."""
    if ask and (dry_run or accept):
        raise UsageError(
            "--ask goes with neither --dry-run nor --accept.",
            code="refresh_invalid",
            remedy="Leave --ask out: then this command does it itself.",
        )
    services = console.services(unlocked=not ask)
    now = clock()
    publish_current(services, now=now)
    school = None if school is None else school.upper()
    products = fetching.products_for(services, product=product, school=school, now=now)
    if ask:
        _ask(console, services, products, school=school, wait=wait)
        return
    outcomes = refreshing.refresh(
        services,
        now=now,
        products=None if product is None and school is None else products,
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
    if school is not None and text:
        text += f"\n{_WHOLE}"
    console.answer(answer, text or "No agreement is in force, or there is no source: nothing was read.")


def _ask(
    console: Console, services: SchoolServices, products: list[ProductId], *, school: str | None, wait: int
) -> None:
    if not products:
        console.answer({"products": []}, "No agreement is in force: nothing was asked.")
        return
    since = clock()
    fetching.ask(services, services.operator(), products, school=school, now=since)
    deadline = time.monotonic() + wait
    found = fetching.fetched(services, products, since=since)
    while not all(each.finished for each in found) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        found = fetching.fetched(services, products, since=since)
    states = {
        each.product: "waiting" if not each.finished else "published" if each.failure is None else "failed"
        for each in found
    }
    answer: dict[str, object] = {
        "products": [
            {
                "product": each.product,
                "status": states[each.product],
                "reason": each.failure,
                "counts": dict(each.counts),
            }
            for each in found
        ]
    }
    lines = []
    for each in found:
        shown = ", ".join(f"{count} {what}" for what, count in each.counts.items() if count)
        reason = "" if each.failure is None else f" ({each.failure})"
        lines.append(f"{each.product}: {states[each.product]}{reason}" + (f"  {shown}" if shown else ""))
    if school is not None:
        lines.append(_WHOLE)
    failed = [each for each in found if each.failure is not None and each.finished]
    if failed:
        console.bad_news(answer, "\n".join(lines), _not_published(failed))
    if "waiting" in states.values():
        unready = GatewayUnready(
            "It is asked, and the school side has not answered yet.",
            code="refresh_waiting",
            remedy="See whether `schuilnaam serve` runs; the request stays until it does.",
        )
        console.bad_news(answer, "\n".join(lines), unready)
    console.answer(answer, "\n".join(lines))


def _not_published(failed: Sequence[Fetched]) -> GatewayError:
    code = failed[0].failure or "failed"
    text = f"Not published: {', '.join(f'{each.product} ({each.failure})' for each in failed)}."
    remedy = _REMEDIES.get(code, "Vendors keep what they hold; see the audit log.")
    if code.startswith("source_"):
        return SourceError(text, code=code, retry=True, remedy=remedy)
    return DisclosureRefused(text, code=code, remedy=remedy)


def _held_back(held: Sequence[ProductOutcome]) -> DisclosureRefused:
    return DisclosureRefused(
        f"Held back: {', '.join(f'{each.product} ({each.reason})' for each in held)}. Vendors keep what they hold.",
        code=held[0].reason or "held_back",
        remedy=_REMEDIES.get(held[0].reason or "", "See the audit log."),
    )
