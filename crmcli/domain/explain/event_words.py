"""The events of histories in words."""

from collections.abc import Mapping

from crmcli.domain.explain.value_words import ValueWords, name_field
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.model.config import name_lost_reason
from crmcli.domain.model.record_types import Entry, HistoryEvent
from crmcli.domain.model.recorded_effects import describe_effects

MOVED = {
    HistoryEvent.STAGE: deferred("stage {before} → {after}"),
    HistoryEvent.HAND: deferred("edited in the file: {before} → {after}"),
    HistoryEvent.WON: deferred("won: {before} → {after}"),
    HistoryEvent.LOST: deferred("lost: {before} → {after}"),
    HistoryEvent.REOPENED: deferred("reopened: {before} → {after}"),
    HistoryEvent.QUALIFIED: deferred("qualified: {before} → {after}"),
    HistoryEvent.UNDONE: deferred("undone: {before} → {after}"),
    HistoryEvent.REDONE: deferred("redone: {before} → {after}"),
}
STAYED = {
    HistoryEvent.CREATED: deferred("created in {stage}"),
    HistoryEvent.STAGE: deferred("stage {stage}"),
    HistoryEvent.HAND: deferred("edited in the file, in {stage}"),
    HistoryEvent.WON: deferred("won in {stage}"),
    HistoryEvent.LOST: deferred("lost in {stage}"),
    HistoryEvent.REOPENED: deferred("reopened in {stage}"),
    HistoryEvent.QUALIFIED: deferred("qualified in {stage}"),
    HistoryEvent.UNDONE: deferred("undone, in {stage}"),
    HistoryEvent.REDONE: deferred("redone, in {stage}"),
}
NAMED = {
    HistoryEvent.CREATED: deferred("created"),
    HistoryEvent.WON: deferred("won"),
    HistoryEvent.LOST: deferred("lost"),
    HistoryEvent.REOPENED: deferred("reopened"),
    HistoryEvent.QUALIFIED: deferred("qualified"),
    HistoryEvent.UNDONE: deferred("undone"),
    HistoryEvent.REDONE: deferred("redone"),
}


def describe_event(entry: Entry, words: ValueWords, parts: Mapping[str, str]) -> str:
    """Return the event of a history entry in words; `parts` are names of activities and mails by id."""
    match entry.event:
        case HistoryEvent.NOTE:
            return translate("note, undone") if entry.text is None else entry.text
        case HistoryEvent.RULE:
            effects = describe_effects(entry.did, parts)
            return translate("rule {rule}: {effects}", rule=entry.rule, effects=effects)
        case HistoryEvent.SET:
            return describe_set(entry, words)
        case HistoryEvent.EDITED:
            field = name_field(entry.field or "")
            if not entry.did:
                return translate("{field} changed", field=field)
            effects = describe_effects(entry.did, parts)
            return translate("{field} changed: {effects}", field=field, effects=effects)
        case HistoryEvent.RESOLVED:
            fields = ", ".join(name_field(each) for each in (entry.field or "").split(", "))
            stage = words.spell_recorded("stage", entry.to)
            said = translate("conflict decided: {fields}", fields=fields)
            return f"{said} → {stage}" if entry.to else said
        case HistoryEvent.MERGED:
            return translate("merged with {records}", records=entry.text or ", ".join(entry.ids))
    return ", ".join(part for part in list_move_parts(entry, words, parts) if part)


def describe_set(entry: Entry, words: ValueWords) -> str:
    """Return in words that a field was set."""
    field = entry.field or ""
    before, after = (words.spell_recorded(field, text) for text in (entry.from_, entry.to))
    return translate("{field} {before} → {after}", field=name_field(field), before=before, after=after)


def list_move_parts(entry: Entry, words: ValueWords, parts: Mapping[str, str]) -> list[str]:
    """Return in words where a record went, why it was lost before, and what was done."""
    was = name_lost_reason(words.config, entry.was)
    return [
        describe_move(entry, words),
        translate("was lost: {reason}", reason=was) if was else "",
        describe_effects(entry.did, parts) if entry.did else "",
    ]


def describe_move(entry: Entry, words: ValueWords) -> str:
    """Return in words the stages of an entry."""
    event = HistoryEvent(entry.event) if entry.event in tuple(HistoryEvent) else None
    if event in MOVED and entry.from_ and entry.from_ != entry.to:
        before, after = words.name_stage(entry.from_), words.name_stage(entry.to)
        return translate(MOVED[event], before=before, after=after)
    if event in STAYED and entry.to:
        return translate(STAYED[event], stage=words.name_stage(entry.to))
    if event in NAMED:
        return translate(NAMED[event])
    place = f" {entry.from_} → {entry.to}" if entry.from_ else f" {entry.to}" if entry.to else ""
    return f"{entry.event}{place}"
