"""The HTTP server of web forms: the page, its endpoint, the page of thanks; anything else is 404."""

import asyncio
import os
import re
from collections.abc import Collection
from functools import partial

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crmcli.domain.incoming.form_bodies import LARGEST, BodyError, decode_body
from crmcli.domain.incoming.form_texts import form_texts
from crmcli.web.guard import allowed_origin, find_client, split_origin
from crmcli.web.page import STYLE_HASH, write_page, write_refusal, write_thanks
from crmcli.web.reception import Answer, Letter, Reception, Verdict

COOKIE = "crm-form"
OUR_COOKIE = re.compile("[0-9a-f]{32}")
PATIENCE = 20.0  # seconds in which a body has to arrive
LONGEST_REFERRER = 1_000
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Robots-Tag": "noindex",
}
CODES = {
    Verdict.FAULTY: 422,
    Verdict.EXPIRED: 409,
    Verdict.FOREIGN: 403,
    Verdict.UNSAVED: 503,
}


class FormServer:
    """The answers to HTTP requests for the forms of a reception."""

    def __init__(self, reception: Reception, proxies: Collection[str] = ()) -> None:
        self.reception = reception
        self.proxies = proxies

    def routes(self) -> list[Route]:
        """Return the paths that can be reached."""
        found: list[Route] = []
        for name in self.reception.names:
            found.append(Route(f"/{name}", partial(self.show_form, name=name), methods=["GET"]))
            found.append(Route(f"/{name}", partial(self.take_form, name=name), methods=["POST"]))
            found.append(Route(f"/{name}/thanks", partial(self.show_thanks, name=name), methods=["GET"]))
        return found

    async def show_form(self, request: Request, name: str) -> Response:
        """Answer with the empty form, on a page that is signed for this visitor."""
        return await run_in_threadpool(self.empty_form, request, name)

    def empty_form(self, request: Request, name: str) -> Response:
        """Return the page of the empty form."""
        form, config = self.reception.current(name)
        visitor = read_cookie(request) or os.urandom(16).hex()
        token = self.reception.sign_page(name, visitor)
        before = request.headers.get("referer", "")[:LONGEST_REFERRER]
        is_ours = split_origin(before).partition("://")[2] == request.headers.get("host", "").lower()
        page = write_page(form, config, token, referrer="" if is_ours else before)
        return self.with_cookie(request, HTMLResponse(page), visitor)

    async def show_thanks(self, request: Request, name: str) -> Response:
        """Answer with thanks, to which the browser is sent after a form was kept."""
        form, config = await run_in_threadpool(self.reception.current, name)
        return HTMLResponse(write_thanks(form, config))

    async def take_form(self, request: Request, name: str) -> Response:
        """Answer a form that was sent, after it is kept on disk."""
        if not self.reception.limit.admit(self.client_of(request), asyncio.get_running_loop().time()):
            return await run_in_threadpool(self.refuse, request, name, "busy", 429)
        try:
            body = await asyncio.wait_for(read_body(request), PATIENCE)
            if body is None:
                return await run_in_threadpool(self.refuse, request, name, "large", 413)
            pairs = await run_in_threadpool(decode_body, request.headers.get("content-type", ""), body)
        except (BodyError, TimeoutError, ClientDisconnect):
            return await run_in_threadpool(self.refuse, request, name, "unread", 400)
        visitor = read_cookie(request)
        letter = Letter(pairs, request.headers, visitor, str(request.url))
        answer = await run_in_threadpool(self.reception.receive, name, letter)
        return await run_in_threadpool(self.answer_form, request, name, letter, answer)

    def answer_form(self, request: Request, name: str, letter: Letter, answer: Answer) -> Response:
        """Return the response to a form: thanks, or the form again with what was typed."""
        if answer.verdict is Verdict.KEPT:
            task = BackgroundTask(self.reception.file_waiting)
            if wants_json(request):
                return self.allow_origin(request, name, JSONResponse({"state": "received"}, background=task))
            return RedirectResponse(f"{name}/thanks", 303, background=task)
        if answer.verdict is Verdict.FOREIGN or answer.submission is None or wants_json(request):
            return self.refuse(request, name, answer.verdict, CODES[answer.verdict], answer)
        form, config = self.reception.current(name)
        visitor = letter.visitor or os.urandom(16).hex()
        page = write_page(
            form,
            config,
            self.reception.sign_page(name, visitor, is_again=True),
            submission=answer.submission,
            problem=answer.verdict,
            referrer=answer.submission.origin.get("referrer", ""),
            page=answer.submission.origin.get("url", ""),
        )
        return self.with_cookie(request, HTMLResponse(page, CODES[answer.verdict]), visitor)

    def refuse(
        self, request: Request, name: str, problem: str, code: int, answer: Answer | None = None
    ) -> Response:
        """Return a response that says why a form was not taken."""
        form, config = self.reception.current(name)
        if not wants_json(request):
            return HTMLResponse(write_refusal(form, config, problem), code)
        faults = answer.submission.faults if answer and answer.submission else {}
        said = {"state": problem, "message": form_texts(config)[problem], "faults": faults}
        return self.allow_origin(request, name, JSONResponse(said, code))

    def allow_origin(self, request: Request, name: str, response: Response) -> Response:
        """Let the script of an allowed site read a response."""
        form, _ = self.reception.current(name)
        origin = allowed_origin(request.headers, form.origins)
        if origin:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Vary"] = "Origin"
        return response

    def client_of(self, request: Request) -> str:
        """Return the address by which a client is counted."""
        peer = request.client.host if request.client else ""
        forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
        return find_client(peer, forwarded, self.proxies)

    def with_cookie(self, request: Request, response: Response, visitor: str) -> Response:
        """Give the visitor the cookie to which their page is bound; it holds nothing but a random number."""
        peer = request.client.host if request.client else ""
        is_secure = peer in self.proxies and request.headers.get("x-forwarded-proto") == "https"
        response.set_cookie(COOKIE, visitor, httponly=True, samesite="lax", secure=is_secure, path="/")
        return response


