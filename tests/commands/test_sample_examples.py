"""`pipeline_data/examples/`: messages and contacts of the sample, for the reader of a help text to try."""

import json

from tests.harness.crm import Crm

EXAMPLES = "pipeline_data/examples"


def test_the_example_message_becomes_a_lead_of_a_new_contact(crm: Crm) -> None:
    content = (crm.root / EXAMPLES / "demande-poele.eml").read_bytes()
    [filed] = json.loads(crm("ingest", "-o", "json", stdin=content).out)
    assert filed["outcome"] == "new"
    assert "Anne-Gaëlle HAMON" in crm("contact", "list", "hamon", "-o", "csv").out


def test_the_example_cards_are_of_people_whom_the_sample_does_not_know(crm: Crm) -> None:
    assert crm("contact", "import", f"{EXAMPLES}/clients.vcf").out.splitlines()[0].startswith("4 ")
    assert "0 updated" in crm("contact", "import", f"{EXAMPLES}/clients.vcf").out


def test_check_says_nothing_about_examples(crm: Crm) -> None:
    assert crm("check").out == ""


def test_erasing_somebody_names_the_example_that_still_holds_them(crm: Crm) -> None:
    path = f"{EXAMPLES}/demande-poele.eml"
    crm("ingest", stdin=(crm.root / path).read_bytes())
    assert path in crm("contact", "erase", "Anne-Gaëlle HAMON", "--yes").out
    assert (crm.root / path).exists()


def test_a_workspace_without_the_demo_has_no_examples(crm: Crm) -> None:
    crm("init", "empty")
    assert not (crm.root / "empty" / EXAMPLES).exists()
