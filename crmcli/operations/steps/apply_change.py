"""Applying a change with its effects: queued mails, programs, and the sponsor's own record."""

from datetime import UTC, datetime

from msgspec.structs import replace

from crmcli.domain.model.changes import Change, Effect, ReferralEnded, ReferralWon
from crmcli.domain.model.history import record_edits
from crmcli.domain.model.mail_folder import MailFolder
from crmcli.domain.model.questionnaires import choose_questionnaire, describe_misfit
from crmcli.domain.model.record_types import Opportunity
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.records.activity_changes import describe_gaps
from crmcli.domain.rules.own_referrals import end_referral, firings_for, win_referral
from crmcli.domain.rules.sponsor_change import follow_sponsor
from crmcli.domain.rules.waiting_mails import queue_waiting_mails, waiting_firings
from crmcli.mail.outgoing.outbox import OUTBOX, SUFFIX, compose_queued, move_mail
from crmcli.store.writer import Writing

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def apply_change(session: Writing, change: Change) -> list[Change]:
    """Put a changed record and its effects into the session; return its change, then those of others.

    Raises RefusedError where a mail cannot be rendered; nothing of this change is put then.
    """
    if any(waiting_firings(change.after)):
        change = change.then(queue_waiting_mails(session.facts(change.after), session.moment))
    if change.before is not None and (change.before.referral or change.after.referral):
        change = change.then(follow_sponsor(session.facts(change.after), change.before, session.moment))
    change = change.advised(describe_new_misfit(session, change))
    for notice in describe_gaps(change):
        change = change.advised(notice)
    after = change.after
    letters: dict[str, bytes] = {}
    for mail in change.mails:
        after, letters[mail.message] = compose_queued(session, after, mail)
    after = record_edits(change.before, after, session.moment.at, session.moment.by)
    session.save(after)
    for id, content in letters.items():
        put_in_outbox(session, id, content)
    for moved in change.moved_mails:
        move_mail(session, moved)
    session.programs += change.programs
    change = replace(change, after=after)
    return [change, *(each for effect in change.effects for each in inform_sponsor(session, effect))]


def describe_new_misfit(session: Writing, change: Change) -> str | None:
    """Return in words that a record's questionnaire does not fit its new kind of project; None if it does."""
    before, after = change.before, change.after
    if before is None or after.project is None or before.fields == after.fields:
        return None
    named = session.questionnaires.get(after.project.questionnaire or "")
    misfit = describe_misfit(named, after)
    if misfit is None:
        return None
    fitting = choose_questionnaire(None, after.fields, session.questionnaires)
    return f"{after.id}: {misfit} (crm questionnaire switch {after.id} {fitting.id if fitting else 'KIND'})"


def put_in_outbox(session: Writing, id: str, content: bytes) -> None:
    """Put a mail into the outbox; an earlier version of it that was withdrawn is removed."""
    path = f"{OUTBOX}/{id}{SUFFIX}"
    session.put(path, content, before=session.content(path))
    earlier = f"pipeline_data/{MailFolder.WITHDRAWN}/{id}{SUFFIX}"
    if session.content(earlier) is not None:
        session.remove(earlier)


def inform_sponsor(session: Writing, effect: Effect) -> list[Change]:
    """Update the own record of a sponsor whose referred deal was won, or counts no more.

    Returns the changes, none for effects of other kinds.
    """
    if isinstance(effect, ReferralWon):
        decide, paths = win_referral, find_own_records(session, effect)[:1]
    elif isinstance(effect, ReferralEnded):
        decide, paths = end_referral, find_own_records(session, effect)
    else:
        return []
    changes: list[Change] = []
    for path in paths:
        adopted = session.adopted(path)
        facts = replace(session.facts(adopted.after), referred=effect.deal)
        change = adopted.then(decide(facts, session.moment))
        changes += [] if change.after == change.before else apply_change(session, change)
    return changes


def find_own_records(session: Writing, effect: ReferralWon | ReferralEnded) -> list[str]:
    """Return the paths of a sponsor's own deals, the one that is told of a win first.

    That is the one whose rules fired for this deal before, else the last one won, else the newest.
    """
    deals = {path: session.opportunity(path) for path in session.index.of_contact(effect.sponsor)}
    own = [(path, deal) for path, deal in deals.items() if deal.id and deal.id != effect.deal.id]

    def rank(each: tuple[str, Opportunity]) -> tuple[bool, bool, datetime, datetime, str]:
        deal = each[1]
        told = bool(firings_for(deal, effect.deal.id or "", session.config))
        won = status_of(deal, session.config) is Status.WON
        return told, won, deal.closed or LONG_AGO, deal.created or LONG_AGO, deal.id or ""

    return [path for path, _ in sorted(own, key=rank, reverse=True)]
