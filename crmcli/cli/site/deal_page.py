"""The page of a deal in a site: its blocks, timeline and questionnaire."""

from collections.abc import Iterable, Iterator

from crmcli.cli.output.value_format import clock_style, day_style, money_style, percent_style
from crmcli.cli.pages import opportunity_page
from crmcli.cli.pages.history_lines import EntryNames, format_history
from crmcli.cli.site.disclosure import Disclosure
from crmcli.domain.localization.translations import translate
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import FieldType
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.status import probability_of, weighted_revenue
from crmcli.domain.model.urgency import activity_state
from crmcli.domain.records.questionnaire_sheet import sheet_of
from crmcli.report.site_page import Block, Cell, SitePage

FREE = (FieldType.TEXT, FieldType.CONTACT)  # types of answers that may name a person


def deal_page(path: str, facts: Facts, moment: Moment, disclosure: Disclosure) -> SitePage:
    """Return the page of a deal."""
    deal = facts.opportunity
    if disclosure.is_anonymous:
        blocks = anonymous_blocks(facts, moment, disclosure)
    else:
        blocks = all_blocks(facts, moment)
    kept = [block for block in blocks if block.pairs or block.lines or block.text]
    return SitePage(path, disclosure.title(deal.id, deal.title), kept)


def all_blocks(facts: Facts, moment: Moment) -> Iterator[Block]:
    """Yield the blocks of a deal, as `crm show` has them."""
    deal, config = facts.opportunity, facts.config
    _, *heading = opportunity_page.format_deal_heading(deal, facts.contact, config, moment)
    yield Block(lines=as_lines(heading))
    yield Block(pairs=[pair for pair in opportunity_page.list_deal_lines(facts) if pair[1]])
    yield Block(translate("Description"), text=deal.description or "")
    yield Block(translate("Next"), lines=as_lines(opportunity_page.list_planned(facts, moment)))
    yield Block(translate("Done"), lines=as_lines(opportunity_page.closed_activities(facts)))
    yield Block(
        translate("Project"), pairs=[pair for pair in opportunity_page.list_project_lines(facts) if pair[1]]
    )
    rewards = (opportunity_page.format_reward(each, facts) for each in deal.rewards)
    yield Block(translate("Rewards"), lines=as_lines(rewards))
    yield Block(translate("Messages"), text="\n".join(opportunity_page.list_messages(facts)))
    files = (opportunity_page.format_file(each, config) for each in deal.files)
    yield Block(translate("Files"), lines=as_lines(files))
    history = format_history(deal.history, EntryNames.of_deal(facts))
    yield Block(translate("History"), lines=as_lines(history))


def as_lines(lines: Iterable[str]) -> list[Cell]:
    """Return lines of a page as the lines of a list; an indented one belongs to the line before."""
    found: list[str] = []
    for line in lines:
        if line.startswith("    ") and found:
            found[-1] += " " + line.strip()
        else:
            found.append(" ".join(line.split()))
    return [Cell(line) for line in found]


def anonymous_blocks(facts: Facts, moment: Moment, disclosure: Disclosure) -> Iterator[Block]:
    """Yield the blocks of a deal without any text that somebody typed."""
    deal, config = facts.opportunity, facts.config
    money, day = money_style(config), day_style(config)
    stage = config.stage(deal.stage)
    yield Block(
        pairs=[
            pair
            for pair in (
                (translate("Contact"), disclosure.person(deal.contact, None)),
                (translate("Owner"), disclosure.user(deal.owner)),
                (translate("Stage"), stage.title if stage else ""),
                (translate("Probability"), percent_style(config)(probability_of(deal, config)[0])),
                (translate("Expected"), money(deal.expected_revenue)),
                (translate("Weighted"), money(weighted_revenue(deal, config))),
                (translate("Created"), day(deal.created)),
                (translate("Close"), day(deal.expected_close)),
                (translate("Closed"), day(deal.closed)),
            )
            if pair[1]
        ]
    )
    kinds = {kind.id: kind.title for kind in config.activity_types}
    yield Block(
        translate("Activities"),
        lines=[
            Cell(
                " · ".join(
                    filter(
                        None,
                        (
                            day(each.due),
                            kinds.get(each.type or "", ""),
                            translate(activity_state(each, moment.at, config)),
                        ),
                    )
                )
            )
            for each in deal.activities
        ],
    )
    if facts.questionnaire is not None and deal.project is not None:
        items = sheet_of(facts.questionnaire, deal).answered
        told = [item for item in items if item.question.choices or item.question.type not in FREE]
        yield Block(
            translate("Project"),
            pairs=[(item.question.label, opportunity_page.format_answer(item, config)) for item in told],
        )
    titles = {each.id: each.title for each in config.stages}
    yield Block(
        translate("History"),
        lines=[
            Cell(f"{clock_style(config)(each.at)} {titles[each.to]}")
            for each in deal.history
            if each.visit and each.to in titles
        ],
    )
