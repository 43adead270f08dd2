"""Sending through a program with the interface of sendmail: postfix, exim, msmtp, OpenSMTPD."""

from collections.abc import Sequence
from pathlib import Path

from crmcli.domain.model.record_types import ProgramOutcome
from crmcli.mail.outgoing.envelope import Envelope
from crmcli.mail.outgoing.transport import Handover, Result, UnreachableError
from crmcli.store.local_state import programs

FOR_GOOD = (65, 67, 68)  # exit codes of sysexits.h: bad data, unknown user, unknown host
SLOWEST = 10  # times the time-out for one answer: the program may talk to a mail server at length


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

        Raises UnreachableError where it cannot be started.
        """
        self.is_handed_over = True
        words = [*self.words, "-i", "-f", envelope.sender, "--", *envelope.recipients]
        content = envelope.content.replace(b"\r\n", b"\n")  # as programs of this system end lines
        ended = programs.run_words(words, content, root=self.root, timeout=self.timeout, environment={})
        if ended.is_success:
            return Result(Handover.SENT)
        said = f"{self.words[0]} {ended.in_words}" + (f": {ended.said}" if ended.said else "")
        if ended.run.outcome == ProgramOutcome.NOT_STARTED:
            self.is_handed_over = False
            raise UnreachableError(said)
        if ended.run.code is None:  # killed, or too slow
            return Result(Handover.UNCERTAIN, said)
        return Result(Handover.FAILED if ended.run.code in FOR_GOOD else Handover.KEPT, said)

    def close(self) -> None:
        """Do nothing: each mail has a program of its own."""
