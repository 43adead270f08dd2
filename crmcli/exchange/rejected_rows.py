"""The rows that an import refused, as CSV that can be mended and imported again."""

import csv
import io
from collections.abc import Mapping

from crmcli.domain.importing.import_targets import REMARK
from crmcli.domain.values.spreadsheet_cells import disarm_cell
from crmcli.exchange.cell_table import CellTable

MARK = "\ufeff"  # tells Excel that the text is UTF-8


def write_rejected_rows(table: CellTable, problems: Mapping[int, str]) -> bytes:
    """Return the rows of these lines as they stand in the file, each with what is wrong in a last column."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=table.separator)
    width = max((len(raw) for line, _, raw in table.rows if line in problems), default=0)
    headers = [*table.headers, *([""] * (width - len(table.headers)))]
    kept = [place for place, each in enumerate(headers) if each != REMARK]
    writer.writerow([*(disarm_cell(headers[place]) for place in kept), REMARK])
    for line, _, raw in table.rows:
        if line in problems:
            cells = [*raw, *([""] * (len(headers) - len(raw)))]
            writer.writerow([*(cells[place] for place in kept), disarm_cell(problems[line])])
    return (MARK + buffer.getvalue()).encode()
