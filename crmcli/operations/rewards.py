"""What crm does with rewards of sponsors: pay."""

from collections.abc import Mapping, Sequence

from crmcli.domain.model.changes import Change
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.rules.rewards import DUE, pay_reward
from crmcli.domain.values.errors import CrmError, RefusedError
from crmcli.operations.change_records import ChangeReport, Check, Selection, change_records
from crmcli.operations.request import Request, accept
from crmcli.store.reader import Reading
from crmcli.store.writer import Writing


def pay(
    request: Request,
    rewards: Mapping[str, Sequence[str]],
    *,
    failed: Sequence[CrmError] = (),
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Mark rewards paid, given by the path of their record; they must be due."""

    def decide(session: Writing, facts: Facts) -> Change:
        before = after = facts.opportunity
        for id in dict.fromkeys(rewards[session.places[before.id or ""]]):
            after = pay_reward(after, id, session.moment)
        return Change(before=before, after=after)

    selection = Selection(list(rewards), failed=tuple(failed))
    return change_records(request, selection, decide, keep_going=keep_going, check=check)


def find_holder(reading: Reading, reward: str) -> str | None:
    """Return the path of the record that has the reward with an id; None where none has."""
    for path in reading.index.referring_to(reward):
        if "/opportunities/" in path and any(each.id == reward for each in reading.opportunity(path).rewards):
            return path
    return None


def find_only_due(reading: Reading, path: str) -> str:
    """Return the id of the only reward that is due in a record.

    Raises RefusedError where none or several are.
    """
    deal = reading.opportunity(path)
    due = [each.id for each in deal.rewards if each.state == DUE and each.id]
    if len(due) != 1:
        raise RefusedError(
            f"{deal.id} has {len(due) or 'no'} reward{'s' if len(due) > 1 else ''} due",
            hint=f"crm reward list id:{deal.id}",
        )
    return due[0]
