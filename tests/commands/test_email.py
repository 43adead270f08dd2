"""E-mails from templates: complete or refused, harmless, and threaded so that replies come home."""

import email
import json
from email import policy
from email.message import EmailMessage

import pytest

from tests.harness.crm import Crm


def queued(crm: Crm, id: str, template: str) -> EmailMessage:
    before = set(crm("outbox", "list", "-o", "ids").out.split())
    crm("email", "queue", id, "--template", template)
    [mail] = set(crm("outbox", "list", "-o", "ids").out.split()) - before
    content = (crm.data / "outbox" / f"{mail}.eml").read_bytes()
    assert crm("outbox", "show", mail).out.encode() == content.replace(b"\r\n", b"\r\n")
    return email.message_from_bytes(content, policy=policy.default)  # type: ignore[return-value]


@pytest.mark.parametrize(
    "template",
    ["accuse-reception", "confirmation-visite", "entretien-annuel", "envoi-devis", "relance", "relance-devis", "remerciement"],
)  # fmt: skip
def test_every_template_renders_for_full_and_bare_records(crm: Crm, template: str) -> None:
    [bare] = json.loads(crm("create", "Essai", "--contact", "anne@example.org", "-o", "json").out)
    for id in ("xgcej9p8", bare["id"]):
        assert "Bonjour" in crm("email", "preview", id, "--template", template).out


def test_a_queued_mail_is_a_complete_message(crm: Crm) -> None:
    mail = queued(crm, "sdsw7zdf", "relance-devis")
    assert mail["From"] == "Âtre & Granulés <contact@atre-granules.example>"
    assert mail["To"] == "Nolwenn KERLOC’H <nolwenn@gites-guerledan.example>"
    assert mail["X-Crm-Record"] == "sdsw7zdf"
    assert "18\u202f600,00\xa0€" in mail.get_content()
    assert mail["Message-ID"].endswith(".sdsw7zdf@atre-granules.example>")
    deal = json.loads(crm("show", "sdsw7zdf", "-o", "json").out)
    assert deal["messages"][-1]["message_id"] == mail["Message-ID"]


def test_it_answers_the_customers_last_message_and_the_answer_comes_home(crm: Crm) -> None:
    received = json.loads(crm("show", "kkvsm4kq", "-o", "json").out)["messages"][0]
    mail = queued(crm, "kkvsm4kq", "relance")
    assert mail["In-Reply-To"] == received["message_id"]
    reply = f"From: mathilde.kervella@example.fr\nSubject: Re\nIn-Reply-To: {mail['Message-ID']}\n\nOui !\n"
    [result] = json.loads(crm("ingest", "-o", "json", stdin=reply.encode()).out)
    assert (result["outcome"], result["id"]) == ("reply", "kkvsm4kq")


def template(crm: Crm, text: str) -> None:
    (crm.root / "templates" / "email" / "essai.j2").write_text(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Subject: x\n\nBonjour\n{{ opportunity.budgt }}\n", "essai.j2:4:16: "),
        ("Subject: x\n\n{{ opportunity.closed }}\n", "opportunity.closed has no value"),
        ("Subject: {{ sponsr.name }}\n\nx\n", "essai.j2:1:13: 'sponsr' is undefined"),
        ("Subject: x\n\n{% if %}\n", "essai.j2:3:1: "),
        ("Bonjour\n\nx\n", "is not a valid header"),
        ("To: a@b.fr\n\nx\n", "has no Subject line"),
        ("Subject: x\n\n{{ ''.__class__.__mro__ }}\n", "essai.j2:3:7: "),
        ("Subject: x\n\n{{ 1 / 0 }}\n", "essai.j2:3:1: "),
        ("Subject: x\n\n{{ 'x' * 10 ** 9 }}\n", "makes more than 1,000,000 characters of text"),
        ("Subject: x\n\n{{ 9 ** 10000 }}\n", "is too large here"),
        ("Subject: x\n\n{% for i in range(10 ** 9) %}{{ i }}{% endfor %}\n", "essai.j2:3:1: "),
    ],
)
def test_what_is_missing_names_template_place_and_variable(crm: Crm, text: str, message: str) -> None:
    template(crm, text)
    before = crm.records()
    assert message in crm.refused("email", "queue", "sdsw7zdf", "-t", "essai", code=5)
    assert crm.records() == before


