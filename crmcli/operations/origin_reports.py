"""Reports by where deals came from: marketing origins, and sponsors with their rewards."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from crmcli.domain.documents.figure_documents import SourceDocument, SponsorDocument
from crmcli.domain.documents.referral_documents import RewardDocument
from crmcli.domain.documents.typed_document import Number
from crmcli.domain.records.documents import plain_data
from crmcli.domain.rules.rewards import DUE, PAID
from crmcli.operations.reporting.report_scope import ReportOptions
from crmcli.operations.reporting.run_report import ReportResult, run_report
from crmcli.operations.request import Request, Terms


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
    from crmcli.operations.referrals import read_rewards  # with what pays them, which is slow to import

    wanted = request.query(terms).whatever_came
    reading = request.reading()
    earned: dict[str | None, list[RewardDocument]] = {}
    for reward in read_rewards(request, reading, wanted):
        earned.setdefault(reward.to, []).append(reward)
    names = {id: person.name for row in found.rows if (id := row.id) and (person := reading.contact(id))}
    rows = [
        msgspec.structs.replace(
            row, label=names.get(row.id, row.label), **sum_rewards(earned.get(row.id, ()))
        )
        for row in found.rows
    ]
    of_all = [reward for row in rows for reward in earned.get(row.id, ())]
    totals = [msgspec.structs.replace(row, **sum_rewards(of_all)) for row in found.totals]
    return ReportResult(rows, totals)


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
