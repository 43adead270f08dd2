"""Words that the index knows, for who completes a command line: ids, names, tags, values, with a meaning each."""

from typing import Any

from crmcli.query.keys import Key, Type
from crmcli.store.index.key_columns import column_of
from crmcli.store.index.queries import Index, list_parameter
from crmcli.store.index.sql_compiler import FROM_ACTIVITIES, FROM_RECORDS

MOST = 200  # words, of records and values
Words = list[tuple[str, str]]  # each with what it means
BY_NUMBER = f"GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT {MOST}"
CONTACT_VALUES = "SELECT value FROM contact_value WHERE key = "
VALUES = {
    **{name: f"{CONTACT_VALUES}'{name}'" for name in ("email", "phone", "city", "postcode")},
    "contact": "SELECT name AS value FROM contact",
    "company": "SELECT name AS value FROM contact WHERE json_extract(document, '$.kind') = 'company'",
    "referred_by": "SELECT referred_by AS value FROM record",
}


def find_words(index: Index, sql: str, *parameters: Any) -> Words:
    """Return two columns of a statement as words and meanings."""
    return [(str(word), str(meaning or "")) for word, meaning in index.rows(sql, parameters) if word]


def find_records(index: Index, begin: str) -> Words:
    """Return the ids of records that begin so, the latest news first, with their titles."""
    return find_words(
        index,
        f"SELECT id, title FROM record WHERE id GLOB ? ORDER BY lost IS NOT NULL, touched DESC LIMIT {MOST}",
        f"{begin}*",
    )


def find_contacts(index: Index, begin: str) -> Words:
    """Return the ids and e-mails of contacts that begin so, with their names; without a beginning the ids."""
    beginning = f"{begin.lower()}*" if not set(begin) & set("*?[") else "-"
    found = find_words(
        index, f"SELECT id, name FROM contact WHERE id GLOB ? ORDER BY folded LIMIT {MOST}", beginning
    )
    return found + find_words(
        index,
        "SELECT v.value, c.name FROM contact_value v JOIN contact c ON c.rowid = v.contact "
        f"WHERE v.key = 'email' AND v.folded GLOB ? ORDER BY 1 LIMIT {MOST}",
        beginning if begin else "-",
    )


def find_planned(index: Index, begin: str) -> Words:
    """Return the ids of activities still to do that begin so, by deadline."""
    return find_words(
        index,
        "SELECT id, COALESCE(due, '') || ' ' || COALESCE(summary, type) FROM activity "
        f"WHERE state = 'planned' AND id GLOB ? ORDER BY COALESCE(due, '9') LIMIT {MOST}",
        f"{begin}*",
    )


def find_tags(index: Index) -> Words:
    """Return the tags that records have, those used most first."""
    return find_words(
        index, "SELECT value, COUNT(*) || '×' FROM tag GROUP BY value ORDER BY COUNT(*) DESC, value"
    )


def find_tags_of(index: Index, ids: list[str]) -> Words:
    """Return the tags that these records have."""
    return find_words(
        index,
        "SELECT DISTINCT t.value, r.title FROM tag t JOIN record r ON r.rowid = t.record "
        "WHERE r.id IN (SELECT value FROM json_each(?)) ORDER BY 1",
        list_parameter(ids),
    )


def find_custom_values(index: Index, name: str) -> Words:
    """Return the values that records have under a field or an answer, those found most first."""
    return find_words(
        index, f"SELECT substr(value, 2), COUNT(*) || '×' FROM custom WHERE name = ? {BY_NUMBER}", name
    )


def find_values(index: Index, key: Key, begin: str) -> Words:
    """Return the values that records have under a key and that begin so, those found most first."""
    source = VALUES.get(key.name) or select_of(key)
    if source is None:
        return []
    return find_words(
        index,
        f"SELECT value, COUNT(*) || '×' FROM ({source}) WHERE substr(value, 1, ?) = ? {BY_NUMBER}",
        len(begin),
        begin,
    )


def select_of(key: Key) -> str | None:
    """Return the statement for all values of a key of which a record or an activity has one; None for others."""
    if key.several or key.source is None or key.type is not Type.TEXT:
        return None
    origin = FROM_ACTIVITIES if key.of_activity else FROM_RECORDS
    return f"SELECT {column_of(key)} AS value {origin}"
