"""The pages of a site with figures: overview, board, reports, referrals and what is due."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import UNSET

from crmcli.cli.output.columns import Column
from crmcli.cli.output.table_columns import activity_columns, columns_of
from crmcli.cli.output.value_format import day_style, in_stars, money_style, spell_group
from crmcli.cli.pages.stats_page import list_figures
from crmcli.cli.site.disclosure import Disclosure
from crmcli.domain.documents.report_documents import Plotted
from crmcli.domain.documents.typed_document import Document, TypedDocument, as_document
from crmcli.domain.localization.translations import deferred, translate, translate_plural
from crmcli.domain.model.config import Config, name_lost_reason
from crmcli.domain.model.status import Status
from crmcli.domain.values.list_entries import find_label
from crmcli.operations.find_records import find_activities, find_opportunities
from crmcli.operations.referrals import find_referrals
from crmcli.operations.reporting.report_kinds import KINDS
from crmcli.operations.reporting.run_report import ReportResult, run_report
from crmcli.operations.reporting.stats import count_stats
from crmcli.operations.reports import BoardColumn, lay_out_board
from crmcli.operations.request import Request
from crmcli.query.query_model import Query
from crmcli.report.referral_trees import group_by_sponsor, grow_trees, order_sponsors, sponsor_name
from crmcli.report.site_page import Block, Card, Cell, SitePage, StageCards
from crmcli.report.svg_charts import Bar, draw_bars
from crmcli.report.tree_lines import Branch

DAYS_AHEAD = 7  # of the list of what is due
CARDS = 50  # of a stage on the board; the list of deals has all
DUE = ("due", "days", "type_label", "summary", "contact_name", "contact_phone", "title", "assignee")
PERSONAL = ("summary", "contact_phone")  # columns that an anonymous site does not have
HOME, DEALS = "index.html", "deals.html"


class ReportPage(NamedTuple):
    """A report on a page: its name, path and title, and what its chart shows."""

    name: str
    path: str
    title: str
    about: str

    @property
    def plotted(self) -> Plotted:
        """Return the figures of the chart."""
        return KINDS[self.name].document.plotted  # type: ignore[attr-defined,no-any-return]


REPORTS = (
    ReportPage("funnel", "funnel.html", deferred("Funnel"),
               deferred("Deals that entered each stage; the dark part went further.")),
    ReportPage("forecast", "forecast.html", deferred("Forecast"),
               deferred("Expected revenue by month of closing; the dark part is weighted.")),
    ReportPage("velocity", "velocity.html", deferred("Velocity"), deferred("Median days in each stage.")),
    ReportPage("sources", "sources.html", deferred("Sources"),
               deferred("Deals by source; the dark part is won.")),
    ReportPage("lost", "lost.html", deferred("Lost"), deferred("Lost deals by reason.")),
)  # fmt: skip
PIPELINE = ReportPage(
    "pipeline", HOME, deferred("Pipeline"),
    deferred("Expected revenue by stage; the dark part is weighted."),
)  # fmt: skip


class Setting(NamedTuple):
    """What the pages of a site are made from."""

    request: Request
    asked: Query  # as it was typed: each report decides whether closed deals are in it
    query: Query  # of the deals in the site
    disclosure: Disclosure
    pages: Mapping[str, str]  # the paths of the pages of deals, by the paths of their files
    pages_by_id: Mapping[str, str]

    @property
    def config(self) -> Config:
        """The configuration of the workspace."""
        return self.request.config


def list_report_pages(setting: Setting) -> Iterator[SitePage]:
    """Yield the pages that the navigation leads to."""
    yield overview_page(setting)
    yield board_page(setting)
    for kind in REPORTS:
        title = translate(kind.title)
        yield SitePage(kind.path, title, list(report_blocks(setting, kind)), title)
    yield referrals_page(setting)
    yield due_page(setting)
    yield deals_page(setting)


def overview_page(setting: Setting) -> SitePage:
    """Return the page with the figures of the whole."""
    config = setting.config
    stats = count_stats(setting.request, setting.query)
    looks = (
        (translate("Open leads"), stats.leads),
        (translate("Due today"), stats.due),
        (translate("Overdue"), stats.overdue),
        (translate("Stale"), stats.stale),
        (translate("Not answered yet"), stats.waiting),
    )
    blocks = [Block(note=translate("As of {day}", day=day_style(config)(stats.day)))]
    blocks += [
        Block(
            find_label(config.pipelines, each.pipeline) if each.pipeline else translate("Figures"),
            pairs=list(list_figures(each, config)),
        )
        for each in stats.pipelines
    ]
    blocks.append(Block(translate("To look at"), pairs=[(label, str(count)) for label, count in looks]))
    blocks += report_blocks(setting, PIPELINE)
    return SitePage(HOME, translate("Overview"), blocks, translate("Overview"))


def report_blocks(setting: Setting, page: ReportPage) -> Iterator[Block]:
    """Yield the chart and the table of a report, for each pipeline."""
    kind, config = KINDS[page.name], setting.config
    found = run_report(setting.request, page.name, setting.asked)
    columns = report_columns(setting, page, kind.document)
    for title, rows, totals in by_pipeline(found, config):
        shown = [as_row(setting, page.name, each) for each in rows]
        sums = [as_row(setting, page.name, each) for each in totals]
        about = translate(page.about)
        heading = title or (translate(page.title) if page is PIPELINE else "")
        if not any(row[page.plotted.value] for row in shown):
            yield Block(heading, translate("nothing matches"))
            continue
        bars = list_bars(page, shown, columns)
        yield Block(
            heading,
            about,
            draw_bars(translate(page.title), about, bars, is_funnel=page.plotted.is_funnel),
            headers=[Cell(each.label, is_number=each.right) for each in columns],
            rows=[[cell_of(row, each) for each in columns] for row in (*shown, *sums)],
        )


def report_columns(setting: Setting, page: ReportPage, document: type[TypedDocument]) -> list[Column]:
    """Return the columns of a report's table."""
    config = setting.config
    shown: dict[str, Callable[[Any], str]] = {}
    if page.name == "lost":
        stages = {stage.id: stage.title for stage in config.stages}
        shown = {"stages": lambda counts: count_names(counts, lambda stage: stages.get(stage, stage))}
    usual = [name for name in document.usual if name not in ("stage", "reasons")]
    labels = {"label": KINDS[page.name].by}
    return list(columns_of(document, config, usual=usual, labels=labels, shown=shown)[: len(usual)])


