"""What a stranger wrote never becomes a header: real mail comes in, a rule answers it, the answer is read.

The answer is read twice: by a strict reader of our own, and by Python's newest policy, as a mail
program or a transport might read it and write it again.
"""

import base64
import email
import json
import re
from email import policy
from email.message import EmailMessage, Message
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcli.domain.values.errors import RefusedError
from crmcli.mail.headers import Mailbox, replace_line_breaks
from crmcli.mail.outgoing.message_writer import Draft, refuse_difference, write_message
from tests.harness.crm import Crm

CRLF = "b\r\nBcc: y@evil.example"
ENCODED = "=?utf-8?q?b=0d=0aBcc=3a_y=40evil.example?="
LINE = re.compile(rb"[\t\x20-\x7e]*")
MEANT = ["From", "To", "Subject", "Date", "X-Crm-Record", "Message-ID", "In-Reply-To", "References"]
BODY = ["Content-Type", "Content-Transfer-Encoding", "MIME-Version"]


def q(text: str, charset: str = "utf-8") -> str:
    """One encoded word, every byte escaped."""
    return f"=?{charset}?q?{''.join(f'={byte:02X}' for byte in text.encode(charset))}?="


def b(text: str, charset: str = "utf-8") -> str:
    return f"=?{charset}?b?{base64.b64encode(text.encode(charset)).decode()}?="


HOSTILE = {
    "encoded line break": q(CRLF),
    "encoded line break, b": b(CRLF),
    "encoded twice": q(q(CRLF)),
    "encoded twice, b in q": q(b(CRLF)),
    "encoded twice, q in b": b(q(CRLF)),
    "encoded three times": q(b(q(CRLF))),
    "split over two words": f"{q('b' + chr(13))}\r\n {q(chr(10) + 'Bcc: y@evil.example')}",
    "twice, split over two words": f"{q('=?utf-8?q?b=0d')} {q('=0aBcc=3a_y=40evil.example?=')}",
    "twice, two words inside": q(f"{q('b' + chr(13) + chr(10))} {q('Bcc: y@evil.example')}"),
    "UTF-7": "=?utf-7?q?b+AA0ACg-Bcc:_y+AEA-evil.example?=",
    "UTF-7, twice": q("=?utf-7?q?b+AA0ACg-Bcc:_y+AEA-evil.example?="),
    "UTF-16": b(CRLF, "utf-16"),
    "UTF-16, twice": q(b(CRLF, "utf-16")),
    "Latin 1, twice": q(q(CRLF, "iso-8859-1")),
    "a charset that is none": q("=?x-none?q?b=0d=0aBcc=3a_y=40evil.example?="),
    "half a surrogate pair": "=?utf-7?q?a+2AA-b?=",
    "half a surrogate pair, twice": q("=?utf-7?q?a+2AA-b?="),
    "U+2028": q("b\u2028Bcc: y@evil.example"),
    "U+0085": q("b\u0085Bcc: y@evil.example"),
    "U+2028, twice": q(q("b\u2028Bcc: y@evil.example")),
    "NUL": q("b\0Bcc: y@evil.example"),
    "NUL, twice": q(q("b\0\r\nBcc: y@evil.example")),
    "quotes": q('b" <x@evil.example>, "c'),
    "another address": q("a, b <x@evil.example>"),
    "a group": q("friends: x@evil.example;"),
    "a comment": q("a (b) \\ c"),
    "10,000 letters": q("é" * 10_000),
    "10,000 plain letters": q("x" * 10_000),
    "10,000 spaces": q("a" + " " * 10_000 + "b"),
    "the end of a word": q("?= =?utf-8?q?b=0d=0aBcc=3a_y=40evil.example?="),
    "no end": q("=?utf-8?q?b=0d=0aBcc=3a"),
}


def answer_on(crm: Crm, subject: str) -> None:
    """Have a rule of the stage `contacted` answer with this subject."""
    path = crm.root / "templates" / "email" / "accuse-reception.j2"
    path.write_text(f"Subject: {subject}\n\nBonjour {{{{ contact.name }}}}\n", "utf-8")


def ingested(crm: Crm, sender: str, subject: str = "Bonjour", message_id: str = "<1@example.org>") -> str:
    mail = f"From: {sender} <eve@example.org>\r\nTo: a@b.fr\r\nSubject: {subject}\r\nMessage-ID: {message_id}\r\n\r\nx\r\n"
    [filed] = json.loads(crm("ingest", "-o", "json", stdin=mail.encode("utf-8")).out)
    assert filed["outcome"] == "new", filed
    return str(filed["id"])


