"""The pipeline by stage: how many deals, what they are expected and weighted to bring."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from crmcli.domain.config import Config, Stage
from crmcli.domain.keys import Subject
from crmcli.domain.model import Money, Percent
from crmcli.domain.standing import Standing, standing, weighted_revenue


class StageFigures(NamedTuple):
    """One stage, or with None the total: how many deals, expected and weighted revenue in the currency."""

    stage: Stage | None
    probability: Percent | None
    deals: int
    expected: Money
    weighted: Money


def by_stage(subjects: Iterable[Subject], config: Config) -> list[StageFigures]:
    """The open stages and those that hold a deal, in their order, then the total.

    Lost deals are no part of a pipeline: a stage counts what may still be won, or is.
    """
    held: dict[str, list[Subject]] = {stage.id: [] for stage in config.stages}
    for subject in subjects:
        if standing(subject.deal, config) is not Standing.LOST:
            held.setdefault(subject.deal.stage or config.stages[0].id, []).append(subject)
    stages = {stage.id: stage for stage in config.stages}
    rows = [
        figures(stages.get(id) or Stage(id=id), deals)
        for id, deals in held.items()
        if deals or (id in stages and stages[id].outcome is None)
    ]
    everything = [subject for deals in held.values() for subject in deals]
    return [*rows, figures(None, everything)]


def figures(stage: Stage | None, subjects: list[Subject]) -> StageFigures:
    """The sums of some deals."""
    expected = [s.deal.expected_revenue for s in subjects if s.deal.expected_revenue is not None]
    weighted = [weighted_revenue(s.deal, s.config) or Decimal(0) for s in subjects]
    return StageFigures(
        stage=stage,
        probability=stage.probability if stage else None,
        deals=len(subjects),
        expected=Money(sum(expected, Decimal("0.00"))),
        weighted=Money(sum(weighted, Decimal("0.00"))),
    )
