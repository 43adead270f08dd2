"""A name in an address header is a name: whatever it holds, it adds no recipient."""

import os
from email import policy
from email.parser import BytesParser
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.model.config import Config
from crmcli.domain.values.errors import RefusedError
from crmcli.mail.addresses import split_mailboxes
from crmcli.mail.outgoing import template
from crmcli.mail.outgoing.compose import mailbox_of
from crmcli.mail.outgoing.message_writer import Draft, write_message
from tests.harness.crm import Crm

HOSTILE = [
    "x@evil.example",
    "x@evil.example, z@evil.example",
    "x@evil.example, y",
    "x@evil.example,",
    "a <x@evil.example>, b",
    'a" <x@evil.example>, "b',
    'a\\" <x@evil.example>, \\"b',
    "friends: x@evil.example, y@evil.example;",
    "a; x@evil.example",
    "(a) x@evil.example, (b)",
    "a\r\nBcc: x@evil.example",
    "a\nx@evil.example,",
    "a\u2028x@evil.example,",
    "=?utf-8?q?x=40evil=2Eexample=2C?= y",
    "=?utf-8?b?eEBldmlsLmV4YW1wbGUs?=",
    "Élodie, x@evil.example",
    "É" * 70 + ", x@evil.example, y",
    "a" * 60 + ", x@evil.example, y",
    "a" * 300 + ", x@evil.example, y",
    "a " * 60 + ", x@evil.example, y",
    "\\",
    '"',
    "<",
    "",
]
TEMPLATE = "To: {{ contact.name }} <{{ contact.email }}>\nSubject: x\n\nBonjour\n"


def recipients(content: bytes) -> list[str]:
    """Whom a written message goes to, as two readers of it understand."""
    as_one = [
        each.addr_spec for each in BytesParser(policy=policy.default).parsebytes(content)["To"].addresses
    ]
    plain = BytesParser(policy=policy.compat32).parsebytes(content)["To"]
    as_another = [email for _, email in getaddresses([plain])]
    assert as_one == as_another
    return as_one


def addressed(header: str) -> bytes:
    """A message to those who stand in a header of a template."""
    return write_message(Draft({"To": split_mailboxes(header)}, {}, {}, "x"))


def rendered(line: str, **contact: str) -> str:
    values = {"contact": contact}
    return template.render_mail("essai.j2", f"{line}\nSubject: x\n\ny\n", values, Config()).headers["To"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "line",
    [
        "To: {{ contact.name }} <{{ contact.email }}>",
        'To: "{{ contact.name }}" <{{ contact.email }}>',
        "To: M. {{ contact.name }} <{{ contact.email }}>",
        "To: {{ contact.name }} {{ contact.name }} <{{ contact.email }}>",
        "To: {{ contact.name|upper }} <{{ contact.email }}>",
        "To: {% if contact.name %}{{ contact.name }}{% endif %} <{{ contact.email }}>",
        "To: {% filter upper %}{{ contact.name }}{% endfilter %} <{{ contact.email }}>",
        "To: ({{ contact.name }}) {{ contact.email }}",
    ],
)
def test_a_name_adds_no_recipient(line: str, name: str) -> None:
    header = rendered(line, name=name, email="pierre@example.org")
    assert recipients(addressed(header)) == ["pierre@example.org"]


@given(st.text(st.sampled_from('aé ,;:<>()@."\\=?\r\n\t'), max_size=120), st.integers(0, 80))
def test_no_name_adds_a_recipient(name: str, more: int) -> None:
    name = f"{'a' * more}{name}, x@evil.example"
    header = rendered("To: {{ contact.name }} <{{ contact.email }}>", name=name, email="pierre@example.org")
    assert recipients(addressed(header)) == ["pierre@example.org"]
    mail = write_message(Draft({"To": [mailbox_of(name, "pierre@example.org")]}, {}, {}, "x"))
    assert recipients(mail) == ["pierre@example.org"]


@pytest.mark.parametrize(
    ("line", "email", "sent_to"),
    [
        ("To: {{ contact.email }}", "a@b.fr", ["a@b.fr"]),
        ("To: {{ contact.email }}", "a@b.fr, c@d.fr", ["a@b.fr", "c@d.fr"]),
        ("To: a@b.fr, {{ contact.email }}", "c@d.fr", ["a@b.fr", "c@d.fr"]),
        ("To: ventes+{{ contact.email }}@example.org", "k7m2q9xw", ["ventes+k7m2q9xw@example.org"]),
        ("To: <{{ contact.email }}>", "a@b.fr", ["a@b.fr"]),
        ("To: {{ contact.email }} (work, home)", "a@b.fr", ["a@b.fr"]),
        ("To: us: {{ contact.email }}, c@d.fr;", "a@b.fr", ["a@b.fr", "c@d.fr"]),
        ("To: Pierre <a@b.fr> {{ contact.email }}, c@d.fr", "", ["a@b.fr", "c@d.fr"]),
        ("To: Pierre <a@b.fr>{{ contact.email }}", "", ["a@b.fr"]),
    ],
)
def test_an_address_stays_one(line: str, email: str, sent_to: list[str]) -> None:
    assert recipients(addressed(rendered(line, email=email))) == sent_to


@pytest.mark.parametrize(
    "email", ["a@b.fr, x@evil.example", "a@b.fr> x@evil.example", "a b", "@", '"a"@b.fr']
)
def test_what_is_no_address_is_refused_where_one_stands(email: str) -> None:
    with pytest.raises(RefusedError, match=r"essai\.j2:1:5: .* is not an e-mail address"):
        rendered("To: Pierre <{{ contact.email }}>", email=email)


@pytest.mark.parametrize("name", [HOSTILE[place] for place in (0, 1, 2, 5, 7, 13, 17)])
@pytest.mark.parametrize("source", [TEMPLATE, "Subject: x\n\nBonjour\n"], ids=["to", "no to"])
def test_a_queued_mail_goes_to_the_contact_alone(crm: Crm, source: str, name: str) -> None:
    crm("contact", "set", "fzpagc8n", f"name={name}")
    (crm.root / "templates" / "email" / "essai.j2").write_text(source)
    before = set(crm.data.glob("outbox/*.eml"))
    crm("email", "queue", "sdsw7zdf", "--template", "essai")
    [file] = set(crm.data.glob("outbox/*.eml")) - before
    mail = BytesParser(policy=policy.default).parsebytes(file.read_bytes())
    assert [each.addr_spec for each in mail["To"].addresses] == ["nolwenn@gites-guerledan.example"]
    assert mail["Bcc"] is None


def test_templates_that_cannot_be_read_are_named_and_the_others_listed(crm: Crm) -> None:
    folder = crm.root / "templates" / "email"
    os.mkfifo(folder / "fifo.j2")
    (folder / "folder.j2").mkdir()
    (folder / "latin.j2").write_bytes("Subject: été\n\nx\n".encode("latin-1"))
    (folder / "link.j2").symlink_to("/dev/zero")
    (folder / "large.j2").write_bytes(b"x" * 5_000_000)
    listed = crm("email", "list", "-o", "ids")
    assert "relance" in listed.ids
    for name, reason in {
        "fifo": "is not a regular file",
        "folder": "Is a directory",
        "latin": "is not UTF-8",
        "link": "is not a regular file",
        "large": "is larger than 4 MiB",
    }.items():
        assert name not in listed.ids
        assert f"templates/email/{name}.j2" in listed.err
        said = crm.refused("email", "preview", "sdsw7zdf", "-t", name, code=5)
        assert reason in said
        assert said.count("\n") == 1
