"""The message of a commit: what happened to which records, as people of the firm say it.

Git keeps messages for ever, also those about a person who is erased later. So they hold titles and names of
records, which stand in the names of their files anyway, and values that come from lists or are amounts and
days; texts of notes, mails, descriptions and answers never.
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from crmcli.domain.explain.value_words import RECORDED, ValueWords
from crmcli.domain.localization.translations import deferred, deferred_plural
from crmcli.domain.merging.redacted_command import redact_command
from crmcli.domain.model.config import Config
from crmcli.domain.model.fields import Content, FieldSpec, value_at, walk_fields
from crmcli.domain.model.record_names import title_of
from crmcli.domain.model.record_types import (
    Activity,
    Contact,
    Direction,
    HistoryEvent,
    Kind,
    Message,
    Opportunity,
    State,
)
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.values.list_entries import find_label
from crmcli.domain.values.visible_text import visible

SUBJECT, LINE, MOST_LINES = 72, 200, 60  # characters, characters, lines
SHORTEST_TITLE = 12
TOLD_APART = {"schema", "id", "kind", "title", "stage", "lost", "created", "closed", "contact_unsure"}
TOLD_AS_PARTS = {"history", "tags", "activities", "messages", "rewards", "files"}
SPELLED = {None, Content.USER, Content.TAG, Content.CAMPAIGN, Content.MEDIUM, Content.SOURCE}
"""The contents of fields whose values a message may tell; None: amounts, days and numbers."""
CREATED = {
    Kind.LEAD: deferred("lead created in {stage}"),
    Kind.OPPORTUNITY: deferred("opportunity created in {stage}"),
}
STATES = {
    State.PLANNED: deferred("{activity} planned"),
    State.DONE: deferred("{activity} done"),
    State.CANCELLED: deferred("{activity} cancelled"),
}
OPPORTUNITIES = deferred_plural("{count} opportunity", "{count} opportunities")
CONTACTS = deferred_plural("{count} contact", "{count} contacts")
FILES = deferred_plural("{count} file", "{count} files")
MORE = deferred_plural("and {count} more", "and {count} more")
Record = Opportunity | Contact


class RecordChange(msgspec.Struct, frozen=True):
    """A record before and after; None where it does not exist, or cannot be read."""

    path: str
    before: Record | None = None
    after: Record | None = None


class CommitMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a message is made of."""

    config: Config
    user: str = ""
    command: str = ""
    changes: tuple[RecordChange, ...] = ()  # the first ones
    number_of_records: int = 0
    other_files: tuple[str, ...] = ()
    earlier: tuple[tuple[str, str], ...] = ()  # commands, with their users, that are committed only now
    is_erasure: bool = False
    is_merge: bool = False  # of what another clone has changed
    subject: str = ""  # instead of one from the changes


def write_message(message: CommitMessage) -> str:
    """Return the text of a commit message: subject, what happened in detail, and trailers."""
    subject, body = describe_change(message)
    language = message.config.language
    if message.is_merge:
        subject = shorten(language.translate("merged: {what}", what=subject), SUBJECT)
    lines = [*body, *(f"+ {redact_command(command)} ({user})" for command, user in message.earlier)]
    if len(lines) > MOST_LINES:
        rest = language.translate_plural(*MORE, len(lines) - MOST_LINES)
        lines = [*lines[:MOST_LINES], rest]
    trailers = [f"Crm-User: {visible(message.user)}"] if message.user else []
    trailers += [f"Crm-Command: {visible(redact_command(message.command))}"] if message.command else []
    parts = [subject, "\n".join(shorten(visible(line), LINE) for line in lines), "\n".join(trailers)]
    return "\n\n".join(part for part in parts if part) + "\n"


def describe_change(message: CommitMessage) -> tuple[str, list[str]]:
    """Return the subject and the lines below it."""
    told = [(each, list(ChangeTeller(message.config).tell(each))) for each in message.changes]
    if message.subject or message.is_erasure:
        erased = message.config.language.translate("personal data erased")
        return message.subject or erased, []
    deals = [each for each in told if "/opportunities/" in each[0].path] or told
    if len(deals) == 1 and len(told) == message.number_of_records:
        [(change, lines)] = deals
        first, *others = lines or [message.config.language.translate("changed")]
        people = [f"{name_change(each)}: {'; '.join(said)}" for each, said in told if each is not change]
        return title_line(name_change(change), first), [*others, *people]
    subject = shorten(visible(count_records(message, told)), SUBJECT)
    return subject, [f"{name_change(each)}: {'; '.join(lines)}" for each, lines in told]


