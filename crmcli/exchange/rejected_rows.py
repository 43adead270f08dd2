"""The rows that an import refused, as CSV that can be mended and imported again."""

import csv
import io
from collections.abc import Mapping

from crmcli.domain.values.spreadsheet_cells import disarm_cell
from crmcli.exchange.cell_table import REMARK, CellTable

MARK = "\ufeff"  # tells Excel that the text is UTF-8


def write_rejected_rows(table: CellTable, problems: Mapping[int, str]) -> bytes:
    """Return the rows of these lines as they stand in the file, each with what is wrong in a last column."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=table.separator)
    width = len(table.headers)
    headers = [each for each in table.headers if each != REMARK]
    kept = [place for place, each in enumerate(table.headers) if each != REMARK]
    writer.writerow([*map(disarm_cell, headers), REMARK])
    for line, _, raw in table.rows:
        if line in problems:
            cells = [*raw[:width], *([""] * (width - len(raw)))]
            writer.writerow([*(cells[place] for place in kept), disarm_cell(problems[line])])
    return (MARK + buffer.getvalue()).encode()
