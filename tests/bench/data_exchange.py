"""How long it takes to write a site, and to read and write the data of other programs."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from crmcli.cli.command_table import COMMANDS

DEALS, ROWS, ITEMS = 1_000, 10_000, 1_000
SITE = f"`report html` of {DEALS:,} deals (and written again)"
IMPORT = f"`import csv` of {ROWS:,} deals of as many people (budget: 30 s)"
CONTACTS = f"`contact import` of {ROWS:,} rows"
EXPORT = "`export csv`"
CALENDAR = f"`calendar sync` of {ITEMS:,} items (again without changes; all ticked off)"
NAMES = (SITE, IMPORT, CONTACTS, EXPORT, CALENDAR)
DEAL = (
    *("title", "stage", "expected_revenue", "created", "external_id"),
    *("contact.name", "contact.email", "contact.phone"),
)
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
        deals = write_rows(place / "deals.csv", DEAL, deal_row)
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


def deal_row(number: int) -> tuple[str, ...]:
    """Return a deal as another program exports it."""
    return (
        *(f"Affaire {number}", "Nouveau", f"{number}.50", f"2026-{number % 9 + 1:02}-03", f"x-{number}"),
        *(
            f"Camille Client{number}",
            f"client.{number}@example.org",
            f"06 12 {number // 100:02} {number % 100:02} 10",
        ),
    )


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
