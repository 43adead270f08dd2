"""What an assignment can go on with: fields and their values, questions and their answers."""

from collections.abc import Iterable, Iterator

from crmcli.cli.completion.candidates import Candidate, plain, under
from crmcli.cli.completion.offers import Typed
from crmcli.cli.completion.query_terms import known
from crmcli.query import keys
from crmcli.domain.records.contact_fields import NAMES
from crmcli.domain.records.editing import ALIASES, EDITABLE


def of_records(typed: Typed) -> Iterator[Candidate]:
    """Yield fields to set, or the values that a field can have."""
    name, equals, value = typed.current.partition("=")
    if equals:
        field = name.removesuffix("+").removesuffix("-")
        yield from under(f"{name}=", values_of(typed, field, value))
        return
    own = (f"fields.{each.name}" for each in typed.candidates.config.fields)
    yield from plain(f"{field}=" for field in sorted([*EDITABLE, *ALIASES, "tags", *own]))


def values_of(typed: Typed, field: str, value: str) -> Iterable[Candidate]:
    """Return what a field can be set to."""
    prefix, _, rest = field.partition(".")
    if prefix == "fields":
        return typed.candidates.values_of_field(rest)
    key = keys.by_name().get(field)
    return known(typed.candidates, key, value) if key else ()


def of_contacts() -> Iterator[Candidate]:
    """Yield the fields of a contact that can be set."""
    yield from plain(f"{field}=" for field in NAMES if "LABEL" not in field)


def of_answers(typed: Typed) -> Iterable[Candidate]:
    """Return questions to answer, or the answers that one can have."""
    asked = typed.candidates.asked_of(typed.references[0])
    name, equals, _ = typed.current.partition("=")
    if not equals:
        return (Candidate(f"{each.id}=", each.title) for each in asked)
    question = next((each for each in asked if each.id == name), None)
    return under(f"{name}=", typed.candidates.answers_to(question) if question else ())


def of_field(typed: Typed) -> Iterable[Candidate]:
    """Return fields of one's own, or the values that one can have."""
    name, equals, _ = typed.current.partition("=")
    if equals:
        return under(f"{name}=", typed.candidates.values_of_field(name))
    return (Candidate(f"{each.word}=", each.help) for each in typed.candidates.fields())
