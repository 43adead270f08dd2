"""The exports of other CRM programs come in with `--preset`, by the headings that they really have."""

import json

import pytest

from tests.harness.crm import Crm
from tests.harness.places import EXPORTS as FILES

HUBSPOT = """\
Record ID,Deal Name,Deal Stage,Close Date,Deal owner,Amount,Create Date,Pipeline,Closed Lost Reason,Associated Contact
{id}1,Poêle,Devis envoyé,2026-12-15 10:00,Marie Le Goff,8000.50,2026-10-01 08:30,Sales,,Jean Dubois
{id}2,Insert,Closed Lost,2026-11-01 10:00,Paul Guillou,4000,2026-09-01 08:30,Sales,Délai trop long,Anne Roux
{id}3,Foyer,Closed Won,2026-11-02 10:00,Paul Guillou,"1,200",2026-09-01 08:30,Sales,,Anne Roux
"""
HUBSPOT_FRENCH = HUBSPOT.replace(
    HUBSPOT.partition("\n")[0],
    "ID de l'enregistrement,Nom de la transaction,Phase de la transaction,Date de fermeture,"
    "Propriétaire de la transaction,Montant,Date de création,Pipeline,Raison de la perte,Contact associé",
)
PIPEDRIVE = """\
Deal - ID,Deal - Title,Deal - Value,Deal - Currency of value,Deal - Stage,Deal - Status,Deal - Expected close date,\
Deal - Deal created,Deal - Deal closed on,Deal - Lost reason,Deal - Owner,Deal - Contact person,Deal - Probability
{id}1,Poêle,8000.5,EUR,Devis envoyé,Open,2026-12-15,2026-10-01 08:30:00,,,Marie Le Goff,Jean Dubois,40
{id}2,Insert,4000,EUR,Devis envoyé,Lost,,2026-09-01 08:30:00,2026-11-01 09:00:00,Délai trop long,Paul Guillou,Anne Roux,
{id}3,Foyer,1200,EUR,Négociation,Won,,2026-09-01 08:30:00,2026-11-02 09:00:00,,Paul Guillou,Anne Roux,
"""
ESPO = """\
id,deleted,name,amount,stage,lastStage,probability,leadSource,closeDate,description,createdAt,assignedUserName,contactName,amountCurrency
{id}1,0,Poêle,8000.5,Devis envoyé,,20,,2026-12-15,,2026-10-01 06:30:00,Marie Le Goff,Jean Dubois,EUR
{id}2,0,Insert,4000,Closed Lost,,0,,2026-11-01,,2026-09-01 06:30:00,Paul Guillou,Anne Roux,EUR
{id}3,0,Foyer,1200,Closed Won,,100,,2026-11-02,,2026-09-01 06:30:00,Paul Guillou,Anne Roux,EUR
"""
EXPORTS = {
    "hubspot": HUBSPOT,
    "hubspot-fr": HUBSPOT_FRENCH,
    "pipedrive": PIPEDRIVE,
    "espocrm": ESPO,
}


@pytest.mark.parametrize("name", EXPORTS)
def test_deals_come_in_open_lost_and_won_and_only_once(crm: Crm, name: str) -> None:
    program = name.removesuffix("-fr")
    content = EXPORTS[name].replace("{id}", "90").encode("utf-8-sig")
    words = ["import", "csv", "-", "--preset", program]
    said = crm(*words, stdin=content)
    assert said.out.splitlines()[0] == "3 created, 0 updated, 0 unchanged"
    assert crm(*words, stdin=content).out == "0 created, 0 updated, 3 unchanged\n"
    listed = json.loads(crm("list", "is:any", "created:2026-09-01..2026-10-01", "-o", "json").out)
    deals = {each["title"]: each for each in listed if each.get("external_ids")}
    assert {title: each["outcome"] for title, each in deals.items()} == {
        "Poêle": "open",
        "Insert": "lost",
        "Foyer": "won",
    }
    stove, insert, fire = deals["Poêle"], deals["Insert"], deals["Foyer"]
    assert stove["external_ids"] == [f"{program}:901"]
    assert (stove["expected_revenue"], stove["expected_close"], stove["owner"]) == (
        8000.5,
        "2026-12-15",
        "marie",
    )
    assert stove["contact_name"] == "Jean Dubois"
    assert insert["closed"][:10] == "2026-11-01"
    assert (fire["closed"][:10], fire["expected_revenue"]) == ("2026-11-02", 1200)
    assert crm("check").out == ""


def test_an_amount_in_another_currency_is_refused(crm: Crm) -> None:
    content = PIPEDRIVE.replace("8000.5,EUR", "8000.5,USD").encode()
    said = crm.refused("import", "csv", "-", "--preset", "pipedrive", code=5, stdin=content)
    assert "-:2: its amounts are in USD, not in EUR" in said


