"""Activities on a phone: `crm calendar sync`, vdirsyncer and Radicale, as an installer has them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.crm import Crm
from tests.harness.places import ROOT
from tests.harness.radicale import ADDRESS_BOOK, Radicale, a_radicale

NEW = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//phone\r\nBEGIN:VTODO\r\nUID:bread\r\nDTSTAMP:20261124T080000Z\r\n"
    "SUMMARY:Du pain\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Radicale]:
    with a_radicale(tmp_path / "server", "agenda", ".ics") as running:
        yield running


def meet(crm: Crm, server: Radicale, *words: str) -> str:
    """Fetch from the server, synchronise, and send to it, as cron does."""
    server.meet()
    ended = crm("calendar", "sync", str(server.folder), *words)
    server.meet()
    return ended.out + ended.err


def test_a_day_of_a_technician(crm: Crm, server: Radicale) -> None:
    server.meet()
    meet(crm, server)
    mine = json.loads(crm("activity", "list", "assignee:me", "-o", "json").out)
    assert len(server.hrefs()) == len(mine)
    done, moved, deleted = (each["id"] for each in mine[:3])
    text = server.get(done)
    is_task = "BEGIN:VTODO" in text
    assert is_task
    server.put(done, text.replace("STATUS:NEEDS-ACTION", "STATUS:COMPLETED\r\nCOMPLETED:20261124T070000Z"))
    text = server.get(moved)
    server.put(moved, text.replace("SUMMARY:", "X-PHONE:kept\r\nSUMMARY:Urgent - "))
    server.delete(deleted)
    server.ask("PUT", "/marie/agenda/bread.ics", NEW)
    said = meet(crm, server)
    assert "2 activities changed from the calendar" in said
    assert f"{deleted}" in said
    now = {each["id"]: each for each in json.loads(crm("activity", "list", "state:any", "-o", "json").out)}
    assert (now[done]["state"], now[done]["closed"]) == ("done", "2026-11-24T07:00:00Z")
    assert now[moved]["summary"].startswith("Urgent - ")
    assert "X-PHONE:kept" in server.get(moved)
    assert "STATUS:NEEDS-ACTION" in server.get(deleted) or "STATUS:CONFIRMED" in server.get(deleted)
    assert "Du pain" in server.get("bread")

    crm("activity", "edit", moved, "--due", "2026-12-30", "--time", "-")
    meet(crm, server)
    assert "20261230" in server.get(moved)
    before = {href: server.ask("GET", href) for href in server.hrefs()}
    records = crm.records()
    meet(crm, server)
    assert {href: server.ask("GET", href) for href in server.hrefs()} == before
    assert crm.records() == records


def test_an_address_book(crm: Crm, tmp_path: Path) -> None:
    with a_radicale(tmp_path / "server", "carnet", ".vcf") as server:

        def meet() -> str:
            server.meet()
            ended = crm("contact", "sync", str(server.folder))
            server.meet()
            return ended.out + ended.err

        meet()
        people = json.loads(crm("contact", "list", "-o", "json").out)
        assert len(server.hrefs()) == len(people)
        card = server.get("f8dz9xw4")
        server.put("f8dz9xw4", card.replace("END:VCARD", "TITLE:Patron\r\nBDAY:1970-05-01\r\nEND:VCARD"))
        server.delete("b0fkd1g8")
        said = meet()
        assert "1 contact changed from the address book" in said
        assert "b0fkd1g8" in said
        assert json.loads(crm("contact", "show", "f8dz9xw4", "-o", "json").out)["job"] == "Patron"
        crm("contact", "set", "f8dz9xw4", "phones+=0298000000")
        meet()
        assert "TEL:+33298000000" in server.get("f8dz9xw4")
        assert "BDAY" in server.get("f8dz9xw4")
        assert len(server.hrefs()) == len(people)
        records = crm.records()
        assert "item" not in meet()
        assert crm.records() == records


def documented_config(home: Path, port: int) -> str:
    """The configuration of vdirsyncer that the documentation shows, for a server on this machine."""
    page = (ROOT / "docs" / "calendars.md").read_text("utf-8")
    [block] = re.findall("```ini\n(.*?)```", page, re.DOTALL)
    instead = {
        "https://cloud.example.org/remote.php/dav/": f"http://127.0.0.1:{port}/marie/",
        '"secret-tool", "lookup", "service", "cloud"': '"echo", "secret"',
        "~/": f"{home}/",
    }
    for old, new in instead.items():
        assert old in block
        block = block.replace(old, new)
    return str(block)


def test_the_documented_configuration_brings_both_folders_and_back(crm: Crm, tmp_path: Path) -> None:
    with a_radicale(tmp_path / "server", "agenda", ".ics") as server:
        assert server.ask("MKCOL", "/marie/carnet/", ADDRESS_BOOK)[0] == 201
        config, vdirs = tmp_path / "config", server.home / "vdirs"
        config.write_text(documented_config(server.home, server.port), "utf-8")
        (vdirs / "calendars").mkdir(parents=True)
        (vdirs / "contacts").mkdir()
        server.run(config, "discover")
        assert server.run(config, "-v", "ERROR", "sync") == ""  # as cron runs it
        added = crm("calendar", "sync", str(vdirs / "calendars" / "agenda")).out
        crm("contact", "sync", str(vdirs / "contacts" / "carnet"))
        server.run(config, "sync")
        assert added == f"{len(server.hrefs())} items added\n"
        id = json.loads(crm("activity", "list", "assignee:me", "-o", "json").out)[0]["id"]
        server.put(id, server.get(id).replace("STATUS:NEEDS-ACTION", "STATUS:COMPLETED"))
        crm("activity", "edit", id, "--note", "Clé chez la voisine")
        server.run(config, "sync")
        crm("calendar", "sync", str(vdirs / "calendars" / "agenda"))
        server.run(config, "sync")
        assert "STATUS:COMPLETED" in server.get(id)
        assert "la voisine" in server.get(id)
        server.collection, server.suffix = "carnet", ".vcf"
        people = json.loads(crm("contact", "list", "-o", "json").out)
        assert len(server.hrefs()) == len(people)
