"""Queries on the index: documents and figures of matching records, without reading their files."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.records.documents import ContactBrief, DocumentBuilder, IndexedRecord
from crmcli.domain.values.folding import fold_text, words_of_name
from crmcli.domain.values.places import format_place, place_of
from crmcli.store.index.index_file import Opened
from crmcli.store.index.schema import (
    CONTACT_BRIEF,
    CUSTOM,
    FROM_RECORDS,
    USUAL_ORDER,
    WITH_ACTIVITIES,
    from_records,
)

if TYPE_CHECKING:
    from crmcli.query.query_model import Query
    from crmcli.store.index.due_records import Ripe
    from crmcli.store.index.sql_compiler import Compiler, Statement

opened = msgspec.json.Decoder(IndexedRecord).decode
decoded = msgspec.json.Decoder().decode
LAST_CHARACTER = "\U0010ffff"  # above any in an id: the end of the ids that begin alike


def list_parameter(texts: Sequence[str]) -> str:
    """Return texts as one JSON parameter of a statement, which json_each expands."""
    return msgspec.json.encode(list(texts)).decode()


def compiler_for(viewing: DocumentBuilder) -> "Compiler":
    """Return a compiler of queries to SQL, imported only where a query is compiled."""
    from crmcli.store.index.sql_compiler import Compiler

    return Compiler(viewing)


NAMES = {  # what the records of a table are called, and their contacts
    "record": "SELECT r.path, r.title, c.name FROM record r LEFT JOIN contact c "
    "ON c.rowid = (SELECT MIN(rowid) FROM contact WHERE id = r.contact) ORDER BY r.path",
    "contact": "SELECT path, name, NULL FROM contact ORDER BY path",
}
COUNTED = {  # what is counted of a table
    "record": "SELECT r.stage, COUNT(*) FROM record r WHERE {open} GROUP BY 1",
    "custom": "SELECT c.name, COUNT(DISTINCT c.record) FROM custom c JOIN record r ON r.rowid = c.record "
    "WHERE {open} GROUP BY 1",
    "activity": "SELECT a.type, COUNT(*) FROM activity a WHERE a.state = 'planned' GROUP BY 1",
}
HELD = {  # by the key of a query: where the id of an entry stands that the configuration may have lost
    "questionnaire": "record WHERE questionnaire",
    "owner": "record WHERE owner",
    "assignee": "activity WHERE assignee",
    "contact_owner": "contact_said WHERE json_extract(document, '$.owner')",
}


class Broken(msgspec.Struct, frozen=True):
    """A file that cannot be read as a record: where, and why."""

    path: str
    line: int | None
    column: int | None
    field: str
    reason: str

    def __str__(self) -> str:
        where = format_place(self.path, place_of(self.line, self.column))
        return f"{where}: {self.field} {self.reason}" if self.field else f"{where}: {self.reason}"


class Holder(NamedTuple):
    """The record that holds a message, as far as it is named when the message comes again."""

    id: str | None
    kind: str
    title: str
    contact: str | None


class Index:
    """An open index."""

    def __init__(self, opened: Opened, again: Callable[[Exception], sqlite3.Connection]) -> None:
        self.database = opened.database
        self.seen = opened.seen
        self.again = again  # opens another database where this one fails
        self.equip: Callable[[sqlite3.Connection], None] | None = None

    def rows(self, sql: str, parameters: dict[str, Any] | Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement; where the database fails, another one yields the rest."""
        given = 0
        try:
            for row in self.database.execute(sql, parameters):
                yield row
                given += 1
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if not is_fault(error):
                raise
            self.database.close()
            self.database = self.again(error)
            if self.equip is not None:
                self.equip(self.database)
            yield from islice(self.database.execute(sql, parameters), given, None)

    def select(
        self, columns: str, compiler: "Compiler", asked: "Statement", beside: str = ""
    ) -> Iterator[tuple[Any, ...]]:
        """Yield columns of the records that match a compiled query; `beside` joins their parts."""
        tables = f"{from_records(columns, asked.where, asked.order)} {beside}"
        sql = f"SELECT {columns} {tables} WHERE {asked.where} ORDER BY {asked.order} {asked.limit}"
        return self.compiled(sql, compiler)

    def compiled(self, sql: str, compiler: "Compiler") -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement that a compiler made.

        Raises the error of a comparison that failed.
        """
        self.equip = compiler.equip
        self.equip(self.database)
        try:
            yield from self.rows(sql, compiler.parameters)
        except sqlite3.OperationalError:
            if compiler.failure is not None:
                raise compiler.failure from None
            raise

    def opportunities(self, query: "Query", viewing: DocumentBuilder) -> Iterator[Document]:
        """Yield the matching records as `crm.opportunity/1`, in the order of the query."""
        compiler = compiler_for(viewing)
        columns = f"s.document, r.path, {CONTACT_BRIEF}"
        for kept, path, *brief in self.select(columns, compiler, compiler.records(query)):
            yield {**viewing.opportunity(opened(kept), ContactBrief(*brief)), "path": path}

    def places(self, query: "Query", viewing: DocumentBuilder) -> list[tuple[str, str | None]]:
        """Return (path, id) of the matching records, in the order of the query."""
        compiler = compiler_for(viewing)
        return [(path, id) for path, id in self.select("r.path, r.id", compiler, compiler.records(query))]

    def activities(self, query: "Query", viewing: DocumentBuilder) -> Iterator[Document]:
        """Yield the matching activities as `crm.activity/1`, in the order of the query."""
        compiler = compiler_for(viewing)
        columns = f"a.document, r.id, r.title, r.contact, r.stage, r.owner, {CONTACT_BRIEF}"
        for held, id, title, contact, stage, owner, *brief in self.select(
            columns, compiler, compiler.activities(query), WITH_ACTIVITIES
        ):
            deal = {"id": id or "", "title": title, "contact": contact, "stage": stage, "owner": owner}
            yield viewing.activity(deal, decoded(held), ContactBrief(*brief))

    def activity_ids(self, query: "Query", viewing: DocumentBuilder) -> list[str | None]:
        """Return the ids of the matching activities, in the order of the query."""
        compiler = compiler_for(viewing)
        found = self.select("a.id", compiler, compiler.activities(query), WITH_ACTIVITIES)
        return [id for (id,) in found]

    def touched(self) -> dict[str, datetime]:
        """Return when each record was last touched, by its id."""
        found = self.rows("SELECT id, touched FROM record WHERE id IS NOT NULL AND touched IS NOT NULL")
        return {id: datetime.fromtimestamp(at, UTC) for id, at in found}

    def activity_places(self, query: "Query", viewing: DocumentBuilder) -> list[tuple[str, str]]:
        """Return (path of the record, id of the activity) of the matching planned activities."""
        compiler = compiler_for(viewing)
        found = self.select("r.path, a.id, a.state", compiler, compiler.activities(query), WITH_ACTIVITIES)
        return [(path, id) for path, id, state in found if id and state == "planned"]

    def ripe(self, viewing: DocumentBuilder) -> "list[Ripe]":
        """Return what may have come due in records, by path; their files must be checked."""
        from crmcli.store.index.due_records import Ripe, due_select  # needs the rules, unlike lists

        return sorted(Ripe(*row) for row in self.rows(due_select(viewing.config, viewing.at)))

    def has_fired(self, rule: str) -> bool:
        """Tell whether a rule has ever fired on a record."""
        from crmcli.store.index.due_records import ever_fired

        return any(True for _ in self.rows(ever_fired(rule)))

    def asked(self, query: "Query", viewing: DocumentBuilder) -> dict[str, int]:
        """Return the number of matching records for each questionnaire."""
        compiler = compiler_for(viewing)
        asked = compiler.records(query)
        chosen = f"chosen(r.questionnaire, ({CUSTOM}))"
        sql = f"SELECT {chosen}, COUNT(*) {from_records(chosen, asked.where)} WHERE {asked.where} GROUP BY 1"
        return {id: count for id, count in self.compiled(sql, compiler) if id is not None}

    def count_open(self, table: str, viewing: DocumentBuilder) -> dict[str | None, int]:
        """Return the open records in each stage, those with each custom value, or the planned activities."""
        compiler = compiler_for(viewing)
        sql = COUNTED[table].format(open=compiler.is_condition("open"))
        return dict(self.compiled(sql, compiler))

    def sponsors_of(self, contact: str, beside: str) -> list[str]:
        """Return the sponsors of a contact, from all their records but the one at a path."""
        sql = (
            "SELECT DISTINCT referred_by FROM record WHERE contact = ? AND path <> ? AND referred_by NOT NULL"
        )
        return [by for (by,) in self.rows(sql, [contact, beside])]

    def contacts(self, words: Sequence[str]) -> Iterator[tuple[Document, str | None]]:
        """Yield the contacts whose text contains all these folded words, each with its company's name."""
        for held, company in self.rows(
            "SELECT p.document, k.name FROM contact c JOIN contact_said p ON p.contact = c.rowid LEFT JOIN contact k "
            "ON k.rowid = (SELECT MIN(rowid) FROM contact WHERE id = c.company) "
            "WHERE NOT EXISTS (SELECT 1 FROM json_each(?) WHERE NOT instr(p.text, value)) "
            "ORDER BY c.folded, COALESCE(c.id, ''), c.path",
            [list_parameter(words)],
        ):
            yield decoded(held), company

    def contact_ids(self) -> set[str]:
        """Return the ids of all contacts, and of those that were merged into them."""
        sql = "SELECT id FROM contact WHERE id NOT NULL UNION SELECT id FROM contact_former"
        return {id for (id,) in self.rows(sql)}

    def open_deals(self, viewing: DocumentBuilder) -> dict[str, int]:
        """Return the number of open leads and opportunities by contact, those without any left out."""
        compiler = compiler_for(viewing)
        sql = (
            f"SELECT r.contact, COUNT(*) FROM record r WHERE r.contact NOT NULL AND {compiler.is_condition('open')} "
            "GROUP BY r.contact"
        )
        return dict(self.compiled(sql, compiler))

    def companies(self) -> dict[str, str]:
        """Return the company of each contact that has one."""
        sql = "SELECT id, company FROM contact WHERE id NOT NULL AND company NOT NULL"
        return dict(self.rows(sql))

    def broken(self, kind: str) -> list[Broken]:
        """Return the files of a kind that cannot be read."""
        found = self.rows(
            'SELECT path, line, "column", field, reason FROM broken WHERE path GLOB ? ORDER BY path',
            [f"pipeline_data/{kind}/*"],
        )
        inside = f"pipeline_data/{kind}"
        others = [
            (path, why)
            for path, why in self.seen.passed_over
            if path == inside or path.startswith(f"{inside}/")
        ]
        return [
            *(Broken(*row) for row in found),
            *(Broken(path, None, None, "", why) for path, why in others),
        ]

    def unused_tags(self, tags: Sequence[str]) -> list[str]:
        """Return those of these tags that no record has, ignoring case and accents."""
        used = {fold_text(tag) for (tag,) in self.rows("SELECT DISTINCT value FROM tag")} if tags else set()
        return [tag for tag in tags if fold_text(tag) not in used]

    def holds(self, name: str) -> bool:
        """Tell whether a record has this `field.NAME` or `answer.NAME`, or `KEY.ID` for a key of HELD."""
        kind, _, rest = name.partition(".")
        if kind in HELD:
            return any(self.rows(f"SELECT 1 FROM {HELD[kind]} = ? LIMIT 1", [rest]))
        return any(self.rows("SELECT 1 FROM custom WHERE name = ? LIMIT 1", [name]))

    def answered(self) -> list[str]:
        """Return the questions that were answered."""
        found = self.rows("SELECT DISTINCT substr(name, 8) FROM custom WHERE name GLOB 'answer.*' ORDER BY 1")
        return [name for (name,) in found]

    def tags(self) -> list[str]:
        """Return the tags of all records."""
        return [tag for (tag,) in self.rows("SELECT DISTINCT value FROM tag ORDER BY 1")]

    def paths(self, sql: str, *parameters: Any) -> list[str]:
        """Return the paths that a statement selects, sorted, each once."""
        return sorted({path for (path,) in self.rows(sql, parameters)})

    def messages(self, ids: Sequence[str]) -> list[str]:
        """Return the paths of records with a message that has one of these ids or Message-IDs."""
        one_of_them = "IN (SELECT value FROM json_each(?1))"
        return self.paths(
            "SELECT r.path FROM message m JOIN record r ON r.rowid = m.record "
            f"WHERE m.message_id {one_of_them} OR m.id {one_of_them}",
            list_parameter(ids),
        )

    def holders(self, ids: Sequence[str]) -> dict[str, Holder]:
        """Return the records that hold messages with these ids, by the id of the message."""
        found = self.rows(
            "SELECT m.id, r.id, r.kind, r.title, r.contact FROM message m JOIN record r ON r.rowid = m.record "
            "WHERE m.id IN (SELECT value FROM json_each(?))",
            [list_parameter(ids)],
        )
        return {id: Holder(*row) for id, *row in found}

    def broken_holding(self, kind: str, texts: Sequence[str]) -> list[str]:
        """Return the paths of unreadable files of a kind that contain one of these texts."""
        return self.paths(
            "SELECT path FROM broken WHERE path GLOB ? "
            "AND EXISTS (SELECT 1 FROM json_each(?) WHERE instr(lower(content), lower(value)))",
            f"pipeline_data/{kind}/*",
            list_parameter(texts),
        )

    def activity(self, id: str) -> list[str]:
        """Return the paths of records with an activity whose id is this, or begins with it."""
        return self.paths(
            "SELECT DISTINCT r.path FROM activity a JOIN record r ON r.rowid = a.record "
            "WHERE a.id >= ? AND a.id < ?",
            id.casefold(),
            id.casefold() + LAST_CHARACTER,
        )

    def of_contact(self, id: str) -> list[str]:
        """Return the paths of the records about a contact."""
        return self.paths("SELECT path FROM record WHERE contact = ?", id)

    def documents_of(self, contacts: Sequence[str], viewing: DocumentBuilder) -> Iterator[Document]:
        """Yield the records about these contacts as `crm.opportunity/1`, in the usual order."""
        sql = (
            f"SELECT s.document, r.path, {CONTACT_BRIEF} {FROM_RECORDS} "
            f"WHERE r.contact IN (SELECT value FROM json_each(?)) ORDER BY {USUAL_ORDER}"
        )
        for kept, path, *brief in self.rows(sql, [list_parameter(contacts)]):
            yield {**viewing.opportunity(opened(kept), ContactBrief(*brief)), "path": path}

    def brought_by(self, contact: str, viewing: DocumentBuilder) -> Iterator[Document]:
        """Yield the records that a contact referred as `crm.opportunity/1`, in the usual order."""
        sql = f"SELECT s.document, r.path, {CONTACT_BRIEF} {FROM_RECORDS} WHERE r.referred_by = ? ORDER BY {USUAL_ORDER}"
        for kept, path, *brief in self.rows(sql, [contact]):
            yield {**viewing.opportunity(opened(kept), ContactBrief(*brief)), "path": path}

    def known_by(self, key: str, folded: str, most: int = -1) -> list[str]:
        """Return the paths of contacts with this key of a `name`, normalised `email` or last `phone` digits.

        At most `most` of them, unless it is negative.
        """
        if key == "name":
            return self.paths("SELECT path FROM contact WHERE name_key = ? LIMIT ?", folded, most)
        return self.paths(
            "SELECT c.path FROM contact_value v JOIN contact c ON c.rowid = v.contact "
            "WHERE v.key = ? AND v.folded = ? LIMIT ?",
            key,
            folded,
            most,
        )

    def kept(self, id: str) -> IndexedRecord | None:
        """Return what the index holds of a record, or None."""
        for (document,) in self.rows(f"SELECT s.document {FROM_RECORDS} WHERE r.id = ?", [id]):
            return opened(document)
        return None

    def with_id(self, table: str, id: str) -> list[str]:
        """Return the paths of records with this id, whatever their file names are."""
        return self.paths(f"SELECT path FROM {table} WHERE id = ?", id)

    def beginning_with(self, table: str, id: str) -> list[str]:
        """Return the paths of records whose id is this, or begins with it."""
        return self.paths(
            f"SELECT path FROM {table} WHERE id >= ? AND id < ? ORDER BY path", id, id + LAST_CHARACTER
        )

    def deal_keys(self) -> Iterator[tuple[str, str, str, str | None, list[str]]]:
        """Yield (path, id, title, contact, external ids) of all leads and opportunities that have an id."""
        sql = (
            "SELECT r.path, r.id, r.title, r.contact, json_extract(s.document, '$.held.external_ids') "
            "FROM record r JOIN record_said s ON s.record = r.rowid WHERE r.id IS NOT NULL ORDER BY r.path"
        )
        for path, id, title, contact, external in self.rows(sql):
            yield path, id, title, contact, decoded(external) if external else []

    def names_of(self, table: str) -> Iterator[tuple[str, str, str]]:
        """Yield (path, title or name, name of its contact) of all records of a table, as words."""
        for path, own, whose in self.rows(NAMES[table]):
            yield path, " ".join(words_of_name(own)), " ".join(words_of_name(whose or ""))

    def merged_into(self, table: str, id: str) -> list[str]:
        """Return the paths of the records that a record with this id was merged into."""
        former = {"record": "former", "contact": "contact_former"}[table]
        return self.paths(
            f"SELECT t.path FROM {former} f JOIN {table} t ON t.rowid = f.{table} WHERE f.id = ?", id
        )

    def referring_to(self, id: str) -> list[str]:
        """Return the paths of files that contain an id of a contact, or of a part of a record."""
        return self.paths(
            "SELECT path FROM record JOIN record_said s ON s.record = record.rowid WHERE instr(document, ?1) "
            "UNION SELECT path FROM contact JOIN contact_said p ON p.contact = contact.rowid WHERE instr(document, ?1)",
            id,
        )

    def contacts_at(self, street: str, beside: str | None) -> list[str]:
        """Return the paths of other contacts with exactly this street."""
        return self.paths(
            "SELECT path FROM contact JOIN contact_said p ON p.contact = contact.rowid "
            "WHERE instr(document, ?) AND id IS NOT ?",
            msgspec.json.encode(street).decode()[1:-1],
            beside,
        )

    def files_brought_by(self, contact: str) -> list[str]:
        """Return the paths of the records that a contact referred."""
        return self.paths("SELECT path FROM record WHERE referred_by = ?", contact)

    def of_company(self, id: str) -> list[str]:
        """Return the ids of the people of a company."""
        return [
            own for (own,) in self.rows("SELECT id FROM contact WHERE company = ? ORDER BY id", [id]) if own
        ]

    def names(self) -> list[str]:
        """Return the folded names of all contacts."""
        return [name for (name,) in self.rows("SELECT DISTINCT folded FROM contact ORDER BY 1")]


FAULTS = ("locked", "malformed", "not a database", "disk I/O", "unable to open", "Could not decode")


def is_fault(error: Exception) -> bool:
    """Tell whether the database file or a lock on it fails, rather than the statement.

    Where a damaged file is quoted in a message, Python cannot decode that message.
    """
    return isinstance(error, UnicodeDecodeError) or any(fault in str(error) for fault in FAULTS)
