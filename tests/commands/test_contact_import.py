"""`contact import`, `export vcf`: contacts from and for other programs."""

import json
import shutil
from pathlib import Path

import pytest

from tests.harness.crm import Crm
from tests.harness.places import CARDS


def test_a_csv_file_is_taken_whole_or_not_at_all_and_never_twice(crm: Crm, tmp_path: Path) -> None:
    path, before = shutil.copy(CARDS / "clients.csv", str(tmp_path / "clients.csv")), crm.records()
    refused = crm("contact", "import", path, code=5)
    assert refused.out == ""
    assert f"{path}:7: E-mail: 'loic.postic(at)example.org' is not an e-mail address" in refused.err
    assert "column 'Réf.' is not imported" in refused.err
    args = ["contact", "import", path, "--field", "Réf.=", "--key", "email", "--keep-going"]
    assert (
        "would import: 3 created, 0 updated, 1 unchanged, 1 faulty\n" in crm(*args, "--dry-run", code=7).out
    )
    assert crm.records() == before
    taken = crm(*args, code=7)
    assert taken.out == "3 created, 0 updated, 1 unchanged, 1 faulty\n"
    assert "is not imported" not in taken.err
    assert crm(*args, code=7).out == "0 created, 0 updated, 4 unchanged, 1 faulty\n"
    table = "Nom,E-mail,Ville\nKatell LE BRAS,katell.lebras@example.org,Noyal-Pontivy\nPersonne,,\n"
    options = ["--key", "email", "--keep-going"]
    said = crm.refused("contact", "import", "-", *options, stdin=table.encode(), code=2)
    assert said == "crm: --keep-going of standard input needs a file for the others (--rejects FILE)\n"
    rejects = tmp_path / "bad.csv"
    changed = crm("contact", "import", "-", *options, "--rejects", str(rejects), stdin=table.encode(), code=7)
    assert "Personne has no email" in rejects.read_text("utf-8-sig")
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


def test_our_own_list_imported_again_changes_nothing(crm: Crm, tmp_path: Path) -> None:
    crm(
        "contact",
        "create",
        "=Anne",
        "--company",
        "Constructions Carré",
        "--phone",
        "+33297112299",
        "--tag",
        "a",
    )
    crm("contact", "create", "'-Luc", "--email", "luc@example.org", "--job", "@chef", "--description", "+1")
    crm("contact", "set", "f8dz9xw4", "addresses.chantier.city=Rohan")
    before = crm.records()
    whole = (
        "id,name,kind,company,company_name,job,emails,phones,street,postcode,city,country,language,tags,owner"
    )
    for name, options in {
        "list.csv": ["-o", "csv"],
        "list.tsv": ["-o", "tsv"],
        "whole.csv": ["-o", "csv", "--fields", f"{whole},description"],
    }.items():
        path = tmp_path / name
        path.write_text(crm("contact", "list", *options).out, "utf-8")
        for key in ([], ["--key", "id"]):
            said = crm("contact", "import", str(path), *key)
            assert said.out.startswith("0 created, 0 updated, "), name
    assert crm.records() == before


def test_two_who_share_an_address_are_two_and_nobody_is_renamed(crm: Crm, tmp_path: Path) -> None:
    path = tmp_path / "couple.csv"
    rows = ["M. COUPLE;couple@example.org;02 97 11 22 33", "Mme COUPLE;couple@example.org;02 97 11 22 33"]
    path.write_text("\n".join(["Nom complet;E-mail;Téléphone", *rows]), "utf-8")
    said = crm("contact", "import", str(path))
    assert said.out == "2 created, 0 updated, 0 unchanged\n"
    assert "couple.csv:3: similar: M. COUPLE" in said.err
    before = crm.records()
    for key in ([], ["--key", "email"], ["--key", "phone"], ["--key", "name"]):
        again = crm("contact", "import", str(path), *key)
        assert (again.out, again.err) == ("0 created, 0 updated, 2 unchanged\n", "")
    assert crm.records() == before
    stranger = "Nom complet;E-mail\nZoé MEUR;pierre.richard@example.org\n".encode()
    said = crm("contact", "import", "-", "--key", "email", stdin=stranger)
    assert "Pierre RICHARD (f8dz9xw4) keeps this name, not Zoé MEUR" in said.err
    assert crm("contact", "import", "-", stdin=stranger).out == "1 created, 0 updated, 0 unchanged\n"
    spelled = b"Nom complet;E-mail\nM. RICHARD Pierre;pierre.richard@example.org\n"
    assert crm("contact", "import", "-", stdin=spelled).out == "0 created, 0 updated, 1 unchanged\n"


