"""Assignments to fields by name; valid names, parsing and history entries are derived from the model."""

import re
from collections.abc import Callable, Container, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from crmcli.domain.localization.days import parse_day
from crmcli.domain.localization.zones import local_day
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config, CustomField, checked_tag, checked_user, known_lost_reason
from crmcli.domain.model.custom_fields import read_field
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.fields import Content, FieldSpec, fields_of, walk_fields
from crmcli.domain.model.history import append_entry
from crmcli.domain.model.record_names import name_deal
from crmcli.domain.model.record_types import Entry, HistoryEvent, Money, Opportunity, Percent, Priority
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.templates import titles
from crmcli.domain.values.clean_text import clean_text
from crmcli.domain.values.errors import RefusedError, UsageError
from crmcli.domain.values.folding import folded_name
from crmcli.domain.values.ids import is_id
from crmcli.domain.values.list_entries import Origin, check_entry, find_entry, unknown_entry
from crmcli.domain.values.money import parse_amount

ASSIGNMENT = r"(?s)([^\W\d][^=:\n]*?)\s*([+-]?)=(.*)"  # a name may be the label of a custom field
PERCENT = r"([0-9]{1,3}([.,][0-9]{1,6})?)\s*%?"
OWN = "fields."  # prefix of a custom field
ALIASES = {
    "revenue": "expected_revenue",
    "recurring": "recurring_revenue",
    "months": "recurring_months",
    "close": "expected_close",
    "campaign": "marketing.campaign",
    "medium": "marketing.medium",
    "source": "marketing.source",
    "referred_by": "referral.by",
    "link": "referral.link",
}


class Assignment(NamedTuple):
    """An assignment `field=value`, `field+=value` or `field-=value`; an empty value clears the field."""

    field: str
    op: str
    value: str


def parse_assignment(text: str) -> Assignment:
    """Return the assignment in an argument of `set`.

    Raises UsageError if it is not an assignment.
    """
    found = re.fullmatch(ASSIGNMENT, text)
    if not found:
        raise UsageError(f"{text!r} is not an assignment", hint="like expected_revenue=8000")
    return Assignment(ALIASES.get(found[1], found[1]), found[2], found[3])


def parse_line(text: str, facts: Facts, moment: Moment) -> str:
    if len(text.splitlines()) > 1:
        raise UsageError("a title is one line")
    return text.strip()


def parse_as_is(text: str, facts: Facts, moment: Moment) -> str:
    return text


def parse_contact_id(text: str, facts: Facts, moment: Moment) -> str:
    if not is_id(text):
        raise UsageError(f"{text!r} is not the id of a contact", hint="crm contact list")
    return text


def parse_priority(text: str, facts: Facts, moment: Moment) -> Priority:
    if text not in ("0", "1", "2", "3"):
        raise UsageError(f"priority is 0 to 3 stars, not {text!r}")
    return Priority(int(text))


def parse_percent(text: str, facts: Facts, moment: Moment) -> Percent:
    """Return a probability from 0 to 100, with or without `%` in the text."""
    found = re.fullmatch(PERCENT, text.strip())
    number = Decimal(found[1].replace(",", ".")) if found else Decimal(-1)
    if not 0 <= number <= 100:
        raise UsageError(f"probability is 0 to 100, not {text!r}")
    return Percent(number)


def parse_revenue(text: str, facts: Facts, moment: Moment) -> Decimal:
    amount = parse_amount(text, facts.config.currency)
    if amount < 0:
        raise UsageError(f"{text!r} is negative", hint=f"write {abs(amount)}")
    return amount


def parse_months(text: str, facts: Facts, moment: Moment) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise UsageError(f"{text!r} is not a number of months", hint="like 12")
    return int(text)


def parse_user(text: str, facts: Facts, moment: Moment) -> str:
    return checked_user(facts.config, text)


def parse_day_text(text: str, facts: Facts, moment: Moment) -> Any:
    return parse_day(text, local_day(moment.at, facts.config), facts.config)


def parse_campaign(text: str, facts: Facts, moment: Moment) -> str:
    return check_listed("campaign", text, facts.config.marketing.campaigns)


def parse_medium(text: str, facts: Facts, moment: Moment) -> str:
    return check_listed("medium", text, facts.config.marketing.mediums)


