"""The pipeline by stage: how many deals, what they are expected and weighted to bring."""

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import NamedTuple

from crmcli.domain.model.config import Config
from crmcli.domain.model.pipeline import Stage
from crmcli.domain.model.record_types import Money, Percent
from crmcli.store.index.queries import Sums


class StageFigures(NamedTuple):
    """One stage, or with None the total: how many deals, expected and weighted revenue in the currency."""

    stage: Stage | None
    probability: Percent | None
    deals: int
    expected: Money
    weighted: Money


def pipeline_figures(sums: Iterable[Sums], config: Config, names: Collection[str] = ()) -> list[StageFigures]:
    """The open stages and those that hold a deal, in their order, then the total.

    `names` are the pipelines that are wanted; all where there are none.

    Lost deals are not part of a pipeline: a stage counts what may still be won, or is.
    """
    held = {each.stage: each for each in sums}
    known = {stage.id: stage for stage in config.stages}
    rows = [
        stage_figures(stage, held.get(stage.id))
        for stage in config.stages
        if (stage.outcome is None and is_wanted(stage, config, names)) or stage.id in held
    ]
    rows += [stage_figures(Stage(id=id), each) for id, each in held.items() if id not in known]
    total = StageFigures(
        stage=None,
        probability=None,
        deals=sum(row.deals for row in rows),
        expected=Money(sum((row.expected for row in rows), Decimal("0.00"))),
        weighted=Money(sum((row.weighted for row in rows), Decimal("0.00"))),
    )
    return [*rows, total]


def is_wanted(stage: Stage, config: Config, names: Collection[str]) -> bool:
    """Does a stage belong to one of these pipelines?"""
    pipeline = config.pipeline(stage.id)
    return not names or (pipeline is not None and pipeline.id in names)


def stage_figures(stage: Stage, sums: Sums | None) -> StageFigures:
    """The sums of the deals in a stage."""
    return StageFigures(
        stage=stage,
        probability=stage.probability,
        deals=sums.deals if sums else 0,
        expected=Money(sums.expected if sums else Decimal("0.00")),
        weighted=Money(sums.weighted if sums else Decimal("0.00")),
    )
