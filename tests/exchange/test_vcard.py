"""vCards in and out: as khard, phones and mail programs write them; what we do not know is kept."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import Address, Contact, ContactKind
from crmcli.domain.records.import_contact import IncomingContact, KnownContacts, update_contact
from crmcli.exchange import vcard
from crmcli.exchange.content_lines import escape, fold_line, split_cards, unescape, unfold_lines
from tests.harness.places import CARDS

FILES = sorted(CARDS.glob("*.vcf"))
FRENCH = Config(country="FR")
LETTERS = string.ascii_letters + "éèàçÉŒ'’-"
WORD = st.text(LETTERS, min_size=1, max_size=12).filter(lambda text: text.strip("-'’"))
LINE = st.lists(WORD, min_size=1, max_size=4).map(" ".join)
ANYTHING = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)
TEXT = st.lists(ANYTHING, min_size=1, max_size=4).map("\n".join).map(str.strip).filter(bool)
PHONE = st.sampled_from(["+33612345678", "+33297251111", "+32499223311", "+4930123456"])
EMAIL = st.builds(
    "{}@{}.example".format,
    st.text(string.ascii_lowercase, min_size=1, max_size=8),
    st.text(string.ascii_lowercase, min_size=2, max_size=8),
)
PLACE = st.builds(
    Address,
    label=st.none() | st.sampled_from(["home", "work", "chantier", "gîte"]),
    street=st.none() | LINE,
    postcode=st.none() | st.sampled_from(["56300", "22600"]),
    city=LINE,
    country=st.none() | st.just("France"),
)
CONTACT = st.builds(
    Contact,
    id=st.just("f8dz9xw4"),
    kind=st.sampled_from(ContactKind),
    name=LINE,
    job=st.none() | LINE,
    emails=st.lists(EMAIL, max_size=3, unique=True).map(tuple),
    phones=st.lists(PHONE, max_size=3, unique=True).map(tuple),
    addresses=st.lists(PLACE, max_size=3, unique_by=str).map(tuple),
    language=st.none() | st.sampled_from(["fr", "br"]),
    tags=st.lists(st.sampled_from(["pag", "vip", "client-fidèle"]), unique=True).map(sorted).map(tuple),
    description=st.none() | TEXT,
)


def contact_of(text: str) -> Contact:
    """The contact that one card makes."""
    [found] = vcard.read_vcards(text.encode(), FRENCH).contacts
    return made(found)


def made(found: IncomingContact) -> Contact:
    person = Contact(id=found.uid, name=found.called)
    after = update_contact(person, found, found.company or None, "FR")
    return replace(after, addresses=found.addresses)


@given(CONTACT)
def test_a_contact_comes_back_as_it_went(person: Contact) -> None:
    text = vcard.write_vcard(person, None, FRENCH)
    assert contact_of(text) == person
    assert vcard.write_vcard(contact_of(text), None, FRENCH) == text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_came_in_goes_out_and_comes_in_the_same(path: Path) -> None:
    read = vcard.read_vcards(path.read_bytes(), FRENCH)
    assert not read.faults
    for found in read.contacts:
        person = made(found)
        again = contact_of(vcard.write_vcard(person, person.company, FRENCH))
        assert replace(again, id=person.id, extra={}) == replace(person, extra={})
        kept = {line for line in person.extra.get("vcard", []) if isinstance(line, str)}
        assert kept <= {
            each.text for each in unfold_lines(vcard.write_vcard(person, person.company, FRENCH).encode())
        }


def test_khards_card_is_understood_and_its_own_fields_stay() -> None:
    [yann, soizic] = vcard.read_vcards((FILES[0].parent / "khard.vcf").read_bytes(), FRENCH).contacts
    assert (yann.name, yann.company, yann.job) == ("Yann Kermarrec", "Menuiserie Kermarrec", "Gérant")
    assert yann.phones == ("+33621436587", "+33297256677", "+33297256678")
    assert yann.description == "Préfère être appelé, le matin;\nne pas laisser de message."
    assert yann.tags == ("artisan", "client-fidèle")
    kept = yann.extra["vcard"]
    for line in ("BDAY:1974-05-03", "NICKNAME:Yannig", "X-TWITTER:kermarrec", "ITEM1.X-ABLABEL:Fax"):
        assert line in kept
    assert soizic.name == "Soizic Le Moal"


def test_cards_of_phones_and_mail_programs_are_understood() -> None:
    found = {
        each.called: each for path in FILES for each in vcard.read_vcards(path.read_bytes(), FRENCH).contacts
    }
    assert found["Granulés du Blavet"].kind is ContactKind.COMPANY
    assert [each.label for each in found["Maïwenn Guégan"].addresses] == ["home", "chantier"]
    assert found["Gaël Riou"].phones == ("+33644556677",)
    assert found["Gaël Riou"].addresses[0].street == "12, place du Martray"
    assert found["René Bénard"].description == "Poêle à granulés\nvu au magasin"
    assert found["Anaïs Le Dantec"].phones == ("+33655443322", "+33296112233")


def test_a_number_that_goes_takes_its_line_along() -> None:
    [yann, _] = vcard.read_vcards((FILES[0].parent / "khard.vcf").read_bytes(), FRENCH).contacts
    person = made(yann)
    out = vcard.write_vcard(replace(person, phones=person.phones[:1]), None, FRENCH)
    assert "TEL;TYPE=cell:+33 6 21 43 65 87" in out
    assert "02 97 25 66 77" not in out
    assert "Fax" not in out


@given(ANYTHING)
def test_texts_and_folds_are_lossless(text: str) -> None:
    assert unescape(escape(text)) == text
    lines = list(unfold_lines(fold_line(f"NOTE:{escape(text)}").encode()))
    assert lines == [(1, f"NOTE:{escape(text)}", False)]
    assert all(len(line.encode()) <= 75 for line in fold_line(f"NOTE:{escape(text)}").split("\r\n"))


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    for whole in (text, f"BEGIN:VCARD\r\n{text}\r\nEND:VCARD\r\n"):
        read = vcard.read_vcards(whole.encode(), FRENCH)
        assert all(each.called for each in read.contacts)
        list(split_cards(whole.encode()))


def test_what_is_no_card_is_named_with_its_line() -> None:
    text = "BEGIN:VCARD\nVERSION:3.0\nNOTE:personne\nEND:VCARD\nBEGIN:VCARD\nFN:Ann\nno line\nEND:VCARD\nBEGIN:VCARD\nFN:Bob"
    faults = vcard.read_vcards(text.encode(), FRENCH).faults
    assert [(each.line, each.what) for each in faults] == [
        (1, "has no name, company, e-mail or phone"),
        (7, "'no line' is not a line of a card"),
        (9, "this card has no end"),
    ]


def test_a_card_without_an_end_to_its_lines_is_refused() -> None:
    read = vcard.read_vcards(b"BEGIN:VCARD\nFN:Ann\n" + b"EMAIL:a@b.example\n" * 501 + b"END:VCARD\n", FRENCH)
    assert [each.what for each in read.faults] == ["this card has more than 500 lines"]


def test_a_photo_is_left_out_and_told() -> None:
    read = vcard.read_vcards(
        b"BEGIN:VCARD\nFN:Ann\nPHOTO;ENCODING=b:" + b"A" * 20000 + b"\nEND:VCARD\n", FRENCH
    )
    assert [each.what for each in read.left_out] == ["PHOTO of Ann is too large"]
    assert read.contacts[0].extra == {}


@pytest.mark.parametrize(
    ("incoming", "id"),
    [
        (IncomingContact(name="X", uid="b2345678"), "b2345678"),
        (IncomingContact(name="Ann D.", emails=("ANN@a.example",)), "a2345678"),
        (IncomingContact(name="ann@a.example", emails=("ANN@a.example",)), "a2345678"),
        (IncomingContact(name="Xavier", emails=("ANN@a.example",)), None),
        (IncomingContact(name="Durand, Bob"), "b2345678"),
        (IncomingContact(name="Ann DUPONT", phones=("+33612345678",)), "a2345678"),
        (IncomingContact(name="Bob", phones=("+33612345678",)), None),
        (IncomingContact(name="Ann"), None),
        (IncomingContact(name="bob  durand"), "b2345678"),
        (IncomingContact(name="Bob Durand", emails=("bob@b.example",)), None),
    ],
)
def test_who_is_known_is_found_by_id_then_email_then_phone(incoming: IncomingContact, id: str | None) -> None:
    ann = Contact(id="a2345678", name="Ann", emails=("ann@a.example",), phones=("06 12 34 56 78",))
    found = KnownContacts([ann, Contact(id="b2345678", name="Bob Durand")], "FR").match(incoming)
    assert (found.id if found else None) == id


def test_a_fold_inside_a_character_is_joined_before_it_is_decoded() -> None:
    folded = b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ann\r\nNOTE:caf\xc3\r\n \xa9\r\nEND:VCARD\r\n"
    read = vcard.read_vcards(folded, FRENCH)
    assert read.contacts[0].description == "café"
    assert read.left_out == []


def test_one_odd_byte_garbles_nothing_else_and_its_line_is_named() -> None:
    content = "BEGIN:VCARD\nFN:Élodie Lefèvre\nNOTE:d".encode() + b"\xe9j\xe0 cliente\nEND:VCARD\n"
    read = vcard.read_vcards(content, FRENCH)
    assert (read.contacts[0].name, read.contacts[0].description) == ("Élodie Lefèvre", "déjà cliente")
    assert [each.line for each in read.left_out] == [3]


@pytest.mark.parametrize(
    ("version", "name"), [("2.1", "Marc LE BRAS"), ("3.0", "MarcLE BRAS"), ("4.0", "MarcLE BRAS")]
)
def test_only_version_2_1_keeps_the_blank_of_a_fold(version: str, name: str) -> None:
    card = f"BEGIN:VCARD\r\nVERSION:{version}\r\nFN:Marc\r\n LE BRAS\r\nEND:VCARD\r\n"
    assert vcard.read_vcards(card.encode(), FRENCH).contacts[0].name == name


def test_a_picture_of_an_old_card_has_no_blanks_and_the_next_card_is_a_new_one() -> None:
    old = "BEGIN:VCARD\nVERSION:2.1\nFN:Ann\nX-KEY;ENCODING=BASE64:QUJD\n REVG\nEND:VCARD\n"
    new = "BEGIN:VCARD\nVERSION:3.0\nFN:Ma\n rc\nEND:VCARD\n"
    [ann, marc] = vcard.read_vcards((old + new).encode(), FRENCH).contacts
    assert "X-KEY;ENCODING=BASE64:QUJDREVG" in ann.extra["vcard"]
    assert marc.name == "Marc"
