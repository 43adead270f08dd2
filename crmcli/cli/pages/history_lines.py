"""The lines of a history: what happened, with the names of people, stages, activities and mails."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from crmcli.cli.output.value_format import clock_style
from crmcli.cli.pages.page_parts import Lines, format_unknown_keys
from crmcli.domain.explain.event_words import describe_event
from crmcli.domain.explain.value_words import ValueWords
from crmcli.domain.localization.translations import translate
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts, keep_id
from crmcli.domain.model.record_types import Entry
from crmcli.domain.model.recorded_effects import name_parts


class EntryNames(msgspec.Struct, frozen=True):
    """What the ids in history entries stand for."""

    config: Config
    name_contact: Callable[[str], str] = keep_id
    parts: Mapping[str, str] = {}  # the names of activities and mails, by id

    @classmethod
    def of_deal(cls, facts: Facts) -> "EntryNames":
        """Return the names that the history of a deal needs."""
        return cls(facts.config, facts.name_contact, name_parts(facts.opportunity, facts.config))


def format_history(history: Iterable[Entry], names: EntryNames) -> Lines:
    """Yield the lines of a history, oldest entry first."""
    words = ValueWords(names.config, names.name_contact)
    for each in history:
        first, *rest = describe_event(each, words, names.parts).splitlines() or [""]
        by = f"  ({describe_author(each)})" if each.by or each.of else ""
        yield f"{clock_style(names.config)(each.at)}  {first}{by}{format_unknown_keys(each)}"
        yield from (f"    {line}" for line in rest)


def describe_author(entry: Entry) -> str:
    """Return who made an entry, and the record that it was taken over from by a merge."""
    if entry.by and entry.of:
        return translate("{user} of {record}", user=entry.by, record=entry.of)
    return entry.by or entry.of or ""
