"""Completion of assignments: fields and their values, questions and their answers."""

from collections.abc import Iterable, Iterator

from crmcli.cli.completion.candidates import Candidate, Candidates, offer_plain, prefix_candidates
from crmcli.cli.completion.query_terms import list_values_of_key
from crmcli.domain.records.contact_fields import NAMES
from crmcli.domain.records.editing import ALIASES, EDITABLE
from crmcli.query import keys


def complete_assignment(candidates: Candidates, typed: str) -> Iterator[Candidate]:
    """Yield fields to set, or the values that a field can have."""
    name, equals, value = typed.partition("=")
    if equals:
        field = name.removesuffix("+").removesuffix("-")
        yield from prefix_candidates(f"{name}=", list_field_values(candidates, field, value))
        return
    own = (f"fields.{each.name}" for each in candidates.config.fields)
    yield from offer_plain(f"{field}=" for field in sorted([*EDITABLE, *ALIASES, "tags", *own]))


def list_field_values(candidates: Candidates, field: str, value: str) -> Iterable[Candidate]:
    """Return the values that a field can be set to."""
    prefix, _, rest = field.partition(".")
    if prefix == "fields":
        return candidates.values_of_field(rest)
    key = keys.keys_by_name().get(field)
    return list_values_of_key(candidates, key, value) if key else ()


def list_contact_fields() -> Iterator[Candidate]:
    """Yield the fields of a contact that can be set."""
    yield from offer_plain(f"{field}=" for field in NAMES if "LABEL" not in field)


def complete_answer(candidates: Candidates, record: str, typed: str) -> Iterable[Candidate]:
    """Return questions to answer, or the possible answers to one."""
    asked = candidates.asked_of(record)
    name, equals, _ = typed.partition("=")
    if not equals:
        return (Candidate(f"{each.id}=", each.title) for each in asked)
    question = next((each for each in asked if each.id == name), None)
    return prefix_candidates(f"{name}=", candidates.answers_to(question) if question else ())


def complete_custom_field(candidates: Candidates, typed: str) -> Iterable[Candidate]:
    """Return custom fields, or the values that one can have."""
    name, equals, _ = typed.partition("=")
    if equals:
        return prefix_candidates(f"{name}=", candidates.values_of_field(name))
    return (Candidate(f"{each.word}=", each.help) for each in candidates.fields())