def reasons(config: Config) -> dict[str, str]:
    """Return the declared reasons for losing a deal."""
    return {each.id: each.title for each in config.lost_reasons}


def count_names(counts: Mapping[str, int], name: Callable[[str], str]) -> str:
    """Return counted names, the most frequent first."""
    return ", ".join(f"{name(id)} {count}" for id, count in counts.items())


def by_pipeline(
    found: ReportResult, config: Config
) -> Iterator[tuple[str, list[TypedDocument], list[TypedDocument]]]:
    """Yield the rows and totals of each pipeline with its title; an only pipeline has none."""
    titles = {each.id: each.title for each in config.pipelines}
    names = dict.fromkeys(getattr(row, "pipeline", UNSET) for row in (*found.rows, *found.totals))
    for name in names:
        rows, totals = (
            [row for row in part if getattr(row, "pipeline", UNSET) == name]
            for part in (found.rows, found.totals)
        )
        yield titles.get(name, "") if isinstance(name, str) else "", rows, totals


def as_row(setting: Setting, name: str, document: TypedDocument) -> Document:
    """Return a row of a report as it is shown."""
    config, row = setting.config, as_document(document)
    id, lists = row.get("id"), config.marketing
    if name == "sources":
        known = {each.id: each.title for each in lists.sources}
        label = find_label(lists.sources, id) if id else None
        return {**row, "label": setting.disclosure.label(label or row["label"], known, id)}
    if name == "lost":
        label = name_lost_reason(config, id) if id else row["label"]
        return {**row, "label": setting.disclosure.label(label, reasons(config), id)}
    return {**row, "label": spell_group(row)}


def list_bars(page: ReportPage, rows: Sequence[Document], columns: Sequence[Column]) -> list[Bar]:
    """Return the bars of a report's chart."""
    told = {each.key: each.shown for each in columns}
    value, part = page.plotted.value, page.plotted.part
    return [
        Bar(str(row["label"]), row[value] or 0, told[value](row[value]), (row[part] or 0) if part else 0)
        for row in rows
    ]


def cell_of(row: Document, column: Column, href: str = "") -> Cell:
    """Return a value as a cell of a table."""
    return Cell(column.shown(column.value(row)), href, column.right, column.whole)


def board_page(setting: Setting) -> SitePage:
    """Return the board: the stages with their deals."""
    config = setting.config
    columns = lay_out_board(setting.request, setting.query)
    found: dict[str, list[StageCards]] = {}
    for each in columns:
        stage = each.figures.stage
        pipeline = config.pipeline(stage.id) if stage else None
        found.setdefault(pipeline.title if pipeline else "", []).append(board_column(setting, each))
    blocks = [Block(title, columns=stages) for title, stages in found.items()]
    return SitePage("board.html", translate("Board"), blocks, translate("Board"))


