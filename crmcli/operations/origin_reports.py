"""Reports by where deals came from: marketing origins, and sponsors with their rewards."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec import UnsetType
from msgspec.structs import replace

from crmcli.domain.documents.figure_documents import SourceDocument, SponsorDocument
from crmcli.domain.documents.referral_documents import RewardDocument
from crmcli.domain.documents.typed_document import Number
from crmcli.domain.records.documents import plain_data
from crmcli.domain.rules.rewards import DUE, PAID
from crmcli.operations.reporting.report_scope import ReportOptions, read_scope
from crmcli.operations.reporting.run_report import ReportResult, run_report
from crmcli.operations.request import Request, Terms
from crmcli.report.reported_period import ReportedPeriod
from crmcli.store.reader import Reading

AMOUNTS = ("rewards_due", "rewards_paid")
Earned = dict[str | None, list[RewardDocument]]


def report_sources(
    request: Request,
    terms: Terms = (),
    *,
    by: str = "source",
    since: str = "",
    until: str = "",
    compare: str = "",
) -> list[SourceDocument]:
    """Return `crm.source/1` for each source, medium or campaign of the matching records, open and closed.

    Raises UsageError for an unknown `by`, and for a period that is not valid.
    """
    return run_report(request, "sources", terms, ReportOptions(by, since, until, compare)).rows


def report_referrals(
    request: Request,
    terms: Terms = (),
    *,
    by: str = "sponsor",
    since: str = "",
    until: str = "",
    compare: str = "",
) -> list[SponsorDocument]:
    """Return `crm.sponsor/1` for each sponsor of the matching records, open and closed.

    Raises UsageError for an unknown `by`, and for a period that is not valid.
    """
    return find_referrals(request, terms, ReportOptions(by, since, until, compare)).rows


def find_referrals(request: Request, terms: Terms, options: ReportOptions) -> ReportResult:
    """Return the report on referrals; of sponsors with their names and rewards."""
    found = run_report(request, "referrals", terms, options)
    if options.by not in ("", "sponsor"):
        return found
    reading, scope = request.reading(), read_scope(request, options)
    earned = find_earned(request, reading, terms, scope.period)
    earlier = scope.compared(options.compare).period if options.compare else None
    before = find_earned(request, reading, terms, earlier) if earlier else {}
    names = {id: person.name for row in found.rows if (id := row.id) and (person := reading.contact(id))}
    rows = [
        with_rewards(row, earned.get(row.id, ()), before.get(row.id, ()), names.get(row.id, row.label))
        for row in found.rows
    ]
    of_all, of_all_before = (
        [each for row in rows for each in some.get(row.id, ())] for some in (earned, before)
    )
    totals = [with_rewards(row, of_all, of_all_before, row.label) for row in found.totals]
    return ReportResult(rows, totals)


def find_earned(request: Request, reading: Reading, terms: Terms, period: ReportedPeriod) -> Earned:
    """Return the rewards for the matching records that were created in a period, by their receivers."""
    from crmcli.operations.referrals import read_rewards  # with what pays them, which is slow to import

    days = [f"created:{period.since or ''}..{period.until or ''}"] if period.is_limited else []
    wanted = request.query(terms).whatever_came
    wanted = replace(wanted, terms=(*wanted.terms, *request.query(days).terms))
    earned: Earned = {}
    for reward in read_rewards(request, reading, wanted):
        earned.setdefault(reward.to, []).append(reward)
    return earned


def with_rewards(
    row: SponsorDocument, rewards: Sequence[RewardDocument], before: Sequence[RewardDocument], label: str
) -> SponsorDocument:
    """Return the figures of a sponsor with their rewards, also in the period before."""
    sums = sum_rewards(rewards)
    if not isinstance(row.before, UnsetType):
        earlier = sum_rewards(before)
        sums["before"] = {**row.before, **{key: earlier[key] for key in AMOUNTS}}
    return replace(row, label=label, **sums)


def sum_rewards(rewards: Sequence[RewardDocument]) -> dict[str, Any]:
    """Return the amounts due and paid, and the kinds of rewards due that are not money.

    Amounts are added as decimals: ten of 0.10 are 1.
    """

    def total(state: str) -> Number:
        amounts = (Decimal(str(each.amount or 0)) for each in rewards if each.state == state)
        added: Number = plain_data(sum(amounts, Decimal()))
        return added

    kinds = [each.kind for each in rewards if each.state == DUE and each.kind]
    return {"rewards_due": total(DUE), "rewards_paid": total(PAID), "kinds_due": kinds}
