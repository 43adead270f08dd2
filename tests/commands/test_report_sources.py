"""Titles, fields, origins, referrals and rewards, as they are typed."""

import json

from tests.harness.crm import Crm
from tests.harness.places import MAILS

RICHARD, DUBOIS, AUDIC = "xgcej9p8", "teqcvdqh", "jb9cp4xc"
FIELDS = ("--field", "appliance=PAG", "--field", "brand=rika")
CHIMNEY = ("--field", "installation=Raccordement sur conduit existant")


def plain(text: str) -> str:
    """A text with blanks where French money has narrow and unbreakable ones."""
    return text.replace("\u202f", " ").replace("\xa0", " ")


def held(crm: Crm, id: str) -> dict[str, object]:
    [row] = json.loads(crm("list", f"id:{id}", "is:any", "-o", "json").out)
    return dict(row)


def test_fields_make_the_title_of_a_new_record(crm: Crm) -> None:
    id = crm("create", *FIELDS, *CHIMNEY, "-o", "ids").out.strip()
    assert held(crm, id)["title"] == "PAG Rika - Raccordement sur conduit existant"
    assert "did you mean PAG?" in crm.refused("create", "--field", "appliance=PAGG", code=2)


def test_a_free_title_is_taken_and_told(crm: Crm) -> None:
    result = crm("create", "Chez Anne", *FIELDS, *CHIMNEY)
    assert "« Chez Anne » is a free title" in result.err
    assert "conduit existant » (crm check --titles --fix " in result.err
    assert crm("create", "Chez Anne").err == ""


def test_titles_off_the_pattern_are_listed_and_those_chosen_mended(crm: Crm) -> None:
    crm("set", DUBOIS, "title=Foyer leenders - creation du conduit")
    rows = json.loads(crm("check", "--titles", "-o", "json", code=5).out)
    [row] = [each for each in rows if each["id"] == DUBOIS]
    assert row["proposal"] == "Foyer Leenders - Création de conduit"
    assert row["fields"] == {"installation": "Création de conduit"}
    assert "appliance, brand" in crm.refused("check", "--titles", "--fix", "zmgjdqh3", code=5)
    crm("check", "--titles", "--fix", DUBOIS)
    assert held(crm, DUBOIS)["title"] == "Foyer Leenders - Création de conduit"
    assert DUBOIS not in crm("check", "--titles", "-o", "ids", code=5).out
    assert crm("check", "--titles", f"id:{DUBOIS}").out == ""
    assert "would change" in crm.refused("check", "--titles", "--fix", "is:any", code=2)


def test_titles_are_mended_where_the_fields_tell_them_though_others_cannot_be(crm: Crm) -> None:
    crm("set", DUBOIS, "title=Foyer leenders - creation du conduit")
    chosen = ("check", "--titles", "--fix", f"id:{DUBOIS},zmgjdqh3", "--yes")
    assert "no title without" in crm.refused(*chosen, code=5)
    assert "1 changed, 1 failed" in crm(*chosen, "--keep-going", code=7).err
    assert held(crm, DUBOIS)["title"] == "Foyer Leenders - Création de conduit"


