"""`crm merge`, `contact merge`, `duplicates`: several records made into one, and how to find them."""

import json

from tests.harness.crm import Crm
from tests.harness.terminal import shell_at_terminal

LEAD, OTHER = "kkvsm4kq", "enk3gr0s"


def test_merging_shows_every_field_first_keeps_ids_and_can_be_undone(crm: Crm) -> None:
    before = crm.records()
    path = crm.file(LEAD)
    path.write_text(path.read_text("utf-8") + "# voir avec Paul\nsurnom: la longère\n", "utf-8")
    assert "hint" not in crm.refused("merge", LEAD, OTHER, code=2)
    shown = crm("merge", LEAD, OTHER, "--dry-run").out
    assert f"not marie of {LEAD}" in shown
    assert "Corentin LE FUR (cawamd0k), not Mathilde KERVELLA" in shown
    assert f"comment of {LEAD} is lost: # voir avec Paul" in shown
    assert crm.records().keys() == before.keys()
    made = json.loads(crm("merge", LEAD, OTHER, "--yes", "-o", "json").out)[0]
    assert (made["id"], made["merged"]) == (OTHER, [LEAD])
    assert not path.exists()
    document = json.loads(crm("show", LEAD, "-o", "json").out)  # its id still means it
    assert (document["id"], document["surnom"], len(document["messages"])) == (OTHER, "la longère", 1)
    crm("note", LEAD, "-m", "Un seul dossier")
    assert crm("check").out == ""
    crm("undo")
    crm("undo")
    assert json.loads(crm("show", LEAD, "-o", "json").out)["id"] == LEAD
    assert path.read_text("utf-8").endswith("# voir avec Paul\nsurnom: la longère\n")


def test_a_reply_to_a_merged_record_reaches_the_one_that_stays(crm: Crm) -> None:
    crm("merge", LEAD, OTHER, "--yes")
    mail = f"From: a@b.example\nTo: devis@atre-granules.example\nSubject: Photos [{LEAD}]\n\nBonjour"
    filed = json.loads(crm("ingest", "-o", "json", stdin=mail.encode()).out)[0]
    assert (filed["outcome"], filed["id"]) == ("reply", OTHER)


def test_what_cannot_be_merged_changes_nothing(crm: Crm) -> None:
    before = crm.records()
    assert "is won; only open records are merged" in crm.refused(
        "merge", "xgcej9p8", "bbssmqtf", "--yes", code=5
    )
    assert "two records" in crm.refused("merge", "xgcej9p8", "--yes", code=2)
    assert "cannot be merged" in crm.refused("contact", "merge", "f8dz9xw4", "tszg6wec", "--yes", code=5)
    assert crm.records() == before


def test_contacts_are_merged_with_everything_that_names_them(crm: Crm) -> None:
    config = crm.data / "crm.yaml"
    config.write_text(
        config.read_text("utf-8").replace("fields:\n", "fields:\n  - {name: voisin, type: contact}\n", 1),
        "utf-8",
    )
    made = crm(
        "contact",
        "create",
        "J. Martin",
        "--email",
        "j.martin@example.net",
        "--phone",
        "02.97.25.44.10",
        "--force",
        "-o",
        "ids",
    ).out.strip()
    firm = crm("contact", "create", "Martin SARL", "--is-company", "-o", "ids").out.strip()
    crm("contact", "create", "Ouvrier", "--company", firm)
    twin = crm("contact", "create", "MARTIN (SARL)", "--is-company", "-o", "ids").out.strip()
    crm("create", "Poêle", "--contact", made, "--lead", "--field", f"voisin={made}", "-q")
    crm("set", "z5966pa8", f"referred_by={made}")
    assert "phone 02 97 25 44 10" in crm("contact", "duplicates").out
    said = crm("contact", "merge", "z5f8q6tn", "j.martin@example.net", "--yes").out
    assert said.count("updated") == 2
    crm("contact", "merge", twin, firm, "--yes")
    person = json.loads(crm("contact", "show", made, "-o", "json").out)
    assert (person["id"], person["emails"]) == (
        "z5f8q6tn",
        ["jeanne.martin@example.org", "j.martin@example.net"],
    )
    assert person["phones"] == ["02 97 25 44 10"]
    assert "z5966pa8" in person["brought"]
    fields = json.loads(crm("contact", "opportunities", "z5f8q6tn", "-o", "json").out)
    assert [each["fields"]["voisin"] for each in fields if "voisin" in each.get("fields", {})] == ["z5f8q6tn"]
    assert json.loads(crm("contact", "show", "Ouvrier", "-o", "json").out)["company"] == twin
    assert crm("check").out == ""
    crm("undo")
    crm("undo")
    assert json.loads(crm("contact", "show", made, "-o", "json").out)["id"] == made
    assert json.loads(crm("show", "z5966pa8", "-o", "json").out)["referral"]["by"] == made


