"""What completes a parameter of a command: an offer, which stands in the parameter's annotation.

`Annotated[str, typer.Option(help="…"), STAGE]` is an option that is completed with stages.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from crmcli.cli.completion.candidates import Candidate, Candidates


class Typed(Protocol):
    """A command line as far as it is typed."""

    current: str  # the word to complete, without the option that it is given to

    @property
    def references(self) -> Sequence[str]:
        """Return the words before that are neither options nor their values."""

    @property
    def candidates(self) -> "Candidates":
        """Return what the workspace has to choose from."""


class Offer(NamedTuple):
    """What can stand in a parameter."""

    find: Callable[[Typed], Iterable["Candidate"]]


def offer_words(*words: str) -> Offer:
    """Return an offer of these words."""

    def find(typed: Typed) -> Iterable["Candidate"]:
        from crmcli.cli.completion.candidates import offer_plain

        return offer_plain(words)

    return Offer(find)


def offer_entries(pick: Callable[[Typed], Sequence[object]]) -> Offer:
    """Return an offer of a list of the configuration, with its labels."""

    def find(typed: Typed) -> Iterable["Candidate"]:
        from crmcli.cli.completion.candidates import offer_labelled

        return offer_labelled(pick(typed))

    return Offer(find)


def offer_assignees(typed: Typed) -> Iterator["Candidate"]:
    """Yield the users, and the record's owner, whoever that is."""
    yield from typed.candidates.users()
    yield from offer_words("owner").find(typed)


def offer_query(typed: Typed) -> Iterable["Candidate"]:
    """Return what a condition of a query can go on with."""
    from crmcli.cli.completion.query_terms import complete_condition

    return complete_condition(typed.candidates, typed.current)


def offer_record(typed: Typed) -> Iterator["Candidate"]:
    """Yield records, and saved queries behind an @."""
    from crmcli.cli.completion.query_terms import list_saved_queries

    yield from typed.candidates.records(typed.current)
    yield from list_saved_queries(typed.candidates) if typed.current.startswith("@") else ()


def offer_records(typed: Typed) -> Iterator["Candidate"]:
    """Yield records, and conditions once something is typed."""
    yield from typed.candidates.records(typed.current)
    yield from offer_query(typed) if typed.current else ()


def offer_activities(typed: Typed) -> Iterator["Candidate"]:
    """Yield planned activities, and conditions."""
    yield from typed.candidates.planned(typed.current)
    yield from offer_query(typed)


def offer_assignments(typed: Typed) -> Iterator["Candidate"]:
    """Yield fields to set behind a record, or the values that a field can have; records before."""
    from crmcli.cli.completion import assignments

    yield from assignments.complete_assignment(typed) if typed.references else ()
    yield from offer_records(typed)


def offer_contact_assignments(typed: Typed) -> Iterator["Candidate"]:
    """Yield fields to set behind a contact; contacts before."""
    from crmcli.cli.completion import assignments

    yield from assignments.list_contact_fields() if typed.references else ()
    yield from typed.candidates.contacts(typed.current)


def offer_answers(typed: Typed) -> Iterator["Candidate"]:
    """Yield questions to answer behind a record, or the answers that one can have; records before."""
    from crmcli.cli.completion import assignments

    yield from assignments.complete_answer(typed) if typed.references else ()
    yield from offer_records(typed)


def offer_printable(typed: Typed) -> Iterator["Candidate"]:
    """Yield questionnaires, and records whose own can be printed."""
    yield from typed.candidates.questionnaires()
    yield from offer_record(typed)


def offer_field(typed: Typed) -> Iterable["Candidate"]:
    """Return fields of one's own, or the values that one can have, as `--field` takes them."""
    from crmcli.cli.completion import assignments

    return assignments.complete_custom_field(typed)


def offer_topics(typed: Typed) -> Iterator["Candidate"]:
    """Yield what can be explained: topics and commands."""
    from crmcli.cli.commands.help import TOPICS
    from crmcli.cli.completion.candidates import Candidate
    from crmcli.cli.completion.engine import command_names

    yield from (Candidate(topic, "topic") for topic in TOPICS)
    yield from command_names("")


def offer_schemas(typed: Typed) -> Iterable["Candidate"]:
    """Return what has a schema."""
    from crmcli.domain.model.schemas import SCHEMAS

    return offer_words(*SCHEMAS).find(typed)


def offer_formats(typed: Typed) -> Iterable["Candidate"]:
    """Return the formats of output."""
    from crmcli.cli.output.formats import FORMATS

    return offer_words(*FORMATS).find(typed)


STAGE = offer_entries(lambda typed: typed.candidates.config.stages)
OPEN_STAGE = offer_entries(
    lambda typed: [stage for stage in typed.candidates.config.stages if not stage.outcome]
)
STAGE_TO_ENTER = Offer(lambda typed: typed.candidates.stages_for(typed.references))
PIPELINE = offer_entries(lambda typed: typed.candidates.config.pipelines)
PLAN = offer_entries(lambda typed: typed.candidates.config.plans)
LOST_REASON = offer_entries(lambda typed: typed.candidates.config.lost_reasons)
ACTIVITY_TYPE = offer_entries(lambda typed: typed.candidates.config.activity_types)
CAMPAIGN = offer_entries(lambda typed: typed.candidates.config.marketing.campaigns)
MEDIUM = offer_entries(lambda typed: typed.candidates.config.marketing.mediums)
SOURCE = offer_entries(lambda typed: typed.candidates.config.marketing.sources)
LINK = offer_entries(lambda typed: typed.candidates.config.referral.links)
USER = Offer(lambda typed: typed.candidates.users())
ASSIGNEE = Offer(offer_assignees)
TAG = Offer(lambda typed: typed.candidates.tags())
TAG_TO_REMOVE = Offer(lambda typed: typed.candidates.tags_of(typed.references))
CONTACT = Offer(lambda typed: typed.candidates.contacts(typed.current))
COPIED_RECORD = Offer(lambda typed: typed.candidates.records(typed.current))
RECORD = Offer(offer_record)
RECORDS = Offer(offer_records)
QUERY = Offer(offer_query)
ACTIVITIES = Offer(offer_activities)
ASSIGNMENTS = Offer(offer_assignments)
CONTACT_ASSIGNMENTS = Offer(offer_contact_assignments)
ANSWERS = Offer(offer_answers)
FIELD = Offer(offer_field)
TEMPLATE = Offer(lambda typed: typed.candidates.templates())
WAITING_MAIL = Offer(lambda typed: typed.candidates.mails())
QUESTIONNAIRE = Offer(lambda typed: typed.candidates.questionnaires())
PRINTABLE = Offer(offer_printable)
TOPIC = Offer(offer_topics)
SCHEMA = Offer(offer_schemas)
FORMAT = Offer(offer_formats)
SHELL = offer_words("bash", "zsh", "fish")
ERROR_FORMAT = offer_words("text", "json")
PRIORITY = offer_words("0", "1", "2", "3")
DAY = offer_words("today", "tomorrow", "3d", "1w", "2bd", "eom")
SPAN = offer_words("1d", "2bd", "1w", "2w", "1mo", "1y")
GROUPING = offer_words("assignee", "type", "stage", "state", "week")
ORIGIN = offer_words("source", "medium", "campaign")
REWARD_STATE = offer_words("due", "paid", "void")
FORM_FORMAT = offer_words("text", "md", "html")
CONTACT_FORMAT = offer_words("csv", "vcf")
CONTACT_KEY = offer_words("id", "email", "phone", "name")