def read_cookie(request: Request) -> str:
    """Return the visitor's cookie; empty for one that we did not give, of which nothing is sent back."""
    found = request.cookies.get(COOKIE, "")
    return found if OUR_COOKIE.fullmatch(found) else ""


async def read_body(request: Request) -> bytes | None:
    """Return the body of a request; None for one that is too large, of which no more is read."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared[:20]) > LARGEST:
        return None
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > LARGEST:
            return None
    return bytes(content)


def wants_json(request: Request) -> bool:
    """Tell whether a script of a page asks, which reads JSON."""
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted and "text/html" not in accepted


async def refuse_path(request: Request, error: Exception) -> Response:
    """Answer a path or a method that does not exist."""
    code = getattr(error, "status_code", 404)
    return PlainTextResponse(
        "Not found\n" if code == 404 else "Not allowed\n", code, getattr(error, "headers", None)
    )


async def refuse_failure(request: Request, error: Exception) -> Response:
    """Answer after an unexpected failure, without saying more; the traceback is on stderr."""
    return PlainTextResponse("Failed\n", 500, headers=HEADERS)


class SecurityHeaders:
    """Adds the headers to each response that tell a browser what the page may not do."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with the headers added."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                added = [(key.lower().encode(), value.encode()) for key, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *(each for each in added if each[0] not in given)]
            await send(message)

        await self.app(scope, receive, send_with_headers)


def build_app(reception: Reception, proxies: Collection[str] = ()) -> SecurityHeaders:
    """Return the ASGI application that serves the forms of a reception."""
    server = FormServer(reception, proxies)
    handlers = {404: refuse_path, 405: refuse_path, 500: refuse_failure}
    app = Starlette(routes=server.routes(), exception_handlers=handlers)
    app.router.redirect_slashes = False
    return SecurityHeaders(app)
