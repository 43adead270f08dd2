"""Status of a deal: open, won or lost, and its probability with where that comes from."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from crmcli.domain.model.config import Config
from crmcli.domain.model.history import is_move, own_entries
from crmcli.domain.model.pipeline import Outcome, Stage
from crmcli.domain.model.record_types import Money, Opportunity, Percent
from crmcli.domain.values.money import monthly_amount, weighted_amount


class Status(StrEnum):
    """The status of a deal."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Provenance(StrEnum):
    """The source of a probability."""

    STAGE = "stage"
    MANUAL = "manual"
    WON = "won"
    LOST = "lost"


def status_of(opportunity: Opportunity, config: Config) -> Status:
    """Return the status of a deal: lost if it has a lost reason, won if its stage wins, else open."""
    return status_in(opportunity.stage, opportunity.lost, config)


def status_in(stage: str | None, lost: str | None, config: Config) -> Status:
    """Return the status of a deal in this stage with this lost reason."""
    if lost is not None:
        return Status.LOST
    known = config.stage(stage)
    return Status.WON if known and known.outcome is Outcome.WON else Status.OPEN


def probability_of(opportunity: Opportunity, config: Config) -> tuple[Percent, Provenance]:
    """Return the probability of winning in per cent, and its source."""
    return chance_of(opportunity.lost, opportunity.probability, stages_climbed(opportunity), config)


def chance_of(
    lost: str | None, manual: Percent | None, climbed: Sequence[str | None], config: Config
) -> tuple[Percent, Provenance]:
    """Return the probability of a deal that passed through these stages, current one first, and its source.

    Won is 100 and lost 0; otherwise the manual probability, set by a person or a `set` action; otherwise
    that of the current stage, or of the last earlier stage that has one.
    """
    match status_in(climbed[0], lost, config):
        case Status.WON:
            return Percent(Decimal(100)), Provenance.WON
        case Status.LOST:
            return Percent(Decimal(0)), Provenance.LOST
    if manual is not None:
        return manual, Provenance.MANUAL
    stage = stage_of_the_ladder(climbed, config)
    known = stage.probability if stage else None
    return Percent(Decimal(0)) if known is None else known, Provenance.STAGE


def stages_climbed(opportunity: Opportunity) -> list[str | None]:
    """Return the stages that a deal has passed through, each once, the current one first."""
    past = (entry.to for entry in own_entries(opportunity) if entry.to and is_move(entry))
    return list(dict.fromkeys([opportunity.stage, *past]))


def stage_of_the_ladder(climbed: Sequence[str | None], config: Config) -> Stage | None:
    """Return the stage whose probability counts: the current one, else the last one that has any."""
    stages = (config.stage(id) for id in climbed)
    open_ones = (stage for stage in stages if stage is not None and stage.outcome is None)
    return next((stage for stage in open_ones if stage.probability is not None), None)


def monthly_revenue(opportunity: Opportunity) -> Money | None:
    """Return the recurring revenue per month; None without a recurring revenue or a number of months."""
    if opportunity.recurring_revenue is None or not opportunity.recurring_months:
        return None
    return monthly_amount(opportunity.recurring_revenue, opportunity.recurring_months)


def weighted_revenue(opportunity: Opportunity, config: Config) -> Money | None:
    """Return expected revenue × probability; None if the expected revenue is unknown."""
    if opportunity.expected_revenue is None:
        return None
    return weighted_amount(opportunity.expected_revenue, probability_of(opportunity, config)[0])
