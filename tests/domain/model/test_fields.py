"""Every field of a record is set, shown, asked for, merged, searched and erased, or says why it is not."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from msgspec.structs import replace

from crmcli.domain.merging import merge_contacts, merge_opportunities
from crmcli.domain.merging.three_way import merge_versions
from crmcli.domain.model.fields import FieldSpec, Merge, fields_of, value_at, walk_fields
from crmcli.domain.model.record_types import (
    Activity,
    Address,
    Consent,
    Contact,
    Entry,
    Kind,
    Marketing,
    Message,
    Opportunity,
    Part,
    Project,
    Referral,
    Reward,
    State,
)
from crmcli.domain.privacy.person_patterns import patterns_for
from crmcli.domain.privacy.redaction import find_traces, redact_contact, redact_deal
from crmcli.domain.records import documents
from crmcli.domain.records.editing import Assignment, apply_assignment
from crmcli.domain.values.errors import UsageError
from crmcli.domain.values.suggest import suggest_name
from crmcli.query.evaluation import is_meant
from crmcli.query.key_values import QueryRecord
from crmcli.query.keys import KEYS, PARTS
from crmcli.query.query_model import Is, Query, Term, Word
from crmcli.query.searched_text import searched_text
from crmcli.store.codec import typed_values
from tests.harness import builders
from tests.harness.builders import a_config, at, facts

CONFIG = a_config()
CUSTOM = builders.CONFIG + "fields: [{name: room, type: text}]\n"
WHEN = datetime(2026, 11, 2, 9, tzinfo=UTC)
NAME = "Pierre RICHARD"
ALL_PARTS = (Opportunity, Contact, Activity, Message, Reward, Referral, Marketing, Project, Address, Consent)


def fill(kind: type[Part], text: str) -> Any:
    """A record, or a part of one, with this text in every field that can hold it, unknown keys too."""
    values = {spec.name: fill_field(spec, text) for spec in fields_of(kind)}
    unknown = {"unknown": text, "deep": {"key": [text], text: "a name as a key"}}
    return kind(**values, extra=unknown)


def fill_field(spec: FieldSpec, text: str) -> Any:
    """A value of a field."""
    if spec.is_part:
        part = fill(spec.type, text)
        return (part,) if spec.is_list else part
    if spec.is_open:
        return {"own": text}
    value = text if spec.type is str else a_value(spec.type)
    return (value,) if spec.is_list else value


def a_value(kind: Any) -> Any:
    """A value that is no text."""
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return State.DONE if kind is State else next(iter(kind))
    values: dict[Any, Any] = {datetime: WHEN, date: date(2026, 12, 24), int: 1}
    return values.get(kind, Decimal(3) if getattr(kind, "__supertype__", int) is Decimal else 3)


def every_field(*kinds: type[Part]) -> list[Any]:
    """The fields of these, as parameters of a test."""
    return [
        pytest.param(kind, spec, id=f"{kind.__name__}.{spec.name}")
        for kind in kinds
        for spec in fields_of(kind)
    ]


LISTED = (
    "campaign",
    "medium",
    "source",
    "link",
    "lost_reason",
)  # in crm.yaml; set in tests/commands/test_report_sources.py and test_win_and_lose.py
TYPED = {"contact": "f8dz9xw4", "user": "paul", date: "2026-12-24", int: "12"}


@pytest.mark.parametrize(
    ("path", "spec"),
    [pytest.param(*each, id=each[0]) for each in walk_fields(Opportunity) if each[1].content not in LISTED],
)
def test_a_field_of_an_opportunity_is_set_or_says_by_what(path: str, spec: FieldSpec) -> None:
    deal = facts(a_config(CUSTOM))
    if spec.declared.set_by:
        with pytest.raises(UsageError) as refused:
            apply_assignment(deal, Assignment(path, "", "x"), at())
        command = spec.declared.set_by.replace("REF", str(deal.opportunity.id)).replace("STAGE", "x")
        assert refused.value.hint in (command, suggest_name(path, []))
        return
    field = f"{path}.room" if spec.is_open else path
    after = apply_assignment(deal, Assignment(field, "", TYPED.get(spec.content or spec.type, "3")), at())
    assert value_at(after, path) != value_at(deal.opportunity, path)


@pytest.mark.parametrize(("kind", "spec"), every_field(*ALL_PARTS))
def test_a_field_has_a_key_of_the_query_language_unless_it_is_declared_otherwise(
    kind: type[Part], spec: FieldSpec
) -> None:
    if spec.is_part or spec.is_open:  # their own fields are looked at, answers and fields have a prefix
        return
    holder = next(name for name, (part, *_) in PARTS.items() if part is kind)
    keys = [
        key for key in KEYS if f"{holder}.{spec.name}" in (*key.covers, key.source.path if key.source else "")
    ]
    assert bool(keys) == spec.declared.queried
    for key in keys:
        if spec.type is str and spec.content not in ("phone", "contact"):
            person = fill(Contact, "Zébulon")
            deal = fill(Opportunity, "Zébulon")
            asked = (Is(("any",)), Term(key, (Word("zebulon"),)))
            assert is_meant(Query(asked), QueryRecord(deal, CONFIG, person, WHEN, company=person))


@pytest.mark.parametrize(("kind", "spec"), every_field(*ALL_PARTS, Entry))
def test_a_bare_word_finds_what_is_declared_as_searched(kind: type[Part], spec: FieldSpec) -> None:
    if spec.type is not str:
        return
    empty = {s.name: s.default for s in fields_of(kind) if not s.required}
    required = {s.name: "2" if s.type is str else WHEN for s in fields_of(kind) if s.required}
    part = kind(**{**empty, **required, spec.name: ("0612345678",) if spec.is_list else "0612345678"})
    assert ("0612345678" in searched_text(part)) == spec.is_searched


@pytest.mark.parametrize("spec", fields_of(Opportunity), ids=lambda spec: spec.name)
def test_merging_records_takes_or_names_every_field(spec: FieldSpec) -> None:
    master = Opportunity(id="first", title="Poêle", kind=Kind.OPPORTUNITY, stage="new", created=WHEN)
    other = Opportunity(id="second", title="Poêle", kind=Kind.LEAD, stage="new", created=WHEN)
    if spec.declared.merge is Merge.OWN:
        assert spec.name in ("schema", "id", "kind", "lost", "created", "closed", "history")
        return
    value = fill_field(spec, "Zébulon")
    if spec.name == "stage":
        value = "contacted"
    if spec.name == "rewards":
        value = (replace(value[0], state="void"),)
    if spec.name == "referral":
        value = replace(value, by="somebody")
    given = replace(other, **{spec.name: value})
    if spec.name == "recurring_months":
        given = replace(given, recurring_revenue=Decimal(5))
    if spec.name == "contact_unsure":
        given = replace(given, contact="somebody")
    made = merge_opportunities.join_opportunities([master, given], CONFIG, at())
    held = getattr(made.record, spec.name)
    named = {each.field.partition(".")[0] for each in made.fields}
    if held == spec.default or held == getattr(master, spec.name):
        assert spec.name in named
    else:
        assert "Zébulon" not in str(value) or "Zébulon" in str(held)


@pytest.mark.parametrize("spec", fields_of(Contact), ids=lambda spec: spec.name)
def test_merging_contacts_takes_or_names_every_field(spec: FieldSpec) -> None:
    if spec.declared.merge is Merge.OWN:
        assert spec.name in ("schema", "id", "kind", "created", "history")
        return
    master, other = Contact(id="first", name="Anne"), Contact(id="second", name="Anne")
    made = merge_contacts.join_contacts(
        [master, replace(other, **{spec.name: fill_field(spec, "Zébulon")})], CONFIG, at()
    )
    named = {each.field for each in made.fields}
    assert getattr(made.record, spec.name) not in (None, (), "")
    assert spec.name in named


@pytest.mark.parametrize(("kind", "spec"), every_field(Opportunity, Contact))
def test_merging_clones_keeps_or_names_what_either_side_put_into_a_field(
    kind: type[Part], spec: FieldSpec
) -> None:
    one, other = (fill_field(spec, text) for text in ("Zébulon", "Margote"))
    base: Any = (
        Opportunity(id="k7f3q9mx", title="") if kind is Opportunity else Contact(id="k7f3q9mx", name="")
    )
    ours, theirs = (replace(base, **{spec.name: value}) for value in (one, other))
    for left, right in ((ours, base), (base, ours)):
        record, conflicts = merge_versions(base, left, right)
        assert getattr(record, spec.name) == one
        assert conflicts == ()
    record, conflicts = merge_versions(base, ours, theirs)
    held = str(getattr(record, spec.name))
    assert one == other or conflicts or ("Zébulon" in held and "Margote" in held)


def test_unknown_keys_are_merged_at_every_depth() -> None:
    parts = {"marketing": Marketing, "referral": Referral, "project": Project}
    first = Opportunity(id="first", title="a", created=WHEN)
    second = Opportunity(id="second", title="b", extra={"own": "kept"}, created=WHEN)
    second = replace(second, **{name: kind(extra={"own": "kept"}) for name, kind in parts.items()})
    made = merge_opportunities.join_opportunities([first, second], CONFIG, at())
    assert made.record.extra == {"own": "kept"}
    for name in parts:
        assert getattr(made.record, name).extra == {"own": "kept"}, name


PERSON = Contact(id="f8dz9xw4", name=NAME, emails=("pierre.richard@example.org",))
PATTERNS = patterns_for(PERSON, PERSON, "FR", "fr").others
KEPT = {"record", "contact", "user", "stage", "lost_reason", "campaign", "medium", "source", "link"}
KEPT |= {"activity_type", "questionnaire", "rule", "code", "email", "phone", "place"}


def test_erasing_cleans_every_text_of_a_deal_that_is_no_id() -> None:
    deal = redact_deal(fill(Opportunity, f"chez {NAME}"), PATTERNS, set())
    left = list(find_traces(typed_values.encode_part(deal), PATTERNS))
    kept = {path for path in left if contents_at(Opportunity, path) in KEPT}
    assert set(left) == kept
    assert deal.extra == {
        "unknown": "chez [effacé]",
        "deep": {"key": ["chez [effacé]"], "chez [effacé]": "a name as a key"},
    }


def test_erasing_cleans_every_text_of_another_contact_but_what_is_their_own() -> None:
    other = redact_contact(fill(Contact, f"chez {NAME}"), PATTERNS)
    left = set(find_traces(typed_values.encode_part(other), PATTERNS))
    assert "name" in left
    assert {path for path in left if contents_at(Contact, path) not in KEPT} == {"name"}


def contents_at(kind: type[Part], path: str) -> str | None:
    """What the text at a path of a file is declared to be."""
    head, _, tail = path.partition(".")
    spec = next(each for each in fields_of(kind) if each.key == head)
    inner = tail.lstrip("0123456789").removeprefix(".") if spec.is_list else tail
    return contents_at(spec.type, inner) if spec.is_part else spec.content


@pytest.mark.parametrize(("kind", "spec"), every_field(*ALL_PARTS, Entry))
def test_a_document_says_what_a_field_holds(kind: type[Part], spec: FieldSpec) -> None:
    held = documents.plain_data(fill(kind, "Zébulon"))
    assert spec.key in held
    assert held["unknown"] == "Zébulon"
