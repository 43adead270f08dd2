"""What a workspace holds: records, activities, contacts, rewards and referrals, as documents for scripts.

Terms are those of the query language. What an answer leaves out is advised: files that cannot be read,
tags that no record has.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from crmcli.domain.documents.record_documents import ReferralDocument, RewardDocument
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.records.documents import build_contact
from crmcli.domain.values.folding import fold_text
from crmcli.domain.values.list_entries import find_label, unknown_entry
from crmcli.operations.request import Request, Terms
from crmcli.store.reader import Reading

if TYPE_CHECKING:
    from crmcli.query.query_model import Query

REWARD_STATES = ("due", "paid", "void")  # in the order of a list


def find_opportunities(request: Request, terms: Terms = ()) -> Iterator[Document]:
    """Return the matching records as `crm.opportunity/1`; open ones, unless a term says which."""
    wanted = request.query(terms)
    return request.reading_for(wanted).index.opportunities(wanted, request.viewing)


def find_ids(request: Request, terms: Terms = ()) -> list[Document]:
    """Return the ids and paths of the matching leads and opportunities, and nothing else of them."""
    wanted = request.query(terms)
    places = request.reading_for(wanted).index.places(wanted, request.viewing)
    return [{"id": id, "path": path} for path, id in places]


def find_activities(request: Request, terms: Terms = ()) -> Iterator[Document]:
    """Return the matching activities as `crm.activity/1`; planned ones, unless a term says which."""
    asked = request.query(terms)
    wanted = asked if asked.names_state else asked.only_planned
    return request.reading_for(wanted).index.activities(wanted, request.viewing)


def find_contacts(request: Request, words: Sequence[str] = ()) -> list[Document]:
    """Return the contacts with these words as `crm.contact/1`: in names, e-mails, phones, towns or tags."""
    found = request.reading_all("contacts").index.contacts(fold_words(words))
    return [build_contact(held, company) for held, company in found]


def fold_words(words: Sequence[str]) -> list[str]:
    """Return words as contacts are searched for them: folded, the parts of a phone number as one.

    Raises UsageError for a phone number of fewer than three digits.
    """
    if words and not any(char.isalpha() or char == "@" for word in words for char in word):
        from crmcli.domain.records.contact_matching import digits_of, normal_phone, refuse_short

        phone = " ".join(words)
        refuse_short(phone)
        return [digits_of(normal_phone(phone, None) or phone) or phone]
    return [fold_text(word) for word in words]


def find_rewards(request: Request, terms: Terms = (), states: Collection[str] = ()) -> list[RewardDocument]:
    """Return the rewards of the matching records, open and closed, as `crm.reward/1`.

    Raises UsageError for an unknown state.
    """
    for state in states:
        if state not in REWARD_STATES:
            raise unknown_entry("state of a reward", state, list(REWARD_STATES))
    wanted = request.query(terms).whatever_came
    found = read_rewards(request, request.reading_for(wanted), wanted)
    return [each for each in found if not states or each.state in states]


def read_rewards(request: Request, reading: Reading, wanted: "Query") -> list[RewardDocument]:
    """Return the rewards of the matching records as `crm.reward/1`: due ones first, then by day."""
    having = wanted._replace(terms=(*wanted.terms, *request.query(["reward:any"]).terms))
    found = [
        RewardDocument(
            id=each.get("id"),
            state=each.get("state"),
            amount=each.get("amount"),
            kind=each.get("kind"),
            to=each.get("to"),
            to_name=person.name if (person := reading.contact(each.get("to"))) else None,
            link=each.get("link"),
            at=each.get("at"),
            opportunity=deal["id"],
            title=deal["title"],
            rule=each.get("rule"),
        )
        for deal in reading.index.opportunities(having, request.viewing)
        for each in deal["rewards"]
    ]
    places = {state: place for place, state in enumerate(REWARD_STATES)}
    return sorted(found, key=lambda each: (places.get(each.state or "", len(places)), each.at or ""))


def select_referred(request: Request, terms: Terms = ()) -> "Query":
    """Return the query for the matching deals that somebody referred, open and closed."""
    asked = request.query(terms)
    return asked._replace(terms=(*asked.terms, *request.query(["referred_by:any"]).terms)).whatever_came


def find_referrals(request: Request, terms: Terms = ()) -> list[ReferralDocument]:
    """Return the matching deals that somebody referred, open and closed, as `crm.referral/1`."""
    wanted = select_referred(request, terms)
    reading = request.reading_for(wanted)
    deals = reading.index.opportunities(wanted, request.viewing)
    return [build_referral(request, reading, deal) for deal in deals]


def build_referral(request: Request, reading: Reading, deal: Document) -> ReferralDocument:
    """Return `crm.referral/1`: a deal with who referred it, and what they got for it."""
    by, link = deal["referral"].get("by"), deal["referral"].get("link")
    sponsor = reading.contact(by)
    return ReferralDocument(
        id=deal["id"],
        kind=deal["kind"],
        title=deal["title"],
        contact=deal.get("contact"),
        contact_name=deal["contact_name"],
        sponsor=by,
        sponsor_name=sponsor.name if sponsor else None,
        link=link,
        link_label=find_label(request.config.referral.links, link) or None,
        stage=deal["stage"],
        stage_label=deal["stage_label"],
        outcome=deal["outcome"],
        expected_revenue=deal["expected_revenue"],
        rewards=deal.get("rewards", []),
    )
