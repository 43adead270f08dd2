"""Words from the index for command-line completion: ids, names, tags and values, with their meaning."""

from typing import Any

from crmcli.query.keys import Key, Type
from crmcli.store.index.key_columns import column_of
from crmcli.store.index.queries import Index, list_parameter
from crmcli.store.index.schema import FROM_ACTIVITIES, FROM_RECORDS

MOST = 200  # records or values
Words = list[tuple[str, str]]  # (word, meaning)
BY_NUMBER = f"GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT {MOST}"
CONTACT_VALUES = "SELECT value FROM contact_value WHERE key = "
VALUES = {
    **{name: f"{CONTACT_VALUES}'{name}'" for name in ("email", "phone", "city", "postcode")},
    "contact": "SELECT name AS value FROM contact",
    "company": (
        "SELECT c.name AS value FROM contact c JOIN contact_said p ON p.contact = c.rowid "
        "WHERE json_extract(p.document, '$.kind') = 'company'"
    ),
    "referred_by": "SELECT referred_by AS value FROM record",
}


def find_words(index: Index, sql: str, *parameters: Any) -> Words:
    """Return the two columns of a statement as words and meanings."""
    return [(str(word), str(meaning or "")) for word, meaning in index.rows(sql, parameters) if word]


def find_records(index: Index, begin: str) -> Words:
    """Return the ids of records with this prefix and their titles, latest changed first, lost ones last."""
    return find_words(
        index,
        f"SELECT id, title FROM record WHERE id GLOB ? ORDER BY lost IS NOT NULL, touched DESC LIMIT {MOST}",
        f"{begin}*",
    )


def find_contacts(index: Index, begin: str) -> Words:
    """Return the ids and e-mails of contacts with this prefix, and their names; if it is empty, only ids."""
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
    """Return the ids of planned activities with this prefix, by due date."""
    return find_words(
        index,
        "SELECT id, COALESCE(due, '') || ' ' || COALESCE(summary, type) FROM activity "
        f"WHERE state = 'planned' AND id GLOB ? ORDER BY COALESCE(due, '9') LIMIT {MOST}",
        f"{begin}*",
    )


def find_tags(index: Index) -> Words:
    """Return the tags of all records, the most frequent first."""
    return find_words(
        index, "SELECT value, COUNT(*) || '×' FROM tag GROUP BY value ORDER BY COUNT(*) DESC, value"
    )


def find_tags_of(index: Index, ids: list[str]) -> Words:
    """Return the tags of these records."""
    return find_words(
        index,
        "SELECT DISTINCT t.value, r.title FROM tag t JOIN record r ON r.rowid = t.record "
        "WHERE r.id IN (SELECT value FROM json_each(?)) ORDER BY 1",
        list_parameter(ids),
    )


def find_custom_values(index: Index, name: str) -> Words:
    """Return the values of a custom field or answer, the most frequent first."""
    return find_words(
        index, f"SELECT substr(value, 2), COUNT(*) || '×' FROM custom WHERE name = ? {BY_NUMBER}", name
    )


def find_values(index: Index, key: Key, begin: str) -> Words:
    """Return the values of a key with this prefix, the most frequent first."""
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
    """Return the SELECT of all values of a text field with one value; None for other keys."""
    if key.several or key.source is None or key.type is not Type.TEXT:
        return None
    origin = FROM_ACTIVITIES if key.of_activity else FROM_RECORDS
    return f"SELECT {column_of(key)} AS value {origin}"


def find_messages(index: Index, begin: str) -> Words:
    """Return the ids of messages with this prefix and their subjects, the latest first."""
    return find_words(
        index,
        "SELECT json_extract(e.value, '$.id') AS id, json_extract(e.value, '$.subject') "
        "FROM record r JOIN record_said s ON s.record = r.rowid, json_each(s.document, '$.long.messages') e "
        f"WHERE id GLOB ? ORDER BY json_extract(e.value, '$.at') DESC LIMIT {MOST}",
        f"{begin}*",
    )
