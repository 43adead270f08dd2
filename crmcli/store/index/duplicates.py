"""The traits that records or contacts share, read from the index in one pass."""

from collections import Counter
from collections.abc import Container, Iterator
from itertools import groupby

from crmcli.domain.merging.similarity import NamedContact, Trait, list_name_traits, of_email, of_phone
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import ContactKind
from crmcli.domain.records.contact_matching import normal_email
from crmcli.store.index.queries import Index
from crmcli.store.index.schema import FROM_RECORDS, USUAL_ORDER

VALUES = "JOIN contact_value v ON v.contact = c.rowid AND v.key IN ('email', 'phone')"

NAMESAKES = (  # contacts whose names have one key
    "SELECT c.name_key, c.id, c.name, COALESCE(json_extract(p.document, '$.kind'), 'person') "
    "FROM contact c JOIN contact_said p ON p.contact = c.rowid WHERE c.id IS NOT NULL AND c.name_key IN "
    "(SELECT name_key FROM contact GROUP BY name_key HAVING COUNT(*) > 1) ORDER BY c.name_key, c.folded, c.id"
)


def traits_of_deals(index: Index, config: Config, among: Container[str]) -> Iterator[tuple[str, Trait]]:
    """Yield (id, trait) of the records with these ids: contact, company, e-mails and phones."""
    people = [
        row
        for row in index.rows(
            f"SELECT r.id, c.id, c.name, c.company, k.name {FROM_RECORDS} "
            "LEFT JOIN contact k ON k.rowid = (SELECT MIN(rowid) FROM contact WHERE id = c.company) "
            f"WHERE c.id IS NOT NULL ORDER BY {USUAL_ORDER}"
        )
        if row[0] in among
    ]
    firms = {company for *_, company, _ in people if company}
    for id, contact, name, company, firm in people:
        yield id, Trait("contact", name)._replace(value=f"{name} ({contact})")
        if company:
            yield id, Trait("company", f"{firm or company} ({company})")
        elif contact in firms:
            yield id, Trait("company", f"{name} ({contact})")
    found = index.rows(
        f"SELECT r.id, v.key, v.value, v.folded {FROM_RECORDS} {VALUES} ORDER BY {USUAL_ORDER}"
    )
    yield from of_values([row for row in found if row[0] in among], config)


def of_values(rows: list[tuple[str, str, str, str]], config: Config) -> Iterator[tuple[str, Trait]]:
    """Yield (id, trait) of e-mails and phones; a phone only if its last digits occur twice."""
    endings = Counter(ending for ending, _ in {(row[3], row[0]) for row in rows if row[1] == "phone"})
    for id, key, value, folded in rows:
        if key == "email":
            yield id, of_email(value, config)
        elif endings[folded] > 1:
            yield id, of_phone(value, config)


def traits_of_contacts(index: Index, config: Config) -> Iterator[tuple[str, Trait]]:
    """Yield (id, trait) of all contacts: full name, e-mails, phones."""
    for _, alike in groupby(index.rows(NAMESAKES), key=lambda row: row[0]):
        yield from list_name_traits(
            [NamedContact(id, name, ContactKind(kind)) for _, id, name, kind in alike]
        )
    found = index.rows(
        f"SELECT c.id, v.key, v.value, v.folded FROM contact c {VALUES} WHERE c.id IS NOT NULL ORDER BY c.folded, 1"
    )
    rows = list(found)
    yield from (
        (id, Trait("e-mail", normal_email(value) or value)) for id, key, value, _ in rows if key == "email"
    )
    yield from of_values([row for row in rows if row[1] == "phone"], config)
