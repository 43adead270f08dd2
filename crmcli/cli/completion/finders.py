"""The candidates for each offer of a parameter: one function per offer, in FINDERS."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from crmcli.cli.command_table import list_names
from crmcli.cli.completion.candidates import Candidate, Candidates, offer_labelled, offer_plain
from crmcli.cli.completion.offers import Offer
from crmcli.cli.completion.query_terms import complete_condition, list_saved_queries
from crmcli.cli.output.formats import FORMATS


class Typed(Protocol):
    """A command line, as typed so far."""

    current: str  # the word to complete, without `--option=` before it

    @property
    def references(self) -> Sequence[str]:
        """The words before it that are neither options nor their values."""

    @property
    def candidates(self) -> Candidates:
        """The candidates of the workspace."""


def find_offered(offer: Offer, typed: Typed) -> Iterable[Candidate]:
    """Return the candidates for a parameter with this offer."""
    return offer_plain(offer.words) if offer.words else FINDERS[offer.name](typed)


def find_assignees(typed: Typed) -> Iterator[Candidate]:
    """Yield the users, and the word `owner`, which stands for the record's owner."""
    yield from typed.candidates.users()
    yield Candidate("owner")


def find_query(typed: Typed) -> Iterable[Candidate]:
    """Return the candidates for a condition of a query."""
    return complete_condition(typed.candidates, typed.current)


def find_record(typed: Typed) -> Iterator[Candidate]:
    """Yield records, and saved queries after an @."""
    yield from typed.candidates.records(typed.current)
    yield from list_saved_queries(typed.candidates) if typed.current.startswith("@") else ()


def find_record_or_contact(typed: Typed) -> Iterator[Candidate]:
    """Yield records, then contacts."""
    yield from find_record(typed)
    yield from typed.candidates.contacts(typed.current)


def find_records(typed: Typed) -> Iterator[Candidate]:
    """Yield records, and conditions once something is typed."""
    yield from typed.candidates.records(typed.current)
    yield from find_query(typed) if typed.current else ()


def find_activities(typed: Typed) -> Iterator[Candidate]:
    """Yield planned activities, and conditions."""
    yield from typed.candidates.planned(typed.current)
    yield from find_query(typed)


def find_assignments(typed: Typed) -> Iterator[Candidate]:
    """Yield records; after the first reference also fields to set, or the values that a field can have."""
    if typed.references:
        from crmcli.cli.completion.assignments import complete_assignment

        yield from complete_assignment(typed.candidates, typed.current)
    yield from find_records(typed)


def find_contact_assignments(typed: Typed) -> Iterator[Candidate]:
    """Yield contacts; after the first reference also fields to set."""
    if typed.references:
        from crmcli.cli.completion.assignments import list_contact_fields

        yield from list_contact_fields()
    yield from typed.candidates.contacts(typed.current)


def find_answers(typed: Typed) -> Iterator[Candidate]:
    """Yield records; after the first reference also questions to answer, or the possible answers to one."""
    if typed.references:
        from crmcli.cli.completion.assignments import complete_answer

        yield from complete_answer(typed.candidates, typed.references[0], typed.current)
    yield from find_records(typed)


def find_custom_fields(typed: Typed) -> Iterable[Candidate]:
    """Return custom fields, or the values that one can have."""
    from crmcli.cli.completion.assignments import complete_custom_field

    return complete_custom_field(typed.candidates, typed.current)


def find_schemas(typed: Typed) -> Iterable[Candidate]:
    """Return the names of the schemas."""
    from crmcli.domain.documents.schemas import SCHEMAS

    return offer_plain(SCHEMAS)


def find_printable(typed: Typed) -> Iterator[Candidate]:
    """Yield questionnaires, and records whose questionnaires can be printed."""
    yield from typed.candidates.questionnaires()
    yield from find_record(typed)


def find_timed_rules(typed: Typed) -> Iterator[Candidate]:
    """Yield the rules that fire by time."""
    from crmcli.domain.rules.releases import timed_rules  # only needed here

    yield from (Candidate(each.key, "rule") for each in timed_rules(typed.candidates.config))


def find_topics(typed: Typed) -> Iterator[Candidate]:
    """Yield the topics and commands that `crm help` explains."""
    from crmcli.cli.commands.help import TOPICS  # imports the parser, which nothing else here needs

    yield from (Candidate(topic, "topic") for topic in TOPICS)
    yield from (Candidate(*each) for each in list_names(""))


FINDERS: dict[str, Callable[[Typed], Iterable[Candidate]]] = {
    "stage": lambda typed: offer_labelled(typed.candidates.config.stages),
    "open_stage": lambda typed: offer_labelled(typed.candidates.open_stages()),
    "stage_to_enter": lambda typed: typed.candidates.stages_for(typed.references),
    "pipeline": lambda typed: offer_labelled(typed.candidates.config.pipelines),
    "plan": lambda typed: offer_labelled(typed.candidates.config.plans),
    "lost_reason": lambda typed: offer_labelled(typed.candidates.config.lost_reasons),
    "activity_type": lambda typed: offer_labelled(typed.candidates.config.activity_types),
    "campaign": lambda typed: offer_labelled(typed.candidates.config.marketing.campaigns),
    "medium": lambda typed: offer_labelled(typed.candidates.config.marketing.mediums),
    "source": lambda typed: offer_labelled(typed.candidates.config.marketing.sources),
    "link": lambda typed: offer_labelled(typed.candidates.config.referral.links),
    "timed_rule": find_timed_rules,
    "user": lambda typed: typed.candidates.users(),
    "assignee": find_assignees,
    "tag": lambda typed: typed.candidates.tags(),
    "tag_to_remove": lambda typed: typed.candidates.tags_of(typed.references),
    "contact": lambda typed: typed.candidates.contacts(typed.current),
    "copied_record": lambda typed: typed.candidates.records(typed.current),
    "record": find_record,
    "record_or_contact": find_record_or_contact,
    "records": find_records,
    "query": find_query,
    "activities": find_activities,
    "assignments": find_assignments,
    "contact_assignments": find_contact_assignments,
    "answers": find_answers,
    "field": find_custom_fields,
    "custom_field": lambda typed: offer_labelled(typed.candidates.config.fields),
    "form": lambda typed: [Candidate(each.id, each.title) for each in typed.candidates.config.forms],
    "template": lambda typed: typed.candidates.templates(),
    "message": lambda typed: typed.candidates.messages(typed.current),
    "waiting_mail": lambda typed: typed.candidates.mails(),
    "questionnaire": lambda typed: typed.candidates.questionnaires(),
    "printable": find_printable,
    "topic": find_topics,
    "schema": find_schemas,
    "format": lambda typed: offer_plain(FORMATS),
}