def test_nobody_is_merged_into_a_circle_of_sponsors(crm: Crm) -> None:
    ids = [crm("contact", "create", name, "-o", "ids").out.strip() for name in ("Un", "Deux", "Trois")]
    crm("create", "A", "--contact", ids[1], "--referred-by", ids[0], "--link", "client", "-q")
    crm("create", "B", "--contact", ids[2], "--referred-by", ids[1], "--link", "client", "-q")
    before = crm.records()
    assert "circular referral: " in crm.refused("contact", "merge", ids[0], ids[2], "--yes", code=5)
    assert "referred themselves" in crm.refused("contact", "merge", ids[0], ids[1], "--yes", code=5)
    assert crm.records() == before


def test_similar_records_are_listed_with_what_they_share(crm: Crm) -> None:
    one = crm("create", "Poêle", "--lead", "--contact", "Alice <alice@bati.example>", "-o", "ids").out.strip()
    two = crm("create", "Insert", "--contact", "Bob <bob@bati.example>", "-o", "ids").out.strip()
    crm("create", "Autre", "--contact", "Eve <eve@gmail.com>", "-q")
    crm("create", "Encore", "--contact", "Max <max@gmail.com>", "-q")
    [group] = [json.loads(line) for line in crm("duplicates", "-o", "jsonl").out.splitlines()]
    assert (set(group["ids"]), group["criteria"]) == (
        {one, two},
        [{"criterion": "e-mail domain", "value": "bati.example"}],
    )
    assert f"crm merge {' '.join(group['ids'])}" in crm("duplicates", "is:any").out


def test_at_a_terminal_the_fields_are_shown_before_one_is_asked(crm: Crm) -> None:
    with shell_at_terminal(crm) as shell:
        shell.terminal.sendline(f"crm merge {LEAD} {OTHER}")
        shell.terminal.expect_exact("Merge?")
        assert f"merges {LEAD}" in str(shell.terminal.before)
        shell.terminal.sendline("n")
        shell.terminal.expect_exact("nothing was changed")
    assert crm.file(LEAD).exists()


def lookalikes(crm: Crm, note: str = "") -> tuple[str, str]:
    """Two open records of one contact with the same planned call; the second has more."""
    kept = crm("create", "Poêle", "--contact", "Ann Bob", "--stage", "visit", "-o", "ids").out.strip()
    gone = crm("create", "Poele", "--contact", "Ann Bob", "-o", "ids").out.strip()
    call = ("--type", "call", "--due", "2026-12-01", "--summary", "Appeler Ann")
    crm("activity", "add", kept, *call, "-m", note)
    crm("activity", "add", gone, *call, "-m", "avant 18 h")
    crm("activity", "add", gone, "--type", "call", "--due", "2026-12-02", "--summary", "Encore")
    crm("set", gone, "probability=77", "tags+=ancien")
    return kept, gone


def test_the_preview_names_a_probability_by_hand_and_a_twin(crm: Crm) -> None:
    kept, gone = lookalikes(crm)
    seen = crm("merge", kept, gone, "--dry-run").out
    assert f"of its stage, not 77 % set by hand of {gone}" in seen
    assert "not « Appeler Ann » (" in seen
    crm("merge", kept, gone, "--yes")
    calls = [
        each
        for each in json.loads(crm("show", kept, "-o", "json").out)["activities"]
        if each["type"] == "call"
    ]
    assert [(each["summary"], each.get("note")) for each in calls] == [
        ("Appeler Ann", "avant 18 h"),
        ("Encore", None),
    ]


def test_planned_activities_with_different_notes_both_stay(crm: Crm) -> None:
    kept, gone = lookalikes(crm, note="après 18 h")
    crm("merge", kept, gone, "--yes")
    found = crm("show", kept, "-o", "json").out
    assert found.count('"Appeler Ann"') == 2


def test_why_names_what_a_merge_brought(crm: Crm) -> None:
    kept, gone = lookalikes(crm)
    crm("merge", kept, gone, "--yes")
    told = crm("why", kept).out
    assert f"tag ancien: taken over from {gone} by a merge" in told
    assert f"« Encore »: taken over from {gone} by a merge" in told
    assert told.count("Encore") == 1


def test_a_merge_undone_and_made_again_does_not_double_the_history(crm: Crm) -> None:
    kept, gone = lookalikes(crm)
    crm("merge", kept, gone, "--yes")
    crm("undo")
    crm("merge", kept, gone, "--yes")
    history = json.loads(crm("show", kept, "-o", "json").out)["history"]
    taken = [(each["at"], each["event"], str(each)) for each in history if each.get("of") == gone]
    assert len(set(taken)) == len(taken)
    assert [each["event"] for each in history if each.get("of") == gone].count("created") == 1
    assert crm("why", kept).out.count("tag ancien") == 1
