"""Hostile visitors of `crm serve`: requests written by hand on a socket, slow ones, and hundreds at once."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import pytest
import uvicorn
from starlette.types import Receive, Send
from uvicorn.server import ServerState

from crmcli.store.form_spool import list_spooled
from crmcli.web import connections
from crmcli.web.connections import MOST_CONNECTIONS
from tests.harness.copies import copy_workspace
from tests.harness.crm import Crm
from tests.harness.web_servers import Served, serve_forms

HOST = b"Host: 127.0.0.1\r\n"
CLOSE = b"Connection: close\r\n"
TYPE = b"Content-Type: application/x-www-form-urlencoded\r\n"
BODY = b"name=Anne&email=anne%40example.org&message=x&consent=yes"
CHUNKED = b"POST /contact HTTP/1.1\r\n" + HOST + CLOSE + TYPE + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def served(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose workspace nothing is ever filed into."""
    crm = copy_workspace(sample, tmp_path_factory.mktemp("served") / "stoves")
    with serve_forms(crm) as started:
        yield started


def say(served: Served, *pieces: bytes, patience: float = 10) -> bytes:
    """What the server answers to these bytes, up to the moment when it closes or waits for more."""
    heard = b""
    with socket.create_connection((served.host, served.port), timeout=patience) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            while piece := connection.recv(65536):
                heard += piece
        except ConnectionError:  # it was closed before all was sent
            pass
    return heard


def post(body: bytes = BODY, *headers: bytes, length: bytes = b"", path: bytes = b"/contact") -> bytes:
    lines = [HOST, CLOSE, TYPE, b"Content-Length: %b\r\n" % (length or b"%d" % len(body)), *headers]
    return b"POST %b HTTP/1.1\r\n%b\r\n%b" % (path, b"".join(lines), body)


def get(*headers: bytes, path: bytes = b"/contact", version: bytes = b"1.1") -> bytes:
    return b"GET %b HTTP/%b\r\n%b%b\r\n" % (path, version, HOST, b"".join((CLOSE, *headers)))