def parse_source(text: str, facts: Facts, moment: Moment) -> str:
    return check_listed("source", text, facts.config.marketing.sources)


def check_listed(what: str, text: str, known: Sequence[Origin]) -> str:
    """Return the id of a campaign, medium or source.

    Raises UsageError, with a hint on how to add it, for one that is not listed.
    """
    try:
        return check_entry(what, text, known)
    except UsageError as error:
        raise UsageError(error.what, hint=f"{error.hint}; --new lists it in crm.yaml") from None


def parse_link(text: str, facts: Facts, moment: Moment) -> str:
    return check_entry("kind of link", text, facts.config.referral.links)


def parse_lost_reason(text: str, facts: Facts, moment: Moment) -> str:
    """Return the id of another reason for a deal that is lost."""
    deal = facts.opportunity
    if deal.lost is None:
        raise RefusedError(f"{name_deal(deal)} is not lost", hint=f"crm lose {deal.id} --reason {text}")
    return known_lost_reason(facts.config, text)


Reader = Callable[[str, Facts, Moment], Any]
READERS: dict[Any, Reader] = {  # by the content of a text field, else by type
    Content.TEXT: parse_as_is,
    Content.LINE: parse_line,
    Content.CONTACT: parse_contact_id,
    Content.USER: parse_user,
    Content.CAMPAIGN: parse_campaign,
    Content.MEDIUM: parse_medium,
    Content.SOURCE: parse_source,
    Content.LINK: parse_link,
    Content.LOST_REASON: parse_lost_reason,
    Priority: parse_priority,
    Percent: parse_percent,
    Money: parse_revenue,
    date: parse_day_text,
    int: parse_months,
}


class Editable(msgspec.Struct, frozen=True):
    """A field that can be set by an assignment: its parser and its declaration."""

    read: Reader
    spec: FieldSpec


def is_set_alone(spec: FieldSpec) -> bool:
    """Tell whether one assignment sets the whole field."""
    return spec.is_plain and not spec.declared.set_by


EDITABLE = {
    path: Editable(READERS[spec.content or spec.type], spec)
    for path, spec in walk_fields(Opportunity)
    if is_set_alone(spec)
}
ELSEWHERE = {path: spec.declared.set_by for path, spec in walk_fields(Opportunity) if spec.declared.set_by}
PARTS = {spec.name: spec.type for spec in fields_of(Opportunity) if spec.is_part and not spec.is_list}


def apply_assignments(facts: Facts, assignments: Iterable[Assignment], moment: Moment) -> Opportunity:
    """Return the record after these assignments, in order."""
    for assignment in assignments:
        facts = facts.about(apply_assignment(facts, assignment, moment))
    return facts.opportunity


def apply_assignment(facts: Facts, assignment: Assignment, moment: Moment) -> Opportunity:
    """Return the record after one assignment.

    Raises UsageError for an unknown field or an invalid value.
    """
    field, op, value = assignment
    if field == "tags":
        return set_tags(facts, op, value)
    if op:
        raise UsageError(f"{field}{op}= works for tags only", hint=f"{field}={value}")
    return assign_field(facts, field, value, moment)


def set_tags(facts: Facts, op: str, value: str) -> Opportunity:
    """Return the record with tags set, added (`+`) or removed (`-`)."""
    named = {clean_text(tag.strip()) for tag in value.split(",") if tag.strip()}
    deal = facts.opportunity
    if op == "-":
        return change_tags(deal, remove=tags_named(deal, named))
    named = {checked_tag(facts.config, tag) for tag in named}
    return change_tags(deal, add=named, remove=set() if op == "+" else set(deal.tags) - named)


def tags_named(deal: Opportunity, names: Iterable[str]) -> set[str]:
    """Return the tags of a record with these names: those spelled so, else those that differ in form."""
    held = {tag: folded_name(tag) for tag in deal.tags}
    same = {name: {tag for tag in held if clean_text(tag) == name} for name in names}
    return {
        tag
        for name, exact in same.items()
        for tag in exact or {each for each, folded in held.items() if folded == folded_name(name)}
    }


