"""The page of `crm stats`: the whole on one screen."""

import shlex
from collections.abc import Iterator, Sequence

from crmcli.cli.output.value_format import count_style, day_style, money_style, percent_style, short_percent
from crmcli.cli.pages.page_parts import format_labelled, format_section, join_parts
from crmcli.domain.documents.report_documents import PipelineStats, StatsDocument
from crmcli.domain.localization.translations import translate, translate_plural
from crmcli.domain.model.config import Config
from crmcli.domain.values.list_entries import find_label

WHOLE = ("inbox list", "outbox list")  # of the workspace, whatever the query says


def format_stats_page(stats: StatsDocument, config: Config, asked: Sequence[str]) -> str:
    """Return the figures of each pipeline, then what has to be looked at, with the commands that list it.

    `asked` are the words of the query, which the commands have, too.
    """
    parts = [[translate("As of {day}", day=day_style(config)(stats.day))]]
    for each in stats.pipelines:
        title = find_label(config.pipelines, each.pipeline) if each.pipeline else translate("Pipeline")
        parts.append(format_section(title, format_labelled(list_figures(each, config))))
    parts.append(format_section(translate("To look at"), format_labelled(list_counts(stats, config, asked))))
    return join_parts(parts)


def list_figures(each: PipelineStats, config: Config) -> Iterator[tuple[str, str]]:
    """Yield the labelled figures of a pipeline."""
    money, percent, days = money_style(config), percent_style(config), short_percent(config)
    worth = translate("{expected}, weighted {weighted}", expected=money(each.expected_revenue),
                      weighted=money(each.weighted_revenue))  # fmt: skip
    yield translate("Open"), f"{count_deals(each.open, config)} · {worth}"
    won = f"{count_deals(each.won, config)} · {money(each.won_revenue)}"
    before = f"{each.won_last_month} · {money(each.won_revenue_last_month)}"
    yield translate("Won this month"), translate("{won} so far; last month {before}", won=won, before=before)
    year = translate("of the last twelve months")
    yield translate("Win rate"), f"{percent(each.win_rate)} {year}" if each.win_rate is not None else ""
    if each.cycle_days is not None:
        yield (
            translate("Cycle"),
            translate("{days} days from creation to winning", days=days(each.cycle_days)),
        )
    if each.revenue_per_day is not None:
        yield translate("Velocity"), translate("{amount} a day", amount=money(each.revenue_per_day))


def count_deals(count: int, config: Config) -> str:
    """Return a number of deals in words."""
    return translate_plural("{number} deal", "{number} deals", count, number=count_style(config)(count))


def list_counts(stats: StatsDocument, config: Config, asked: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what has to be looked at, with the command that lists it."""
    spell, query = count_style(config), shlex.join(asked)
    for label, count, command in (
        (translate("Open leads"), stats.leads, "crm list is:lead is:open"),
        (translate("Due today"), stats.due, "crm due due:today"),
        (translate("Overdue"), stats.overdue, "crm due due:overdue"),
        (translate("Stale"), stats.stale, "crm list is:stale is:opportunity"),
        (translate("Not answered yet"), stats.waiting, "crm report response is:open"),
        (translate("Open questions"), stats.unanswered, "crm list is:unanswered is:open"),
        (translate("Kept aside"), stats.kept_aside, "crm inbox list"),
        (translate("Unsent mails"), stats.unsent, "crm outbox list"),
    ):
        told = f"{spell(count):>6}"
        words = command if command.endswith(WHOLE) else f"{command} {query}".rstrip()
        yield label, f"{told}  {words}" if count else told
