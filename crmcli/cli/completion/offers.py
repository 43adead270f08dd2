"""Offers: the kinds of completion for parameters of commands, used in their annotations.

`Annotated[str, typer.Option(help="…"), STAGE]` is an option that is completed with stages. The module
`finders` finds the candidates of an offer, so importing this module costs a command nothing.
"""

from typing import NamedTuple


class Offer(NamedTuple):
    """The kind of completion of a parameter."""

    name: str  # key of `finders.FINDERS`, unless there are `words`
    words: tuple[str, ...] = ()  # fixed candidates


STAGE = Offer("stage")
OPEN_STAGE = Offer("open_stage")
STAGE_TO_ENTER = Offer("stage_to_enter")
PIPELINE = Offer("pipeline")
PLAN = Offer("plan")
LOST_REASON = Offer("lost_reason")
ACTIVITY_TYPE = Offer("activity_type")
CAMPAIGN = Offer("campaign")
MEDIUM = Offer("medium")
SOURCE = Offer("source")
LINK = Offer("link")
TIMED_RULE = Offer("timed_rule")
RELEASE_FROM = Offer("words", ("today", "all"))
USER = Offer("user")
ASSIGNEE = Offer("assignee")
TAG = Offer("tag")
TAG_TO_REMOVE = Offer("tag_to_remove")
CONTACT = Offer("contact")
COPIED_RECORD = Offer("copied_record")
RECORD = Offer("record")
RECORD_OR_CONTACT = Offer("record_or_contact")
RECORDS = Offer("records")
QUERY = Offer("query")
ACTIVITIES = Offer("activities")
ASSIGNMENTS = Offer("assignments")
CONTACT_ASSIGNMENTS = Offer("contact_assignments")
ANSWERS = Offer("answers")
FIELD = Offer("field")
CUSTOM_FIELD = Offer("custom_field")
FORM = Offer("form")
SOURCE_FORMAT = Offer("words", ("mail", "form"))
TEMPLATE = Offer("template")
MESSAGE = Offer("message")
WAITING_MAIL = Offer("waiting_mail")
QUESTIONNAIRE = Offer("questionnaire")
PRINTABLE = Offer("printable")
TOPIC = Offer("topic")
SCHEMA = Offer("schema")
WORKSPACE_TEMPLATE = Offer("words", ("neutral", "stoves"))
FORMAT = Offer("format")
SHELL = Offer("words", ("bash", "zsh", "fish"))
COMPLETION = Offer("words", ("install", "bash", "zsh", "fish"))
SIDE = Offer("words", ("ours", "theirs", "newest", "edit"))
COLOR = Offer("words", ("auto", "always", "never"))
ERROR_FORMAT = Offer(
    "words",
    (
        "text",
        "json",
    ),
)
PRIORITY = Offer(
    "words",
    (
        "0",
        "1",
        "2",
        "3",
    ),
)
DAY = Offer(
    "words",
    (
        "today",
        "tomorrow",
        "3d",
        "1w",
        "2bd",
        "eom",
    ),
)
SPAN = Offer(
    "words",
    (
        "1d",
        "2bd",
        "1w",
        "2w",
        "1mo",
        "1y",
    ),
)
ELAPSED = Offer(
    "words",
    (
        "4h",
        "1d",
        "2bd",
        "1w",
        "2w",
        "1mo",
    ),
)
GROUPING = Offer(
    "words",
    (
        "assignee",
        "type",
        "stage",
        "state",
        "week",
    ),
)
REPORT_GROUPING = Offer(
    "words",
    ("stage", "owner", "team", "source", "medium", "campaign", "tag", "month", "week"),
)
PAST_DAY = Offer(
    "words", ("this-month", "last-month", "this-quarter", "this-year", "last-year", "-30d", "-12mo")
)
DIGEST_SINCE = Offer("words", ("7d", "30d", "last"))
COMPARISON = Offer("words", ("previous", "year"))
REWARD_STATE = Offer(
    "words",
    (
        "due",
        "paid",
        "void",
    ),
)
FORM_FORMAT = Offer(
    "words",
    (
        "text",
        "md",
        "html",
    ),
)
CONTACT_FORMAT = Offer(
    "words",
    (
        "csv",
        "vcf",
    ),
)
CONTACT_KEY = Offer(
    "words",
    (
        "id",
        "external_id",
        "email",
        "phone",
        "name",
    ),
)
EXPORT_TABLE = Offer(
    "words",
    (
        *("opportunities", "contacts", "activities", "messages", "history", "rewards", "files"),
        *("addresses", "contact_history"),
    ),
)
JSON_TABLE = Offer("words", ("opportunities", "contacts"))
IMPORT_TABLE = Offer("words", ("opportunities", "leads", "contacts", "activities"))
IMPORT_KEY = Offer("words", ("external_id", "email", "id"))
PRESET = Offer("words", ("odoo", "hubspot", "pipedrive", "espocrm"))
