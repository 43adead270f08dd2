"""Headings of Google, Outlook, Thunderbird and iCloud: each is known, or known to be unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.exchange.headings import find_heading, find_headings

GOOGLE = """
First Name=first_name, Middle Name=middle_name, Last Name=last_name, Given Name=first_name, Family Name=last_name,
Additional Name=middle_name, Name=name, Name Prefix=prefix, Name Suffix=suffix, Nickname=, File As=, Yomi Name=,
Organization Name=company, Organization 1 - Name=company, Organization 2 - Name=, Organization Title=job,
Organization 1 - Title=job, Organization 1 - Type=, Birthday=, Notes=description, Labels=tags, Group Membership=tags,
E-mail 1 - Value=emails, E-mail 3 - Value=emails, E-mail 1 - Label=, E-mail 1 - Type=, Phone 1 - Value=phones,
Phone 1 - Label=, Address 1 - Label=label 1, Address 1 - Street=street 1, Address 2 - City=city 2,
Address 1 - PO Box=street 1, Address 1 - Extended Address=street 1, Address 1 - Region=,
Address 1 - Postal Code=postcode 1, Address 1 - Country=country 1, Address 1 - Formatted=formatted 1,
Website 1 - Value=, Custom Field 1 - Value=, Event 1 - Value=
"""
OUTLOOK = """
Title=job, First Name=first_name, Company=company, Department=, Job Title=job, Business Street=street work,
Business Street 2=street work, Business City=city work, Business Postal Code=postcode work, Business State=,
Business Country/Region=country work, Home Street=street home, Other City=city other, Home Address PO Box=street home,
Assistant's Phone=, Business Fax=, Business Phone=phones, Business Phone 2=phones, Company Main Phone=phones,
Home Phone=phones, Mobile Phone=phones, Other Phone=phones, Primary Phone=phones, Car Phone=phones, Pager=,
E-mail Address=emails, E-mail 2 Address=emails, E-mail Type=, E-mail Display Name=, Categories=tags, Web Page=,
Manager's Name=, Spouse=
"""
OUTLOOK_FRENCH = """
Titre=job, Prénom=first_name, Deuxième prénom=middle_name, Nom=last_name, Suffixe=suffix, Société=company, Service=,
Rue (bureau)=street work, Rue (bureau) 2=street work, Ville (bureau)=city work, Code postal (bureau)=postcode work,
Dép/Région (bureau)=, Pays/Région (bureau)=country work, Pays (bureau)=country work, Rue (domicile)=street home,
Ville (autre)=city other, Télécopie (bureau)=, Téléphone (bureau)=phones, Téléphone 2 (bureau)=phones,
Téléphone société=phones, Téléphone (domicile)=phones, Tél. mobile=phones, Autre téléphone=phones,
Téléphone principal=phones, Téléphone (voiture)=phones, Téléphone de l'assistant(e)=, Nom de l'assistant(e)=,
Adresse de messagerie=emails, Adresse de messagerie 2=emails, Type de messagerie=, Bureau=, Conjoint(e)=,
Nom complet de l'adresse de messagerie=, Catégories=tags, Mots clés=tags, Notes=description, Profession=job
"""
THUNDERBIRD = """
Display Name=name, Nickname=, Primary Email=emails, Secondary Email=emails, Screen Name=, Work Phone=phones,
Home Phone=phones, Fax Number=, Pager Number=, Mobile Number=phones, Home Address=street home,
Home Address 2=street home, Home City=city home, Home ZipCode=postcode home, Home Country=country home,
Work Address=street work, Organization=company, Web Page 1=, Birth Year=, Custom 1=, Nom de famille=last_name,
Nom à afficher=name, Surnom=, Première adresse électronique=emails, Adresse électronique secondaire=emails,
Tél. professionnel=phones, Tél. personnel=phones, Fax=, Portable=phones, Adresse privée=street home,
Adresse professionnelle=street work
"""
ICLOUD = """
Phone (mobile)=phones, Phone (home)=phones, Phone : iPhone=phones, Email (home)=emails, Work Email=emails,
Street (home)=street home, City (home)=city home, ZIP (home)=postcode home, Country (home)=country home,
Home Page=, Prefix=prefix, Birthday=, Phonetic Last Name=
"""
OTHERS = """
Réf.=, Numéro client=, N° client=, Client=name, Client 2=, Nom de la société=, Date de création=, e-mail 2=emails,
Adresse e-mail=emails, Tel portable=phones, company_name=company, Téléphone du voisin=, Adresse du chantier=
"""
CASES = [
    tuple(each.strip().rpartition("=")[::2])
    for block in (GOOGLE, OUTLOOK, OUTLOOK_FRENCH, THUNDERBIRD, ICLOUD, OTHERS)
    for each in block.replace("\n", " ").split(",")
]


@pytest.mark.parametrize(("header", "expected"), CASES)
def test_a_heading_is_known_or_known_to_be_unknown(header: str, expected: str) -> None:
    found = find_heading(header)
    assert (f"{found.field} {found.group}".strip() if found else "") == expected


@given(st.text(max_size=40))
def test_any_heading_is_read(header: str) -> None:
    found = find_heading(header)
    assert found is None or found.field


def test_the_superior_of_outlook_is_not_our_user() -> None:
    assert find_headings(["Nom", "Responsable"])[1].field == "owner"
    assert 1 not in find_headings(["Nom", "Responsable", "Adresse de messagerie", "Type de messagerie"])
