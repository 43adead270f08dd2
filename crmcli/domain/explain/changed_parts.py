"""The parts of records that a change made or altered by itself, without what its rules did."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.model.record_types import Contact, HistoryEvent, Opportunity

Holder = Opportunity | Contact


class PartKind(StrEnum):
    """A kind of part of a record: the key of its list."""

    ACTIVITIES = "activities"
    MESSAGES = "messages"
    REWARDS = "rewards"
    FILES = "files"
    NOTES = "notes"


def name_changed_parts(changes: Iterable[tuple[Holder | None, Holder]], kind: PartKind) -> Iterator[Document]:
    """Yield the id of each part of a kind that was made or altered between two states of records."""
    for before, after in changes:
        old = list_parts(before, kind) if before else []
        known = {each.id for each in old}
        for each in list_parts(after, kind):
            is_of_rule = each.id not in known and getattr(each, "rule", None)
            if each.id and each not in old and not is_of_rule:
                yield {"id": each.id}


def list_parts(record: Holder, kind: PartKind) -> list[Any]:
    """Return the parts of a kind in a record."""
    if kind is PartKind.NOTES:
        return [each for each in record.history if each.event == HistoryEvent.NOTE]
    return list(getattr(record, kind))