def count_records(message: CommitMessage, told: Sequence[tuple[RecordChange, Sequence[str]]]) -> str:
    """Return the subject of a change to several records, or to none: how many, and what is common."""
    language = message.config.language
    if not told:
        names = ", ".join(path.rpartition("/")[2] for path in message.other_files)
        many = language.translate_plural(*FILES, len(message.other_files))
        return names if len(names) <= SUBJECT and message.other_files else many
    contacts = sum("/contacts/" in each.path for each, _ in told)
    if len(told) < message.number_of_records:  # the rest of a large change is of the same kind
        contacts = message.number_of_records if contacts == len(told) else contacts
    counts = ((OPPORTUNITIES, message.number_of_records - contacts), (CONTACTS, contacts))
    subject = ", ".join(language.translate_plural(*form, count) for form, count in counts if count)
    common = [line for line in told[0][1] if all(line in lines for _, lines in told)]
    return f"{subject}: {'; '.join(common)}" if common else subject


def name_change(change: RecordChange) -> str:
    """Return the title or name of a record with its id."""
    record = change.after or change.before
    if record is None:
        return change.path.rpartition("/")[2]
    title = title_of(record)
    return f"{' '.join(title.split())} ({record.id})" if record.id else " ".join(title.split())


def title_line(name: str, what: str) -> str:
    """Return `name: what` in at most 72 characters; the title gives way first, the id stays.

    >>> title_line("Poêle Rika (k7f3q9mx)", "Devis envoyé → Gagné")
    'Poêle Rika (k7f3q9mx): Devis envoyé → Gagné'
    >>> title_line("Remplacement d'un poêle à bois ancien (k7f3q9mx)", "Contact établi → Devis envoyé")
    "Remplacement d'un poêle à boi… (k7f3q9mx): Contact établi → Devis envoyé"
    """
    name, what = visible(name), visible(what)
    title, mark, id = name.rpartition(" (")
    room = SUBJECT - len(mark + id) - len(f": {what}")
    if len(title) > room and title:
        title = shorten(title, max(room, SHORTEST_TITLE))
    return shorten(f"{title}{mark}{id}: {what}", SUBJECT)


