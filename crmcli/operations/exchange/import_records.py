"""Importing leads and opportunities from the tables of other programs, in one transaction."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from msgspec.structs import replace

from crmcli.domain.importing.import_targets import QUESTIONNAIRE
from crmcli.domain.importing.import_values import INSTANTS, OPEN, WON, ReadRow
from crmcli.domain.importing.imported_history import Past, begin_imported, follow_past, without_rules
from crmcli.domain.localization.translations import sentence
from crmcli.domain.localization.zones import find_zone
from crmcli.domain.model.answer_types import Reader
from crmcli.domain.model.changes import Change
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.record_types import Contact, Kind, Opportunity
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.records import editing, transitions
from crmcli.domain.records.editing import EDITABLE, OWN, Assignment
from crmcli.domain.records.import_contact import ImportFault, ImportOutcome
from crmcli.domain.templates import titles
from crmcli.domain.values.errors import CrmError, UsageError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.ids import derive_id, is_id
from crmcli.domain.values.money import CODES
from crmcli.exchange.cell_table import CellTable
from crmcli.operations.exchange.import_report import CheckImport, ImportedRecord, TableReport
from crmcli.operations.exchange.imported_answers import import_answers
from crmcli.operations.exchange.imported_people import ImportedPeople
from crmcli.operations.exchange.table_import import ImportOptions, TableImport, begin_report, read_table
from crmcli.operations.request import Request, accept
from crmcli.operations.steps.apply_change import apply_change
from crmcli.store.writer import Writing

KEYS = ("id", "external_id", "email")
CLOSING = {"closed", "stage", "status", "lost"}  # what says that a record is won or lost, and when
PAST = {*CLOSING, "kind", *INSTANTS}  # what says where a record stands, and since when
NAMING = ("contact", "contact.name", "contact.last_name", "contact.company", "contact.email", "contact.phone")
LONGEST_ID = 200  # characters of an external id


def import_opportunities(
    request: Request, source: str, table: CellTable, options: ImportOptions, *, check: CheckImport = accept
) -> TableReport:
    """Update the records that are known and create the others, each once.

    Faulty rows are left out and reported; a `check` that raises cancels the import. Raises UsageError for a
    mapping that does not fit the table.
    """
    with request.changing() as session:
        read = read_table(session, table, options)
        report = begin_report(source, table, read)
        DealImport(session, options, report, request.answer_reader).take(read.rows, request.progress)
        check(report)
    return report


class DiscardedError(Exception):
    """Ends an attempt whose changes are not wanted."""


class DealImport(TableImport):
    """The import of leads and opportunities into a session."""

    def __init__(
        self, session: Writing, options: ImportOptions, report: TableReport, answer_reader: Reader
    ) -> None:
        super().__init__(session, options, report)
        self.answer_reader = answer_reader
        self.config = session.config if options.fires_rules else without_rules(session.config)
        self.zone = find_zone(options.map.timezone or session.config.timezone)
        self.people = ImportedPeople(session)
        self.alike: Counter[tuple[str, str]] = Counter()  # rows by title and what names their contact

    def take(self, rows: Sequence[ReadRow], progress: Callable[[int, int], None]) -> None:
        """Import rows in order; those with a fault are left out."""
        self.alike.update(each for row in rows for each in list_likenesses(row))
        super().take(rows, progress)
        self.report.contacts_created = self.people.count_created()

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Forget the records and contacts that are imported in this context if it ends in an error."""
        with self.session.attempt(), self.people.attempt():
            yield

    def examine(self, row: ReadRow) -> None:
        """Add to a row what is wrong with each of its values that could be read."""
        known, person, is_clear = None, None, False
        with row.collecting_faults():
            person = self.people.find(row)
            known = self.find_known(row, self.external_ids(row), person)
            is_clear = True  # which record it is about
        self.people.examine(row)
        with row.collecting_faults():
            self.refuse_currency(row)
        if not row.unread & CLOSING:
            with row.collecting_faults():
                self.refuse_closed(row, known)
        facts = self.facts(known or Opportunity(id=self.session.new_id(), title=""))
        for assigned in self.list_assignments(facts, row):
            with row.collecting_faults():
                facts = self.assign_value(facts, row, *assigned)
        if QUESTIONNAIRE not in row.unread:
            with row.collecting_faults():
                import_answers(self.session, facts, row, self.answer_reader)
        if is_clear and known is None:
            self.examine_new(row, facts.opportunity, person)

    def examine_new(self, row: ReadRow, deal: Opportunity, person: Contact | None) -> None:
        """Add to a row what is wrong with its record as a new one, as far as its values could be read."""
        with row.collecting_faults():
            self.new_id(row.texts.get("id", ""), [], "")
        if not row.unread & {f"{OWN}{field.name}" for field in titles.fields_in_title(self.config)}:
            with row.collecting_faults():
                self.name(deal, person)
        if not row.unread & PAST:
            deal = replace(deal, kind=self.kind_of(row))
            with row.collecting_faults():
                begin_imported(self.facts(deal), self.read_past(row, None), self.session.moment)

    def put(self, row: ReadRow) -> None:
        """Update the known record of a row, or create a new one.

        Raises CrmError for what cannot be.
        """
        external = self.external_ids(row)
        self.refuse_currency(row)
        person = self.people.find(row)
        before = self.find_known(row, external, person)
        self.refuse_closed(row, before)
        change = self.update(before, row, person) if before else self.create(row, external, person)
        after = unite_external_ids(change.after, external)
        after = self.add_note(after, row)
        outcome = ImportOutcome.CREATED if before is None else ImportOutcome.UPDATED
        if after == before:
            outcome = ImportOutcome.UNCHANGED
        else:
            changes = apply_change(self.session, change.then(Change(before=change.after, after=after)))
            change = changes[0]
            after = change.after
        for note in (*change.notices, *self.list_remarks(row, before)):
            self.add_remark(row, note)
        self.known.add(after)
        self.known.taken[after.id or ""] = row.line
        self.report.taken.append(
            ImportedRecord(
                outcome, after.id or "", after.title, row.line, before, after, person.name if person else ""
            )
        )

    def list_remarks(self, row: ReadRow, before: Opportunity | None) -> Iterator[str]:
        """Yield what a row tells of the end of its record that is not taken."""
        if self.is_open_again(row):
            day = f"{row.instants['closed']:%Y-%m-%d}"
            yield sentence("closed {day} is not taken: the record is open", day=day)
        stage = self.config.stage(row.texts.get("stage"))
        if stage and stage.id in self.config.won_stages:
            for target in ("lost", "status"):
                if row.texts.get(target, WON) != WON:
                    heading = repr(row.headings.get(target, target))
                    yield sentence(
                        "{heading} is not taken: {stage} is won", heading=heading, stage=stage.title
                    )
        if before is not None and self.stays_closed(row, before):
            command = f"crm reopen {before.id}"
            if status_of(before, self.config) is Status.LOST:
                yield sentence("is lost here and stays so: {command} reopens it", command=command)
            else:
                yield sentence("is won here and stays so: {command} reopens it", command=command)

    def add_remark(self, row: ReadRow, what: str) -> None:
        """Tell something about a row that is imported."""
        self.report.notes.append((self.report.source, ImportFault(row.line, what)))

    def external_ids(self, row: ReadRow) -> list[str]:
        """Return the ids of a row in the other program, with its name before them.

        Raises UsageError for one that is too long.
        """
        system = self.options.map.system
        given = [each.strip() for each in row.texts.get("external_id", "").split(",") if each.strip()]
        if any(len(each) > LONGEST_ID or not each.isprintable() for each in given):
            raise UsageError("the external id is too long, or not a plain text")
        return [
            f"{system}:{each}" if system and not each.startswith(f"{system}:") else each for each in given
        ]

    def refuse_currency(self, row: ReadRow) -> None:
        """Check that the amounts of a row are in the workspace's currency.

        Raises UsageError where they are not.
        """
        currency = row.texts.get("currency", "")
        has_amount = any(row.texts.get(each) for each in ("expected_revenue", "recurring_revenue", "budget"))
        code = CODES.get(currency.casefold(), currency.upper())
        if currency and has_amount and code != self.config.currency:
            raise UsageError(f"its amounts are in {currency}, not in {self.config.currency}")

    def refuse_closed(self, row: ReadRow, known: Opportunity | None) -> None:
        """Check that a row which tells when its record was closed tells of a closed one.

        Raises UsageError where it does not.
        """
        if "closed" not in row.instants or self.closes(row) or self.is_open_again(row):
            return
        if known is None or self.read_status(row) or status_of(known, self.config) is Status.OPEN:
            raise UsageError("closed needs a won stage or lost")

    def find_known(self, row: ReadRow, external: list[str], person: Contact | None) -> Opportunity | None:
        """Return the known record of a row; None for a new one.

        Raises UsageError where the key is missing, several records fit, or an earlier row is about it.
        """
        key, id = self.options.key, row.texts.get("id", "")
        if key and not {"id": id, "external_id": external, "email": row.texts.get("contact.email")}[key]:
            raise UsageError(f"has no {key}")
        if key == "email":
            return self.known.by_person(person, row.texts.get("title", ""))
        if (key in ("", "id")) and id:
            return self.known.by_id(id)
        if key in ("", "external_id") and external:
            return self.known.by_external(external)
        title = row.texts.get("title", "")
        alike = max(self.alike[each] for each in list_likenesses(row))
        return self.known.by_identity(title, person.id if person else None, alike) if title else None

    def create(self, row: ReadRow, external: list[str], person: Contact | None) -> Change:
        """Return the creation of a record with the values of a row, and its history."""
        contact = person.id if person else None
        same = self.known.next_id(row.texts.get("title", ""), contact)
        id = self.new_id(row.texts.get("id", ""), external, same)
        deal = Opportunity(id=id, title="", kind=self.kind_of(row), contact=contact)
        facts = self.assign(self.facts(deal), row)
        deal = replace(facts.opportunity, title=self.name(facts.opportunity, person), history=())
        return begin_imported(
            facts.about(deal), self.read_past(row, None), self.session.moment, fires=self.options.fires_rules
        )

    def kind_of(self, row: ReadRow) -> Kind:
        """Return the kind of a new record: as the row says, else as the table is."""
        is_lead = self.options.table == "leads"
        return Kind(row.texts.get("kind") or (Kind.LEAD if is_lead else Kind.OPPORTUNITY))

    def new_id(self, given: str, external: list[str], same: str) -> str:
        """Return the id of a new record: given, from the external id, else `same`; random if it is taken.

        Raises UsageError for a given one that is not an id, or belongs to something else.
        """
        if given and not is_id(given):
            raise UsageError(f"{given!r} is not an id of crm", hint="map the column to external_id")
        derived = derive_id("import", external[0]) if external else same
        for id in filter(None, (given, derived)):
            if not self.session.is_taken(id) and id not in self.session.places:
                return id
            if given:
                raise UsageError(f"{given} is the id of another record here")
        return self.session.new_id()

    def name(self, deal: Opportunity, person: Contact | None) -> str:
        """Return the title of a record: given, from its fields, or from its contact.

        Raises UsageError where none of these gives one.
        """
        title = deal.title or titles.title_from_fields(self.config, deal)
        if not title and person:
            title = titles.title_of_contact(self.config, person.name)
        if not title:
            raise UsageError("has no title")
        return title

    def update(self, before: Opportunity, row: ReadRow, person: Contact | None) -> Change:
        """Return the change of a known record to the values of a row; what a row leaves empty stays."""
        adopted = self.session.adopted(self.known.path(before))
        deal = adopted.after
        kind = row.texts.get("kind")
        if kind and kind == Kind.OPPORTUNITY and deal.kind is Kind.LEAD and deal.lost is None:
            adopted = adopted.then(transitions.qualify_lead(self.facts(deal), self.session.moment))
            deal = adopted.after
        texts = {target: text for target, text in row.texts.items() if target != "contact"}
        if person and person.id != deal.contact:
            texts["contact"] = person.id or ""
        row = replace(row, texts=texts)
        facts = self.assign(self.facts(deal), row)
        change = adopted.then(Change(before=deal, after=facts.opportunity))
        return change.then(follow_past(facts, self.read_past(row, deal), self.session.moment))

    def facts(self, deal: Opportunity) -> Facts:
        """Return a record with what is around it, and the configuration whose rules fire."""
        return replace(self.session.facts(deal), config=self.config)

    def assign(self, facts: Facts, row: ReadRow) -> Facts:
        """Return a record with the values and answers of a row; a field that a column gives has its value.

        Raises UsageError with the heading of the column whose value cannot be.
        """
        assigned = self.assign_fields(facts, row)
        answered = import_answers(self.session, assigned, row, self.answer_reader)
        return assigned if answered is assigned else self.assign_fields(answered, row)

    def assign_fields(self, facts: Facts, row: ReadRow) -> Facts:
        """Return a record with the values of a row for the fields that `crm set` sets.

        Raises UsageError with the heading of the column whose value its field cannot have.
        """
        for assigned in self.list_assignments(facts, row):
            facts = self.assign_value(facts, row, *assigned)
        return facts

    def list_assignments(self, facts: Facts, row: ReadRow) -> Iterator[tuple[str, Assignment]]:
        """Yield the field of each value that `crm set` can set on a record, with its assignment."""
        closes = self.closes(row) or status_of(facts.opportunity, self.config) is not Status.OPEN
        for target, text in row.texts.items():
            if target == "lost" or not is_settable(target) or (target == "contact" and not is_id(text)):
                continue
            if target == "probability" and closes:
                continue
            yield target, Assignment(target, "+" if target == "tags" else "", text)
        if not closes and (at := row.instants.get("close_date")):
            day = at.astimezone(self.zone).date().isoformat()
            yield "close_date", Assignment("expected_close", "", day)

    def assign_value(self, facts: Facts, row: ReadRow, target: str, assigned: Assignment) -> Facts:
        """Return a record with a value of a row.

        Raises UsageError with the heading of the column for a value that the field cannot have.
        """
        try:
            if target == "referral.by":
                person = self.people.find_by_text(assigned.value, row.line)
                assigned = assigned._replace(value=person.id or "")
            return facts.about(editing.apply_assignment(facts, assigned, self.session.moment))
        except CrmError as error:
            raise row.name_fault(target, error) from None

    def closes(self, row: ReadRow) -> bool:
        """Tell whether a row is of a record that is won or lost."""
        return self.read_status(row) in (Status.WON, Status.LOST)

    def read_status(self, row: ReadRow) -> Status | None:
        """Return the status that a row tells, also by its lost reason or stage; None if it does not.

        A won stage counts before a lost reason, which may be from the time before it was won.
        """
        said, stage = row.texts.get("status", ""), row.texts.get("stage", "")
        if stage in self.config.won_stages:
            return Status.WON
        if said:
            return Status(said)
        if row.texts.get("lost"):
            return Status.LOST
        return Status.OPEN if stage else None

    def stays_closed(self, row: ReadRow, known: Opportunity) -> bool:
        """Tell whether a record is closed here of which a row tells no more than an open stage.

        The file may be older than the end of the record: only the word `open` reopens it.
        """
        is_closed = status_of(known, self.config) is not Status.OPEN
        is_said = row.texts.get("status") or self.closes(row)
        return is_closed and bool(row.texts.get("stage")) and not is_said

    def is_open_again(self, row: ReadRow) -> bool:
        """Tell whether a row says when its record was closed, and that it is open now."""
        is_open = row.texts.get("status") == OPEN and self.read_status(row) is Status.OPEN
        return is_open and "closed" in row.instants

    def read_past(self, row: ReadRow, known: Opportunity | None) -> Past:
        """Return where the record of a row stands in the other program; of a known one, only the present."""
        status = self.read_status(row)
        stage, lost = row.texts.get("stage") or None, row.texts.get("lost") or None
        times = row.instants
        closed = times.get("closed") or (times.get("close_date") if self.closes(row) else None)
        if known is not None and self.stays_closed(row, known):
            return Past(closed=closed)
        if known is not None:
            return Past(stage, status, lost, closed=closed)
        return Past(
            stage,
            status,
            lost,
            times.get("created"),
            times.get("stage_since"),
            closed if self.closes(row) else None,
        )

    def add_note(self, deal: Opportunity, row: ReadRow) -> Opportunity:
        """Return a record with the note of a row in its history, once."""
        text = row.texts.get("note", "").strip()
        if not text or any(entry.text == text for entry in deal.history):
            return deal
        id = derive_id("import-note", deal.id or "", text)
        return transitions.add_note(deal, text, id, self.session.moment).after


def list_likenesses(row: ReadRow) -> list[tuple[str, str]]:
    """Return what a row without an id may be found by: its title with each text that names its contact."""
    title = folded_name(row.texts.get("title", ""))
    named = {folded_name(row.texts[each]) for each in NAMING if each in row.texts}
    return [(title, each) for each in sorted(named) or [""]]


def is_settable(target: str) -> bool:
    """Tell whether `crm set` sets a field."""
    return target == "tags" or target in EDITABLE or target.startswith(OWN)


def unite_external_ids(deal: Opportunity, external: list[str]) -> Opportunity:
    """Return a record with these external ids besides its own."""
    news = [each for each in external if each not in deal.external_ids]
    return replace(deal, external_ids=(*deal.external_ids, *news)) if news else deal
