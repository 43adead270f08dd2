"""Names of records in messages."""

from crmcli.domain.model.record_types import (
    Opportunity,
)


def name_deal(deal: Opportunity) -> str:
    """Return the name of a deal in messages: id and title."""
    return f"{deal.id} « {deal.title} »" if deal.id else f"« {deal.title} »"
