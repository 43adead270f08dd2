"""CSV that the spreadsheets of the workspace's country read as numbers and dates: `crm … -o csv --excel`.

A French LibreOffice or Excel takes `7500.5` for a text and `,` for a decimal sign. So decimals, days and the
separator are those of the locale, and a byte order mark tells Excel that the text is UTF-8.
"""

import csv
import io
import re
from collections.abc import Sequence
from datetime import date, datetime

from babel.dates import format_date, get_date_format

from crmcli.cli.output.columns import Column
from crmcli.cli.output.value_format import ISO, as_day, localize_value, spell_value
from crmcli.domain.documents.typed_document import Document
from crmcli.domain.localization.locale import known_locale, number_text
from crmcli.domain.localization.zones import find_zone
from crmcli.domain.model.config import Config
from crmcli.domain.records.contact_matching import shown_phone
from crmcli.domain.records.documents import decode_value
from crmcli.domain.values.spreadsheet_cells import disarm_cell

MARK = "\ufeff"
NUMERIC = r"[+-]?[\d.,]*\d[\d.,/:eE+-]*"  # a spreadsheet would make a number or a day of it


class Office:
    """Writes values as the spreadsheets of a locale read them."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.locale = known_locale(config.locale)
        self.days = re.sub("y+", "yyyy", get_date_format("short", self.locale).pattern)
        self.separator = ";" if number_text(0.5, config) == "0,5" else ","

    def write_csv(self, documents: Sequence[Document], columns: Sequence[Column], *, headers: bool) -> str:
        """Return documents as CSV, under the headings that tables have."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, delimiter=self.separator)
        if headers:
            writer.writerow([disarm_cell(column.label or column.key) for column in columns])
        writer.writerows([self.write_value(document, column) for column in columns] for document in documents)
        return MARK + buffer.getvalue()

    def write_value(self, document: Document, column: Column) -> str:
        """Return a value of a document: words of crm's own as people see them."""
        value = column.value(document)
        if column.in_words:
            return self.write_cell_text(column.shown(value))
        return self.write_cell(decode_value(value))

    def write_cell(self, value: object) -> str:
        """Return a value: numbers and days by the locale, the items of a list separated by commas."""
        if isinstance(value, bool):
            return spell_value(value)
        if isinstance(value, int | float):
            return number_text(value, self.config)
        if isinstance(value, str) and re.fullmatch(ISO, value):
            return self.write_day(value)
        if isinstance(value, list):
            return self.write_cell(value[0]) if len(value) == 1 else self.write_cell_text(spell_value(value))
        if isinstance(value, dict):
            return self.write_cell_text(spell_value(localize_value(value, self.config)))
        return "" if value is None else self.write_cell_text(str(value))

    def write_cell_text(self, text: str) -> str:
        """Return a text that stays one: 01000 would lose its zero as a number, and 1/2 become a day."""
        shown = shown_phone(text, self.config.country)
        return f'="{shown}"' if re.fullmatch(NUMERIC, shown) else disarm_cell(shown)

    def write_day(self, text: str) -> str:
        """Return a day, or an instant in the workspace's time zone."""
        day: date = as_day(text, self.config)
        shown = format_date(day, self.days, locale=self.locale)
        if "T" not in text:
            return shown
        local = datetime.fromisoformat(text).astimezone(find_zone(self.config.timezone))
        return f"{shown} {local:%H:%M:%S}"
