"""Finding records that may be duplicates, in groups with the values that they share."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from crmcli.domain.documents.review_documents import SimilarDocument
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.merging.similarity import Group, group_records
from crmcli.operations.request import Request, Terms
from crmcli.store.index.duplicates import traits_of_contacts, traits_of_deals


class Duplicates(NamedTuple):
    """Groups of records that may be the same, and the data of the index about each record, by id."""

    kind: str  # opportunity, contact
    groups: Sequence[Group]
    records: Mapping[str, Document]

    def documents(self) -> list[SimilarDocument]:
        """Return the groups as `crm.similar/1`."""
        name = "name" if self.kind == "contact" else "title"
        return [
            SimilarDocument(
                kind=self.kind,
                criteria=[each._asdict() for each in group.traits],
                ids=list(group.ids),
                names=[str(self.records[id][name]) for id in group.ids],
            )
            for group in self.groups
        ]


def find_duplicates(request: Request, terms: Terms = ()) -> Duplicates:
    """Return the groups of matching leads and opportunities that may be the same."""
    wanted = request.query(terms)
    reading = request.reading_for(wanted)
    found = {deal["id"]: deal for deal in reading.index.opportunities(wanted, request.viewing) if deal["id"]}
    groups = group_records(traits_of_deals(reading.index, request.config, found))
    return Duplicates("opportunity", groups, found)


def find_duplicate_contacts(request: Request) -> Duplicates:
    """Return the groups of contacts that may be the same."""
    reading = request.reading_all("contacts")
    found = {held.get("id", ""): held for held, _ in reading.index.contacts([])}
    groups = group_records(traits_of_contacts(reading.index, request.config))
    return Duplicates("contact", groups, found)