def test_a_name_cannot_become_a_header(crm: Crm) -> None:
    name = 'Eve" <x@y>\r\nBcc: all@example.org'
    assert "is one line" in crm.refused("contact", "set", "fzpagc8n", f"name={name}", code=5)
    place = crm.file("fzpagc8n")
    text = place.read_text("utf-8")
    place.write_text(text.replace("name: Nolwenn KERLOC’H", f"name: {json.dumps(name)}"), "utf-8")
    template(crm, "Subject: Pour {{ contact.name }}\n\nBonjour\n")
    mail = queued(crm, "sdsw7zdf", "essai")
    assert mail["Bcc"] is None
    assert mail["To"].addresses[0].addr_spec == "nolwenn@gites-guerledan.example"


def test_without_an_address_nothing_is_queued(crm: Crm) -> None:
    assert "no e-mail address" in crm.refused("email", "queue", "mcqpdpd0", "-t", "relance", code=5)
    moved = crm("move", "rgjwb1b5", "--to", "contacted")
    assert "mail" not in moved.out


def test_a_mail_that_a_rule_queues_is_queued_once_for_good(crm: Crm) -> None:
    for stage in ("new", "contacted", "new", "contacted"):
        crm("move", "sdsw7zdf", "--to", stage)
    subjects = [row["subject"] for row in json.loads(crm("outbox", "list", "-o", "json").out)]
    assert subjects.count("Nous avons bien reçu votre demande") == 0
    [fresh] = json.loads(crm("create", "Essai", "--contact", "anne@example.org", "-o", "json").out)
    for stage in ("contacted", "new", "contacted"):
        crm("move", fresh["id"], "--to", stage)
    subjects = [row["subject"] for row in json.loads(crm("outbox", "list", "-o", "json").out)]
    assert subjects.count("Nous avons bien reçu votre demande") == 1


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("tags", "pag, rika"),
        ("planned", "pat31e4a"),
        ("7.5", "7.5"),
        ("{'a': 1}.items()", "a, 1"),
        ("tags|join(' ')|upper", "PAG RIKA"),
    ],
)
def test_what_a_template_prints_is_a_text(crm: Crm, printed: str, text: str) -> None:
    template(crm, f"Subject: x\n\n{{{{ {printed} }}}}\n")
    assert crm("email", "preview", "xgcej9p8", "--template", "essai").out.splitlines()[-1] == text


FUNCTION = "a function cannot be printed; it is called with (…)"
PART = "a part of a record cannot be printed, only its fields can"


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("range", FUNCTION),
        ("cycler", FUNCTION),
        ("range ~ 1", FUNCTION),
        ("range|string", FUNCTION),
        ("range|upper", FUNCTION),
        ("range|replace('a', 'b')", FUNCTION),
        ("'%s'|format(range)", FUNCTION),
        ("history", PART),
        ("contact.addresses", PART),
        ("contact.addresses|join", PART),
        ("history|map('string')|join", PART),
        ("namespace()", PART),
        ("answers", "a mapping cannot be printed, only its fields can"),
        ("tags|upper", "this filter takes a text; join the list first"),
    ],
)
def test_a_customer_never_reads_python(crm: Crm, printed: str, told: str) -> None:
    template(crm, f"Subject: x\n\n{{{{ {printed} }}}}\n")
    preview = ("email", "preview", "xgcej9p8", "--template", "essai")
    assert crm.refused(*preview, code=5) == f"crm: templates/email/essai.j2:3:1: {told}\n"
