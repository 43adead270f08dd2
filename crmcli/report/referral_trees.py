"""Who referred whom, as trees: a sponsor, the deals referred, and those that their contacts referred."""

from collections.abc import Iterable, Mapping, Sequence

from crmcli.domain.documents.typed_document import Document


def group_by_sponsor(rows: Iterable[Document]) -> dict[str, list[Document]]:
    """Return referred deals, `crm.referral/1`, by the id of their sponsor."""
    found: dict[str, list[Document]] = {}
    for row in rows:
        found.setdefault(row["sponsor"], []).append(row)
    return found


def order_sponsors(by_sponsor: Mapping[str, Sequence[Document]]) -> list[str]:
    """Return sponsors in the order of their trees: those who were not referred, then by referrals."""
    referred = {row["contact"] for rows in by_sponsor.values() for row in rows}
    return sorted(
        by_sponsor,
        key=lambda each: (each in referred, -len(by_sponsor[each]), sponsor_name(by_sponsor, each)),
    )


def grow_trees(
    roots: Sequence[str], by_sponsor: Mapping[str, Sequence[Document]]
) -> dict[str, list[Document]]:
    """Return the referrals below each of these sponsors, without sponsors that are below an earlier one."""
    drawn_ones: set[str] = set()
    found: dict[str, list[Document]] = {}
    for id in roots:
        if id not in drawn_ones:
            drawn_ones.add(id)
            found[id] = grow_branches(id, by_sponsor, drawn_ones)
    return found


def grow_branches(
    sponsor: str, by_sponsor: Mapping[str, Sequence[Document]], drawn_ones: set[str]
) -> list[Document]:
    """Return the deals that a sponsor referred, each with those that its contact referred, and so on.

    Those of a contact are listed once, under their first deal, so a circle that was written by hand ends.
    """
    found = []
    for row in by_sponsor.get(sponsor, ()):
        contact = row["contact"]
        goes_on = contact is not None and contact not in drawn_ones
        if goes_on:
            drawn_ones.add(contact)
        further = grow_branches(contact, by_sponsor, drawn_ones) if goes_on else []
        found.append({**row, "brought": further})
    return found


def sponsor_name(by_sponsor: Mapping[str, Sequence[Document]], id: str) -> str:
    """Return the name of a sponsor, or the id where no name is known."""
    return by_sponsor[id][0]["sponsor_name"] or id
