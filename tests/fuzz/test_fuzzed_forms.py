"""Any request to the server of web forms is answered with a code that is meant, and leaves a sound workspace."""

import json
from collections import Counter
from random import Random
from typing import NamedTuple
from urllib.parse import quote_plus, urlencode

import pytest

from crmcli.domain.incoming.form_bodies import BodyError, decode_body
from crmcli.web.page import TOKEN
from tests.fuzz.fuzzing import try_inputs
from tests.fuzz.mutations import DAYS, NUMBERS, TEXTS, choose_word, damage, encode_fragments
from tests.harness.asgi import HOST
from tests.harness.crm import Crm
from tests.servers.test_web_server import ANNE, Site

FIELDS = (
    *ANNE,
    "first_name",
    "company",
    "postcode",
    "city",
    "budget",
    "appliance",
    "stage",
    "owner",
    "page",
    "utm_source",
    "__proto__",
    "",
)
TYPES = (
    "application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=b", "multipart/form-data", "multipart/form-data; boundary=\"",
    "text/plain", "", "application/x-www-form-urlencoded; charset=utf-16", "application/json; charset=x", "\x7f",
)  # fmt: skip
PATHS = (
    "/contact",
    "/contact/",
    "/contact/thanks",
    "/",
    "/contact?utm_source=%00&utm_campaign=x",
    "/%2e%2e/x",
    "/contact?" + "a=b&" * 300,
    "/other",
)
WORDS = encode_fragments(
    TEXTS,
    NUMBERS,
    DAYS,
    ("%", "%0", "%00", "%ff", "&", "=", "+", "--b", "--b--", "{", "[", '"', "\\u0000", "1e999", "NaN", "[]"),
)
ANSWERS = {200, 303, 400, 403, 404, 405, 413, 415, 422, 429}


class Sent(NamedTuple):
    """A request of a visitor."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]


KEPT = (
    Sent(
        "POST", "/contact", urlencode(ANNE).encode(), {"content_type": TYPES[0], "origin": f"https://{HOST}"}
    ),
)


def a_body(draw: Random, kind: str, fields: dict[str, str]) -> bytes:
    """The fields of a form as a browser writes them."""
    texts = {name: text.encode("utf-8", "replace").decode() for name, text in fields.items()}
    if "json" in kind:
        return json.dumps(texts).encode()
    if "multipart" in kind:
        part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
        return ("".join(part.format(*pair) for pair in texts.items()) + "--b--\r\n").encode()
    return "&".join(f"{quote_plus(name)}={quote_plus(text)}" for name, text in texts.items()).encode()


def a_request(draw: Random) -> Sent:
    """A form with some values that a parser dislikes, damaged once in a while."""
    fields = {**ANNE, **{draw.choice(FIELDS): choose_word(draw) for _ in range(draw.randint(0, 4))}}
    kind = draw.choice((*TYPES[:3], *TYPES))
    body = a_body(draw, kind, fields)
    if draw.random() < 0.5:
        body = damage(draw, body, WORDS)
    headers = {
        "content_type": kind,
        "origin": draw.choice((f"https://{HOST}", "null", "https://evil.example")),
    }
    if draw.random() < 0.2:
        headers[draw.choice(("referer", "cookie", "host", "accept", "x_forwarded_for", "content_length"))] = (
            choose_word(draw)
        )
    return Sent(
        draw.choice(("POST", "POST", "POST", "GET", "PUT")), draw.choice((PATHS[0], *PATHS)), body, headers
    )


def test_any_body_is_read_or_refused() -> None:
    def read(sent: Sent) -> None:
        try:
            pairs = decode_body(sent.headers["content_type"], sent.body)
        except BodyError:
            return
        assert all(isinstance(text, str) for pair in pairs for text in pair)

    try_inputs(a_request, read, KEPT)


def test_any_request_is_answered_and_leaves_a_sound_workspace(
    bare: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in bare.environment.items():
        monkeypatch.setenv(name, value)
    site = Site(bare)
    addresses = iter(range(10**9))
    codes: Counter[int] = Counter()

    def send(sent: Sent) -> None:
        number = next(addresses)
        visitor = site.visitor(f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
        token = site.open_page(visitor)
        body = sent.body.replace(b"name=", f"{TOKEN}={token}&name=".encode(), 1)
        answer = visitor.ask(sent.method, sent.path, body, sent.headers)
        codes[answer.code] += 1
        assert answer.code in ANSWERS, answer
        assert "Traceback" not in answer.body
        assert "<script>" not in answer.body

    try_inputs(a_request, send, KEPT)
    assert codes[303], "some were filed"
    problems = bare.run("check").out.splitlines()
    assert not [line for line in problems if "contact_unsure" not in line]
