"""What a synchronisation with a calendar or an address book tells: counts, what came from there, losses."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.sync_documents import ItemOutcome, SyncedItemDocument
from crmcli.domain.localization.translations import (
    deferred_plural,
    translate,
    translate_heading,
    translate_plural,
)
from crmcli.domain.values.errors import Exit, shorten_text
from crmcli.operations.exchange.folder_sync import SyncReport

LONGEST = 80  # characters of a value
MOST_NAMED = 10  # deleted items, one by one
CREATED = ["contact"]  # what is taken from the card of somebody new
COUNTS: dict[ItemOutcome, tuple[str, str]] = {
    "added": deferred_plural("{count} item added", "{count} items added"),
    "changed": deferred_plural("{count} item changed", "{count} items changed"),
    "restored": deferred_plural("{count} item written again", "{count} items written again"),
    "removed": deferred_plural("{count} item removed", "{count} items removed"),
    "left": deferred_plural(
        "{count} item forgotten, its file stays", "{count} items forgotten, their files stay"
    ),
    "cancelled": deferred_plural("{count} activity cancelled", "{count} activities cancelled"),
}


def print_synced(call: CommandContext, report: SyncReport, taken: tuple[str, str]) -> int:
    """Print what a synchronisation did; return the exit code. `taken` counts what came from there.

    Quietly, it does not repeat what each run finds again: cron would mail that every time.
    """
    items = report.items
    lines = list(describe_items(items, taken))
    printing.report_changes(call, lines, items, columns_of(SyncedItemDocument)).told()
    sys.stdout.flush()  # what was left alone stands below what was done
    for note in (*report.notes, *(() if call.output.quiet else report.remarks)):
        messages.print_notice(note)
    for loss in describe_losses(items):
        messages.print_warning(loss)
    for fault in report.faults:
        messages.print_failure(fault)
    has_changed = any(each.outcome != "unchanged" for each in items)
    code = Exit.FAILURE if call.output.empty_fails and not has_changed else Exit.OK
    return Exit.PARTLY if report.faults else code


def describe_items(items: Sequence[SyncedItemDocument], words: tuple[str, str]) -> Iterator[str]:
    """Yield what was done, in lines: the counts, then what came from the other side."""
    counted = Counter(each.outcome for each in items)
    told = [translate_plural(*counts, counted[name]) for name, counts in COUNTS.items() if counted[name]]
    made = [each for each in items if each.taken == CREATED]
    taken = [each for each in items if each.taken and each.taken != CREATED]
    cancelled = [each for each in items if each.outcome == "cancelled" and not each.taken]
    if made:
        told.append(translate_plural("{count} contact created", "{count} contacts created", len(made)))
    if taken:
        told.append(translate_plural(*words, len(taken)))
    if told:
        yield ", ".join(told)
    for each in taken:
        names = map(name_field, each.taken)
        yield f"  {each.id}  {each.name}: {', '.join(names)}"
    for each in (*made, *cancelled):
        yield f"  {each.id}  {each.name}"


def name_field(name: str) -> str:
    """Return the name of a field as people read it; a day and its hour are one."""
    return "/".join(map(translate_heading, ("due", "time") if name == "when" else (name,)))


def describe_losses(items: Sequence[SyncedItemDocument]) -> Iterator[str]:
    """Yield what was deleted or changed on the other side in vain; of many deleted items their number."""
    restored = sum(each.outcome == "restored" for each in items)
    if restored > MOST_NAMED:
        yield translate("{count} items were deleted there; they are written again", count=restored)
    for each in items:
        if each.outcome == "restored" and restored <= MOST_NAMED:
            yield translate("{id} {name} was deleted there; it is written again", id=each.id, name=each.name)
        for lost in each.discarded:
            yield translate(
                "{id} {name} differs on both sides: {field} stays {kept}, not {value}",
                id=each.id,
                name=each.name,
                field=name_field(lost["field"]),
                kept=spell_lost(lost["field"], lost["kept"]),
                value=spell_lost(lost["field"], lost["value"]),
            )


def spell_lost(field: str, value: str) -> str:
    """Return the value of a field as people read it."""
    if field == "state":
        return translate(value)
    return repr(shorten_text(value, LONGEST)) if value else "—"
