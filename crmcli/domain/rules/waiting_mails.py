"""Mails of rules that found no address: they wait for one while the deal stays where it was."""

from collections.abc import Iterator

from crmcli.domain.model.changes import Change, Moment
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import is_move, last_firing, own_entries
from crmcli.domain.model.record_types import Entry, HistoryEvent, Opportunity
from crmcli.domain.rules import fire_rules
from crmcli.domain.rules.fire_rules import Trigger


def waiting_firings(deal: Opportunity) -> Iterator[Entry]:
    """Yield the firings since the last move whose mail waits for an address, newest first."""
    for entry in own_entries(deal):
        if entry.to and is_move(entry):
            return
        waits = entry.event == HistoryEvent.RULE and any(effect.waits for effect in entry.did)
        if waits and last_firing(deal, entry.rule or "", entry.occurrence or "") == entry:
            yield entry


def queue_waiting_mails(facts: Facts, moment: Moment) -> Change:
    """Queue the mails that found no address when their rules fired, where there is one now."""
    change = Change(before=facts.opportunity, after=facts.opportunity)
    for entry in waiting_firings(facts.opportunity):
        trigger = trigger_of(facts, entry)
        if trigger is not None:
            change = change.then(fire_rules.fire_mail(facts.about(change.after), trigger, moment))
    return change


def trigger_of(facts: Facts, entry: Entry) -> Trigger | None:
    """Return the trigger that fired, with its rule as it is configured now; None if it is gone."""
    rules = dict([*facts.config.global_rules(), *facts.config.staged_rules()])
    rule = rules.get(entry.rule or "")
    return Trigger(entry.rule or "", rule, entry.occurrence or "") if rule and rule.email else None
