"""Reports by where deals came from: marketing origins, and sponsors with their rewards."""

from collections.abc import Sequence
from typing import Any

from crmcli.domain.documents.figure_documents import OriginKind, SourceDocument, SponsorDocument
from crmcli.domain.documents.referral_documents import RewardDocument
from crmcli.domain.documents.typed_document import Number
from crmcli.domain.model.config import Config
from crmcli.domain.records.documents import plain_data
from crmcli.domain.rules.rewards import DUE, PAID
from crmcli.domain.values.list_entries import Named, unknown_entry
from crmcli.operations.request import Request, Terms
from crmcli.report import origin_figures
from crmcli.report.origin_figures import Origin
from crmcli.store.index.figures import tally_by_column


def lists_of_origins(config: Config) -> dict[str, Sequence[Named]]:
    """Return the lists of sources, mediums and campaigns in `crm.yaml`."""
    lists = config.marketing
    return {"source": lists.sources, "medium": lists.mediums, "campaign": lists.campaigns}


def report_sources(request: Request, terms: Terms = (), *, by: str = "source") -> list[SourceDocument]:
    """Return `crm.source/1` for each source, medium or campaign of the matching records, open and closed.

    Raises UsageError for an unknown `by`.
    """
    lists = lists_of_origins(request.config)
    if by not in lists:
        raise unknown_entry("origin", by, list(lists))
    wanted = request.query(terms).whatever_came
    tallies = tally_by_column(request.reading_for(wanted).index, by, wanted, request.viewing)
    rows = origin_figures.by_list(tallies, lists[by])
    return [SourceDocument(by=OriginKind(by), **describe_origin(each)) for each in rows]


def report_referrals(request: Request, terms: Terms = ()) -> list[SponsorDocument]:
    """Return `crm.sponsor/1` for each sponsor of the matching records, open and closed."""
    from crmcli.operations.referrals import read_rewards  # with what pays them, which is slow to import

    wanted = request.query(terms).whatever_came
    reading = request.reading_for(wanted)
    tallies = tally_by_column(reading.index, "referred_by", wanted, request.viewing)
    sponsors = [each.value for each in tallies if each.value]
    names = {id: person.name for id in sponsors if (person := reading.contact(id))}
    earned: dict[str | None, list[RewardDocument]] = {}
    for reward in read_rewards(request, reading, wanted):
        earned.setdefault(reward.to, []).append(reward)
    return [
        SponsorDocument(**describe_origin(row), **sum_rewards(earned.get(row.id, ())))
        for row in origin_figures.sort_by_person(tallies, names)
    ]


def describe_origin(row: Origin) -> dict[str, Any]:
    """Return the figures of the deals of one origin."""
    tally = row.figures
    return {
        "id": row.id,
        "label": row.label,
        "leads": tally.leads,
        "deals": tally.open + tally.won + tally.lost,
        "open": tally.open,
        "won": tally.won,
        "lost": tally.lost,
        "win_rate": plain_data(row.win_rate),
        "expected_revenue": plain_data(tally.expected),
        "weighted_revenue": plain_data(tally.weighted),
        "won_revenue": plain_data(tally.revenue),
    }


def sum_rewards(rewards: Sequence[RewardDocument]) -> dict[str, Any]:
    """Return the amounts due and paid, and the kinds of rewards due that are not money."""

    def total(state: str) -> Number:
        return sum(each.amount or 0 for each in rewards if each.state == state)

    kinds = [each.kind for each in rewards if each.state == DUE and each.kind]
    return {"rewards_due": total(DUE), "rewards_paid": total(PAID), "kinds_due": kinds}
