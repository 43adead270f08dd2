"""What each kind of document looks like in a table: its columns, widths and wording."""

from crmcli.cli.output import Column
from crmcli.cli.people import day, joined, money, percent, stars
from crmcli.domain.config import Config

OPPORTUNITY_COLUMNS = (
    Column("id"),
    Column("title", wraps=True),
    Column("contact_name", "contact"),
    Column("stage"),
    Column("probability"),
    Column("priority"),
    Column("expected_revenue"),
    Column("owner"),
    Column("tags", shown=joined),
)


def opportunity_columns(config: Config) -> tuple[Column, ...]:
    """A list of opportunities as a salesperson reads it."""
    return (
        Column("id"),
        Column("priority", "★", stars),
        Column("title", wraps=True),
        Column("contact_name", "contact"),
        Column("stage_label", "stage"),
        Column("probability", "%", lambda value: f"{value:g}", right=True),
        Column("expected_revenue", "expected", money(config), right=True),
        Column("owner"),
        Column("tags", shown=joined),
    )


OUTCOME = Column("outcome")


def activity_columns(config: Config) -> tuple[Column, ...]:
    """A list of activities: when, what, for whom."""
    return (
        Column("id"),
        Column("state"),
        Column("due", shown=day(config), right=True),
        Column("type_label", "type"),
        Column("summary", wraps=True),
        Column("title", "opportunity"),
        Column("contact_name", "contact"),
        Column("assignee", "for"),
    )


CONTACT_COLUMNS = (
    Column("id"),
    Column("name", wraps=True),
    Column("kind"),
    Column("company_name", "company"),
    Column("emails", shown=joined),
    Column("phones", shown=joined),
    Column("tags", shown=joined),
)


def pipeline_columns(config: Config) -> tuple[Column, ...]:
    """The pipeline by stage."""
    return (
        *((Column("pipeline"),) if config.pipelines else ()),
        Column("stage"),
        Column("label"),
        Column("probability", "%", percent, right=True),
        Column("count", right=True),
        Column("expected_revenue", "expected", money(config), right=True),
        Column("weighted_revenue", "weighted", money(config), right=True),
    )


BOARD_COLUMNS = (
    Column("stage"),
    Column("count"),
    Column("expected_revenue"),
    Column("weighted_revenue"),
    Column("cards"),
)