def change_tags(deal: Opportunity, *, add: Iterable[str] = (), remove: Container[str] = ()) -> Opportunity:
    """Return the record with tags removed, then added; sorted, unless the present tags are not."""
    kept = [tag for tag in deal.tags if tag not in remove]
    together = kept + sorted(set(add) - set(kept))
    is_in_order = list(deal.tags) == sorted(deal.tags)
    return replace(deal, tags=tuple(sorted(together) if is_in_order else together))


def assign_field(facts: Facts, field: str, value: str, moment: Moment) -> Opportunity:
    """Return the record with one field set from a text; an empty text clears it.

    Raises UsageError for an unknown field or an invalid value, RefusedError for a value that the record's
    state does not allow.
    """
    deal = facts.opportunity
    field = ALIASES.get(field, field)
    if (custom := find_custom_field(facts.config, field)) or field.startswith(OWN):
        return with_custom_field(facts, custom.name if custom else field.removeprefix(OWN), value)
    editable = EDITABLE.get(field)
    if editable is None and field in ELSEWHERE:
        raise UsageError(f"{field} is not set by hand", hint=command_instead(deal, field, value))
    if editable is None:
        raise unknown_entry("field", field, [*EDITABLE, "tags", *ALIASES])
    if editable.spec.required and not value.strip():
        raise UsageError(f"a {field} cannot be empty")
    if field == "lost" and not value and deal.lost:
        raise RefusedError(f"{name_deal(deal)} is lost", hint=f"crm reopen {deal.id}")
    if field == "probability" and (stands := status_of(deal, facts.config)) is not Status.OPEN:
        raise RefusedError(
            f"{deal.id} is {stands}, which determines its probability", hint=f"crm reopen {deal.id}"
        )
    new = editable.read(value, facts, moment) if value else None
    after = with_value(deal, field, new)
    if field == "contact":
        after = replace(after, contact_unsure=None)  # a person has decided who it is
    if after.referral and after.referral.by and after.referral.by == after.contact:
        raise RefusedError(f"{after.contact} cannot have referred themselves")
    if not editable.spec.declared.recorded or after == deal:
        return after
    return append_entry(after, set_entry(deal, after, field, moment))


def command_instead(deal: Opportunity, field: str, value: str) -> str:
    """Return the command that sets a field of this record which `crm set` does not, with the value given."""
    command = ELSEWHERE[field].replace("REF", deal.id or "REF")
    return command.replace("STAGE", value or "STAGE")


def find_custom_field(config: Config, typed: str) -> CustomField | None:
    """Return the custom field with this name (`brand`, `fields.brand`) or label; None for another field.

    A field that every record has takes precedence over a label.
    """
    name = typed.removeprefix(OWN)
    is_everybodys = typed in EDITABLE or typed in ELSEWHERE
    return config.custom_field(name) or (None if is_everybodys else find_entry(name, config.fields))


def with_value(deal: Opportunity, field: str, value: Any) -> Opportunity:
    """Return the record with an attribute, or an attribute of a part, replaced; None clears it."""
    head, _, tail = field.partition(".")
    if not tail:
        spec = EDITABLE[field].spec
        return replace(deal, **{field: spec.default if value is None else value})
    part = replace(getattr(deal, head) or PARTS[head](), **{tail: value})
    return replace(deal, **{head: None if part == PARTS[head]() else part})


def with_custom_field(facts: Facts, name: str, value: str) -> Opportunity:
    """Return the record with a custom field set or, by an empty text, cleared; a title by pattern follows."""
    fields = {key: old for key, old in facts.opportunity.fields.items() if key != name or value}
    if value:
        fields[name] = read_field(facts.config, name, value)
    return titles.keep_title(facts.opportunity, replace(facts.opportunity, fields=fields), facts.config)


def set_entry(before: Opportunity, after: Opportunity, field: str, moment: Moment) -> Entry:
    """Return the history entry for a changed field."""
    old, new = getattr(before, field), getattr(after, field)
    return Entry(
        at=moment.at,
        event=HistoryEvent.SET,
        field=field,
        from_=None if old is None else spell_for_history(old),
        to=None if new is None else spell_for_history(new),
        by=moment.by,
    )


def spell_for_history(value: Any) -> str:
    """Return a value as spelled in the history."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
