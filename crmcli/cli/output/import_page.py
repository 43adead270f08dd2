"""What an import does, for people: how the file was read, its columns, the first records, unknown words."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from crmcli.cli.output.value_format import spell_value
from crmcli.domain.importing.import_map import ReadColumns
from crmcli.domain.importing.import_values import UnknownWord
from crmcli.domain.localization.translations import deferred, translate, translate_plural
from crmcli.domain.model.fields import walk_fields
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.records.contact_fields import describe_contact_change
from crmcli.domain.records.documents import plain_data
from crmcli.domain.records.import_contact import ImportOutcome, format_counts
from crmcli.domain.values.errors import CrmError
from crmcli.exchange.cell_table import CellTable
from crmcli.operations.exchange.import_report import ImportedRecord, ImportReport, TableReport
from crmcli.operations.request import Request

FIRST = 3  # records that a dry run describes
SEPARATED = {
    "": "",
    ",": deferred("cells separated by commas"),
    ";": deferred("cells separated by semicolons"),
    "\t": deferred("cells separated by tabs"),
    "|": deferred("cells separated by bars"),
}
LONGEST = 60  # characters of a value
WOULD = {
    ImportOutcome.CREATED: deferred("would be created"),
    ImportOutcome.UPDATED: deferred("would be updated"),
    ImportOutcome.UNCHANGED: deferred("would stay as it is"),
}
HIDDEN = {"schema", "id", "title", "contact"}


def format_outcome(report: ImportReport, dry: bool) -> str:
    """Return the counts of an import on a line."""
    made, changed, same = (report.count(outcome) for outcome in ImportOutcome)
    counts = format_counts(made, changed, same, len(report.list_refused()))
    return translate("would import: {counts}", counts=counts) if dry else counts


def describe_import(
    report: TableReport, sources: Mapping[str, CellTable | bytes], request: Request
) -> Iterator[str]:
    """Yield lines about an import; of a dry run, how the files are read and the first records, too."""
    dry = request.dry_run
    for source, file in sources.items():
        if dry and isinstance(file, CellTable):
            yield from describe_reading(source, file, report.columns[source])
    yield format_outcome(report, dry)
    if report.contacts_created:
        count = report.contacts_created
        yield translate_plural("{count} contact created", "{count} contacts created", count)
    if not dry:
        return
    shown = [each for each in report.taken if not is_contact(each) or each.before != each.after]
    for each in shown[:FIRST]:
        yield from describe_contact(each, request) if is_contact(each) else ("", *describe_record(each))
    if report.taken and is_contact(report.taken[0]) and len(shown) > FIRST:
        yield translate("… and {count} more", count=len(shown) - FIRST)


def is_contact(each: ImportedRecord) -> bool:
    """Tell whether an imported record is a contact."""
    return isinstance(each.after, Contact)


def describe_contact(each: ImportedRecord, request: Request) -> Iterator[str]:
    """Yield lines about how a contact would change."""
    assert isinstance(each.after, Contact)
    before = each.before if isinstance(each.before, Contact) else None
    yield from describe_contact_change(before, each.after, request.config.country)


def describe_reading(source: str, table: CellTable, columns: ReadColumns) -> Iterator[str]:
    """Yield lines about how a file is read, and what its columns set."""
    rows = translate_plural("{count} row", "{count} rows", len(table.rows))
    separator = SEPARATED.get(table.separator)
    if separator is None:
        separator = translate("cells separated by {sign}", sign=repr(table.separator))
    yield ", ".join(filter(None, (f"{source}: {rows}", table.encoding, translate(separator))))
    width = min(max((len(column.heading) for column in columns.mapped), default=0), LONGEST // 2)
    for column in columns.mapped:
        yield f"  {column.heading[:LONGEST]:<{width}}  →  {column.target}"
    if columns.left_out:
        named = ", ".join(each.heading for each in columns.left_out)
        yield f"  {translate('not imported: {columns}', columns=named)}"


def describe_record(each: ImportedRecord) -> Iterator[str]:
    """Yield lines about a record as it would be after the import."""
    yield f"{each.name}  ({translate(WOULD[each.outcome])}, {translate('line {line}', line=each.line)})"
    if each.part:
        yield f"  {each.part}"
    if each.contact:
        yield f"  contact: {cut(each.contact)}"
    if isinstance(each.after, Opportunity):
        yield from (f"  {key}: {text}" for key, text in list_values(each.after))


def list_values(deal: Opportunity) -> Iterator[tuple[str, str]]:
    """Yield the values of a record as (name, text), in the order of the file, then its history."""
    for path, spec in walk_fields(deal.__class__):
        head, _, tail = path.partition(".")
        value = getattr(deal, head)
        value = getattr(value, tail, None) if tail else value
        if path in HIDDEN or value in (spec.default, None, (), {}) or (spec.is_part and spec.is_list):
            continue
        if spec.is_open:
            yield from ((f"{path}.{key}", cut(spell_value(plain_data(item)))) for key, item in value.items())
        else:
            yield path, cut(f"{value:f}" if isinstance(value, Decimal) else spell_value(plain_data(value)))
    for entry in deal.history:
        yield "history", " ".join(filter(None, (f"{entry.at:%Y-%m-%d}", str(entry.event), entry.to)))


def cut(text: str) -> str:
    """Return a text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def describe_unknown(each: UnknownWord, source: str) -> CrmError:
    """Return the error for a word that no list of the workspace has."""
    times = "once" if each.count == 1 else f"{each.count} times"
    hint = f"did you mean {each.near}?" if each.near else ""
    what = f"{each.heading}: unknown {each.target} {each.word!r}, {times}"
    return CrmError(what, where=f"{source}:{each.line}", hint=hint)