def shorten(text: str, most: int) -> str:
    """Return a text of at most so many characters."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


class ChangeTeller:
    """Tells what changed in a record, in the language of the workspace."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.translate: Callable[..., str] = config.language.translate

    def tell(self, change: RecordChange) -> Iterator[str]:
        """Yield what happened to a record, the most important first."""
        before, after = change.before, change.after
        if after is None:
            yield self.translate("deleted") if before is not None else self.translate("changed")
            return
        if isinstance(after, Opportunity):
            yield from self.tell_standing(before if isinstance(before, Opportunity) else None, after)
        elif before is None:
            yield self.translate("contact created")
        if before is not None and type(before) is type(after):
            yield from self.tell_fields(before, after)
        yield from self.tell_tags(before, after)
        if isinstance(after, Opportunity):
            yield from self.tell_parts(
                before if isinstance(before, Opportunity) else Opportunity(title=""), after
            )
        yield from self.tell_events(before, after)

    def tell_standing(self, before: Opportunity | None, after: Opportunity) -> Iterator[str]:
        """Yield that a deal was created, moved, won, lost, reopened or qualified."""
        stages = [self.name_stage(each) for each in (before, after) if each]
        if before is None:
            yield self.translate(CREATED[after.kind], stage=stages[-1])
            return
        was, now = status_of(before, self.config), status_of(after, self.config)
        if before.stage != after.stage:
            yield f"{stages[0]} → {stages[1]}"
        if was != now and now is Status.LOST:
            reason = find_label(self.config.lost_reasons, after.lost or "")
            yield self.translate("lost ({reason})", reason=reason)
        elif was is Status.LOST and now is Status.OPEN:
            yield self.translate("reopened")
        if before.kind != after.kind and after.kind is Kind.OPPORTUNITY:
            yield self.translate("lead qualified")

    def name_stage(self, deal: Opportunity) -> str:
        """Return the label of a deal's stage."""
        first = next((each.id for each in self.config.stages), None)
        return ValueWords(self.config).name_stage(deal.stage or first)

    def tell_fields(self, before: Record, after: Record) -> Iterator[str]:
        """Yield the changed plain fields; free texts by their names only."""
        title = "title" if isinstance(after, Opportunity) else "name"
        for path, spec in walk_fields(type(after)):
            if path in TOLD_APART - {title} or path in TOLD_AS_PARTS:
                continue
            old, new = value_at(before, path), value_at(after, path)
            if old != new and not spec.is_part:
                yield self.tell_field(path, spec, old, new)

    def tell_field(self, path: str, spec: FieldSpec, old: object, new: object) -> str:
        """Return that a field changed; with its values unless they are free texts."""
        name = self.translate(path)
        if not spec.is_plain or spec.content not in SPELLED:
            return self.translate("{field} changed", field=name)
        was, now = (self.spell(path, value) for value in (old, new))
        return self.translate("{field} {before} → {after}", field=name, before=was, after=now)

    def spell(self, path: str, value: object) -> str:
        """Return a value by the locale of the workspace."""
        if value is None or value == "":
            return self.translate("none")
        return ValueWords(self.config).spell_recorded(path, str(value)) if path in RECORDED else str(value)

    def tell_tags(self, before: Record | None, after: Record) -> Iterator[str]:
        """Yield the tags that were added and removed."""
        old, new = set(before.tags if before else ()), set(after.tags)
        signs = [f"+{each}" for each in sorted(new - old)] + [f"-{each}" for each in sorted(old - new)]
        if signs:
            yield self.translate("tag {tags}", tags=" ".join(signs))

    def tell_parts(self, before: Opportunity, after: Opportunity) -> Iterator[str]:
        """Yield what happened to activities, messages, rewards and files."""
        known = {each.id: each for each in before.activities}
        for activity in after.activities:
            yield from self.tell_activity(known.get(activity.id), activity)
        messages = {each.id: each for each in before.messages}
        for message in after.messages:
            yield from self.tell_message(messages.get(message.id), message)
        rewards = {each.id: each.state for each in before.rewards}
        for reward in after.rewards:
            if rewards.get(reward.id) != reward.state:
                yield self.translate(
                    "reward {id} {state}", id=reward.id, state=self.translate(str(reward.state))
                )
        if {each.id for each in before.files} != {each.id for each in after.files}:
            yield self.translate("{field} changed", field=self.translate("files"))

    def tell_activity(self, before: Activity | None, after: Activity) -> Iterator[str]:
        """Yield that an activity was planned, closed or changed."""
        kind = self.config.activity_type(after.type)
        name = kind.title if kind else after.type or self.translate("activity")
        if before is None or before.state != after.state:
            due = f" ({after.due.isoformat()})" if after.due and after.state is State.PLANNED else ""
            yield self.translate(STATES[after.state], activity=name) + due
        elif before != after:
            yield self.translate("{field} changed", field=name)

    def tell_message(self, before: Message | None, after: Message) -> Iterator[str]:
        """Yield that a mail came in, was queued, was sent or withdrawn."""
        if before is None:
            is_in = after.direction is Direction.IN
            yield self.translate("e-mail received") if is_in else self.translate("e-mail queued")
        elif after.sent and not before.sent:
            yield self.translate("e-mail sent")
        elif after.withdrawn and not before.withdrawn:
            yield self.translate("e-mail withdrawn")

    def tell_events(self, before: Record | None, after: Record) -> Iterator[str]:
        """Yield notes, rules, merges and undoings, which stand in the history alone."""
        for entry in after.history[len(before.history) if before else 0 :]:
            if entry.event == HistoryEvent.NOTE:
                yield self.translate("note {id}", id=entry.id or "")
            elif entry.event == HistoryEvent.RULE:
                yield self.translate("rule {rule}", rule=entry.rule or "")
            elif entry.event == HistoryEvent.MERGED:
                yield self.translate("merged with {records}", records=", ".join(entry.ids))
            elif entry.event == HistoryEvent.UNDONE:
                yield self.translate("undone")
            elif entry.event == HistoryEvent.REDONE:
                yield self.translate("redone")
