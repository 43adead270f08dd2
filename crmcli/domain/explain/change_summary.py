"""Summary of a change in lines of text, after the change or before it with `--dry-run`."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec

from crmcli.domain.localization.locale import day_text, money_text
from crmcli.domain.model.changes import Change, MoveMail, QueueMail
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import keep_id
from crmcli.domain.model.fields import Content, FieldSpec, value_at, walk_fields
from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.record_types import (
    Activity,
    Direction,
    Entry,
    HistoryEvent,
    KeptFile,
    Message,
    Opportunity,
    State,
)
from crmcli.domain.model.recorded_effects import NOTHING, describe_effect, describe_effects, is_uncertain
from crmcli.domain.model.status import probability_of, status_of
from crmcli.domain.values.values import Plain


class Wording(msgspec.Struct, frozen=True):
    """Formatting of values: as in files, or in a locale."""

    locale: Config | None = None
    name_contact: Callable[[str], str] = keep_id

    def __call__(self, value: object) -> str:
        """Return a value on one line."""
        if isinstance(value, list | tuple):
            return ", ".join([self(each) for each in value]) or "none"
        if self.locale is not None and isinstance(value, Decimal):
            return money_text(value, self.locale)
        if self.locale is not None and isinstance(value, date) and not isinstance(value, datetime):
            return day_text(value, self.locale)
        text = value.text if isinstance(value, Plain) else str(value)
        return "none" if value is None or value == "" else text.strip().partition("\n")[0]


AS_IN_FILES = Wording()
TOLD_APART = {
    "schema",
    "id",
    "kind",
    "stage",
    "lost",
    "probability",
    "created",
    "closed",
}  # shown by `describe_status_change`


def summarize_change(made: Change, config: Config, written: Wording = AS_IN_FILES) -> list[str]:
    """Return one line per difference after the change, the record first."""
    after = made.after
    lines = [f"{after.id}  {after.title}"]
    lines += [f"  {line}" for line in list_differences(made.before, after, config, written)]
    lines += [f"  {describe_written_mail(mail)}" for mail in list_written(made)]
    if len(lines) == 1 and not made.mails:
        lines.append("  nothing changed" if made.before == after else "  changed")
    lines += [f"  {describe_queued_mail(mail)}" for mail in made.mails]
    lines += [f"  {describe_moved_mail(mail)}" for mail in made.moved_mails]
    lines += [
        f"  program {program.action.program} runs after the change is stored" for program in made.programs
    ]
    return lines


def list_written(made: Change) -> Iterator[Message]:
    """Yield the mails that a person wrote in a change, which come from no template."""
    known = {each.id for each in made.before.messages} if made.before else set()
    known |= {mail.message for mail in made.mails}
    for each in made.after.messages:
        if each.direction is Direction.OUT and each.id not in known:
            yield each


def describe_written_mail(mail: Message) -> str:
    """Return a line about a mail that a person wrote."""
    return f"mail {mail.id} queued: « {mail.subject} » to {mail.to}"


def describe_queued_mail(mail: QueueMail) -> str:
    """Return a line about a queued e-mail."""
    to = f" for {mail.user}" if mail.user else ""
    return f"mail {mail.message} queued from template {mail.template}{to}"


def describe_moved_mail(mail: MoveMail) -> str:
    """Return a line about a mail that was withdrawn, or queued again."""
    word = "withdrawn" if mail.to is MailFolder.WITHDRAWN else "queued again"
    return f"mail {mail.message} « {mail.subject} » {word}"


def list_differences(
    before: Opportunity | None, after: Opportunity, config: Config, written: Wording
) -> Iterator[str]:
    """Yield a line for each difference, except for e-mails."""
    yield from describe_status_change(before, after, config)
    if before is not None:
        yield from list_changed_fields(before, after, written)
    old = {each.id: each for each in before.activities} if before else {}
    for each in after.activities:
        yield from describe_activity_change(old.get(each.id), each, written)
    yield from describe_files(before.files if before else (), after.files)
    count = len(before.history) if before else 0
    yield from (line for entry in after.history[count:] for line in list_history_lines(entry))


def describe_files(before: Sequence[KeptFile], after: Sequence[KeptFile]) -> Iterator[str]:
    """Yield a line for each file that was added to a record, or removed."""
    known, kept = ({each.id for each in side} for side in (before, after))
    yield from (f"file {each.id} « {each.name} » kept" for each in after if each.id not in known)
    yield from (f"file {each.id} « {each.name} » removed" for each in before if each.id not in kept)


def describe_status_change(before: Opportunity | None, after: Opportunity, config: Config) -> Iterator[str]:
    """Yield lines about a change of stage, outcome, probability or kind."""
    chance, provenance = probability_of(after, config)
    now = f"{after.stage}, {chance.normalize():f} %" + (" (manual)" if provenance == "manual" else "")
    stands = status_of(after, config)
    if stands != "open":
        now = f"{now}, {stands}" + (f" ({after.lost})" if after.lost else "")
    if before is None:
        yield f"{after.kind} in {now}"
        return
    was, _ = probability_of(before, config)
    if (before.stage, before.lost) != (after.stage, after.lost):
        yield f"{before.stage} → {now}" if before.stage != after.stage else now
    elif was != chance:
        yield f"probability {was.normalize():f} % → {chance.normalize():f} %"
    if before.kind != after.kind:
        yield f"{before.kind} → {after.kind}"


def list_changed_fields(before: Opportunity, after: Opportunity, written: Wording) -> Iterator[str]:
    """Yield a line for each changed plain field, custom field, answer, reward and tag."""
    for path, spec in walk_fields(Opportunity):
        if spec.is_plain and path not in TOLD_APART:
            old, new = (value_at(deal, path) for deal in (before, after))
            if old != new:
                yield f"{path} {spell_field(old, spec, written)} → {spell_field(new, spec, written)}"
    for name in dict.fromkeys([*before.fields, *after.fields]):
        old, new = before.fields.get(name), after.fields.get(name)
        if old != new:
            yield f"{name} {written(old)} → {written(new)}"
    yield from list_changed_answers(before, after, written)
    yield from list_changed_rewards(before, after, written)
    if added := sorted(set(after.tags) - set(before.tags)):
        yield f"tagged {', '.join(added)}"
    if removed := sorted(set(before.tags) - set(after.tags)):
        yield f"untagged {', '.join(removed)}"


def spell_field(value: object, spec: FieldSpec, written: Wording) -> str:
    """Return the value of a field on one line; a contact with their name."""
    text = written(value)
    if spec.content is not Content.CONTACT or not isinstance(value, str):
        return text
    name = written.name_contact(value)
    return text if name == value else f"{name} ({value})"


def list_changed_answers(before: Opportunity, after: Opportunity, written: Wording) -> Iterator[str]:
    """Yield a line for each answer that was added, changed or removed."""
    given = [deal.project.answers if deal.project else {} for deal in (before, after)]
    for id in dict.fromkeys([*given[0], *given[1]]):
        old, new = (answers.get(id) for answers in given)
        if old != new:
            yield f"answers.{id} {written(old)} → {written(new)}"


def list_changed_rewards(before: Opportunity, after: Opportunity, written: Wording) -> Iterator[str]:
    """Yield a line for each reward that was granted or changed its state."""
    old = {each.id: each.state for each in before.rewards}
    for each in after.rewards:
        if old.get(each.id) != each.state:
            to = written.name_contact(each.to) if each.to else "nobody"
            yield f"reward {each.id}, {written(each.amount or each.kind)}, to {to}: {each.state}"


def describe_activity_change(before: Activity | None, after: Activity, written: Wording) -> Iterator[str]:
    """Yield a line about an activity that was planned, closed or edited."""
    what = f"activity {after.id} {after.type} « {after.summary or after.type} »"
    time = f" {after.time}" if after.time else ""
    due = f", due {written(after.due)}{time}" if after.due else ""
    who = f", for {after.assignee}" if after.assignee else ""
    if before is None:
        yield f"planned {what}{due}{who}"
    elif before.state is not State.PLANNED and after.state is State.PLANNED:
        yield f"planned again {what}{due}{who}"
    elif before.state != after.state:
        word = "done" if after.state is State.DONE else str(after.state)
        why = f" ({after.reason})" if after.reason else ""
        yield f"{word} {what}{why}"
    elif before != after:
        yield f"{what}: {', '.join(list_amendments(before, after, written))}"


def list_amendments(before: Activity, after: Activity, written: Wording) -> Iterator[str]:
    """Yield the changed fields of an activity whose state did not change."""
    for name in after.__struct_fields__:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield f"{name} {written(old)} → {written(new)}"


def list_history_lines(entry: Entry) -> Iterator[str]:
    """Yield a line about a new history entry, if it is not shown otherwise."""
    if entry.event == HistoryEvent.RULE:
        did = ["a program" if is_uncertain(each) else describe_effect(each) for each in entry.did]
        yield f"rule {entry.rule}: {', '.join(did) or NOTHING}"
    elif entry.event == HistoryEvent.NOTE:
        yield f"note {entry.id}"
    elif entry.event == HistoryEvent.HAND:
        yield f"stage edited in the file: {entry.from_ or 'none'} → {entry.to}"
    elif entry.did and entry.event != HistoryEvent.EDITED:  # its effects are told with the fields
        yield describe_effects(entry.did)