def answered(crm: Crm, deal: str) -> tuple[bytes, dict[str, str]]:
    """The answer that waits once the deal is moved, and what the record says of it."""
    before = set(crm.data.glob("outbox/*.eml"))
    crm("move", deal, "--to", "contacted")
    [path] = set(crm.data.glob("outbox/*.eml")) - before
    entry = json.loads(crm("show", deal, "-o", "json").out)["messages"][-1]
    assert entry["file"] == path.name
    return path.read_bytes(), entry


def strictly(content: bytes) -> dict[str, str]:
    """The headers of a message, unfolded, every line checked (RFC 5322, section 2.1)."""
    head, separator, _ = content.partition(b"\r\n\r\n")
    assert separator
    for line in head.split(b"\r\n"):
        assert LINE.fullmatch(line)
        assert len(line) <= 998
        assert line.strip()
        assert b"=?" not in line or len(line) <= 76
    pairs = [
        line.split(": ", 1) for line in re.sub(rb"\r\n(?=[ \t])", b"", head).decode("ascii").split("\r\n")
    ]
    assert len(pairs) == len({name for name, _ in pairs})
    return dict(pairs)


def decoded(value: str) -> str:
    """Encoded words decoded once, by a reader that shares nothing with ours."""
    joined = re.sub(r"(\?=) +(?==\?)", r"\1", value)
    return re.sub(r"=\?utf-8\?([qb])\?([^? ]*)\?=", one_word, joined)


def one_word(word: re.Match[str]) -> str:
    assert len(word[0]) <= 75
    if word[1] == "b":
        return base64.b64decode(word[2], validate=True).decode("utf-8")
    raw = re.sub(r"=([0-9A-F]{2})", lambda code: chr(int(code[1], 16)), word[2].replace("_", " "))
    return raw.encode("latin-1").decode("utf-8")


def close(name: str) -> str:
    """A name without its spaces: Python keeps those between two encoded words before an address."""
    return name.replace(" ", "")


def check(content: bytes, names: list[str], to: list[tuple[str, str]], subject: str) -> None:
    """These headers and no others, for every reader."""
    found = strictly(content)
    assert list(found) == [*names, *BODY]
    assert decoded(found["Subject"]) == subject
    assert [(decoded(name), address) for name, address in getaddresses([found["To"]])] == to
    modern = email.message_from_bytes(content, policy=policy.default)
    assert isinstance(modern, EmailMessage)
    assert list(modern.keys()) == [*names, *BODY]
    assert modern["Subject"] == subject
    assert [each.addr_spec for each in modern["To"].addresses] == [address for _, address in to]
    assert [close(each.display_name) for each in modern["To"].addresses] == [close(name) for name, _ in to]
    assert not modern["To"].defects
    again = email.message_from_bytes(modern.as_bytes(), policy=policy.compat32)
    assert list(again.keys()) == [*names, *BODY]


@pytest.mark.parametrize("what", HOSTILE)
def test_what_came_in_as_name_and_subject_stays_name_and_subject(crm: Crm, what: str) -> None:
    answer_on(crm, "{{ contact.name }} / {{ title }}")
    deal = ingested(crm, HOSTILE[what], HOSTILE[what])
    shown = json.loads(crm("show", deal, "-o", "json").out)
    name, subject = shown["contact_name"], " ".join(f"{shown['contact_name']} / {shown['title']}".split())
    content, entry = answered(crm, deal)
    check(content, MEANT, [(name, "eve@example.org")], subject)
    assert (entry["subject"], entry["to"]) == (subject, str(Mailbox(name, "eve@example.org")))
    assert "\n" not in name + shown["title"]


TYPED = [ENCODED, q(ENCODED), b(CRLF), "a, b <x@evil.example>", 'b" <x@evil.example>', CRLF, "b\u2028Bcc: y", "a\\", "=?", "?="]  # fmt: skip


@pytest.mark.parametrize("text", TYPED)
def test_a_title_typed_by_hand_stays_a_title(crm: Crm, text: str) -> None:
    answer_on(crm, "Re: {{ title }}")
    [made] = json.loads(crm("create", "Essai", "--contact", "anne@example.org", "-o", "json").out)
    path = crm.file(made["id"])
    path.write_text(path.read_text().replace("title: Essai", f"title: {json.dumps(text)}"), "utf-8")
    content, _ = answered(crm, made["id"])
    subject = f"Re: {' '.join(text.split())}"
    check(content, MEANT[:6], [("anne@example.org", "anne@example.org")], subject)


SET = [
    *(("contact.name", text) for text in TYPED),
    *(("fields.model", text) for text in TYPED),
    *(("contact.company", text) for text in TYPED if "<" not in text and any(map(str.isalpha, text)) and "\r" not in text),
]  # fmt: skip


