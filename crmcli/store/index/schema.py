"""The tables of the index, and the views for `crm sql`."""

import re
import zlib

from crmcli.domain.model.record_types import Activity, Contact, Message, Opportunity, Reward

VERSION = 17  # of the tables and their content; an index of another version is rebuilt
KNOWN_KEYS = zlib.crc32(  # keys of records: how a field is stored depends on whether it is known
    " ".join(
        key
        for part in (Opportunity, Contact, Activity, Message, Reward)
        for key in part.__struct_encode_fields__
    ).encode()
)
WITH_TEXT = "LEFT JOIN record_said s ON s.record = r.rowid"
WITH_CONTACT = "LEFT JOIN contact c ON c.rowid = (SELECT MIN(rowid) FROM contact WHERE id = r.contact)"
WITH_TEXT_OF_CONTACT = "LEFT JOIN contact_said p ON p.contact = c.rowid"
FROM_RECORDS = f"FROM record r {WITH_TEXT} {WITH_CONTACT} {WITH_TEXT_OF_CONTACT}"
CONTACT_BRIEF = "c.name, c.phone, c.city"
WITH_ACTIVITIES = "JOIN activity a ON a.record = r.rowid"
FROM_ACTIVITIES = f"{FROM_RECORDS} {WITH_ACTIVITIES}"
USUAL_ORDER = "r.priority DESC, COALESCE(r.created, 0) DESC, COALESCE(r.id, ''), r.path"
CUSTOM = (  # custom fields and answers of a record, as stored in the index
    "SELECT json_group_array(json_array(name, value)) FROM "
    "(SELECT name, value FROM custom WHERE record = r.rowid ORDER BY rowid)"
)

# Long texts are in tables of their own, so that a search for records and contacts reads only short rows.
TABLES = """
CREATE TABLE record (
  path TEXT NOT NULL UNIQUE, id TEXT, kind TEXT NOT NULL, title TEXT NOT NULL, contact TEXT, stage TEXT, lost TEXT,
  priority INTEGER NOT NULL, probability TEXT, ladder TEXT NOT NULL,
  expected_revenue INTEGER, recurring_revenue INTEGER, budget INTEGER,
  owner TEXT, team TEXT, created INTEGER, closed INTEGER, expected_close TEXT, stage_since INTEGER, touched INTEGER,
  campaign TEXT, medium TEXT, source TEXT, referred_by TEXT, link TEXT, questionnaire TEXT
);
CREATE TABLE record_said (record INTEGER PRIMARY KEY, text TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE record_course (
  record INTEGER PRIMARY KEY, recorded TEXT, recorded_lost INTEGER NOT NULL, visit INTEGER NOT NULL, firings TEXT NOT NULL,
  moves TEXT NOT NULL, came_in INTEGER NOT NULL, answered INTEGER
);
CREATE TABLE tag (record INTEGER NOT NULL, value TEXT NOT NULL);
CREATE TABLE custom (record INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL);
CREATE TABLE activity (
  record INTEGER NOT NULL, position INTEGER NOT NULL, id TEXT, type TEXT, summary TEXT, due TEXT, assignee TEXT,
  state TEXT NOT NULL, document TEXT NOT NULL
);
CREATE TABLE message (record INTEGER NOT NULL, id TEXT, message_id TEXT);
CREATE TABLE contact (
  path TEXT NOT NULL UNIQUE, id TEXT, name TEXT NOT NULL, folded TEXT NOT NULL, name_key TEXT NOT NULL,
  company TEXT, created INTEGER, phone TEXT, city TEXT
);
CREATE TABLE contact_said (contact INTEGER PRIMARY KEY, text TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE contact_value (contact INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, folded TEXT NOT NULL);
CREATE TABLE former (record INTEGER NOT NULL, id TEXT NOT NULL);
CREATE TABLE contact_former (contact INTEGER NOT NULL, id TEXT NOT NULL);
CREATE TABLE broken (path TEXT NOT NULL UNIQUE, line INTEGER, "column" INTEGER, field TEXT NOT NULL,
  reason TEXT NOT NULL, content TEXT NOT NULL
);
"""
INDEXES = """
CREATE INDEX tag_record ON tag (record);
CREATE INDEX custom_record ON custom (record, name);
CREATE INDEX activity_record ON activity (record);
CREATE INDEX activity_due ON activity (state, due);
CREATE INDEX activity_id ON activity (id);
CREATE INDEX message_record ON message (record);
CREATE INDEX message_id ON message (message_id);
CREATE INDEX message_own ON message (id);
CREATE INDEX record_id ON record (id);
CREATE INDEX record_contact ON record (contact);
CREATE INDEX contact_id ON contact (id);
CREATE INDEX contact_name ON contact (folded);
CREATE INDEX contact_name_key ON contact (name_key);
CREATE INDEX contact_company ON contact (company);
CREATE INDEX former_record ON former (record);
CREATE INDEX former_id ON former (id);
CREATE INDEX contact_former_contact ON contact_former (contact);
CREATE INDEX contact_former_id ON contact_former (id);
CREATE INDEX contact_value_contact ON contact_value (contact, key);
CREATE INDEX contact_value_folded ON contact_value (key, folded);
"""
PARTS = {  # tables whose rows belong to a record, or to a contact
    "record": ("record_said", "record_course", "tag", "custom", "activity", "message", "former"),
    "contact": ("contact_said", "contact_value", "contact_former"),
}


def from_records(*used: str) -> str:
    """Return FROM_RECORDS with only the joins that these parts of a statement use.

    SQLite itself keeps a join to a row that a subquery finds, which takes most of the time of a search.
    """
    text = " ".join(used)
    needs_contact = re.search(r"\b[cp]\.", text)
    joins = [
        WITH_TEXT if re.search(r"\bs\.", text) else "",
        WITH_CONTACT if needs_contact else "",
        WITH_TEXT_OF_CONTACT if re.search(r"\bp\.", text) else "",
    ]
    return " ".join(["FROM record r", *filter(None, joins)])