def test_two_cards_with_one_uid_and_two_names_are_two_people(crm: Crm, tmp_path: Path) -> None:
    def card(name: str, uid: str, more: str = "") -> str:
        return f"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nUID:{uid}\n{more}END:VCARD\n"

    path = tmp_path / "two.vcf"
    path.write_text(card("Anne MEUR", "1") + card("Luc MOAL", "1"), "utf-8")
    said = crm("contact", "import", str(path))
    assert said.out == "2 created, 0 updated, 0 unchanged\n"
    assert "two.vcf:6: similar: Anne MEUR" in said.err
    assert "has the same UID" in said.err
    again = crm("contact", "import", str(path))
    assert (again.out, again.err) == ("0 created, 0 updated, 2 unchanged\n", "")
    path.write_text(card("Zoé X", "1", "EMAIL:zoe@example.org\n"), "utf-8")
    assert crm("contact", "import", str(path)).out == "1 created, 0 updated, 0 unchanged\n"
    path.write_text(card("Zoé MARIÉE", "1", "EMAIL:zoe@example.org\n"), "utf-8")  # renamed where it came from
    assert crm("contact", "import", str(path)).out == "0 created, 1 updated, 0 unchanged\n"
    path.write_text(card("Pierre NOUVEAU", "f8dz9xw4") + card("Anne AUTRE", "f8dz9xw4"), "utf-8")
    assert crm("contact", "import", str(path)).out == "1 created, 1 updated, 0 unchanged\n"
    assert "Pierre NOUVEAU" in crm("contact", "show", "f8dz9xw4").out


def test_a_file_of_which_only_names_come_in_is_refused(crm: Crm, tmp_path: Path) -> None:
    table = "Nom;Prénom;Adrel\nLE X;Ann;a@b.example\nLE Y;Bob;b@b.example\n".encode()
    before = crm.records()
    refused = crm("contact", "import", "-", stdin=table, code=5)
    assert "column 'Adrel' is not imported (2 values)" in refused.err
    assert "only names were understood" in refused.err
    assert crm.records() == before
    crm("contact", "import", "-", "--keep-going", "--rejects", str(tmp_path / "bad.csv"), stdin=table, code=7)
    said = crm("contact", "import", "-", "--field", "Adrel=emails", stdin=table)
    assert "similar: Ann LE X" in said.err


def test_a_postcode_gets_back_the_zero_that_a_spreadsheet_took(bare: Crm) -> None:
    table = "Nom;Code postal;Ville;Pays\nAnn;6000;Nice;\nBob;1000;Bruxelles;BE\nCid;56300;Pontivy;France\nDan;1000.0;Bourg;FR\n"
    said = bare("contact", "import", "-", stdin=table.encode())
    assert "2: the postcode 6000 has lost its zero, and is stored as 06000" in said.err
    people = json.loads(bare("contact", "list", "-o", "json").out)
    assert [each["addresses"][0]["postcode"] for each in people] == ["06000", "1000", "56300", "01000"]


