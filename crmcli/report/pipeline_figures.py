"""The pipeline by stage: number of records, expected and weighted revenue."""

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from crmcli.domain.model.config import Config
from crmcli.domain.model.pipeline import Stage
from crmcli.domain.model.record_types import Money, Percent
from crmcli.store.index.figures import Sums


class StageFigures(NamedTuple):
    """One stage, or None for the total: number of records, expected and weighted revenue."""

    stage: Stage | None
    probability: Percent | None
    deals: int
    expected: Money
    weighted: Money
    pipeline: str | None = None  # of a total, where there are several


def pipeline_figures(sums: Iterable[Sums], config: Config, names: Collection[str] = ()) -> list[StageFigures]:
    """Return the open stages and those that hold a record, in order, then the total of each pipeline.

    `names` are the pipelines to include; all if empty.

    Lost records are not part of a pipeline: a stage counts open and won ones.
    """
    held = {each.stage: each for each in sums}
    known = {stage.id: stage for stage in config.stages}
    rows = [
        stage_figures(stage, held.get(stage.id))
        for stage in config.stages
        if (stage.outcome is None and is_wanted(stage, config, names)) or stage.id in held
    ]
    rows += [stage_figures(Stage(id=id), each) for id, each in held.items() if id not in known]
    return [*rows, *totals_of(rows, config)]


def totals_of(rows: Sequence[StageFigures], config: Config) -> list[StageFigures]:
    """Return the total of these stages; of several pipelines one each, which are not added up."""
    by_pipeline: dict[str | None, list[StageFigures]] = {} if config.pipelines else {None: []}
    for row in rows:
        by_pipeline.setdefault(pipeline_id(row, config), []).append(row)
    return [
        StageFigures(
            stage=None,
            probability=None,
            deals=sum(row.deals for row in own),
            expected=Money(sum((row.expected for row in own), Decimal("0.00"))),
            weighted=Money(sum((row.weighted for row in own), Decimal("0.00"))),
            pipeline=id,
        )
        for id, own in by_pipeline.items()
    ]


def pipeline_id(row: StageFigures, config: Config) -> str | None:
    """Return the pipeline of a stage, where there are several."""
    pipeline = config.pipeline(row.stage.id) if row.stage else None
    return pipeline.id if pipeline else None


def is_wanted(stage: Stage, config: Config, names: Collection[str]) -> bool:
    """Tell whether a stage belongs to one of these pipelines; True without names."""
    pipeline = config.pipeline(stage.id)
    return not names or (pipeline is not None and pipeline.id in names)


def stage_figures(stage: Stage, sums: Sums | None) -> StageFigures:
    """Return the figures of a stage."""
    return StageFigures(
        stage=stage,
        probability=stage.probability,
        deals=sums.deals if sums else 0,
        expected=Money(sums.expected if sums else Decimal("0.00")),
        weighted=Money(sums.weighted if sums else Decimal("0.00")),
    )
