"""Operations on leads and opportunities: create, set, move, win, lose, reopen, tag, note, delete.

Records are given by ids, by the terms of a query, or as a `Selection`. Each operation is one
transaction, in which the rules that it triggers fire.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from crmcli.domain.localization.translations import translate
from crmcli.domain.model.answer_types import Given
from crmcli.domain.model.changes import Change, QueueMail
from crmcli.domain.model.config import Config, FieldType
from crmcli.domain.model.custom_fields import with_defaults
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.questionnaires import Questionnaire, questionnaire_by_id
from crmcli.domain.model.record_names import name_deal
from crmcli.domain.model.record_types import Contact, Kind, Opportunity
from crmcli.domain.records import answer, editing, transitions
from crmcli.domain.records.answer import answer_questions, choose_questionnaire_for
from crmcli.domain.records.editing import Assignment, find_custom_field
from crmcli.domain.records.marketing import enlarge_lists
from crmcli.domain.rules.rewards import PAID, amount_of
from crmcli.domain.templates import titles
from crmcli.domain.values.errors import RefusedError, UsageError
from crmcli.domain.values.list_entries import check_entry
from crmcli.mail.outgoing.outbox import unsent_of
from crmcli.operations.change_records import (
    ChangeReport,
    Check,
    Records,
    Selection,
    change_records,
    recheck_selection,
    select,
)
from crmcli.operations.request import Request, accept
from crmcli.operations.steps.apply_change import apply_change
from crmcli.operations.steps.find_or_create_contact import find_contact, find_or_create_contact
from crmcli.operations.steps.keep_files import with_files
from crmcli.store.attached_files import list_own_files
from crmcli.store.writer import Writing

PEOPLE = ("contact", "referral.by")
NOT_COPIED = (
    *("id", "stage", "lost", "probability", "created", "closed", "expected_close"),
    *("rewards", "activities", "messages", "files", "history", "referral"),
)


class NewOpportunity(msgspec.Struct, frozen=True):
    """The initial values of a record; people are given by id, e-mail, phone or full name."""

    title: str = ""  # from the fields or the contact where it is empty
    contact: str = ""
    referred_by: str = ""
    is_lead: bool = False
    stage: str = ""  # the first one where it is empty
    like: str = ""  # the path of a record to copy all other values from
    assignments: tuple[Assignment, ...] = ()


def create(
    request: Request,
    new: NewOpportunity,
    *,
    lists_origins: bool = False,
    force: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Create a lead or an opportunity, and the contacts that it names if they do not exist yet.

    With `lists_origins`, campaigns, mediums and sources that `crm.yaml` lacks are added to it. Raises
    UsageError for an unknown field or value, RefusedError for what the stage does not allow.
    """
    given = [Assignment("title", "", new.title)] if new.title else []
    given += new.assignments
    with request.changing() as session:
        if lists_origins:
            session.configure(enlarge_lists(session.config, given))
        deal = begin_record(session, new.like)
        deal = replace(deal, kind=Kind.LEAD if new.is_lead else deal.kind, stage=new.stage or None)
        named = (("contact", new.contact), ("referral.by", new.referred_by))
        people = {name: find_or_create_contact(session, text) for name, text in named if text}
        given += [Assignment(name, "", person.id or "") for name, person in people.items()]
        created = [person for person in people.values() if not session.exists(person)]
        given = [with_contact_id(session, each) for each in given]
        deal = editing.apply_assignments(session.facts(deal), given, session.moment)
        facts = session.facts(with_title(deal, session))
        change = transitions.create_deal(facts, session.moment, force=force)
        changes = apply_change(session, change.advised(titles.advise_title(change.after, session.config)))
        report = ChangeReport(changes, (), session, tuple(describe_created(created)))
        check(report)
    return report


def describe_created(people: Iterable[Contact]) -> Iterator[str]:
    """Yield a line for each contact that was created along with the record."""
    for each in people:
        yield translate("contact {contact} created", contact=f"{each.id}  {each.name}")


def first_stage_of(config: Config, pipeline: str) -> str:
    """Return the first stage of a pipeline; an empty text for the first pipeline, which is the default.

    Raises UsageError for an unknown pipeline.
    """
    if not pipeline:
        return ""
    known = check_entry("pipeline", pipeline, config.pipelines)
    named = next(each for each in config.pipelines if each.id == known)
    return "" if named is config.pipelines[0] else named.stages[0].id


def begin_record(session: Writing, like: str) -> Opportunity:
    """Return a new record owned by the user, or a copy of the record at the path `like`."""
    fresh = Opportunity(id=session.new_id(), title="", owner=session.moment.by)
    if not like:
        return with_defaults(fresh, session.config)
    model = session.opportunity(like)
    kept: dict[str, Any] = {name: getattr(fresh, name) for name in NOT_COPIED}
    return replace(model, **kept)


