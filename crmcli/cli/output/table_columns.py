"""The columns of each kind of document in tables, with labels and formats for people.

Each kind of document has a dictionary with the label, style and alignment of every key. A list shows
its usual columns; `--fields` selects any of them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from crmcli.cli.output.columns import Column
from crmcli.cli.output.value_format import (
    clock_style,
    day_style,
    list_style,
    money_style,
    percent_style,
    phones_style,
    plain_style,
    short_percent,
    stars_style,
    words_style,
)
from crmcli.domain.model.config import Config
from crmcli.domain.model.fields import fields_of
from crmcli.domain.model.record_types import Activity, Contact, Message, Money, Opportunity

Style = Callable[[Config], Callable[[Any], str]]


class Shape(NamedTuple):
    """The label, style and alignment of a key of a document."""

    label: str = ""
    style: Style = plain_style
    right: bool = False
    wraps: bool = False
    under: tuple[str, ...] = ()  # path of keys to its value, if not the key alone


WORDS, TEXT = Shape(style=words_style), Shape(wraps=True)
AMOUNT, DAY, NUMBER, LIST = (
    Shape(style=money_style, right=True),
    Shape(style=day_style, right=True),
    Shape(right=True),
    Shape(style=list_style),
)
ORIGIN = {name: Shape(under=("marketing", name)) for name in ("campaign", "medium", "source")}
OPPORTUNITY = {
    "schema": Shape(),
    "id": Shape(),
    "kind": Shape(),
    "title": TEXT,
    "contact": Shape(),
    "contact_name": Shape("contact"),
    "pipeline": Shape(),
    "stage": Shape(),
    "stage_label": Shape("stage"),
    "stage_since": Shape("in stage since", day_style, right=True),
    "stale": Shape(),
    "outcome": Shape(),
    "lost": Shape(),
    "probability": Shape("%", short_percent, right=True),
    "probability_from": Shape("% from"),
    "priority": Shape("★", stars_style),
    "expected_revenue": Shape("expected", money_style, right=True),
    "weighted_revenue": Shape("weighted", money_style, right=True),
    "recurring_revenue": Shape("recurring", money_style, right=True),
    "recurring_months": Shape("months", right=True),
    "monthly_revenue": Shape("a month", money_style, right=True),
    "weighted_monthly_revenue": Shape("a month, weighted", money_style, right=True),
    "budget": AMOUNT,
    "tags": WORDS,
    "owner": Shape(),
    "team": Shape(),
    "created": DAY,
    "closed": DAY,
    "expected_close": Shape("close", day_style, right=True),
    "touched": DAY,
    "description": TEXT,
    "fields": LIST,
    "marketing": LIST,
    **ORIGIN,
    "referral": LIST,
    "referred_by": Shape("referred by", under=("referral", "by")),
    "link": Shape(under=("referral", "link")),
    "project": LIST,
    "questionnaire": Shape(under=("project", "questionnaire")),
    "rewards": LIST,
    "activities": LIST,
    "messages": LIST,
    "history": LIST,
    "path": Shape(),
}
ACTIVITY = {
    "schema": Shape(),
    "id": Shape(),
    "state": Shape(),
    "due": DAY,
    "time": Shape(),
    "type": Shape(),
    "type_label": Shape("type"),
    "summary": TEXT,
    "opportunity": Shape(),
    "title": Shape("opportunity"),
    "stage": Shape(),
    "owner": Shape(),
    "contact": Shape(),
    "contact_name": Shape("contact"),
    "assignee": Shape("for"),
    "closed": DAY,
    "outcome": Shape(),
    "note": TEXT,
    "reason": Shape(),
    "every": Shape(),
    "plan": Shape(),
    "files": LIST,
    "rule": Shape(),
}
CONTACT = {
    "schema": Shape(),
    "id": Shape(),
    "name": TEXT,
    "kind": Shape(),
    "company": Shape(),
    "company_name": Shape("company"),
    "job": Shape(),
    "emails": WORDS,
    "phones": Shape(style=phones_style),
    "addresses": LIST,
    "street": Shape(under=("addresses", "street")),
    "postcode": Shape(under=("addresses", "postcode")),
    "city": Shape(under=("addresses", "city")),
    "country": Shape(under=("addresses", "country")),
    "language": Shape(),
    "tags": WORDS,
    "owner": Shape(),
    "created": DAY,
    "consent": LIST,
    "description": TEXT,
    "opportunities": WORDS,
    "totals": LIST,
    "people": WORDS,
    "brought": WORDS,
    "history": LIST,
}
FIGURES = {
    "schema": Shape(),
    "stage": Shape(),
    "label": Shape(),
    "probability": Shape("%", percent_style, right=True),
    "count": NUMBER,
    "expected_revenue": Shape("expected", money_style, right=True),
    "weighted_revenue": Shape("weighted", money_style, right=True),
    "cards": WORDS,
}
TALLY = {
    "schema": Shape(),
    "by": Shape(),
    "id": Shape(),
    "label": TEXT,
    "leads": NUMBER,
    "deals": NUMBER,
    "open": NUMBER,
    "won": NUMBER,
    "lost": NUMBER,
    "win_rate": Shape("win rate", percent_style, right=True),
    "expected_revenue": Shape("expected", money_style, right=True),
    "weighted_revenue": Shape("weighted", money_style, right=True),
    "won_revenue": Shape("won for", money_style, right=True),
}
SPONSOR = {
    **{key: shape for key, shape in TALLY.items() if key != "by"},
    "rewards_due": Shape("due", money_style, right=True),
    "rewards_paid": Shape("paid", money_style, right=True),
    "kinds_due": Shape("also due", words_style),
}
REWARD = {
    "schema": Shape(),
    "id": Shape(),
    "state": Shape(),
    "amount": AMOUNT,
    "kind": Shape(),
    "to": Shape(),
    "to_name": Shape("to"),
    "link": Shape(),
    "at": Shape("since", day_style, right=True),
    "opportunity": Shape(),
    "title": Shape("for referring", wraps=True),
    "rule": Shape(),
}
REFERRAL = {
    "schema": Shape(),
    "id": Shape(),
    "kind": Shape(),
    "title": TEXT,
    "contact": Shape(),
    "contact_name": Shape("contact"),
    "sponsor": Shape(),
    "sponsor_name": Shape("referred by"),
    "link": Shape(),
    "link_label": Shape("link"),
    "stage": Shape(),
    "stage_label": Shape("stage"),
    "outcome": Shape(),
    "expected_revenue": Shape("expected", money_style, right=True),
    "rewards": LIST,
}
OUTBOX = {
    "schema": Shape(),
    "id": Shape(),
    "queued": Shape(style=clock_style),
    "to": Shape(),
    "subject": TEXT,
    "record": Shape(),
}
MESSAGE = {
    "schema": Shape(),
    "id": Shape(),
    "at": Shape(style=clock_style),
    "direction": Shape(),
    "from": Shape(),
    "to": Shape(),
    "subject": TEXT,
    "message_id": Shape(),
    "file": Shape(),
    "text": TEXT,
}
CHANGE = {
    "schema": Shape(),
    "id": Shape("n", right=True),
    "at": Shape(style=clock_style),
    "by": Shape(),
    "command": TEXT,
    "undoes": NUMBER,
    "paths": LIST,
}


PARTS = ((OPPORTUNITY, Opportunity), (ACTIVITY, Activity), (CONTACT, Contact), (MESSAGE, Message))
STYLES: dict[object, Shape] = {Money: AMOUNT, date: DAY, datetime: DAY, int: NUMBER}
for shapes, part in PARTS:
    for spec in fields_of(part):
        shapes.setdefault(spec.key, STYLES.get(spec.type, TEXT if spec.is_plain else LIST))


def build_columns(shapes: Mapping[str, Shape], usual: Sequence[str], config: Config) -> tuple[Column, ...]:
    """Return all columns of a document, the usual ones of a list first and in their order."""
    others = [name for name in shapes if name not in usual]
    return tuple(build_column(name, shapes[name], config, name in usual) for name in (*usual, *others))


def build_column(name: str, shape: Shape, config: Config, usual: bool) -> Column:
    """Return one column."""
    shown = shape.style(config)
    return Column(name, shape.label, shown, shape.right, shape.wraps, usual, shape.under)


LISTED = (
    *("id", "priority", "title", "contact_name", "stage_label"),
    *("probability", "expected_revenue", "owner", "tags"),
)
RECORDED = (
    *("id", "title", "contact_name", "stage", "probability"),
    *("priority", "expected_revenue", "owner", "tags"),
)


def opportunity_columns(config: Config, *more: str) -> tuple[Column, ...]:
    """Return the columns of a list of opportunities, with these ones added to the usual ones."""
    return build_columns(OPPORTUNITY, (*LISTED, *more), config)


def record_columns(config: Config) -> tuple[Column, ...]:
    """Return the columns of one record, or of those that a command wrote."""
    return build_columns(OPPORTUNITY, RECORDED, config)


def activity_columns(config: Config) -> tuple[Column, ...]:
    """Return the columns of a list of activities: when, what, for whom."""
    usual = ("id", "state", "due", "type_label", "summary", "title", "contact_name", "assignee")
    return build_columns(ACTIVITY, usual, config)


def contact_columns(config: Config) -> tuple[Column, ...]:
    """Return the columns of a list of people and companies: how to reach them."""
    return build_columns(CONTACT, ("id", "name", "kind", "company_name", "emails", "phones", "tags"), config)


def pipeline_columns(config: Config) -> tuple[Column, ...]:
    """Return the columns of the pipeline by stage."""
    usual = ("stage", "label", "probability", "count", "expected_revenue", "weighted_revenue")
    named = ("pipeline",) if config.pipelines else ()
    return build_columns(FIGURES, (*named, *usual), config)


def board_columns(config: Config) -> tuple[Column, ...]:
    """Return the columns of the board as a table, with one row per stage."""
    return build_columns(FIGURES, ("stage", "count", "expected_revenue", "weighted_revenue", "cards"), config)


def source_columns(config: Config, by: str) -> tuple[Column, ...]:
    """Return the columns of the report on deals by marketing origin."""
    usual = ("label", "leads", "deals", "open", "won", "lost", "win_rate", "weighted_revenue", "won_revenue")
    return build_columns({**TALLY, "label": Shape(by, wraps=True)}, usual, config)


def sponsor_columns(config: Config) -> tuple[Column, ...]:
    """Return the columns of the report on referred deals and rewards by sponsor."""
    usual = ("label", "leads", "deals", "open", "won", "lost", "won_revenue", "rewards_due", "rewards_paid")
    return build_columns({**SPONSOR, "label": Shape("sponsor", wraps=True)}, usual, config)


def reward_columns(config: Config) -> tuple[Column, ...]:
    """Return the columns of a list of rewards of sponsors."""
    return build_columns(REWARD, ("id", "state", "amount", "kind", "to_name", "title", "at"), config)


def referral_columns(config: Config) -> tuple[Column, ...]:
    """Return the columns of a list of referred deals."""
    usual = ("id", "sponsor_name", "link_label", "contact_name", "title", "stage_label", "outcome")
    return build_columns(REFERRAL, (*usual, "expected_revenue"), config)


def outbox_columns(config: Config) -> tuple[Column, ...]:
    """Return the columns of a list of mails in the outbox."""
    return build_columns(OUTBOX, ("id", "queued", "to", "subject", "record"), config)


def message_columns(config: Config) -> tuple[Column, ...]:
    """Return the columns of a mail as it would be sent."""
    return build_columns(MESSAGE, ("id", "to", "subject"), config)


def change_columns(config: Config) -> tuple[Column, ...]:
    """Return the columns of a list of changes that can be undone."""
    return build_columns(CHANGE, ("id", "at", "by", "command"), config)
