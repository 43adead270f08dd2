"""A contact whose file cannot be read is not nobody: what does not need them goes on, the rest says so."""

import json

import pytest

from tests.harness.crm import Crm

DEAL, CONTACT = "sdsw7zdf", "fzpagc8n"


@pytest.fixture
def broken(crm: Crm) -> Crm:
    """A workspace in which a deal's contact has conflict markers in the file."""
    place = crm.file(CONTACT)
    place.write_bytes(b"<<<<<<< HEAD\n" + place.read_bytes())
    return crm


def test_what_needs_nobody_goes_on(broken: Crm) -> None:
    broken("note", DEAL, "-m", "Rappeler")
    broken("tag", DEAL, "--add", "urgent")
    assert "conflict markers" in broken("show", DEAL).err


def test_a_rule_that_looks_at_them_stops_the_move_and_names_the_file(broken: Crm) -> None:
    before = broken.records()
    err = broken.refused("move", DEAL, "--to", "won", code=5)
    assert f"--{CONTACT}.yaml:1" in err
    assert "cannot be read" in err
    assert broken.records() == before


def test_no_mail_is_said_to_have_no_address(broken: Crm) -> None:
    err = broken.refused("email", "queue", DEAL, "-t", "relance-devis", code=5)
    assert "cannot be read" in err
    assert "no contact" not in err


def test_why_says_that_a_condition_cannot_be_looked_at(broken: Crm) -> None:
    assert "the contact cannot be read" in broken("why", DEAL).out


def test_one_that_a_hand_named_is_found_to_be_unreadable_too(broken: Crm) -> None:
    place = broken.file(CONTACT)
    place.rename(place.with_name("nolwenn.yaml"))
    assert "nolwenn.yaml:1" in broken.refused("move", DEAL, "--to", "won", code=5)


def test_a_contact_that_is_not_there_is_nobody_still(crm: Crm) -> None:
    crm.file(CONTACT).unlink()
    assert json.loads(crm("move", DEAL, "--to", "negotiation", "-o", "json").out)
