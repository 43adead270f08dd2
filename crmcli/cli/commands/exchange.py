"""`crm contact import`, `export vcf`: contacts from and for other programs."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crmcli.cli.completion import offers
from crmcli.cli.context import CommandContext
from crmcli.cli.output import messages, printing
from crmcli.cli.output.printing import Printer, Report
from crmcli.cli.output.table_columns import columns_of
from crmcli.domain.documents.change_documents import ImportDocument
from crmcli.domain.localization.translations import translate
from crmcli.domain.model.record_types import Contact
from crmcli.domain.records import contact_fields
from crmcli.domain.records.import_contact import ImportFault, ReadContacts, format_counts
from crmcli.domain.values.decoding import decode_text
from crmcli.domain.values.errors import CrmError, Exit, NotFoundError, PartlyError, RefusedError, UsageError
from crmcli.domain.values.list_entries import unknown_entry
from crmcli.exchange.contact_import import Outcome, Taken
from crmcli.operations.exchange.import_contacts import ImportReport
from crmcli.operations.exchange.import_contacts import import_contacts as bring_in
from crmcli.operations.find_records import fold_words
from crmcli.store.reader import Reading
from crmcli.store.transactions import files

if TYPE_CHECKING:
    from crmcli.domain.importing.import_map import ImportMap

KEYS = {"id": "uid", "external_id": "uid", "email": "email", "phone": "phone", "name": "name"}
FORMATS = ("csv", "vcf")
LARGEST = 64 * 1024 * 1024  # bytes of a file of contacts


def import_contacts(
    ctx: typer.Context,
    sources: Annotated[list[str], typer.Argument(metavar="FILE…", help="vCard or CSV files; - reads stdin")],
    format: Annotated[
        str,
        typer.Option(metavar="FORMAT", help="csv or vcf, if the content does not show it"),
        offers.CONTACT_FORMAT,
    ] = "",
    map: Annotated[
        list[str], typer.Option(metavar="COLUMN=FIELD", help="map a CSV column; an empty FIELD ignores it")
    ] = [],  # noqa: B006
    key: Annotated[
        str,
        typer.Option(metavar="FIELD", help="match contacts by id, email, phone or name"),
        offers.CONTACT_KEY,
    ] = "",
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="skip and report failures, exit 7")
    ] = False,
) -> int:
    """Import contacts from vCard files (khard, phones, mail programs) and CSV files (spreadsheets).

    Known contacts are updated, not created again. They are found by id, and by e-mail or phone if
    their name fits, or by --key only; contacts without these are found by their full name. No
    existing value is cleared. French and English column names are known, also those of Google,
    Outlook, Thunderbird and iCloud. vCard properties that have no field are kept in the file.

    \b
    Examples:
      crm contact import pipeline_data/examples/clients.vcf --dry-run
      crm contact import pipeline_data/examples/clients.vcf --key name
      crm contact import pipeline_data/examples/voisins.csv --map "Qui=name" --key email
    """
    call: CommandContext = ctx.obj
    if key and key not in KEYS:
        raise unknown_entry("key", key, list(KEYS))
    if format and format not in FORMATS:
        raise unknown_entry("format", format, list(FORMATS))
    read = {source: understood(call, source, format, map) for source in sources}
    return take_contacts(call, read, KEYS.get(key, ""), keep_going)


def bring_in_contacts(
    call: CommandContext,
    files: Mapping[str, bytes],
    mapping: "ImportMap",
    given: Mapping[str, str],
    key: str,
    keep_going: bool,
) -> int:
    """Import contacts from CSV files with a mapping; print the counts, and return the exit code."""
    from crmcli.exchange import spreadsheet
    from crmcli.exchange.contact_columns import choose_columns, name_system

    read = {}
    for source, content in files.items():
        try:
            columns = {**choose_columns(content, mapping), **given}
            found = spreadsheet.read_csv(content, columns, call.request.config)
        except UsageError as error:
            where = f"{source}:{error.where}" if error.where else source
            raise UsageError(error.what, where=where, hint=error.hint) from None
        read[source] = name_system(found, mapping.system)
    return take_contacts(call, read, key, keep_going)


def take_contacts(call: CommandContext, read: Mapping[str, ReadContacts], key: str, keep_going: bool) -> int:
    """Import contacts; print the counts, and return the exit code."""
    printer = Printer(call, report_import)

    def check(report: ImportReport) -> None:
        printer.prepare(report)
        for source, each in read.items():
            warn((source, fault) for fault in each.left_out)
        warn(report.notes)
        refuse_faults(report.faults, keep_going)

    report = bring_in(call.request, read, key=key, check=check)
    code = printer.print()
    if report.faults:
        raise PartlyError(f"{len(report.faults)} of {len(report.faults) + len(report.taken)} failed")
    return code


def understood(call: CommandContext, source: str, format: str, mapping: Sequence[str]) -> ReadContacts:
    """Return the contacts of a file.

    Raises NotFoundError where it does not exist, UsageError where it is neither vCard nor CSV.
    """
    content = content_of(source)
    from crmcli.exchange import spreadsheet, vcard

    text = decode_text(content)
    kind = format or ("vcf" if text.lstrip().upper().startswith("BEGIN:VCARD") else "csv")
    if kind == "vcf" and mapping:
        raise UsageError("--map is for the columns of a CSV file", where=source)
    if "\0" in text:
        raise UsageError("is not text", where=source)
    try:
        if kind == "vcf":
            return vcard.read_vcards(content, call.request.config)
        return spreadsheet.read_csv(content, dict(pair(each) for each in mapping), call.request.config)
    except UsageError as error:
        where = f"{source}:{error.where}" if error.where else source
        raise UsageError(error.what, where=where, hint=error.hint) from None


def content_of(source: str) -> bytes:
    """Return the bytes of a file, or of standard input.

    Raises NotFoundError where there is none, UsageError for one that is too large.
    """
    try:
        content = sys.stdin.buffer.read(LARGEST + 1) if source == "-" else files.read_file(Path(source))
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=source) from error
    if content is None:
        raise NotFoundError("no such file", where=source)
    if len(content) > LARGEST:
        raise UsageError("is larger than 64 MB", where=source)
    return content


def pair(text: str, option: str = "--map") -> tuple[str, str]:
    """Return the column and the field of `COLUMN=FIELD`."""
    column, equals, field = text.rpartition("=")
    if not equals or not column.strip():
        raise UsageError(f"{option} {text!r} is not COLUMN=FIELD", hint=f'{option} "Nom=name"')
    return column.strip(), field.strip()


def warn(faults: Iterable[tuple[str, ImportFault]]) -> None:
    """Print an error line for each row that is not imported."""
    for source, fault in faults:
        messages.print_failure(CrmError(fault.what, where=f"{source}:{fault.line}"))


def refuse_faults(faults: Sequence[tuple[str, ImportFault]], keep_going: bool) -> None:
    """Print every faulty row.

    Raises RefusedError if there are any, unless `keep_going`.
    """
    warn(faults)
    if faults and not keep_going:
        raise RefusedError(
            f"{len(faults)} invalid, nothing was imported", hint="--keep-going imports the others"
        )


def report_import(call: CommandContext, report: ImportReport) -> Report:
    """Return the counts of an import, in the output format; a dry run describes each contact."""
    made, changed, same = (sum(each.outcome is outcome for each in report.taken) for outcome in Outcome)
    counts = format_counts(made, changed, same, len(report.faults))
    lines = [translate("would import: {counts}", counts=counts)] if call.request.dry_run else [counts]
    if call.request.dry_run:
        lines += [line for each in report.taken for line in difference(each, call)]
    return printing.report_changes(call, lines, map(document, report.taken), columns_of(ImportDocument))


def difference(taken: Taken, call: CommandContext) -> list[str]:
    """Return lines about how a contact changed."""
    if taken.outcome is Outcome.UNCHANGED:
        return []
    return list(
        contact_fields.describe_contact_change(taken.before, taken.after, call.request.config.country)
    )


def document(taken: Taken) -> ImportDocument:
    """Return an imported contact and its outcome as `crm.imported/1`."""
    return ImportDocument(
        outcome=str(taken.outcome), id=taken.after.id or "", name=taken.after.name, line=taken.line
    )


def export_vcf(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORD]…", help="as in contact list, or an id; default: all"),
        offers.CONTACT,
    ] = None,
) -> int:
    """Print contacts as vCards, for khard, phones and mail programs.

    \b
    Examples:
      crm export vcf > contacts.vcf
      crm export vcf f8dz9xw4
      crm export vcf pontivy
    """
    call: CommandContext = ctx.obj
    from crmcli.exchange import vcard

    reading = call.request.reading_all("contacts")
    people = [person for person in meant(reading, words or []) if person is not None]
    companies = {id: reading.contact(id) for person in people if (id := person.company)}
    for person in people:
        company = companies.get(person.company or "")
        printing.print_text(vcard.write_vcard(person, company.name if company else None, call.request.config))
    return Exit.FAILURE if call.output.empty_fails and not people else Exit.OK


def meant(reading: Reading, words: Sequence[str]) -> list[Contact | None]:
    """Return the contacts with these ids, else those whose texts contain these words."""
    by_id = [reading.contact(word) for word in words]
    if words and all(by_id):
        return by_id
    return [reading.contact(held.get("id")) for held, _ in reading.index.contacts(fold_words(words))]
