"""What an assignment can go on with: fields and their values, questions and their answers."""

from collections.abc import Iterable, Iterator

from crmcli.cli.completion.candidates import Candidate, offer_plain, prefix_candidates
from crmcli.cli.completion.offers import Typed
from crmcli.cli.completion.query_terms import list_values_of_key
from crmcli.domain.records.contact_fields import NAMES
from crmcli.domain.records.editing import ALIASES, EDITABLE
from crmcli.query import keys


def complete_assignment(typed: Typed) -> Iterator[Candidate]:
    """Yield fields to set, or the values that a field can have."""
    name, equals, value = typed.current.partition("=")
    if equals:
        field = name.removesuffix("+").removesuffix("-")
        yield from prefix_candidates(f"{name}=", list_field_values(typed, field, value))
        return
    own = (f"fields.{each.name}" for each in typed.candidates.config.fields)
    yield from offer_plain(f"{field}=" for field in sorted([*EDITABLE, *ALIASES, "tags", *own]))


def list_field_values(typed: Typed, field: str, value: str) -> Iterable[Candidate]:
    """Return what a field can be set to."""
    prefix, _, rest = field.partition(".")
    if prefix == "fields":
        return typed.candidates.values_of_field(rest)
    key = keys.keys_by_name().get(field)
    return list_values_of_key(typed.candidates, key, value) if key else ()


def list_contact_fields() -> Iterator[Candidate]:
    """Yield the fields of a contact that can be set."""
    yield from offer_plain(f"{field}=" for field in NAMES if "LABEL" not in field)


def complete_answer(typed: Typed) -> Iterable[Candidate]:
    """Return questions to answer, or the answers that one can have."""
    asked = typed.candidates.asked_of(typed.references[0])
    name, equals, _ = typed.current.partition("=")
    if not equals:
        return (Candidate(f"{each.id}=", each.title) for each in asked)
    question = next((each for each in asked if each.id == name), None)
    return prefix_candidates(f"{name}=", typed.candidates.answers_to(question) if question else ())


def complete_custom_field(typed: Typed) -> Iterable[Candidate]:
    """Return fields of one's own, or the values that one can have."""
    name, equals, _ = typed.current.partition("=")
    if equals:
        return prefix_candidates(f"{name}=", typed.candidates.values_of_field(name))
    return (Candidate(f"{each.word}=", each.help) for each in typed.candidates.fields())