@pytest.mark.parametrize("rest", ["", "Luc;luc@example.org\n"])
def test_a_quote_that_is_never_closed_swallows_no_contact(crm: Crm, rest: str) -> None:
    file = crm.root.parent / "ouvert.csv"
    file.write_text(f'name;email\nZoé;zoe@example.org\n"Anne;anne@example.org\n{rest}')
    told = crm.refused("contact", "import", str(file), code=2)
    assert told == f"crm: {file}:3: the quote that opens here is never closed\n"
    file.write_text('name;email\n"Anne ""Nanou"" PRIGENT";anne@example.org\n"Une\nsociété";s@example.org')
    assert crm("contact", "import", str(file)).out == "2 created, 0 updated, 0 unchanged\n"


WORDS = """\
Nom;E-mail;Étiquettes;Responsable;Genre;Langue
Ann MEUR;ann@example.org;VIP client;La patronne;Pro;Français
Bob;bob(at)example.org;pag;paul;;
Cid MOAL;cid@example.org;pag;Ancien;;
"""
WORD_MAP = """\
columns: {Genre: kind}
values:
  tags: {VIP client: client}
  owner: {La patronne: marie, Ancien: "-"}
  kind: {Pro: company}
  language: {Français: fr}
"""


@pytest.mark.parametrize("command", [("contact", "import"), ("import", "csv", "--into", "contacts")])
def test_words_are_mapped_and_refused_rows_are_mended_by_both_commands(
    crm: Crm, tmp_path: Path, command: tuple[str, ...]
) -> None:
    path, mapping = tmp_path / "people.csv", tmp_path / "map.yaml"
    path.write_text(WORDS, "utf-8")
    said = crm(*command, str(path), "--keep-going", "--dry-run", code=7)
    assert f"{path}:2: Responsable: unknown owner 'La patronne', once" in said.err
    crm(*command, str(path), "--write-map", str(mapping))
    assert "La patronne: ''" in mapping.read_text("utf-8")
    mapping.write_text(WORD_MAP, "utf-8")
    said = crm(*command, str(path), "--map", str(mapping), "--keep-going", code=7)
    assert said.out == "2 created, 0 updated, 0 unchanged, 1 faulty\n"
    assert f"{path}:3: E-mail: 'bob(at)example.org' is not an e-mail address" in said.err
    person = json.loads(crm("contact", "show", "ann@example.org", "-o", "json").out)
    assert (person["kind"], person["language"], person["owner"]) == ("company", "fr", "marie")
    assert person["tags"] == ["client"]
    refused = Path(f"{path}.rejected.csv")
    text = refused.read_text("utf-8-sig")
    assert text.splitlines()[0].endswith(";crm: problem")
    refused.write_text(text.replace("(at)", "@"), "utf-8")
    said = crm(*command, str(refused), "--map", str(mapping))
    assert (said.out, said.err) == ("1 created, 0 updated, 0 unchanged\n", "")


