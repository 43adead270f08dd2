"""The columns of a CSV file of contacts, by a mapping; and the names of external ids."""

from crmcli.domain.importing.import_map import ImportMap
from crmcli.domain.importing.import_targets import fold_heading
from crmcli.domain.records.import_contact import ReadContacts
from crmcli.exchange.cell_table import read_csv_table


def choose_columns(content: bytes, mapping: ImportMap) -> dict[str, str]:
    """Return the field of each column of a file that a mapping knows; an empty one is not imported.

    Raises UsageError for a file that is not a table.
    """
    section = mapping.of("contacts")
    known = {**section.columns, **dict.fromkeys(section.ignore, "")}
    headers = read_csv_table(content).headers
    return {header: known[fold_heading(header)] for header in headers if fold_heading(header) in known}


def name_system(read: ReadContacts, system: str | None) -> ReadContacts:
    """Return contacts whose external ids have the name of the other program before them."""
    if not system:
        return read
    return read._replace(
        contacts=[
            each._replace(external_ids=tuple(f"{system}:{id}" for id in each.external_ids))
            for each in read.contacts
        ]
    )
