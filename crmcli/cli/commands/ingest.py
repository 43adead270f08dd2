"""`crm ingest`: file messages from a mail filter, from files, mbox files and Maildirs; none is lost."""

import gc
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from crmcli.cli import streams
from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.printing import Report
from crmcli.cli.output.progress import Bar
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.change_documents import IngestDocument
from crmcli.domain.localization.translations import deferred, screen_language, translate, translate_plural
from crmcli.domain.model.record_names import describe_unsure, name_record
from crmcli.domain.model.record_types import Kind
from crmcli.domain.values.errors import Exit, TryAgainError, UsageError
from crmcli.mail.incoming.mailboxes import Found, list_files, measure_files, read_messages, split_messages
from crmcli.operations.messages.ingest import ingest_all
from crmcli.operations.messages.known_mail import sort_out_known
from crmcli.operations.messages.parse_ahead import Incoming
from crmcli.operations.steps.file_message import Filed, Outcome
from crmcli.store.form_spool import list_spooled

WORDS = {  # of what became of a message that is not about a record
    Outcome.NEW: deferred("new"),
    Outcome.REPLY: deferred("reply"),
    Outcome.BOUNCE: deferred("could not be delivered"),
    Outcome.NOTED: deferred("noted"),
    Outcome.VARIANT: deferred("another version"),
    Outcome.KNOWN: deferred("unchanged"),
    Outcome.ASIDE: deferred("kept aside"),
    Outcome.QUARANTINED: deferred("put into quarantine"),
    Outcome.WAITING: deferred("stored, to be filed later"),
    Outcome.TRY_AGAIN: deferred("not stored"),
    Outcome.DROPPED: deferred("dropped"),
}
ON_RECORD = {
    Outcome.NEW: {
        Kind.LEAD: deferred("new lead {name}"),
        Kind.OPPORTUNITY: deferred("new opportunity {name}"),
    },
    Outcome.REPLY: {
        Kind.LEAD: deferred("reply on lead {name}"),
        Kind.OPPORTUNITY: deferred("reply on opportunity {name}"),
    },
    Outcome.BOUNCE: {
        Kind.LEAD: deferred("could not be delivered, noted on lead {name}"),
        Kind.OPPORTUNITY: deferred("could not be delivered, noted on opportunity {name}"),
    },
    Outcome.NOTED: {
        Kind.LEAD: deferred("noted on lead {name}"),
        Kind.OPPORTUNITY: deferred("noted on opportunity {name}"),
    },
    Outcome.VARIANT: {
        Kind.LEAD: deferred("another version, added to lead {name}"),
        Kind.OPPORTUNITY: deferred("another version, added to opportunity {name}"),
    },
    Outcome.KNOWN: {
        Kind.LEAD: deferred("unchanged lead {name}"),
        Kind.OPPORTUNITY: deferred("unchanged opportunity {name}"),
    },
}
FORMATS = MAIL, FORM = offers.SOURCE_FORMAT.words
KEPT = (Outcome.ASIDE, Outcome.QUARANTINED)
COUNTED = {  # in the order of the summary of a batch
    deferred("{count} created"): (Outcome.NEW,),
    deferred("{count} appended"): (Outcome.REPLY, Outcome.BOUNCE, Outcome.NOTED, Outcome.VARIANT),
    deferred("{count} known"): (Outcome.KNOWN,),
    deferred("{count} dropped"): (Outcome.DROPPED,),
    deferred("{count} kept aside"): (Outcome.ASIDE,),
    deferred("{count} quarantined"): (Outcome.QUARANTINED,),
    deferred("{count} to be tried again"): (Outcome.TRY_AGAIN,),
}
SOMETIMES = (Outcome.DROPPED, Outcome.TRY_AGAIN)  # not counted where there is none


