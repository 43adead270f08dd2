"""What messages call a record."""

from crmcli.domain.model.record_types import (
    Opportunity,
)


def name_deal(deal: Opportunity) -> str:
    """How messages call a deal."""
    return f"{deal.id} « {deal.title} »" if deal.id else f"« {deal.title} »"
