"""What the server does with a request, apart from HTTP: check the visitor and the form, keep it, answer."""

import math
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from crmcli.domain.incoming.form_submission import Submission
from crmcli.domain.model.config import Config
from crmcli.domain.model.web_forms import WebForm
from crmcli.domain.values.errors import CrmError
from crmcli.domain.values.visible_text import visible
from crmcli.operations.messages import web_forms
from crmcli.operations.messages.web_forms import Visit
from crmcli.operations.request import Request
from crmcli.operations.steps.filed import Filed
from crmcli.web.guard import (
    Page,
    PageSigner,
    RateLimit,
    allowed_origin,
    hash_visitor,
    is_foreign,
    is_same_site,
)
from crmcli.web.page import TOKEN

Pairs = Sequence[tuple[str, str]]


class Verdict(StrEnum):
    """What becomes of a form that was sent."""

    KEPT = "kept"
    FAULTY = "problems"  # these values are keys of the form's texts
    EXPIRED = "again"
    FOREIGN = "foreign"
    UNSAVED = "unsaved"


class Answer(NamedTuple):
    """The answer to a form that was sent; the submission is shown again unless it was kept."""

    verdict: Verdict
    submission: Submission | None = None


class Letter(NamedTuple):
    """A form as it was sent: its fields, its headers, the visitor's cookie, and the link it was sent to."""

    pairs: Pairs
    headers: Mapping[str, str]
    visitor: str
    link: str


class Reception:
    """The forms that a server takes, with what it remembers of its visitors."""

    def __init__(self, directory: str, names: Sequence[str]) -> None:
        self.directory = directory
        self.config: Config = Request(directory).config
        self.names = [web_forms.known_form(self.config, name).id for name in names or [""]]
        self.limit = RateLimit()
        self.filing = threading.Lock()
        self.is_waiting = threading.Event()

    @cached_property
    def signer(self) -> PageSigner:
        """The signer of pages; its secret outlives the server."""
        return PageSigner(web_forms.page_secret(Request(self.directory)))

    def current(self, name: str) -> tuple[WebForm, Config]:
        """Return a form and the configuration, read anew; those read last where that fails.

        A mistake in crm.yaml must not lose what a visitor sends.
        """
        try:
            config = Request(self.directory).config
            form = web_forms.known_form(config, name)
        except CrmError as error:
            print_line(f"the configuration that was read before is used: {error}")
            return web_forms.known_form(self.config, name), self.config
        self.config = config
        return form, config

    def sign_page(self, name: str, visitor: str, *, is_again: bool = False) -> str:
        """Return the token of a page; one that shows a form again may be sent at once."""
        form, _ = self.current(name)
        return self.signer.sign_page(name, visitor, time.time() - (form.min_seconds if is_again else 0))

    def receive(self, name: str, letter: Letter) -> Answer:
        """Check a form that was sent, and keep it unless something is wrong with it."""
        form, config = self.current(name)
        given = dict(letter.pairs)
        page = self.signer.read_page(form.id, given.get(TOKEN, ""), time.time())
        origin = allowed_origin(letter.headers, form.origins)
        if (is_foreign(letter.headers) or TOKEN not in given) and not origin:
            return Answer(Verdict.FOREIGN)
        visit = visit_of(letter, page, origin)
        pairs = [(key, text) for key, text in letter.pairs if key != TOKEN]
        request = Request(self.directory)
        submission = web_forms.check_submission(request, form, pairs, visit, config)
        if not origin and not is_own_page(letter, page):
            return Answer(Verdict.EXPIRED, submission)
        return self.keep(request, submission, visit, config, find_age(page))

    def keep(
        self, request: Request, submission: Submission, visit: Visit, config: Config, age: float
    ) -> Answer:
        """Keep a submission in the spool; that of a program is to be kept aside, and it sees thanks."""
        reason = web_forms.aside_reason(submission) if submission.trapped else ""
        if submission.faults and not reason:
            return Answer(Verdict.FAULTY, submission)
        if age < submission.form.min_seconds and not reason:
            reason = f"a form that was filled in within {age:.1f} seconds"
        try:
            web_forms.keep_submission(request, submission, visit, reason, config)
        except CrmError as error:
            print_line(f"{submission.form.id}: not stored: {error}")
            return Answer(Verdict.UNSAVED, submission)
        return Answer(Verdict.KEPT)

    def file_waiting(self) -> None:
        """File what waits in the spool; one thread does it, for all that was sent meanwhile."""
        self.is_waiting.set()
        while self.is_waiting.is_set() and self.filing.acquire(blocking=False):
            try:
                self.is_waiting.clear()
                for filed in web_forms.file_spooled(Request(self.directory)):
                    print_line(describe_filed(filed))
            except CrmError as error:
                print_line(f"forms wait to be filed: {error}")
            finally:
                self.filing.release()


def describe_filed(filed: Filed) -> str:
    """Return what became of a form, without anything that visitors wrote."""
    deal = filed.change.after if filed.change else None
    where = f" {deal.kind} {deal.id}" if deal else ""
    return f"web form: {filed.outcome}{where}{f' ({filed.reason})' if filed.reason else ''}"


def is_own_page(letter: Letter, page: Page | None) -> bool:
    """Tell whether a form was sent from a page that we served to this visitor.

    The cookie tells, or the browser where it takes no cookies.
    """
    if page is None:
        return False
    return page.visitor == hash_visitor(letter.visitor) or is_same_site(letter.headers)


def find_age(page: Page | None) -> float:
    """Return the seconds since a page was served; of a page on an existing site, nobody knows."""
    return time.time() - page.at if page else math.inf


def visit_of(letter: Letter, page: Page | None, origin: str) -> Visit:
    """Return the pages of a visitor: our own by its `utm_…` link, or that of an existing site."""
    if page is not None:
        return Visit(page.id, letter.link if "utm_" in letter.link.lower() else "")
    return Visit("", letter.headers.get("referer", "") or origin)


def print_line(line: str) -> None:
    """Tell the operator what happens, without anything that visitors wrote."""
    print(visible(" ".join(line.split())), file=sys.stderr, flush=True)