def test_refused_rows_name_their_unknown_words(crm: Crm, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(WORDS, "utf-8")
    crm("contact", "import", str(path), "--keep-going", "--rejects", str(tmp_path / "bad.csv"), code=7)
    assert "unknown owner 'Ancien'" in (tmp_path / "bad.csv").read_text("utf-8-sig")
    assert not Path(f"{path}.rejected.csv").exists()


def test_refused_cards_are_mended_and_imported(crm: Crm, tmp_path: Path) -> None:
    def card(name: str, more: str = "") -> str:
        return f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{name}\r\n{more}END:VCARD\r\n"

    path = tmp_path / "cards.vcf"
    path.write_bytes((card("Ann MEUR") + card("Bob MOAL", "no line\r\n") + card("Cid ROZ")).encode())
    assert crm("contact", "import", str(path), "--keep-going", code=7).out.startswith("2 created")
    refused = Path(f"{path}.rejected.vcf")
    text = refused.read_text("utf-8")
    assert "X-CRM-PROBLEM:'no line' is not a line of a card" in text
    refused.write_text(text.replace("no line\n", ""), "utf-8")
    assert crm("contact", "import", str(refused)).out == "1 created, 0 updated, 0 unchanged\n"
    assert "X-CRM" not in crm("export", "vcf", "Bob").out


def test_objects_of_other_programs_become_contacts(crm: Crm) -> None:
    people = [{"id": 7, "full name": "Zoé JAN", "emails": ["zoe@example.org"], "address": {"city": "Rohan"}}]
    options = ["--into", "contacts", "--field", "id=external_id", "--field", "address.city=city"]
    crm("import", "json", "-", *options, stdin=json.dumps(people).encode())
    person = json.loads(crm("contact", "show", "zoe@example.org", "-o", "json").out)
    assert (person["external_ids"], person["addresses"][0]["city"]) == (["7"], "Rohan")


def test_several_files_come_in_together_or_not_at_all(crm: Crm, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("Nom;E-mail\nAnn;ann@example.org\n", "utf-8")
    bad.write_text("Nom;E-mail\nBob;bob\nCid;cid@example.org\n", "utf-8")
    before = crm.records()
    crm.refused("contact", "import", str(good), str(bad), code=5)
    assert crm.records() == before
    assert "--rejects is for one file" in crm.refused(
        "contact", "import", str(good), str(bad), "--rejects", "x.csv", code=2
    )
    crm("contact", "import", str(good), str(bad), "--keep-going", code=7)
    assert not Path(f"{good}.rejected.csv").exists()
    assert "Bob;bob" in Path(f"{bad}.rejected.csv").read_text("utf-8")


def test_a_consent_that_was_withdrawn_is_not_given_again(crm: Crm, tmp_path: Path) -> None:
    path = tmp_path / "consent.csv"
    path.write_text("id,name,consent.source,consent.at\nf8dz9xw4,Pierre RICHARD,salon,2026-03-01\n", "utf-8")
    crm("contact", "import", str(path))
    consent = json.loads(crm("contact", "show", "f8dz9xw4", "-o", "json").out)["consent"]
    assert (consent["source"], consent["at"][:10]) == ("salon", "2026-03-01")
    crm("contact", "set", "f8dz9xw4", "consent=")
    assert crm("contact", "import", str(path)).out == "0 created, 0 updated, 1 unchanged\n"


def test_the_mapping_of_a_column_is_not_a_file(crm: Crm) -> None:
    said = crm.refused("contact", "import", "-", "--map", "Qui=name", code=2, stdin=b"Qui\nAnn\n")
    assert '--field "Qui=name"' in said


def test_an_address_of_a_card_that_is_none_is_named(crm: Crm) -> None:
    card = (
        b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Foo BAR\r\nEMAIL:pasmail\r\nEMAIL:foo@example.org\r\nEND:VCARD\r\n"
    )
    ended = crm("import", "vcf", "-", stdin=card)
    assert "4: 'pasmail' of Foo BAR is not an e-mail address" in ended.err
    assert json.loads(crm("contact", "show", "foo@example.org", "-o", "json").out)["emails"] == [
        "foo@example.org"
    ]


def test_kinds_and_languages_that_are_none_are_told(crm: Crm, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "Nom,Type,Langue\nKK,zork,zorkish\nLL,compani,fr\nMM,Particulier,Français\n"
        "NN,Société,pt_BR\nOO,,English\n",
        "utf-8",
    )
    said = crm("contact", "import", str(path), "--keep-going", code=7)
    assert said.out.startswith("3 created")
    assert f"{path}:2: Langue: 'zorkish' is not the tag of a language (like fr, en or pt-BR)" in said.err
    assert "Type: unknown kind 'zork', once" in said.err
    assert "Type: unknown kind 'compani', once (did you mean company?)" in said.err
    found = {name: json.loads(crm("contact", "show", name, "-o", "json").out) for name in ("MM", "NN", "OO")}
    assert {name: each["language"] for name, each in found.items()} == {"MM": "fr", "NN": "pt-BR", "OO": "en"}
    assert found["NN"]["kind"] == "company"
    told = crm.refused("contact", "set", "f8dz9xw4", "language=klingon", code=2)
    assert "'klingon' is not the tag of a language" in told