@pytest.mark.parametrize(("value", "text"), SET)
def test_what_is_set_by_hand_stays_what_it_is(crm: Crm, value: str, text: str) -> None:
    answer_on(crm, f"Pour {{{{ {value} }}}}")
    [made] = json.loads(crm("create", "Essai", "--contact", "anne@example.org", "-o", "json").out)
    if value == "fields.model":
        crm("set", made["id"], f"{value}={text}")
    else:
        words = ("contact", "set", made["contact"], f"{value.removeprefix('contact.')}={text}")
        if len(text.strip().splitlines()) > 1:
            assert "is one line" in crm.refused(*words, code=5)
            return
        crm(*words)
    name = replace_line_breaks(json.loads(crm("contact", "show", made["contact"], "-o", "json").out)["name"])
    content, entry = answered(crm, made["id"])
    subject = f"Pour {' '.join(text.split())}"
    check(content, MEANT[:6], [(name, "anne@example.org")], subject)
    assert (entry["subject"], entry["to"]) == (subject, str(Mailbox(name, "anne@example.org")))


@pytest.mark.parametrize("text", TYPED)
def test_our_own_names_stay_names_in_what_is_mailed_to_us(crm: Crm, text: str) -> None:
    config = crm.data / "crm.yaml"
    config.write_text(re.sub("name: Paul Guillou", lambda _: f"name: {json.dumps(text)}", config.read_text()))
    before = set(crm.data.glob("outbox/*.eml"))
    crm("due", "--mail", "assignee:paul")
    new = [path.read_bytes() for path in set(crm.data.glob("outbox/*.eml")) - before]
    [content] = [each for each in new if b"paul@" in each]
    found = email.message_from_bytes(content, policy=policy.default)
    assert list(found.keys()) == ["From", "To", "Subject", "Date", "Auto-Submitted", "X-Crm-Report", "Message-ID", "List-Id", "MIME-Version", "Content-Type"]  # fmt: skip
    [to] = found["To"].addresses
    assert (close(to.display_name), to.addr_spec) == (
        close(replace_line_breaks(text)),
        "paul@atre-granules.example",
    )


@pytest.mark.parametrize(
    "address",
    [
        "a@b.fr, c@evil.example", "a@b.fr\r\nBcc: c@evil.example", "a b@c.fr", "é@b.fr", "a@b..fr", "a@straße.fr",
        "=?utf-8?q?a=0d=0aBcc=3a?=@evil.example", "<a@b.fr>", "a@b@c.fr", "a\0@b.fr", "a" * 65 + "@b.fr", "a@" + "b" * 64 + ".fr",
    ],
)  # fmt: skip
def test_what_is_not_exactly_one_address_is_refused_and_nothing_is_queued(crm: Crm, address: str) -> None:
    path = crm.file("fzpagc8n")
    path.write_text(
        re.sub(r"emails:\n  - .*", lambda _: f"emails:\n  - {json.dumps(address)}", path.read_text()), "utf-8"
    )
    before = crm.records()
    assert crm.refused("email", "queue", "sdsw7zdf", "-t", "relance", code=5).count("\n") == 1
    assert crm.records() == before


def test_a_domain_with_other_letters_is_written_in_ascii(crm: Crm) -> None:
    crm("contact", "set", "fzpagc8n", "emails=nolwenn@bücher.example")
    crm("email", "queue", "sdsw7zdf", "-t", "relance")
    entry = json.loads(crm("show", "sdsw7zdf", "-o", "json").out)["messages"][-1]
    content = (crm.data / "outbox" / entry["file"]).read_bytes()
    assert b"<nolwenn@xn--bcher-kva.example>" in content
    assert entry["to"].endswith("<nolwenn@bücher.example>")


@pytest.mark.parametrize(
    ("id", "is_named"),
    [
        ("<a@example.org>", True), ("<a" + "b" * 500 + "@example.org>", True), ("<a" + "b" * 2000 + "@example.org>", False),
        ("<=?utf-8?q?a=0d=0aBcc=3a?=@x>", False), ("<é@x>", False), ("<a\0b@x>", False), ("<a\u2028b@x>", False), ("<a\x85b@x>", False),
    ],
)  # fmt: skip
def test_an_id_that_a_stranger_made_is_named_only_if_it_can_be(crm: Crm, id: str, is_named: bool) -> None:
    deal = ingested(crm, "Eve", message_id=id)
    content, _ = answered(crm, deal)
    found = strictly(content)
    assert [name for name in ("In-Reply-To", "References") if name in found] == (
        ["In-Reply-To", "References"] if is_named else []
    )
    assert not is_named or found["References"] == id


