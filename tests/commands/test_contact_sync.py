"""`crm contact sync`: what a phone changes in its address book comes into the contacts, and the reverse."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.harness.crm import Crm
from tests.harness.processes import Ended

PIERRE = "f8dz9xw4"
STRANGER = (
    "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:urn:uuid:1\r\nFN:Anne Nouvelle\r\nTEL;VALUE=uri;TYPE=cell:tel:+33-6-55-44-33-22\r\n"
    "PHOTO:data:image/png;base64,AAAA\r\nEND:VCARD\r\n"
)


class AddressBook:
    """A vdir of cards beside a workspace."""

    def __init__(self, crm: Crm, path: Path) -> None:
        self.crm = crm
        self.path = path
        path.mkdir()

    def sync(self, *words: str, code: int = 0) -> Ended:
        return self.crm("contact", "sync", str(self.path), *words, code=code)

    def file(self, id: str) -> Path:
        return self.path / f"{id}.vcf"

    def text(self, id: str) -> str:
        return re.sub("\r?\n[ \t]", "", self.file(id).read_bytes().decode())

    def add(self, id: str, *lines: str) -> None:
        text = self.text(id).replace("END:VCARD", "\r\n".join([*lines, "END:VCARD"]))
        self.file(id).write_bytes(text.encode())

    def replace(self, id: str, old: str, new: str) -> None:
        assert old in self.text(id)
        self.file(id).write_bytes(self.text(id).replace(old, new).encode())

    def person(self, id: str = PIERRE) -> dict[str, Any]:
        return dict(json.loads(self.crm("contact", "show", id, "-o", "json").out))

    def contents(self) -> dict[str, bytes]:
        return {each.name: each.read_bytes() for each in self.path.iterdir()}

    def is_settled(self, *words: str) -> bool:
        """Whether another run changes nothing at all."""
        before = self.contents(), self.crm.records()
        return self.sync(*words).out == "" and (self.contents(), self.crm.records()) == before


@pytest.fixture
def book(crm: Crm, tmp_path: Path) -> AddressBook:
    made = AddressBook(crm, tmp_path / "carnet")
    made.sync()
    return made


def test_every_contact_has_a_card_and_a_second_run_changes_nothing(book: AddressBook) -> None:
    people = json.loads(book.crm("contact", "list", "-o", "json").out)
    assert sorted(book.contents()) == sorted(f"{each['id']}.vcf" for each in people)
    assert book.is_settled()


def test_what_the_phone_adds_and_removes_comes_back(book: AddressBook) -> None:
    book.replace(PIERRE, "EMAIL:pierre.richard@example.org\r\n", "")
    book.add(PIERRE, "TEL;TYPE=cell:07 00 11 22 33", "TITLE:Patron", "NOTE:Chien\\, sonner", "CATEGORIES:vip")
    assert "1 contact changed from the address book" in book.sync().out
    person = book.person()
    assert (person.get("emails"), person["job"], person["tags"]) == (None, "Patron", ["vip"])
    assert person["phones"][0] == "06 12 34 56 78"
    assert len(person["phones"]) == 2
    assert person["description"] == "Chien, sonner"
    assert "TEL;TYPE=cell:07 00 11 22 33" in book.text(PIERRE)
    assert book.is_settled()


def test_photos_birthdays_and_unknown_properties_stay(book: AddressBook) -> None:
    mine = ("PHOTO;ENCODING=b;TYPE=JPEG:" + "A" * 5000, "BDAY:1970-01-01", "item1.X-ABRELATEDNAMES:Marie")
    book.add(PIERRE, *mine)
    book.crm("contact", "set", PIERRE, "job=Maçon", "phones+=0298000000")
    book.sync()
    assert all(line in book.text(PIERRE) for line in (*mine, "TITLE:Maçon", "TEL:+33298000000"))
    assert book.is_settled()


def test_both_sides_add_and_the_record_keeps_its_text(book: AddressBook) -> None:
    book.crm("contact", "set", PIERRE, "job=Maçon", "tags+=vip")
    book.add(PIERRE, "TITLE:Patron", "CATEGORIES:voisin")
    ended = book.sync()
    assert "Pierre RICHARD differs on both sides: job stays 'Maçon', not 'Patron'" in ended.err
    assert (book.person()["job"], book.person()["tags"]) == ("Maçon", ["vip", "voisin"])
    assert book.is_settled()


def test_a_company_named_on_the_phone_is_made_once(book: AddressBook) -> None:
    book.add(PIERRE, "ORG:Moulins SARL;Atelier")
    book.sync()
    assert book.person()["company_name"] == "Moulins SARL"
    assert book.is_settled()
    book.crm("contact", "set", PIERRE, "company=Autre SARL")
    book.sync()
    assert "ORG:Autre SARL;Atelier" in book.text(PIERRE)


@pytest.mark.parametrize("words", [(), ("RICHARD",)])
def test_a_company_that_is_made_is_told(book: AddressBook, words: tuple[str, ...]) -> None:
    book.sync(*words, "--remove")
    book.add(PIERRE, "ORG:Moulins SARL")
    for ended in (book.sync(*words, "--dry-run"), book.sync(*words)):
        assert "1 contact created" in ended.out
        assert "  Moulins SARL" in ended.out
    assert book.is_settled(*words)


@pytest.mark.parametrize("run", [("--dry-run",), ()])
def test_an_email_of_another_contact_is_taken_and_named(book: AddressBook, run: tuple[str, ...]) -> None:
    people = json.loads(book.crm("contact", "list", "-o", "json").out)
    other = next(each for each in people if each["emails"] and each["id"] != PIERRE)
    book.add(PIERRE, f"EMAIL:{other['emails'][0]}")
    err = book.sync(*run).err
    assert f"is an e-mail of {other['name']} ({other['id']}), too" in err
    assert f"crm contact merge {other['id']} {PIERRE}" in err


def test_a_new_contact_with_the_phone_of_another_is_named(book: AddressBook) -> None:
    (book.path / "phone-1.vcf").write_text(card_of("Anne Nouvelle", "TEL:06 12 34 56 78"), "utf-8")
    assert f"phone-1.vcf: similar: Pierre RICHARD ({PIERRE})" in book.sync("--new").err


def test_a_file_with_the_name_of_a_card_and_another_in_it_is_named(crm: Crm, tmp_path: Path) -> None:
    book = AddressBook(crm, tmp_path / "carnet")
    text = card_of("Anne Nouvelle")
    book.file(PIERRE).write_text(text, "utf-8", newline="")
    assert f"{PIERRE}.vcf: is not the item of {PIERRE} any more; left as it is" in book.sync(code=7).err
    assert book.file(PIERRE).read_bytes() == text.encode()


def test_undo_takes_the_run_back(book: AddressBook) -> None:
    book.add(PIERRE, "TITLE:Patron")
    book.sync()
    book.crm("undo")
    book.sync()
    assert "TITLE" not in book.text(PIERRE)
    assert book.person().get("job") is None


def test_a_card_that_was_deleted_comes_back(book: AddressBook) -> None:
    book.file(PIERRE).unlink()
    assert "was deleted there" in book.sync().err
    assert "FN:Pierre RICHARD" in book.text(PIERRE)


def test_a_contact_that_was_deleted_leaves(book: AddressBook) -> None:
    made = book.crm("contact", "create", "Luc MOAL", "-o", "ids").ids[0]
    book.sync()
    assert book.file(made).exists()
    book.crm("contact", "delete", made, "--yes")
    book.sync()
    assert not book.file(made).exists()


def test_strangers_are_left_alone_unless_they_are_wanted(book: AddressBook) -> None:
    (book.path / "phone-1.vcf").write_text(STRANGER, "utf-8", newline="")
    assert "--new" in book.sync().err
    assert "Anne Nouvelle" not in book.crm("contact", "list").out
    assert "1 contact created" in book.sync("--new").out
    [anne] = json.loads(book.crm("contact", "list", "Nouvelle", "-o", "json").out)
    assert len([name for name, text in book.contents().items() if b"Anne Nouvelle" in text]) == 1
    assert b"PHOTO:data:image/png;base64,AAAA" in book.contents()["phone-1.vcf"]
    assert book.is_settled("--new")
    book.crm("contact", "set", anne["id"], "job=Facteur")
    book.sync()
    assert b"TITLE:Facteur" in book.contents()["phone-1.vcf"]


def test_a_card_that_crm_did_not_make_is_never_removed(book: AddressBook) -> None:
    card = book.path / "mamie.vcf"
    card.write_text(STRANGER.replace("END:", "BDAY:1931-02-03\r\nNOTE:Gâteaux\r\nEND:"), "utf-8", newline="")
    book.sync("--new")
    content = card.read_bytes()
    book.crm("undo")
    assert "1 item forgotten" in book.sync().out
    assert card.read_bytes() == content
    book.sync("--new")
    book.sync("Quimper", "--remove")
    assert card.read_bytes() == content


def test_a_card_of_a_known_person_stays_when_the_contact_is_deleted(crm: Crm, tmp_path: Path) -> None:
    book = AddressBook(crm, tmp_path / "carnet")
    made = crm("contact", "create", "Luc MOAL", "--email", "luc@example.org", "-o", "ids").ids[0]
    card = book.path / f"{made}.vcf"
    card.write_text(
        STRANGER.replace("Anne Nouvelle", "Luc Moal\r\nEMAIL:luc@example.org"), "utf-8", newline=""
    )
    book.sync()
    crm("contact", "delete", made, "--yes")
    book.sync()
    assert b"PHOTO:data:image" in card.read_bytes()


def test_a_mistyped_word_does_not_empty_the_folder(book: AddressBook) -> None:
    book.add(PIERRE, "BDAY:1970-01-01")
    book.sync()
    before = book.contents()
    ended = book.sync("zut", code=5)
    assert f"{len(before)} of {len(before)} items do not match" in ended.err
    assert "--remove" in ended.err
    assert book.contents() == before
    assert f"{len(before)} items removed" in book.sync("zut", "--remove").out
    assert not book.contents()


@pytest.mark.parametrize("line", ["EMAIL:pierre@@example", "TEL:pas un numero"])
def test_a_value_that_is_none_wipes_nothing(book: AddressBook, line: str) -> None:
    before = book.crm.records()
    text = re.sub(f"(?m)^{line.partition(':')[0]}:[^\r\n]*", line, book.text(PIERRE))
    assert line in text
    book.file(PIERRE).write_bytes(text.encode())
    ended = book.sync(code=7)
    assert f"{PIERRE}.vcf" in ended.err
    assert line.partition(":")[2] in ended.err
    assert (book.text(PIERRE), book.crm.records()) == (text, before)


def test_somebody_whom_the_phone_knows_already_is_not_doubled(crm: Crm, tmp_path: Path) -> None:
    book = AddressBook(crm, tmp_path / "carnet")
    card = STRANGER.replace("Anne Nouvelle", "Pierre Richard").replace("+33-6-55-44-33-22", "+33612345678")
    (book.path / "phone-1.vcf").write_text(card, "utf-8", newline="")
    book.sync()
    assert not book.file(PIERRE).exists()
    assert b"EMAIL:pierre.richard@example.org" in book.contents()["phone-1.vcf"]
    assert book.person()["name"] == "Pierre RICHARD"
    assert book.is_settled()


def card_of(name: str, *lines: str, uid: str = "urn:uuid:2") -> str:
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", f"FN:{name}", *lines, "END:VCARD", ""])


@pytest.mark.parametrize("new", [(), ("--new",)])
@pytest.mark.parametrize(
    "name", ["Madame Richard", "M. et Mme Richard", "Pierre RICHARD fils", "Richard", "Pierre", "P. Richard"]
)
def test_the_card_of_another_person_on_a_shared_phone_stays_hers(
    crm: Crm, tmp_path: Path, name: str, new: tuple[str, ...]
) -> None:
    book = AddressBook(crm, tmp_path / "carnet")
    hers = book.path / "phone-1.vcf"
    hers.write_text(card_of(name, "TEL:06 12 34 56 78", "EMAIL:mme@example.org"), "utf-8", newline="")
    before = hers.read_bytes(), crm.records()
    ended = book.sync(*new)
    assert (hers.read_bytes(), crm.records()) == before
    assert "phone-1.vcf" in ended.err
    assert f"Pierre RICHARD ({PIERRE})" in ended.err
    assert "FN:Pierre RICHARD" in book.text(PIERRE)
    assert book.is_settled(*new)


def test_another_name_on_a_shared_phone_is_somebody_new_if_one_says_so(book: AddressBook) -> None:
    hers = book.path / "phone-1.vcf"
    hers.write_text(card_of("Anne Nouvelle", "TEL:06 12 34 56 78"), "utf-8", newline="")
    assert f"Pierre RICHARD ({PIERRE})" in book.sync().err
    assert "1 contact created" in book.sync("--new").out
    assert book.person()["name"] == "Pierre RICHARD"
    assert b"FN:Anne Nouvelle" in hers.read_bytes()


def test_a_name_alone_makes_no_card_that_of_a_contact(book: AddressBook) -> None:
    made = book.crm("contact", "create", "Luc MOAL", "-o", "ids").ids[0]
    card = book.path / "phone-1.vcf"
    card.write_text("BEGIN:VCARD\nVERSION:3.0\nFN:Luc Moal\nTITLE:Espion\nEND:VCARD\n", "utf-8")
    assert f"phone-1.vcf has the name of Luc MOAL ({made})" in book.sync("--new").err
    assert book.person(made).get("job") is None
    assert book.file(made).exists()


def test_two_new_cards_that_may_be_one_person_are_not_mixed(book: AddressBook) -> None:
    for name in ("Anne Nouvelle", "Madame Nouvelle"):
        text = card_of(name, "TEL:06 55 44 33 22", f"EMAIL:{name[:2]}@example.org", uid=name)
        (book.path / f"{name[:2]}.vcf").write_text(text, "utf-8", newline="")
    ended = book.sync("--new", code=7)
    assert "is another card of" in ended.err
    found = json.loads(book.crm("contact", "list", "Nouvelle", "-o", "json").out)
    assert [len(each["emails"]) for each in found] == [1]


def test_cards_of_another_workspace_are_left_alone(book: AddressBook) -> None:
    theirs = book.path / "k3w7z9mh.vcf"
    theirs.write_text(
        card_of("Pierre RICHARD", "TEL:06 12 34 56 78", "TITLE:Espion", uid="k3w7z9mh"), "utf-8", newline=""
    )
    content = theirs.read_bytes()
    assert book.is_settled("--new")
    assert theirs.read_bytes() == content
    assert book.sync("--new").err == ""


def test_a_contact_that_was_deleted_does_not_come_back_without_a_memory(book: AddressBook) -> None:
    made = book.crm("contact", "create", "Luc MOAL", "-o", "ids").ids[0]
    book.sync()
    book.crm("contact", "delete", made, "--yes")
    for state in (book.crm.root.parent / ".local/state/crm").glob("synced-*"):
        state.unlink()
    book.sync("--new")
    assert "MOAL" not in book.crm("contact", "list").out


@pytest.mark.parametrize("line", ["KIND:group", "X-ADDRESSBOOKSERVER-KIND:group"])
def test_a_group_is_no_contact(book: AddressBook, tmp_path: Path, line: str) -> None:
    group = card_of("Randonneurs", line, "TEL:06 12 34 56 78", "MEMBER:urn:uuid:1")
    (book.path / "group.vcf").write_text(group, "utf-8", newline="")
    assert book.is_settled("--new")
    assert book.sync().err == ""
    (tmp_path / "all.vcf").write_text(group + card_of("Anne Nouvelle"), "utf-8", newline="")
    ended = book.crm("contact", "import", str(tmp_path / "all.vcf"))
    assert "Randonneurs is a group" in ended.out + ended.err
    people = book.crm("contact", "list").out
    assert ("Randonneurs" in people, "Anne Nouvelle" in people) == (False, True)


def test_undo_of_the_first_run_takes_nothing_from_a_card_of_somebody_else(crm: Crm, tmp_path: Path) -> None:
    book = AddressBook(crm, tmp_path / "carnet")
    card = book.path / "phone-1.vcf"
    mine = ("EMAIL:pierre@home.example", "NOTE:Chien méchant", "TITLE:Maçon")
    card.write_text(card_of("Pierre Richard", "TEL:06 12 34 56 78", *mine), "utf-8", newline="")
    book.sync()
    assert book.person()["job"] == "Maçon"
    book.crm("undo")
    assert book.person().get("job") is None
    book.sync()
    assert all(line in card.read_text("utf-8") for line in mine)
    assert (book.person()["job"], book.person()["description"]) == ("Maçon", "Chien méchant")
    assert book.is_settled()
    book.crm("contact", "set", PIERRE, "job=Retraité")
    book.sync()
    assert "TITLE:Retraité" in card.read_text("utf-8")


def test_only_cards_that_would_be_removed_are_counted(book: AddressBook) -> None:
    everybody = len(book.contents())
    book.sync("--as", "paul")
    assert book.sync("Quimper").out == ""
    assert len(book.contents()) == everybody
    assert "do not match" in book.sync("Quimper", "--as", "paul", code=5).err


def test_an_erased_contact_leaves_the_address_book(book: AddressBook) -> None:
    before = book.contents().keys()
    book.add(PIERRE, "TITLE:Maçon")
    book.crm("contact", "erase", PIERRE, "--yes")
    assert "[effacé]" in book.crm("contact", "list").out
    assert "1 item removed" in book.sync().out
    assert book.contents().keys() == before - {f"{PIERRE}.vcf"}
    assert book.is_settled("--new")


def test_a_card_of_somebody_else_about_an_erased_contact_is_named(crm: Crm, tmp_path: Path) -> None:
    book = AddressBook(crm, tmp_path / "carnet")
    card = book.path / "phone-1.vcf"
    card.write_text(card_of("Pierre Richard", "TEL:06 12 34 56 78"), "utf-8", newline="")
    book.sync()
    crm("contact", "erase", PIERRE, "--yes")
    before = card.read_bytes()
    assert "phone-1.vcf stays, with the data of a contact" in book.sync().err
    assert card.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"BEGIN:VCARD\r\nFN:X\r\n", b"x" * (5 * 1024 * 1024)])
def test_a_broken_card_is_named_and_left_as_it_is(book: AddressBook, content: bytes) -> None:
    book.file(PIERRE).write_bytes(content)
    assert f"{PIERRE}.vcf" in book.sync(code=7).err
    assert book.file(PIERRE).read_bytes() == content
    assert book.person()["name"] == "Pierre RICHARD"


def test_links_are_not_followed(book: AddressBook, tmp_path: Path) -> None:
    outside = tmp_path / "outside.vcf"
    book.add(PIERRE, "TITLE:Espion")
    book.file(PIERRE).rename(outside)
    book.file(PIERRE).symlink_to(outside)
    assert "symbolic link" in book.sync(code=7).err
    assert book.person().get("job") is None


def test_a_dry_run_changes_nothing(book: AddressBook) -> None:
    book.add(PIERRE, "TITLE:Patron")
    before = book.contents(), book.crm.records()
    [item] = json.loads(book.sync("--dry-run", "-o", "json").out)
    assert (item["id"], item["taken"]) == (PIERRE, ["job"])
    assert (book.contents(), book.crm.records()) == before


def test_of_many_cards_that_were_deleted_the_number_is_told(book: AddressBook) -> None:
    cards = book.contents()
    for name in cards:
        (book.path / name).unlink()
    assert f"{len(cards)} items were deleted there" in book.sync().err
    assert book.contents().keys() == cards.keys()


def test_a_card_keeps_the_company_that_cannot_be_read(book: AddressBook) -> None:
    book.add(PIERRE, "ORG:Moulins SARL")
    book.sync()
    firm = book.crm.file(book.person()["company"])
    content = firm.read_bytes()
    firm.write_bytes(content + b"x: [\n")
    book.crm("contact", "set", PIERRE, "job=Maçon")
    book.sync()
    assert "ORG:Moulins SARL" in book.text(PIERRE)
    firm.write_bytes(content)
    book.sync()
    assert "TITLE:Maçon" in book.text(PIERRE)
    assert "ORG:Moulins SARL" in book.text(PIERRE)
