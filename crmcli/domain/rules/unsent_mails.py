"""Unsent mails follow the deal: closing it withdraws what rules queued, reopening it can queue that again."""

from collections.abc import Callable, Collection, Iterator

from msgspec.structs import replace

from crmcli.domain.localization.translations import sentence
from crmcli.domain.model.changes import Change, Moment, MoveMail
from crmcli.domain.model.config import Config
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.mail_folder import WAITING, MailFolder
from crmcli.domain.model.pipeline import Stage
from crmcli.domain.model.record_types import Direction, HistoryEvent, Instant, Message, Opportunity

IsMeant = Callable[[str], bool]  # whether the mails of the rule with this key are withdrawn


def of_any_rule(key: str) -> bool:
    """Accept the mails of every rule: those that a lost deal makes pointless."""
    return True


def of_stages_left(config: Config, entered: Stage) -> IsMeant:
    """Return the test for rules of other stages than the entered one, except those on leaving a stage."""
    others = {stage.id for stage in config.stages if stage.id != entered.id}
    on_leaving = {f"{stage.id}.{rule.id}" for stage in config.stages for rule in stage.on_exit}
    return lambda key: key.partition(".")[0] in others and key not in on_leaving


def withdraw_mails(facts: Facts, is_meant: IsMeant, moment: Moment) -> Change:
    """Withdraw the customer's unsent mails that these rules queued; those that people queued are named.

    Mails to the sponsor stay.
    """
    deal = facts.opportunity
    rules = queued_by_rules(deal)
    unsent = list(list_unsent(facts))
    gone = {each.id for each in unsent if each.id in rules and is_meant(rules[each.id])}
    gone -= {each.id for each in unsent if is_to_sponsor(each, facts)}
    by_hand = (each for each in unsent if each.id not in rules)
    stays = tuple(
        sentence("{mail} was queued by hand and stays in the outbox", mail=name_mail(each))
        for each in by_hand
    )
    at = deal.closed or moment.at
    return replace(move_mails(deal, gone, MailFolder.WITHDRAWN, at), notices=stays)


def queue_mails_again(facts: Facts) -> Change:
    """Queue the mails again that the closing of this deal withdrew."""
    return move_mails(facts.opportunity, {each.id for each in list_withdrawn(facts)}, MailFolder.OUTBOX, None)


def list_withdrawn(facts: Facts) -> list[Message]:
    """Return the mails that the closing of this deal withdrew."""
    deal = facts.opportunity
    return [
        each
        for each in deal.messages
        if each.withdrawn is not None
        and each.withdrawn == deal.closed
        and facts.mail_folder(each.file) is MailFolder.WITHDRAWN
    ]


def list_unsent(facts: Facts) -> Iterator[Message]:
    """Yield the mails of a deal that wait in the outbox, or are held back."""
    for each in facts.opportunity.messages:
        if each.direction is Direction.OUT and facts.mail_folder(each.file) in WAITING:
            yield each


def move_mails(
    deal: Opportunity, ids: Collection[str | None], to: MailFolder, withdrawn: Instant | None
) -> Change:
    """Move the files of mails to a folder, and mark them as withdrawn, or as waiting again."""
    moved = tuple(
        MoveMail(message=each.id or "", file=each.file or "", subject=each.subject or "", to=to)
        for each in deal.messages
        if each.id in ids
    )
    messages = tuple(
        replace(each, withdrawn=withdrawn, held=None) if each.id in ids else each for each in deal.messages
    )
    return Change(before=deal, after=replace(deal, messages=messages), effects=moved)


def queued_by_rules(deal: Opportunity) -> dict[str | None, str]:
    """Return the key of the rule that queued each mail, by the mail's id; also of merged records."""
    fired = (entry for entry in deal.history if entry.event == HistoryEvent.RULE)
    return {effect.mail: entry.rule or "" for entry in fired for effect in entry.did if effect.mail}


def is_to_sponsor(mail: Message, facts: Facts) -> bool:
    """Tell whether a mail goes to the sponsor, and not to the customer."""
    to = (mail.to or "").casefold()
    sponsor = facts.sponsor.emails if facts.sponsor else ()
    return any(email.casefold() in to for email in sponsor)


def name_mail(mail: Message) -> str:
    """Return a mail with its subject and recipient, for messages to the user."""
    return f"mail {mail.id} « {mail.subject or ''} » to {mail.to}"
