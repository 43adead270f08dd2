"""How long it takes to write a site, and to read and write the data of other programs."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from crmcli.cli.command_table import COMMANDS

DEALS, ROWS, ITEMS = 1_000, 10_000, 1_000
SITE = f"`report html` of {DEALS:,} deals (and written again)"
IMPORT = f"`import csv` of {ROWS:,} rows (budget: 30 s)"
CONTACTS = f"`contact import` of {ROWS:,} rows"
EXPORT = "`export csv`"
CALENDAR = f"`calendar sync` of {ITEMS:,} items (again without changes; all ticked off)"
NAMES = (SITE, IMPORT, CONTACTS, EXPORT, CALENDAR)
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
        found[EXPORT] = (timed([crm, "export", "csv", "--to", str(place / "exported")], environment),)
    if "import csv" in COMMANDS:
        deals = write_rows(
            place / "deals.csv", ("title", "expected_revenue"), lambda n: (f"Affaire {n}", f"{n}.50")
        )
        found[IMPORT] = (timed([crm, "import", "csv", deals, "-q"], environment),)
    people = write_rows(
        place / "people.csv", ("name", "email"), lambda n: (f"Camille Nouveau{n}", f"camille.{n}@example.org")
    )
    found[CONTACTS] = (timed([crm, "contact", "import", people, "-q"], environment),)
    if "calendar sync" in COMMANDS:
        found[CALENDAR] = tuple(synchronise(place / "agenda", environment, timed, crm))
    return Exchanged(found)


def synchronise(place: Path, environment: dict[str, str], timed: Timed, crm: str) -> Iterator[float]:
    """Write a calendar, find it unchanged, take over what a phone ticked off."""
    place.mkdir()
    command = [crm, "calendar", "sync", str(place), f"limit:{ITEMS}", "-q"]
    yield timed(command, environment)
    yield timed(command, environment)
    for item in place.glob("*.ics"):
        item.write_bytes(item.read_bytes().replace(b"STATUS:NEEDS-ACTION", b"STATUS:COMPLETED"))
    yield timed(command, environment)


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
