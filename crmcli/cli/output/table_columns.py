"""The columns of each kind of document in tables: from its declaration, with the formats of the workspace."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, get_args, get_origin

import msgspec

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
    spell_value,
    stars_style,
    term_style,
    words_style,
)
from crmcli.domain.documents.record_documents import OpportunityDocument
from crmcli.domain.documents.typed_document import DAY, LIST, MONEY, NUMBER, TEXT, Show, Style, TypedDocument
from crmcli.domain.localization.translations import translate_heading
from crmcli.domain.model.config import Config
from crmcli.domain.model.fields import FieldSpec, annotations_of, fields_of
from crmcli.domain.model.record_types import Money

Shown = Callable[[Any], str]
STYLES: dict[Style, Callable[[Config], Shown]] = {
    Style.PLAIN: plain_style,
    Style.MONEY: money_style,
    Style.DAY: day_style,
    Style.CLOCK: clock_style,
    Style.PERCENT: percent_style,
    Style.SHORT_PERCENT: short_percent,
    Style.STARS: stars_style,
    Style.PHONES: phones_style,
    Style.TERM: term_style,
    Style.YES_NO: lambda config: lambda value: spell_value(bool(value)),
    Style.WORDS: words_style,
    Style.COMMAS: lambda config: lambda values: ", ".join(values or ()),
    Style.SEMICOLONS: lambda config: lambda values: "; ".join(values or ()),
    Style.LINES: lambda config: lambda values: "\n".join(values or ()),
    Style.LIST: list_style,
}
WHOLE = (Style.PHONES, Style.CLOCK)  # values that are never cut
BY_TYPE: dict[object, Show] = {Money: MONEY, date: DAY, datetime: DAY, int: NUMBER}


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
                format_value,
                right=show.right,
                wraps=show.wraps,
                whole=show.right or show.style in WHOLE,
                usual=name in usual,
                under=show.under,
                spare=spare,
            )
        )
    return tuple(columns)


def list_shows(kind: type[TypedDocument]) -> dict[str, Show]:
    """Return how each field of a kind of document is shown, those of its record included."""
    hints = annotations_of(kind)
    shows = {spec.encode_name: read_show(hints[spec.name]) for spec in msgspec.structs.fields(kind)}
    shows |= kind.more_columns
    for spec in fields_of(kind.of_record) if kind.of_record else ():
        shows.setdefault(spec.key, show_by_type(spec))
    return shows


def read_show(hint: Any) -> Show:
    """Return the `Show` in an annotation; the default one where there is none."""
    said = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((each for each in said if isinstance(each, Show)), Show())


def show_by_type(spec: FieldSpec) -> Show:
    """Return the `Show` of a field of a record that its document does not declare."""
    return BY_TYPE.get(spec.type, TEXT if spec.is_plain else LIST)


RECORDED = (
    *("id", "title", "contact_name", "stage", "probability"),
    *("priority", "expected_revenue", "owner", "tags"),
)


def opportunity_columns(config: Config, *more: str) -> tuple[Column, ...]:
    """Return the columns of a list of opportunities, with these ones added to the usual ones."""
    return columns_of(OpportunityDocument, config, usual=(*OpportunityDocument.usual, *more))


def record_columns(config: Config) -> tuple[Column, ...]:
    """Return the columns of one record, or of those that a command wrote."""
    return columns_of(OpportunityDocument, config, usual=RECORDED)
