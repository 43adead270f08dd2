"""Operations on referrals and rewards of sponsors: find, grant, pay."""

from collections.abc import Collection, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from crmcli.domain.documents.referral_documents import ReferralDocument, RewardDocument
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.model.changes import Change, Moment
from crmcli.domain.model.deal_context import Facts
from crmcli.domain.model.history import append_entry
from crmcli.domain.model.record_names import name_deal
from crmcli.domain.model.record_types import (
    Entry,
    HistoryEvent,
    Money,
    Opportunity,
    RecordedEffect,
    Reward,
)
from crmcli.domain.model.status import Status, status_of
from crmcli.domain.rules.rewards import DUE, SPONSOR, VOID, amount_of, pay_reward, receiver_of
from crmcli.domain.rules.sponsor_change import settle_rewards
from crmcli.domain.values.errors import CrmError, RefusedError, UsageError
from crmcli.domain.values.list_entries import find_label, unknown_entry
from crmcli.domain.values.money import parse_amount
from crmcli.operations.change_records import ChangeReport, Check, Records, Selection, change_records
from crmcli.operations.request import Request, Terms, accept
from crmcli.operations.steps.find_or_create_contact import find_contact
from crmcli.query.query_model import Query
from crmcli.store.reader import Reading
from crmcli.store.writer import Writing

REWARD_STATES = ("due", "paid", "void")  # in the order of a list


def find_rewards(request: Request, terms: Terms = (), states: Collection[str] = ()) -> list[RewardDocument]:
    """Return the rewards of the matching records, open and closed, as `crm.reward/1`.

    Raises UsageError for an unknown state.
    """
    for state in states:
        if state not in REWARD_STATES:
            raise unknown_entry("state of a reward", state, list(REWARD_STATES))
    wanted = request.query(terms).whatever_came
    found = read_rewards(request, request.reading_for(wanted), wanted)
    return [each for each in found if not states or each.state in states]


def read_rewards(request: Request, reading: Reading, wanted: Query) -> list[RewardDocument]:
    """Return the rewards of the matching records as `crm.reward/1`: due ones first, then by day."""
    having = replace(wanted, terms=(*wanted.terms, *request.query(["reward:any"]).terms))
    found = [
        RewardDocument(
            id=each.get("id"),
            state=each.get("state"),
            amount=each.get("amount"),
            kind=each.get("kind"),
            to=each.get("to"),
            to_name=person.name if (person := reading.contact(each.get("to"))) else None,
            link=each.get("link"),
            at=each.get("at"),
            opportunity=deal["id"],
            title=deal["title"],
            rule=each.get("rule"),
        )
        for deal in reading.index.opportunities(having, request.viewing)
        for each in deal["rewards"]
    ]
    places = {state: place for place, state in enumerate(REWARD_STATES)}
    return sorted(found, key=lambda each: (places.get(each.state or "", len(places)), each.at or ""))


def select_referred(request: Request, terms: Terms = ()) -> Query:
    """Return the query for the matching deals that somebody referred, open and closed."""
    asked = request.query(terms)
    return replace(asked, terms=(*asked.terms, *request.query(["referred_by:any"]).terms)).whatever_came


def find_referrals(request: Request, terms: Terms = ()) -> list[ReferralDocument]:
    """Return the matching deals that somebody referred, open and closed, as `crm.referral/1`."""
    wanted = select_referred(request, terms)
    reading = request.reading_for(wanted)
    deals = reading.index.opportunities(wanted, request.viewing)
    return [build_referral(request, reading, deal) for deal in deals]


def build_referral(request: Request, reading: Reading, deal: Document) -> ReferralDocument:
    """Return a referred deal with its sponsor and rewards as `crm.referral/1`."""
    by, link = deal["referral"].get("by"), deal["referral"].get("link")
    sponsor = reading.contact(by)
    return ReferralDocument(
        id=deal["id"],
        kind=deal["kind"],
        title=deal["title"],
        contact=deal.get("contact"),
        contact_name=deal["contact_name"],
        sponsor=by,
        sponsor_name=sponsor.name if sponsor else None,
        link=link,
        link_label=find_label(request.config.referral.links, link) or None,
        stage=deal["stage"],
        stage_label=deal["stage_label"],
        outcome=deal["outcome"],
        expected_revenue=deal["expected_revenue"],
        rewards=deal.get("rewards", []),
    )