HOSTILE = {
    "two lengths": (post(BODY, b"Content-Length: 1\r\n"), 400),
    "a length that is no number": (post(BODY, length=b"+5"), 400),
    "a negative length": (post(BODY, length=b"-5"), 400),
    "a length of 30 digits": (post(BODY, length=b"9" * 30), 400),
    "a length in other digits": (post(BODY, length="٣".encode()), 400),
    "a length and chunks": (post(b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n", b"Transfer-Encoding: chunked\r\n"), 400),
    "a body that is too large": (post(BODY, length=b"99999999"), 413),
    "a chunk of 10 digits more than memory": (CHUNKED + b"f" * 40 + b"\r\n", 400),
    "a chunk with an endless extension": (CHUNKED + b"1;" + b"x" * 100_000, 400),
    "chunks that are none": (get(b"Transfer-Encoding: chunked\r\n", path=b"/nothing") + b"zz\r\n", 400),
    "20,000 headers": (get(*(b"X-%d: y\r\n" % number for number in range(20_000))), 400),
    "a header of 200 KB": (get(b"X: %b\r\n" % (b"a" * 200_000)), 400),
    "a cookie of 60 KB": (get(b"Cookie: crm-form=%b\r\n" % (b"a" * 60_000)), 200),
    "8,000 cookies": (get(b"Cookie: " + b"; ".join(b"a%d=1" % number for number in range(8000)) + b"\r\n"), 200),
    "10,000 fields": (post(b"&".join(b"f%d=1" % number for number in range(10_000))), 400),
    "parts in parts": (
        post(b"--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" * 4000).replace(
            b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=a"
        ),
        400,
    ),
    "a charset that is an attack": (
        post(b"name=+ADw-script+AD4-").replace(b"urlencoded", b"urlencoded; charset=utf-7"),
        403,
    ),
    "a compressed body": (post(b"\x1f\x8b\x08\x00" + b"\0" * 50, b"Content-Encoding: gzip\r\n"), 403),
    "no host": (b"GET /contact HTTP/1.1\r\n\r\n", 400),
    "two hosts": (get(HOST), 400),
    "a host with markup": (get().replace(b"127.0.0.1", b'evil"><script>'), 200),
    "a host that is no host": (post(BODY, b"Origin: http://[::bad\r\n").replace(b"127.0.0.1", b"[::bad"), 403),
    "an old protocol": (get(version=b"1.0"), 200),
    "another protocol": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 404),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 300, 400),
    "a request to another host": (get(path=b"http://evil.example/contact"), 404),
    "a path that leads out": (get(path=b"/contact/../../etc/passwd"), 404),
    "a path that leads out, encoded": (get(path=b"/contact/%2e%2e/%2e%2e/etc/passwd"), 404),
    "a path with two slashes": (get(path=b"//evil.example/contact"), 404),
    "a path with a line break": (get(path=b"/contact%0d%0aX-Injected:y"), 404),
    "a path with a zero": (get(path=b"/contact\0"), 400),
    "a path in letters that HTTP has not": (get(path="/é".encode()), 400),
    "a wish for another protocol": (get(b"Upgrade: websocket\r\n").replace(b"close", b"Upgrade, close"), 200),
    "a page before that is a script": (get(b'Referer: javascript:alert(1)"><script>\r\n'), 200),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_request_written_by_hand_is_refused_or_answered_at_once(served: Served, name: str) -> None:
    request, code = HOSTILE[name]
    begun = time.perf_counter()
    heard = say(served, request)
    assert heard.startswith(b"HTTP/1.1 %d " % code), heard[:200]
    assert heard.count(b"HTTP/1.1 ") <= 2, "at most the answer, and one to what follows it"
    assert b"<script" not in heard
    assert b"\nX-Injected" not in heard
    assert b"evil.example" not in heard
    assert time.perf_counter() - begun < 5
    served.open_page()
    assert list_spooled(served.crm.root) == []


def test_a_cookie_that_is_not_ours_is_not_sent_back(served: Served) -> None:
    heard = say(served, get(b'Cookie: crm-form="x\\015\\012Set-Cookie: stolen=1"\r\n'))
    assert b"stolen" not in heard
    assert b"set-cookie: crm-form=" in heard


def test_requests_in_a_row_are_answered_in_a_row(served: Served) -> None:
    one = get(path=b"/contact/thanks")
    heard = say(served, one.replace(CLOSE, b"") * 19 + one)
    assert heard.count(b"HTTP/1.1 200 OK") == 20


def test_a_body_without_end_is_cut_off(served: Served) -> None:
    """The limit is 256 KiB, and nothing that comes after it is kept in memory."""
    before = served.memory()
    heard = say(served, CHUNKED, *[b"ffff\r\n" + b"a" * 65_535 + b"\r\n"] * 1000)
    assert heard.startswith(b"HTTP/1.1 413 ") or heard == b""
    assert served.memory() - before < 30
    served.open_page()


@pytest.mark.parametrize(
    "beginning",
    [b"", b"GET /contact HT", b"GET /contact HTTP/1.1\r\nHost: x\r\nX-Slow: ", post(BODY[:9], length=b"900")],
    ids=["nothing", "a first line", "headers", "a body"],
)
def test_hundreds_that_never_end_their_request_keep_nobody_out(served: Served, beginning: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(MOST_CONNECTIONS + 100):
            slow = socket.create_connection((served.host, served.port), timeout=10)
            stack.enter_context(slow)
            try:
                slow.sendall(beginning)
            except ConnectionError:
                continue
        for _ in range(3):
            begun = time.perf_counter()
            served.open_page()
            assert time.perf_counter() - begun < 3


def test_who_is_in_the_middle_of_a_form_is_not_put_out_by_others_of_one_address(served: Served) -> None:
    """A crowd of one address gives way before the single connection of another."""
    visitor = HTTPConnection(served.host, served.port, timeout=10, source_address=("127.0.0.2", 0))
    visitor.putrequest("POST", "/contact")
    visitor.putheader("Content-Type", "application/x-www-form-urlencoded")
    visitor.putheader("Content-Length", str(len(BODY)))
    visitor.endheaders(BODY[:10])
    with ExitStack() as stack:
        for _ in range(MOST_CONNECTIONS + 50):
            stack.enter_context(socket.create_connection((served.host, served.port), timeout=10))
        served.open_page()
        visitor.send(BODY[10:])
        assert visitor.getresponse().status == 403
    visitor.close()


def test_what_strangers_send_wrongly_leaves_nothing_in_the_log(crm: Crm) -> None:
    with serve_forms(crm) as served:
        for request, _ in HOSTILE.values():
            say(served, request)
    assert served.log == []


def test_a_server_does_not_grow_with_its_visitors(served: Served) -> None:
    """Commands run without the collector of cyclic garbage; a server may not."""
    request = CHUNKED + b"zz\r\n"
    for _ in range(200):
        say(served, request)
    before = served.memory()
    for _ in range(800):
        say(served, request)
    assert served.memory() - before < 4


def hear_slowly(*pieces: bytes) -> bytes:
    """What a server says to a client that sends a piece every tenth of a second, until it is cut off."""

    async def answer(scope: object, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"whole"})

    async def converse() -> bytes:
        config = uvicorn.Config(answer, log_config=None)
        config.load()
        connection = partial(connections.PatientConnection, config, ServerState(), {})
        server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        heard = b""
        for piece in pieces:
            writer.write(piece)
            with suppress(TimeoutError):
                heard += await asyncio.wait_for(reader.read(1), 0.1)
        heard += await asyncio.wait_for(reader.read(), 20)
        writer.close()
        server.close()
        return heard

    return asyncio.run(converse())


def test_a_request_has_to_arrive_in_time_however_slowly_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PATIENCE", 0.5)
    assert b"whole" in hear_slowly(post(b"x"))
    assert hear_slowly(post(b"", length=b"9"), b"x", b"y") == b""
    with pytest.raises(ConnectionError):
        hear_slowly(b"GET / HTTP/1.1\r\n", *[b"X-Slow: 1\r\n"] * 50)
