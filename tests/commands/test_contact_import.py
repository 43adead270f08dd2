"""`contact import`, `export vcf`: contacts from and for other programs."""

import json
from pathlib import Path

from tests.harness.crm import Crm
from tests.harness.places import CARDS


def test_a_csv_file_is_taken_whole_or_not_at_all_and_never_twice(crm: Crm) -> None:
    path, before = str(CARDS / "clients.csv"), crm.records()
    refused = crm("contact", "import", path, code=5)
    assert refused.out == ""
    assert f"{path}:7: 'loic.postic(at)example.org' is not an e-mail address" in refused.err
    assert "column 'Réf.' is not imported" in refused.err
    args = ["contact", "import", path, "--map", "Réf.=", "--key", "email", "--keep-going"]
    assert (
        "would import: 3 created, 0 updated, 1 unchanged, 1 faulty\n" in crm(*args, "--dry-run", code=7).out
    )
    assert crm.records() == before
    taken = crm(*args, code=7)
    assert taken.out == "3 created, 0 updated, 1 unchanged, 1 faulty\n"
    assert "is not imported" not in taken.err
    assert crm(*args, code=7).out == "0 created, 0 updated, 4 unchanged, 1 faulty\n"
    table = "Nom,E-mail,Ville\nKatell LE BRAS,katell.lebras@example.org,Noyal-Pontivy\nPersonne,,\n"
    changed = crm("contact", "import", "-", "--key", "email", "--keep-going", stdin=table.encode(), code=7)
    assert (changed.out, "Personne has no email" in changed.err) == (
        "0 created, 1 updated, 0 unchanged, 1 faulty\n",
        True,
    )
    crm("undo")
    crm("undo")
    assert crm.records() == before


def test_vcards_come_in_go_out_and_change_nothing_when_they_come_back(
    crm: Crm, bare: Crm, tmp_path: Path
) -> None:
    files = sorted(str(path) for path in CARDS.glob("*.vcf"))
    assert crm("contact", "import", *files).out == "7 created, 0 updated, 0 unchanged\n"
    assert crm("contact", "import", *files).out == "0 created, 0 updated, 7 unchanged\n"
    written = crm("export", "vcf").out
    again = tmp_path / "all.vcf"
    again.write_bytes(written.encode().replace(b"\r\n", b"\n"))
    assert crm("contact", "import", str(again)).out.startswith("0 created, 0 updated, ")
    assert crm("check").out == ""
    bare("contact", "import", str(again))
    assert sorted(bare("export", "vcf").out.split("\n")) == sorted(written.split("\n"))
    assert "X-TWITTER:kermarrec" in crm("export", "vcf", "kermarrec").out


def test_what_a_card_says_cannot_leave_the_workspace_or_steer_a_terminal(crm: Crm) -> None:
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:../../\x1b[31mRouge\nUID:../../etc/passwd\nEND:VCARD\n"
    said = crm("contact", "import", "-", "--dry-run", stdin=card.encode()).out
    assert "\x1b" not in said
    crm("contact", "import", "-", stdin=card.encode())
    assert len(list(crm.data.glob("contacts/*rouge*"))) == 1
    assert crm("check").out == ""


def test_what_is_no_file_of_contacts_is_said_in_a_line(crm: Crm, tmp_path: Path) -> None:
    assert "no such file" in crm.refused("contact", "import", "nowhere.vcf", code=3)
    assert "unknown key 'mail'" in crm.refused("contact", "import", "-", "--key", "mail", code=2)
    assert "is not text" in crm.refused("contact", "import", "-", code=2, stdin=b"\x00\x01\x02")
    assert "no column identifies the contact" in crm.refused("contact", "import", "-", code=2, stdin=b"a;b\n")
    assert "cannot be read" in crm.refused("contact", "import", str(tmp_path), code=2)


def test_who_shares_a_phone_is_not_renamed(crm: Crm, tmp_path: Path) -> None:
    path = tmp_path / "couple.csv"
    path.write_text(
        "sep=;\n\nNom complet;Téléphone\nLoïc RICHARD;06 12 34 56 78\nRICHARD;06 12 34 56 78\n", "utf-8"
    )
    said = crm("contact", "import", str(path)).out.splitlines()[-1]
    assert said == "1 created, 0 updated, 1 unchanged"
    assert json.loads(crm("contact", "show", "f8dz9xw4", "-o", "json").out)["name"] == "Pierre RICHARD"
    assert "06 12 34 56 78" in crm("contact", "show", "Loïc RICHARD").out
