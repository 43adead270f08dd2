"""Finding records, activities and contacts, as documents for scripts.

Terms are those of the query language. Unreadable files and tags that no record has are reported to
`Request.advise`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from crmcli.domain.documents.typed_document import Document
from crmcli.domain.records.documents import build_contact
from crmcli.domain.values.folding import fold_text
from crmcli.operations.request import Request, Terms
from crmcli.query.query_model import Query


def find_opportunities(request: Request, terms: Terms = ()) -> Iterator[Document]:
    """Return the matching records as `crm.opportunity/1`; only open ones unless a term names a status."""
    wanted = request.query(terms)
    return request.reading_for(wanted).index.opportunities(wanted, request.viewing)


def find_ids(request: Request, terms: Terms = ()) -> list[Document]:
    """Return only the ids and paths of the matching leads and opportunities."""
    wanted = request.query(terms)
    places = request.reading_for(wanted).index.places(wanted, request.viewing)
    return [{"id": id, "path": path} for path, id in places]


def find_activities(request: Request, terms: Terms = ()) -> Iterator[Document]:
    """Return the matching activities as `crm.activity/1`; planned ones unless a term names a state."""
    wanted = planned_unless_named(request.query(terms))
    return request.reading_for(wanted).index.activities(wanted, request.viewing)


def find_activity_ids(request: Request, terms: Terms = ()) -> Iterator[Document]:
    """Return only the ids of the matching activities, in the order of `find_activities`."""
    wanted = planned_unless_named(request.query(terms))
    ids = request.reading_for(wanted).index.activity_ids(wanted, request.viewing)
    return ({"id": id} for id in ids)


def find_touched(request: Request) -> dict[str, datetime]:
    """Return when a person or the customer last did something on each record, by its id."""
    return request.reading().index.touched()


def planned_unless_named(query: Query) -> Query:
    """Return a query for activities, planned ones unless it names a state."""
    return query if query.names_state else query.only_planned


def find_contacts(request: Request, words: Sequence[str] = ()) -> list[Document]:
    """Return the contacts as `crm.contact/1` with these words in names, e-mails, phones, towns or tags.

    Each has the number of its open deals, for a company with those of its people.
    """
    index = request.reading_all("contacts").index
    deals = count_open_deals(index.open_deals(request.viewing), index.companies())
    found = (build_contact(held, company) for held, company in index.contacts(fold_words(words)))
    return [{**each, "open_deals": deals[each["id"]]} for each in found]


def count_open_deals(own: Mapping[str, int], companies: Mapping[str, str]) -> Counter[str]:
    """Return the number of open deals of each contact, those of a company's people counted for it, too.

    >>> count_open_deals({"anne": 2, "firm": 1, "luc": 1}, {"anne": "firm"})
    Counter({'firm': 3, 'anne': 2, 'luc': 1})
    """
    counted = Counter(own)
    for person, count in own.items():
        if person in companies:
            counted[companies[person]] += count
    return counted


def fold_words(words: Sequence[str]) -> list[str]:
    """Return the folded words to search contacts for; the parts of a phone number become one word.

    Raises UsageError for a phone number of fewer than three digits.
    """
    if words and not any(char.isalpha() or char == "@" for word in words for char in word):
        from crmcli.domain.records.contact_matching import digits_of, normal_phone, refuse_short

        phone = " ".join(words)
        refuse_short(phone)
        return [digits_of(normal_phone(phone, None) or phone) or phone]
    return [fold_text(word) for word in words]
