"""The rows of one file in the index: those of a record, or the reason why it cannot be read."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from crmcli.domain.model.history import (
    highest_visit,
    last_touched,
    merged_ids,
    recorded_lost,
    recorded_stage,
    stage_since,
)
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.progress.course import moves_of
from crmcli.domain.progress.first_answer import came_in, first_answer
from crmcli.domain.records import documents
from crmcli.domain.records.contact_matching import last_digits, normal_email
from crmcli.domain.records.documents import IndexedRecord
from crmcli.domain.values.folding import fold_text, folded_name
from crmcli.domain.values.person_names import name_key
from crmcli.domain.values.values import Plain
from crmcli.query.searched_text import searched_text
from crmcli.store import records
from crmcli.store.index import due_records
from crmcli.store.unreadable import UnreadableError

Row = tuple[Any, ...]
PLAIN = "="  # prefix of the text of an unquoted scalar
QUOTED = "'"


class Rows(NamedTuple):
    """The rows of one file: the row in its own table, and those in the tables of its parts."""

    table: str  # record, contact or broken
    row: Row
    parts: tuple[tuple[str, Row], ...] = ()  # (table, row without the number of the record)


def file_rows(path: str, content: bytes) -> Rows:
    """Return the rows of a file with this content."""
    kind: type[Opportunity] | type[Contact] = (
        Opportunity if path.startswith("pipeline_data/opportunities/") else Contact
    )
    try:
        value: Opportunity | Contact = records.read_record(Path(path), content, kind).value
    except UnreadableError as error:
        return unreadable_rows(path, error, content)
    return deal_rows(path, value) if isinstance(value, Opportunity) else contact_rows(path, value)


def unreadable_rows(path: str, error: UnreadableError, content: bytes) -> Rows:
    """Return the row of a file that cannot be read, with its content, which can be searched."""
    line, column = error.place or (None, None)
    text = content.decode("utf-8", "replace")
    return Rows("broken", (path, line, column, error.field, error.reason, text))


def deal_rows(path: str, deal: Opportunity) -> Rows:
    """Return the rows of a lead or an opportunity."""
    kept = documents.index_record(deal)
    marketing, referral, project = deal.marketing, deal.referral, deal.project
    row = (
        path, deal.id, deal.kind.value, deal.title, deal.contact, deal.stage, deal.lost,
        int(deal.priority), None if deal.probability is None else str(deal.probability), stages_text(kept.ladder),
        amount_in_cents(deal.expected_revenue), amount_in_cents(deal.recurring_revenue), amount_in_cents(deal.budget),
        deal.owner, deal.team, instant_in_seconds(deal.created), instant_in_seconds(deal.closed),
        None if deal.expected_close is None else deal.expected_close.isoformat(),
        instant_in_seconds(stage_since(deal)), instant_in_seconds(last_touched(deal)),
        marketing and marketing.campaign, marketing and marketing.medium, marketing and marketing.source,
        referral and referral.by, referral and referral.link, project and project.questionnaire,
    )  # fmt: skip
    return Rows("record", row, tuple(part_rows(deal, kept)))


def part_rows(deal: Opportunity, kept: IndexedRecord) -> Iterator[tuple[str, Row]]:
    """Yield the rows of a record's parts, each with its table."""
    yield "record_said", (searched_text(deal), msgspec.json.encode(kept).decode())
    yield "record_course", course_row(deal)
    yield from (("tag", (tag,)) for tag in deal.tags)
    for prefix, held in (("field", deal.fields), ("answer", deal.project.answers if deal.project else {})):
        for name, value in held.items():
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, Plain):
                    yield "custom", (f"{prefix}.{name}", PLAIN + item.text)
                elif isinstance(item, str):
                    yield "custom", (f"{prefix}.{name}", QUOTED + item)
    for position, (each, held) in enumerate(
        zip(deal.activities, kept.held.get("activities", ()), strict=True)
    ):
        document = msgspec.json.encode(held).decode()
        row = (each.id, each.type, each.summary, held.get("due"), each.assignee, each.state.value, document)
        yield "activity", (position, *row)
    yield from (("message", (each.id, each.message_id)) for each in deal.messages)
    yield from (("message", (None, id)) for each in deal.messages for id in each.thread)
    yield from (("former", (id,)) for id in merged_ids(deal))


def course_row(deal: Opportunity) -> Row:
    """Return the row on a deal's history: its stages, the rules that have fired, the first answer."""
    return (
        recorded_stage(deal),
        recorded_lost(deal, set()),
        highest_visit(deal, deal.stage or ""),
        due_records.firings_text(deal),
        msgspec.json.encode(moves_of(deal)).decode(),
        came_in(deal),
        instant_in_seconds(first_answer(deal)),
    )


def contact_rows(path: str, person: Contact) -> Rows:
    """Return the rows of a contact."""
    row = (
        path, person.id, person.name, folded_name(person.name), name_key(person.name),
        person.company, instant_in_seconds(person.created),
        documents.first_phone(person), documents.first_city(person),
    )  # fmt: skip
    said = (searched_text(person), msgspec.json.encode(documents.plain_data(person)).decode())
    values = [("email", text, normal_email(text) or fold_text(text)) for text in person.emails]
    values += [("phone", text, last_digits(text)) for text in person.phones]
    values += [("city", place.city, fold_text(place.city)) for place in person.addresses if place.city]
    values += [
        ("postcode", place.postcode, fold_text(place.postcode))
        for place in person.addresses
        if place.postcode
    ]
    formers = [("contact_former", (id,)) for id in merged_ids(person)]
    return Rows(
        "contact", row, (("contact_said", said), *(("contact_value", value) for value in values), *formers)
    )


def stages_text(ladder: Sequence[str | None]) -> str:
    """Return stages as one text."""
    return msgspec.json.encode(ladder).decode()


def amount_in_cents(amount: Decimal | None) -> int | None:
    """Return an amount in whole cents."""
    return None if amount is None else int(amount * 100)


def instant_in_seconds(at: datetime | None) -> int | None:
    """Return an instant in seconds since 1970."""
    return None if at is None else int(at.timestamp())
