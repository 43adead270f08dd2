"""How a deal stands: open, won or lost, and with what probability, coming from where."""

from decimal import Decimal
from enum import StrEnum

from crmcli.domain.config import Config, Outcome, Stage
from crmcli.domain.history import counted, is_move
from crmcli.domain.model import Money, Opportunity, Percent
from crmcli.domain.money import weighted


class Standing(StrEnum):
    """Whether a deal can still be won."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Provenance(StrEnum):
    """Where a probability comes from."""

    STAGE = "stage"
    MANUAL = "manual"
    WON = "won"
    LOST = "lost"


def standing(opportunity: Opportunity, config: Config) -> Standing:
    """Lost if it has a lost reason, won if its stage wins, else open."""
    if opportunity.lost is not None:
        return Standing.LOST
    stage = config.stage(opportunity.stage)
    return Standing.WON if stage and stage.outcome is Outcome.WON else Standing.OPEN


def probability(opportunity: Opportunity, config: Config) -> tuple[Percent, Provenance]:
    """The chance of winning in per cent, and why it is that.

    Won is 100 and lost 0; else what a person or a `set` action gave; else that of the present
    stage, or of the last one in the history that has one.
    """
    match standing(opportunity, config):
        case Standing.WON:
            return Percent(Decimal(100)), Provenance.WON
        case Standing.LOST:
            return Percent(Decimal(0)), Provenance.LOST
    if opportunity.probability is not None:
        return opportunity.probability, Provenance.MANUAL
    return of_the_ladder(opportunity, config), Provenance.STAGE


def of_the_ladder(opportunity: Opportunity, config: Config) -> Percent:
    """The probability of the present stage, else of the last stage of the history that has one."""
    stage = stage_of_the_ladder(opportunity, config)
    return stage.probability if stage and stage.probability is not None else Percent(Decimal(0))


def stage_of_the_ladder(opportunity: Opportunity, config: Config) -> Stage | None:
    """The stage whose probability counts: the present one, else the last one that has any."""
    past = (entry.to for entry in counted(opportunity) if entry.to and is_move(entry))
    stages = (config.stage(id) for id in (opportunity.stage, *past))
    open_ones = (stage for stage in stages if stage is not None and stage.outcome is None)
    return next((stage for stage in open_ones if stage.probability is not None), None)


def weighted_revenue(opportunity: Opportunity, config: Config) -> Money | None:
    """Expected revenue × probability; None where the expected revenue is unknown."""
    if opportunity.expected_revenue is None:
        return None
    return weighted(opportunity.expected_revenue, probability(opportunity, config)[0])
