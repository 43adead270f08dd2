"""Where the ids of the configuration stand in the YAML files of a workspace.

A place is named by its keys, with `*` for the items of a list: `stages.*.won_from.*`.
"""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum

from crmcli.domain.model.record_types import HistoryEvent
from crmcli.domain.renaming.renamed_id import NOTHING, IdKind, References, RenamedId
from crmcli.domain.renaming.template_references import FIELDS, find_in_condition, find_in_template, find_words


class FileKind(StrEnum):
    """The kind of a YAML file in a workspace."""

    CONFIG = "config"
    RECORD = "record"
    QUESTIONNAIRE = "questionnaire"
    SCENARIOS = "scenarios"
    RELEASE = "release"


NAMED_AS = {"stage": ("stage",), "type": ("type", "type_label")}  # keys of queries
MOVES = {*HistoryEvent} - {HistoryEvent.NOTE, HistoryEvent.RULE, HistoryEvent.SET, HistoryEvent.EDITED}
STAGES = r"(?:pipelines\.\*\.)?stages\.\*"
RULES = rf"(?:rules\.\*|referral\.on_success\.\*|{STAGES}\.(?:on_enter|on_exit|after)\.\*)"
ITEM = r"(?:\.\*)?"  # a list may be a single value
DEAL = {
    IdKind.STAGE: r"stage|history\.\*\.(?:from|to)",
    IdKind.TYPE: r"activities\.\*\.type",
    IdKind.FIELD: r"history\.\*\.did\.\*\.set",
}
WHOLE: dict[tuple[FileKind, IdKind], str] = {
    (FileKind.CONFIG, IdKind.STAGE): (
        rf"{STAGES}\.id|{STAGES}\.won_from{ITEM}|fields\.\*\.required_in{ITEM}"
        r"|ingest\.(?:default|routes\.\*)\.stage"
    ),
    (FileKind.CONFIG, IdKind.TYPE): (
        rf"activity_types\.\*\.(?:id|suggests|triggers)|{RULES}\.activity\.type|plans\.\*\.lines\.\*\.type"
    ),
    (FileKind.CONFIG, IdKind.FIELD): (
        rf"fields\.\*\.name|forms\.\*\.fields\.\*\.name|{STAGES}\.require{ITEM}|.*\.due\.from|.*\.date\.from"
    ),
    (FileKind.QUESTIONNAIRE, IdKind.FIELD): r"for\.field|sections\.\*\.questions\.\*\.sets",
    **{(FileKind.RECORD, kind): pattern for kind, pattern in DEAL.items()},
    (FileKind.SCENARIOS, IdKind.STAGE): (
        r"scenarios\.\*\.(?:record\.(?:stage|history\.\*\.(?:from|to))"
        r"|steps\.\*\.(?:move|hand|set\.stage|expect\.stage))"
    ),
    (FileKind.SCENARIOS, IdKind.TYPE): (
        r"scenarios\.\*\.(?:record\.activities\.\*\.type"
        r"|steps\.\*\.(?:done|cancel|expect\.activities\.\*\.type))"
    ),
    (FileKind.SCENARIOS, IdKind.FIELD): r"scenarios\.\*\.record\.history\.\*\.did\.\*\.set",
}
"""The values that are an id; a field may have the prefix `fields.`."""

KEYS: dict[FileKind, str] = {
    FileKind.CONFIG: rf"{RULES}\.set|mail\.form_fields",
    FileKind.RECORD: FIELDS,
    FileKind.SCENARIOS: r"scenarios\.\*\.(?:record\.fields|steps\.\*\.set)",
}
"""The mappings whose keys are custom fields."""

RULE_KEYS: dict[FileKind, str] = {
    FileKind.RECORD: r"(?:activities|rewards|history)\.\*\.rule|history\.\*\.rules\.\*",
    FileKind.SCENARIOS: r"scenarios\.\*\.record\.(?:activities|rewards|history)\.\*\.rule",
    FileKind.RELEASE: "rule",
}
"""The values that are the key of a rule; that of a rule of a stage begins with the stage."""

CONDITIONS = re.compile(r".*\.(?:when|ask_if)")
TEXTS = re.compile(r".*\.refused")  # a part of a message, which names ids
PROGRAMS = re.compile(r".*\.run(?:\.program)?|mail\.(?:program|password_command|token_command)")
QUERIES = re.compile(r"queries\..*|views\..*\.query")
COLUMNS = re.compile(rf"views\..*\.(?:sort|columns{ITEM})")
TEMPLATED = (FileKind.CONFIG, FileKind.QUESTIONNAIRE)


