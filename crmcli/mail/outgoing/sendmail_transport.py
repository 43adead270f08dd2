"""Sending through a program with the interface of sendmail: postfix, exim, msmtp, OpenSMTPD.

What the programs mean by their exit codes was looked up in their sources, and measured for msmtp;
docs/mail.md has the table.
"""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from crmcli.domain.model.record_types import ProgramOutcome
from crmcli.mail.headers import one_line
from crmcli.mail.outgoing.envelope import Envelope
from crmcli.mail.outgoing.transport import SLOWEST, Handover, Result, UnreachableError, WayOut
from crmcli.store.local_state import programs
from crmcli.store.local_state.programs import Ended

FOR_GOOD = (65, 67, 68)  # exit codes of sysexits.h: bad data, unknown user, unknown host
OF_CONNECTION = (74, 76)  # input/output, protocol: of msmtp, also where the mail was taken before it broke
OF_SETTINGS = (77, 78)  # not permitted, such as a wrong password; configuration
UNAVAILABLE = 69  # anything: of msmtp, 4xx at any place, and 5xx after the data
REFUSED = re.compile(r"server message: 5[0-9]{2}\b")  # of msmtp
SENDER_REFUSED = re.compile(r"envelope from address \S+ not accepted")  # of msmtp


class SendmailCourier:
    """Hands mails to a program, on its standard input, with sender and recipients as arguments."""

    def __init__(self, root: Path, words: Sequence[str], timeout: int) -> None:
        self.root = root
        self.words = list(words)
        self.timeout = timeout * SLOWEST
        self.is_handed_over = False

    def open(self) -> None:
        """Do nothing: each mail has a program of its own."""

    def deliver(self, envelope: Envelope) -> Result:
        """Run the program with a mail; its exit code is the outcome.

        `-i` keeps a line with a dot alone from ending the mail.

        Raises UnreachableError where it cannot be started, or where its settings are wrong.
        """
        self.is_handed_over = True
        words = [*self.words, "-i", "-f", envelope.sender, "--", *envelope.recipients]
        content = envelope.content.replace(b"\r\n", b"\n")  # as programs of this system end lines
        ended = programs.run_words(words, content, root=self.root, timeout=self.timeout, environment={})
        if ended.is_success:
            return Result(Handover.SENT)
        said = f"{self.words[0]} {ended.in_words}" + (f": {ended.said}" if ended.said else "")
        if is_of_settings(ended):
            self.is_handed_over = False
            raise UnreachableError(one_line(said))
        return Result(classify_failure(ended), said)

    def describe(self, sender: str) -> WayOut:
        """Look for the program, which is not run: each would do something else without a mail.

        Raises UnreachableError where it cannot be run.
        """
        name = self.words[0]
        place = shutil.which(str(self.root / name) if "/" in name else name)
        if place is None:
            raise UnreachableError(f"{name} is not an executable file", hint="mail.program in crm.yaml")
        return WayOut(server=place, sender=sender)

    def close(self) -> None:
        """Do nothing: each mail has a program of its own."""


def is_of_settings(ended: Ended) -> bool:
    """Tell whether no mail at all can be sent: the program is missing, or its settings are wrong."""
    is_missing = ended.run.outcome == ProgramOutcome.NOT_STARTED
    return is_missing or ended.run.code in OF_SETTINGS or bool(SENDER_REFUSED.search(ended.said))


def classify_failure(ended: Ended) -> Handover:
    """Return the outcome of a mail whose program failed.

    >>> from crmcli.domain.model.record_types import ProgramRun
    >>> def of_code(code, said=""):
    ...     return str(classify_failure(Ended(ProgramRun(outcome=ProgramOutcome.ENDED, code=code), said)))
    >>> of_code(75), of_code(67), of_code(76), of_code(1)
    ('kept', 'failed', 'uncertain', 'kept')
    >>> of_code(69, "server message: 450 try later"), of_code(69, "server message: 554 spam")
    ('kept', 'failed')
    """
    code = ended.run.code
    if code is None or code in OF_CONNECTION:  # killed, too slow, or an answer that is missing
        return Handover.UNCERTAIN
    is_refused = code == UNAVAILABLE and REFUSED.search(ended.said)
    return Handover.FAILED if code in FOR_GOOD or is_refused else Handover.KEPT