def ingest(
    ctx: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE|DIR]…", help="messages, mbox files, Maildirs; else standard input"),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="say on stderr what was kept aside, and each outcome of many")
    ] = False,
    format: Annotated[
        str,
        typer.Option("--format", metavar="FORMAT", help="of standard input: mail, or form as CGI gives it"),
        offers.SOURCE_FORMAT,
    ] = "mail",
    form: Annotated[
        str,
        typer.Option("--form", metavar="FORM", help="the web form that was sent, with --format form"),
        offers.FORM,
    ] = "",
) -> int:
    """File messages: as new leads with their contacts, or on the records they belong to.

    A message on standard input, from a mail program, ends with exit code 0 once it is stored, whatever it
    contains, and with 75 otherwise, so that the mail program tries again. stderr stays empty on success.

    \b
    Examples:
      crm ingest < pipeline_data/examples/demande-poele.eml
      crm ingest --dry-run < pipeline_data/examples/formulaire-web.eml
      crm ingest pipeline_data/examples
      crm ingest pipeline_data/examples -o jsonl
      echo 'name=Anne&email=anne@example.org&message=Un+poêle' | crm ingest --format form
    """
    call: CommandContext = ctx.obj
    named = [each for each in sources or () if each != "-"]
    if format not in FORMATS or (form and format != FORM):
        raise UsageError(
            f"unknown format {format!r}" if not form else "--form goes with --format form",
            hint=", ".join(FORMATS),
        )
    if not named and sys.stdin.isatty():
        raise UsageError("expects a message on standard input, or files", hint="crm ingest < message.eml")
    if named and len(named) < len(sources or ()):
        raise UsageError("- stands for standard input, and is the only source then")
    report(call, [])  # refuse a wrong --fields before filing
    if format == FORM:
        if named:
            raise UsageError("a form comes on standard input")
        from crmcli.cli import form_delivery

        return report(call, [(form_delivery.file_form(call.request, form), "standard input")]).told()
    filing = Filing(call, verbose)
    files = list_files(named)
    if named:
        filing.file_files(files)
    else:
        filing.file_all(read_stdin(), 0)
    code = filing.end(is_single=not named and len(filing.filed) <= 1)
    file_waiting_forms(call)
    return code


def file_waiting_forms(call: CommandContext) -> None:
    """File web forms that wait, once it is said what became of the messages; of that, nothing is said."""
    if list_spooled(call.request.workspace.root):
        from crmcli.operations.messages.web_forms import file_leftovers

        file_leftovers(call.request)


class Filing:
    """Messages that are filed in batches, and what became of them."""

    def __init__(self, call: CommandContext, verbose: bool) -> None:
        self.call = call
        self.verbose = verbose
        self.filed: list[tuple[Filed, str]] = []  # with the source of each
        self.done = 0  # bytes

    def file_files(self, files: Sequence[Path]) -> None:
        """File the messages in files; those of a Maildir that were filed before are not read again."""
        known, unread = sort_out_known(self.call.request, files)
        self.filed += known
        self.file_all(read_messages(unread), measure_files(unread))

    def file_all(self, found: Iterator[Found], total: int) -> None:
        """File all messages; a bar shows the progress of files."""
        bar = Bar("filing messages ") if total else None
        gc.enable()  # parsed messages are garbage with cycles
        if bar:
            bar(0, total)
        ingest_all(self.call.request, self.not_blank(found), lambda filed: self.add(filed, bar, total))
        if bar:
            bar(total, total)

    def not_blank(self, found: Iterator[Found]) -> Iterator[Found]:
        """Yield the messages, without those that are blank."""
        for each in found:
            if each.content.strip():
                yield each
            else:
                messages.print_warning(f"{each.source} is empty")

    def add(self, filed: Sequence[tuple[Filed, Incoming]], bar: Bar | None, total: int) -> None:
        """Keep the outcomes of a batch, with their sources."""
        self.filed += [(each, message.source) for each, message in filed]
        self.done += sum(len(message.content) for _, message in filed)
        if bar:
            bar(min(self.done, total - 1), total)

    def end(self, *, is_single: bool) -> int:
        """Print what became of the messages; return the exit code.

        Raises TryAgainError where one was not stored.
        """
        if is_single and any(each.outcome is Outcome.TRY_AGAIN for each, _ in self.filed):
            raise TryAgainError(self.filed[0][0].reason)
        self.call.request.is_partly_done = False  # programs that did not run were named; nothing is retried
        for filed, source in self.filed:
            if filed.outcome in KEPT and (is_single or self.verbose):
                messages.print_warning(f"{WORDS[filed.outcome]}: {filed.reason}")
            elif filed.outcome is Outcome.TRY_AGAIN:
                messages.print_failure(TryAgainError(filed.reason, where=source))
        try:
            report(self.call, self.filed, is_single=is_single, verbose=self.verbose).told()
            sys.stdout.flush()
        except OSError:  # the messages are stored, so the mail server must not retry
            streams.silence_output()
        again = sum(filed.outcome is Outcome.TRY_AGAIN for filed, _ in self.filed)
        if again:
            raise TryAgainError(f"{again} of {len(self.filed)} messages were not stored")
        return Exit.OK


