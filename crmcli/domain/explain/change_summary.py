"""Summary of a change in lines of text, after the change or before it with `--dry-run`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec

from crmcli.domain.explain.value_words import ValueWords, name_activity_field, name_field
from crmcli.domain.localization.locale import day_text, money_text
from crmcli.domain.localization.translations import deferred, translate
from crmcli.domain.model.changes import Change, MoveMail, QueueMail
from crmcli.domain.model.config import Config, name_lost_reason
from crmcli.domain.model.deal_context import keep_id
from crmcli.domain.model.fields import Content, FieldSpec, value_at, walk_fields
from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.record_types import (
    Activity,
    Direction,
    Entry,
    HistoryEvent,
    KeptFile,
    Kind,
    Message,
    Opportunity,
    State,
)
from crmcli.domain.model.recorded_effects import (
    NOTHING,
    describe_effect,
    describe_effects,
    is_uncertain,
    name_parts,
)
from crmcli.domain.model.status import Provenance, Status, probability_of, status_of
from crmcli.domain.values.values import Plain

CREATED_IN = {Kind.LEAD: deferred("lead in {stage}"), Kind.OPPORTUNITY: deferred("opportunity in {stage}")}
CLOSED = {
    State.DONE: deferred("done activity {activity}"),
    State.CANCELLED: deferred("cancelled activity {activity}"),
}


class Wording(msgspec.Struct, frozen=True):
    """Formatting of values: as in files, or in a locale."""

    locale: Config | None = None
    name_contact: Callable[[str], str] = keep_id
    hides_ids: bool = False  # of what a change would make: only the change itself gives those that count

    def __call__(self, value: object) -> str:
        """Return a value on one line."""
        if isinstance(value, list | tuple):
            return ", ".join([self(each) for each in value]) or translate("none")
        if self.locale is not None and isinstance(value, Decimal):
            return money_text(value, self.locale)
        if self.locale is not None and isinstance(value, date) and not isinstance(value, datetime):
            return day_text(value, self.locale)
        text = value.text if isinstance(value, Plain) else str(value)
        return translate("none") if value is None or value == "" else text.strip().partition("\n")[0]

    def name_stage(self, id: str | None) -> str:
        """Return the label of a stage for people; in files its id."""
        if self.locale is None:
            return id or ""
        return ValueWords(self.locale).name_stage(id)

    def name_lost(self, id: str) -> str:
        """Return the label of a lost reason for people; in files its id."""
        return name_lost_reason(self.locale, id) if self.locale else id

    def name_custom(self, name: str) -> str:
        """Return the label of a custom field for people; in files its name."""
        field = self.locale.custom_field(name) if self.locale else None
        return field.label if field and field.label else name

    def name_type(self, id: str | None) -> str:
        """Return the label of a type of activity for people; in files its id."""
        kind = self.locale.activity_type(id) if self.locale else None
        return kind.title if kind else id or ""


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
    templates = {mail.message: f"« {mail.template} »" for mail in made.mails}
    lines += [f"  {line}" for line in list_differences(made.before, after, config, written, templates)]
    lines += [f"  {describe_written_mail(mail)}" for mail in list_written(made)]
    if len(lines) == 1 and not made.mails:
        said = translate("nothing changed") if made.before == after else translate("changed")
        lines.append(f"  {said}")
    lines += [f"  {describe_queued_mail(mail, written)}" for mail in made.mails]
    lines += [f"  {describe_moved_mail(mail)}" for mail in made.moved_mails]
    programs = (each.action.program for each in made.programs)
    lines += [
        f"  {translate('program {program} runs after the change is stored', program=each)}"
        for each in programs
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
    subject = mail.subject or ""
    return translate(
        "mail {id} queued: « {subject} » to {person}", id=mail.id, subject=subject, person=mail.to
    )


def describe_queued_mail(mail: QueueMail, written: Wording) -> str:
    """Return a line about a queued e-mail."""
    if written.hides_ids and not mail.user:
        return translate("mail queued from template {template}", template=mail.template)
    values = {"id": mail.message, "template": mail.template}
    if mail.user:
        return translate("mail {id} queued from template {template} for {user}", **values, user=mail.user)
    return translate("mail {id} queued from template {template}", **values)


def describe_moved_mail(mail: MoveMail) -> str:
    """Return a line about a mail that was withdrawn, or queued again."""
    if mail.to is MailFolder.WITHDRAWN:
        return translate("mail {id} « {subject} » withdrawn", id=mail.message, subject=mail.subject)
    return translate("mail {id} « {subject} » queued again", id=mail.message, subject=mail.subject)


def list_differences(
    before: Opportunity | None,
    after: Opportunity,
    config: Config,
    written: Wording,
    templates: Mapping[str, str],
) -> Iterator[str]:
    """Yield a line for each difference, except for e-mails.

    `templates` name the mails that are queued, by their ids: they have no subject before they are rendered.
    """
    yield from describe_status_change(before, after, config, written)
    if before is not None:
        yield from list_changed_fields(before, after, written)
    old = {each.id: each for each in before.activities} if before else {}
    for each in after.activities:
        yield from describe_activity_change(old.get(each.id), each, written)
    yield from describe_files(before.files if before else (), after.files)
    count = len(before.history) if before else 0
    names = {**templates, **name_parts(after, written.locale)} if written.locale else {}
    for entry in after.history[count:]:
        yield from list_history_lines(entry, written, names)


def describe_files(before: Sequence[KeptFile], after: Sequence[KeptFile]) -> Iterator[str]:
    """Yield a line for each file that was added to a record, or removed."""
    known, kept = ({each.id for each in side} for side in (before, after))
    for each in after:
        if each.id not in known:
            yield translate("file {id} « {name} » kept", id=each.id, name=each.name)
    for each in before:
        if each.id not in kept:
            yield translate("file {id} « {name} » removed", id=each.id, name=each.name)


def describe_status_change(
    before: Opportunity | None, after: Opportunity, config: Config, written: Wording
) -> Iterator[str]:
    """Yield lines about a change of stage, outcome, probability or kind."""
    now = ", ".join(list_standing(after, config, written))
    if before is None:
        yield translate(CREATED_IN[after.kind], stage=now)
        return
    chance, _ = probability_of(after, config)
    was, _ = probability_of(before, config)
    if (before.stage, before.lost) != (after.stage, after.lost):
        yield f"{written.name_stage(before.stage)} → {now}" if before.stage != after.stage else now
    elif was != chance:
        percents = {"before": f"{was.normalize():f}", "after": f"{chance.normalize():f}"}
        yield translate("probability {before} % → {after} %", **percents)
    if before.kind != after.kind:
        yield f"{translate(before.kind)} → {translate(after.kind)}"


def list_standing(deal: Opportunity, config: Config, written: Wording) -> Iterator[str]:
    """Yield the stage of a deal, its probability, and whether it is won or lost."""
    chance, provenance = probability_of(deal, config)
    percent = f"{chance.normalize():f} %"
    yield written.name_stage(deal.stage)
    yield translate("{percent} (manual)", percent=percent) if provenance is Provenance.MANUAL else percent
    status = status_of(deal, config)
    if status is not Status.OPEN:
        word = translate(status)
        yield f"{word} ({written.name_lost(deal.lost)})" if deal.lost else word


def list_changed_fields(before: Opportunity, after: Opportunity, written: Wording) -> Iterator[str]:
    """Yield a line for each changed plain field, custom field, answer, reward and tag."""
    for path, spec in walk_fields(Opportunity):
        if spec.is_plain and path not in TOLD_APART:
            old, new = (value_at(deal, path) for deal in (before, after))
            if old != new:
                was, now = spell_fields((old, new), spec, written)
                yield describe_difference(name_field(path), was, now)
    for name in dict.fromkeys([*before.fields, *after.fields]):
        old, new = before.fields.get(name), after.fields.get(name)
        if old != new:
            yield describe_difference(written.name_custom(name), written(old), written(new))
    yield from list_changed_answers(before, after, written)
    yield from list_changed_rewards(before, after, written)
    if added := sorted(set(after.tags) - set(before.tags)):
        yield translate("tagged {tags}", tags=", ".join(added))
    if removed := sorted(set(before.tags) - set(after.tags)):
        yield translate("untagged {tags}", tags=", ".join(removed))


def describe_difference(name: str, before: str, after: str) -> str:
    """Return a line about a field, a custom field or an answer that changed."""
    return translate("{field} {before} → {after}", field=name, before=before, after=after)


def spell_fields(values: Sequence[object], spec: FieldSpec, written: Wording) -> list[str]:
    """Return values of a field on a line each; contacts by name, with ids where the names are equal."""
    texts = [written(value) for value in values]
    if spec.content is not Content.CONTACT:
        return texts
    ids = [value if isinstance(value, str) else "" for value in values]
    names = [written.name_contact(id) if id else text for id, text in zip(ids, texts, strict=True)]
    if len(set(names)) == len(names):
        return names
    return [f"{name} ({id})" if id and id != name else name for name, id in zip(names, ids, strict=True)]


def list_changed_answers(before: Opportunity, after: Opportunity, written: Wording) -> Iterator[str]:
    """Yield a line for each answer that was added, changed or removed."""
    given = [deal.project.answers if deal.project else {} for deal in (before, after)]
    for id in dict.fromkeys([*given[0], *given[1]]):
        old, new = (answers.get(id) for answers in given)
        if old != new:
            yield describe_difference(name_field(f"answers.{id}"), written(old), written(new))


def list_changed_rewards(before: Opportunity, after: Opportunity, written: Wording) -> Iterator[str]:
    """Yield a line for each reward that was granted or changed its state."""
    old = {each.id: each.state for each in before.rewards}
    for each in after.rewards:
        if old.get(each.id) != each.state:
            yield translate(
                "reward {id}, {what}, to {person}: {state}",
                id=each.id,
                what=written(each.amount or each.kind),
                person=written.name_contact(each.to) if each.to else translate("nobody"),
                state=translate(str(each.state)),
            )


def describe_activity_change(before: Activity | None, after: Activity, written: Wording) -> Iterator[str]:
    """Yield a line about an activity that was planned, closed or edited."""
    kind = written.name_type(after.type)
    name = f"{kind} « {after.summary or kind} »"
    what = f"{after.id} {name}"
    if before is None:
        said = translate("planned activity {activity}", activity=name if written.hides_ids else what)
        yield ", ".join([said, *list_appointment(after, written)])
    elif before.state is not State.PLANNED and after.state is State.PLANNED:
        said = translate("planned again activity {activity}", activity=what)
        yield ", ".join([said, *list_appointment(after, written)])
    elif before.state != after.state:
        said = translate(CLOSED[after.state], activity=what)
        why = after.reason
        yield f"{said} ({translate(why)})" if why else said
    elif before != after:
        changes = ", ".join(list_amendments(before, after, written))
        yield translate("activity {activity}: {changes}", activity=what, changes=changes)


def list_appointment(activity: Activity, written: Wording) -> Iterator[str]:
    """Yield when an activity is due, and who is to do it."""
    if activity.due:
        day = " ".join(part for part in (written(activity.due), activity.time) if part)
        yield translate("due {day}", day=day)
    if activity.assignee:
        yield translate("for {user}", user=activity.assignee)


def list_amendments(before: Activity, after: Activity, written: Wording) -> Iterator[str]:
    """Yield the changed fields of an activity whose state did not change."""
    for name in after.__struct_fields__:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            spelled = map(written.name_type, (old, new)) if name == "type" else map(written, (old, new))
            yield describe_difference(name_activity_field(name), *spelled)


def list_history_lines(entry: Entry, written: Wording, names: Mapping[str, str]) -> Iterator[str]:
    """Yield a line about a new history entry, if it is not shown otherwise."""
    if entry.event == HistoryEvent.RULE:
        program = translate("a program")
        did = [program if is_uncertain(each) else describe_effect(each, names) for each in entry.did]
        effects = ", ".join(did) or translate(NOTHING)
        yield translate("rule {rule}: {effects}", rule=entry.rule, effects=effects)
    elif entry.event == HistoryEvent.NOTE:
        yield translate("note {id}", id=entry.id)
    elif entry.event == HistoryEvent.HAND:
        before = written.name_stage(entry.from_) if entry.from_ else translate("none")
        after = written.name_stage(entry.to)
        yield translate("stage edited in the file: {before} → {after}", before=before, after=after)
    elif entry.did and entry.event != HistoryEvent.EDITED:  # its effects are told with the fields
        yield describe_effects(entry.did, names)
