"""What a file of contacts holds: contacts, and what of it cannot be imported."""

import msgspec

from crmcli.domain.importing.import_map import ReadColumns
from crmcli.domain.importing.import_values import UnknownWord
from crmcli.domain.records.import_contact import ImportFault, IncomingContact


class ReadContacts(msgspec.Struct):
    """The contents of a file of contacts: contacts, those that cannot be imported, and parts left out."""

    contacts: list[IncomingContact] = []
    faults: list[ImportFault] = []
    left_out: list[ImportFault] = []
    unknown: list[UnknownWord] = []  # words that no list of the workspace has
    unknown_words: list[ImportFault] = []  # the same, as faults of their rows
    columns: ReadColumns = ReadColumns()