def test_numbers_stand_in_titles_as_they_were_typed(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    config.write_text(
        config.read_text().replace('title: "{{ appliance }} {{ brand', 'title: "{{ power }} kW {{ brand')
    )
    id = crm("create", "--field", "power=8,50", "--field", "brand=Rika", "--field", "installation=Ventouse",
             "-o", "ids").out.strip()  # fmt: skip
    assert held(crm, id)["title"] == "8.50 kW Rika - Ventouse"
    assert crm("check", "--titles", f"id:{id}").out == ""


def test_amounts_in_fields_of_your_own_are_shown_as_the_country_writes_them(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    config.write_text(
        config.read_text().replace("\nfields:\n", "\nfields:\n  - {name: grant, type: money}\n")
    )
    crm("set", DUBOIS, "grant=1 234,5")
    assert "1 234,50 €" in plain(crm("show", DUBOIS).out)
    assert held(crm, DUBOIS)["fields"]["grant"] == 1234.5


def test_budget_stands_beside_the_revenue_and_recurring_revenue_has_its_months(crm: Crm) -> None:
    id = crm("create", "Contrat", "--revenue", "3800", "--probability", "90", "--budget", "3 000 €", "--recurring", "1200",
             "--months", "12", "--priority", "2", "-o", "ids").out.strip()  # fmt: skip
    page = plain(crm("show", id).out).splitlines()
    assert page[1].startswith("★★ · Opportunity · Nouveau · 90 % set by hand · ")
    assert page[1].endswith("3 800,00 € (weighted 3 420,00 €) · budget 3 000,00 €")
    [recurring] = [line for line in page if line.startswith("Recurring")]
    assert recurring.endswith("over 12 months: 100,00 € a month (weighted 90,00 €)")
    document = held(crm, id)
    assert (document["monthly_revenue"], document["weighted_monthly_revenue"]) == (100, 90)


def test_a_contact_in_a_field_of_your_own_is_named_as_anywhere(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    config.write_text(
        config.read_text().replace("\nfields:\n", "\nfields:\n  - {name: architect, type: contact}\n")
    )
    id = crm("create", "Agence", "--field", "architect=Jeanne MARTIN", "-o", "ids").out.strip()
    assert held(crm, id)["fields"] == {"architect": "z5f8q6tn"}
    assert "architect   Jeanne MARTIN · z5f8q6tn" in crm("show", id).out
    assert "no contact" in crm.refused("set", id, "architect=Personne", code=3)


def test_copying_takes_what_the_deal_is_and_not_where_it_stands(crm: Crm) -> None:
    id = crm("create", "--like", RICHARD, "Encore", "-o", "ids").out.strip()
    model, copy = held(crm, RICHARD), held(crm, id)
    assert (copy["stage"], copy["probability"], copy["activities"]) == ("new", 10, [])
    assert (copy["contact"], copy["fields"]) == (model["contact"], model["fields"])
    assert "referral" in model
    assert not {"expected_close", "referral"} & copy.keys()


def test_a_link_says_where_a_deal_comes_from(crm: Crm) -> None:
    url = "https://atre.example/?utm_source=FB&utm_medium=cpc&utm_campaign=salon+de+mai&utm_content=b"
    result = crm("create", "Poêle", "--from-url", url, "-o", "ids")
    assert held(crm, result.out.strip())["marketing"] == {
        "campaign": "salon-habitat-2026",
        "medium": "ads",
        "source": "facebook",
    }
    assert result.err == "crm: utm_content=b of the link is ignored\n"
    said = crm("create", "Poêle", "--from-url", url, "--source", "client", "-o", "ids").out.strip()
    assert dict(held(crm, said)["marketing"])["source"] == "client"  # type: ignore[call-overload]
    assert "has no utm_… values" in crm.refused(
        "create", "Poêle", "--from-url", "https://atre.example/", code=2
    )


def test_an_origin_that_is_not_listed_is_refused_or_listed_on_request(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    before = config.read_text()
    assert "--new lists it" in crm.refused("create", "Poêle", "--source", "Radio Bréizh", code=2)
    id = crm("create", "Poêle", "--source", "Radio Bréizh", "--new", "-o", "ids").out.strip()
    assert held(crm, id)["marketing"] == {"source": "radio-breizh"}
    listed = "    - id: radio-breizh\n      label: Radio Bréizh\n"
    after = config.read_text()
    assert after.replace(listed, "") == before
    crm("set", RICHARD, DUBOIS, "campaign=Printemps", "--new")
    assert config.read_text().count("Printemps") == 1
    crm("config", "check")
    crm("undo")
    crm("undo")
    assert config.read_text() == before


def test_what_came_of_deals_by_origin(crm: Crm) -> None:
    rows = {row["id"]: row for row in json.loads(crm("report", "sources", "-o", "json").out)}
    won = json.loads(crm("list", "is:won", "kind:opportunity", "source:client", "-o", "json").out)
    lost = json.loads(crm("list", "is:lost", "kind:opportunity", "source:client", "-o", "json").out)
    row = rows["client"]
    assert (row["won"], row["lost"], row["won_revenue"]) == (
        len(won),
        len(lost),
        sum(each["expected_revenue"] for each in won),
    )
    assert row["win_rate"] == round(100 * len(won) / (len(won) + len(lost)), 1)
    leads = json.loads(crm("list", "is:lead", "source:website", "-o", "json").out)
    assert rows["website"]["leads"] == len(leads) > 0
    everything = json.loads(crm("list", "is:any", "-o", "json").out)
    assert sum(each["leads"] + each["deals"] for each in rows.values()) == len(everything)
    assert "did you mean medium?" in crm.refused("report", "sources", "--by", "mediun", code=2)


def test_a_deal_brought_and_won_owes_a_reward_until_it_is_paid(crm: Crm) -> None:
    crm("win", RICHARD)
    [reward] = [each for each in due(crm) if each["opportunity"] == RICHARD]
    assert (reward["to_name"], reward["amount"], reward["link"]) == ("Jeanne MARTIN", 100, "neighbour")
    assert f"due: 100,00 € to Jeanne MARTIN  ({reward['id']})" in plain(crm("show", RICHARD).out)
    thanks = [
        each
        for each in json.loads(crm("outbox", "list", "-o", "json").out)
        if "recommandés" in each["subject"]
    ]
    assert [each["to"] for each in thanks] == ["Jeanne MARTIN <jeanne.martin@example.org>"]
    crm("reward", "pay", str(reward["id"]))
    assert f"paid: 100,00 € to Jeanne MARTIN  ({reward['id']})" in plain(crm("show", RICHARD).out)
    assert "is paid already" in crm.refused("reward", "pay", str(reward["id"]), code=5)
    assert "reward" in crm("reopen", RICHARD).err
    flag = "! paid, and the deal is open"
    assert f"({reward['id']})  {flag}" in plain(crm("show", RICHARD).out)
    assert f"conduit existant: paid  {flag}" in plain(crm("contact", "show", "z5f8q6tn").out)
    for change in ("1", "2"):
        assert "was paid (--force" in crm.refused("undo", change, code=5)


def due(crm: Crm) -> list[dict[str, object]]:
    return list(json.loads(crm("reward", "list", "--state", "due", "-o", "json").out))


def test_rewards_are_paid_by_record_or_all_that_are_due(crm: Crm) -> None:
    assert "has 2 rewards due" in crm.refused("reward", "pay", AUDIC, code=5)
    assert "is not a full id" in crm.refused("reward", "pay", AUDIC[:5], code=2)
    assert "is not a full id" in crm.refused("create", "--like", AUDIC[:5], code=2)
    ids = crm("reward", "list", "--state", "due", "-o", "ids").out
    crm("reward", "pay", "-", stdin=ids.encode())
    assert due(crm) == []
    assert "no reward or record 'a1234567'" in crm.refused("reward", "pay", "a1234567", code=3)
    assert "did you mean due?" in crm.refused("reward", "list", "--state", "deu", code=2)
    [leroy] = [
        row for row in json.loads(crm("report", "referrals", "-o", "json").out) if row["id"] == "p80mq5sv"
    ]
    assert (leroy["won"], leroy["rewards_due"], leroy["rewards_paid"], leroy["kinds_due"]) == (1, 0, 100, [])


def test_the_tree_shows_who_brought_whom(crm: Crm) -> None:
    tree = plain(crm("referral", "tree").out).splitlines()
    assert tree[0] == "Jeanne MARTIN  (z5f8q6tn)  2 referred, 5 200,00 € won"
    assert tree[3].startswith("   └─ Jean-Marc AUDIC  Foyer Stûv - Création de conduit  Gagné")
    [root] = json.loads(crm("referral", "tree", "Bernard LEROY", "-o", "json").out)
    assert [each["contact_name"] for each in root["brought"]] == ["Jean-Marc AUDIC"]
    assert crm("referral", "tree", "Claire DUBOIS").out == ""
    assert crm("referral", "tree", "-o", "tsv").out.splitlines()[1].startswith("z5f8q6tn\tJeanne MARTIN\t")
    assert AUDIC in crm("referral", "list", "is:won", "-o", "ids").out.split()


def test_the_tree_draws_each_once_even_in_a_circle_written_by_hand(crm: Crm) -> None:
    again = crm(
        "create", "Encore", "--contact", "Bernard LEROY", "--referred-by", "Jeanne MARTIN", "-o", "ids"
    ).out
    tree = crm("referral", "tree").out
    assert again.strip() in tree
    assert tree.count(AUDIC) == 1
    deal = next(crm.data.glob(f"opportunities/*/*{RICHARD}.yaml"))
    deal.write_text(deal.read_text("utf-8").replace("by: z5f8q6tn", "by: f8dz9xw4"), "utf-8")
    assert "Pierre RICHARD  (f8dz9xw4)  1 referred" in crm("referral", "tree").out


def test_nobody_is_brought_by_those_whom_they_brought(crm: Crm) -> None:
    files = crm.records()
    way = "circular referral: Jeanne MARTIN, referred by Jean-Marc AUDIC, referred by Bernard LEROY, referred by Jeanne MARTIN"
    assert way in crm.refused("set", "x7gtsxde", "referred_by=Jean-Marc AUDIC", code=5)
    assert way in crm.refused("create", "X", "--contact", "z5f8q6tn", "--referred-by", "hrfkqj2e", code=5)
    assert "referred themselves" in crm.refused(
        "create", "X", "--contact", "z5f8q6tn", "--referred-by", "z5f8q6tn", code=5
    )
    assert crm.records() == files
    path = crm.file("x7gtsxde")
    path.write_text(path.read_text().replace("activities:\n", "referral:\n  by: hrfkqj2e\nactivities:\n", 1))
    finding = crm("check", code=5).out
    assert "referral.by: circular referral: z5f8q6tn ← hrfkqj2e ← p80mq5sv ← z5f8q6tn" in finding
    assert crm("referral", "tree").code == 0


def test_a_default_is_what_a_new_record_has(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    config.write_text(
        config.read_text().replace(
            "    choices: [PAG, PAB, Foyer, Insert]\n",
            "    choices: [PAG, PAB, Foyer, Insert]\n    default: PAB\n",
        )
    )
    id = crm("create", "Poêle", "-o", "ids").out.strip()
    assert held(crm, id)["fields"] == {"appliance": "PAB"}
    mail = (MAILS / "demande-poele.eml").read_bytes()
    [made] = json.loads(crm("ingest", "-o", "json", stdin=mail).out)
    assert held(crm, made["id"])["fields"] == {"appliance": "PAB"}


def test_the_total_has_the_rewards_of_all_sponsors_to_the_cent(crm: Crm) -> None:
    header, *_, total = plain(crm("report", "referrals").out).splitlines()
    assert header.split()[-2:] == ["owed", "paid"]
    assert total.endswith("100,00 €  100,00 €")
    path = next(crm.data.glob("opportunities/*/*--" + DUBOIS + ".yaml"))
    rewards = "".join(
        f"  - {{id: cccccc1{each}, to: b4n8t2wz, amount: 0.10, state: due, at: 2026-11-01T09:00:00Z}}\n"
        for each in range(3)
    )
    assert "rewards:" not in path.read_text("utf-8")
    sponsor = json.loads(crm("report", "referrals", "-o", "json").out)[0]["id"]
    path.write_text(path.read_text("utf-8") + "rewards:\n" + rewards.replace("b4n8t2wz", sponsor), "utf-8")
    found = json.loads(crm("report", "referrals", "-o", "json").out)
    assert next(row["rewards_due"] for row in found if row["id"] == sponsor) == 100.3