def with_title(deal: Opportunity, session: Writing) -> Opportunity:
    """Return the record with a title: given, from its fields, or from its contact.

    Raises UsageError where none of these gives a title.
    """
    title = deal.title or titles.title_from_fields(session.config, deal)
    contact = session.contact(deal.contact)
    if not title and contact:
        title = titles.title_of_contact(session.config, contact.name)
    if not title:
        raise UsageError("a title is missing", hint="crm create TITLE, or --contact, or --field")
    return replace(deal, title=title)


def with_contact_id(session: Writing, assignment: Assignment) -> Assignment:
    """Return the assignment with the contact's id as its value, if its field holds a contact."""
    field = find_custom_field(session.config, assignment.field)
    names_somebody = assignment.field in PEOPLE or (field is not None and field.type is FieldType.CONTACT)
    if not names_somebody or not assignment.value:
        return assignment
    return assignment._replace(value=find_contact(session, assignment.value).id or "")


def set_fields(
    request: Request,
    records: Records,
    assignments: Sequence[Assignment],
    *,
    lists_origins: bool = False,
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Set fields of records, in the order of the assignments."""

    def decide(session: Writing, facts: Facts) -> Change:
        if lists_origins:
            session.configure(enlarge_lists(session.config, assignments))
            facts = session.facts(facts.opportunity)
        known = [with_contact_id(session, each) for each in assignments]
        after = editing.apply_assignments(facts, known, session.moment)
        return Change(before=facts.opportunity, after=after)

    return change_records(request, records, decide, keep_going=keep_going, check=check)


def tag(
    request: Request,
    records: Records,
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Add tags to records and remove tags.

    Raises UsageError without any tag, and for one that is empty or both added and removed.
    """
    if not add and not remove:
        raise UsageError("no tag is given", hint="--add TAG, --remove TAG")
    if not all(tag.strip() for tag in (*add, *remove)):
        raise UsageError("a tag is empty")
    if both := [tag for tag in add if tag in remove]:
        raise UsageError(f"{both[0]!r} cannot be both added and removed")
    given = [Assignment("tags", "-", ",".join(remove)), Assignment("tags", "+", ",".join(add))]
    return set_fields(request, records, given, keep_going=keep_going, check=check)


def note(
    request: Request, records: Records, text: str, *, keep_going: bool = False, check: Check = accept
) -> ChangeReport:
    """Add a note to the history of records.

    Raises UsageError for an empty text.
    """
    if not text.strip():
        raise UsageError("the note is empty", hint="-m TEXT")

    def decide(session: Writing, facts: Facts) -> Change:
        return transitions.add_note(facts.opportunity, text.strip(), session.new_id(), session.moment)

    return change_records(request, records, decide, keep_going=keep_going, check=check)


def with_note(session: Writing, change: Change, text: str) -> Change:
    """Return a change with a note in the record's history; unchanged for an empty text."""
    if not text.strip():
        return change
    return change.then(transitions.add_note(change.after, text.strip(), session.new_id(), session.moment))


def move(
    request: Request,
    records: Records,
    *,
    to: str,
    probability: str = "",
    force: bool = False,
    keep_mails: bool = False,
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Move records to another stage, which sets their probability; its rules fire once per visit.

    Raises RefusedError where a record lacks what the stage requires, unless `force` is given.
    """

    def decide(session: Writing, facts: Facts) -> Change:
        given = editing.parse_percent(probability, facts, session.moment) if probability else None
        return transitions.move_deal(
            facts, to, session.moment, probability=given, force=force, keep_mails=keep_mails
        )

    return change_records(request, records, decide, keep_going=keep_going, check=check)


def win(
    request: Request,
    records: Records,
    *,
    note: str = "",
    qualify: bool = False,
    force: bool = False,
    keep_mails: bool = False,
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Mark records won: move them to the next won stage and cancel their planned activities.

    With `qualify`, leads become opportunities first. A `note` is added to the history of each record.
    """

    def decide(session: Writing, facts: Facts) -> Change:
        change = Change(before=facts.opportunity, after=facts.opportunity)
        if qualify and facts.opportunity.kind is Kind.LEAD:
            from crmcli.operations.qualify_leads import qualify_lead

            change = qualify_lead(session, facts)
        facts = session.facts(change.after)
        won = transitions.win_deal(facts, session.moment, force=force, keep_mails=keep_mails)
        return with_note(session, change.then(won), note)

    return change_records(request, records, decide, keep_going=keep_going, check=check)


def lose(
    request: Request,
    records: Records,
    *,
    reason: str = "",
    note: str = "",
    keep_mails: bool = False,
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Mark records lost; they keep their stage, and their planned activities are cancelled.

    Unsent mails that rules queued are withdrawn, unless `keep_mails` is given. A `note`
    is added to the history of each record.
    """

    def decide(session: Writing, facts: Facts) -> Change:
        change = transitions.lose_deal(facts, reason or None, session.moment, keep_mails=keep_mails)
        return with_note(session, change, note)

    return change_records(request, records, decide, keep_going=keep_going, check=check)


def reopen(
    request: Request,
    records: Records,
    *,
    to: str = "",
    revive: bool = False,
    mails: bool = False,
    force: bool = False,
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Reopen closed records.

    With `revive`, activities that the closing cancelled are planned again; with `mails`, the mails that it
    withdrew are queued again.
    """

    def decide(session: Writing, facts: Facts) -> Change:
        change = transitions.reopen_deal(
            facts, session.moment, to=to or None, force=force, queues_mails=mails
        )
        cancelled = transitions.cancelled_by_closing(facts.opportunity)
        return change.then(transitions.revive_activities(change.after, cancelled)) if revive else change

    return change_records(request, records, decide, keep_going=keep_going, check=check)


def queue_email(
    request: Request,
    records: Records,
    *,
    template: str,
    to: str = "",
    cc: str = "",
    attach: Sequence[str] = (),
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Put an e-mail into the outbox for each record, and add it to the record's messages.

    `attach` are files kept with the record, by id or name, or paths of files that are then kept with it.
    Raises NotFoundError for an unknown template, RefusedError for an address that mail came back from.
    """
    from crmcli.mail.outgoing.template import find_template  # slow to import
    from crmcli.operations.messages.undeliverable import refuse_undeliverable

    find_template(request.workspace.root, template)  # report a wrong name before looking up records

    def decide(session: Writing, facts: Facts) -> Change:
        refuse_undeliverable(session, to, cc)
        before = facts.opportunity
        deal, files = with_files(session, before, attach)
        mail = QueueMail(
            opportunity=deal.id or "",
            template=template,
            message=session.new_id(),
            recipients=to,
            copies=cc,
            files=files,
        )
        return Change(before=before, after=deal, effects=(mail,))

    return change_records(request, records, decide, keep_going=keep_going, check=check)


def answer_questionnaire(
    request: Request,
    records: Records,
    answers: Mapping[str, Given],
    *,
    questionnaire: str = "",
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Answer questions about the projects of records, from another questionnaire if one is given.

    A record without any gets that of the workspace, if there is only one. Either all answers of a record
    are stored or, if one is invalid, none.
    """

    def decide(session: Writing, facts: Facts) -> Change:
        before = facts.opportunity
        wanted = only_questionnaire(session.questionnaires, facts)
        if questionnaire:
            wanted = questionnaire_by_id(session.questionnaires, questionnaire)
        if wanted:
            facts = facts.asked(wanted).about(choose_questionnaire_for(facts.opportunity, wanted))
        change = answer_questions(facts, answers, session.moment, request.answer_reader)
        return Change(before=before, after=facts.opportunity).then(change)

    return change_records(request, records, decide, keep_going=keep_going, check=check)


def only_questionnaire(known: Mapping[str, Questionnaire], facts: Facts) -> Questionnaire | None:
    """Return the only questionnaire of the workspace for a record that has none; else None."""
    project = facts.opportunity.project
    has_one = facts.questionnaire is not None or (project is not None and project.questionnaire is not None)
    return next(iter(known.values())) if not has_one and len(known) == 1 else None


def switch_questionnaire(
    request: Request, records: Records, questionnaire: str, *, keep_going: bool = False, check: Check = accept
) -> ChangeReport:
    """Choose another questionnaire for records; the answers that both know count for the new one.

    Raises UsageError for an unknown questionnaire.
    """

    def decide(session: Writing, facts: Facts) -> Change:
        return answer.switch_questionnaire(facts, questionnaire_by_id(session.questionnaires, questionnaire))

    return change_records(request, records, decide, keep_going=keep_going, check=check)


class Deleted(msgspec.Struct, frozen=True):
    """Deleted records, and the paths of their queued mails, deleted with them."""

    report: ChangeReport
    mails: list[str]


def delete(
    request: Request, records: Records, *, force: bool = False, check: Callable[[Deleted], object]
) -> Deleted:
    """Delete records with their queued mails and their files; `crm undo` restores them.

    Raises RefusedError for a record with a reward that was paid, unless `force` is given.
    """
    selection = records if isinstance(records, Selection) else select(request, records)
    with request.changing() as session:
        deals = {path: session.opportunity(path) for path in recheck_selection(session, selection)}
        for deal in deals.values() if not force else ():
            refuse_paid(deal)
        mails = [mail for deal in deals.values() for mail in unsent_of(session, deal)]
        kept = [path for deal in deals.values() for path in list_own_files(session, deal)]
        for path in [*deals, *mails, *kept]:
            session.remove(path)
        changes = [Change(before=deal, after=deal) for deal in deals.values()]
        deleted = Deleted(ChangeReport(changes, selection.failed, session), mails)
        check(deleted)
    return deleted


def refuse_paid(deal: Opportunity) -> None:
    """Check that no reward was paid for a deal.

    Raises RefusedError naming one.
    """
    for each in deal.rewards:
        if each.state == PAID:
            what = f"reward {each.id}{amount_of(each)} was paid for {name_deal(deal)}"
            raise RefusedError(what, hint="--force deletes it all the same")
