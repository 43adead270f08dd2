"""Routes: which of them a message takes, and the values that they give to its new record."""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from crmcli.domain.model.config import Config, Route
from crmcli.domain.model.record_types import Kind, Marketing, Opportunity, Priority, Project
from crmcli.domain.values.folding import fold_text, folded_name
from crmcli.domain.values.list_entries import fits_wildcards

LONGEST = 2_000  # characters of a header that a pattern is compared with


class Envelope(NamedTuple):
    """What routes look at: addresses in lower case, those of the delivery first, the subject, the headers."""

    recipients: tuple[str, ...] = ()
    sender: str = ""
    subject: str = ""
    headers: tuple[tuple[str, str], ...] = ()


def matching_routes(config: Config, envelope: Envelope) -> list[Route]:
    """Return the routes that a message takes, the first of which gives its values.

    Routes with a subject, a sender or headers come first, in their order in `crm.yaml`; then whole addresses,
    then local parts, both in the order of the recipients.
    """
    found = [
        (rank_route(route, envelope), number)
        for number, route in enumerate(config.ingest.routes)
        if fits_conditions(route, envelope)
    ]
    return [config.ingest.routes[number] for rank, number in sorted(found) if rank != NEVER]


NEVER = (9, 0)  # the rank of a route whose address the message was not sent to


def rank_route(route: Route, envelope: Envelope) -> tuple[int, int]:
    """Return the place of a route among those that a message takes; `NEVER` if it was sent elsewhere."""
    place = address_rank(route.to, envelope.recipients) if route.to else (0, 0)
    if place == NEVER or not (route.to or has_conditions(route)):
        return NEVER
    return (0, 0) if has_conditions(route) else place


def address_rank(wanted: str, recipients: tuple[str, ...]) -> tuple[int, int]:
    """Return whether an address is met whole or by its local part, and by which recipient."""
    folded = wanted.strip().casefold()
    for number, address in enumerate(recipients):
        if folded == address:
            return 1, number
    for number, address in enumerate(recipients):
        if folded == address.partition("@")[0].partition("+")[0]:
            return 2, number
    return NEVER


def has_conditions(route: Route) -> bool:
    """Tell whether a route looks at more than the recipient."""
    return bool(route.subject or route.from_ or route.headers)


def fits_conditions(route: Route, envelope: Envelope) -> bool:
    """Tell whether a message meets the conditions of a route besides the recipient."""
    return all(
        any(fits_pattern(text, pattern) for text in texts)
        for pattern, texts in list_conditions(route, envelope)
    )


def list_conditions(route: Route, envelope: Envelope) -> Iterator[tuple[str, list[str]]]:
    """Yield the patterns of a route, each with the texts of which one must match."""
    if route.subject:
        yield route.subject, [envelope.subject]
    if route.from_:
        yield route.from_, [envelope.sender]
    for name, pattern in route.headers.items():
        yield pattern, [value for key, value in envelope.headers if key.lower() == name.lower()]


def fits_pattern(text: str, pattern: str) -> bool:
    """Tell whether a text matches a pattern with `*`, compared folded.

    >>> fits_pattern("Demande de RAMONAGE", "*ramonage*"), fits_pattern("Devis", "ramonage")
    (True, False)
    """
    return fits_wildcards(folded_name(text[:LONGEST]), " ".join(fold_text(pattern).split()))


def routed_deal(config: Config, envelope: Envelope, deal: Opportunity) -> Opportunity:
    """Return a new record with the values of its message's routes; further routes only add their tags."""
    found = matching_routes(config, envelope) or [config.ingest.default]
    first = found[0]
    marketing = Marketing(campaign=first.campaign, medium=first.medium, source=first.source)
    return replace(
        deal,
        kind=Kind(first.kind) if first.kind else Kind.LEAD,
        stage=first.stage,
        owner=first.owner,
        team=first.team,
        priority=first.priority or Priority(0),
        tags=tuple(sorted({tag for route in found for tag in route.tags})),
        marketing=None if marketing == Marketing() else marketing,
        project=Project(questionnaire=first.questionnaire) if first.questionnaire else deal.project,
    )


def routed_answers(config: Config, envelope: Envelope) -> dict[str, str]:
    """Return the answers that the route of a message gives, by question."""
    found = matching_routes(config, envelope) or [config.ingest.default]
    return dict(found[0].answers)