def board_column(setting: Setting, each: BoardColumn) -> StageCards:
    """Return a stage of the board."""
    row = each.figures
    totals = f"{row.deals} · {money_style(setting.config)(row.expected)}" if row.deals else "–"
    left = len(each.cards) - CARDS
    more = translate_plural("and {count} more", "and {count} more", left) if left > 0 else ""
    cards = [card_of(setting, deal) for deal in each.cards[:CARDS]]
    return StageCards(row.stage.title if row.stage else "", totals, cards, more)


def card_of(setting: Setting, deal: Document) -> Card:
    """Return a deal as a card of the board."""
    next_one = deal["next"]
    late = next_one["state"] if next_one and next_one["state"] != "planned" else ""
    lines = (
        setting.disclosure.person(deal.get("contact"), deal["contact_name"]),
        money_style(setting.config)(deal["expected_revenue"]),
        " · ".join(
            filter(None, (translate(late) if late else "", translate("stale") if deal["stale"] else ""))
        ),
    )
    title = f"{in_stars(deal['priority'])} {setting.disclosure.title(deal['id'], deal['title'])}".strip()
    return Card(Cell(title, setting.pages.get(deal["path"], "")), [line for line in lines if line])


def referrals_page(setting: Setting) -> SitePage:
    """Return the tree of who referred whom."""
    rows = [as_document(each) for each in find_referrals(setting.request, setting.query)]
    by_sponsor = group_by_sponsor(rows)
    trees = grow_trees(order_sponsors(by_sponsor), by_sponsor)
    drawn = [
        Branch(
            setting.disclosure.person(id, sponsor_name(by_sponsor, id)), tuple(branches_of(setting, below))
        )
        for id, below in trees.items()
    ]
    note = (
        translate("Who referred whom, with the outcome of each deal.")
        if drawn
        else translate("nothing matches")
    )
    title = translate("Referrals")
    return SitePage("referrals.html", title, [Block(note=note, trees=drawn)], title)


def branches_of(setting: Setting, rows: Iterable[Document]) -> Iterator[Branch]:
    """Yield referred deals as branches of a tree."""
    for row in rows:
        stands = translate("lost") if row["outcome"] == Status.LOST else row["stage_label"]
        person = setting.disclosure.person(row["contact"], row["contact_name"]) or translate("nobody")
        amount = money_style(setting.config)(row["expected_revenue"])
        parts = (person, setting.disclosure.title(row["id"], row["title"]), stands, amount)
        yield Branch(" · ".join(filter(None, parts)), tuple(branches_of(setting, row["brought"])))


def due_page(setting: Setting) -> SitePage:
    """Return what is overdue or due in the next days."""
    wanted = setting.query.due_within(DAYS_AHEAD, setting.request.query_context)
    rows = [setting.disclosure.activity(each) for each in find_activities(setting.request, wanted)]
    told = [name for name in DUE if not (setting.disclosure.is_anonymous and name in PERSONAL)]
    known = {each.key: each for each in activity_columns(setting.config, rows)}
    columns = [known[name] for name in told]
    block = Block(
        note=translate("Overdue, today and in the next {days} days", days=DAYS_AHEAD)
        if rows
        else translate("nothing matches"),
        headers=[Cell(each.label, is_number=each.right) for each in columns],
        is_list=True,
        rows=[
            [
                cell_of(
                    row, each, setting.pages_by_id.get(row["opportunity"], "") if each.key == "title" else ""
                )
                for each in columns
            ]
            for row in rows
        ],
    )
    return SitePage("due.html", translate("Due"), [block], translate("Due"))


def deals_page(setting: Setting) -> SitePage:
    """Return the list of all deals, each with its page."""
    money, rows = money_style(setting.config), []
    for deal in find_opportunities(setting.request, setting.query):
        stands = translate(deal["outcome"]) if deal["outcome"] == Status.LOST else deal["stage_label"] or ""
        title = setting.disclosure.title(deal["id"], deal["title"])
        person = setting.disclosure.person(deal.get("contact"), deal["contact_name"])
        rows.append(
            [
                Cell(title, setting.pages.get(deal["path"], "")),
                Cell(person),
                Cell(stands),
                Cell(money(deal["expected_revenue"]), is_number=True),
                Cell(setting.disclosure.user(deal["owner"])),
            ]
        )
    headers = [
        Cell(translate("Title")),
        Cell(translate("Contact")),
        Cell(translate("Stage")),
        Cell(translate("Expected"), is_number=True),
        Cell(translate("Owner")),
    ]
    note = translate_plural("{count} deal", "{count} deals", len(rows))
    return SitePage(
        DEALS,
        translate("Deals"),
        [Block(note=note, headers=headers, rows=rows, is_list=True)],
        translate("Deals"),
    )