def references_in_value(
    file: FileKind, place: str, text: str, holder: Mapping[str, str], renamed: RenamedId
) -> References:
    """Return the references in a value of a YAML file; `holder` has the other texts of its mapping."""
    if renamed.old not in text:
        return NOTHING
    if is_whole(file, place, holder, renamed):
        return find_whole(text, renamed)
    if renamed.kind is IdKind.STAGE and re.fullmatch(RULE_KEYS.get(file, "-"), place):
        return References((0,)) if text.startswith(f"{renamed.old}.") else NOTHING
    return references_in_text(file, place, text, renamed)


def references_in_text(file: FileKind, place: str, text: str, renamed: RenamedId) -> References:
    """Return the references in a value other than an id: a condition, a template, a query, a program."""
    if file is FileKind.SCENARIOS and TEXTS.fullmatch(place):
        return References(tuple(find_words(text, renamed)))
    if file not in TEMPLATED:
        return NOTHING
    if CONDITIONS.fullmatch(place):
        return find_in_condition(text, renamed)
    if QUERIES.fullmatch(place):
        return find_in_query(text, renamed)
    if COLUMNS.fullmatch(place):
        return find_in_columns(text, renamed)
    if PROGRAMS.fullmatch(place):
        return References(doubtful=tuple(find_words(text, renamed)))
    return find_in_template(text, renamed, is_title=place == "title") if "{" in text else NOTHING


def references_in_key(file: FileKind, place: str, key: str, renamed: RenamedId) -> References:
    """Return the reference in a key of a mapping; `place` is that of the mapping."""
    if renamed.kind is not IdKind.FIELD or not re.fullmatch(KEYS.get(file, "-"), place):
        return NOTHING
    return find_whole(key, renamed)


def is_whole(file: FileKind, place: str, holder: Mapping[str, str], renamed: RenamedId) -> bool:
    """Tell whether a value is an id of this kind."""
    if not re.fullmatch(WHOLE.get((file, renamed.kind), "-"), place):
        return False
    return holder.get("event") in (None, *MOVES) or not place.endswith((".from", ".to"))


def find_whole(text: str, renamed: RenamedId) -> References:
    """Return the reference of a text that is the id; a field may have the prefix `fields.`."""
    if text == renamed.old:
        return References((0,))
    is_prefixed = renamed.kind is IdKind.FIELD and text == f"{FIELDS}.{renamed.old}"
    return References((len(FIELDS) + 1,)) if is_prefixed else NOTHING


def find_in_query(text: str, renamed: RenamedId) -> References:
    """Return the references in a query.

    >>> find_in_query("not:stage:new,won new sort:-field.new", RenamedId(IdKind.STAGE, "new", "asked"))
    References(sure=(10,), doubtful=())
    """
    found: list[int] = []
    for term in re.finditer(r"\S+", text):
        found += [term.start() + at for at in TERMS[renamed.kind](term[0], renamed)]
    return References(tuple(found))


def find_in_columns(text: str, renamed: RenamedId) -> References:
    """Return the references in names of columns, such as `-field.brand,title`."""
    if renamed.kind is not IdKind.FIELD:
        return NOTHING
    found = re.finditer(rf"(?<![\w.])fields?\.({re.escape(renamed.old)})(?![\w-])", text)
    return References(tuple(each.start(1) for each in found))


def find_in_term(term: str, renamed: RenamedId) -> list[int]:
    """Return the positions of a stage or a type in a term of a query."""
    keys = "|".join(NAMED_AS[renamed.kind])
    found = re.fullmatch(rf"(?:not:)?(?:{keys})(?:\.\w+)?:(.*)", term)
    rule = re.fullmatch(r"(?:not:)?rule(?:\.\w+)?:(.*)", term)
    if rule and renamed.kind is IdKind.STAGE and rule[1].startswith(f"{renamed.old}."):
        return [rule.start(1)]
    if not found:
        return []
    items = re.finditer(r"[^,'\\]+", found[1])
    return [found.start(1) + each.start() for each in items if each[0] == renamed.old]


def find_field_in_term(term: str, renamed: RenamedId) -> list[int]:
    """Return the positions of a custom field in a term of a query."""
    found = re.match(rf"(?:not:)?fields?\.({re.escape(renamed.old)})(?=[.:])", term)
    if found:
        return [found.start(1)]
    if not term.startswith("sort:"):
        return []
    return [
        each.start(1) for each in re.finditer(rf"[:,]-?fields?\.({re.escape(renamed.old)})(?=,|\Z)", term)
    ]


TERMS: dict[IdKind, Callable[[str, RenamedId], list[int]]] = {
    IdKind.STAGE: find_in_term,
    IdKind.TYPE: find_in_term,
    IdKind.FIELD: find_field_in_term,
}