def test_pipedrive_activities_find_their_deals(crm: Crm) -> None:
    crm("import", "csv", "-", "--preset", "pipedrive", stdin=PIPEDRIVE.replace("{id}", "90").encode())
    content = (
        "Activity - ID,Activity - Subject,Activity - Type,Activity - Due date,Activity - Due time,Activity - Done,Deal - ID\n"
        "5,Rappeler,call,2026-12-01,09:30,To do,901\n6,Appeler,call,2026-10-02,,Done,901\n"
    )
    words = ["import", "csv", "-", "--preset", "pipedrive", "--into", "activities"]
    assert crm(*words, stdin=content.encode()).out == "2 created, 0 updated, 0 unchanged\n"
    assert crm(*words, stdin=content.encode()).out == "0 created, 0 updated, 2 unchanged\n"
    [deal] = json.loads(crm("list", "created:2026-10-01", "Poêle", "-o", "json").out)
    assert {(each["summary"], each["due"], each.get("time")) for each in deal["activities"]} == {
        ("Rappeler", "2026-12-01", "09:30"),
        ("Appeler", "2026-10-02", None),
    }


def test_contacts_keep_their_ids_of_the_other_program(crm: Crm) -> None:
    content = (
        "Record ID,First Name,Last Name,Email,Phone Number\n77,Maël,Kerouanton,mael@example.org,0612345611\n"
    )
    words = ["import", "csv", "-", "--preset", "hubspot", "--into", "contacts"]
    crm(*words, stdin=content.encode())
    renamed = content.replace("mael@example.org", "m.kerouanton@example.org")
    assert (
        crm(*words, "--key", "external_id", stdin=renamed.encode()).out
        == "0 created, 1 updated, 0 unchanged\n"
    )
    person = json.loads(crm("contact", "show", "mael@example.org", "-o", "json").out)
    assert person["external_ids"] == ["hubspot:77"]


@pytest.mark.parametrize("preset", ["odoo", "hubspot", "pipedrive", "espocrm"])
def test_a_preset_names_fields_that_there_are(crm: Crm, preset: str) -> None:
    from crmcli.domain.importing.import_targets import check_target
    from crmcli.domain.model.config import Config
    from crmcli.exchange.import_presets import load_preset
    from crmcli.exchange.spreadsheet import FIELDS

    mapping = load_preset(preset)
    for table in ("opportunities", "leads", "activities"):
        for target in mapping.of(table).columns.values():
            assert check_target(table, target, Config())
    assert set(mapping.of("contacts").columns.values()) <= set(FIELDS)


@pytest.mark.parametrize(
    "name", ["hubspot-deals", "hubspot-deals-fr", "pipedrive-deals", "pipedrive-deals-fr"]
)
def test_a_whole_export_of_deals_comes_in_and_no_column_is_unknown(crm: Crm, name: str) -> None:
    program = name.partition("-")[0]
    words = ["import", "csv", str(FILES / f"{name}.csv"), "--preset", program]
    said = crm(*words)
    assert (said.out, said.err) == ("3 created, 0 updated, 0 unchanged\n3 contacts created\n", "")
    assert crm(*words).out == "0 created, 0 updated, 3 unchanged\n"
    listed = json.loads(crm("list", "is:any", "created:2026-09-01..2026-10-01", "-o", "json").out)
    deals = {each["external_ids"][0][-1]: each for each in listed if each.get("external_ids")}
    assert {id: (each["outcome"], each["contact_name"]) for id, each in deals.items()} == {
        "1": ("open", "Jean Dubois"),
        "2": ("lost", "Bâti Ouest"),
        "3": ("won", "Anne Roux"),
    }
    assert (deals["1"]["expected_revenue"], deals["1"]["expected_close"]) == (8000.5, "2026-12-15")
    assert (deals["2"]["closed"][:10], deals["3"]["closed"][:10]) == ("2026-11-01", "2026-11-02")
    person = json.loads(crm("contact", "show", "jean.dubois@example.org", "-o", "json").out)
    assert person["name"] == "Jean Dubois"
    assert crm("check").out == ""


@pytest.mark.parametrize("name", ["hubspot-contacts-fr", "pipedrive-people-fr"])
def test_a_whole_export_of_people_comes_in_and_no_column_is_unknown(crm: Crm, name: str) -> None:
    program = name.partition("-")[0]
    said = crm("contact", "import", str(FILES / f"{name}.csv"), "--preset", program)
    assert (said.out, said.err) == ("2 created, 0 updated, 0 unchanged\n", "")
    jean = json.loads(crm("contact", "show", "jean.dubois@example.org", "-o", "json").out)
    assert (jean["owner"], jean["job"], len(jean["phones"])) == ("marie", "Artisan", 2)
    assert jean["external_ids"] == [f"{program}:501"]


def test_a_french_export_of_activities_finds_its_deals(crm: Crm) -> None:
    crm("import", "csv", str(FILES / "pipedrive-deals-fr.csv"), "--preset", "pipedrive")
    path = str(FILES / "pipedrive-activities-fr.csv")
    said = crm("import", "csv", path, "--preset", "pipedrive", "--into", "activities")
    assert (said.out, said.err) == ("2 created, 0 updated, 0 unchanged\n", "")
    [deal] = json.loads(crm("list", "granulés", "created:2026-10-01", "-o", "json").out)
    assert [(each["summary"], each["state"]) for each in deal["activities"]] == [
        ("Rappeler", "planned"),
        ("Appeler", "done"),
    ]
