"""What joining records takes from which of them, in lines that a person reads, and as a document."""

from collections.abc import Iterator
from typing import Any

from crmcli.domain import documents
from crmcli.domain.describe import Wording
from crmcli.domain.documents import Document
from crmcli.domain.joining import Joined, Taken
from crmcli.domain.model import Address, Contact, Opportunity, Referral

COUNTED = ("activities", "messages")
MONEY = ("expected_revenue", "budget", "recurring_revenue")
WIDTH = 18


def lines(made: Joined[Any], written: Wording) -> Iterator[str]:
    """The record that stays, the others, and each field with where it is from."""
    yield f"{made.record.id}  {called(made.record)}"
    yield from (f"  takes in {each.id}  {called(each)}" for each in made.gone)
    for taken in made.fields:
        source = f"  from {taken.of}" if taken.of and taken.of != made.record.id else ""
        others = "".join(f", not {spelled(left.value, written)} of {left.of}" for left in taken.left)
        summed = ", not summed" if taken.field in MONEY and taken.left else ""
        yield f"  {taken.field:<{WIDTH}}{value_of(taken, written)}{source}{others}{summed}".rstrip()
    yield f"  {'history':<{WIDTH}}{len(made.record.history) - 1} entries of all"


def called(record: Opportunity | Contact) -> str:
    """What a record is called."""
    return record.title if isinstance(record, Opportunity) else record.name


def value_of(taken: Taken, written: Wording) -> str:
    """A value of the joined record."""
    if taken.field in COUNTED:
        return f"{len(taken.value)}"
    return spelled(taken.value, written)


def spelled(value: Any, written: Wording) -> str:
    """A value in a line."""
    if isinstance(value, tuple | list):
        return " / ".join(spelled(each, written) for each in value)
    if isinstance(value, Address):
        return ", ".join(str(each) for each in documents.data(value).values())
    if isinstance(value, Referral):
        return f"{value.by} ({value.link})" if value.link else str(value.by)
    held = documents.data(value)
    if isinstance(held, dict):
        return ", ".join(f"{key}: {each}" for key, each in held.items())
    return written(value)


def document(made: Joined[Any]) -> Document:
    """`crm.merged/1`: the record that stays, those that went, each field with where it is from."""
    return {
        "schema": "crm.merged/1",
        "id": made.record.id or "",
        "kind": str(made.record.kind),
        "merged": [each.id or "" for each in made.gone],
        "fields": [field(taken) for taken in made.fields],
    }


def field(taken: Taken) -> Document:
    """One field of a joined record."""
    left = [{"value": documents.data(each.value), "of": each.of} for each in taken.left]
    return {"field": taken.field, "value": documents.data(taken.value), "of": taken.of, "left": left}