class Grant(msgspec.Struct, frozen=True):
    """A reward to grant by hand: what, and to whom; the sponsor unless somebody is named."""

    amount: str = ""
    kind: str = ""
    to: str = ""


def grant_reward(
    request: Request,
    records: Records,
    grant: Grant,
    *,
    force: bool = False,
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Grant a reward for won deals; without amount and kind, those that the rules give the sponsor.

    Raises RefusedError for a deal that is not won, and for a reward that its receiver has already, unless
    `force` is given; UsageError for an invalid amount.
    """
    amount = parse_reward(grant.amount, request.config.currency) if grant.amount else None

    def decide(session: Writing, facts: Facts) -> Change:
        deal = facts.opportunity
        if status_of(deal, session.config) is not Status.WON and not force:
            raise RefusedError(f"{name_deal(deal)} is not won", hint="--force grants it all the same")
        if amount is None and not grant.kind:
            return grant_by_rules(facts, session.moment)
        to = find_contact(session, grant.to).id if grant.to else receiver_of(SPONSOR, deal)
        if to is None:
            raise RefusedError(f"{name_deal(deal)} has no sponsor", hint="--to CONTACT")
        link = deal.referral.link if deal.referral and deal.referral.by == to else None
        reward = Reward(
            to=to, link=link, amount=amount, kind=grant.kind or None, state=DUE, at=session.moment.at
        )
        if not force:
            refuse_double(facts, reward)
        new = replace(reward, id=session.new_id())
        return Change(before=deal, after=add_reward(deal, new, session.moment))

    return change_records(request, records, decide, keep_going=keep_going, check=check)


def add_reward(deal: Opportunity, reward: Reward, moment: Moment) -> Opportunity:
    """Return the deal with a reward that a person granted, and the entry that says so."""
    did = (RecordedEffect(reward=reward.id),)
    entry = Entry(at=moment.at, event=HistoryEvent.EDITED, field="rewards", did=did, by=moment.by)
    return append_entry(replace(deal, rewards=(*deal.rewards, reward)), entry)


def parse_reward(text: str, currency: str) -> Money:
    """Return the amount of a reward.

    Raises UsageError for one of zero or less.
    """
    amount = parse_amount(text, currency)
    if amount <= 0:
        raise UsageError(f"{text!r} is not a valid reward")
    return Money(amount)


def grant_by_rules(facts: Facts, moment: Moment) -> Change:
    """Return the change that makes due what rules give the sponsor.

    Raises RefusedError where they give nothing, or have given it.
    """
    change = settle_rewards(facts, moment)
    if change.after == facts.opportunity:
        what = f"rules grant nothing more for {name_deal(facts.opportunity)}"
        raise RefusedError(what, hint="--amount 100, or --kind TEXT")
    return change


def refuse_double(facts: Facts, reward: Reward) -> None:
    """Check that nobody is rewarded twice with the same for a deal.

    Raises RefusedError naming the reward that they have.
    """
    deal = facts.opportunity
    for each in deal.rewards:
        if each.state != VOID and (each.to, each.amount, each.kind) == (
            reward.to,
            reward.amount,
            reward.kind,
        ):
            what = (
                f"{facts.name_contact(reward.to or '')} has reward {each.id}{amount_of(each)} for {deal.id}"
            )
            raise RefusedError(f"{what} already, {each.state}", hint="--force grants another")


def pay_rewards(
    request: Request,
    rewards: Mapping[str, Sequence[str]],
    *,
    failed: Sequence[CrmError] = (),
    keep_going: bool = False,
    check: Check = accept,
) -> ChangeReport:
    """Mark due rewards paid; `rewards` maps the path of a record to the ids of its rewards."""

    def decide(session: Writing, facts: Facts) -> Change:
        before = after = facts.opportunity
        for id in dict.fromkeys(rewards[session.places[before.id or ""]]):
            after = pay_reward(facts.about(after), id, session.moment)
        return Change(before=before, after=after)

    selection = Selection(list(rewards), failed=tuple(failed))
    return change_records(request, selection, decide, keep_going=keep_going, check=check)


def find_holder(reading: Reading, reward: str) -> str | None:
    """Return the path of the record that has a reward, given by its id, or None."""
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
