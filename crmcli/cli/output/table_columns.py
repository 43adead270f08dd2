"""The columns of each kind of document in tables: from its declaration, with the formats of the workspace."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crmcli.cli.output.columns import Column
from crmcli.cli.output.value_format import (
    clock_style,
    count_style,
    day_style,
    list_style,
    money_style,
    nearness_style,
    percent_style,
    phone_style,
    phones_style,
    plain_style,
    reason_style,
    short_percent,
    spell_value,
    stars_style,
    term_style,
    words_style,
)
from crmcli.domain.documents.column_declarations import list_shows, spell_heading
from crmcli.domain.documents.record_documents import ActivityDocument, OpportunityDocument
from crmcli.domain.documents.typed_document import (
    Document,
    Style,
    TypedDocument,
)
from crmcli.domain.localization.translations import translate_heading
from crmcli.domain.model.config import Config
from crmcli.domain.records.documents import CLOSED

Shown = Callable[[Any], str]
STYLES: dict[Style, Callable[[Config], Shown]] = {
    Style.PLAIN: plain_style,
    Style.LOST_REASON: reason_style,
    Style.MONEY: money_style,
    Style.DAY: day_style,
    Style.CLOCK: clock_style,
    Style.PERCENT: percent_style,
    Style.COUNT: count_style,
    Style.SHORT_PERCENT: short_percent,
    Style.STARS: stars_style,
    Style.NEARNESS: nearness_style,
    Style.PHONE: phone_style,
    Style.PHONES: phones_style,
    Style.TERM: term_style,
    Style.YES_NO: lambda config: lambda value: spell_value(bool(value)),
    Style.WORDS: words_style,
    Style.COMMAS: lambda config: lambda values: ", ".join(values or ()),
    Style.SEMICOLONS: lambda config: lambda values: "; ".join(values or ()),
    Style.LINES: lambda config: lambda values: "\n".join(values or ()),
    Style.LIST: list_style,
}
IN_WORDS = (Style.TERM, Style.STARS, Style.LOST_REASON, Style.NEARNESS)
WHOLE = (Style.PHONE, Style.PHONES, Style.CLOCK, Style.NEARNESS)  # values that are never cut


def columns_of(
    kind: type[TypedDocument],
    config: Config | None = None,
    *,
    usual: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
    shown: Mapping[str, Shown] | None = None,
) -> tuple[Column, ...]:
    """Return all columns of a kind of document, the usual ones of a list first and in their order.

    `labels` and `shown` override the headings and the formats of some columns.
    """
    shows = list_shows(kind)
    usual = usual or kind.usual or list(shows)
    config = config or Config()  # for columns that do not depend on it
    columns = []
    for name in (*usual, *(each for each in shows if each not in usual)):
        show = shows[name]
        format_value = (shown or {}).get(name) or STYLES[show.style](config)
        label = translate_heading((labels or {}).get(name) or show.label or name)
        spare = kind.spare.index(name) if name in kind.spare else None
        columns.append(
            Column(
                name,
                label,
                spell_heading(show.label),
                format_value,
                right=show.right,
                wraps=show.wraps,
                whole=show.right or show.style in WHOLE,
                usual=name in usual,
                in_csv=name in kind.in_csv,
                under=show.under,
                first=show.first,
                in_words=show.style in IN_WORDS,
                spare=spare,
            )
        )
    return tuple(columns)


RECORDED = (
    *("id", "title", "contact_name", "stage", "probability"),
    *("priority", "expected_revenue", "owner", "tags"),
)


def opportunity_columns(config: Config, *more: str) -> tuple[Column, ...]:
    """Return the columns of a list of opportunities, with these ones added to the usual ones."""
    return columns_of(OpportunityDocument, config, usual=(*OpportunityDocument.usual, *more))


def activity_columns(config: Config, rows: Sequence[Document]) -> tuple[Column, ...]:
    """Return the columns of a list of activities; with times and states only where these tell something."""
    usual = list(ActivityDocument.usual)
    if any(row.get("time") for row in rows):
        usual.insert(usual.index("days") + 1, "time")
    closed = [row for row in rows if row["state"] in CLOSED]
    if closed:
        usual.insert(usual.index("due"), "state")
    if closed and len(closed) == len(rows):
        usual.remove("days")
    return columns_of(ActivityDocument, config, usual=usual)


def record_columns(config: Config) -> tuple[Column, ...]:
    """Return the columns of one record, or of those that a command wrote."""
    return columns_of(OpportunityDocument, config, usual=RECORDED)
