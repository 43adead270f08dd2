"""The page of a deal in a site: its blocks, timeline and questionnaire."""

import re
from collections.abc import Iterable, Iterator

from crmcli.cli.output.value_format import clock_style, day_style, money_style, percent_style
from crmcli.cli.pages import opportunity_page
from crmcli.cli.pages.history_lines import EntryNames, format_history
from crmcli.cli.site.disclosure import Disclosure
from crmcli.domain.localization.translations import translate
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import FieldType
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.mail_state import settle_state, state_of_message
from crmcli.domain.model.status import probability_of, weighted_revenue
from crmcli.domain.model.urgency import activity_state
from crmcli.domain.records.questionnaire_sheet import sheet_of
from crmcli.report.site_page import Block, SitePage

FREE = (FieldType.TEXT, FieldType.CONTACT)  # types of answers that may name a person


def deal_page(path: str, facts: Facts, moment: Moment, disclosure: Disclosure) -> SitePage:
    """Return the page of a deal."""
    deal = facts.opportunity
    if disclosure.is_anonymous:
        blocks = anonymous_blocks(facts, moment, disclosure)
    else:
        blocks = all_blocks(facts, moment)
    kept = [block for block in blocks if block.pairs or block.text]
    return SitePage(path, disclosure.title(deal.id, deal.title), kept)


def all_blocks(facts: Facts, moment: Moment) -> Iterator[Block]:
    """Yield the blocks of a deal, as `crm show` has them."""
    deal, config = facts.opportunity, facts.config
    _, *heading = opportunity_page.format_deal_heading(deal, facts.contact, config, moment)
    yield Block(text="\n".join(heading))
    yield Block(pairs=keep_told(opportunity_page.list_deal_lines(facts)))
    yield Block(translate("Description"), text=deal.description or "")
    yield Block(translate("Next"), pairs=split_lines(opportunity_page.list_planned(facts, moment)))
    yield Block(translate("Done"), pairs=split_lines(opportunity_page.closed_activities(facts)))
    yield Block(translate("Project"), pairs=keep_told(opportunity_page.list_project_lines(facts)))
    rewards = (opportunity_page.format_reward(each, facts) for each in deal.rewards)
    yield Block(translate("Rewards"), pairs=split_lines(rewards))
    yield from message_blocks(facts)
    files = (opportunity_page.format_file(each, config) for each in deal.files)
    yield Block(translate("Files"), pairs=split_lines(files))
    history = format_history(deal.history, EntryNames.of_deal(facts))
    yield Block(translate("History"), pairs=split_lines(history))


def join_columns(line: str) -> str:
    """Return a line with dots between its columns; what is in brackets stays where it is.

    >>> join_columns("Appel  (c73ghvgw)  for marie   overdue")
    'Appel (c73ghvgw) · for marie · overdue'
    """
    return " ".join(re.sub(r" {2,}(?![ (])", " · ", line.strip()).split())


def keep_told(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return labelled values without those that are empty."""
    return [pair for pair in pairs if pair[1]]


def split_lines(lines: Iterable[str]) -> list[tuple[str, str]]:
    """Return lines that begin with a time, two spaces apart, as pairs of it and the rest.

    An indented line belongs to the one before.

    >>> split_lines(["3 nov.          Visite  (c73ghvgw)", "    faisable"])
    [('3 nov.', 'Visite (c73ghvgw) faisable')]
    """
    found: list[tuple[str, str]] = []
    for line in lines:
        if line.startswith("    ") and found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}")
        else:
            when, _, what = line.partition("  ")
            found.append((when, join_columns(what)))
    return found


def message_blocks(facts: Facts) -> Iterator[Block]:
    """Yield a block for each message of a deal, with its whole text."""
    for place, each in enumerate(facts.opportunity.messages):
        state = settle_state(state_of_message(each), each.file, facts.mail_folder)
        heading, *_ = opportunity_page.format_message(each, facts.config, state)
        files = [f"+ {opportunity_page.describe_attachment(file)}" for file in each.attachments]
        text = "\n".join([(each.text or "").strip(), *files])
        yield Block("" if place else translate("Messages"), join_columns(heading), text=text or "–")


def anonymous_blocks(facts: Facts, moment: Moment, disclosure: Disclosure) -> Iterator[Block]:
    """Yield the blocks of a deal without any text that somebody typed."""
    deal, config = facts.opportunity, facts.config
    money, day = money_style(config), day_style(config)
    stage = config.stage(deal.stage)
    yield Block(
        pairs=keep_told(
            (
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
        )
    )
    kinds = {kind.id: kind.title for kind in config.activity_types}
    yield Block(
        translate("Activities"),
        pairs=[
            (
                day(each.due) or translate("no date"),
                " · ".join(
                    (kinds.get(each.type or "", "–"), translate(activity_state(each, moment.at, config)))
                ),
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
        pairs=[
            (clock_style(config)(each.at), titles[each.to])
            for each in deal.history
            if each.visit and each.to in titles
        ],
    )
