"""Contacts from a CSV file, whatever program wrote it."""

from datetime import UTC, datetime

import pytest

from crmcli.domain.importing.import_map import ImportMap, LeftOut
from crmcli.domain.importing.read_contacts import ReadContacts
from crmcli.domain.model.config import Config
from crmcli.domain.model.record_types import ContactKind
from crmcli.domain.records.import_contact import IncomingContact
from crmcli.domain.values.errors import UsageError
from crmcli.exchange.cell_table import read_csv_table
from crmcli.exchange.spreadsheet import read_contacts

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)

FRENCH = Config(country="FR")


def read_csv(content: bytes, given: dict[str, str], config: Config) -> ReadContacts:
    return read_contacts(read_csv_table(content), ImportMap(), given, config, NOW)


def contacts(text: str, **mapping: str) -> list[IncomingContact]:
    read = read_csv(text.encode(), mapping, FRENCH)
    assert not read.faults
    return read.contacts


@pytest.mark.parametrize("mark", [";", ",", "\t", "|"])
def test_any_separator_is_recognised(mark: str) -> None:
    [found] = contacts(
        mark.join(["Nom", "E-mail", "Ville"]) + "\n" + mark.join(["Ann", "a@b.example", "Rohan"])
    )
    assert (found.name, found.emails, found.addresses[0].city) == ("Ann", ("a@b.example",), "Rohan")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_encoding_of_excel_is_recognised(encoding: str) -> None:
    read = read_csv("Prénom;Nom\r\nÉlodie;LEFÈVRE\r\n".encode(encoding), {}, FRENCH)
    assert [each.name for each in read.contacts] == ["Élodie LEFÈVRE"]
    assert read.left_out == []


def test_one_odd_byte_garbles_nothing_else_and_its_line_is_named() -> None:
    content = "Nom;Ville\nÉlodie LEFÈVRE;Guéméné\nAnn;Pontivy\nZoé;".encode() + b"Gu\xe9m\xe9n\xe9\n"
    read = read_csv(content, {}, FRENCH)
    assert [each.name for each in read.contacts] == ["Élodie LEFÈVRE", "Ann", "Zoé"]
    assert read.contacts[2].addresses[0].city == "Guéméné"
    assert [each.line for each in read.left_out] == [4]


def test_several_columns_and_several_values_make_one_list() -> None:
    [found] = contacts(
        "Nom;Téléphone;Portable;E-mail\nAnn;02 97 25 11 11;0612345678, 06.12.34.56.78;a@b.example, c@d.example"
    )
    assert found.phones == ("+33297251111", "+33612345678")
    assert found.emails == ("a@b.example", "c@d.example")


def test_a_row_without_a_person_is_a_company() -> None:
    [found] = contacts("Nom;Société;E-mail\n;Bâti Ouest;b@b.example\n")
    assert (found.name, found.kind, found.company) == ("Bâti Ouest", ContactKind.COMPANY, "")


def test_a_column_is_what_one_says_it_is() -> None:
    [found] = contacts("Qui;Où\nAnn;Rohan\n", Qui="name", Où="city")
    assert (found.name, found.addresses[0].city) == ("Ann", "Rohan")


def test_a_faulty_row_is_named_by_its_line_and_the_others_are_read() -> None:
    text = 'Nom;E-mail;Notes\nAnn;nowhere;\nBob;b@b.example;"deux\nlignes"\nLuc;l@l.example;;;x\n;;\n'
    read = read_csv(text.encode(), {}, FRENCH)
    assert [each.name for each in read.contacts] == ["Bob"]
    assert [(each.line, each.what) for each in read.faults] == [
        (2, "E-mail: 'nowhere' is not an e-mail address (like anne@example.org)"),
        (5, "has more cells than the first line has headings"),
    ]