def read_stdin() -> Iterator[Found]:
    """Yield the messages on standard input.

    Raises TryAgainError where it cannot be read.
    """
    try:
        yield from split_messages(sys.stdin.buffer, "standard input")
    except OSError as error:
        raise TryAgainError(f"cannot be read: {error.strerror}", where="standard input") from error


def report(
    call: CommandContext, filed: Sequence[tuple[Filed, str]], *, is_single: bool = True, verbose: bool = False
) -> Report:
    """Return the outcomes of filing messages, in the output format."""
    lead = [translate("would do:")] if call.request.dry_run and filed else []
    said: list[str] = []
    if is_single or verbose or call.request.dry_run:
        for each, source in filed:
            place = "" if is_single else f"{source}: "
            hidden = is_single and each.outcome in KEPT  # said on stderr
            lines = [f"{place}{describe_outcome(each)}", *describe_doubts(each), *describe_offers(each)]
            said += [] if hidden else lines
    if not is_single:
        said.append(summarize([each for each, _ in filed]))
    documents = [document(each, source) for each, source in filed]
    return printing.report_changes(
        call, [*lead, *said] if said else [], documents, columns_of(IngestDocument)
    )


def summarize(filed: Sequence[Filed]) -> str:
    """Return how many messages had which outcome."""
    counts = Counter(each.outcome for each in filed)
    totals = {words: sum(counts[each] for each in outcomes) for words, outcomes in COUNTED.items()}
    shown = [each for each, total in totals.items() if total or COUNTED[each][0] not in SOMETIMES]
    said = ", ".join(translate(each, count=totals[each]) for each in shown)
    return translate_plural(
        "{count} message: {outcomes}", "{count} messages: {outcomes}", len(filed), outcomes=said
    )


def describe_outcome(filed: Filed) -> str:
    """Return the outcome of filing a message as a line for people."""
    record = filed.record
    reason = f" ({screen_language().say(filed.reason)})" if filed.reason else ""
    if record and filed.outcome in ON_RECORD:
        words = ON_RECORD[filed.outcome][Kind(record.kind)]
        return f"{translate(words, name=name_record(record.id, record.title))}{reason}"
    return f"{translate(WORDS[filed.outcome])}{reason}"


def describe_doubts(filed: Filed) -> list[str]:
    """Return lines about an unsure contact, and about contacts who may be the same as a new one."""
    deal, contact = filed.change.after if filed.change else None, filed.contact
    if deal is None or contact is None:
        return []
    unsure = [describe_unsure(deal, contact.name, screen_language())] if deal.contact_unsure else []
    return [
        f"  {each}"
        for each in (*unsure, *(each.describe(contact, screen_language()) for each in filed.similar))
    ]


def describe_offers(filed: Filed) -> list[str]:
    """Return lines with the commands that add what a message says of its sender."""
    said = deferred("the message says more of its sender: {command}")
    return [f"  {translate(said, command=command)}" for command in filed.offers]


def document(filed: Filed, source: str) -> IngestDocument:
    """Return the outcome of filing a message as `crm.ingested/1`."""
    record = filed.record
    return IngestDocument(
        outcome=str(filed.outcome),
        source=source,
        id=record.id if record else None,
        kind=record.kind if record else None,
        title=record.title if record else None,
        contact=record.contact if record else None,
        contact_unsure=filed.change.after.contact_unsure if filed.change else None,
        similar=[each.contact.id or "" for each in filed.similar],
        reason=str(filed.reason) or None,
        offers=list(filed.offers),
        faults=list(filed.faults),
    )
