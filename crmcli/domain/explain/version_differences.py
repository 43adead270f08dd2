"""The differences of two versions of a record, a line each, with names for ids and without long texts."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from crmcli.domain.explain.change_summary import (
    Wording,
    describe_activity_change,
    describe_difference,
    describe_files,
    list_changed_rewards,
    spell_fields,
)
from crmcli.domain.explain.value_words import ValueWords, name_field
from crmcli.domain.localization.translations import translate
from crmcli.domain.model.fields import Content, FieldSpec, value_at, walk_fields
from crmcli.domain.model.record_types import Contact, Opportunity
from crmcli.domain.records.contact_fields import format_address

Record = Opportunity | Contact
TOLD_BY_HISTORY = {
    *("schema", "id", "kind", "stage", "lost", "created", "closed", "probability"),
    *("history", "messages", "activities", "rewards", "files"),
}
MOST = 60  # characters of a value


class Difference(NamedTuple):
    """A difference: the part of the record and its id, or the field, and what to say."""

    part: str  # `field`, or a list of the record
    key: str
    text: str
    kind: str = "changed"


def list_version_differences(before: Record, after: Record, values: ValueWords) -> Iterator[Difference]:
    """Yield the differences of two versions, except for what a history always records."""
    if type(before) is not type(after):
        return
    written = Wording(values.config, values.name_contact)
    for path, spec in walk_fields(type(after)):
        if path not in TOLD_BY_HISTORY:
            old, new = value_at(before, path), value_at(after, path)
            if old != new:
                yield from compare_field(path, spec, old, new, written)
    if isinstance(before, Opportunity) and isinstance(after, Opportunity):
        yield from compare_parts(before, after, written)


def compare_field(path: str, spec: FieldSpec, old: Any, new: Any, written: Wording) -> Iterator[Difference]:
    """Yield the differences of a field, by item where it is a list and by key where it is a mapping."""
    name = name_field(path)
    if spec.is_open:
        for key in dict.fromkeys([*(old or {}), *(new or {})]):
            was, now = ((each or {}).get(key) for each in (old, new))
            if was != now:
                label = written.name_custom(key) if path == "fields" else name_field(f"answers.{key}")
                yield Difference("field", f"{path}.{key}", tell_values(label, was, now, written))
    elif spec.is_list and not spec.is_part:
        signs = [f"+{each}" for each in new or () if each not in (old or ())]
        signs += [f"-{each}" for each in old or () if each not in (new or ())]
        for sign in signs:
            yield Difference("field", sign if path == "tags" else path, f"{name} {shorten_line(sign)}")
    elif spec.is_list:
        was, now = (" / ".join(map(format_address, each or ())) for each in (old, new))
        yield Difference("field", path, tell_values(name, was, now, written))
    else:
        yield Difference("field", path, tell_plain(name, spec, old, new, written))


def tell_plain(name: str, spec: FieldSpec, old: object, new: object, written: Wording) -> str:
    """Return that a single value changed; a contact by name."""
    if isinstance(old, str) and isinstance(new, str) and ("\n" in old.strip() or "\n" in new.strip()):
        return translate("{field} changed: {text}", field=name, text=find_first_change(old, new))
    spelled = zip((old, new), spell_fields((old, new), spec, written), strict=True)
    is_text = spec.content is Content.TEXT
    was, now = (shorten_line(raw if is_text and isinstance(raw, str) else text) for raw, text in spelled)
    return describe_difference(name, was, now)


def tell_values(name: str, old: object, new: object, written: Wording) -> str:
    """Return that a value changed."""
    was, now = (shorten_line(written(each)) for each in (old, new))
    return describe_difference(name, was, now)


def find_first_change(old: str, new: str) -> str:
    """Return the first line of a text that the other one lacks, marked as added or removed.

    >>> find_first_change("Cour", "Cour, clé chez la voisine")
    '« Cour, clé chez la voisine »'
    """
    known, kept = set(old.splitlines()), set(new.splitlines())
    added = next((line for line in new.splitlines() if line.strip() and line not in known), "")
    removed = next((line for line in old.splitlines() if line.strip() and line not in kept), "")
    return f"« {shorten_line(added)} »" if added else f"-« {shorten_line(removed)} »"


def shorten_line(text: str) -> str:
    """Return the first line of a text in at most so many characters as a story has room for."""
    first, *more = text.strip().splitlines() or [""]
    is_long = len(first) > MOST
    return f"{first[:MOST].rstrip()}…" if is_long else f"{first} …" if more else first


def compare_parts(before: Opportunity, after: Opportunity, written: Wording) -> Iterator[Difference]:
    """Yield the differences of activities, rewards and files."""
    known = {each.id: each for each in before.activities}
    for activity in after.activities:
        for line in describe_activity_change(known.get(activity.id), activity, written):
            yield Difference("activities", activity.id or "", shorten_parts(line), "activity")
    kept = {each.id for each in after.activities}
    for gone in before.activities:
        if gone.id not in kept:
            what = f"{gone.id} « {gone.summary or written.name_type(gone.type)} »"
            said = translate("removed activity {activity}", activity=what)
            yield Difference("activities", gone.id or "", said, "activity")
    old = {each.id: each.state for each in before.rewards}
    changed = [each for each in after.rewards if old.get(each.id) != each.state]
    for reward, line in zip(changed, list_changed_rewards(before, after, written), strict=True):
        yield Difference("rewards", reward.id or "", line, "reward")
    for line in describe_files(before.files, after.files):
        yield Difference("files", "files", line, "file")


def shorten_parts(line: str) -> str:
    """Return a line of at most three values' length."""
    return line if len(line) <= 3 * MOST else f"{line[: 3 * MOST].rstrip()}…"