@pytest.mark.parametrize(
    ("text", "mapping", "message"),
    [
        ("", {}, "is empty: it has no line with headings"),
        ("Couleur;Taille\nx;y\n", {}, "no column identifies the contact"),
        ("Nom\nx\n", {"Non": "name"}, "unknown column 'Non'"),
        ("Nom\nx\n", {"Nom": "nam"}, "unknown field 'nam'"),
        ('Nom\n"x\n' + "y" * 200_000, {}, "2: a cell has more than 131,072"),
    ],
)
def test_what_cannot_be_understood_at_all_is_said(text: str, mapping: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_csv(text.encode(), mapping, FRENCH)


GOOGLE = """\
First Name,Last Name,Name Prefix,Nickname,Organization Name,Labels,E-mail 1 - Label,E-mail 1 - Value,\
E-mail 2 - Value,Phone 1 - Value,Address 1 - Label,Address 1 - Street,Address 1 - City,Address 1 - Formatted,\
Address 2 - Formatted
Anne,MEURISSE,Mme,Nan,Ets Meurisse,Clients poêle ::: * myContacts,Home,a@g.example ::: b@g.example,c@g.example,\
06 11 22 33 44 ::: 02 97 11 22 44,Home,3 rue X ::: 5 rue Y,Pontivy ::: Rohan,"3 rue X
Pontivy","7 rue Z
Pontivy"
Luc,MOALIC,,Lulu,,* myContacts,Work,,,06 11 22 33 45,,,,,
"""


def test_a_file_of_google_has_several_values_in_a_cell_and_what_is_unknown_is_counted() -> None:
    read = read_csv(GOOGLE.encode(), {}, FRENCH)
    anne, luc = read.contacts
    assert (anne.name, anne.company, anne.tags) == ("Mme Anne MEURISSE", "Ets Meurisse", ("Clients-poêle",))
    assert anne.emails == ("a@g.example", "b@g.example", "c@g.example")
    assert anne.phones == ("+33611223344", "+33297112244")
    assert [(each.label, each.street, each.city) for each in anne.addresses] == [
        ("Home", "3 rue X", "Pontivy"),
        (None, "5 rue Y", "Rohan"),
        (None, "7 rue Z, Pontivy", None),
    ]
    assert (luc.name, luc.tags, luc.phones) == ("Luc MOALIC", (), ("+33611223345",))
    assert read.columns.left_out == [LeftOut("Nickname", 2), LeftOut("E-mail 1 - Label", 2)]


def test_a_file_of_outlook_has_titles_that_are_jobs_and_two_addresses() -> None:
    headers = (
        "Titre;Prénom;Nom;Société;Titre;Rue (bureau);Rue (bureau) 2;Code postal (bureau);Ville (bureau);"
        "Rue (domicile);Ville (domicile);Tél. mobile;Téléphone (bureau);Adresse de messagerie;"
        "Type de messagerie;Responsable;Priorité"
    )
    row = "M.;Luc;MOALIC;Bati;Gérant;ZA du Blavet;Lot 3;56300;Pontivy;5 rue Y;Rohan;06 11 22 33 45;02 97 11 22 44;"
    read = read_csv(f"{headers}\n{row}l@b.example;SMTP;Le Patron;Normale\n".encode(), {}, FRENCH)
    [found] = read.contacts
    assert (found.name, found.job, found.company, found.owner) == ("M. Luc MOALIC", "Gérant", "Bati", "")
    assert (found.emails, found.phones) == (("l@b.example",), ("+33611223345", "+33297112244"))
    assert [(each.label, each.street, each.city) for each in found.addresses] == [
        ("work", "ZA du Blavet, Lot 3", "Pontivy"),
        ("home", "5 rue Y", "Rohan"),
    ]
    assert [each.heading for each in read.columns.left_out] == [
        "Type de messagerie",
        "Responsable",
        "Priorité",
    ]


def test_a_second_value_for_a_field_with_one_is_told() -> None:
    read = read_csv(b"Nom;Fonction;Profession;E-mail\nAnn;Chef;Artisan;a@b.example\n", {}, FRENCH)
    assert read.contacts[0].job == "Chef"
    assert read.columns.left_out == [LeftOut("Profession", 1)]


def test_a_file_of_which_only_names_are_understood_is_faulty() -> None:
    text = "Nom;Prénom;Adrel\nLE X;Ann;a@b.example\nLE Y;Bob;b@b.example\n"
    [fault] = read_csv(text.encode(), {}, FRENCH).faults
    assert "only names were understood" in fault.what
    for mapping in ({"Adrel": "emails"}, {"Adrel": ""}):
        assert read_csv(text.encode(), mapping, FRENCH).faults == []
    assert read_csv("Nom;Prénom\nLE X;Ann\n".encode(), {}, FRENCH).faults == []
