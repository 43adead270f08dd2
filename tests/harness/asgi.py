"""Requests to an ASGI application in this process; what runs after the answer has run, too, on return."""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

HOST = "forms.example"


class Response(NamedTuple):
    """The answer to a request."""

    code: int
    headers: Mapping[str, str]
    body: str


class Visitor:
    """A browser without a screen: one address, one cookie, headers as browsers send them."""

    def __init__(self, app: Any, address: str = "127.0.0.1") -> None:
        self.app = app
        self.address = address
        self.cookie = ""

    def get(self, path: str, **headers: str) -> Response:
        return self.ask("GET", path, b"", headers)

    def send(self, path: str, fields: Mapping[str, str] | list[tuple[str, str]], **headers: str) -> Response:
        """Send fields from our own page."""
        given = {"content_type": "application/x-www-form-urlencoded", "origin": f"https://{HOST}", **headers}
        return self.ask("POST", path, urlencode(list(dict(fields).items())).encode(), given)

    def ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """Make a request; `_` in the name of a header stands for `-`, and an empty header is left out."""
        cookie = {"cookie": self.cookie} if self.cookie else {}
        given = {"host": HOST, "content_length": str(len(body)), **cookie, **headers}
        answer = asyncio.run(call_app(self.app, method, path, body, given, self.address))
        self.cookie = answer.headers.get("set-cookie", self.cookie).partition(";")[0]
        return answer


async def call_app(
    app: Any, method: str, path: str, body: bytes, headers: Mapping[str, str], address: str
) -> Response:
    """Call an application once."""
    place, _, query = path.partition("?")
    pieces = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return pieces.pop(0) if pieces else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": place,
        "raw_path": place.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(key.replace("_", "-").encode(), text.encode()) for key, text in headers.items() if text],
        "client": (address, 40000),
        "server": ("127.0.0.1", 8025),
    }
    await app(scope, receive, send)
    start, *rest = sent
    content = b"".join(each.get("body", b"") for each in rest)
    told = {key.decode(): value.decode() for key, value in start["headers"]}
    return Response(start["status"], told, content.decode())
