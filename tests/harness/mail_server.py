"""A real mail server on loopback, which does what a test asks it to: take mails, refuse, stall, break off."""

import asyncio
import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.harness.places import ROOT

TLS = ROOT / "tests" / "fixtures" / "tls"
CERTIFICATE = TLS / "certificate.pem"
PASSWORD = "mot de passe, très long"


class Taken(NamedTuple):
    """A mail that the server took."""

    sender: str
    recipients: list[str]
    content: bytes


class TokenLogins:
    """The logins with an access token of OAuth 2, as Gmail (XOAUTH2) and RFC 7628 (OAUTHBEARER) have them."""

    token = ""  # what the server takes now; empty: it offers no such login
    logins: list[tuple[str, str]]

    async def take_token(self, server: Any, mechanism: str, said: str, refusal: dict[str, str]) -> AuthResult:
        """Compare what a client says with what it has to say; explain a refusal, and hear the answer to it."""
        user = "contact@atre-granules.example"
        port = server.transport.get_extra_info("sockname")[1]
        right = {
            "XOAUTH2": f"user={user}\1auth=Bearer {self.token}\1\1",
            "OAUTHBEARER": f"n,a={user},\1host=127.0.0.1\1port={port}\1auth=Bearer {self.token}\1\1",
        }
        self.logins.append((mechanism, said))
        if said == right[mechanism]:
            return AuthResult(success=True)
        await server.push("334 " + base64.b64encode(json.dumps(refusal).encode()).decode())
        self.logins.append((mechanism, (await server._reader.readline()).decode().strip()))
        return AuthResult(
            success=False, handled=False, message="535 5.7.8 Username and Password not accepted"
        )

    async def hear_token(self, server: Any, args: list[str]) -> str:
        """Return what the client says, with the command or after it."""
        if len(args) > 1:
            return base64.b64decode(args[1]).decode()
        await server.push("334 ")
        return base64.b64decode(await server._reader.readline()).decode()

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:  # noqa: N802
        refusal = {"status": "401", "schemes": "bearer", "scope": "https://mail.google.com/"}
        return await self.take_token(server, "XOAUTH2", await self.hear_token(server, args), refusal)

    async def auth_OAUTHBEARER(self, server: Any, args: list[str]) -> AuthResult:  # noqa: N802
        refusal = {"status": "invalid_token", "error_description": "The token has expired"}
        return await self.take_token(server, "OAUTHBEARER", await self.hear_token(server, args), refusal)


class Behaviour(TokenLogins):
    """What the server does with mails; a test sets what differs from taking all of them."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.sessions = 0
        self.logins: list[tuple[str, str]] = []
        self.answers: dict[str, str] = {}  # to `MAIL`, `DATA`, or a recipient
        self.breaks_at = ""  # `RCPT`, `DATA` (nothing is taken), or `END` (the mail is taken)
        self.stalls_at = ""
        self.reached = threading.Event()  # set where it breaks off or stalls
        self.on_data: Callable[[], None] = lambda: None

    async def meet(self, server: Any, place: str) -> None:
        """Break off or stall where the test says so."""
        if place in (self.breaks_at, self.stalls_at):
            self.reached.set()
        if self.breaks_at == place:
            server.transport.abort()
            await asyncio.Event().wait()
        if self.stalls_at == place:
            await asyncio.Event().wait()

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        self.sessions += 1
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        await self.meet(server, "RCPT")
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        self.on_data()
        if "DATA" in self.answers:
            return self.answers["DATA"]
        await self.meet(server, "DATA")
        assert isinstance(envelope.content, bytes)
        self.taken.append(Taken(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.content))
        await self.meet(server, "END")
        return "250 taken"


class MailServer(NamedTuple):
    """A running server: where it listens, and its behaviour."""

    port: int
    behaviour: Behaviour


def log_in(behaviour: Behaviour) -> Callable[..., AuthResult]:
    """The check of a login: any user with the one password."""

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        behaviour.logins.append((mechanism, data.login.decode()))
        return AuthResult(success=data.password.decode() == PASSWORD, handled=False)

    return check


@contextmanager
def a_mail_server(
    security: str = "none", *, login: bool = False, without: tuple[str, ...] = (), token: str = ""
) -> Iterator[MailServer]:
    """A server that listens while the block runs: `none`, `starttls` (required) or `tls`.

    It offers all ways to log in but those `without`, and takes this token of OAuth 2.
    """
    behaviour = Behaviour()
    behaviour.token = token
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE, TLS / "key.pem")
    options: dict[str, Any] = {}
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if login:
        options |= {"authenticator": log_in(behaviour), "auth_required": True}
    options |= {"auth_exclude_mechanism": without}

    def receive() -> SMTP:
        return SMTP(behaviour, hostname="127.0.0.1", loop=loop, **options)

    loop = asyncio.new_event_loop()
    implicit = context if security == "tls" else None
    server = loop.run_until_complete(loop.create_server(receive, "127.0.0.1", 0, ssl=implicit))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield MailServer(server.sockets[0].getsockname()[1], behaviour)
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
