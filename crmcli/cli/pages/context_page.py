"""The page of `crm context`: the phone first, then where the deal stands and what a call will be about."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from crmcli.cli.output.value_format import clock_style, day_style, phones_style
from crmcli.cli.pages.opportunity_page import format_deal_heading, format_person, list_planned
from crmcli.cli.pages.page_parts import format_section, join_parts
from crmcli.domain.localization.translations import deferred, translate, translate_plural
from crmcli.domain.model.changes import Moment
from crmcli.domain.model.config import Config
from crmcli.domain.model.history import stage_since
from crmcli.domain.values.visible_text import visible
from crmcli.operations.reporting.context import Briefing

MARKUP = re.compile(r"[\\`*_\[\]<>&~|#]")  # wherever it stands
LEADING = re.compile(r"^([0-9]{0,9})([.)+=-])")  # at the beginning of a line
MOST_QUESTIONS = 6
ADDRESS = re.compile(r"(?<=\S) <[^<>]{1,200}>")  # after a name
WHAT = {
    "received": deferred("received from {who}"),
    "sent": deferred("sent to {who}"),
    "note": deferred("note of {who}"),
}
Section = tuple[str, list[str]]


def format_context_page(briefing: Briefing, moment: Moment) -> str:
    """Return the briefing as a page."""
    parts: list[Iterable[str]] = [list_reach(briefing), list_standing(briefing, moment)]
    parts += [format_section(title, lines) for title, lines in list_sections(briefing, moment)]
    return join_parts(parts)


def format_context_markdown(briefing: Briefing, moment: Moment) -> str:
    """Return the briefing in Markdown; texts of others cannot be markup in it."""
    heading, *standing = list_standing(briefing, moment)
    blocks = [f"# {escaped(heading)}"]
    blocks += ["  \n".join(escaped(line) for line in (*list_reach(briefing), *standing))]
    for title, lines in list_sections(briefing, moment):
        if lines:
            blocks += [f"## {title}", "\n".join(f"- {escaped(line.strip())}" for line in lines)]
    return "\n\n".join(blocks) + "\n"


def escaped(line: str) -> str:
    """Return a line in which nothing is markup, and no character controls a terminal.

    What is markup nowhere in a line stays readable as it is (CommonMark 0.31, section 2.4).

    >>> print(escaped("1. *x* <b>, 8 000,00 €, a.b@example.org"))
    1\\. \\*x\\* \\<b\\>, 8 000,00 €, a.b@example.org
    """
    return LEADING.sub(r"\1\\\2", MARKUP.sub(r"\\\g<0>", visible(line).strip()))


def list_reach(briefing: Briefing) -> Iterator[str]:
    """Yield how to reach the contact: the phones alone in the first line."""
    facts = briefing.facts
    if facts.contact is None:
        yield translate("no contact")
        return
    if facts.contact.phones:
        yield phones_style(facts.config)(facts.contact.phones)
    yield format_person(facts.contact, facts.company, facts.config)


def list_standing(briefing: Briefing, moment: Moment) -> Iterator[str]:
    """Yield where the deal stands, and since when."""
    facts = briefing.facts
    yield from format_deal_heading(facts.opportunity, facts.contact, facts.config, moment)
    since = stage_since(facts.opportunity)
    if since is not None:
        days = (moment.at - since).days
        when = translate_plural("for {count} day", "for {count} days", days)
        yield translate("in this stage since {day}, {when}", day=day_style(facts.config)(since), when=when)
    if facts.opportunity.description:
        yield facts.opportunity.description.strip().splitlines()[0]


def list_sections(briefing: Briefing, moment: Moment) -> Iterator[Section]:
    """Yield the sections with their lines."""
    yield translate("To do"), list(list_planned(briefing.facts, moment))
    yield translate("Last contacts"), list(list_contacts(briefing))
    yield translate("Open questions"), list(list_questions(briefing))
    yield translate("What the rules will do"), list(list_rules(briefing))


def list_contacts(briefing: Briefing) -> Iterator[str]:
    """Yield a line for each of the last contacts."""
    config = briefing.facts.config
    times = pad_times([each.at for each in briefing.contacts], config)
    for each, time in zip(briefing.contacts, times, strict=True):
        kind = config.activity_type(each.what)
        who = ADDRESS.sub("", each.who or "?")  # the address stands at the top of the page
        label = (
            kind.title if kind else translate(WHAT[each.what], who=who) if each.what in WHAT else each.what
        )
        text = " ".join(each.text.split())
        yield f"{time}  {translate('{label}: {text}', label=label, text=text) if text else label}"


def pad_times(times: Sequence[datetime], config: Config) -> list[str]:
    """Return times as people read them, all of them equally wide."""
    shown = [clock_style(config)(each) for each in times]
    return [each.ljust(max(map(len, shown))) for each in shown]


def list_questions(briefing: Briefing) -> Iterator[str]:
    """Yield the questions that are asked and not answered, required ones first and marked."""
    for each in briefing.questions[:MOST_QUESTIONS]:
        yield f"{each.question.label}{' *' if each.question.required else ''}"
    more = len(briefing.questions) - MOST_QUESTIONS
    if more > 0:
        yield translate_plural("{count} more question", "{count} more questions", more)


def list_rules(briefing: Briefing) -> Iterator[str]:
    """Yield a line for each rule that will fire if nothing happens."""
    times = pad_times([each.at for each in briefing.rules], briefing.facts.config)
    for each, time in zip(briefing.rules, times, strict=True):
        yield f"{time}  {translate('{label}: {text}', label=each.rule, text=each.does)}"
