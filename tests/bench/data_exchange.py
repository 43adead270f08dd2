"""How long it takes to write a site, and to read and write the data of other programs."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from crmcli.cli.command_table import COMMANDS

DEALS, ROWS = 1_000, 10_000
SITE = f"`report html` of {DEALS:,} deals (and written again)"
IMPORT = f"`import csv` of {ROWS:,} rows (budget: 30 s)"
CONTACTS = f"`contact import` of {ROWS:,} rows"
EXPORT = "`export csv`"
NAMES = (SITE, IMPORT, CONTACTS, EXPORT)
Timed = Callable[[list[str], dict[str, str]], float]


class Exchanged(NamedTuple):
    """Seconds of each job, by its name; a command that this crm does not have is left out."""

    seconds: dict[str, tuple[float, ...]]


def measure(root: Path, environment: dict[str, str], timed: Timed, crm: str) -> Exchanged:
    """Write a site twice, import rows into the workspace, export all of it."""
    place = root.parent
    site = [crm, "report", "html", str(place / "site"), f"limit:{DEALS}", "-q"]
    found = {SITE: (timed(site, environment), timed(site, environment))}
    if "export csv" in COMMANDS:
        found[EXPORT] = (timed([crm, "export", "csv", str(place / "exported")], environment),)
    if "import csv" in COMMANDS:
        deals = write_rows(
            place / "deals.csv", ("title", "expected_revenue"), lambda n: (f"Affaire {n}", f"{n}.50")
        )
        found[IMPORT] = (timed([crm, "import", "csv", deals, "-q"], environment),)
    people = write_rows(
        place / "people.csv", ("name", "email"), lambda n: (f"Camille Nouveau{n}", f"camille.{n}@example.org")
    )
    found[CONTACTS] = (timed([crm, "contact", "import", people, "-q"], environment),)
    return Exchanged(found)


def write_rows(path: Path, headings: tuple[str, ...], row: Callable[[int], tuple[str, ...]]) -> str:
    """Write a CSV file of many rows; return its path."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings)
        writer.writerows(map(row, range(ROWS)))
    return str(path)


def tell(exchanged: Exchanged, name: str) -> str:
    """Return the cell on a job."""
    return ", ".join(f"{each:.1f} s" for each in exchanged.seconds.get(name, ())) or "–"