def test_a_template_may_write_to_several_and_each_is_an_address(crm: Crm) -> None:
    path = crm.root / "templates" / "email" / "essai.j2"
    path.write_text(
        f'Subject: x\nTo: {ENCODED} <a@b.fr>, "C, D" <c@d.fr>\nCc: é <e@f.fr>\nReply-To: g@h.fr\n\nx\n',
        "utf-8",
    )
    crm("email", "queue", "sdsw7zdf", "-t", "essai")
    entry = json.loads(crm("show", "sdsw7zdf", "-o", "json").out)["messages"][-1]
    content = (crm.data / "outbox" / entry["file"]).read_bytes()
    check(
        content, ["From", "To", "Cc", "Reply-To", *MEANT[2:6]], [(ENCODED, "a@b.fr"), ("C, D", "c@d.fr")], "x"
    )
    assert entry["to"] == f'{ENCODED} <a@b.fr>, "C, D" <c@d.fr>'
    path.write_text("Subject: x\nTo: {{ contact.name }}\n\nx\n", "utf-8")
    before = crm.records()
    assert "is not an e-mail address" in crm.refused("email", "queue", "sdsw7zdf", "-t", "essai", code=5)
    assert crm.records() == before


def test_who_wrote_is_not_read_out_of_their_name(crm: Crm) -> None:
    deal = ingested(crm, '"boss@example.com, x"')
    [message] = json.loads(crm("show", deal, "-o", "json").out)["messages"]
    assert message["from"] == '"boss@example.com, x" <eve@example.org>'
    lead = crm.data / "opportunities" / "lead.yaml"
    source = crm.file(deal).read_text()
    lead.write_text(re.sub(r"^(id|contact): .*\n", "", source, flags=re.M), "utf-8")
    crm.file(deal).unlink()
    fixed = json.loads(crm("check", "--fix", str(lead.relative_to(crm.root)), "-o", "json").out)[0]
    [qualified] = json.loads(crm("qualify", fixed["id"], "-o", "json").out)
    emails = json.loads(crm("contact", "show", qualified["contact"], "-o", "json").out)["emails"]
    assert emails == ["eve@example.org"]


TEXTS = (
    st.text(max_size=120)
    | st.sampled_from(TYPED)
    | st.text('=?utf8-qbBQ_ \r\n,<>@"\\()éà\u00a0', max_size=80)
)
NAMES = TEXTS.map(replace_line_breaks)


@given(NAMES, NAMES, TEXTS, TEXTS)
def test_any_text_is_read_back_as_it_is_meant(name: str, subject: str, text: str, html: str) -> None:
    draft = Draft(
        mailboxes={
            "From": [Mailbox("x", "a@b.fr")],
            "To": [Mailbox(name, "c@d.fr"), Mailbox(subject, "e@f.fr")],
        },
        texts={"Subject": subject},
        ids={"Message-ID": ["<1@b.fr>"]},
        text=text,
        html=html,
    )
    if any("\ud800" <= char <= "\udfff" for char in name + subject + text + html):
        with pytest.raises(RefusedError, match="half of a character"):
            write_message(draft)
        return
    content = write_message(draft)
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    found = strictly(content)
    wanted = ["From", "To", *(["Subject"] if subject else []), "Message-ID", "MIME-Version", "Content-Type"]
    assert list(found) == wanted
    assert decoded(found.get("Subject", "")) == subject
    assert [decoded(each) for each, _ in getaddresses([found["To"]])] == [name, subject]
    bodies = email.message_from_bytes(content).get_payload()
    assert isinstance(bodies, list)
    assert [said(each) for each in bodies] == [lines(text), lines(html)]


@pytest.mark.parametrize(
    ("written", "other"),
    [
        (b"Subject: ", b"Bcc: y@evil.example\r\nSubject: "),
        (b"Subject: ", b"Subject: x"),
        (b"a@b.fr", b"a@b.fr, y@evil.example"),
        (b"Po=C3=AAle", b"Pole"),
        (b"<1@b.fr>", b"<2@b.fr>"),
        (b"Bonjour", b"Bonsoir"),
        (b"Subject: ", b"\r\nSubject: "),
    ],
)
def test_a_message_that_reads_differently_is_refused(written: bytes, other: bytes) -> None:
    draft = Draft(
        {"From": [Mailbox("x", "a@b.fr")]},
        {"Subject": "Poêle à bois"},
        {"Message-ID": ["<1@b.fr>"]},
        "Bonjour",
    )
    content = write_message(draft)
    names = email.message_from_bytes(content).keys()
    refuse_difference(content, draft, names)
    with pytest.raises(RefusedError):
        refuse_difference(content.replace(written, other, 1), draft, names)


def said(part: Message | str) -> str:
    assert isinstance(part, Message)
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return lines(payload.decode("utf-8"))


def lines(text: str) -> str:
    plain = re.sub("\r\n?", "\n", text)
    return plain if plain.endswith("\n") else f"{plain}\n"
